#ifndef SP_COMPILE_WORDS_H
#define SP_COMPILE_WORDS_H

#include "compile/compile.h"

/*
 * Rules that look for given words: names, addresses, code names of projects.
 *
 *       words: names.txt               # a line each; # begins a comment
 *       list: [Falkenberg, "Blue Heron"]
 *
 * An entry is found as it stands, in any script without case, with any white
 * space for that between its words, where it is not a part of a longer word; in
 * scripts that do not part their words (Chinese, Japanese, Thai, ...) anywhere.
 * The entries become keywords, so thousands of them cost a text that holds none
 * nothing.
 */

/*
 * words_load - the words of a rule that names some, from the file beside
 * `from` that it names or its list: its pattern, and src->more, further rules
 * of the same name where they do not fit into one. False (with an error) for a
 * word over LIM_KEYWORD bytes, of one character, that is not UTF-8, without a
 * letter or digit, with a control character; for no words; for more than
 * LIM_WORDS, or than LIM_KEYWORD_ALL bytes of them.
 */
bool words_load(struct compile *c, const struct source *from,
                struct rule_src *src);

/* words_alone - has the rule in node n nothing else to look for? Else false,
 * and an error. */
bool words_alone(struct reader *r, const struct yaml_node *n);

/* The readers of 'words' and 'list'; into: a struct rule_src. */
bool words_file(struct reader *r, const struct yaml_node *n, void *into);
bool words_list(struct reader *r, const struct yaml_node *n, void *into);

#endif
