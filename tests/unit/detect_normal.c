#include "detect/normal.h"

#include <utf8proc.h>

#include "base/utf8.h"
#include "check.h"
#include "detect/cluster.h"
#include "rnd.h"

/* link: -l:libutf8proc.a */

/*
 * What stays is copied and what stood alone is remembered: the views must be
 * those that come out if each cluster is worked out by itself, whatever the
 * text and however it is cut.
 */

static const unsigned whats[] = {0, NORMAL_GAP, NORMAL_FOLD,
                                 NORMAL_FOLD | NORMAL_NOMARK};

/* What joins, folds, is left out, or is looked at in more than one way. */
static const uint32_t odd[] = {
    0x300,  0x301,  0x323,  0x307,   0x308,   0x345,   0x93c,   0x94d,   0x903,
    0x3099, 0x309a, 0xff9e, 0x1161,  0x11a8,  0x344,   0xf73,   0xe4d,   0x200b,
    0x200d, 0xad,   0xfeff, 0xfe0f,  0xe0041, 0x34f,   0x115f,  0xffa0,  0x3164,
    0x17b4, 0x1,    0x7f,   0x9b,    0x1b,    '[',     'm',     '3',     'i',
    'I',    'e',    ' ',    '.',     '\n',    '\t',    0x130,   0x131,   0xe9,
    0xc9,   0xdf,   0x1e9b, 0x17f,   0x212a,  0x3c2,   0x3a3,   0x3b1,   0x1f80,
    0x1fb3, 0x439,  0x419,  0x1e0d,  0xff21,  0xff76,  0x1100,  0xac00,  0xac01,
    0xa0,   0x3000, 0x2028, 0x85,    0xe33,   0xeb3,   0xfb01,  0x304b,  0x65e5,
    0x300a, 0x30fb, 0x928,  0x958,   0xf900,  0x2f801, 0x1d400, 0x1f600, 0x660,
    0x6f9,  0x96c,  0xe59,  0x1e950, 0xff15,  0x2011,  0x2013};

/* Letters and signs of scripts whose signs stay with their letters, pairs of
 * them that are one among them, and marks that have an order. */
static const uint32_t signs[] = {
    0x995,  0x9be,  0x9c7,  0x9cb,  0x9d7,  0x9cd,  0x9bc,  0x9df,  0x928,
    0x929,  0x93c,  0x94d,  0x93f,  0xc95,  0xcbf,  0xcc6,  0xcca,  0xcc2,
    0xcd5,  0xccb,  0xd15,  0xd46,  0xd3e,  0xd4a,  0xd4d,  0xdd9,  0xddc,
    0xdca,  0xdcf,  0xddd,  0xb92,  0xbd7,  0xc15,  0xc46,  0xc48,  0xc56,
    0xc4d,  0x1780, 0x17d2, 0x17b6, 0x17bb, 0x17c6, 0x1025, 0x102e, 0x1026,
    0x1000, 0x102d, 0x102f, 0x1037, 0x103a, 0x1031, 0xe01,  0xe38,  0xe48,
    0xe34,  0x627,  0x622,  0x644,  0x64e,  0x651,  0x653,  0x654,  0x5d0,
    0x5b0,  0x5bc,  0x5c1,  0xfb2a, 0xf40,  0xf71,  0xf72,  0xf74,  0xf90,
    0x1112, 0x1161, 0x200b, 0x200d, ' ',    'e',    0x301,  0xe9,   0x439};

static uint32_t one(void)
{
    uint32_t cp;

    switch (rnd(8)) {
    case 0:
    case 1:
        return odd[rnd(ARRAY_LEN(odd))];
    case 2:
        cp = (uint32_t)rnd(0x110000);
        return cp >= 0xd800 && cp < 0xe000 ? 'A' : cp;
    case 3:
        return (uint32_t)rnd(0x600);
    case 4:
        return 0x3000 + (uint32_t)rnd(0x7000);
    case 5:
        return 0x300 + (uint32_t)rnd(0x70);
    default:
        return ' ' + (uint32_t)rnd(95);
    }
}

