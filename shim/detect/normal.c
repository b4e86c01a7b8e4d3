#include "detect/normal.h"

#include <utf8proc.h>

#include "base/utf8.h"
#include "base/wide.h"
#include "detect/invisible.h"
#include "detect/plain.h"

/*
 * Unit of work is a cluster: a character with the marks, and what is invisible,
 * behind it. A character alone that NFKC leaves as it is, which most are, is
 * copied; ASCII is copied in stretches. Decomposition, order and composition of
 * the rest are utf8proc's. Of a whole text it is kept what each of the last
 * characters that stood alone became: texts have few different ones.
 */

#define BARE     (NORMAL_FOLD | NORMAL_NOMARK)
#define GAP_MOST 1024 /* bytes: of a longer gap the end is taken for it */
#define CLUSTER  32   /* characters looked at together              */
#define ROOM     (CLUSTER * 20) /* one gives 18 at most                  */
#define CSI_MOST 32             /* bytes of a sequence of a terminal          */
#define CSI_OPEN (CSI_MOST + 1) /* it may be one that is cut off */

struct unit {
    int32_t cps[ROOM]; /* what stays of it, decomposed */
    size_t count;
};

/* What characters became that stood alone, each in a place of its own. */
#define KNOWN      64
#define KNOWN_MOST 8 /* bytes */
struct normal_known {
    struct became {
        uint32_t cp, before; /* cp: 0 if there is none; before: as normal's */
        char bytes[KNOWN_MOST];
        unsigned char len;
        bool same; /* as the source */
        bool changed, marked, folded;
    } of[KNOWN];
};

static bool is_control(uint32_t cp)
{
    return (cp < ' ' && cp != '\t' && cp != '\n' && cp != '\r') ||
           (cp >= 0x7f && cp < 0xa0 && cp != 0x85);
}

/*
 * The control sequence of a terminal at the front of s, as colours are
 * (ECMA-48, 5.4): its length. 0: there is none; or CSI_OPEN.
 */
static size_t csi_len(struct str s)
{
    size_t i = 2;

    if (s.ptr[0] != 0x1b || (s.len > 1 && s.ptr[1] != '['))
        return 0;
    while (i < s.len && i < CSI_MOST - 1 && s.ptr[i] >= ' ' && s.ptr[i] < '@')
        i++;
    if (i >= s.len)
        return CSI_OPEN;
    return s.ptr[i] >= '@' && s.ptr[i] < 0x7f ? i + 1 : 0;
}

static bool has_mark(const utf8proc_property_t *p)
{
    return p->category == UTF8PROC_CATEGORY_MN ||
           p->category == UTF8PROC_CATEGORY_ME;
}

static bool is_mark(int32_t cp)
{
    return has_mark(utf8proc_get_property(cp));
}

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

/* The same, and the signs that stand among them. */
static bool stays(uint32_t cp)
{
    return stays_letter(cp) || (cp >= 0x3001 && cp <= 0x3020) ||
           (cp >= 0x30fb && cp <= 0x30fe);
}

