#include "rules/look.h"

#include <sodium/crypto_generichash.h>
#include <stdlib.h>

#include "detect/cipher.h"
#include "detect/classes.h"
#include "detect/decode.h"
#include "detect/disguise.h"
#include "detect/markup.h"
#include "detect/news.h"
#include "detect/normal.h"
#include "detect/respell.h"

/*
 * The views of a text, one after the other: each is made, scanned by the rules
 * that look at it, and forgotten. One that has nothing that the last one had
 * not is not scanned. What is decoded is a text again, with views of its own:
 *
 *      text --> clean --> skeleton, joined, leet
 *       |        |
 *       |        +------> decoded: a text      level 1, and so on
 *       |                  +--> clean --> ...
 *       +---------------> fold, gap, nomark
 *       |
 *       +---------------> hidden: a text, for the rules that name it
 *
 * No more than one text is held of each level, with its clean view, and one
 * view more that is in work.
 */

#define DONE  64        /* decoded texts that are known again: the last */
#define SHORT (4 * KIB) /* a text up to this length is taken as a whole */

struct level {
    struct textview decoded; /* the text, but of level 0 */
    struct textview clean;
    struct look text, best; /* best: what is decoded: clean if it differs */
    unsigned classes;
    unsigned next;  /* how it is to be decoded next */
    unsigned worth; /* decode_worth of `best`, if it is known */
    bool sifted;
    bool escaped; /* scan_unescaped is going to read its escapes */
};

struct viewing {
    const struct rules *rs;
    struct scratch *sc;
    const struct scopes *at;
    unsigned views;  /* that anybody looks at here */
    unsigned within; /* of a decoded text: its rules look at this too */
    bool coded;    /* of the text itself there is only what is encoded in it */
    unsigned only; /* if not 0: no others look, at any view of it */
    uint32_t seg;
    struct str whole; /* the text */
    size_t base;      /* of the stretch that is looked at, in what follows */
    struct textview hidden;
    struct textview unescaped;
    /* The text in work is the first of these views of the next, and so on, of
     * the whole; NULL: it is the whole. */
    const struct textview *under[2];
    bool unescaping; /* one of them is without escapes */
    struct findings *out;
    size_t first;
    struct findings found; /* of the view in work; owned */
    struct done {
        unsigned char hash[16];
        uint64_t start, end; /* where it comes from */
    } done[DONE];            /* decoded from what was decoded */
    size_t done_count;
    size_t left; /* bytes of views that may still be looked at */
    struct decoding decoding;
    struct textview made;
    struct level levels[LIM_VIEW_DEPTH + 1];
};

#define HELD (3 + 2 * (LIM_VIEW_DEPTH + 1))

/* Each view that there is room for. */
static struct textview *held(struct viewing *vw, size_t i)
{
    struct textview *own[] = {&vw->made, &vw->unescaped, &vw->hidden};
    struct level *v;

    if (i < ARRAY_LEN(own))
        return own[i];
    v = &vw->levels[(i - ARRAY_LEN(own)) / 2];
    return i % 2 == 0 ? &v->decoded : &v->clean;
}

static enum err viewing_need(struct scratch *sc, struct viewing **ret_vw)
{
    struct viewing *vw = sc->viewing;

    if (vw == NULL) {
        vw = calloc(1, sizeof(*vw));
        if (vw == NULL)
            return E_NOMEM;
        decoding_init(&vw->decoding);
        for (size_t i = 0; i < HELD; i++)
            textview_init(held(vw, i));
        sc->viewing = vw;
    }
    *ret_vw = vw;
    return OK;
}

/* Of what a large text took, most is given back. */
static void viewing_rest(struct viewing *vw)
{
    decoding_rest(&vw->decoding);
    for (size_t i = 0; i < HELD; i++)
        textview_clear(held(vw, i));
}

void viewing_free(struct viewing *vw)
{
    if (vw == NULL)
        return;
    findings_free(&vw->found);
    decoding_free(&vw->decoding);
    for (size_t i = 0; i < HELD; i++)
        textview_free(held(vw, i));
    free(vw);
}

/* --- From a view to the text. */

