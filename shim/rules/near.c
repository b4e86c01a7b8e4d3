#include "rules/near.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "rules/sentence.h"

/*
 * A text may be full of matches, each with a few hundred characters beside it.
 * The matches of one search come in order, so that what is beside them only
 * moves on: the windows, and in them the place up to which the pattern was
 * looked for in vain, or that of its last match. So each character is looked at
 * about once, however many matches there are.
 *
 *      window of the last match    |----------------------|
 *      and of this one                  |-----------------------|
 *      looked for in vain up to                         ^ next
 *
 * A window is a text by itself, which its pattern can tell (\b, lookbehind) as
 * far as it looks back; so it is tried anew at the first characters of each,
 * but where that can make no difference. At the end PCRE2 says itself whether
 * more text could decide otherwise. Of $ it does not: what is before that is
 * looked for so, and then all in the window.
 */
struct beside {
    bool any;
    size_t at;          /* of the last match: its start, or its end */
    size_t mark, count; /* the place so many characters from there: at most as
                           many as the window has */
    size_t ended;       /* the nearest place there that ends a sentence */
    size_t seen;        /* behind a match: up to here there is no other */
    /* The last window, and the first since which all is known. */
    size_t from, to, base;
    size_t next;       /* no match begins before; but at the first characters */
    size_t start, end; /* of the last match of the pattern; equal: none */
    /* From here up to there no word begins that the pattern needs. */
    size_t bare, word;
};

#define SIDES 2

static size_t char_before(struct str text, size_t at)
{
    return utf8_front(text, at - 1);
}

static struct str between(struct str text, size_t from, size_t to)
{
    return (struct str){text.ptr + from, to - from};
}

static size_t char_behind(struct str text, size_t at)
{
    return utf8_back(text, at + 1);
}

