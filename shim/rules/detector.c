#include "rules/inside.h"

/*
 * The detectors, each a row: its name, its options, what it begins with, and
 * how it looks for the next thing. The looking itself is in detect/.
 */

/* What a detector answers: see search_next. *cursor is where to go on. */
struct answer {
    enum hit hit;
    size_t start, end, cursor;
};

struct row {
    struct str name;
    const struct detector_option *options;
    size_t option_count;
    const struct str *keywords;
    size_t keyword_count;
    bool alone;
    bool (*ready)(const struct known *known);
    enum err (*find)(const struct search *s, struct answer *ret);
};

/* --- What was planted. */

static bool canary_ready(const struct known *known)
{
    return known != NULL && known->canary.len > 0;
}

/* Of the end of a text, so much as a whole could begin with. */
static size_t open_tail(struct str text, struct str whole)
{
    size_t n = whole.len - 1 < text.len ? whole.len - 1 : text.len;

    while (!str_starts(whole, str_skip(text, text.len - n)))
        n--;
    return n;
}

static enum err canary_find(const struct search *s, struct answer *ret)
{
    struct str rest = str_skip(s->text, s->cursor);
    struct str canary = s->known->canary;
    size_t at = str_find(rest, canary);

    if (at < rest.len) {
        ret->hit = HIT_MATCH;
        ret->start = s->cursor + at;
        ret->end = ret->cursor = ret->start + canary.len;
        return OK;
    }
    ret->cursor = s->text.len - (s->open ? open_tail(rest, canary) : 0);
    ret->hit = ret->cursor < s->text.len ? HIT_PARTIAL : HIT_NONE;
    return OK;
}

/* --- The table. */

static const struct row rows[DETECTOR_COUNT] = {
    [DETECTOR_CANARY] = {.name = STR_INIT("canary"),
                         .ready = canary_ready,
                         .find = canary_find},
};

struct str detector_name(enum detector d)
{
    return rows[d].name;
}

bool detector_from(struct str name, enum detector *ret_d)
{
    for (size_t i = 1; i < DETECTOR_COUNT; i++)
        if (str_eq(name, rows[i].name)) {
            *ret_d = (enum detector)i;
            return true;
        }
    return false;
}

size_t detector_options(enum detector d, const struct detector_option **ret)
{
    *ret = rows[d].options;
    return rows[d].option_count;
}

size_t detector_keywords(enum detector d, const struct str **ret_list)
{
    *ret_list = rows[d].keywords;
    return rows[d].keyword_count;
}

bool detector_alone(enum detector d)
{
    return rows[d].alone;
}

bool detector_ready(const struct rule *r, const struct known *known)
{
    return r->detector == DETECTOR_PATTERN || rows[r->detector].alone ||
           rows[r->detector].ready(known);
}

/* The next one that passes the rule's checks; a.hit says if there is one. */
static enum err find_next(struct search *s, struct scratch *sc,
                          struct answer *a)
{
    bool yes;
    enum err e;

    while (s->cursor < s->text.len) {
        if ((e = rows[s->rule->detector].find(s, a)))
            return e;
        s->cursor = a->cursor;
        if (a->hit != HIT_MATCH)
            return OK;
        if ((e = passes(s, sc,
                        (struct str){s->text.ptr + a->start, a->end - a->start},
                        &yes)) ||
            yes)
            return e;
    }
    a->hit = HIT_NONE;
    return OK;
}

enum err detector_next(struct search *s, struct scratch *sc, enum hit *ret_hit,
                       size_t *ret_start, size_t *ret_end)
{
    struct answer a = {.hit = HIT_NONE};
    enum err e;

    if (!detector_ready(s->rule, s->known))
        s->cursor = s->text.len;
    if ((e = find_next(s, sc, &a)))
        return e;
    *ret_hit = a.hit;
    if (a.hit == HIT_MATCH) {
        *ret_start = a.start;
        *ret_end = a.end;
    }
    return OK;
}
