#ifndef SP_RULES_PAIRS_H
#define SP_RULES_PAIRS_H

#include "base/cpu.h"
#include "base/str.h"

/*
 * Where keywords of one or two bytes may begin: too short for a key (probes.h),
 * and looked for beside those. They are put into eight groups, such that text
 * has as little as can be that is in one. Of a byte it is known in which of
 * them it is a first one, and a second one; two bytes that are so in one group
 * are a pair. For as many bytes at once as an older processor compares, each
 * half of a byte is looked up by itself: a byte is known to be in a group if
 * its low half is that of one of the group's bytes, and its high half is.
 */
#define PAIR_GROUPS 8u

struct pairs {
    struct pair_set {
        uint16_t low, high; /* halves, as bits */
        uint32_t share;     /* of text that is one of its bytes, in 10^4 */
    } set[PAIR_GROUPS][2];
    unsigned char groups[2][256];          /* that a byte is in */
    unsigned char low[2][16], high[2][16]; /* the same by halves of a byte */
    enum cpu_step step;                    /* of what the processor can */
};

/* pairs_add - one more, of which the first two bytes matter, without case. *ps:
 * zeroed, but for `step`. */
void pairs_add(struct pairs *ps, struct str keyword);

/* pairs_ready - behind the last of them, before the first pairs_find. */
void pairs_ready(struct pairs *ps);

/* pairs_find - the places from *from on where one may begin, in order, as many
 * as there is room for; how many. *from: behind what was looked at; text.len if
 * that is all. */
#define PAIRS_LIST 256u
size_t pairs_find(const struct pairs *ps, struct str text, size_t *from,
                  uint32_t list[PAIRS_LIST]);

#endif
