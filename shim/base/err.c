#include "base/err.h"

const char *err_name(enum err e)
{
    static const char *const names[] = {
        "ok",        "again",       "limit", "syntax",
        "ambiguous", "unsupported", "nomem", "internal",
    };

    if ((unsigned)e >= sizeof(names) / sizeof(names[0]))
        return "?";
    return names[e];
}
