#include "detect/unseen.h"

#include "base/utf8.h"
#include "base/wide.h"
#include "detect/invisible.h"
#include "detect/normal.h"

/* The character at `at`; its length is 0 if the text ends within it. */
static uint32_t char_at(struct str text, size_t at, size_t *ret_len)
{
    uint32_t cp = utf8_next(str_skip(text, at), ret_len);

    if (*ret_len > text.len - at)
        *ret_len = 0;
    return cp;
}

/* Where one of so many characters may begin: bits, by their first bytes. */
#define AHEAD 2 /* bytes behind them that are looked at, too */

static unsigned orders_in(const char *p)
{
    wide a = wide_at(p), b = wide_at(p + 1), c = wide_at(p + 2);

    return wide_mask((wide)(a == 0xe2) & (wide)((b == 0x80) | (b == 0x81)) &
                     (wide)((c == 0xab) | (c == 0xae) | (c == 0xa7)));
}

static unsigned stacked_in(const char *p)
{
    wide a = wide_at(p), b = wide_at(p + 1);

    return wide_mask(
        (wide)((a == 0xcc) | (a == 0xcd)) |
        ((wide)(a == 0xd2) & (wide)(b < 0x8a)) |
        ((wide)(a == 0xe1) & (wide)((b == 0xaa) | (b == 0xab) | (b == 0xb7))) |
        ((wide)(a == 0xe2) & (wide)(b == 0x83)) |
        ((wide)(a == 0xef) & (wide)(b == 0xb8)));
}

/* So many bytes at once, of which any is beyond ASCII. */
#define STEP (4 * WIDE)

static inline bool any_beyond(const char *p)
{
    return wide_mask(wide_at(p) | wide_at(p + WIDE) | wide_at(p + 2 * WIDE) |
                     wide_at(p + 3 * WIDE)) != 0;
}

/* Past characters that are none of them, from the front of one to that of
 * another: near the end of the text it may be any. Most text is mostly ASCII,
 * and is passed by. */
static inline __attribute__((always_inline)) size_t
skip_others(struct str text, size_t at, unsigned (*begin)(const char *))
{
    for (; text.len - at >= STEP + AHEAD; at += STEP) {
        const char *p = text.ptr + at;
        bool any = any_beyond(p);

        for (size_t i = 0; any && i < STEP; i += WIDE) {
            unsigned some = begin(p + i);

            if (some != 0)
                return at + i + (size_t)__builtin_ctz(some);
        }
    }
    for (; text.len - at >= WIDE + AHEAD; at += WIDE) {
        unsigned some = begin(text.ptr + at);

        if (some != 0)
            return at + (size_t)__builtin_ctz(some);
    }
    return utf8_front(text, at);
}

/* --- Nothing to be seen. */

