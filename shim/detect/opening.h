#ifndef SP_DETECT_OPENING_H
#define SP_DETECT_OPENING_H

#include "base/cpu.h"
#include "base/str.h"

/*
 * Where in a run of characters of base64 encoded text may begin. A run may have
 * something before it that looks the same: text begins at one of its first four
 * characters, or behind one that paths and names are joined by.
 */

#define OPENING_TRIED                                                          \
    32 /* characters that the beginning of a text is told by,                  \
          and places that one is looked for at */
#define OPENING_LEAST                                                          \
    12 /* characters of the shortest at one of the first four                  \
          places, and 16 elsewhere */

/*
 * openings_of - as a set, the places at which what is decoded may look like
 * text; all of them, and more: of what is decoded from the others, a sixth and
 * more is not. None of a run that has not two of large letters, small ones and
 * digits, as base64 has them: names and paths are runs as well, and most of
 * those have one.
 *
 * run: of either alphabet (RFC 4648, sections 4 and 5), without padding.
 */
uint32_t openings_of(struct str run, enum cpu_step step);

#endif
