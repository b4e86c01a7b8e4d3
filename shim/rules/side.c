#include "rules/side.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "detect/plain.h"
#include "rules/coded.h"
#include "rules/escaped.h"
#include "rules/extent.h"
#include "rules/respell.h"

const struct side_kind side_kinds[SIDES] = {
    {VIEW_CLEAN, 0},          {VIEW_GAP, NORMAL_GAP},
    {VIEW_FOLD, NORMAL_FOLD}, {VIEW_NOMARK, NORMAL_FOLD | NORMAL_NOMARK},
    {VIEW_SKELETON, 0},
};

unsigned sides_steps(unsigned views)
{
    unsigned steps = 0;

    for (size_t i = 0; i < SIDES; i++)
        steps |= views & 1u << side_kinds[i].step;
    return steps;
}

/* Runs and escapes, of the text or without what is invisible: with all that is
 * in them. */
static bool is_run(unsigned char step)
{
    return step >= VIEW_ESCAPES && step <= VIEW_MORSE;
}

/* ROT47 has no words of letters by which it could be held. */
static bool is_turned(unsigned char step)
{
    return step == VIEW_ROT13 || step == VIEW_CAESAR || step == VIEW_ATBASH ||
           step == VIEW_FLIPPED || step == VIEW_REVERSED;
}

bool stream_sees(const struct chain *views)
{
    unsigned char first = views->steps[0], next = views->steps[1];

    if (first == VIEW_CLEAN &&
        (is_run(next) || is_turned(next) || next == VIEW_SKELETON ||
         respell_views(1u << next) != 0)) {
        first = next;
        next = views->steps[2];
    }
    return first == VIEW_TEXT || is_run(first) || first == VIEW_HIDDEN ||
           is_turned(first) ||
           (next == VIEW_TEXT &&
            (sides_steps(1u << first) | respell_views(1u << first)) != 0);
}

struct lane_at lane_now(const struct stream *st, size_t i)
{
    const struct lane *l = &st->lanes[i];

    if (l->off || l->dropping)
        return (struct lane_at){
            .cursor = st->v, .seen = l->seen, .awake = !may_sleep(st, l)};
    return (struct lane_at){l->cursor, l->seen, l->tally, is_awake(st, i)};
}

void lane_put(struct stream *to, size_t i, const struct lane_at *at)
{
    struct lane *l = &to->lanes[i];

    l->cursor = at->cursor;
    l->next = 0;
    l->seen = at->seen;
    l->tally = at->tally;
    set_awake(to, i, at->awake && !l->off);
}

void side_begun(struct stream *st)
{
    struct decided known = known_all(st);

    st->safe = known.acts;
    st->told = known.all;
    side_told(st->side);
}

void side_told(struct side *s)
{
    s->acts = side_start(s, s->st->safe);
    s->all = s->st->told == s->st->safe ? s->acts : side_start(s, s->st->told);
}

enum err side_slot(struct stream *st, size_t *ret_i)
{
    size_t i = 0;

    if (st->sides == NULL) {
        st->sides = calloc(1, sizeof(*st->sides));
        if (st->sides == NULL)
            return E_NOMEM;
        textview_init(&st->sides->made);
    }
    while (i < st->sides->count && st->sides->list[i].st != NULL)
        i++;
    if (i == ARRAY_LEN(st->sides->list))
        return E_INTERNAL;
    if (i == st->sides->count)
        st->sides->count++;
    *ret_i = i;
    return OK;
}

enum err side_add(struct stream *st, const struct stream *of,
                  enum view_step step, uint64_t v, struct side **ret_side)
{
    unsigned views = is_escape(step) ? 1u << VIEW_DECODED : 1u << step;
    struct side *s;
    struct stream *to;
    size_t i;
    enum err e;

    if ((e = side_slot(st, &i)))
        return e;
    s = &st->sides->list[i];
    *s = (struct side){.step = step, .fed = v, .len = v};
    if ((e = stream_make(st->rs, st->sc, &st->at, views | st->within, of, &to)))
        return e;
    s->st = to;
    to->up = st;
    to->side = s;
    to->within = is_escape(step) ? views : st->within;
    to->coded.views = 0;
    if ((e = buf_add(&to->text,
                     (struct str){of->text.ptr, (size_t)(v - of->base)})) ||
        (e = LIST_GROW(&s->runs)))
        return e;
    s->runs.list[s->runs.count++] = (struct side_run){of->base, of->base, 1, 1};
    to->base = of->base;
    to->origin = of->origin;
    to->v = to->end = v;
    *ret_side = s;
    return OK;
}

