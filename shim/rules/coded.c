#include "rules/coded.h"

#include "base/utf8.h"
#include "detect/base64.h"
#include "detect/classes.h"
#include "detect/decode.h"
#include "detect/normal.h"

/*
 * What is encoded in the text of a stream. That base64, hex or tags stand for
 * something is known where they end, and all of them is what is found: so they
 * are held as an open match is, and decoded as in a whole text.
 *
 *      The key is QUtJQVEzRUdSVFg3TE1CWjJXUEQ= and
 *                 |start                      | decoded here
 *
 * Held is every word, with the escapes in it, for as long as it lasts, until 64
 * characters of base64 tell that they are no such text; pairs of hex digits,
 * until a word comes that is none; and the lines of base64 that is broken into
 * lines. Where that is too long it is decoded piece by piece, each with the end
 * of the one before.
 *
 * All of it goes by the bytes of the text alone: how they were cut is the same.
 */

#define PIECE   ((uint64_t)LIM_HOLD_MAX)
#define OVERLAP ((uint64_t)(4 * KIB)) /* of two; whole groups of four */
#define PROBE   64 /* characters of a word that tell whether it is worth it */
#define LINE    40 /* a word this long may go on in the next line (runs.c) */
#define PAIRS   8  /* hex digits two by two: so many at least (runs.c) */
#define PAIR    4  /* 0x41 */

static unsigned char byte_at(const struct stream *st, uint64_t at)
{
    return (unsigned char)st->text.ptr[at - st->base];
}

void coded_reset(struct stream *st)
{
    st->coded.hidden = false;
    st->coded.state = CODED_NONE;
    st->coded.start = NEVER;
    st->coded.pairs = 0;
    st->coded.at = st->v;
}

void coded_leave(struct stream *st)
{
    bool within = st->coded.state >= CODED_HIDDEN;

    st->coded.hidden = true;
    if (within)
        return;
    st->coded.state = CODED_NONE;
    st->coded.start = NEVER;
    st->coded.pairs = 0;
}

uint64_t cut_coded(const struct stream *st)
{
    uint64_t from = st->coded.start;

    if (from != NEVER && from < st->coded.decided)
        from = st->coded.decided; /* the end of the piece before */
    return from < st->v ? from : st->v;
}

/* --- What is found. */

/* *ret_upto: what changes the text and begins no later than `next` ends there.
 */
static enum err add_all(struct stream *st, uint64_t from, uint64_t next,
                        const struct findings *list, uint64_t *ret_upto)
{
    enum err e;

    for (size_t i = 0; i < list->count; i++) {
        struct found one = {.f = list->list[i]};

        if (one.f.rule->whole)
            continue;
        one.f.start += from;
        one.f.end += from;
        if (one.f.end <= st->coded.decided)
            continue;
        if (one.f.start < st->coded.decided)
            one.f.start = st->coded.decided;
        one.action = rules_action(st->rs, one.f.rule);
        if (one.action >= ACTION_REDACT && one.f.start <= next &&
            one.f.end > *ret_upto)
            *ret_upto = one.f.end;
        if ((e = found_add(st, one)))
            return e;
    }
    return OK;
}

/* The text from..to, that is encoded perhaps; the next begins at `next`. What a
 * rule that only logs has found in it is known then, so that it is not reported
 * twice. */
static enum err look(struct stream *st, uint64_t from, uint64_t to,
                     uint64_t next)
{
    const struct scopes at = {&st->at, 1};
    struct findings list;
    uint64_t upto = 0;
    enum err e;

    findings_init(&list);
    e = views_coded(st->rs, st->sc, &at, st->coded.views,
                    stream_part(st, from, to), &list);
    stream_text(st)->capped |= list.capped;
    if (!e && list.count != 0)
        e = search_lanes(st, false, true);
    if (!e)
        e = add_all(st, from, next, &list, &upto);
    st->coded.decided = upto > next ? upto : 0;
    findings_free(&list);
    return e;
}

/* --- Words, and what may go on in the next one. */

/* What is held ends at `to`; a word may begin there. */
static enum err done(struct stream *st, uint64_t to)
{
    struct coded *c = &st->coded;
    bool worth =
        c->pairs == 0 ? to - c->start >= CLASS_RUN_LEN : c->pairs >= PAIRS;
    uint64_t from = c->start;

