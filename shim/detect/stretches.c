#include "detect/classes.h"

#include "base/utf8.h"
#include "detect/base64.h"
#include "detect/decode.h"

/*
 * Of a long text the stretches that views are made of: blocks that have any
 * class, with what stands around them. Seams are all over some texts, as tags
 * in pages and as strings in code, and what else there is beside them is not;
 * so blocks with seams alone make stretches of their own.
 *
 *      blocks     . . s s . s s x s s . . s . .
 *      others             [---x---]
 *      seams        [-----s-----s-s---s---]
 */

#define MARGIN     512 /* bytes around a block that are looked at, too */
#define MARGIN_RUN 64  /* the same where it stands for itself */
#define JOIN_BACK  8   /* white space that a run may go on behind */

#define ESCAPE_BACK  16 /* bytes of an escape, and of what it stands before */
#define ESCAPE_AHEAD 9  /* backslashes that a mark may be behind, and it */

/* Classes that a block is looked at for whatever else it has; of what stands
 * for itself; and of what counts only if there is more of it. */
#define CLASS_SURE                                                             \
    (CLASS_NONASCII | CLASS_CONTROL | CLASS_ESCAPE | CLASS_SPACED | CLASS_LEET)
#define CLASS_RUNS (CLASS_RUN | CLASS_PAIRS)
#define CLASS_FEW  (CLASS_PERCENT | CLASS_QUOTED | CLASS_ENTITY)

/* A stretch of text, widened to whole characters. */
static void widen(struct str text, size_t *from, size_t *to)
{
    *from = utf8_front(text, *from);
    *to = utf8_back(text, *to);
}

/* Is all of it in another that is looked at whatever else there is? */
static bool is_within(const struct class_stretch *s,
                      const struct class_stretch *of)
{
    return (of->kinds & CLASS_SURE) != 0 && of->from <= s->from &&
           s->to <= of->to;
}

/* A stretch, if it is one, goes on no farther. What is in one of the others is
 * looked at there. */
static void stretch_ends(struct class_pass *p, struct class_stretch *s)
{
    bool seams = s == &p->seams;

    if (s->to == 0)
        return;
    if (!seams || !(is_within(s, &p->last) || is_within(s, &p->others)))
        p->ended[p->ended_count++] = *s;
    if (!seams)
        p->last = *s;
    s->to = 0;
}

/* A block at `from` is of a stretch, for what it has. */
static void stretch_takes(struct class_pass *p, struct class_stretch *s,
                          size_t from, unsigned kinds, size_t margin)
{
    size_t to = p->text.len - p->at > margin ? p->at + margin : p->text.len;

    from = from > margin ? from - margin : 0;
    if (from > s->to)
        stretch_ends(p, s);
    *s = s->to == 0 ? (struct class_stretch){from, to, kinds}
                    : (struct class_stretch){from < s->from ? from : s->from,
                                             to > s->to ? to : s->to,
                                             s->kinds | kinds};
}

/* The block that ends at p->at has some. */
static void block_takes(struct class_pass *p)
{
    size_t from = (p->at - 1) / CLASS_BLOCK * CLASS_BLOCK;
    unsigned others = p->found & ~CLASS_SEAM;

    if ((p->found & CLASS_SURE) != 0)
        stretch_takes(p, &p->others, from, p->found, MARGIN);
    else if (others != 0)
        stretch_takes(p, &p->others, from, others,
                      (others & ~CLASS_RUNS) != 0 ? MARGIN : MARGIN_RUN);
    if (others != p->found && (p->found & CLASS_SURE) == 0)
        stretch_takes(p, &p->seams, from, CLASS_SEAM, MARGIN);
}

static bool stretch_next(struct class_pass *p, struct class_stretch *ret_s)
{
    p->sure = CLASS_SURE;
    while (p->ended_count == 0 && classes_block(p))
        block_takes(p);
    if (p->ended_count == 0) {
        stretch_ends(p, &p->seams);
        stretch_ends(p, &p->others);
    }
    if (p->ended_count == 0)
        return false;
    *ret_s = p->ended[--p->ended_count];
    return true;
}

/* A few escapes are none: of those that count together there must be enough. */
static bool has_enough(struct str stretch, unsigned kinds)
{
    if ((kinds & ~CLASS_FEW) != 0)
        return true;
    return ((kinds & CLASS_PERCENT) != 0 &&
            escapes_enough(VIEW_PERCENT, stretch)) ||
           ((kinds & CLASS_QUOTED) != 0 &&
            escapes_enough(VIEW_QUOTED, stretch)) ||
           ((kinds & CLASS_ENTITY) != 0 &&
            escapes_enough(VIEW_ENTITIES, stretch));
}

bool classes_next(struct class_pass *p, struct str *ret_stretch,
                  bool *ret_seams)
{
    struct class_stretch s;

    while (stretch_next(p, &s)) {
        widen(p->text, &s.from, &s.to);
        *ret_stretch = str_head(str_skip(p->text, s.from), s.to - s.from);
        *ret_seams = s.kinds == CLASS_SEAM;
        if (has_enough(*ret_stretch, s.kinds))
            return true;
    }
    return false;
}

/* --- Without seams. */

/* Back over what may stand before a line that a run goes on in. */
static size_t line_front(struct str s, size_t at)
{
    size_t least = at < JOIN_BACK ? 0 : at - JOIN_BACK;

    while (at > least && (is_white(s.ptr[at - 1])))
        at--;
    return at;
}

/* What the run may be that a place is in or at the end of; *end moves behind
 * it. */
static unsigned worth_around(struct str s, size_t at, size_t *end)
{
    size_t from = at, to = at;

    if (at < *end)
        return 0;
    while (from > *end && is_base64_char(s.ptr[from - 1]))
        from--;
    while (to < s.len && is_base64_char(s.ptr[to]))
        to++;
    *end = to;
    return to - from + run_padding(s, to) < CLASS_RUN_LEN
               ? 0
               : run_worth((struct str){s.ptr + from, to - from}, 0);
}

/* May an escape begin at a backslash so near a place that what stands there is
 * of it, or makes it matter? */
static bool escape_around(struct str s, size_t at)
{
    size_t from = at < ESCAPE_BACK ? 0 : at - ESCAPE_BACK;
    struct str around = str_head(str_skip(s, from), at - from + ESCAPE_AHEAD);

    return str_find_byte(around, '\\') < around.len;
}

unsigned classes_seamless(const struct textview *v, bool escapes,
                          unsigned *ret_worth)
{
    struct class_pass p = {
        .text = buf_str(&v->bytes), .step = cpu_step(), .known = true};
    unsigned worth = 0;
    size_t end = 0;

    classes_all(&p);
    for (size_t i = 1; i < v->run_count; i++) {
        size_t at = v->runs[i].dst;

        worth |= worth_around(p.text, line_front(p.text, at), &end);
        worth |= worth_around(p.text, at, &end);
        escapes = escapes || escape_around(p.text, at);
    }
    if (!escapes)
        p.found &= ~(CLASS_ESCAPE | CLASS_SHORT);
    p.found |= worth != 0 ? CLASS_RUN : 0;
    *ret_worth = worth | ((p.found & CLASS_PAIRS) != 0 ? 1u << VIEW_HEX : 0);
    return p.found & ~(CLASS_NONASCII | CLASS_CONTROL);
}
