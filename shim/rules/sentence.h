#ifndef SP_RULES_SENTENCE_H
#define SP_RULES_SENTENCE_H

#include "base/str.h"

/*
 * A sentence ends where a blank follows a full stop, a question or an
 * exclamation mark and what closes quotes and brackets; behind the marks of
 * scripts that put no blank there; and at an empty line. The stop of a short
 * form ends none: Dr. z.B. J. Smith, and three of them.
 *
 * sentence_last - the last place behind `from`, up to `at`, where one ends; by
 * SENTENCE_PAST bytes before a place and one behind it, as far as text has
 * them. sentence_first - the first from `from` on, before `to`. NOWHERE if
 * there is none.
 */
#define SENTENCE_PAST 16u
#define NOWHERE       SIZE_MAX

size_t sentence_last(struct str text, size_t from, size_t at);
size_t sentence_first(struct str text, size_t from, size_t to);

#endif
