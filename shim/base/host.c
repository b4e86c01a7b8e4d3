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
