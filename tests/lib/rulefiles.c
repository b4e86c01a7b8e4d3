#include "rulefiles.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char rules_dir[PATH_MAX], work_dir[] = "/tmp/sallyport-rules-XXXXXX";

bool rulefiles_enter(void)
{
    if (realpath("rules", rules_dir) != NULL && mkdtemp(work_dir) != NULL &&
        chdir(work_dir) == 0)
        return true;
    perror("rules");
    return false;
}

void rulefiles_leave(const char *const *files)
{
    for (; *files != NULL; files++)
        (void)unlink(*files);
    if (chdir("/") != 0 || rmdir(work_dir) != 0)
        perror(work_dir);
}

const char *rulefiles_dir(void)
{
    return rules_dir;
}

bool put_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    bool good = f != NULL && fputs(text, f) >= 0;

    return (f == NULL || fclose(f) == 0) && good;
}

void rulefiles_start(struct compile *c)
{
    static const char *dirs[] = {rules_dir};
    struct compile_options options = {dirs, 1, "2026-06-15"};

    compile_init(c, &options);
}
