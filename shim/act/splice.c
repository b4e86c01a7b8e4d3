#include "act/splice.h"

/* The length of the result; E_INTERNAL if the edits are not as promised. */
static enum err spliced_len(struct str body, const struct edit *edits, size_t n,
                            size_t *ret_len)
{
    size_t len = body.len, end = 0;

    for (size_t i = 0; i < n; i++) {
        struct span at = edits[i].at;

        if (at.off < end || at.off > body.len || at.len > body.len - at.off)
            return E_INTERNAL;
        end = (size_t)at.off + at.len;
        len -= at.len; /* disjoint and inside: never below zero */
        if (!add_ok(len, edits[i].put.len, &len))
            return E_LIMIT;
    }
    *ret_len = len;
    return OK;
}

enum err splice(struct str body, const struct edit *edits, size_t n,
                struct buf *out)
{
    size_t len, from = 0, before = out->len;
    enum err e;

    if ((e = spliced_len(body, edits, n, &len)))
        return e;
    if ((e = buf_reserve(out, len)))
        return e;
    for (size_t i = 0; i < n; i++) {
        struct span kept = {(uint32_t)from, edits[i].at.off - (uint32_t)from};

        if ((e = buf_add(out, str_at(body, kept))) ||
            (e = buf_add(out, edits[i].put)))
            goto fail;
        from = (size_t)edits[i].at.off + edits[i].at.len;
    }
    if ((e = buf_add(out, str_skip(body, from))))
        goto fail;
    return OK;
fail:
    out->len = before;
    return e;
}