size_t unseen_run_begins(const struct str **ret_list)
{
    /* All of invisible.c; what they begin with where that is no other's. */
    static const struct str begins[] = {
        STR_INIT("\xc2\xad"),         STR_INIT("\xcd\x8f"),
        STR_INIT("\xd8\x9c"),         STR_INIT("\xe1\x85\x9f"),
        STR_INIT("\xe1\x85\xa0"),     STR_INIT("\xe1\x9e\xb4"),
        STR_INIT("\xe1\x9e\xb5"),     STR_INIT("\xe1\xa0\x8b"),
        STR_INIT("\xe1\xa0\x8c"),     STR_INIT("\xe1\xa0\x8d"),
        STR_INIT("\xe1\xa0\x8e"),     STR_INIT("\xe1\xa0\x8f"),
        STR_INIT("\xe2\x80\x8b"),     STR_INIT("\xe2\x80\x8c"),
        STR_INIT("\xe2\x80\x8d"),     STR_INIT("\xe2\x80\x8e"),
        STR_INIT("\xe2\x80\x8f"),     STR_INIT("\xe2\x80\xaa"),
        STR_INIT("\xe2\x80\xab"),     STR_INIT("\xe2\x80\xac"),
        STR_INIT("\xe2\x80\xad"),     STR_INIT("\xe2\x80\xae"),
        STR_INIT("\xe2\x81\xa0"),     STR_INIT("\xe2\x81\xa1"),
        STR_INIT("\xe2\x81\xa2"),     STR_INIT("\xe2\x81\xa3"),
        STR_INIT("\xe2\x81\xa4"),     STR_INIT("\xe2\x81\xa5"),
        STR_INIT("\xe2\x81\xa6"),     STR_INIT("\xe2\x81\xa7"),
        STR_INIT("\xe2\x81\xa8"),     STR_INIT("\xe2\x81\xa9"),
        STR_INIT("\xe2\x81\xaa"),     STR_INIT("\xe2\x81\xab"),
        STR_INIT("\xe2\x81\xac"),     STR_INIT("\xe2\x81\xad"),
        STR_INIT("\xe2\x81\xae"),     STR_INIT("\xe2\x81\xaf"),
        STR_INIT("\xe3\x85\xa4"),     STR_INIT("\xef\xb8\x80"),
        STR_INIT("\xef\xb8\x81"),     STR_INIT("\xef\xb8\x82"),
        STR_INIT("\xef\xb8\x83"),     STR_INIT("\xef\xb8\x84"),
        STR_INIT("\xef\xb8\x85"),     STR_INIT("\xef\xb8\x86"),
        STR_INIT("\xef\xb8\x87"),     STR_INIT("\xef\xb8\x88"),
        STR_INIT("\xef\xb8\x89"),     STR_INIT("\xef\xb8\x8a"),
        STR_INIT("\xef\xb8\x8b"),     STR_INIT("\xef\xb8\x8c"),
        STR_INIT("\xef\xb8\x8d"),     STR_INIT("\xef\xb8\x8e"),
        STR_INIT("\xef\xb8\x8f"),     STR_INIT("\xef\xbb\xbf"),
        STR_INIT("\xef\xbe\xa0"),     STR_INIT("\xef\xbf\xb0"),
        STR_INIT("\xef\xbf\xb1"),     STR_INIT("\xef\xbf\xb2"),
        STR_INIT("\xef\xbf\xb3"),     STR_INIT("\xef\xbf\xb4"),
        STR_INIT("\xef\xbf\xb5"),     STR_INIT("\xef\xbf\xb6"),
        STR_INIT("\xef\xbf\xb7"),     STR_INIT("\xef\xbf\xb8"),
        STR_INIT("\xef\xbf\xb9"),     STR_INIT("\xef\xbf\xba"),
        STR_INIT("\xef\xbf\xbb"),     STR_INIT("\xf0\x9b\xb2\xa0"),
        STR_INIT("\xf0\x9b\xb2\xa1"), STR_INIT("\xf0\x9b\xb2\xa2"),
        STR_INIT("\xf0\x9b\xb2\xa3"), STR_INIT("\xf0\x9d\x85\xb3"),
        STR_INIT("\xf0\x9d\x85\xb4"), STR_INIT("\xf0\x9d\x85\xb5"),
        STR_INIT("\xf0\x9d\x85\xb6"), STR_INIT("\xf0\x9d\x85\xb7"),
        STR_INIT("\xf0\x9d\x85\xb8"), STR_INIT("\xf0\x9d\x85\xb9"),
        STR_INIT("\xf0\x9d\x85\xba"), STR_INIT("\xf3\xa0"),
    };

    *ret_list = begins;
    return ARRAY_LEN(begins);
}

/* Does something that shows nothing begin here? *ret_len: its bytes. */
static bool unseen_at(struct str text, size_t at, size_t *ret_len)
{
    uint32_t cp = char_at(text, at, ret_len);

    return *ret_len != 0 && is_invisible(cp);
}

/* The run that the byte at `at` is of: where it begins, not before `from`,
 * where it ends, and how many characters it has; 0 if it is of none. */
static size_t run_of(struct str text, size_t from, size_t at, size_t *ret_start,
                     size_t *ret_end)
{
    size_t start = utf8_front(text, at), end = start, count = 0, len;

    for (; end < text.len && unseen_at(text, end, &len); end += len)
        count++;
    for (*ret_start = start; count > 0 && start > from; count++) {
        start = utf8_front(text, start - 1);
        if (!unseen_at(text, start, &len))
            break;
        *ret_start = start;
    }
    *ret_end = end;
    return count;
}

