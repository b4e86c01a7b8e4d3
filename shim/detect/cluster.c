#include "detect/cluster.h"

#include <utf8proc.h>

#include "base/utf8.h"
#include "detect/chars.h"
#include "detect/disguise.h"
#include "detect/invisible.h"

#define ROOM (CLUSTER * 20) /* one gives 18 at most */

struct unit {
    int32_t cps[ROOM]; /* what stays of it, decomposed */
    size_t count;
};

static bool has_mark(const utf8proc_property_t *p)
{
    return p->category == UTF8PROC_CATEGORY_MN ||
           p->category == UTF8PROC_CATEGORY_ME;
}

static bool is_mark(int32_t cp)
{
    return has_mark(utf8proc_get_property(cp));
}

/* Latin, Greek or Cyrillic, as it stands in decomposed text. */
static bool drops_marks(int32_t cp)
{
    return (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z') ||
           (cp >= 0xc0 && cp <= 0x24f) || (cp >= 0x370 && cp <= 0x52f) ||
           (cp >= 0x1e00 && cp <= 0x1fff);
}

/* --- One cluster. */

/* Does folding its case do more than to make it small? */
static bool folds_far(const utf8proc_property_t *p, uint32_t cp)
{
    return (p->casefold_seqindex != UINT16_MAX &&
            p->lowercase_seqindex == UINT16_MAX) ||
           cp == 0x130 || cp == 0x131;
}

/*
 * What numbers are written with, as ASCII has it: the hyphens from U+2010 on
 * that are none of a sentence, and digits of any script, which stand in a row
 * from zero on, and that at a place that ends in 0 or in 6. (UnicodeData.txt)
 */
static uint32_t plain_number(const utf8proc_property_t *p, uint32_t cp)
{
    uint32_t zero = cp & ~0xfu;

    if (cp >= 0x2010 && cp <= 0x2012)
        return '-';
    if (p->category != UTF8PROC_CATEGORY_ND || cp < 0x80 ||
        p->decomp_seqindex != UINT16_MAX)
        return cp;
    if (utf8proc_category((int32_t)zero) != UTF8PROC_CATEGORY_ND)
        zero |= 6;
    return '0' + (cp - zero) % 10;
}

/* One character more. */
static enum err add(struct normal *n, struct unit *c, uint32_t cp)
{
    const utf8proc_property_t *p = utf8proc_get_property((int32_t)cp);
    unsigned fold = (n->what & NORMAL_FOLD) != 0 ? UTF8PROC_CASEFOLD : 0;
    int bound = 0;
    utf8proc_ssize_t count;

    n->folded |= folds_far(p, cp);
    cp = plain_number(p, cp);
    count = utf8proc_decompose_char(
        (int32_t)cp, c->cps + c->count, (utf8proc_ssize_t)(ROOM - c->count),
        (utf8proc_option_t)(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | fold),
        &bound);
    if (count < 0 || (size_t)count > ROOM - c->count)
        return E_INTERNAL;
    c->count += (size_t)count;
    return OK;
}

/* The order of marks that the standard asks for: stable, by class. */
static void sort_marks(struct unit *c)
{
    for (size_t i = 1; i < c->count; i++) {
        int32_t cp = c->cps[i];
        int class = utf8proc_get_property(cp)->combining_class;
        size_t j = i;

        for (; class != 0 && j > 0 &&
               utf8proc_get_property(c->cps[j - 1])->combining_class > class;
             j--)
            c->cps[j] = c->cps[j - 1];
        c->cps[j] = cp;
    }
}

static bool is_dot_of_i(int32_t before, int32_t cp)
{
    return cp == 0x307 && (before == 'i' || before == 'I');
}

/* What NFKC made of a character may fold, too; and of a mark a letter, which
 * has the marks behind it. */
static void note_folds(struct normal *n, int32_t before, int32_t cp)
{
    n->folded |= folds_far(utf8proc_get_property(cp), (uint32_t)cp) ||
                 is_dot_of_i(before, cp);
    n->marked |= cp == 0x345;
}

/* Without what NFKC made invisible, and marks that are not wanted. */
static void strip(struct normal *n, struct unit *c)
{
    size_t kept = 0;
    bool bare = drops_marks((int32_t)n->before); /* a cluster may be marks */

    for (size_t i = 0; i < c->count; i++) {
        int32_t cp = c->cps[i];

        if (is_invisible((uint32_t)cp))
            continue;
        note_folds(n, kept > 0 ? c->cps[kept - 1] : (int32_t)n->before, cp);
        if (!is_mark(cp)) {
            bare = drops_marks(cp);
        } else if (bare) {
            n->marked = true;
            if ((n->what & NORMAL_NOMARK) != 0)
                continue;
        }
        c->cps[kept++] = cp;
    }
    c->count = kept;
}

/* Of marks that are not part of a character no more than there may be. */
static void limit_marks(struct unit *c)
{
    size_t kept = 0, marks = 0;

    for (size_t i = 0; i < c->count; i++) {
        marks = is_mark(c->cps[i]) ? marks + 1 : 0;
        if (marks <= MARKS_MOST)
            c->cps[kept++] = c->cps[i];
    }
    c->count = kept;
}

/* Folded, but that both forms of i become one. */
static void fold_i(struct normal *n, struct unit *c)
{
    int32_t before = (int32_t)n->before;
    size_t kept = 0;

    for (size_t i = 0; i < c->count; i++) {
        int32_t cp = c->cps[i] == 0x131 ? 'i' : c->cps[i];

        if (is_dot_of_i(before, cp))
            continue;
        c->cps[kept++] = before = cp;
    }
    c->count = kept;
}

/* What the view has for it; nothing, it may be. */
static enum err compose(struct normal *n, struct unit *c)
{
    utf8proc_ssize_t count;

    sort_marks(c);
    strip(n, c);
    if (n->what & NORMAL_FOLD)
        fold_i(n, c);
    if (c->count == 0)
        return OK;
    count = utf8proc_normalize_utf32(c->cps, (utf8proc_ssize_t)c->count,
                                     UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    if (count < 0)
        return E_INTERNAL;
    c->count = (size_t)count;
    limit_marks(c);
    return OK;
}

/* The character whose case alone is another counts as the same. */
static bool same_but_case(const struct unit *c, struct str source)
{
    size_t len;

    for (size_t i = 0; i < c->count; i++) {
        uint32_t cp;

        if (source.len == 0)
            return false;
        cp = utf8_next(source, &len);
        if (cp != (uint32_t)c->cps[i] &&
            utf8proc_tolower((int32_t)cp) != c->cps[i])
            return false;
        source = str_skip(source, len);
    }
    return source.len == 0;
}

/* Its bytes, of which there may be none, in the room; the facts are noted. */
static enum err spell(struct normal *n, struct unit *c, struct str source,
                      char bytes[ROOM * 4], size_t *ret_len)
{
    enum err e = compose(n, c);

    *ret_len = 0;
    if (e || c->count == 0)
        return e;
    if (!same_but_case(c, source))
        n->changed = true;
    for (size_t i = 0; i < c->count; i++) {
        *ret_len += utf8_put((uint32_t)c->cps[i], bytes + *ret_len);
        n->before = is_mark(c->cps[i]) ? n->before : (uint32_t)c->cps[i];
    }
    return OK;
}

/* Copied where the bytes are the same, else put for the source. */
static enum err emit(struct normal *n, struct unit *c, struct str source,
                     size_t off, struct textview *out)
{
    char bytes[ROOM * 4];
    struct str made = {.ptr = bytes};
    enum err e = spell(n, c, source, bytes, &made.len);

    if (e || made.len == 0)
        return e;
    if (str_eq(made, source))
        return textview_copy(out, made, off);
    return textview_put(out, made, off, source.len);
}

bool cluster_alone(struct normal *n, struct str one, char *out, size_t size,
                   size_t *ret_len)
{
    struct unit c = {.count = 0};
    char bytes[ROOM * 4];
    size_t len;
    uint32_t cp = utf8_next(one, &len);

    if (!cluster_steady(n->what, cp) || add(n, &c, plain_space(cp)) ||
        spell(n, &c, one, bytes, &len) || len == 0 || len > size)
        return false;
    memcpy(out, bytes, len);
    *ret_len = len;
    return true;
}

enum err gap_close(struct normal *n, uint32_t cp, struct textview *out)
{
    bool due = n->gap && chars_letter(n->chars, n->before) &&
               chars_letter(n->chars, cp);
    enum err e;

    n->gap = false;
    if (!due)
        return OK;
    n->gapped = true;
    if (n->news != NULL &&
        (e = sites_note(&n->news->gaps, n->gap_start, n->gap_end)))
        return e;
    if ((n->what & NORMAL_GAP) == 0)
        return OK;
    n->changed = true;
    return textview_put(out, STR(" "), n->gap_start, n->gap_end - n->gap_start);
}

void gap_note(struct normal *n, size_t start, size_t end)
{
    if (!n->gap || end - n->gap_start > GAP_MOST)
        n->gap_start = start;
    n->gap = true;
    n->gap_end = end;
    n->changed = true;
}

enum err cluster_take(struct normal *n, struct str cluster, size_t off,
                      struct textview *out)
{
    struct unit c;
    size_t at = 0, len, start = 0, end = 0;
    enum err e;

    c.count = 0;
    for (; at < cluster.len; at += len) {
        uint32_t cp = utf8_next(str_skip(cluster, at), &len);

        if (is_control(cp) || is_invisible(cp)) {
            gap_note(n, off + at, off + at + len);
            continue;
        }
        if (c.count == 0) {
            if ((e = gap_close(n, cp, out)))
                return e;
            start = at;
        } else {
            n->gap = false; /* its own marks follow */
        }
        if ((e = add(n, &c, plain_space(cp))))
            return e;
        end = at + len;
    }
    if (c.count == 0)
        return OK;
    return emit(n, &c, (struct str){cluster.ptr + start, end - start},
                off + start, out);
}

/* --- One character. */

/* Letters of Greek and Cyrillic, kana, ideographs and syllables of Hangul,
 * among which are no marks and nothing invisible. (UnicodeData.txt) */
static bool is_alone(uint32_t cp)
{
    return (cp >= 0x370 && cp < 0x482) || (cp >= 0x48a && cp < 0x530) ||
           (cp >= 0x30a0 && cp < 0x3100) || (cp >= 0x3400 && cp < 0xa000) ||
           (cp >= 0xac00 && cp < 0xd7a4);
}

/* Letters of Hangul, kana and ideographs that no view changes, with the marks
 * of those in them. */
static bool stays_letter(uint32_t cp)
{
    return (cp >= 0x4e00 && cp <= 0x9fa5) || (cp >= 0xac00 && cp <= 0xd7a3) ||
           (cp >= 0x3041 && cp <= 0x3096) || (cp >= 0x30a1 && cp <= 0x30fa);
}

bool is_letter(uint32_t cp)
{
    utf8proc_category_t c;

    if (cp < 0x80)
        return (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z';
    if (stays_letter(cp))
        return true;
    c = utf8proc_category((int32_t)cp);
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

/* Can the character before be composed with this one? */
static bool joins(uint32_t cp)
{
    if (cp < 0x300)
        return cp == 0xad;
    if (is_alone(cp))
        return false;
    if (is_invisible(cp) || is_mark((int32_t)cp) ||
        utf8proc_category((int32_t)cp) == UTF8PROC_CATEGORY_MC)
        return true;
    return (cp >= 0x1160 && cp <= 0x11ff) || (cp >= 0xd7b0 && cp <= 0xd7ff) ||
           cp == 0xff9e || cp == 0xff9f;
}

/* Does it become itself in this view, wherever it stands? */
static bool becomes_itself(unsigned what, uint32_t cp, struct normal *ret_facts)
{
    struct unit c;

    *ret_facts = (struct normal){.what = what};
    c.count = 0;
    return !add(ret_facts, &c, cp) && !compose(ret_facts, &c) && c.count == 1 &&
           (uint32_t)c.cps[0] == cp;
}

/* --- What joins, and stays. */

/*
 * Signs of the scripts of India and its neighbours that are one with the sign
 * or letter before them, if that is one of a few. (UnicodeData.txt: canonical
 * decompositions; no version of Unicode will have other pairs of these.)
 */
#define SIGNS_FROM 0x900
#define SIGNS_TO   0x10a0
static const uint16_t firsts[] = {0x928, 0x930, 0x933, 0x9c7, 0xb47,  0xb92,
                                  0xbc6, 0xbc7, 0xc46, 0xcbf, 0xcc6,  0xcca,
                                  0xd46, 0xd47, 0xdd9, 0xddc, 0x1025, 0};
static const uint16_t seconds[] = {
    0x93c, 0x9be, 0x9d7, 0xb3e, 0xb56, 0xb57, 0xbbe, 0xbd7,  0xc56, 0xcc2,
    0xcd5, 0xcd6, 0xd3e, 0xd57, 0xdca, 0xdcf, 0xddf, 0x102e, 0};

static bool is_listed(const uint16_t *list, uint32_t cp)
{
    while (*list != 0 && *list != cp)
        list++;
    return *list != 0;
}

/* What it is decomposed to begins with a character of the list. */
static bool begins_listed(const uint16_t *list, uint32_t cp)
{
    struct normal facts = {0};
    struct unit c = {.count = 0};

    return cp >= SIGNS_FROM && cp < SIGNS_TO && !add(&facts, &c, cp) &&
           c.count > 0 && is_listed(list, (uint32_t)c.cps[0]);
}

/* A letter that no sign of that kind is one with. */
#define BASE 0x1780

/* Does it leave the letter before it, and itself, as they are? */
static bool joins_steadily(unsigned what, uint32_t cp)
{
    struct normal facts = {.what = what};
    struct unit c = {.count = 0};

    return !add(&facts, &c, BASE) && !add(&facts, &c, cp) &&
           !compose(&facts, &c) && c.count == 2 && c.cps[0] == BASE &&
           (uint32_t)c.cps[1] == cp && !facts.folded && !facts.marked;
}

/* Can it be told with what it is one, if with anything? */
static bool pairs_known(uint32_t cp)
{
    return cp >= 0x591 && cp < 0x1ab0 && !(cp >= 0x653 && cp <= 0x655) &&
           !(cp >= 0x1160 && cp <= 0x11ff);
}

/* Of one that joins and is seen. */
static unsigned joiner_kind(uint32_t cp)
{
    const utf8proc_property_t *p = utf8proc_get_property((int32_t)cp);
    bool stays = pairs_known(cp) && joins_steadily(0, cp) &&
                 joins_steadily(NORMAL_FOLD, cp);

    return (has_mark(p) ? CHAR_MARK : 0) |
           (p->combining_class != 0 ? CHAR_ORDER : 0) |
           (begins_listed(firsts, cp) ? CHAR_FIRST : 0) |
           (begins_listed(seconds, cp) ? CHAR_SECOND : 0) |
           (stays ? CHAR_STAYS : 0);
}

/* Of one that others may join. */
static unsigned base_kind(uint32_t cp)
{
    struct normal facts = {0};
    struct unit c = {.count = 0};
    bool bares = false;

    if (!add(&facts, &c, cp))
        for (size_t i = 0; i < c.count; i++)
            bares |= drops_marks(c.cps[i]);
    return (bares ? CHAR_BARES : 0) |
           (begins_listed(firsts, cp) ? CHAR_FIRST : 0);
}

bool marks_in_order(uint32_t before, uint32_t cp)
{
    return utf8proc_get_property((int32_t)before)->combining_class <=
           utf8proc_get_property((int32_t)cp)->combining_class;
}

bool cluster_steady(unsigned what, uint32_t cp)
{
    struct normal facts = {.what = what};
    struct unit c;

    c.count = 0;
    return !joins(cp) && !is_control(cp) && !add(&facts, &c, cp) &&
           c.count > 0 && !is_mark(c.cps[0]);
}

/* Behind the ideographs: nothing, what shows nothing, and private use. */
#define FAR_PLANES 0x40000u

/* What is asked of it for other views than that of its look. */
static unsigned normal_kind(uint32_t cp)
{
    const utf8proc_property_t *p;
    unsigned kind;
    struct normal facts;

    if (cp >= FAR_PLANES)
        return is_invisible(cp) ? CHAR_UNSEEN | CHAR_JOINS : CHAR_STAYS;
    p = utf8proc_get_property((int32_t)cp);
    kind = is_letter(cp) ? CHAR_LETTER : 0;
    if (stays_letter(cp))
        return kind | CHAR_STAYS;
    if (is_invisible(cp))
        kind |= CHAR_UNSEEN;
    if (joins(cp))
        return kind | CHAR_JOINS |
               ((kind & CHAR_UNSEEN) != 0 ? 0 : joiner_kind(cp));
    if ((kind & CHAR_UNSEEN) != 0 || is_control(cp) || plain_space(cp) != cp)
        return kind;
    kind |= base_kind(cp);
    if (p->decomp_seqindex == UINT16_MAX &&
        p->casefold_seqindex == UINT16_MAX && cp != 0x131 &&
        plain_number(p, cp) == cp)
        return kind | CHAR_STAYS;
    if (!becomes_itself(0, cp, &facts))
        return kind;
    kind |= CHAR_STAYS | (facts.folded ? CHAR_FAR : 0) |
            (facts.marked ? CHAR_MARKED : 0);
    return kind | (becomes_itself(NORMAL_FOLD, cp, &facts) ? 0 : CHAR_CASED);
}

unsigned chars_work_out(uint32_t cp)
{
    return CHAR_KNOWN | normal_kind(cp) | skeleton_kind(cp);
}
