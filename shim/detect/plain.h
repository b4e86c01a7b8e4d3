#ifndef SP_DETECT_PLAIN_H
#define SP_DETECT_PLAIN_H

#include "base/str.h"

/*
 * What views pass over, many bytes at once: most of a text stands in them as it
 * is. Each takes a text of any bytes and gives an offset in it, or its length.
 */

/* plain_ascii - the first byte that is not ASCII, or a control but for TAB, LF
 * and CR. */
size_t plain_ascii(struct str s);

/* What a character of a word may be that digits and signs stand for letters
 * in; nothing of it ends the word. */
#define LEET_LETTER 1u
#define LEET_SIGN   2u /* it stands for one */
#define LEET_DIGIT  4u /* it stands for none */
#define LEET_FAR    8u /* a letter that is no digit in hex */
extern const unsigned char leet_kinds[256];

static inline unsigned leet_kind(char c)
{
    return leet_kinds[(unsigned char)c];
}

/* is_leet_sign - does it stand for a letter where digits do? plain_sign - the
 * first that does. */
static inline bool is_leet_sign(char c)
{
    return (leet_kind(c) & LEET_SIGN) != 0;
}
size_t plain_sign(struct str s);

/* leet_look - what the first LEET_STEP bytes of s are, or as many as it has: a
 * bit for each. */
#define LEET_STEP 64u
struct leet_masks {
    uint64_t letters, signs, digits, far;
};
struct leet_masks leet_look(struct str s);

/* plain_leet - the first that is neither a letter nor such a sign.
 * plain_alnum - the first that is neither a letter nor a digit. */
size_t plain_leet(struct str s);
size_t plain_alnum(struct str s);

/* plain_letters - how many letters of ASCII there are. plain_high - how many
 * bytes that are not ASCII. */
size_t plain_letters(struct str s);
size_t plain_high(struct str s);

/* plain_words - the first that is not ASCII, or a letter or digit that no other
 * of these stands beside and that others in the same way may follow: what parts
 * it from the next, a byte or two, stands behind that again; or more is to come
 * than tells. But not one at the front, where *within says that one stands
 * before it. *within: and before what was found. */
size_t plain_words(struct str s, bool *within);

#endif
