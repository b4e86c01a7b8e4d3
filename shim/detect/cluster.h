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

/* cluster_steady - does the character become the same wherever it stands? Not
 * what has a mark at its front, as U+0E33 has, and no mark. */
bool cluster_steady(unsigned what, uint32_t cp);

/* What stays together: the character that others join, and these. */
struct pile {
    unsigned base,
        last;     /* kinds: of the last one without an order, and of all */
    uint32_t cp;  /* the last one */
    size_t marks; /* those in a row */
};

/* cluster_joins - does one more, that joins and stays, leave them all as they
 * are? Its kind, as of all others, is chars_kind. */
bool cluster_joins(struct pile *p, unsigned kind, uint32_t cp);

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
