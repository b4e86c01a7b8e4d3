#include "rules/tail.h"

#include "rules/inside.h"
#include "rules/lead.h"
#include "rules/regex.h"

/*
 * A byte that begins a keyword is none of those that stand behind it, or before
 * it: of what stands behind one nothing is looked at again for the next, and
 * none is in the midst of another's run.
 */

enum kind {
    STOP, /* none that may be there */
    ON,
    END,
    WIDE /* beyond ASCII, of which nothing is said */
};

struct reading {
    struct want want; /* of all ways in which matches begin */
    bool none;        /* of one nothing is known */
};

static void read_way(void *into, size_t keyword, struct str behind)
{
    struct reading *rd = into;
    struct piece p;

    (void)keyword;
    if (!behind_read(behind, &p) || p.want.what != WANT_RUN)
        rd->none = true;
    else if (rd->want.what == WANT_NOTHING)
        rd->want = p.want;
    else
        want_either(&rd->want, &p.want);
}

/* Are all keywords as long, and such that they begin with a byte that is none
 * of these? */
static bool keywords_part(const struct rule *r, const struct guard *bytes)
{
    for (size_t i = 0; i < r->keyword_count; i++) {
        char c = to_lower(r->keywords[i].ptr[0]);

        if (r->keywords[i].len != r->keywords[0].len || (c & 0x80) != 0 ||
            guard_stops(bytes, (unsigned char)c) ||
            (is_alpha(c) && guard_stops(bytes, (unsigned char)(c & 0x5f))))
            return false;
        for (size_t k = 0; k < r->keywords[i].len; k++)
            if (is_white(r->keywords[i].ptr[k]))
                return false; /* there may be more of it */
    }
    return true;
}

static enum kind kind_of(const struct want *w, unsigned c)
{
    if (c >= 0x80)
        return WIDE;
    if (guard_stops(&w->run, (unsigned char)c))
        return END;
    return guard_stops(&w->before, (unsigned char)c) ? ON : STOP;
}

void tail_read(const struct rule *r, struct tail *ret_tail)
{
    struct reading rd = {.none = false};
    struct run run = run_lead(r, read_way, &rd);

    *ret_tail = (struct tail){0};
    if (run.before != RUN_KEYWORD || rd.none || rd.want.what != WANT_RUN ||
        !keywords_part(r, &run.of) || !keywords_part(r, &rd.want.before))
        return;
    ret_tail->keyword = (uint32_t)r->keywords[0].len;
    ret_tail->start = rd.want.start;
    ret_tail->end = rd.want.end;
    for (unsigned c = 0; c < 256; c++)
        ret_tail->kinds[c] = (unsigned char)kind_of(&rd.want, c);
}

struct guard tail_bytes(const struct tail *t)
{
    struct guard bytes = {{0}};

    for (unsigned c = 0; c < 0x80; c++)
        if (t->kinds[c] != STOP)
            guard_range(&bytes, c, c);
    return bytes;
}

bool tail_can(const struct tail *t, struct str text, size_t at)
{
    struct str s = str_head(str_skip(text, at + t->keyword), t->end);

    if (t->keyword == 0)
        return true;
    for (size_t i = 0; i < s.len; i++)
        switch (t->kinds[(unsigned char)s.ptr[i]]) {
        case STOP:
            return false;
        case END:
            if (i < t->start)
                break;
            return true;
        case WIDE:
            return true;
        default:
            break;
        }
    return false;
}