/* Where the text ends that more of it does not change. */
static size_t settled(struct str text, size_t from)
{
    size_t end = text.len - utf8_tail(text), len;

    while (end > from) {
        size_t at = utf8_front(text, end - 1);

        if (!unseen_at(text, at, &len))
            break;
        end = at;
    }
    return end < from ? from : end;
}

/* Past ASCII, as far as it goes by steps. */
static size_t skip_ascii(struct str text, size_t at)
{
    while (text.len - at >= STEP && !any_beyond(text.ptr + at))
        at += STEP;
    return at;
}

/* None of them takes less than two bytes. So one byte is looked at of as many
 * as the shortest run has: the others are of interest if that is of one. */
void unseen_run(struct str text, size_t from, bool open, size_t least,
                struct unseen *ret)
{
    size_t stride = 2 * least, count, start, end;
    struct str s = open ? str_head(text, settled(text, from)) : text;

    for (size_t at = from; s.len - at >= stride;) {
        at += stride - 1;
        if ((unsigned char)s.ptr[at] < 0x80) {
            at = skip_ascii(s, at + 1);
            continue;
        }
        if ((count = run_of(s, from, at, &start, &end)) == 0) {
            at++;
            continue;
        }
        if (count >= least) {
            *ret = (struct unseen){true, start, end, end};
            return;
        }
        at = end;
    }
    *ret = (struct unseen){.cursor = s.len};
}

/* --- Another order. */

#define LRE 0x202a
#define RLE 0x202b
#define PDF 0x202c
#define LRO 0x202d
#define RLO 0x202e
#define LRI 0x2066
#define RLI 0x2067
#define FSI 0x2068
#define PDI 0x2069

#define DEPTH 125 /* max_depth of the annex: what goes deeper has no effect */

size_t unseen_order_begins(const struct str **ret_list)
{
    static const struct str begins[] = {
        STR_INIT("\xe2\x80\xab"), /* RLE */
        STR_INIT("\xe2\x80\xae"), /* RLO */
        STR_INIT("\xe2\x81\xa7"), /* RLI */
    };

    *ret_list = begins;
    return ARRAY_LEN(begins);
}

/* One that is open, and what stood before it in the line. */
struct scope {
    uint32_t opener;
    size_t at, ascii, rtl;
};

struct order {
    struct scope open[DEPTH];
    size_t depth, beyond; /* beyond: more of them */
    size_t ascii, rtl;    /* letters so far */
    size_t start, end;    /* of what was found; end 0: nothing */
};

static bool is_isolate(uint32_t cp)
{
    return cp == LRI || cp == RLI || cp == FSI;
}

/* Of scripts that are written from right to left (UnicodeData.txt: R, AL). */
static bool is_rtl(uint32_t cp)
{
    return (cp >= 0x5be && cp <= 0x8ff) || (cp >= 0xfb1d && cp <= 0xfdff) ||
           (cp >= 0xfe70 && cp <= 0xfefc) || (cp >= 0x10800 && cp <= 0x10fff) ||
           (cp >= 0x1e800 && cp <= 0x1efff);
}

static bool is_order(uint32_t cp)
{
    return cp == RLE || cp == RLO || cp == RLI;
}

/* The innermost ends before `end`. closed: by what closes it. */
static void scope_end(struct order *o, size_t end, bool closed)
{
    const struct scope *s = &o->open[--o->depth];
    bool letters = o->ascii >= s->ascii + 2;

    if (!letters || (s->opener != RLO &&
                     (closed || !is_order(s->opener) || o->rtl > s->rtl)))
        return;
    if (o->end == 0 || s->at < o->start)
        o->start = s->at;
    if (end > o->end)
        o->end = end;
}

static void order_open(struct order *o, uint32_t cp, size_t at)
{
    if (o->depth == DEPTH)
        o->beyond++;
    else
        o->open[o->depth++] = (struct scope){cp, at, o->ascii, o->rtl};
}

/* A PDF ends what is innermost if that is no isolate, a PDI the innermost
 * isolate with all that is open in it. */
