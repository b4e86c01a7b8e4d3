#include "rules/lay.h"

static size_t lay_rest(size_t size)
{
    return (LAY_STEP - size % LAY_STEP) % LAY_STEP;
}

static void *lay_out(struct laying *l, void *at, size_t size)
{
    static const char zeros[LAY_STEP] = {0};

    if ((l->e = buf_add(l->out, (struct str){at, size})) ||
        (l->e = buf_add(l->out, (struct str){zeros, lay_rest(size)})))
        return NULL;
    return at;
}

void *lay(struct laying *l, void *at, size_t size)
{
    const char *here = l->in.ptr;

    if (l->e)
        return NULL;
    if (l->out != NULL)
        return lay_out(l, at, size);
    if (l->in.len < size || l->in.len - size < lay_rest(size) ||
        (uintptr_t)here % LAY_STEP != 0) {
        l->e = E_SYNTAX;
        return NULL;
    }
    l->in = str_skip(l->in, size + lay_rest(size));
    return (void *)(uintptr_t)here;
}

void lay_copy(struct laying *l, void *at, size_t size)
{
    const void *here = lay(l, at, size);

    if (here != NULL && here != at)
        memcpy(at, here, size);
}
