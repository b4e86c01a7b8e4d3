#ifndef SP_DETECT_NAME_H
#define SP_DETECT_NAME_H

#include "base/str.h"

/*
 * is_name - is this a name as source code is made of, and not a key: fewer than
 * 20 letters; words with - or _ between them, each in one case but for its
 * first letter; UPPER_CASE_2 or lower-case-2 in three words or more; or
 * wordsInCamelCase, two of which have five letters? It may hold a few digits,
 * at the ends of words. Of strings of 32 random letters and digits two in a
 * thousand are taken for a name, of longer ones fewer.
 */
bool is_name(struct str value);

#endif