void side_take(struct stream *to, const struct stream *of)
{
    begun_as(to, &of->token);
    if (to->lookers == of->lookers)
        return; /* its lanes were made so */
    for (size_t i = 0; i < to->lane_count; i++) {
        struct lane_at now = lane_now(of, lane_of(of, to->lanes[i].rule));

        lane_put(to, i, &now);
    }
}

enum err side_open(struct stream *st, size_t kind, struct side **ret_side)
{
    struct str text = {st->text.ptr, (size_t)(st->v - st->base)};
    struct stream *to;
    struct side *s;
    enum err e;

    if ((e = side_add(st, st, side_kinds[kind].step, st->v, &s)))
        return e;
    s->own = st->v;
    s->normal.what = side_kinds[kind].what;
    s->normal.chars = st->sc->chars;
    normal_begin(&s->normal, text);
    to = s->st;
    if (s->step == VIEW_SKELETON && (e = letters_now(st, &s->skeleton)))
        return e;
    if (s->step == VIEW_CLEAN) {
        to->letters = st->letters;
        to->steps = st->steps & OF_CLEAN;
        to->coded = st->coded; /* what is encoded is read without what is
                                  invisible, and else as it is */
        extents_copy(to, st);
    }
    side_take(to, st);
    side_begun(to);
    *ret_side = s;
    return OK;
}

void side_close(struct side *s)
{
    stream_free(s->st);
    free(s->runs.list);
    *s = (struct side){.st = NULL};
}

void sides_free(struct sides *all)
{
    if (all == NULL)
        return;
    for (size_t i = 0; i < all->count; i++)
        side_close(&all->list[i]);
    textview_free(&all->made);
    free(all);
}

void sides_close(struct stream *st)
{
    sides_free(st->sides);
    st->sides = NULL;
    st->sided = false;
}

bool side_drops(const struct stream *st)
{
    EACH_AWAKE(st, i)
    {
        if (st->lanes[i].dropping)
            return true;
    }
    for (size_t i = 0; st->sides != NULL && i < st->sides->count; i++)
        if (st->sides->list[i].st != NULL && side_drops(st->sides->list[i].st))
            return true;
    return false;
}

/* --- The text. */

static enum err side_make(struct side *s, struct str text, size_t base,
                          size_t *pos, bool last, struct textview *made)
{
    switch (s->step) {
    case VIEW_SKELETON:
        return skeleton_feed(&s->skeleton, text, base, pos, last, made);
    case VIEW_JOINED:
        return joined_feed(&s->joined, text, base, pos, last, made);
    case VIEW_LEET:
        return leet_feed(&s->leet, text, base, pos, last, made);
    case VIEW_ESCAPES:
    case VIEW_PERCENT:
    case VIEW_ENTITIES:
    case VIEW_QUOTED:
    case VIEW_SEAMS:
        return escaped_feed(&s->escaped, s->step, text, base, pos, last, made);
    default:
        return normal_feed(&s->normal, text, base, pos, last, made);
    }
}

/* What is new in the text becomes what is new in the view: st->sides->made. */
static enum err side_read(struct stream *st, struct side *s, bool last,
                          uint64_t *ret_fed)
{
    struct textview *made = &st->sides->made;
    struct str text = {st->text.ptr, (size_t)(st->v - st->base)};
    size_t base = (size_t)st->base, pos = (size_t)s->fed - base;
    enum err e;

    textview_rest(made);
    if (!is_escape(s->step)) { /* only these look back */
        text = str_skip(text, pos);
        base += pos;
        pos = 0;
    }
    e = side_make(s, text, base, &pos, last, made);
    *ret_fed = base + pos;
    return e;
}

/* And that is taken. */
static enum err side_taken(struct stream *st, struct side *s, uint64_t fed)
{
    const struct textview *made = &st->sides->made;
    struct str from = stream_part(st, s->fed, fed);
    enum err e;

