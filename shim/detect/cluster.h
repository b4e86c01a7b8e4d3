#ifndef SP_DETECT_CLUSTER_H
#define SP_DETECT_CLUSTER_H

#include "detect/normal.h"

/*
 * What views make of a cluster: a character with the marks, and what is
 * invisible, behind it. Decomposition, order and composition are utf8proc's.
 */
#define CLUSTER 32 /* characters looked at together */

/* cluster_take - the view of one, which stands at `off` of its source. Errors
 * as textview_put. */
MUST_USE enum err cluster_take(struct normal *n, struct str cluster, size_t off,
                               struct textview *out);

/*
 * cluster_alone - what a character becomes that nothing joins, at out[0..size);
 * n has its facts then. False if that is none, or more, or it does not become
 * the same wherever it stands.
 */
bool cluster_alone(struct normal *n, struct str one, char *out, size_t size,
                   size_t *ret_len);

/* cluster_steady - does the character become the same wherever it stands? Not
 * what has a mark at its front, as U+0E33 has, and no mark. */
bool cluster_steady(unsigned what, uint32_t cp);

/* What stays together: the character that others join, and these. */
struct pile {
    unsigned base,
        last;       /* kinds: of the last one without an order, and of all */
    uint32_t cp;    /* the last one */
    unsigned marks; /* those in a row */
};
#define PILE_NONE ((struct pile){.base = CHAR_BARES}) /* nothing joins it */

#define MARKS_MOST 2 /* that are not part of a character, in a row */

/* marks_in_order - as the standard has two that have an order. */
bool marks_in_order(uint32_t before, uint32_t cp);

/*
 * cluster_goes_on - does one more, that joins or does not, leave them all as
 * they are? Its kind is as chars_kind says; of what does not join, none of
 * those that are barred stays. Letters and marks come in any order: without a
 * branch.
 */
static inline bool cluster_goes_on(struct pile *p, unsigned kind, uint32_t cp,
                                   unsigned bar)
{
    _Static_assert(CHAR_JOINS << 6 == CHAR_BARES, "shifted below");
    _Static_assert(CHAR_SECOND >> 1 == CHAR_FIRST, "the same");
    unsigned other = ((kind ^ CHAR_STAYS) & (CHAR_STAYS | bar)) |
                     (kind << 6 & p->base & CHAR_BARES) |
                     (kind >> 1 & p->base & CHAR_FIRST);
    unsigned disorder = kind & p->last & CHAR_ORDER;

    if (disorder != 0 && marks_in_order(p->cp, cp))
        disorder = 0;
    p->base = (kind & CHAR_ORDER) != 0 ? p->base : kind;
    p->last = kind;
    p->cp = cp;
    p->marks = (kind & CHAR_MARK) != 0 ? p->marks + 1 : 0;
    return (other | disorder) == 0 && p->marks <= MARKS_MOST;
}

#define GAP_MOST 1024 /* bytes: of a longer gap the end is taken for it */

/* gap_close - a character comes, behind something invisible it may be: a space
 * if one is due. gap_note - something invisible stands there. */
MUST_USE enum err gap_close(struct normal *n, uint32_t cp,
                            struct textview *out);
void gap_note(struct normal *n, size_t start, size_t end);

/* is_control - of ASCII or behind it; no view has it. */
static inline bool is_control(uint32_t cp)
{
    return (cp < ' ' && cp != '\t' && cp != '\n' && cp != '\r') ||
           (cp >= 0x7f && cp < 0xa0 && cp != 0x85);
}

#endif
