/*
 * The environment is read in one walk, at the start of every program: a walk
 * for each name would cost more than all else that is done there.
 */
#include "hooks/vars.h"

#include <stdlib.h>
#include <unistd.h>

#define PREFIX  "SALLYPORT_"
#define PRELOAD "LD_PRELOAD="

/*
 * What most environments say of us fits in here. A first malloc of a program
 * that makes none costs more than the rest of its start does for us.
 */
#define ROOM 1024

static struct {
    char *all[VARS_MAX];
    size_t count;
    const char *self; /* the path the dynamic linker knows us by */
    struct str preload;
    char room[ROOM];
} vars;

/* ld.so takes the list apart at colons and spaces (ld.so(8)). */
static struct str next_entry(struct str *rest)
{
    size_t n = 0;
    struct str entry;

    while (n < rest->len && rest->ptr[n] != ':' && rest->ptr[n] != ' ')
        n++;
    entry = str_head(*rest, n);
    *rest = str_skip(*rest, n + 1);
    return entry;
}

/* In a loop of its own: memcmp's page would be one more to fetch at start. */
static bool is_shim(struct str entry)
{
    struct str a = str_base(entry), b = str_base(str_of(vars.self));
    size_t i = 0;

    while (i < a.len && i < b.len && a.ptr[i] == b.ptr[i])
        i++;
    return entry.len > 0 && i == a.len && i == b.len;
}

bool vars_preload_has(struct str list)
{
    while (list.len > 0)
        if (is_shim(next_entry(&list)))
            return true;
    return false;
}

/*
 * The entry as it was written; but a bare name was found along a path that a
 * child without our environment may not have.
 */
static struct str own_entry(struct str list)
{
    while (list.len > 0) {
        struct str entry = next_entry(&list);

        if (is_shim(entry))
            return str_base(entry).len < entry.len ? entry : str_of(vars.self);
    }
    return (struct str){NULL, 0};
}

static bool is_ours(const char *var)
{
    return var[0] == 'S' && strncmp(var, PREFIX, sizeof(PREFIX) - 1) == 0;
}

static bool is_preload(const char *var)
{
    return var[0] == 'L' && strncmp(var, PRELOAD, sizeof(PRELOAD) - 1) == 0;
}

static char *copy(const char *s, char **at)
{
    size_t n = strlen(s) + 1;
    char *to = *at;

    memcpy(to, s, n);
    *at += n;
    return to;
}

void vars_read(const char *self)
{
    const char *found[VARS_MAX], *preload = NULL;
    size_t count = 0, size = 1;
    char *at;

    for (char **e = environ; e && *e; e++) {
        if (is_preload(*e))
            preload = *e;
        else if (is_ours(*e) && count < VARS_MAX)
            found[count++] = *e;
    }
    for (size_t i = 0; i < count; i++)
        size += strlen(found[i]) + 1;
    vars.self = self;
    if (preload)
        size += strlen(preload) + 1;
    at = size <= ROOM ? vars.room : malloc(size);
    if (!at)
        return;
    for (size_t i = 0; i < count; i++)
        vars.all[i] = copy(found[i], &at);
    vars.count = count;
    if (preload)
        vars.preload = own_entry(
            str_skip(str_of(copy(preload, &at)), sizeof(PRELOAD) - 1));
}

const char *vars_get(const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < vars.count; i++)
        if (strncmp(vars.all[i], name, n) == 0 && vars.all[i][n] == '=')
            return vars.all[i][n + 1] ? vars.all[i] + n + 1 : NULL;
    return NULL;
}

bool vars_is(const char *name, const char *value)
{
    return str_eq(str_of(vars_get(name)), str_of(value));
}

size_t vars_all(char *const **ret_vars)
{
    *ret_vars = vars.all;
    return vars.count;
}

struct str vars_preload(void)
{
    return vars.preload;
}