    if (((respell_views(1u << s->step) | 1u << VIEW_CLEAN) >> s->step & 1) !=
            0 &&
        !str_eq(from, buf_str(&made->bytes)))
        s->own = fed;
    if ((e = side_note(s, made)))
        return e;
    s->fed = fed;
    if (made->bytes.len == 0) /* what it is a view of may hold less by now */
        return let_go(s->st);
    s->len += made->bytes.len;
    if ((e = stream_grow(s->st, buf_str(&made->bytes))))
        return e;
    side_forget(s);
    return OK;
}

static enum err side_feed(struct stream *st, struct side *s, bool last)
{
    uint64_t fed;
    enum err e = side_read(st, s, last, &fed);

    return e ? e : side_taken(st, s, fed);
}

/*
 * At most views few rules look, and wait for a keyword that hardly a text has.
 * Where no lane is awake and nothing is held, what no keyword begins in changes
 * nothing but the place: it is read with what comes, or when it is MUCH.
 *
 *      text    ... le pr\u00e9nom est le suivant
 *      nomark            fed ^             ^ seen, and known up to there
 */
#define MUCH   64  /* bytes */
#define BEFORE 8   /* that an escape may depend on */
#define HELD   256 /* more is not asked for again */

static bool is_idle(const struct side *s)
{
    const struct stream *st = s->st;

    return st->lookers->own != NULL && st->awake_count == 0 &&
           st->walk_count == 0 && st->token_most == 0 && st->runs_asleep == 0 &&
           st->sides == NULL && st->v == st->end && !s->normal.gap &&
           !s->joined.on;
}

/* Beyond ASCII, letters are such: in no view does one become a sign. */
static bool is_quiet(const struct trie *t, struct chars *chars, struct str s)
{
    for (;;) {
        size_t len;

        s = str_skip(s, trie_quiet(t, s));
        if (s.len == 0)
            return true;
        if (!trie_of_signs(t) || (unsigned char)s.ptr[0] < 0x80 ||
            (chars_kind(chars, utf8_next(s, &len)) &
             (CHAR_LETTER | CHAR_JOINS)) != CHAR_LETTER)
            return false;
        s = str_skip(s, len);
    }
}

static bool side_waits(const struct stream *st, struct side *s)
{
    uint64_t from = s->seen > s->fed ? s->seen : s->fed;
    struct str more = stream_part(st, from, st->v);

    if (st->v - s->fed >= MUCH || !is_idle(s) ||
        !is_quiet(s->st->trie, st->sc->chars, more) ||
        (s->step == VIEW_LEET && !trie_of_signs(s->st->trie) &&
         plain_sign(more) < more.len))
        return false;
    s->seen = st->v;
    return true;
}

/* One more, in the state of another, but for what goes along at its side. */
static enum err side_copy(struct stream *st, const struct side *of,
                          enum view_step step, struct side **ret_side)
{
    struct side *s;
    enum err e;

    if ((e = side_add(st, of->st, step, of->st->v, &s)))
        return e;
    s->normal = of->normal;
    s->skeleton = of->skeleton;
    s->joined = of->joined;
    s->leet = of->leet;
    s->fed = of->fed;
    s->seen = of->seen;
    s->len = of->len;
    s->own = of->own;
    s->runs.count = 0;
    for (size_t i = 0; i < of->runs.count; i++) {
        if ((e = LIST_GROW(&s->runs)))
            return e;
        s->runs.list[s->runs.count++] = of->runs.list[i];
    }
    side_take(s->st, of->st);
    *ret_side = s;
    return OK;
}

/* And what the other has that is not read yet. */
static enum err side_copied(struct side *s, const struct side *of)
{
    side_begun(s->st);
    return stream_grow(s->st, str_skip(buf_str(&of->st->text),
                                       (size_t)(of->st->v - of->st->base)));
}

static enum err side_clone(struct stream *st, const struct side *of,
                           struct side **ret_side)
{
    enum err e;

