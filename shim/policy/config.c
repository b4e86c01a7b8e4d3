#include "policy/config.h"

#include "base/limits.h"
#include "base/pack.h"

/*
 * By default one finding of critical severity, or two of medium, are worth a
 * look at the audit (CRS: an anomaly score of 5). Four times as much blocks:
 * the scores of the starter packs are measured by that.
 */
#define SCORE_LOGS   5u
#define SCORE_BLOCKS 20u

void policy_init(struct policy *p)
{
    *p = (struct policy){0};
    for (unsigned i = 0; i < COND_COUNT; i++)
        p->on_failure[i] = cond_default((enum cond)i);
    for (unsigned d = 0; d < 2; d++) {
        p->thresholds.log[d] = SCORE_LOGS;
        p->thresholds.block[d] = SCORE_BLOCKS;
    }
    policy_own_init(&p->own);
}

static enum err pack_thresholds(const struct thresholds *t, struct buf *out)
{
    enum err e;

    for (unsigned d = 0; d < 2; d++)
        if ((e = pack_u32(out, t->log[d])) || (e = pack_u32(out, t->block[d])))
            return e;
    return OK;
}

static enum err load_thresholds(struct str *in, struct thresholds *t)
{
    enum err e;

    for (unsigned d = 0; d < 2; d++)
        if ((e = unpack_below(in, LIM_SCORE + 1, &t->log[d])) ||
            (e = unpack_below(in, LIM_SCORE + 1, &t->block[d])))
            return e;
    return OK;
}

enum err policy_pack(const struct policy *p, struct buf *out)
{
    enum err e;

    if ((e = pack_u32(out, p->monitor)) || (e = pack_u32(out, p->http1)) ||
        (e = pack_str(out, p->name)) || (e = pack_str(out, p->audit)) ||
        (e = pack_str(out, p->key_file)) || (e = pack_u32(out, COND_COUNT)))
        return e;
    for (unsigned i = 0; i < COND_COUNT; i++)
        if ((e = pack_u32(out, (uint32_t)p->on_failure[i])))
            return e;
    if ((e = pack_thresholds(&p->thresholds, out)))
        return e;
    if ((e = pack_str(out, p->links)))
        return e;
    if ((e = pack_str(out, p->canary)))
        return e;
    return policy_own_pack(&p->own, out);
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
        (e = unpack_str(&packed, &p.key_file)) ||
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
    if ((e = load_thresholds(&packed, &p.thresholds)) ||
        (e = unpack_str(&packed, &p.links)) ||
        (e = unpack_str(&packed, &p.canary)) ||
        (e = policy_own_load(&packed, &p.own)))
        return e;
    p.monitor = monitor == 1;
    p.http1 = http1 == 1;
    *ret_policy = p;
    return OK;
}

bool policy_blocks(const struct policy *p, enum cond c)
{
    return p->on_failure[c] == FAIL_BLOCK;
}
