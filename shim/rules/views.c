#include "rules/viewing.h"

#include "detect/classes.h"
#include "detect/markup.h"
#include "detect/news.h"
#include "detect/table.h"

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
 *       |
 *       +---------------> cells of tables
 *
 * No more than one text is held of each level, with its clean view, and one
 * view more that is in work.
 */

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

/* Does it show nothing? */
static bool is_unseen(enum view_step how)
{
    return how >= VIEW_TAGS && how <= VIEW_BIDI;
}

/* May a text of these classes have it? Lists of numbers and Morse look as other
 * text does: who pays for ciphers pays for them too. */
static bool may_have(const struct viewing *vw, const struct level *v,
                     enum view_step how, unsigned classes)
{
    if (how == VIEW_NUMBERS || how == VIEW_MORSE)
        return is_wanted(vw, VIEW_ROT13);
    return (classes & classes_for[how]) != 0 && !(v->seen && is_unseen(how));
}

/* What shows nothing is in the text only; all else is read without it. */
static const struct look *look_for(const struct level *v, enum view_step how)
{
    return is_unseen(how) ? &v->text : &v->best;
}

/* Of those that are runs, one look at the text tells most. */
static bool is_worth(struct level *v, enum view_step how, unsigned classes)
{
    if (how < VIEW_BASE64 || how > VIEW_DEFLATE)
        return true;
    if (!v->sifted)
        (void)classes_worth(v->best.text, &v->worth);
    v->sifted = true;
    return (v->worth >> how & 1) != 0 ||
           (how == VIEW_HEX && (classes & CLASS_PAIRS) != 0);
}

static enum err decoded_takes(const struct viewing *vw,
                              const struct textview *out)
{
    enum err e = view_takes(vw, buf_str(&out->bytes), STEPS_DECODED, 0);

    return e ? e : pieces_take(vw, out, STEPS_PIECE);
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

        if (!may_have(vw, v, how, classes) || !is_worth(v, how, classes) ||
            (how == VIEW_ESCAPES && v->escaped && v->best.map == v->text.map))
            continue;
        vw->decoding.enough = v == vw->levels ? vw->enough : 0;
        if ((e = view_takes(vw, look_for(v, how)->text, STEPS_DECODE, 0)) ||
            (e = decode(&vw->decoding, how, look_for(v, how)->text, out)) ||
            (e = decoded_takes(vw, out)))
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
    if ((e = view_takes(vw, of->text, STEPS_LOOSE, 0)) ||
        (e = markup_hidden(of->text, &vw->hidden)) || vw->hidden.bytes.len == 0)
        return e;
    l = look_at(of, &vw->hidden, VIEW_HIDDEN);
    vw->only = 1u << VIEW_HIDDEN;
    e = scan_look(vw, &l, VIEW_HIDDEN);
    vw->only = 0;
    return e;
}

/* Is what stands among escapes going to be looked at without them, with all of
 * its views and as much as there is? */
static bool is_read_again(const struct viewing *vw)
{
    return is_wanted(vw, VIEW_DECODED) && (vw->views & VIEWS_FAR) == 0 &&
           !vw->unescaping && vw->under[1] == NULL &&
           vw->whole.len <= LIM_VIEW_UNESCAPED;
}

/* What a text of a level has. Of a stretch with seams alone it is those. */
static enum err take_classes(struct viewing *vw, struct level *v)
{
    enum err e;

    if (vw->seams && v == &vw->levels[0]) {
        v->classes = CLASS_SEAM;
        v->worth = 0;
        return OK;
    }
    if ((e = steps_take(vw->sc, STEPS_PASS * (uint64_t)v->text.text.len)))
        return e;
    v->classes =
        vw->seams && v == &vw->levels[1]
            ? classes_seamless(&v->decoded, !is_read_again(vw), &v->worth)
            : classes_worth(v->text.text, &v->worth);
    return OK;
}

/* A text of a level, with all its views but what is encoded in it. */
static enum err enter(struct viewing *vw, struct level *v, bool decoded)
{
    enum err e = OK;

