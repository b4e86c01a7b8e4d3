#include "cli/load.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/limits.h"
#include "cli/cache.h"
#include "cli/cli.h"
#include "cli/paths.h"

void load_today(char ret_today[16])
{
    time_t now = time(NULL);
    struct tm tm;

    if (gmtime_r(&now, &tm) == NULL ||
        strftime(ret_today, 16, "%Y-%m-%d", &tm) == 0)
        snprintf(ret_today, 16, "9999-12-31"); /* all exclusions expire */
}

uint32_t load_day(void)
{
    return (uint32_t)(time(NULL) / (24 * 60 * 60));
}

const char *load_explain(enum err e)
{
    switch (e) {
    case E_NOMEM:
        return "out of memory";
    case E_LIMIT:
        return "the policy is too large";
    default:
        return "an internal error";
    }
}

void load_diags(struct compile *c)
{
    struct str text = diags_text(&c->diags);

    fflush(stdout);
    fwrite(text.ptr, 1, text.len, stderr);
}

/* The digest as a file name; of another build of this command: another. */
static void name_image(const struct compile *c, char *ret_name, size_t size)
{
    unsigned char digest[COMPILE_DIGEST];
    char hex[2 * COMPILE_DIGEST + 1];
    struct stat st = {0};

    compile_digest(c, digest);
    sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
    (void)!stat("/proc/self/exe", &st);
    snprintf(ret_name, size, "%.40s-%llx-%llx", hex,
             (unsigned long long)st.st_size,
             (unsigned long long)st.st_mtim.tv_sec * 1000000000 +
                 (unsigned long long)st.st_mtim.tv_nsec);
}

static enum err make_image(struct loaded *l, bool need_path)
{
    char name[128];
    enum err e;

    name_image(&l->compile, name, sizeof(name));
    if (cache_get(name, &l->image, l->path, sizeof(l->path)))
        return OK;
    buf_clear(&l->image);
    l->path[0] = '\0';
    if ((e = compile_check(&l->compile, false)) ||
        (e = compile_image(&l->compile, &l->image)))
        return e;
    if (!cache_put(name, buf_str(&l->image), need_path, l->path,
                   sizeof(l->path))) {
        l->path[0] = '\0';
        if (need_path) {
            complain("there is no place to write the policy image to");
            return E_UNSUPPORTED;
        }
    }
    return OK;
}

bool load_policy(const char *rules, bool need_path, struct loaded *ret_loaded)
{
    struct loaded *l = ret_loaded;
    struct paths paths;
    const char *dirs[] = {paths.rules};
    struct compile_options options = {.dirs = dirs, .dir_count = 1};
    enum err e;

    if (!paths_find(&paths))
        return false;
    load_today(l->today);
    options.today = l->today;
    l->path[0] = '\0';
    buf_init(&l->image, LIM_IMAGE);
    compile_init(&l->compile, &options);
    e = compile_load(&l->compile, rules == NULL ? paths.policy : rules);
    if (!e)
        e = make_image(l, need_path);
    if (!e)
        return true;
    load_diags(&l->compile);
    if (e != E_SYNTAX && e != E_UNSUPPORTED)
        complain("%s", load_explain(e));
    loaded_free(l);
    return false;
}

void loaded_free(struct loaded *l)
{
    compile_free(&l->compile);
    buf_free(&l->image);
}