    c->start = NEVER;
    c->pairs = 0;
    c->state = CODED_NONE;
    return worth ? look(st, from, to, to) : OK;
}

static bool is_pair(const struct stream *st, uint64_t from, uint64_t to)
{
    struct str s = stream_part(st, from, to);

    if (str_starts(s, STR("0x")) || str_starts(s, STR("0X")))
        s = str_skip(s, 2);
    return s.len == 2 && hex_value(s.ptr[0]) >= 0 && hex_value(s.ptr[1]) >= 0;
}

/* The word is none of the pairs before it. */
static enum err leave_pairs(struct stream *st)
{
    uint64_t word = st->coded.word;
    enum err e = done(st, st->coded.end);

    st->coded.start = st->coded.word = word;
    st->coded.state = CODED_WORD;
    return e;
}

/* A sign of an escape, or what base64 ends with: no run goes on across it. */
static bool word_sign(struct stream *st, uint64_t at)
{
    char b = (char)byte_at(st, at);

    if (is_base64_char(b))
        return false;
    st->coded.run = at + 1;
    st->coded.escaped |= b == '%' || b == '&' || b == '\\';
    return true;
}

static void word_begin(struct stream *st, uint64_t at)
{
    struct coded *c = &st->coded;

    c->word = c->run = at;
    c->escaped = false;
    if (c->start == NEVER)
        c->start = at;
    c->state = CODED_WORD;
    (void)word_sign(st, at);
}

/* One character more, which is at `at`. */
static enum err word_more(struct stream *st, uint64_t at)
{
    struct coded *c = &st->coded;
    enum err e = OK;

    if (c->pairs != 0 && at + 1 - c->word > PAIR)
        e = leave_pairs(st);
    if (e || word_sign(st, at) || at + 1 - c->run != PROBE || c->escaped ||
        c->word != c->start ||
        decode_worth(stream_part(st, c->run, at + 1), CLASS_RUN) != 0)
        return e;
    e = done(st, c->run);
    c->state = CODED_DULL;
    return e;
}

static bool parts_pairs(char c)
{
    return c == ' ' || c == ':' || c == ',' || c == '-' || c == '\n';
}

/* The word ends before `at`; what is there may tell that another is to come. */
static enum err word_end(struct stream *st, uint64_t at)
{
    struct coded *c = &st->coded;
    char next = (char)byte_at(st, at);
    uint64_t len = at - c->word;
    enum err e;

    if (c->start == c->word && next != '\n' && next != '\r' && len > PAIR)
        return done(st, at);
    if (is_pair(st, c->word, at)) {
        c->pairs++;
        c->end = at;
        c->state = CODED_GAP;
        return parts_pairs(next) ? OK : done(st, at);
    }
    if (c->pairs != 0 && (e = leave_pairs(st)))
        return e;
    if (len < LINE || (next != '\n' && next != '\r'))
        return done(st, at);
    c->end = at;
    c->state = next == '\n' ? CODED_LINE : CODED_RETURN;
    return OK;
}

/* Behind a word whose last byte is before c->end. */
static enum err between(struct stream *st, uint64_t at, bool word)
{
    struct coded *c = &st->coded;
    char b = (char)byte_at(st, at);
    bool on;

    if (c->state == CODED_RETURN) {
        if (b != '\n')
            return done(st, c->end);
        c->state = CODED_LINE;
        return OK;
    }
    on = c->state == CODED_GAP ? at - c->end < 3 && parts_pairs(b) : b == ' ';
    if (!on && !word)
        return done(st, c->end);
    if (!on)
        word_begin(st, at);
    return OK;
}

/* --- What does not show. */

/* Of the characters from U+E0000 on, and of selectors from U+FE00 on, the first
 * two bytes. */
static bool begins_hidden(unsigned char a, unsigned char b)
{
    return (a == 0xf3 && b == 0xa0) || (a == 0xef && b == 0xb8);
}

#define RLO STR_INIT("\xe2\x80\xae")
#define PDF STR_INIT("\xe2\x80\xac")

static bool ends_with(const struct stream *st, uint64_t at, struct str s)
{
    return at + 1 - st->base >= s.len &&
           str_eq(stream_part(st, at + 1 - s.len, at + 1), s);
}

/* A flag is one by the character that it begins with. */
static uint64_t flag_before(const struct stream *st, uint64_t at)
{
    return at - st->base >= 4 && byte_at(st, at - 4) == 0xf0 ? at - 4 : at;
}

