#include "detect/cipher.h"
#include "detect/classes.h"
#include "detect/disguise.h"
#include "detect/normal.h"
#include "detect/leet.h"
#include "detect/respell.h"
#include "rules/viewing.h"

/* So much of one that is made character by character as there are steps for,
 * half of it runs: it is known what it takes once it is made, and that may be
 * half of all. */
static size_t normal_most(const struct viewing *vw)
{
    const uint64_t steps = vw->sc->steps;

    return steps == STEPS_FREE
               ? 0
               : (size_t)(2 * steps / (STEPS_ALONE + STEPS_PIECE)) + 1;
}

/* Once it is made. */
static enum err normal_takes(const struct viewing *vw, const struct normal *n,
                             struct str source, const struct textview *made)
{
    enum err e = view_takes(vw, source, 0, STEPS_WIDE);

    if (!e)
        e = steps_take(vw->sc, STEPS_ALONE * (uint64_t)n->alone);
    return e ? e : pieces_take(vw, made, STEPS_PIECE);
}

/* Part of such a view, which is made with what stands around it. */
static enum err scan_part(struct viewing *vw, const struct look *text,
                          unsigned what, enum view_step step, struct str part)
{
    struct normal n = {
        .what = what, .chars = vw->sc->chars, .most = normal_most(vw)};
    struct str wide = sites_around(text->text, part);
    size_t from = (size_t)(part.ptr - text->text.ptr), to;
    struct look l;
    enum err e;

    if ((e = normal_make(&n, wide, (size_t)(wide.ptr - text->text.ptr),
                         &vw->made)) ||
        (e = normal_takes(vw, &n, wide, &vw->made)))
        return e;
    l = look_at(text, &vw->made, step);
    to = textview_place(&vw->made, from + part.len);
    l.at = textview_place(&vw->made, from);
    l.text = str_head(str_skip(l.text, l.at), to - l.at);
    return to == l.at ? OK : scan_look(vw, &l, step);
}

/* One more of those that are made character by character: of a long text only
 * round the places where it differs from the one that it is made of. */
static enum err scan_normal(struct viewing *vw, const struct look *text,
                            unsigned what, enum view_step step,
                            const struct sites *at)
{
    struct str whole = text->text, part;
    size_t i = 0;
    enum err e = OK;

    if (at->count == 0 || !is_wanted(vw, step))
        return OK;
    if (is_whole(vw, whole.len))
        return scan_part(vw, text, what, step, whole);
    while (!e && sites_next(at, &i, whole, &part))
        e = scan_part(vw, text, what, step, part);
    return e;
}

/* That of the other way to read a 1: what the one before had is known. */
static enum err scan_ells(struct viewing *vw, const struct look *of)
{
    struct look l = look_at(of, &vw->made, VIEW_LEET);
    struct str whole = l.text;
    size_t i = 0;
    enum err e;

    if ((e = leet_ells(of->text, &vw->made, &vw->ells)))
        return e;
    if (is_whole(vw, whole.len))
        return scan_look(vw, &l, VIEW_LEET);
    while (!e && sites_next(&vw->ells, &i, whole, &l.text)) {
        l.at = (size_t)(l.text.ptr - whole.ptr);
        e = scan_look(vw, &l, VIEW_LEET);
    }
    return e;
}

static enum err scan_leet(struct viewing *vw, const struct look *of)
{
    bool changed, ones;
    enum err e;

    if (!is_wanted(vw, VIEW_LEET))
        return OK;
    if ((e = view_takes(vw, of->text, STEPS_LEET, 0)) ||
        (e = leet_make(of->text, &vw->made, &changed, &ones)) ||
        (changed && ((e = pieces_take(vw, &vw->made, STEPS_WORD)) ||
                     (e = scan_made(vw, of, VIEW_LEET)))) ||
        !ones)
        return e;
    return scan_ells(vw, of);
}

/* Those that undo what is done to words. */
static enum err scan_words(struct viewing *vw, const struct look *of,
                           unsigned classes)
{
    bool changed;
    enum err e;

    if ((classes & CLASS_NONASCII) != 0 && is_wanted(vw, VIEW_SKELETON) &&
        ((e = view_takes(vw, of->text, 0, STEPS_ALIKE)) ||
         (e = skeleton_make(vw->sc->chars, of->text, &vw->made, &changed)) ||
         (changed && ((e = pieces_take(vw, &vw->made, STEPS_WORD)) ||
                      (e = scan_made(vw, of, VIEW_SKELETON))))))
        return e;
    if ((classes & (CLASS_NONASCII | CLASS_CONTROL | CLASS_SPACED)) != 0 &&
        is_wanted(vw, VIEW_JOINED) &&
        ((e = view_takes(vw, of->text, STEPS_JOIN, 0)) ||
         (e = joined_make(vw->sc->chars, of->text, &vw->made, &changed)) ||
         (changed && ((e = pieces_take(vw, &vw->made, STEPS_WORD)) ||
                      (e = scan_made(vw, of, VIEW_JOINED))))))
        return e;
    if ((classes & (CLASS_NONASCII | CLASS_CONTROL | CLASS_LEET)) != 0 &&
        (classes & CLASS_MIXED) != 0)
        return scan_leet(vw, of);
    return OK;
}

/* The ciphers: rules that look at one look at all of them. */
enum err turned_scan(struct viewing *vw, const struct look *of)
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
enum err guises_scan(struct viewing *vw, struct level *v)
{
    struct normal facts = {
        .chars = vw->sc->chars, .news = &vw->news, .most = normal_most(vw)};
    struct look clean;
    enum err e;

    v->best = v->text;
    if ((v->classes & (CLASS_NONASCII | CLASS_CONTROL)) != 0) {
        normal_news_clear(&vw->news);
        if ((e = normal_make(&facts, v->text.text, 0, &v->clean)) ||
            (e = normal_takes(vw, &facts, v->text.text, &v->clean)))
            return e;
        v->seen =
            v->clean.run_count <= 1 && v->clean.bytes.len == v->text.text.len;
        clean = look_at(&v->text, &v->clean, VIEW_CLEAN);
        if (facts.changed) {
            v->best = clean;
            v->sifted = false;
            v->classes |= CLASS_MIXED; /* it may be, cleaned */
            if (is_wanted(vw, VIEW_CLEAN) &&
                (e = scan_news(vw, &clean, VIEW_CLEAN)))
                return e;
        }
        if ((e = scan_normal(vw, &v->text, NORMAL_GAP, VIEW_GAP,
                             &vw->news.gaps)) ||
            (e = scan_normal(vw, &v->text, NORMAL_FOLD, VIEW_FOLD,
                             &vw->news.folds)) ||
            (e = scan_normal(vw, &v->text, NORMAL_FOLD | NORMAL_NOMARK,
                             VIEW_NOMARK, &vw->news.marks)))
            return e;
    }
    if ((e = turned_scan(vw, &v->best)))
        return e;
    return scan_words(vw, &v->best, v->classes);
}