/* Of what a word is made, in any script. */
static bool is_word(char c)
{
    return token_byte(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* ---- Windows. ------------------------------------------------------------
 */

/* The front of the word at `at`, if that stands in the midst of one. */
static size_t word_start(struct str text, size_t at)
{
    size_t word = at;

    while (at > 0 && is_word(text.ptr[at]) && is_word(text.ptr[at - 1]) &&
           word - at < NEAR_WORD)
        at = char_before(text, at);
    return at;
}

static size_t word_end(struct str text, size_t at, size_t from)
{
    size_t word = at;

    while (at < text.len && at > from && is_word(text.ptr[at]) &&
           is_word(text.ptr[at - 1]) && at - word < NEAR_WORD)
        at = char_behind(text, at);
    return at;
}

/* A place so near to the last one that what is known of that is of use. */
static bool goes_on(const struct beside *b, const struct near *n, size_t at)
{
    return b->any && at >= b->at && at - b->at <= n->within;
}

static void before_first(struct beside *b, const struct near *n,
                         struct str text, size_t at)
{
    *b = (struct beside){
        .any = true, .at = at, .ended = NOWHERE, .from = NOWHERE};
    b->mark = utf8_rewind(text, at, n->within);
    b->count = utf8_count(between(text, b->mark, at));
    if (n->sentence)
        b->ended = sentence_last(text, b->mark, at);
}

/* From the last match on. */
static void before_next(struct beside *b, const struct near *n, struct str text,
                        size_t at)
{
    size_t ended = n->sentence ? sentence_last(text, b->at, at) : NOWHERE;

    b->count += utf8_count(between(text, b->at, at));
    if (b->count > n->within) {
        b->mark = utf8_forth(text, b->mark, b->count - n->within);
        b->count = n->within;
    }
    b->ended = ended != NOWHERE ? ended : b->ended;
    b->at = at;
}

/* Where the text begins that is looked at before `at`: at the end of a sentence
 * behind the mark, or at the mark. */
static size_t window_start(struct beside *b, const struct near *n,
                           struct str text, size_t at)
{
    if (goes_on(b, n, at))
        before_next(b, n, text, at);
    else
        before_first(b, n, text, at);
    if (b->ended != NOWHERE && b->ended > b->mark)
        return b->ended;
    return b->count < n->within ? b->mark : word_start(text, b->mark);
}

static void behind_first(struct beside *b, const struct near *n,
                         struct str text, size_t at)
{
    *b = (struct beside){.any = true,
                         .at = at,
                         .mark = utf8_forth(text, at, n->within),
                         .ended = NOWHERE,
                         .seen = at,
                         .from = NOWHERE};
}

/* Where it ends behind `at`; *ret_cut where the text ends before that. */
static size_t window_end(struct beside *b, const struct near *n,
                         struct str text, size_t at, bool *ret_cut)
{
    size_t end;

    if (!goes_on(b, n, at))
        behind_first(b, n, text, at);
    if (b->at < at)
        b->mark =
            utf8_forth(text, b->mark, utf8_count(between(text, b->at, at)));
    b->at = at;
    if (b->ended < at)
        b->ended = NOWHERE;
    b->seen = b->seen < at ? at : b->seen;
    if (n->sentence && b->ended == NOWHERE && b->seen < b->mark) {
        b->ended = sentence_first(text, b->seen, b->mark);
        b->seen = b->ended == NOWHERE ? b->mark : char_behind(text, b->ended);
    }
    *ret_cut = false;
    if (b->ended != NOWHERE)
        return b->ended;
    end = word_end(text, b->mark, at);
    *ret_cut = end == text.len;
    return end;
}

static size_t near_reach(const struct rule *r, unsigned side)
{
    size_t most = 0;

    for (size_t i = 0; i < r->near_count; i++) {
        size_t n = 4 * (size_t)r->nears[i].within + NEAR_WORD + 4;

        if ((r->nears[i].sides & side) != 0 && n > most)
            most = n;
    }
    return most;
}

size_t near_before(const struct rule *r)
{
    return near_reach(r, NEAR_BEFORE);
}

size_t near_after(const struct rule *r)
{
    return near_reach(r, NEAR_AFTER);
}

/* ---- What is looked for in them. -----------------------------------------
 */

static bool knows_end(const struct search *s, size_t i)
{
    return (s->code->nears_end >> i & 1) != 0;
}

struct wanted {
    const pcre2_code *code;
    uint32_t passed; /* steps of a byte of the text */
};

/* One try from `from` on; it may begin before `to`. */
static enum err wanted_run(const struct wanted *w, struct scratch *sc,
                           struct str text, size_t from, size_t to, bool open,
                           enum hit *ret_hit)
{
    const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(sc->mdata);
    enum err e;

    if ((e = pattern_run(w->code, sc, text, from, open, ret_hit)))
        return e;
    return steps_take(sc, (uint64_t)w->passed *
                              ((*ret_hit == HIT_NONE ? to : ov[0]) - from));
}

static enum err look_whole(const struct wanted *w, struct scratch *sc,
                           struct str text, size_t at, bool *ret_found)
{
    enum hit hit = HIT_NONE;
    enum err e = OK;

    if (at < text.len)
        e = wanted_run(w, sc, text, at, text.len, false, &hit);
    *ret_found = hit == HIT_MATCH;
    return e;
}

/* At the first characters of a window alone: so many as the pattern may look
 * back, behind which it cannot tell where the window begins. */
static enum err look_first(const struct wanted *w, struct scratch *sc,
                           struct str window, size_t *ret_edge, bool *ret_found)
{
    uint32_t back = 0;
    size_t edge = 0;
    enum hit hit;
    enum err e;

    (void)pcre2_pattern_info(w->code, PCRE2_INFO_MAXLOOKBEHIND, &back);
    for (back = back == 0 ? 1 : back; back > 0 && edge < window.len; back--)
        edge = char_behind(window, edge);
    pcre2_set_offset_limit(sc->mctx, edge - 1);
    e = wanted_run(w, sc, window, 0, edge, false, &hit);
    pcre2_set_offset_limit(sc->mctx, PCRE2_UNSET);
    *ret_edge = edge;
    *ret_found = !e && hit == HIT_MATCH;
    return e;
}

/* Is a window no other text to the pattern than one that begins before it? What
 * only asks for the end of a word sees no more before a blank. */
static bool starts_alike(const struct search *s, size_t i, size_t from)
{
    uint32_t back = 0;

    if ((s->code->nears_front >> i & 1) != 0)
        return false;
    (void)pcre2_pattern_info(s->code->nears[i], PCRE2_INFO_MAXLOOKBEHIND,
                             &back);
    return back == 0 ||
           (!token_byte(s->text.ptr[from - 1]) && s->text.ptr[from - 1] != '_');
}

/* Is it in the text at from..to, which begins and ends behind the last? */
static enum err look_on(const struct search *s, struct scratch *sc, size_t i,
                        struct beside *b, const pcre2_code *code, size_t from,
                        size_t to, bool *ret_found)
{
    struct str text = s->text;
    const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(sc->mdata);
    const struct wanted w = {code, s->code->toils[i].passed};
    struct str all = {text.ptr + b->base, to - b->base};
    size_t first = from, edge;
    enum hit hit;
    enum err e;

    if (from > b->base && !starts_alike(s, i, from)) {
        e = look_first(&w, sc, (struct str){text.ptr + from, to - from}, &edge,
                       ret_found);
        if (e || *ret_found)
            return e;
        first = from + edge;
    }
    *ret_found = b->start < b->end && b->start >= first;
    if (*ret_found)
        return OK;
    if (b->start < b->end)
        b->next = char_behind(text, b->start);
    b->start = b->end = 0;
    b->next = b->next < first ? first : b->next;
    if (b->next >= to)
        return OK;
    if ((e = wanted_run(&w, sc, all, b->next - b->base, all.len, true, &hit)))
        return e;
    b->next = hit == HIT_NONE ? to : b->base + ov[0];
    if (hit == HIT_PARTIAL)
        return look_whole(&w, sc, all, b->next - b->base, ret_found);
    *ret_found = hit == HIT_MATCH;
    if (*ret_found) {
        b->start = b->next;
        b->end = b->base + ov[1];
    }
    return OK;
}

/* Can it be in the text at from..to, as far as its words tell? They are looked
 * for once; but where a window begins in the midst of a word, what is left of
 * that is one too. */
static bool has_word(const struct ahead *a, struct beside *b, struct str text,
                     size_t from, size_t to, size_t *ret_seen)
{
    size_t known;

    *ret_seen = 0;
    if (a->want.what == WANT_NOTHING)
        return true;
    if (from < b->bare || from > b->word)
        b->bare = b->word = from;
    if (from > b->bare && from < b->word &&
        within_first(a, text, from, from + 1) == from)
        return true;
    known = b->word;
    if (known < to)
        b->word = within_first(a, text, known, to);
    *ret_seen = b->word - known;
    if (b->word < to)
        return true;
    if (text.len - b->word < WANT_BYTES) /* what follows may make one of it */
        b->word = from;
    return false;
}

/* As far as the gate of a pattern tells that knows where a text ends. Its words
 * are looked for first. */
static enum err look(const struct search *s, struct scratch *sc, size_t i,
                     struct beside *b, size_t from, size_t to, bool *ret_found)
{
    const pcre2_code *code = s->code->nears[i];
    size_t seen;
    bool can;
    enum err e;

    *ret_found = false;
    if (from >= to)
        return steps_take(sc, STEPS_LOOK);
    if (knows_end(s, i) && (code = s->code->gates[i]) == NULL) {
        *ret_found = true;
        return steps_take(sc, STEPS_LOOK);
    }
    if (b->from == NOWHERE || from < b->from || to < b->to || from > b->to) {
        b->base = b->next = from;
        b->start = b->end = 0;
    }
    b->from = from;
    b->to = to;
    can = has_word(&s->code->words[i], b, s->text, from, to, &seen);
    e = steps_take(sc, STEPS_LOOK + 2 * (uint64_t)seen);
    return e || !can ? e : look_on(s, sc, i, b, code, from, to, ret_found);
}

/* And what that pattern itself says, if its gate was there. */
static enum err look_to_end(const struct search *s, struct scratch *sc,
                            size_t i, size_t from, size_t to, bool *found)
{
    const struct wanted w = {s->code->nears[i], s->code->toils[i].passed};
    struct str window = {s->text.ptr + from, to - from};

    if (!*found || !knows_end(s, i))
        return OK;
    return look_whole(&w, sc, window, 0, found);
}

/* What is known beside the last match of this search; of any other it says
 * nothing. */
static enum err need_beside(struct search *s, struct scratch *sc)
{
    if (sc->beside == NULL) {
        sc->beside = calloc(SIDES * LIM_NEARS, sizeof(*sc->beside));
        if (sc->beside == NULL)
            return E_NOMEM;
    }
    if (s->turn == 0 || s->turn != sc->turn) {
        s->turn = ++sc->turn;
        memset(sc->beside, 0,
               SIDES * s->rule->near_count * sizeof(*sc->beside));
    }
    return OK;
}

/* What only the text before a match decides, and to its end, comes last. */
static bool is_late(const struct search *s, size_t i)
{
    return s->rule->nears[i].sides == NEAR_BEFORE && knows_end(s, i);
}

/* *found has bits for what was, or what may be if it is late. */
static enum err holds_before(struct search *s, struct scratch *sc, size_t start,
                             size_t froms[LIM_NEARS], unsigned *found,
                             bool *ret_no)
{
    const struct rule *r = s->rule;

    *ret_no = false;
    for (size_t i = 0; i < r->near_count && !*ret_no; i++) {
        const struct near *n = &r->nears[i];
        struct beside *b = &sc->beside[SIDES * i];
        bool yes;
        enum err e;

        if (!(n->sides & NEAR_BEFORE))
            continue;
        froms[i] = window_start(b, n, s->text, start);
        if ((e = look(s, sc, i, b, froms[i], start, &yes)) ||
            (!is_late(s, i) &&
             (e = look_to_end(s, sc, i, froms[i], start, &yes))))
            return e;
        *found |= (unsigned)yes << i;
        *ret_no = yes ? n->unless && !is_late(s, i)
                      : !n->unless && !(n->sides & NEAR_AFTER);
    }
    return OK;
}

static enum err holds_after(struct search *s, struct scratch *sc, size_t end,
                            unsigned found, bool *ret_no, bool *ret_open)
{
    const struct rule *r = s->rule;
    bool cut, yes;
    enum err e;

    *ret_no = false;
    for (size_t i = 0; i < r->near_count && !*ret_no; i++) {
        const struct near *n = &r->nears[i];
        struct beside *b = &sc->beside[SIDES * i + 1];
        size_t to;

        if (!(n->sides & NEAR_AFTER) || (found >> i & 1) != 0)
            continue;
        to = window_end(b, n, s->text, end, &cut);
        if (s->open && cut) {
            *ret_open = true;
            continue;
        }
        if ((e = look(s, sc, i, b, end, to, &yes)) ||
            (e = look_to_end(s, sc, i, end, to, &yes)))
            return e;
        *ret_no = yes == n->unless;
    }
    return OK;
}

static enum err holds_late(struct search *s, struct scratch *sc, size_t start,
                           const size_t froms[LIM_NEARS], unsigned found,
                           bool *ret_no)
{
    const struct rule *r = s->rule;
    enum err e;

    *ret_no = false;
    for (size_t i = 0; i < r->near_count && !*ret_no; i++) {
        bool yes = true;

        if ((found >> i & 1) == 0 || !is_late(s, i))
            continue;
        if ((e = look_to_end(s, sc, i, froms[i], start, &yes)))
            return e;
        *ret_no = yes == r->nears[i].unless;
    }
    return OK;
}

/* The past first: most of the time it decides, and it never has to wait. */
static enum err holds(struct search *s, struct scratch *sc, size_t start,
                      size_t end, bool *ret_yes, bool *ret_open)
{
    size_t froms[LIM_NEARS];
    unsigned found = 0;
    bool no = false, open = false;
    enum err e;

    *ret_yes = *ret_open = false;
    if ((e = steps_take(sc, STEPS_NEAR)) || (e = need_beside(s, sc)) ||
        (e = holds_before(s, sc, start, froms, &found, &no)) ||
        (!no && (e = holds_after(s, sc, end, found, &no, &open))) ||
        (!no && (e = holds_late(s, sc, start, froms, found, &no))))
        return e;
    *ret_open = !no && open;
    *ret_yes = !no && !open;
    return OK;
}

bool nears_eq(const struct near *a, size_t an, const struct near *b, size_t bn)
{
    if (an != bn)
        return false;
    for (size_t i = 0; i < an; i++)
        if (!str_eq(a[i].match, b[i].match) || a[i].within != b[i].within ||
            a[i].sides != b[i].sides || a[i].sentence != b[i].sentence ||
            a[i].unless != b[i].unless)
            return false;
    return true;
}

enum err near_holds(struct search *s, struct scratch *sc, size_t start,
                    size_t end, bool *ret_yes, bool *ret_open)
{
    const struct str part = s->text;
    size_t front;
    enum err e;

    if (s->around.len == 0)
        return holds(s, sc, start, end, ret_yes, ret_open);
    front = (size_t)(part.ptr - s->around.ptr);
    s->text = s->around;
    e = holds(s, sc, front + start, front + end, ret_yes, ret_open);
    s->text = part;
    return e;
}