/* A byte of a character that is not of ASCII, or in what is turned round. */
static enum err take_hidden(struct stream *st, uint64_t at)
{
    static const struct str rlo = RLO, pdf = PDF;
    struct coded *c = &st->coded;
    unsigned char b = byte_at(st, at);
    enum err e;

    if (c->state == CODED_BIDI) {
        bool ends = ends_with(st, at, pdf);

        return !ends && b != '\n' ? OK : done(st, at + 1);
    }
    if (c->state != CODED_HIDDEN && (b == 0xf3 || b == 0xef)) {
        c->start = flag_before(st, at);
        c->state = CODED_HIDDEN;
    } else if (c->state == CODED_HIDDEN && (b & 0xc0) == 0x80 &&
               byte_at(st, at - 1) >= 0xc0 &&
               !begins_hidden(byte_at(st, at - 1), b)) {
        return done(st, at - 1);
    } else if (c->state == CODED_HIDDEN && b >= 0xc0 && b != 0xf3 &&
               b != 0xef) {
        if ((e = done(st, at)))
            return e;
    }
    if (ends_with(st, at, rlo)) {
        c->start = at + 1 - rlo.len;
        c->state = CODED_BIDI;
    }
    return OK;
}

/* --- The text. */

/* What is held is long: one piece of it, as the text will be read further. */
static enum err piece(struct stream *st, uint64_t to)
{
    struct coded *c = &st->coded;
    uint64_t from = c->start;

    c->start = to - OVERLAP;
    while (utf8_inside((char)byte_at(st, c->start)))
        c->start++;
    return look(st, from, to, c->start);
}

/* Of base64, of escapes, or what base64 ends with. */
static bool is_coded_char(char c)
{
    return is_base64_char(c) || c == '%' || c == '&' || c == '#' || c == ';' ||
           c == '\\' || c == '=' || c == '{' || c == '}';
}

static enum err take(struct stream *st, uint64_t at)
{
    struct coded *c = &st->coded;
    unsigned char b = byte_at(st, at);
    bool word = !c->hidden && is_coded_char((char)b);
    enum err e = OK;

    if (c->start != NEVER && at >= c->start && at - c->start >= PIECE &&
        (b & 0xc0) != 0x80 && (e = piece(st, at)))
        return e;
    switch (c->state) {
    case CODED_WORD:
        if (word)
            return word_more(st, at);
        e = word_end(st, at);
        break;
    case CODED_GAP:
    case CODED_RETURN:
    case CODED_LINE:
        e = between(st, at, word);
        break;
    case CODED_DULL:
        if (!is_base64_char((char)b))
            c->state = CODED_NONE;
        break;
    case CODED_HIDDEN:
        if (b < 0x80)
            e = done(st, at);
        break;
    case CODED_BIDI:
        return take_hidden(st, at);
    case CODED_NONE:
        break;
    }
    if (!e && word && c->state == CODED_NONE)
        word_begin(st, at);
    return e || b < 0x80 ? e : take_hidden(st, at);
}

bool coded_waits(const struct stream *st)
{
    const struct coded *c = &st->coded;
    uint64_t at = c->at;

    if (c->state != CODED_WORD || c->pairs != 0 || cut_coded(st) > st->safe ||
        st->end - c->start >= PIECE ||
        (!c->escaped && st->end - c->run >= PROBE))
        return false;
    while (at < st->end && is_coded_char((char)byte_at(st, at)))
        at++;
    return at == st->end;
}

enum err feed_coded(struct stream *st)
{
    enum err e = OK;

    if (st->coded.views == 0)
        return OK;
    for (; !e && st->coded.at < st->v; st->coded.at++)
        e = take(st, st->coded.at);
    return e;
}

enum err feed_coded_last(struct stream *st)
{
    struct coded *c = &st->coded;

    if (c->start == NEVER)
        return OK;
    if (c->state == CODED_WORD && c->pairs != 0) {
        enum err e;

        if (is_pair(st, c->word, st->v)) {
            c->pairs++;
        } else if ((e = leave_pairs(st))) {
            return e;
        }
    }
    return done(st, c->state == CODED_GAP || c->state == CODED_RETURN ||
                            c->state == CODED_LINE
                        ? c->end
                        : st->v);
}