    if ((e = side_copy(st, of, of->step, ret_side)))
        return e;
    if (of->step == VIEW_CLEAN) {
        escaped_clean((*ret_side)->st);
        extents_copy((*ret_side)->st, of->st);
    }
    if ((e = sides_clone((*ret_side)->st, of->st)))
        return e;
    return side_copied(*ret_side, of);
}

enum err sides_clone(struct stream *to, const struct stream *of)
{
    struct side *s;
    enum err e = OK;

    to->steps = of->steps;
    to->sided = of->sided;
    to->letters = of->letters;
    for (size_t i = 0; !e && of->sides != NULL && i < of->sides->count; i++)
        if (of->sides->list[i].st != NULL &&
            !is_escape(of->sides->list[i].step))
            e = side_clone(to, &of->sides->list[i], &s);
    if (to->sided)
        extents_leave(to);
    return e ? e : respell_copy(to, of);
}

/* --- Beside the clean view. */

/* Has it a letter beyond ASCII that is not small? */
static bool has_cased(struct chars *chars, struct str s)
{
    size_t len;

    for (; s.len != 0; s = str_skip(s, len)) {
        len = 1;
        if ((unsigned char)s.ptr[0] >= 0x80 &&
            (chars_kind(chars, utf8_next(s, &len)) & CHAR_CASED) != 0)
            return true;
    }
    return false;
}

/* Those that differ from it, by what it was made of last, but for the case of
 * ASCII. One without marks is folded, too. */
static unsigned differing(const struct normal *n, struct str made)
{
    const unsigned folded = 1u << VIEW_FOLD | 1u << VIEW_NOMARK;

    return (n->gapped ? 1u << VIEW_GAP : 0) |
           (n->folded || has_cased(n->chars, made) ? folded : 0) |
           (n->marked ? 1u << VIEW_NOMARK : 0);
}

/* They begin as the clean view was before what is new, up to `own`. */
static enum err begin_beside(struct stream *st, const struct side *clean,
                             unsigned steps, bool last, uint64_t own)
{
    struct side *s;
    enum err e;

    if ((e = search_lanes(clean->st, false, true)))
        return e;
    for (size_t i = 0; i < SIDES; i++) {
        if ((steps >> side_kinds[i].step & 1) == 0)
            continue;
        if ((e = side_copy(st, clean, side_kinds[i].step, &s)))
            return e;
        s->normal.what = side_kinds[i].what;
        s->own = own;
        if ((e = side_copied(s, clean)) || (e = side_feed(st, s, last)))
            return e;
    }
    return OK;
}

/* What is new in the clean view: those that differ there go along. */
enum err clean_feed(struct stream *st, struct side *clean, bool last)
{
    struct normal was;
    unsigned differ, begin = 0;
    uint64_t fed;
    enum err e;

    clean->normal.gapped = clean->normal.folded = clean->normal.marked = false;
    was = clean->normal;
    if ((e = side_read(st, clean, last, &fed)))
        return e;
    differ =
        differing(&clean->normal, buf_str(&st->sides->made.bytes)) & st->steps;
    for (; differ != 0; differ &= differ - 1) {
        enum view_step step = (enum view_step)__builtin_ctz(differ);
        struct side *s = side_of(st, step);

        if (s != NULL)
            s->own = fed;
        else
            begin |= 1u << step;
    }
    if (begin == 0)
        return side_taken(st, clean, fed);
    clean->normal = was;
    if ((e = begin_beside(st, clean, begin, last, fed)))
        return e;
    return side_feed(st, clean, last);
}

/* From here on a 1 is an i in the one view, and may be an l in another, which
 * may stand before it in the list. */
static enum err side_part(struct stream *st, struct side *s, bool last)
{
    struct side *to;
    enum err e;

    s->leet.parted = false;
    if ((e = side_clone(st, s, &to)))
        return e;
    to->leet.ell = true;
    if ((e = side_feed(st, to, last)))
        return e;
    return side_feed(st, s, last);
}

/* Of what begins before there, all is known that the view has. */
static uint64_t known_acts(const struct side *s)
{
    uint64_t at = s->seen > s->fed ? s->seen : s->acts;

    if (s->step == VIEW_CLEAN && s->normal.gap && s->normal.gap_start < at)
        at = s->normal.gap_start; /* there may be a space of VIEW_GAP */
    return at;
}

