#include "rules/near.h"
#include "rules/respell.h"
#include "rules/side.h"

/*
 * Lanes at their birth. A thousand of them is much for a view that begins at
 * every tag of a page: where the same rules look at what it is a view of, its
 * lanes are those, but for the few rules that look at the one and not at the
 * other.
 */

#define CONTEXT                                                                \
    (4 * (LIM_LOOKBEHIND + 1)) /* bytes, characters at their widest */

void lane_reset(struct stream *st, size_t i)
{
    struct lane *l = &st->lanes[i];

    l->cursor = l->next = st->origin;
    l->seen = 0;
    l->tally = (struct tally){0};
    l->dropping = false;
    set_awake(st, i, !l->off && !may_sleep(st, l));
}

/* One holds text back whose findings change it or may by score, or are of a
 * view that begins before it is known to. */
static void lane_acts(struct stream *st, size_t i)
{
    struct lane *l = &st->lanes[i];
    const struct rule *r = &st->rs->list[l->rule];

    l->acts = !l->off && (found_waits(st, r, rules_action(st->rs, r)) ||
                          is_respelled(st->rs, l->rule));
    l->begins = l->acts && st->rs->runs[l->rule].before == RUN_NONE;
    l->run_bit = l->acts ? st->rs->runs[l->rule].bit : 0;
    if (l->acts && token_most(&r->token) > st->token_most)
        st->token_most = token_most(&r->token);
    if (l->run_bit != 0)
        st->run_lanes[__builtin_ctz(l->run_bit)] = (uint32_t)i;
    set_awake(st, i, is_awake(st, i));
}

static bool looks_at(const struct rules *rs, uint32_t rule, unsigned views)
{
    for (; views != 0; views &= views - 1)
        if (!rules_views(rs, rule, (enum view_step)__builtin_ctz(views)))
            return false;
    return true;
}

static void lane_off(struct stream *st, struct lane *l)
{
    const struct rule *r = &st->rs->list[l->rule];

    l->off = r->whole || !looks_at(st->rs, l->rule, st->views) ||
             !detector_ready(r, st->at.known) ||
             rules_off(st->rs, l->rule, &st->at);
    if (!l->off && l->max_hold < st->min_hold)
        st->min_hold = l->max_hold;
}

static void lane_init(struct stream *st, size_t n, uint32_t rule)
{
    const struct rule *r = &st->rs->list[rule];
    struct lane *l = &st->lanes[n];

    *l = (struct lane){.rule = rule, .token = token_first(r)};
    l->max_hold = r->max_hold == 0 ? LIM_HOLD : r->max_hold;
    l->max_hold += (uint32_t)near_after(r); /* it may wait so long */
    if (CONTEXT + near_before(r) > st->context)
        st->context = CONTEXT + near_before(r);
    lane_off(st, l);
    lane_reset(st, n);
    lane_acts(st, n);
}

void lanes_init(struct stream *st)
{
    size_t n = 0;

    st->min_hold = LIM_HOLD_MAX;
    st->context = CONTEXT;
    for (size_t w = 0; w < st->rs->words; w++)
        for (uint64_t bits = st->lookers->mask[w]; bits != 0; bits &= bits - 1)
            lane_init(st, n++,
                      (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(bits));
}

/* Rules, of a word of bits, that look at all of these views. */
static uint64_t looking(const struct stream *st, unsigned views, size_t w)
{
    uint64_t bits = st->lookers->mask[w];

    for (; views != 0; views &= views - 1)
        bits &= rules_viewing(st->rs, (enum view_step)__builtin_ctz(views))[w];
    return bits;
}

/* Of a rule that looks at one of the two only. */
static void lane_differs(struct stream *st, const struct stream *of, size_t i)
{
    struct lane_at now = lane_now(of, i);

    set_awake(st, i, false);
    st->runs_asleep &= ~st->lanes[i].run_bit;
    lane_off(st, &st->lanes[i]);
    lane_acts(st, i);
    lane_put(st, i, &now);
}

void lanes_copy(struct stream *st, const struct stream *of)
{
    size_t words = (of->lane_count + 63) / 64;

    memcpy(st->lanes, of->lanes, of->lane_count * sizeof(*of->lanes));
    memcpy(st->awake, of->awake, words * sizeof(*of->awake));
    memcpy(st->begin, of->begin, st->rs->words * sizeof(*of->begin));
    memcpy(st->run_lanes, of->run_lanes, sizeof(of->run_lanes));
    st->awake_count = of->awake_count;
    st->runs_asleep = of->runs_asleep;
    st->token_most = of->token_most;
    st->min_hold = of->min_hold;
    st->context = of->context;
    EACH_AWAKE(of, i)
    {
        struct lane_at now = lane_now(of, i);

        st->lanes[i].dropping = false;
        lane_put(st, i, &now);
    }
    for (size_t w = 0; w < st->rs->words; w++) {
        uint64_t differ = looking(st, st->views, w) ^ looking(st, of->views, w);

        for (; differ != 0; differ &= differ - 1)
            lane_differs(st, of,
                         lane_of(st, (uint32_t)(w * 64) +
                                         (uint32_t)__builtin_ctzll(differ)));
    }
}
