#include "llm/view.h"

/*
 *   text              N  e  w LF           what rules see
 *   inner literal     N  e  w  \  n        in the JSON text of the arguments
 *   raw               N  e  w  \  \  n     in the body
 */

struct seg_map seg_map_start(const struct seg *seg, struct str body)
{
    return (struct seg_map){
        .seg = *seg,
        .outer = json_map_start(str_at(body, seg->raw)),
        .inner = json_map_start(str_at(seg->outer, seg->inner)),
    };
}

static struct span clip(uint64_t start, uint64_t end, uint32_t len)
{
    start = start < len ? start : len;
    end = end < len ? end : len;
    end = end < start ? start : end;
    return (struct span){(uint32_t)start, (uint32_t)(end - start)};
}

struct span seg_map_span(struct seg_map *m, uint64_t start, uint64_t end)
{
    const struct seg *seg = &m->seg;
    struct span at = clip(start, end, (uint32_t)seg->text.len);

    if (seg->nested) {
        if (seg->inner_escaped)
            at = json_map_span(&m->inner, at);
        at.off += seg->inner.off;
    }
    if (seg->escaped)
        at = json_map_span(&m->outer, at);
    at.off += seg->raw.off;
    return at;
}

struct span seg_span(const struct seg *seg, struct str body, uint64_t start,
                     uint64_t end)
{
    struct seg_map m = seg_map_start(seg, body);

    return seg_map_span(&m, start, end);
}

/* The text of the literal that stands in the innermost JSON. */
static enum err put_inner(const struct seg *seg, struct str put,
                          struct buf *out)
{
    return seg->number ? json_put_string(out, put) : json_put(out, put);
}

enum err seg_put(const struct seg *seg, struct str put, struct buf *out)
{
    struct buf once;
    enum err e;

    if (!seg->nested || seg->inner_plain)
        return put_inner(seg, put, out);
    buf_init(&once, out->max);
    e = put_inner(seg, put, &once);
    if (e == OK)
        e = json_put(out, buf_str(&once));
    buf_free(&once);
    return e;
}