    if (v->text.map != NULL)
        e = steps_take(vw->sc, STEPS_RUN * (uint64_t)v->text.map->run_count);
    if (e || (e = take_classes(vw, v)))
        return e;
    v->next = VIEW_DECODED + 1;
    v->sifted = true;
    v->seen = false;
    vw->within = decoded || vw->unescaping ? 1u << VIEW_DECODED : 0;
    v->escaped = !decoded && !vw->coded && !vw->unescaping &&
                 (v->classes & CLASS_SHORT) != 0;
    if (!decoded)
        v->classes &= ~CLASS_SHORT; /* scan_unescaped does */
    if (decoded && ((e = scan_look(vw, &v->text, VIEW_DECODED)) ||
                    (e = scan_hidden(vw, &v->text))))
        return e;
    v->best = v->text;
    return vw->coded && !decoded ? OK : guises_scan(vw, v);
}

/*
 * Escapes of two kinds give one text, whichever are read first. What comes from
 * the same place and is the same is looked at once.
 */
static bool is_done(struct viewing *vw, const struct look *l)
{
    struct finding all = {.start = 0, .end = l->text.len};
    struct done d = {.start = 0};

    if (!viewing_span(vw, l, &all))
        return false;
    d.start = all.start;
    d.end = all.end;
    (void)crypto_shorthash_siphashx24(
        d.hash, (const unsigned char *)l->text.ptr, l->text.len, vw->key);
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

/* A part of a text, or all of it. */
static enum err scan_part(struct viewing *vw, struct str text, struct str part,
                          const struct chain *chain)
{
    vw->base = (size_t)(part.ptr - text.ptr);
    vw->levels[0].text = (struct look){.text = part, .chain = *chain};
    return scan_levels(vw);
}

/* What is read again, by the rules that do not look there. */
static enum err scan_apart(struct viewing *vw, struct str text,
                           struct str stretch, const struct escape_group *group,
                           const struct chain *chain)
{
    size_t from = around_front(stretch, 0, group->from, NEWS_MARGIN);
    size_t to = around_back(stretch, group->to, NEWS_MARGIN);
    unsigned views = vw->views;
    enum err e;

    if ((vw->apart & VIEWS_ORDERS & ~(1u << VIEW_TEXT)) == 0)
        return OK;
    vw->views = vw->apart;
    e = scan_part(vw, text, (struct str){stretch.ptr + from, to - from}, chain);
    vw->views = views;
    return e;
}

static size_t budget(size_t len)
{
    return LIM_VIEW_TIMES * len + LIM_VIEW_LEAST;
}

/* The share of so many bytes in what may be looked at is kept. */
static void keep_share(struct viewing *vw, size_t len)
{
    size_t share = LIM_VIEW_TIMES * len;

    share = vw->left < share ? vw->left : share;
    vw->kept += share;
    vw->left -= share;
}

/* A stretch of a text, but for what is read again, which is in none that has no
 * short escape. */
static enum err scan_stretch(struct viewing *vw, struct str text,
                             struct str stretch, bool escaped,
                             const struct chain *chain)
{
    struct escape_group group = {0};
    size_t from = 0;
    enum err e = OK;

    vw->enough = 0;
    while (escaped && is_read_again(vw) && escape_group_next(&group, stretch) &&
           !e) {
        size_t to = around_back(stretch, group.from, 0);

        keep_share(vw, group.to - group.from);
        if (from == 0)
            vw->enough = escapes_enough_of(stretch);
        if (!(e = scan_part(vw, text,
                            (struct str){stretch.ptr + from, to - from},
                            chain)))
            e = scan_apart(vw, text, stretch, &group, chain);
        from = around_front(stretch, from, group.to, 0);
    }
    return e ? e : scan_part(vw, text, str_skip(stretch, from), chain);
}

/* A stretch with seams alone. It may be part of others, too, and takes nothing
 * of what is left for them, but of *left. */
static enum err scan_seams(struct viewing *vw, struct str text,
                           struct str stretch, bool escaped,
                           const struct chain *chain, size_t *left)
{
    size_t others = vw->left, kept = vw->kept;
    enum err e;

    vw->left = *left;
    vw->kept = 0;
    vw->seams = true;
    e = scan_stretch(vw, text, stretch, escaped, chain);
    vw->seams = false;
    *left = vw->left + vw->kept;
    vw->left = others;
    vw->kept = kept;
    return e;
}

/* A long text is looked at only where, and around where, it has something that
 * views differ by. *ret_escapes: the parts with escapes, if there are short
 * ones that matter. */
static enum err scan_stretches(struct viewing *vw, struct str text,
                               struct chain chain, uint64_t *ret_escapes)
{
    struct class_pass pass = {.text = text, .step = cpu_step()};
    struct str stretch = text;
    bool far = (vw->views & VIEWS_FAR) != 0; /* they differ anywhere */
    bool seams;
    size_t left = budget(text.len);
    unsigned classes;
    enum err e = view_takes(vw, text, STEPS_LOOSE, 0);

    if (e)
        return e;
    if (far || text.len <= SHORT) {
        classes = classes_of(text);
        *ret_escapes = (classes & CLASS_SHORT) != 0 ? UINT64_MAX : 0;
        return !far && (classes & ~CLASS_NO_VIEW) == 0
                   ? OK
                   : scan_stretch(vw, text, text, *ret_escapes != 0, &chain);
    }
    while (!e && classes_next(&pass, &stretch, &seams))
        e = seams ? scan_seams(vw, text, stretch, pass.escaped, &chain, &left)
                  : scan_stretch(vw, text, stretch, pass.escaped, &chain);
    *ret_escapes = pass.escaped ? pass.escapes : 0;
    return e;
}

/* A string of JSON or of code in a text is all of it escaped: as long as the
 * text, it is looked at as the text is. */
static enum err scan_unescaped(struct viewing *vw, struct str text,
                               struct chain chain, uint64_t escapes)
{
    struct look l = {.chain = chain};
    uint64_t again;
    enum err e;

    if ((e = view_takes(vw, text, STEPS_DECODE, 0)))
        return e;
    vw->decoding.escapes = escapes;
    e = decode(&vw->decoding, VIEW_ESCAPES, text, &vw->unescaped);
    vw->decoding.escapes = 0;
    if (e || (e = decoded_takes(vw, &vw->unescaped)) ||
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
    return scan_unescaped(vw, vw->whole, (struct chain){0}, vw->escapes);
}

/* The cells of its tables, behind the names of their columns. */
static enum err scan_tables(struct viewing *vw)
{
    const struct places *numbers = &vw->sc->hits.places;
    const struct look whole = {.text = vw->whole};
    enum err e = table_make(vw->whole, numbers->list, numbers->count,
                            PLACE_STEP, &vw->made);
    struct look l = look_at(&whole, &vw->made, VIEW_TABLE);

    return e || l.text.len == 0 ? e : scan_look(vw, &l, VIEW_DECODED);
}

/* What the text itself has and does not show is looked at as a text is. */
static enum err scan_unshown(struct viewing *vw)
{
    struct look l = {.text = buf_str(&vw->hidden.bytes)};
    uint64_t escapes = 0;
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
        !(e = scan_stretches(vw, l.text, l.chain, &escapes)) && escapes != 0 &&
        is_wanted(vw, VIEW_DECODED))
        e = scan_unescaped(vw, l.text, l.chain, escapes);
    vw->under[1] = NULL;
    vw->only = 0;
    return e;
}

static enum err scan_page(struct viewing *vw)
{
    enum err e = view_takes(vw, vw->whole, STEPS_LOOSE, 0);

    if (!e)
        e = markup_hidden(vw->whole, &vw->hidden);
    return e ? e : scan_unshown(vw);
}

/* One more look at all of the text, of which as much may be decoded again.
 * Whatever the last one had to do, something is left for it. */
static enum err scan_again(struct viewing *vw,
                           enum err (*look)(struct viewing *))
{
    bool capped = vw->decoding.capped;
    size_t least = budget(vw->whole.len) / 8;
    enum err e;

    vw->left += vw->kept;
    vw->kept = 0;
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
    vw->apart = 0;
    for (size_t i = 0; i < at->count; i++)
        vw->apart |= rules_apart_at(rs, &at->list[i]);
    vw->whole = text;
    vw->out = out;
    vw->first = 0;
    vw->seg = 0;
    vw->base = 0;
    vw->within = 0;
    vw->done_count = 0;
    vw->left = budget(text.len);
    vw->kept = 0;
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
    enum err e;

    if ((e = viewing_begin(rs, sc, at, views, text, out, &vw)))
        return e;
    vw->first = first;
    vw->seg = seg;
    if (is_wanted(vw, VIEW_DECODED) && (e = scan_tables(vw)))
        return viewing_end(vw, e);
    e = scan_stretches(vw, text, (struct chain){0}, &vw->escapes);
    if (!e && vw->escapes != 0 && is_wanted(vw, VIEW_DECODED))
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
    return viewing_end(vw, turned_scan(vw, &l));
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