/* Where it comes from; false if that is nothing of the text. */
static bool map_finding(const struct viewing *vw, const struct look *l,
                        struct finding *f)
{
    size_t start = (size_t)f->start, end = (size_t)f->end;

    f->chain = l->chain;
    if (!look_span(l, &start, &end))
        return false;
    start += vw->base;
    end += vw->base;
    for (size_t i = 0; i < ARRAY_LEN(vw->under); i++)
        if (vw->under[i] != NULL)
            textview_span(vw->under[i], start, end, &start, &end);
    f->start = start;
    f->end = end;
    return start < end;
}

/* Do any rules look at a view of the text in work? */
static bool is_wanted(const struct viewing *vw, enum view_step step)
{
    return (vw->views >> step & 1) != 0;
}

/* What the rules of a view find in it. */
static enum err scan_look(struct viewing *vw, const struct look *l,
                          enum view_step step)
{
    size_t kept = 0;
    enum err e;

    if (l->text.len > vw->left) { /* then it is the end of them all */
        vw->left = 0;
        vw->decoding.capped = true;
        return OK;
    }
    vw->left -= l->text.len;
    findings_clear(&vw->found);
    if ((e = steps_take(vw->sc,
                        STEPS_SCAN + STEPS_VIEW * (uint64_t)l->text.len)) ||
        (e = scan_view(vw->rs, vw->sc, vw->at,
                       vw->only != 0 ? vw->only : 1u << step | vw->within,
                       l->text, vw->seg, &vw->found)))
        return e;
    for (size_t i = 0; i < vw->found.count; i++)
        if (map_finding(vw, l, &vw->found.list[i]))
            vw->found.list[kept++] = vw->found.list[i];
    vw->found.count = kept;
    return kept == 0
               ? OK
               : findings_merge(vw->whole, vw->out, vw->first, &vw->found);
}

/* A view of a text that was looked at: of a long one what is new in it. */
static enum err scan_news(struct viewing *vw, const struct look *l,
                          enum view_step step)
{
    struct news news = {.view = l->map, .source = l->of->text};
    struct look part = *l;
    enum err e = OK;

    if (l->text.len <= SHORT || (vw->views & VIEWS_FAR) != 0)
        return scan_look(vw, l, step);
    while (!e && news_next(&news, &part.text)) {
        part.at = (size_t)(part.text.ptr - l->text.ptr);
        e = scan_look(vw, &part, step);
    }
    return e;
}

/* The view that was just made. */
static enum err scan_made(struct viewing *vw, const struct look *of,
                          enum view_step step)
{
    struct look l = look_at(of, &vw->made, step);

    return scan_news(vw, &l, step);
}

/* --- The views of one text. */

/* One more of those that are made character by character. */
static enum err scan_normal(struct viewing *vw, const struct look *text,
                            unsigned what, enum view_step step)
{
    struct normal facts;
    enum err e;

    if (!is_wanted(vw, step))
        return OK;
    if ((e = normal_make(what, text->text, &vw->made, &facts)))
        return e;
    return step == VIEW_FOLD && !facts.folded ? OK : scan_made(vw, text, step);
}

static enum err scan_leet(struct viewing *vw, const struct look *of)
{
    bool changed, ones;
    enum err e;

    if (!is_wanted(vw, VIEW_LEET))
        return OK;
    if ((e = leet_make(of->text, &vw->made, &changed, &ones)) ||
        (changed && (e = scan_made(vw, of, VIEW_LEET))) || !ones)
        return e;
    leet_ells(of->text, &vw->made);
    return scan_made(vw, of, VIEW_LEET);
}

/* Those that undo what is done to words. */
static enum err scan_words(struct viewing *vw, const struct look *of,
                           unsigned classes)
{
    bool changed;
    enum err e;

    if ((classes & CLASS_NONASCII) != 0 && is_wanted(vw, VIEW_SKELETON) &&
        ((e = skeleton_make(of->text, &vw->made, &changed)) ||
         (changed && (e = scan_made(vw, of, VIEW_SKELETON)))))
        return e;
    if ((classes & (CLASS_NONASCII | CLASS_CONTROL | CLASS_SPACED)) != 0 &&
        is_wanted(vw, VIEW_JOINED) &&
        ((e = joined_make(of->text, &vw->made, &changed)) ||
         (changed && (e = scan_made(vw, of, VIEW_JOINED)))))
        return e;
    if ((classes & (CLASS_NONASCII | CLASS_CONTROL | CLASS_LEET)) != 0 &&
        (classes & CLASS_MIXED) != 0)
        return scan_leet(vw, of);
    return OK;
}

