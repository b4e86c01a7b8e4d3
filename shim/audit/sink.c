#include "audit/sink.h"

#include "base/quiet.h"

enum err audit_write(const char *path, struct str line)
{
    return quiet_append(path, line);
}

enum err audit_probe(const char *path)
{
    return quiet_append(path, (struct str){NULL, 0});
}
