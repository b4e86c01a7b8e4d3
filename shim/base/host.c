#include "base/host.h"

struct str host_plain(struct str host)
{
    static const struct str here[] = {
        STR_INIT("127.0.0.1"),
        STR_INIT("::1"),
        STR_INIT("0.0.0.0"),
        STR_INIT("::"),
    };

    if (str_ends(host, STR(".")))
        host.len--;
    if (host.len > 2 && str_starts(host, STR("[")) && str_ends(host, STR("]")))
        host = str_head(str_skip(host, 1), host.len - 2);
    for (size_t i = 0; i < ARRAY_LEN(here); i++)
        if (str_eq(host, here[i]))
            return STR("localhost");
    return host;
}

/* Where a part first stands in the host, at or behind an offset. */
static size_t find_nocase(struct str host, size_t from, struct str part)
{
    for (; from + part.len <= host.len; from++)
        if (str_eq_nocase(str_head(str_skip(host, from), part.len), part))
            return from;
    return host.len + 1;
}

/* The parts between stars, each as far in front as it can stand. */
bool host_like(struct str pattern, struct str host)
{
    struct str first = str_split(&pattern, '*');
    size_t at = first.len;

    if (!str_eq_nocase(str_head(host, at), first))
        return false;
    if (pattern.ptr == NULL)
        return host.len == first.len;
    for (;;) {
        struct str part = str_split(&pattern, '*');

        if (pattern.ptr == NULL) /* the last one ends it */
            return host.len > at && host.len - at > part.len &&
                   str_ends_nocase(host, part);
        at = find_nocase(host, at + 1, part) + part.len;
        if (at > host.len)
            return false;
    }
}
