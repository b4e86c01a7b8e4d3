#ifndef SP_COMPILE_CONTEXT_H
#define SP_COMPILE_CONTEXT_H

#include "compile/pattern.h"
#include "compile/rulefile.h"

/*
 * context_pattern - what a rule with 'context' looks for: its 'match', behind
 * one of the words at a distance of at most `within` characters of the same
 * line, or on the next one if only blanks and a colon stand between.
 *
 * The words are read without case in any script; for the blank of one of ASCII
 * stands also two, one of _ and -, or nothing. Those that begin and end with
 * ASCII letters are whole words, which may have "number", "no", "id" and the
 * like behind them (user_phone, userPhone, Phone No., passportNumber). What is
 * matched then is a word of its own as well. The words become the rule's
 * keywords and the value its group 1, so that the rule costs nothing where no
 * word stands, and is matched on streams like any other; groups inside of
 * 'match' are to be spoken of relatively (\g{-1}). One word announces one
 * value.
 *
 * A rule that also has 'digits', 5 or more, or 'token' promises that the value
 * has such a number in its first 32 bytes. Then the words are looked for near
 * numbers only (prefilter.c), so that they may be ordinary ones.
 *
 * False where that is too long, or memory ran out.
 */
bool context_pattern(struct reader *r, const struct yaml_node *n,
                     struct rule_src *src);

/*
 * context_words - the same words as a pattern, put behind what p has: what
 * 'context', 'near' and 'unless' all mean by words. `blank`: the pattern of
 * what may stand for a space in one.
 */
void context_words(struct pattern *p, const struct str *words, size_t n,
                   struct str blank);

/* context_list - a list of such words. False where it was refused. */
bool context_list(struct reader *r, const struct yaml_node *n,
                  const struct str **ret_words, size_t *ret_count);

/* The readers of 'context' and 'within'; into: a struct rule_src. */
bool context_read(struct reader *r, const struct yaml_node *n, void *into);
bool context_within(struct reader *r, const struct yaml_node *n, void *into);

#endif
