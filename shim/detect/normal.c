#include "detect/normal.h"

#include "base/utf8.h"
#include "base/wide.h"
#include "detect/brief.h"
#include "detect/cluster.h"
#include "detect/invisible.h"
#include "detect/plain.h"

/*
 * What stays as it is in the view, which most of a text does, is copied in one
 * piece, but for its last character if marks follow:
 *
 *      a text of words, na\u00efve or not, cafe |\u0301 ...
 *      ----------------- stays ------------------|- a cluster
 *
 * The rest goes cluster by cluster. Of a whole text it is kept what each of the
 * last characters that stood alone became: texts have few different ones.
 */

#define BARE     (NORMAL_FOLD | NORMAL_NOMARK)
#define CSI_MOST 32             /* bytes of a sequence of a terminal          */
#define CSI_OPEN (CSI_MOST + 1) /* it may be one that is cut off */

/* What clusters became, each in a place of its own. */
#define KNOWN      128
#define KNOWN_KEY  8  /* bytes of a cluster */
#define KNOWN_MOST 36 /* bytes of what it became */
struct normal_known {
    struct became {
        uint64_t key;        /* its bytes; 0: there is none */
        uint32_t cp, before; /* its first character; before: as normal's */
        char bytes[KNOWN_MOST];
        unsigned char len;
        bool same; /* as the source */
        bool changed, marked, folded;
    } of[KNOWN];
};

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

void normal_news_clear(struct normal_news *n)
{
    n->gaps.count = n->folds.count = n->marks.count = 0;
}

void normal_news_free(struct normal_news *n)
{
    sites_free(&n->gaps);
    sites_free(&n->folds);
    sites_free(&n->marks);
}