/* The ciphers: rules that look at one look at all of them. */
static enum err scan_turned(struct viewing *vw, const struct look *of)
{
    bool changed;
    enum err e;

    if (is_wanted(vw, VIEW_ROT13)) {
        unsigned set = cipher_worth(of->text);

        for (; set != 0; set &= set - 1) {
            enum view_step how = (enum view_step)__builtin_ctz(set);
            struct look l;

            if ((e = cipher_make(how, of->text, &vw->made)))
                return e;
            l = look_at(of, &vw->made, how);
            if ((e = scan_look(vw, &l, VIEW_ROT13)))
                return e;
        }
    }
    if (!is_wanted(vw, VIEW_REVERSED))
        return OK;
    if ((e = reversed_make(of->text, &vw->made, &changed)))
        return e;
    return changed ? scan_made(vw, of, VIEW_REVERSED) : OK;
}

/* All but what is decoded. */
static enum err scan_plain(struct viewing *vw, struct level *v)
{
    struct normal facts = {0};
    struct look clean;
    enum err e;

    v->best = v->text;
    if ((v->classes & (CLASS_NONASCII | CLASS_CONTROL)) != 0) {
        if ((e = normal_make(0, v->text.text, &v->clean, &facts)) ||
            (e = steps_take(vw->sc, STEPS_CHAR * (uint64_t)facts.alone)))
            return e;
        clean = look_at(&v->text, &v->clean, VIEW_CLEAN);
        if (facts.changed) {
            v->best = clean;
            v->sifted = false;
            v->classes |= CLASS_MIXED; /* it may be, cleaned */
            if (is_wanted(vw, VIEW_CLEAN) &&
                (e = scan_news(vw, &clean, VIEW_CLEAN)))
                return e;
        }
        if (facts.gapped &&
            (e = scan_normal(vw, &v->text, NORMAL_GAP, VIEW_GAP)))
            return e;
        if (facts.folded &&
            (e = scan_normal(vw, &v->text, NORMAL_FOLD, VIEW_FOLD)))
            return e;
        if (facts.marked &&
            (e = scan_normal(vw, &v->text, NORMAL_FOLD | NORMAL_NOMARK,
                             VIEW_NOMARK)))
            return e;
    }
    if ((e = scan_turned(vw, &v->best)))
        return e;
    return scan_words(vw, &v->best, v->classes);
}

/* --- What is encoded in it. */

/* The text must be of these classes, or it has nothing of the kind. */
static const unsigned classes_for[VIEW_STEPS] = {
    [VIEW_ESCAPES] = CLASS_ESCAPE | CLASS_SHORT,
    [VIEW_PERCENT] = CLASS_PERCENT,
    [VIEW_ENTITIES] = CLASS_ENTITY,
    [VIEW_QUOTED] = CLASS_QUOTED,
    [VIEW_SEAMS] = CLASS_SEAM,
    [VIEW_BASE64] = CLASS_RUN,
    [VIEW_BASE32] = CLASS_RUN,
    [VIEW_HEX] = CLASS_RUN | CLASS_PAIRS,
    [VIEW_DEFLATE] = CLASS_RUN,
    [VIEW_TAGS] = CLASS_NONASCII,
    [VIEW_SELECTORS] = CLASS_NONASCII,
    [VIEW_BIDI] = CLASS_NONASCII,
};

/* May a text of these classes have it? Lists of numbers and Morse look as other
 * text does: who pays for ciphers pays for them too. */
static bool may_have(const struct viewing *vw, enum view_step how,
                     unsigned classes)
{
    return how == VIEW_NUMBERS || how == VIEW_MORSE
               ? is_wanted(vw, VIEW_ROT13)
               : (classes & classes_for[how]) != 0;
}