static void order_close(struct order *o, uint32_t cp, size_t end)
{
    size_t i = o->depth;

    if (o->beyond > 0) {
        o->beyond--;
        return;
    }
    if (cp == PDF) {
        if (o->depth > 0 && !is_isolate(o->open[o->depth - 1].opener))
            scope_end(o, end, true);
        return;
    }
    while (i > 0 && !is_isolate(o->open[i - 1].opener))
        i--;
    while (i > 0 && o->depth >= i)
        scope_end(o, end, true);
}

static void order_char(struct order *o, uint32_t cp, size_t at, size_t end)
{
    if (cp < 0x80)
        o->ascii += is_alpha((char)cp);
    else if (cp == PDF || cp == PDI)
        order_close(o, cp, end);
    else if (is_isolate(cp) || (cp >= LRE && cp <= RLO))
        order_open(o, cp, at);
    else
        o->rtl += is_rtl(cp);
}

/* The line from `at` on, up to what ends it; false if that is not there. */
static bool order_line(struct str text, size_t at, bool open, struct order *o,
                       size_t *ret_end)
{
    size_t len;

    *o = (struct order){.depth = 0};
    for (; at < text.len; at += len) {
        uint32_t cp = char_at(text, at, &len);

        if (len == 0 || cp == '\n' || cp == '\r' || cp == 0x2029)
            break;
        order_char(o, cp, at, at + len);
    }
    *ret_end = at;
    if (open && (at == text.len || len == 0))
        return false;
    while (o->depth > 0)
        scope_end(o, at, false);
    return true;
}

void unseen_order(struct str text, size_t from, bool open, struct unseen *ret)
{
    size_t at = from, end, len;
    struct order o;

    while ((at = skip_others(text, at, orders_in)) < text.len) {
        uint32_t cp = char_at(text, at, &len);

        if (len == 0 && open)
            break;
        if (len == 0 || !is_order(cp)) {
            at += len == 0 ? text.len - at : len;
            continue;
        }
        if (!order_line(text, at, open, &o, &end))
            break;
        if (o.end != 0) {
            *ret = (struct unseen){true, o.start, o.end, end};
            return;
        }
        at = end;
    }
    *ret = (struct unseen){.cursor = at};
}

/* --- Heaps of marks. */

#define HEAP  3 /* marks on one letter */
#define APART 8 /* characters between two such letters */

static bool is_stacked(uint32_t cp)
{
    return (cp >= 0x300 && cp <= 0x36f) || (cp >= 0x483 && cp <= 0x489) ||
           (cp >= 0x1ab0 && cp <= 0x1aff) || (cp >= 0x1dc0 && cp <= 0x1dff) ||
           (cp >= 0x20d0 && cp <= 0x20ff) || (cp >= 0xfe20 && cp <= 0xfe2f);
}

/* Letters with heaps of marks that are near to each other. */
struct heaps {
    size_t count, start, end;
    size_t marks, first; /* on the character in hand */
    size_t apart;        /* characters behind the last of them */
};

/* The next character; false if it is too far from the last of them. */
static bool heaps_char(struct heaps *h, uint32_t cp, size_t at, size_t len)
{
    if (!is_stacked(cp)) {
        h->apart += h->marks < HEAP;
        h->marks = 0;
        return h->apart <= APART;
    }
    if (h->marks++ == 0)
        h->first = at;
    if (h->marks == HEAP) {
        h->start = h->count == 0 ? h->first : h->start;
        h->count++;
        h->apart = 0;
    }
    if (h->marks >= HEAP)
        h->end = at + len;
    return true;
}

void unseen_marks(struct str text, size_t from, size_t least,
                  struct unseen *ret)
{
    struct heaps h = {.count = 0};
    size_t at = from, len = 1;

    for (; at < text.len && len > 0; at += len) {
        uint32_t cp;

        if (h.count == 0 && h.marks == 0 &&
            (at = skip_others(text, at, stacked_in)) == text.len)
            break;
        cp = char_at(text, at, &len);
        if (heaps_char(&h, cp, at, len))
            continue;
        if (h.count >= least)
            break;
        h.count = 0;
    }
    *ret = (struct unseen){.cursor = text.len};
    if (h.count >= least)
        *ret = (struct unseen){true, h.start, h.end, at};
}