/* Can the character before be composed with this one? */
static bool goes_on(uint32_t cp)
{
    if (cp < 0x300)
        return cp == 0xad;
    if (is_alone(cp) || stays(cp))
        return false;
    if (is_invisible(cp) || is_mark((int32_t)cp) ||
        utf8proc_category((int32_t)cp) == UTF8PROC_CATEGORY_MC)
        return true;
    return (cp >= 0x1160 && cp <= 0x11ff) || (cp >= 0xd7b0 && cp <= 0xd7ff) ||
           cp == 0xff9e || cp == 0xff9f;
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

static enum err decompose(struct unit *c, uint32_t cp, unsigned fold)
{
    int bound = 0;
    utf8proc_ssize_t n;

    n = utf8proc_decompose_char(
        (int32_t)cp, c->cps + c->count, (utf8proc_ssize_t)(ROOM - c->count),
        (utf8proc_option_t)(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | fold),
        &bound);
    if (n < 0 || (size_t)n > ROOM - c->count)
        return E_INTERNAL;
    c->count += (size_t)n;
    return OK;
}

/* One character more. */
static enum err add(struct normal *n, struct unit *c, uint32_t cp)
{
    n->folded |= folds_far(utf8proc_get_property((int32_t)cp), cp);
    return decompose(c, cp,
                     (n->what & NORMAL_FOLD) != 0 ? UTF8PROC_CASEFOLD : 0);
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

/* Without what NFKC made invisible, and marks that are not wanted. */
static void strip(struct normal *n, struct unit *c)
{
    size_t kept = 0;
    bool bare = drops_marks((int32_t)n->before); /* a cluster may be marks */

    for (size_t i = 0; i < c->count; i++) {
        int32_t cp = c->cps[i];

        if (is_invisible((uint32_t)cp))
            continue;
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

/* Two marks that are not part of a character are as many as there may be. */
static void limit_marks(struct unit *c)
{
    size_t kept = 0, marks = 0;

    for (size_t i = 0; i < c->count; i++) {
        marks = is_mark(c->cps[i]) ? marks + 1 : 0;
        if (marks <= 2)
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

        if (cp == 0x307 && (before == 'i' || before == 'I'))
            continue;
        c->cps[kept++] = before = cp;
    }
    c->count = kept;
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

/* Copied where the bytes are the same, else put for the source. */
static enum err emit(struct normal *n, struct unit *c, struct str source,
                     size_t off, struct textview *out)
{
    char bytes[ROOM * 4];
    utf8proc_ssize_t count;
    size_t len = 0;
    struct str made;

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
    for (size_t i = 0; i < c->count; i++)
        len += utf8_put((uint32_t)c->cps[i], bytes + len);
    made = (struct str){bytes, len};
    if (!same_but_case(c, source))
        n->changed = true;
    for (size_t i = 0; i < c->count; i++)
        n->before = is_mark(c->cps[i]) ? n->before : (uint32_t)c->cps[i];
    if (str_eq(made, source))
        return textview_copy(out, made, off);
    return textview_put(out, made, off, source.len);
}

/* --- The text. */

/* A character comes behind something invisible: is a space due? */
static enum err close_gap(struct normal *n, uint32_t cp, struct textview *out)
{
    bool due = n->gap && is_letter(n->before) && is_letter(cp);

    n->gap = false;
    if (!due)
        return OK;
    n->gapped = true;
    if ((n->what & NORMAL_GAP) == 0)
        return OK;
    n->changed = true;
    return textview_put(out, STR(" "), n->gap_start, n->gap_end - n->gap_start);
}

static void note_gap(struct normal *n, size_t start, size_t end)
{
    if (!n->gap || end - n->gap_start > GAP_MOST)
        n->gap_start = start;
    n->gap = true;
    n->gap_end = end;
    n->changed = true;
}

/*
 * U+00C0-017F and U+1EA0-1EF9: small and without its marks, a letter of ASCII;
 * or - for what is not one with marks. (UnicodeData.txt of Unicode 15.)
 */
static const char latin[] =
    "aaaaaa-ceeeeiiii-nooooo--uuuuy--aaaaaa-ceeeeiiii-nooooo--uuuuy-y"
    "aaaaaaccccccccdd--eeeeeeeeeegggggggghh--iiiiiiiii---jjkk-llllll-"
    "---nnnnnn---oooooo--rrrrrrsssssssstttt--uuuuuuuuuuuuwwyyyzzzzzz-";
static const char vietnamese[] =
    "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooo"
    "oooouuuuuuuuuuuuuuyyyyyyyy";

static char bare_letter(uint32_t cp)
{
    char c = cp >= 0xc0 && cp < 0x180       ? latin[cp - 0xc0]
             : cp >= 0x1ea0 && cp <= 0x1ef9 ? vietnamese[cp - 0x1ea0]
                                            : '-';

    return c == '-' ? 0 : c;
}

/* Of the letters with marks those that NFKC leaves as they are. */
static bool is_composed(uint32_t cp)
{
    return (cp >= 0xc0 && cp <= 0x17e && cp != 0x132 && cp != 0x133 &&
            cp != 0x13f && cp != 0x140 && cp != 0x149) ||
           (cp >= 0x3041 && cp <= 0x30fe && cp != 0x309b && cp != 0x309c &&
            cp != 0x309f);
}

/* Is it a character that stays as it is if none follows that belongs to it? */
static bool is_settled(struct normal *n, uint32_t cp)
{
    const utf8proc_property_t *p = utf8proc_get_property((int32_t)cp);

    n->folded |= folds_far(p, cp);
    if ((n->what & NORMAL_FOLD) != 0 &&
        (p->casefold_seqindex != UINT16_MAX || cp == 0x131))
        return false;
    if (p->decomp_seqindex == UINT16_MAX)
        return !has_mark(p); /* it belongs to what came out */
    return (n->what & NORMAL_NOMARK) == 0 && is_composed(cp);
}

bool normal_keeps(bool fold, bool nomark, uint32_t cp)
{
    struct normal n = {.what = nomark ? NORMAL_NOMARK : 0};

    if (cp < 0x80)
        return !is_control(cp);
    return !goes_on(cp) && !is_control(cp) && !is_invisible(cp) &&
           plain_space(cp) == cp && is_settled(&n, cp) && !(fold && n.folded);
}

/*
 * The cluster at text[pos..). False if its end is not known: more may follow.
 * Of a cluster too long to be one the rest is the next.
 */
static bool cluster_end(struct str text, size_t pos, bool last, size_t *ret_end,
                        size_t *ret_count)
{
    size_t at = pos, len, count = 0;

    while (at < text.len) {
        uint32_t cp = utf8_next(str_skip(text, at), &len);

        if (count == CLUSTER || (count > 0 && !goes_on(cp)))
            break;
        at += len;
        count++;
    }
    *ret_end = at;
    *ret_count = count;
    return last || at < text.len || count == CLUSTER;
}

static enum err take_cluster(struct normal *n, struct str cluster, size_t off,
                             struct textview *out)
{
    struct unit c;
    size_t at = 0, len, start = 0, end = 0;
    enum err e;

    c.count = 0;
    for (; at < cluster.len; at += len) {
        uint32_t cp = utf8_next(str_skip(cluster, at), &len);

        if (is_control(cp) || is_invisible(cp)) {
            note_gap(n, off + at, off + at + len);
            continue;
        }
        if (c.count == 0) {
            if ((e = close_gap(n, cp, out)))
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

static void make_small(char *p, size_t n)
{
    size_t i = 0;

    for (; n - i >= WIDE; i += WIDE) {
        wide v = wide_at(p + i);

        v |= (wide)((wide)(v - 'A') < 26) & 0x20;
        memcpy(p + i, &v, WIDE);
    }
    for (; i < n; i++)
        p[i] = to_lower(p[i]);
}

/* ASCII of which nothing is left out. Of a fold: in small letters. */
static enum err take_ascii(struct normal *n, struct str s, size_t off,
                           struct textview *out)
{
    enum err e;

    if (s.len == 0)
        return OK;
    if ((e = close_gap(n, (unsigned char)s.ptr[0], out)) ||
        (e = textview_copy(out, s, off)))
        return e;
    if (n->what & NORMAL_FOLD)
        make_small(out->bytes.ptr + out->bytes.len - s.len, s.len);
    n->before = (unsigned char)s.ptr[s.len - 1];
    return OK;
}

void normal_begin(struct normal *n, struct str text)
{
    size_t len;

    if (text.len > 0)
        n->before =
            utf8_next(str_skip(text, utf8_front(text, text.len - 1)), &len);
}

/* --- One character that nothing belongs to. */

static enum err take_alone(struct normal *n, struct str one, uint32_t cp,
                           size_t off, struct textview *out)
{
    char bare = bare_letter(cp);
    enum err e;

    if ((n->what & BARE) == BARE && bare != 0) {
        n->marked = true;
        if (!(e = close_gap(n, cp, out)))
            e = textview_put(out, (struct str){&bare, 1}, off, one.len);
        n->before = (unsigned char)bare;
        return e;
    }
    if (is_invisible(cp) || is_control(cp) || plain_space(cp) != cp ||
        !is_settled(n, cp))
        return take_cluster(n, one, off, out);
    if (cp < 0x80)
        return take_ascii(n, one, off, out);
    if ((e = close_gap(n, cp, out)))
        return e;
    n->before = cp;
    n->marked |= cp < 0x250 && is_composed(cp);
    return textview_copy(out, one, off);
}

/* As it became before. */
static enum err take_known(struct normal *n, const struct became *b,
                           struct str one, size_t off, struct textview *out)
{
    enum err e = close_gap(n, b->cp, out);

    if (e)
        return e;
    n->before = b->before;
    n->changed |= b->changed;
    n->marked |= b->marked;
    n->folded |= b->folded;
    return b->same ? textview_copy(out, one, off)
                   : textview_put(out, (struct str){b->bytes, b->len}, off,
                                  one.len);
}

/* Does it become the same wherever it stands? Not what has a mark at its front,
 * as U+0E33 has. */
static bool is_steady(const struct normal *n, uint32_t cp)
{
    struct unit c;
    unsigned fold = (n->what & NORMAL_FOLD) != 0 ? UTF8PROC_CASEFOLD : 0;

    c.count = 0;
    return !goes_on(cp) && !is_control(cp) && !decompose(&c, cp, fold) &&
           c.count > 0 && !is_mark(c.cps[0]);
}

/* For the first time. */
static enum err take_new(struct normal *n, struct became *b, struct str one,
                         uint32_t cp, size_t off, struct textview *out)
{
    const struct normal was = *n;
    size_t from = out->bytes.len, len;
    enum err e;

    n->changed = n->marked = n->folded = false;
    e = take_alone(n, one, cp, off, out);
    len = out->bytes.len - from;
    if (!e && !was.gap && len > 0 && len <= KNOWN_MOST && is_steady(n, cp)) {
        *b = (struct became){.cp = cp,
                             .before = n->before,
                             .len = (unsigned char)len,
                             .changed = n->changed,
                             .marked = n->marked,
                             .folded = n->folded};
        memcpy(b->bytes, out->bytes.ptr + from, len);
        b->same = str_eq((struct str){b->bytes, len}, one);
    }
    n->changed |= was.changed;
    n->marked |= was.marked;
    n->folded |= was.folded;
    return e;
}

static enum err take_one(struct normal *n, struct str one, uint32_t cp,
                         size_t off, struct textview *out)
{
    struct became *b;

    if (n->known == NULL || cp < 0x80)
        return take_alone(n, one, cp, off, out);
    b = &n->known->of[cp % KNOWN];
    return b->cp == cp ? take_known(n, b, one, off, out)
                       : take_new(n, b, one, cp, off, out);
}

/* Where those that stay end from `at` on, and the last of them; not one that
 * what follows may belong to. */
static size_t staying(struct str text, size_t at, bool last, uint32_t *ret_last)
{
    size_t start = at, back = at, len;
    uint32_t cp = 0, before = 0;

    *ret_last = 0;
    for (; at < text.len; at += len) {
        cp = utf8_next(str_skip(text, at), &len);
        if (!stays(cp))
            break;
        before = *ret_last;
        *ret_last = cp;
        back = at;
    }
    if (at == start || (at == text.len ? last : !goes_on(cp)))
        return at;
    *ret_last = before;
    return back;
}

static enum err take_staying(struct normal *n, struct str s, uint32_t last,
                             size_t off, struct textview *out)
{
    size_t len;
    enum err e = close_gap(n, utf8_next(s, &len), out);

    n->before = last;
    return e ? e : textview_copy(out, s, off);
}

enum err normal_feed(struct normal *n, struct str text, size_t base,
                     size_t *pos, bool last, struct textview *out)
{
    size_t at = *pos, end, count, len;
    enum err e = OK;

    while (!e && at < text.len) {
        bool beyond = (unsigned char)text.ptr[at] >= 0x80;
        size_t plain = beyond ? 0 : plain_ascii(str_skip(text, at));
        size_t csi = beyond ? 0 : csi_len(str_skip(text, at));
        uint32_t end_cp;

        if (beyond && (end = staying(text, at, last, &end_cp)) > at) {
            e = take_staying(n, str_head(str_skip(text, at), end - at), end_cp,
                             base + at, out);
            at = end;
            continue;
        }
        if (csi == CSI_OPEN && !last)
            break;
        if (csi != 0 && csi != CSI_OPEN) {
            note_gap(n, base + at, base + at + csi);
            at += csi;
            continue;
        }

        /* The last of them may be the first of a cluster. */
        if (plain > 1 || (plain == 1 && last && at + 1 == text.len)) {
            plain -= !(last && at + plain == text.len);
            e = take_ascii(n, str_head(str_skip(text, at), plain), base + at,
                           out);
            at += plain;
            continue;
        }
        if (!cluster_end(text, at, last, &end, &count))
            break;
        n->alone += count;
        if (count == 1)
            e = take_one(n, (struct str){text.ptr + at, end - at},
                         utf8_next(str_skip(text, at), &len), base + at, out);
        else
            e = take_cluster(n, (struct str){text.ptr + at, end - at},
                             base + at, out);
        at = end;
    }
    *pos = at;
    return e;
}

enum err normal_make(unsigned what, struct str text, struct textview *out,
                     struct normal *ret_facts)
{
    struct normal_known known;
    size_t pos = 0;
    enum err e;

    memset(&known, 0, sizeof(known));
    *ret_facts = (struct normal){.what = what, .known = &known};
    textview_clear(out);
    e = normal_feed(ret_facts, text, 0, &pos, true, out);
    ret_facts->known = NULL;
    if (e)
        return e;
    return pos == text.len ? OK : E_INTERNAL;
}