/* What shows nothing is in the text only; all else is read without it. */
static const struct look *look_for(const struct level *v, enum view_step how)
{
    return how >= VIEW_TAGS && how <= VIEW_BIDI ? &v->text : &v->best;
}

/* Of those that are runs, one look at the text tells most. */
static bool is_worth(struct level *v, enum view_step how, unsigned classes)
{
    if (how < VIEW_BASE64 || how > VIEW_DEFLATE)
        return true;
    if (!v->sifted)
        v->worth = decode_worth(look_for(v, how)->text, classes);
    v->sifted = true;
    return (v->worth >> how & 1) != 0;
}

/* The next text that is encoded in this one, decoded; false if there is none.
 */
static enum err decode_next(struct viewing *vw, struct level *v,
                            struct textview *out, enum view_step *ret_how,
                            bool *ret_some)
{
    enum err e;

    *ret_some = false;
    while (v->next < VIEW_STEPS && !*ret_some) {
        enum view_step how = (enum view_step)v->next++;
        /* What is left out of the view may have kept its runs apart. */
        unsigned classes =
            v->best.map == v->text.map ? v->classes : v->classes | CLASS_RUN;

        if (!may_have(vw, how, classes) || !is_worth(v, how, classes) ||
            (how == VIEW_ESCAPES && v->escaped && v->best.map == v->text.map))
            continue;
        if ((e = decode(&vw->decoding, how, look_for(v, how)->text, out)))
            return e;
        *ret_how = how;
        *ret_some = out->bytes.len > 0;
    }
    return OK;
}

/* What a decoded text has and does not show. Without its tags it has nothing
 * more than with them. */
static enum err scan_hidden(struct viewing *vw, const struct look *of)
{
    size_t steps = chain_len(&of->chain);
    struct look l;
    enum err e;

    if (!is_wanted(vw, VIEW_HIDDEN) || vw->only != 0 ||
        (steps > 0 && of->chain.steps[steps - 1] == VIEW_SEAMS))
        return OK;
    if ((e = markup_hidden(of->text, &vw->hidden)) || vw->hidden.bytes.len == 0)
        return e;
    l = look_at(of, &vw->hidden, VIEW_HIDDEN);
    vw->only = 1u << VIEW_HIDDEN;
    e = scan_look(vw, &l, VIEW_HIDDEN);
    vw->only = 0;
    return e;
}

/* A text of a level, with all its views but what is encoded in it. */
static enum err enter(struct viewing *vw, struct level *v, bool decoded)
{
    enum err e = steps_take(vw->sc, STEPS_PASS * (uint64_t)v->text.text.len);

    if (e)
        return e;
    v->classes = classes_worth(v->text.text, &v->worth);
    v->next = VIEW_DECODED + 1;
    v->sifted = true;
    vw->within = decoded || vw->unescaping ? 1u << VIEW_DECODED : 0;
    v->escaped = !decoded && !vw->coded && !vw->unescaping &&
                 (v->classes & CLASS_SHORT) != 0;
    if (!decoded)
        v->classes &= ~CLASS_SHORT; /* scan_unescaped does */
    if (decoded && ((e = scan_look(vw, &v->text, VIEW_DECODED)) ||
                    (e = scan_hidden(vw, &v->text))))
        return e;
    v->best = v->text;
    return vw->coded && !decoded ? OK : scan_plain(vw, v);
}

/*
 * Escapes of two kinds give one text, whichever are read first. What comes from
 * the same place and is the same is looked at once.
 */
static bool is_done(struct viewing *vw, const struct look *l)
{
    struct finding all = {.start = 0, .end = l->text.len};
    struct done d = {.start = 0};

    if (!map_finding(vw, l, &all))
        return false;
    d.start = all.start;
    d.end = all.end;
    (void)crypto_generichash(d.hash, sizeof(d.hash),
                             (const unsigned char *)l->text.ptr, l->text.len,
                             NULL, 0);
    for (size_t i = 0; i < vw->done_count && i < DONE; i++)
        if (memcmp(vw->done[i].hash, d.hash, sizeof(d.hash)) == 0 &&
            vw->done[i].start == d.start && vw->done[i].end == d.end)
            return true;
    vw->done[vw->done_count++ % DONE] = d;
    return false;
}

