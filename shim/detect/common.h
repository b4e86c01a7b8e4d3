#ifndef SP_DETECT_COMMON_H
#define SP_DETECT_COMMON_H

#include "base/str.h"

/*
 * is_common - is this a password that many have: made of nothing but the words
 * that the lists of the commonest are made of (password, qwerty, letmein,
 * admin), in either case and with digits for letters, and of six digits and
 * signs at most? It stands in ordinary texts, and is no secret.
 */
bool is_common(struct str value);

#endif
