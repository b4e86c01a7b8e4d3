#include "rules/inside.h"

#include "base/pack.h"
#include "rules/regex.h"

/*
 * What the text of a rule's pattern says about its matches (lead.c), packed:
 * reading it off takes longer than all else of a rule, and is done once, by
 * who packs. Of a rule that is keyword_first those are its guards, of another
 * its width and its run, or what may not stand before its token. A wrong one
 * makes the rule miss matches, as a wrong pattern would; what the search relies
 * on beyond that is checked.
 */

static enum err pack_guard(struct buf *out, const struct guard *g)
{
    enum err e = OK;

    for (size_t i = 0; i < 4 && !e; i++)
        e = pack_u32(out, (uint32_t)(g->bits[i / 2] >> i % 2 * 32));
    return e;
}

static enum err unpack_guard(struct str *in, struct guard *ret_g)
{
    struct guard g = {{0}};
    uint32_t half;
    enum err e;

    for (size_t i = 0; i < 4; i++) {
        if ((e = unpack_u32(in, &half)))
            return e;
        g.bits[i / 2] |= (uint64_t)half << i % 2 * 32;
    }
    *ret_g = g;
    return OK;
}

enum err front_pack(struct buf *out, const struct rule *r)
{
    struct guard g = guard_read(r);
    struct run run;
    enum err e;

    if (r->keyword_first) {
        run.small = small_read(r);
        e = pack_guard(out, &g);
        return e ? e : pack_guard(out, &run.small);
    }
    run = run_read(r);
    if ((e = pack_u32(out, run.width.most)) ||
        (e = pack_u32(out, run.width.back)) || (e = pack_u32(out, run.before)))
        return e;
    if (token_first(r)) {
        e = pack_guard(out, &run.behind);
        return e ? e : pack_guard(out, &run.digit);
    }
    if (run.before == RUN_NONE)
        return OK;
    if ((e = pack_guard(out, &run.of)) || (e = pack_guard(out, &run.behind)) ||
        (e = pack_u32(out, run.least)) || (e = pack_u32(out, run.most)))
        return e;
    return OK;
}

static enum err unpack_run(struct str *in, const struct rule *r,
                           struct run *ret_run)
{
    struct width w;
    struct run run;
    uint32_t before;
    enum err e;

    if ((e = unpack_below(in, WIDTH_MOST + 1, &w.most)) ||
        (e = unpack_below(in, WIDTH_MOST + 1, &w.back)) ||
        (e = unpack_below(in, RUN_DIGIT + 1, &before)))
        return e;
    if (w.most != 0 && r->keyword_count == 0)
        return E_SYNTAX;
    run = (struct run){.width = w};
    if (token_first(r)) {
        if (before != RUN_NONE)
            return E_SYNTAX;
        if ((e = unpack_guard(in, &run.behind)) ||
            (e = unpack_guard(in, &run.digit)))
            return e;
    }
    *ret_run = run;
    if (before == RUN_NONE)
        return OK;
    if (r->match.len == 0 ||
        before != (r->keyword_count == 0 ? RUN_DIGIT : RUN_KEYWORD) ||
        (before == RUN_DIGIT && r->digits == 0))
        return E_SYNTAX;
    if ((e = unpack_guard(in, &run.of)) || (e = unpack_guard(in, &run.behind)))
        return e;
    if ((e = unpack_below(in, RUN_MOST + 1, &run.least)) ||
        (e = unpack_below(in, RUN_MOST + 1, &run.most)))
        return e;
    if (run.least > run.most)
        return E_SYNTAX;
    run.whole = guard_within(&run.of, &run.behind);
    run.before = before == RUN_DIGIT ? RUN_DIGIT : RUN_KEYWORD;
    *ret_run = run;
    return OK;
}

enum err front_unpack(struct str *in, const struct rule *r,
                      struct guard *ret_guard, struct run *ret_run)
{
    enum err e;

    *ret_guard = (struct guard){{0}};
    *ret_run = (struct run){0};
    if (!r->keyword_first)
        return unpack_run(in, r, ret_run);
    e = unpack_guard(in, ret_guard);
    return e ? e : unpack_guard(in, &ret_run->small);
}