static enum err feed_one(struct stream *st, struct side *s, bool last)
{
    enum err e = s->step == VIEW_CLEAN ? clean_feed(st, s, last)
                                       : side_feed(st, s, last);

    return e || !s->leet.parted ? e : side_part(st, s, last);
}

/* The one that holds most goes first: what the others know further on is of no
 * matter then. */
enum err sides_feed(struct stream *st, uint64_t known)
{
    size_t first = st->sides->least, count = st->sides->count;
    enum err e;

    for (size_t n = 0; n < count && known > st->safe; n++) {
        size_t i = (first + n) % count;
        struct side *s = &st->sides->list[i];

        if (s->st == NULL || known_acts(s) >= known)
            continue;
        if (!side_waits(st, s) && (e = feed_one(st, s, false)))
            return e;
        if (known_acts(s) < known) {
            known = known_acts(s);
            st->sides->least = i;
        }
    }
    return OK;
}

/* The text that a view of escapes has not read, and more, with a little before
 * it; *ret_at is where it begins. None if that is much. */
static struct str unread(const struct stream *st, const struct side *s,
                         struct str more, char room[HELD], size_t *ret_at)
{
    uint64_t from = s->fed > st->base + BEFORE ? s->fed - BEFORE : st->base;
    size_t len = (size_t)(st->end - from);

    *ret_at = (size_t)(s->fed - from);
    if (len + more.len > HELD)
        return (struct str){0};
    memcpy(room, st->text.ptr + (from - st->base), len);
    if (more.len > 0)
        memcpy(room + len, more.ptr, more.len);
    return (struct str){room, len + more.len};
}

/* The view that holds most has an escape that is cut off still; or reads what
 * is new as it is, and one at its side has. */
bool sides_wait(const struct stream *st)
{
    char room[2][HELD];
    struct str more = {0};

    for (size_t n = 0; st->sides != NULL; n++) {
        const struct side *s = &st->sides->list[st->sides->least];
        size_t at;

        if (st->sides->least >= st->sides->count || s->st == NULL ||
            !is_escape(s->step) || s->acts > st->safe)
            return false;
        more = unread(st, s, more, room[n % 2], &at);
        if (escaped_cut(&s->escaped, s->step, more, (size_t)s->fed - at, at))
            return true;
        more = str_skip(more, at);
        if (more.len == 0 || escaped_some(s->step, more))
            return false;
        st = s->st;
    }
    return false;
}

enum err sides_settle(struct stream *st)
{
    enum err e = OK;

    for (size_t i = 0; !e && i < st->sides->count; i++) {
        struct side *s = &st->sides->list[i];

        if (s->st != NULL && !(e = feed_one(st, s, false)) &&
            s->st->sides != NULL)
            e = sides_settle(s->st);
    }
    return e;
}

enum err sides_last(struct stream *st)
{
    enum err e = OK;

    for (size_t i = 0; !e && i < st->sides->count; i++)
        if (st->sides->list[i].st != NULL)
            e = feed_one(st, &st->sides->list[i], true);
    for (size_t i = 0; !e && i < st->sides->count; i++) {
        struct stream *to = st->sides->list[i].st;

        if (to != NULL && !(e = stream_last(to)) && to->sides != NULL)
            e = sides_last(to);
    }
    return e;
}

enum err sides_search(struct stream *st)
{
    enum err e;

    for (size_t i = 0; i < st->sides->count; i++) {
        struct stream *to = st->sides->list[i].st;

        if (to == NULL)
            continue;
        if ((e = search_lanes(to, false, true)) ||
            (to->sides != NULL && (e = sides_search(to))) || (e = let_go(to)))
            return e;
    }
    return OK;
}

struct decided sides_known(const struct stream *st)
{
    struct decided known = {st->v, st->v};

    for (size_t i = 0; st->sides != NULL && i < st->sides->count; i++) {
        const struct side *s = &st->sides->list[i];
        uint64_t at;

        if (s->st == NULL)
            continue;
        at = known_acts(s);
        known.acts = at < known.acts ? at : known.acts;
        known.all = s->all < known.all ? s->all : known.all;
    }
    return known;
}