static enum err scan_levels(struct viewing *vw)
{
    size_t depth = 0;
    enum view_step how = VIEW_TEXT;
    bool some;
    enum err e;

    if ((e = enter(vw, &vw->levels[0], false)) || !is_wanted(vw, VIEW_DECODED))
        return e;
    while (vw->left != 0) {
        struct level *v = &vw->levels[depth], *deeper = v + 1;

        /* Below the last level it is only said that there is more. */
        if ((e = decode_next(
                 vw, v, depth == LIM_VIEW_DEPTH ? &vw->made : &deeper->decoded,
                 &how, &some)))
            return e;
        if (some && depth < LIM_VIEW_DEPTH) {
            deeper->text = look_at(look_for(v, how), &deeper->decoded, how);
            if ((depth > 0 || vw->unescaping) && is_done(vw, &deeper->text))
                continue;
            if ((e = enter(vw, deeper, true)))
                return e;
            depth++;
            continue;
        }
        vw->decoding.capped |= some;
        if (depth-- == 0)
            return OK;
    }
    return OK;
}

/* A long text is looked at only where, and around where, it has something that
 * views differ by. */
static enum err scan_stretches(struct viewing *vw, struct str text,
                               struct chain chain, bool *ret_escaped)
{
    struct class_pass pass = {.text = text, .step = cpu_step()};
    struct str stretch = text;
    bool far = (vw->views & VIEWS_FAR) != 0; /* they differ anywhere */
    unsigned classes;
    enum err e = OK;

    vw->base = 0;
    if (far || text.len <= SHORT) {
        classes = classes_of(text);
        *ret_escaped = (classes & CLASS_SHORT) != 0;
        vw->levels[0].text = (struct look){.text = text, .chain = chain};
        return !far && (classes & ~CLASS_NO_VIEW) == 0 ? OK : scan_levels(vw);
    }
    while (!e && classes_next(&pass, &stretch)) {
        vw->base = (size_t)(stretch.ptr - text.ptr);
        vw->levels[0].text = (struct look){.text = stretch, .chain = chain};
        e = scan_levels(vw);
    }
    *ret_escaped = pass.escaped;
    return e;
}

/* A string of JSON or of code in a text is all of it escaped: as long as the
 * text, it is looked at as the text is. */
static enum err scan_unescaped(struct viewing *vw, struct str text,
                               struct chain chain)
{
    struct look l = {.chain = chain};
    bool again;
    enum err e;

    if ((e = decode(&vw->decoding, VIEW_ESCAPES, text, &vw->unescaped)) ||
        vw->unescaped.bytes.len == 0)
        return e;
    l.text = buf_str(&vw->unescaped.bytes);
    chain_add(&l.chain, VIEW_ESCAPES);
    vw->unescaping = true;
    vw->under[0] = &vw->unescaped;
    vw->within = 0;
    vw->base = 0;
    if (!(e = scan_look(vw, &l, VIEW_DECODED)))
        e = scan_stretches(vw, l.text, l.chain, &again);
    vw->under[0] = NULL;
    vw->unescaping = false;
    return e;
}

static enum err scan_whole_unescaped(struct viewing *vw)
{
    return scan_unescaped(vw, vw->whole, (struct chain){0});
}

/* What the text itself has and does not show is looked at as a text is. */
static enum err scan_unshown(struct viewing *vw)
{
    struct look l = {.text = buf_str(&vw->hidden.bytes)};
    bool escaped = false;
    enum err e;

    if (l.text.len == 0)
        return OK;
    chain_add(&l.chain, VIEW_HIDDEN);
    vw->base = 0;
    vw->within = 0;
    vw->only = 1u << VIEW_HIDDEN;
    vw->done_count = 0; /* others looked there */
    vw->under[1] = &vw->hidden;
    if (!(e = scan_look(vw, &l, VIEW_HIDDEN)) &&
        !(e = scan_stretches(vw, l.text, l.chain, &escaped)) && escaped &&
        is_wanted(vw, VIEW_DECODED))
        e = scan_unescaped(vw, l.text, l.chain);
    vw->under[1] = NULL;
    vw->only = 0;
    return e;
}