/* Of one kind mostly, or of what is left out, or of all. */
static struct str text_make(char *text, size_t most)
{
    size_t count = 1 + rnd(most), kind = rnd(11), n = 0;
    uint32_t same = one();

    for (size_t i = 0; i < count; i++) {
        uint32_t cp = one();

        if (kind == 0 && rnd(3) != 0)
            cp = same;
        else if (kind == 1 && rnd(8) != 0)
            cp = 0x200b + (uint32_t)rnd(5);
        else if (kind == 2 || (kind == 3 && rnd(8) != 0))
            cp = signs[rnd(ARRAY_LEN(signs))];
        else if (kind == 4 && rnd(16) != 0) /* of one script, or of two */
            cp = (0x580 + same % 0x1580) / 64 * 64 + (uint32_t)rnd(128);
        else if (kind == 5 && rnd(64) != 0) /* bytes, or what takes two */
            cp = (uint32_t)rnd(same % 2 == 0 ? 0x100 : 0x800);
        else if (kind == 6 && rnd(64) != 0)
            cp = cp < 0x80 ? cp : 0xc0 + cp % 0x100;
        n += utf8_put(cp, text + n);
    }
    return (struct str){text, n};
}

/* ESC [, at most 29 bytes from SPACE to ?, and one behind them to ~. */
static size_t sequence(struct str s)
{
    size_t i = 2;

    if (s.len < 3 || s.ptr[0] != 0x1b || s.ptr[1] != '[')
        return 0;
    while (i < s.len && i < 31 && s.ptr[i] >= ' ' && s.ptr[i] <= '?')
        i++;
    return i < s.len && s.ptr[i] >= '@' && s.ptr[i] <= '~' ? i + 1 : 0;
}

/* Cluster by cluster. */
static void plainly(struct normal *n, struct str text, struct textview *out)
{
    size_t at = 0, end, len;

    textview_clear(out);
    while (at < text.len) {
        size_t csi = sequence(str_skip(text, at)), count = 1;

        if (csi != 0) {
            gap_note(n, at, at + csi);
            at += csi;
            continue;
        }
        (void)utf8_next(str_skip(text, at), &len);
        for (end = at + len; end < text.len && count < CLUSTER; count++) {
            uint32_t cp = utf8_next(str_skip(text, end), &len);

            if ((chars_work_out(cp) & CHAR_JOINS) == 0)
                break;
            end += len;
        }
        CHECK_INT(
            cluster_take(n, (struct str){text.ptr + at, end - at}, at, out),
            OK);
        at = end;
    }
}

/* The same bytes, of the same places. */
static bool same_view(const struct textview *a, const struct textview *b)
{
    if (!str_eq(buf_str(&a->bytes), buf_str(&b->bytes)))
        return false;
    for (size_t i = 0; i < a->bytes.len; i++) {
        size_t start[2], end[2];

        textview_span(a, i, i + 1, &start[0], &end[0]);
        textview_span(b, i, i + 1, &start[1], &end[1]);
        if (start[0] != start[1] || end[0] != end[1])
            return false;
    }
    return true;
}

/* Those of the clean view are asked for. */
static bool same_facts(const struct normal *a, const struct normal *b)
{
    return a->gapped == b->gapped &&
           (a->what != 0 || (a->changed == b->changed &&
                             a->marked == b->marked && a->folded == b->folded));
}

static void check_pieces(const struct normal *whole, struct str text,
                         const struct textview *want, struct textview *v)
{
    struct normal n = {.what = whole->what, .chars = whole->chars};
    size_t pos = 0;

    textview_clear(v);
    for (size_t to = 0; to < text.len;) {
        to += 1 + rnd(9);
        to = utf8_back(text, to < text.len ? to : text.len);
        CHECK_INT(
            normal_feed(&n, str_head(text, to), 0, &pos, to == text.len, v),
            OK);
    }
    CHECK(same_view(v, want) && same_facts(&n, whole));
}

static struct chars chars;
static struct normal_news news;
static struct textview want, view, pieces;

