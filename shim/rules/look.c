#include "rules/look.h"

struct look look_at(const struct look *of, const struct textview *v,
                    enum view_step step)
{
    struct look l = {
        .text = buf_str(&v->bytes), .map = v, .of = of, .chain = of->chain};

    chain_add(&l.chain, step);
    return l;
}

bool look_span(const struct look *l, size_t *start, size_t *end)
{
    for (; l->map != NULL; l = l->of) {
        textview_span(l->map, *start + l->at, *end + l->at, start, end);
        if (*start >= *end)
            return false;
    }
    return true;
}