void normal_begin(struct normal *n, struct str text)
{
    size_t len;

    if (text.len > 0)
        n->before =
            utf8_next(str_skip(text, utf8_front(text, text.len - 1)), &len);
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

/* --- What stays. */

/* What a character may not be to stay. */
static unsigned barred(const struct normal *n)
{
    return CHAR_JOINS | ((n->what & NORMAL_FOLD) != 0 ? CHAR_CASED : 0) |
           ((n->what & NORMAL_NOMARK) != 0 ? CHAR_MARKED : 0);
}

/* A character stays here, and is another in other views. */
static enum err note_kind(struct normal *n, unsigned kind, size_t from,
                          size_t to)
{
    enum err e;

    if ((kind & CHAR_FAR) != 0) {
        n->folded = true;
        if (n->news != NULL && (e = sites_note(&n->news->folds, from, to)))
            return e;
    }
    if ((kind & CHAR_MARKED) != 0) {
        n->marked = true;
        if (n->news != NULL && (e = sites_note(&n->news->marks, from, to)))
            return e;
    }
    return OK;
}

#define UNSEEN_MOST 16 /* characters: fewer than are of one cluster */

/* What shows nothing, at `at`, is of no cluster with marks if none stand behind
 * it: what is before it stays then. Where it ends; 0: it is of one. */
static size_t unseen_end(struct normal *n, struct str text, size_t at,
                         bool last)
{
    size_t len;

    for (unsigned i = 0; i < UNSEEN_MOST && at < text.len; i++, at += len) {
        unsigned kind =
            chars_kind(n->chars, utf8_next(str_skip(text, at), &len));

        if ((kind & CHAR_UNSEEN) == 0)
            return (kind & CHAR_JOINS) == 0 ? at : 0;
    }
    return at == text.len && last ? at : 0;
}

/* The character that those before `at` join. */
static size_t joined_by(struct normal *n, struct str text, size_t at)
{
    size_t len;
    uint32_t cp;

    do {
        at = utf8_front(text, at - 1);
        cp = utf8_next(str_skip(text, at), &len);
    } while (cp >= 0x80 && (chars_kind(n->chars, cp) & CHAR_JOINS) != 0);
    return at;
}

#define ASCII_FEW 4 /* looked at one by one: what is no text has no more */

/* As much of ASCII as stays. */
static inline size_t ascii_len(struct str s)
{
    for (size_t i = 0; i < ASCII_FEW && i < s.len; i++)
        if ((unsigned char)(s.ptr[i] - ' ') >= 0x7f - ' ')
            return i != 0 || (s.ptr[0] & 0x80) != 0 ? i : plain_ascii(s);
    return plain_ascii(s);
}

/* Those that stay from `at` on up to `end`; not one that what follows may
 * belong to. */
struct stay {
    size_t at, end, unseen; /* unseen: what shows nothing ends there, or 0 */
};

static enum err staying(struct normal *n, struct str text, size_t base,
                        bool last, struct stay *s)
{
    const unsigned bar = barred(n) & ~CHAR_JOINS, far = CHAR_FAR | CHAR_MARKED;
    size_t at = s->at, len;
    struct pile pile = PILE_NONE;
    bool open = !last; /* does more belong to the last one? */
    enum err e;

    s->unseen = 0;
    for (; at < text.len; at += len) {
        unsigned kind;
        uint32_t cp;

        if ((unsigned char)text.ptr[at] < 0x80) {
            len = ascii_len(str_skip(text, at));
            pile = PILE_NONE;
            if (len != 0)
                continue;
            open = false;
            break;
        }
        cp = utf8_next(str_skip(text, at), &len);
        kind = chars_kind(n->chars, cp);
        if (!cluster_goes_on(&pile, kind, cp, bar)) {
            if ((kind & CHAR_UNSEEN) != 0)
                s->unseen = unseen_end(n, text, at, last);
            open = (kind & CHAR_JOINS) != 0 && s->unseen == 0;
            break;
        }
        if ((kind & far) != 0 &&
            (e = note_kind(n, kind, base + at, base + at + len)))
            return e;
    }
    s->end = open && at > s->at ? joined_by(n, text, at) : at;
    return OK;
}

uint32_t last_base(struct normal *n, struct str s)
{
    size_t at = s.len, len;
    uint32_t cp;

    do {
        at = utf8_front(s, at - 1);
        cp = utf8_next(str_skip(s, at), &len);
    } while (at > 0 && cp >= 0x80 &&
             (chars_kind(n->chars, cp) & CHAR_MARK) != 0);
    return cp;
}

static enum err copy_staying(struct normal *n, struct str s, size_t off,
                             struct textview *out)
{
    size_t len;
    enum err e;

    if ((n->gap && (e = gap_close(n, utf8_next(s, &len), out))) ||
        (e = textview_copy(out, s, off)))
        return e;
    if (n->what & NORMAL_FOLD)
        make_small(out->bytes.ptr + out->bytes.len - s.len, s.len);
    n->before = last_base(n, s);
    return OK;
}

/* Those from *at on, with what shows nothing behind them; *at moves there. */
static enum err take_staying(struct normal *n, struct str text, size_t base,
                             size_t *at, bool last, struct textview *out)
{
    struct stay s = {.at = *at};
    enum err e = staying(n, text, base, last, &s);

    if (e || s.end == s.at)
        return e;
    *at = s.end;
    if ((e = copy_staying(n, (struct str){text.ptr + s.at, s.end - s.at},
                          base + s.at, out)) ||
        s.unseen == 0)
        return e;
    gap_note(n, base + s.end, base + s.unseen);
    *at = s.unseen;
    return OK;
}

/* --- One character that nothing belongs to, and does not stay. */

static enum err take_bare(struct normal *n, struct str one, uint32_t cp,
                          char bare, size_t off, struct textview *out)
{
    enum err e;

    n->marked = true;
    if (n->gap && (e = gap_close(n, cp, out)))
        return e;
    n->before = (unsigned char)bare;
    return textview_put(out, (struct str){&bare, 1}, off, one.len);
}

static enum err take_alone(struct normal *n, struct str one, uint32_t cp,
                           size_t off, struct textview *out)
{
    char bare = bare_letter(cp);

    return (n->what & BARE) == BARE && bare != 0
               ? take_bare(n, one, cp, bare, off, out)
               : cluster_take(n, one, off, out);
}

/* Its place; *ret_key: what is there if it is known. */
static struct became *known_of(struct normal *n, struct str cluster,
                               uint64_t *ret_key)
{
    uint64_t key = 0;

    for (size_t i = 0; i < cluster.len; i++)
        key |= (uint64_t)(unsigned char)cluster.ptr[i] << 8 * i;
    *ret_key = key;
    return &n->known->of[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 57];
}

/* As it became before. */
static enum err take_known(struct normal *n, const struct became *b,
                           struct str cluster, size_t off, struct textview *out)
{
    enum err e;

    if (n->gap && (e = gap_close(n, b->cp, out)))
        return e;
    n->before = b->before;
    n->changed |= b->changed;
    n->marked |= b->marked;
    n->folded |= b->folded;
    return b->same ? textview_copy(out, cluster, off)
                   : textview_put(out, (struct str){b->bytes, b->len}, off,
                                  cluster.len);
}

static enum err work_out(struct normal *n, struct str cluster, size_t off,
                         struct textview *out)
{
    size_t len;
    uint32_t cp = utf8_next(cluster, &len);

    return len == cluster.len ? take_alone(n, cluster, cp, off, out)
                              : cluster_take(n, cluster, off, out);
}

/* For the first time. The caller has cleared the facts. */
static enum err take_new(struct normal *n, struct became *b, uint64_t key,
                         struct str cluster, uint32_t cp, size_t off,
                         struct textview *out)
{
    size_t from = out->bytes.len, len;
    bool gap = n->gap;
    enum err e = work_out(n, cluster, off, out);

    len = out->bytes.len - from;
    if (!e && !gap && len > 0 && len <= KNOWN_MOST &&
        cluster_steady(n->what, cp)) {
        *b = (struct became){.key = key,
                             .cp = cp,
                             .before = n->before,
                             .len = (unsigned char)len,
                             .changed = n->changed,
                             .marked = n->marked,
                             .folded = n->folded};
        memcpy(b->bytes, out->bytes.ptr + from, len);
        b->same = str_eq((struct str){b->bytes, len}, cluster);
    }
    return e;
}

/* A character, with marks or without, and nothing else. */
static enum err take_seen(struct normal *n, struct str cluster, uint32_t cp,
                          size_t off, struct textview *out)
{
    struct became *b;
    uint64_t key;

    if (n->known == NULL || cluster.len > KNOWN_KEY)
        return work_out(n, cluster, off, out);
    b = known_of(n, cluster, &key);
    return b->key == key ? take_known(n, b, cluster, off, out)
                         : take_new(n, b, key, cluster, cp, off, out);
}

/*
 * What the characters that begin with a byte from 0xc0 on do never: join. They
 * are U+00C0-02FF, U+0380-047F, U+4000-9FFF and U+B000-CFFF.
 */
#define NEVER_JOIN UINT64_C(0x1bf00003cff8)

static bool joins_before(struct normal *n, struct str s)
{
    size_t len;

    return (chars_kind(n->chars, utf8_next(s, &len)) & CHAR_JOINS) != 0;
}

/* Does anything join the character that ends at `at`, or may something? */
static inline bool is_joined(struct normal *n, struct str text, size_t at)
{
    unsigned char first;

    if (at >= text.len)
        return true;
    first = (unsigned char)text.ptr[at];
    return first >= 0x80 && (NEVER_JOIN >> (first & 0x3f) & 1) == 0 &&
           joins_before(n, str_skip(text, at));
}

/* One that nothing joins, of which it is known what it becomes; *ret_taken if
 * it is. */
static enum err take_single(struct normal *n, struct str one, uint32_t cp,
                            size_t off, struct textview *out, bool *ret_taken)
{
    char bare = (n->what & BARE) == BARE ? bare_letter(cp) : 0;
    const struct became *b;
    uint64_t key;
    unsigned kind;
    enum err e;

    *ret_taken = true;
    if (bare != 0)
        return take_bare(n, one, cp, bare, off, out);
    b = known_of(n, one, &key);
    *ret_taken = b->key == key;
    if (!*ret_taken)
        return OK;
    n->alone += one.len;
    kind = (b->folded ? CHAR_FAR : 0) | (b->marked ? CHAR_MARKED : 0);
    if ((e = take_known(n, b, one, off, out)) || kind == 0)
        return e;
    return note_kind(n, kind, off, off + one.len);
}

/* Controls, from *at on, that nothing joins; some open more. */
static void take_controls(struct normal *n, struct str text, size_t base,
                          size_t *at)
{
    size_t end = *at, len;

    while (end < text.len && text.ptr[end] != 0x1b &&
           is_control(utf8_next(str_skip(text, end), &len)) &&
           !is_joined(n, text, end + len)) {
        gap_note(n, base + end, base + end + len);
        end += len;
    }
    n->alone += end - *at;
    *at = end;
}

static unsigned kind_at(struct normal *n, struct str text, size_t at,
                        size_t *ret_len)
{
    return chars_kind(n->chars, utf8_next(str_skip(text, at), ret_len));
}

/* Those from `from` on that stay, each by itself: where they end. */
static enum err lone_end(struct normal *n, struct str text, size_t base,
                         size_t from, size_t *ret_end)
{
    const unsigned bar = barred(n), far = CHAR_FAR | CHAR_MARKED;
    size_t at = from, len = 0, next_len = 0;
    unsigned kind, next = 0; /* of the one ahead; 0: it is of ASCII */
    enum err e = OK;

    if (at < text.len && (unsigned char)text.ptr[at] >= 0x80)
        next = kind_at(n, text, at, &next_len);
    for (; !e && at < text.len; at += len) {
        kind = next;
        len = next != 0 ? next_len : ascii_len(str_skip(text, at));
        if (len == 0 ||
            (kind != 0 && (kind & (CHAR_STAYS | bar)) != CHAR_STAYS))
            break;
        next = 0;
        if (at + len < text.len && (unsigned char)text.ptr[at + len] >= 0x80)
            next = kind_at(n, text, at + len, &next_len);
        if ((next & CHAR_JOINS) != 0 || at + len >= text.len) {
            at += kind == 0 ? len - 1 : 0;
            break;
        }
        if ((kind & far) != 0)
            e = note_kind(n, kind, base + at, base + at + len);
    }
    *ret_end = at;
    return e;
}

/* Does it go by short pieces? */
struct pace {
    size_t from; /* where the last few began */
    unsigned pieces;
    bool rough;
};
#define PACE_FEW  4u
#define PACE_LESS 20u /* bytes of so few */

static inline void pace_note(struct pace *p, size_t at)
{
    if (++p->pieces < PACE_FEW)
        return;
    p->rough = at - p->from < PACE_LESS;
    p->pieces = 0;
    p->from = at;
}

/* As many as there are of either, from *at on, which moves behind them. */
static enum err take_lone(struct normal *n, struct str text, size_t base,
                          size_t *at, struct textview *out)
{
    size_t end;
    enum err e = lone_end(n, text, base, *at, &end);

    if (!e && end > *at)
        e = copy_staying(n, (struct str){text.ptr + *at, end - *at}, base + *at,
                         out);
    *at = end;
    if (!e)
        take_controls(n, text, base, at);
    return e;
}

/* Those that nothing joins, from *at on, which moves behind as many as there
 * are. */
static enum err take_singles(struct normal *n, struct str text, size_t base,
                             size_t *at, struct textview *out, struct pace *p)
{
    bool taken = true;
    enum err e;

    while (!(e = take_lone(n, text, base, at, out)) && n->known != NULL &&
           *at < text.len && (unsigned char)text.ptr[*at] >= 0x80) {
        struct str one = str_skip(text, *at);
        uint32_t cp = utf8_next(one, &one.len);

        if (is_joined(n, text, *at + one.len))
            break;
        if ((e = take_single(n, one, cp, base + *at, out, &taken)) || !taken)
            return e;
        *at += one.len;
        pace_note(p, *at);
        if (p->rough)
            break;
    }
    return e;
}

/* --- The text. */

/* A character, with those that belong to it. */
struct front {
    uint32_t cp;
    unsigned kind;
    size_t len, end; /* its own bytes; where the last of them ends */
    size_t count;
    bool marks, unseen; /* there are some among those that belong to it */
};

/*
 * Those at text[at..). False if their end is not known: more may follow. Of too
 * many to be one cluster the rest is the next.
 */
static bool front_at(struct normal *n, struct str text, size_t at, bool last,
                     struct front *f)
{
    size_t len;

    f->cp = utf8_next(str_skip(text, at), &f->len);
    f->kind = chars_kind(n->chars, f->cp);
    f->marks = f->unseen = false;
    f->count = 1;
    for (f->end = at + f->len; f->end < text.len && f->count < CLUSTER;
         f->count++) {
        unsigned kind =
            chars_kind(n->chars, utf8_next(str_skip(text, f->end), &len));

        if ((kind & CHAR_JOINS) == 0)
            return true;
        f->marks |= (kind & CHAR_UNSEEN) == 0;
        f->unseen |= (kind & CHAR_UNSEEN) != 0;
        f->end += len;
    }
    return last || f->end < text.len || f->count == CLUSTER;
}

/* Of a character, and what shows nothing behind it. */
static enum err take_unmarked(struct normal *n, const struct front *f,
                              struct str cluster, size_t off,
                              struct textview *out)
{
    struct str one = str_head(cluster, f->len);
    size_t len;
    enum err e = OK;

    if ((f->kind & CHAR_UNSEEN) != 0 || is_control(f->cp))
        gap_note(n, off, off + f->len);
    else if ((f->kind & (CHAR_STAYS | barred(n))) == CHAR_STAYS || f->cp < 0x80)
        e = copy_staying(n, one, off, out);
    else
        e = take_seen(n, one, f->cp, off, out);
    for (size_t at = f->len; at < cluster.len; at += len) {
        (void)utf8_next(str_skip(cluster, at), &len);
        gap_note(n, off + at, off + at + len);
    }
    return e;
}

static enum err take_front(struct normal *n, const struct front *f,
                           struct str cluster, size_t off, struct textview *out)
{
    bool changed = n->changed, marked = n->marked, folded = n->folded;
    unsigned kind;
    enum err e;

    n->changed = n->marked = n->folded = false;
    e = !f->marks   ? take_unmarked(n, f, cluster, off, out)
        : f->unseen ? cluster_take(n, cluster, off, out)
                    : take_seen(n, cluster, f->cp, off, out);
    kind = (n->folded ? CHAR_FAR : 0) | (n->marked ? CHAR_MARKED : 0);
    if (!e && kind != 0)
        e = note_kind(n, kind, off, off + cluster.len);
    n->changed |= changed;
    n->marked |= marked;
    n->folded |= folded;
    return e;
}

enum err normal_feed(struct normal *n, struct str text, size_t base,
                     size_t *pos, bool last, struct textview *out)
{
    size_t at = *pos, from;
    struct pace pace = {.from = at};
    struct front f;
    enum err e = OK;

    while (!e && (from = at) < text.len) {
        size_t csi = text.ptr[at] != 0x1b ? 0 : csi_len(str_skip(text, at));

        if (csi == CSI_OPEN && !last)
            break;
        if (csi != 0 && csi != CSI_OPEN) {
            gap_note(n, base + at, base + at + csi);
            at += csi;
            continue;
        }
        pace_note(&pace, at);
        if ((pace.rough && n->chars != NULL &&
             (e = brief_take(n, text, base, &at, out, &pace.rough))) ||
            (e = take_singles(n, text, base, &at, out, &pace)) ||
            (e = take_staying(n, text, base, &at, last, out)) || at > from)
            continue;
        if (!front_at(n, text, at, last, &f))
            break;
        n->alone += f.end - at;
        if (n->most != 0 && n->alone + out->run_count > n->most)
            return E_LIMIT;
        e = take_front(n, &f, (struct str){text.ptr + at, f.end - at},
                       base + at, out);
        at = f.end;
    }
    *pos = at;
    return e;
}

enum err normal_make(struct normal *n, struct str text, size_t base,
                     struct textview *out)
{
    struct normal_known known;
    size_t pos = 0;
    enum err e;

    textview_clear(out);
    if ((e = buf_reserve(&out->bytes, text.len)))
        return e;
    memset(&known, 0, sizeof(known));
    n->known = &known;
    e = normal_feed(n, text, base, &pos, true, out);
    n->known = NULL;
    if (e)
        return e;
    return pos == text.len ? OK : E_INTERNAL;
}