static void check_text(struct str text, unsigned what)
{
    struct normal plain = {.what = what}, n = plain;

    plainly(&plain, text, &want);
    normal_news_clear(&news);
    n.chars = rnd(4) == 0 ? NULL : &chars;
    n.news = what == 0 ? &news : NULL;
    CHECK_INT(normal_make(&n, text, 0, &view), OK);
    CHECK(same_view(&view, &want) && same_facts(&n, &plain));
    if (what == 0)
        CHECK((news.gaps.count > 0) == n.gapped &&
              (news.folds.count > 0) == n.folded &&
              (news.marks.count > 0) == n.marked);
    check_pieces(&n, text, &want, &pieces);
}

static void test_plain_way(void)
{
    static char text[4 * 3000];

    for (unsigned turn = 0; turn < 8000; turn++) {
        struct str s = text_make(text, turn % 100 == 0 ? 3000 : 60);

        for (size_t i = 0; i < ARRAY_LEN(whats); i++)
            check_text(s, whats[i]);
    }
}

/* Two that the one that joins leaves as they are, whatever it is. */
static void check_pair(uint32_t base, uint32_t cp)
{
    struct pile p = {.base = chars_kind(&chars, base)};
    struct normal n = {0};
    char bytes[8];
    struct str s = {bytes, utf8_put(base, bytes)};

    s.len += utf8_put(cp, bytes + s.len);
    if ((p.base & (CHAR_STAYS | CHAR_JOINS)) != CHAR_STAYS ||
        !cluster_goes_on(&p, chars_kind(&chars, cp), cp, 0))
        return;
    plainly(&n, s, &want);
    if (!CHECK(str_eq(buf_str(&want.bytes), s)))
        fprintf(stderr, "U+%04X U+%04X\n", (unsigned)base, (unsigned)cp);
}

static void test_pairs(void)
{
    for (uint32_t cp = 0x300; cp < 0x3100; cp++) {
        unsigned kind = chars_kind(&chars, cp);
        uint32_t most = (kind & CHAR_SECOND) != 0 ? 0x30000 : 0;

        if ((kind & (CHAR_JOINS | CHAR_STAYS)) != (CHAR_JOINS | CHAR_STAYS))
            continue;
        for (uint32_t base = 0x80; base < most; base++)
            if (base < 0xd800 || base >= 0xe000)
                check_pair(base, cp);
        for (size_t i = 0; i < ARRAY_LEN(signs); i++)
            check_pair(signs[i], cp);
        for (uint32_t base = cp / 128 * 128; base <= cp; base++)
            check_pair(base, cp);
    }
}

static bool same_but_case(struct str a, struct str b)
{
    size_t n, m;

    for (; a.len > 0 && b.len > 0; a = str_skip(a, n), b = str_skip(b, m)) {
        int32_t cp = (int32_t)utf8_next(a, &n), as = (int32_t)utf8_next(b, &m);

        if (cp != as && utf8proc_tolower(cp) != as)
            return false;
    }
    return a.len == b.len;
}

static void make(struct normal *n, struct str s, struct textview *v)
{
    n->chars = &chars;
    CHECK_INT(normal_make(n, s, 0, v), OK);
}

/* A view of which the clean one has no news is not looked at: each is the one
 * that it is made of then, but for case. */
static void test_news(void)
{
    static char text[4 * 4];

    for (unsigned turn = 0; turn < 30000; turn++) {
        struct str s = text_make(text, 4);
        struct normal clean = {0}, gap = {.what = NORMAL_GAP},
                      fold = {.what = NORMAL_FOLD},
                      nomark = {.what = NORMAL_FOLD | NORMAL_NOMARK};

        make(&clean, s, &want);
        make(&gap, s, &view);
        CHECK(clean.gapped || same_view(&view, &want));
        make(&fold, s, &view);
        CHECK(clean.folded || clean.marked ||
              same_but_case(buf_str(&want.bytes), buf_str(&view.bytes)));
        make(&nomark, s, &want);
        CHECK(clean.marked || same_view(&want, &view));
    }
}

int main(void)
{
    textview_init(&want);
    textview_init(&view);
    textview_init(&pieces);
    RUN(test_plain_way);
    RUN(test_pairs);
    RUN(test_news);
    textview_free(&want);
    textview_free(&view);
    textview_free(&pieces);
    normal_news_free(&news);
    return check_done();
}
