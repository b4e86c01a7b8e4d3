#ifndef SP_COMPILE_CASING_H
#define SP_COMPILE_CASING_H

#include "compile/read.h"

/*
 * Keywords are compared without case in ASCII only; what (?i) makes of other
 * letters has to stand in the list of keywords.
 */
#define CASINGS_MOST 8

/*
 * casing_all - the ways to write a word, which is valid UTF-8, that differ
 * beyond ASCII: all of them, if at most three letters beyond ASCII have case;
 * else as it stands, in small letters, in capitals, and with a capital at the
 * beginning of each word, or of the first. At least one; those over LIM_KEYWORD
 * bytes are left out. 0 where memory ran out (r->fatal). Case is that of Latin,
 * Greek, Cyrillic and Armenian letters (Unicode 15, CaseFolding.txt, status C).
 */
size_t casing_all(struct reader *r, struct str word,
                  struct str ret_list[CASINGS_MOST]);

#endif
