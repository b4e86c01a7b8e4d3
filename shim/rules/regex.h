#ifndef SP_RULES_REGEX_H
#define SP_RULES_REGEX_H

#include "base/limits.h"
#include "base/str.h"
#include "rules/token.h"

/*
 * The text of a pattern (PCRE2 10.42, pcre2pattern(3)), item by item, as far as
 * it is simple. Who reads it takes what is not understood for "anything".
 */

/* pattern_item - the length of the item at the front of s: a group or a class
 * with its closing bracket, an escape, one byte. 0: it has no end. */
size_t pattern_item(struct str s);

/* pattern_class - the same of a class. */
size_t pattern_class(struct str s);

/* pattern_bar - the offset of a | outside of groups and classes; s.len if there
 * is none, PATTERN_UNREAD if the text is not understood. */
#define PATTERN_UNREAD SIZE_MAX
size_t pattern_bar(struct str s);

/* pattern_repeats - does it say how often what is before it may stand? */
bool pattern_repeats(struct str s);

/*
 * pattern_times - take from the front of *rest what says how often the item
 * before it may stand: once if nothing does, and any number if *ret_most is
 * TIMES_FREE. *ret_whole: all of them or none. False if it cannot be read.
 */
#define TIMES_FREE UINT32_MAX
bool pattern_times(struct str *rest, uint32_t *ret_least, uint32_t *ret_most,
                   bool *ret_whole);

/* pattern_nothing - the length of an item at the front that matches no text, an
 * assertion or options; 0: another. */
size_t pattern_nothing(struct str s);

/* pattern_group - the length of what opens a plain group: "(", "(?:", "(?i:",
 * "(?<name>". 0: another. */
size_t pattern_group(struct str s);

/*
 * pattern_letter - the length of an item at the front that is one byte of text,
 * *ret_c. 0: another. gaps: white space that there is one or more of is such,
 * and a space, as in keywords. pattern_literal - the text that such items are
 * of: its length. pattern_behind - what is behind so many of them.
 */
size_t pattern_letter(struct str s, bool gaps, char *ret_c);
size_t pattern_literal(struct str s, bool gaps, char out[LIM_KEYWORD]);
struct str pattern_behind(struct str s, bool gaps, size_t n);

/* pattern_plain - is no option set anywhere, so that bytes are what they look
 * like? */
bool pattern_plain(struct str s);

/* guard_range, guard_word, guard_escape, guard_class, guard_item - add the
 * bytes from..to; those of \w; those of \w \d \s \n \r \t \x27 or of escaped
 * punctuation; those of a class like [A-Za-z0-9_.-]; those of any one such item
 * at the front of s: its length. False, or 0: it has more to it. */
void guard_range(struct guard *g, unsigned from, unsigned to);
void guard_word(struct guard *g);
size_t guard_escape(struct guard *g, struct str s);
bool guard_class(struct guard *g, struct str s);
size_t guard_item(struct str s, struct guard *g);

/* guard_text - the length of a class, an escape or a character at the front of
 * s; *ret_bytes: those of ASCII that it can be, in both cases unless `plain`.
 * 0: it is not understood. */
size_t guard_text(struct str s, bool plain, struct guard *ret_bytes);

extern const struct guard guard_all;
void guard_add(struct guard *to, const struct guard *g);
void guard_keep(struct guard *to, const struct guard *g);
struct guard guard_others(const struct guard *g);

/* guard_within - are all bytes of a among those of b? */
static inline bool guard_within(const struct guard *a, const struct guard *b)
{
    return (a->bits[0] & ~b->bits[0]) == 0 && (a->bits[1] & ~b->bits[1]) == 0;
}

#endif