static enum err scan_page(struct viewing *vw)
{
    enum err e = markup_hidden(vw->whole, &vw->hidden);

    return e ? e : scan_unshown(vw);
}

static size_t budget(const struct viewing *vw)
{
    return LIM_VIEW_TIMES * vw->whole.len + LIM_VIEW_LEAST;
}

/* One more look at all of the text, of which as much may be decoded again.
 * Whatever the last one had to do, something is left for it. */
static enum err scan_again(struct viewing *vw,
                           enum err (*look)(struct viewing *))
{
    bool capped = vw->decoding.capped;
    size_t least = budget(vw) / 8;
    enum err e;

    vw->left = vw->left < least ? least : vw->left;
    decoding_start(&vw->decoding, vw->whole.len);
    e = look(vw);
    vw->decoding.capped |= capped;
    return e;
}

static enum err viewing_begin(const struct rules *rs, struct scratch *sc,
                              const struct scopes *at, unsigned views,
                              struct str text, struct findings *out,
                              struct viewing **ret_vw)
{
    struct viewing *vw;
    enum err e = viewing_need(sc, &vw);

    if (e)
        return e;
    vw->rs = rs;
    vw->sc = sc;
    vw->at = at;
    vw->views = views;
    vw->whole = text;
    vw->out = out;
    vw->first = 0;
    vw->seg = 0;
    vw->base = 0;
    vw->within = 0;
    vw->done_count = 0;
    vw->left = budget(vw);
    decoding_start(&vw->decoding, text.len);
    *ret_vw = vw;
    return OK;
}

static enum err viewing_end(struct viewing *vw, enum err e)
{
    vw->out->capped |= vw->decoding.capped;
    viewing_rest(vw);
    return e;
}

enum err views_scan(const struct rules *rs, struct scratch *sc,
                    const struct scopes *at, unsigned views, struct str text,
                    uint32_t seg, struct findings *out, size_t first)
{
    struct viewing *vw;
    bool escaped;
    enum err e;

    if ((e = viewing_begin(rs, sc, at, views, text, out, &vw)))
        return e;
    vw->first = first;
    vw->seg = seg;
    e = scan_stretches(vw, text, (struct chain){0}, &escaped);
    if (!e && escaped && is_wanted(vw, VIEW_DECODED))
        e = scan_again(vw, scan_whole_unescaped);
    if (!e && is_wanted(vw, VIEW_HIDDEN))
        e = scan_again(vw, scan_page);
    return viewing_end(vw, e);
}

enum err views_coded(const struct rules *rs, struct scratch *sc,
                     const struct scopes *at, unsigned views, struct str text,
                     struct findings *out)
{
    struct viewing *vw;
    enum err e;

    if ((e = viewing_begin(rs, sc, at, views, text, out, &vw)))
        return e;
    vw->levels[0].text = (struct look){.text = text};
    vw->coded = true;
    e = scan_levels(vw);
    vw->coded = false;
    return viewing_end(vw, e);
}

enum err views_turned(const struct rules *rs, struct scratch *sc,
                      const struct scopes *at, unsigned views, struct str text,
                      struct findings *out)
{
    const struct look l = {.text = text};
    struct viewing *vw;
    enum err e;

    if ((e = viewing_begin(rs, sc, at, views, text, out, &vw)))
        return e;
    return viewing_end(vw, scan_turned(vw, &l));
}

enum err views_unshown(const struct rules *rs, struct scratch *sc,
                       const struct scopes *at, struct str text,
                       const struct markup *ended, struct findings *out)
{
    unsigned views = rules_views_at(rs, at->list);
    struct viewing *vw;
    enum err e;

    if ((e = viewing_begin(rs, sc, at, views, text, out, &vw)))
        return e;
    if (!(e = markup_ended(ended, text, &vw->hidden)))
        e = scan_unshown(vw);
    return viewing_end(vw, e);
}
