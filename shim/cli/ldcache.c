/*
 * The cache of library paths, as glibc's dl-cache.h lays it out:
 *
 *     "glibc-ld.so.cache1.1"  count  bytes of strings  ...        48 bytes
 *     {flags, name, path, (unused), hardware}[count]              24 each
 *     strings, ended by NUL; name and path are offsets from the start
 *
 * A cache with the older form in front of it is one of a system before our
 * floor of glibc 2.34.
 */
#include "cli/ldcache.h"

#define HEAD_SIZE  48
#define ENTRY_SIZE 24

static const struct str magic = STR_INIT("glibc-ld.so.cache1.1");

/* Of our own byte order, as the cache of the machine is. */
static uint32_t number(struct str s, size_t off)
{
    uint32_t n;

    memcpy(&n, s.ptr + off, sizeof(n));
    return n;
}

static struct str text(struct str cache, uint32_t off)
{
    struct str rest = str_skip(cache, off);
    size_t n = str_find_byte(rest, '\0');

    return n < rest.len ? str_head(rest, n) : STR("");
}

bool ldcache_next(struct str cache, struct str name, size_t *cursor,
                  struct str *ret_path)
{
    size_t count;

    if (cache.len < HEAD_SIZE || !str_starts(cache, magic))
        return false;
    count = (cache.len - HEAD_SIZE) / ENTRY_SIZE;
    if (number(cache, magic.len) < count)
        count = number(cache, magic.len);
    while (*cursor < count) {
        size_t entry = HEAD_SIZE + (*cursor)++ * ENTRY_SIZE;
        struct str found;

        if (!str_eq(text(cache, number(cache, entry + 4)), name))
            continue;
        found = text(cache, number(cache, entry + 8));
        if (found.len == 0)
            continue;
        *ret_path = found;
        return true;
    }
    return false;
}
