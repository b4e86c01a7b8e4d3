#include "base/pack.h"

#include <endian.h>

enum err pack_u32(struct buf *out, uint32_t n)
{
    char bytes[4];

    for (int i = 0; i < 4; i++)
        bytes[i] = (char)(n >> (8 * i));
    return buf_add(out, (struct str){bytes, sizeof(bytes)});
}

enum err pack_str(struct buf *out, struct str s)
{
    enum err e;

    if (s.len > UINT32_MAX)
        return E_LIMIT;
    if ((e = pack_u32(out, (uint32_t)s.len)))
        return e;
    return buf_add(out, s);
}

enum err unpack_u32(struct str *in, uint32_t *ret_n)
{
    uint32_t n;

    if (in->len < sizeof(n))
        return E_SYNTAX;
    memcpy(&n, in->ptr, sizeof(n));
    in->ptr += sizeof(n);
    in->len -= sizeof(n);
    *ret_n = le32toh(n);
    return OK;
}

enum err unpack_str(struct str *in, struct str *ret_s)
{
    struct str rest = *in;
    uint32_t n;

    if (unpack_u32(&rest, &n) || rest.len < n)
        return E_SYNTAX;
    *ret_s = str_head(rest, n);
    *in = str_skip(rest, n);
    return OK;
}

enum err unpack_below(struct str *in, uint32_t count, uint32_t *ret_n)
{
    struct str rest = *in;
    uint32_t n;

    if (unpack_u32(&rest, &n) || n >= count)
        return E_SYNTAX;
    *ret_n = n;
    *in = rest;
    return OK;
}
