#include "policy/config.h"

#include "base/pack.h"

void policy_init(struct policy *p)
{
    *p = (struct policy){0};
    for (unsigned i = 0; i < COND_COUNT; i++)
        p->on_failure[i] = cond_default((enum cond)i);
}

enum err policy_pack(const struct policy *p, struct buf *out)
{
    enum err e;

    if ((e = pack_u32(out, p->monitor)) || (e = pack_u32(out, p->http1)) ||
        (e = pack_str(out, p->name)) || (e = pack_str(out, p->audit)) ||
        (e = pack_u32(out, COND_COUNT)))
        return e;
    for (unsigned i = 0; i < COND_COUNT; i++)
        if ((e = pack_u32(out, (uint32_t)p->on_failure[i])))
            return e;
    return OK;
}

enum err policy_load(struct str packed, struct policy *ret_policy)
{
    struct policy p;
    uint32_t monitor, http1, count, action;
    enum err e;

    policy_init(&p);
    if ((e = unpack_below(&packed, 2, &monitor)) ||
        (e = unpack_below(&packed, 2, &http1)) ||
        (e = unpack_str(&packed, &p.name)) ||
        (e = unpack_str(&packed, &p.audit)) ||
        (e = unpack_u32(&packed, &count)))
        return e;
    if (count != COND_COUNT)
        return E_SYNTAX;
    for (unsigned i = 0; i < COND_COUNT; i++) {
        if ((e = unpack_below(&packed, FAIL_BLOCK + 1, &action)))
            return e;
        if (i > 0 && action == FAIL_PASS && !cond_may_pass((enum cond)i))
            return E_SYNTAX;
        p.on_failure[i] = (enum fail_action)action;
    }
    p.monitor = monitor == 1;
    p.http1 = http1 == 1;
    *ret_policy = p;
    return OK;
}

bool policy_blocks(const struct policy *p, enum cond c)
{
    return p->on_failure[c] == FAIL_BLOCK;
}
