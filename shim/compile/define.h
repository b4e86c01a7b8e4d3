#ifndef SP_COMPILE_DEFINE_H
#define SP_COMPILE_DEFINE_H

#include "compile/read.h"

/*
 * Pieces of patterns that have a name:
 *
 *     define:
 *       hex: '[0-9a-f]'
 *       digest: '{{hex}}{40}|{{hex}}{64}'
 *     rules:
 *       - {match: '\bbuild-{{digest}}\b', ...}
 *
 * {{NAME}} in a pattern (match, value, end, not, near, unless; an exclusion's
 * value) stands for the piece as a group of its own, so that what is behind it
 * repeats all of it. A name is known in its own file. A piece may use those
 * above it, so none can be part of itself; it has no group that captures,
 * since it would move the numbers of the pattern's own. \{\{ is the text.
 *
 * {{keywords}}, if no piece has that name, is any of the rule's own keywords,
 * as they are compared: (?={{keywords}}) at the front of a pattern has it begin
 * with one of them whatever else it says.
 */
struct define {
    struct str name, text; /* what it uses is already put in */
    struct place at;       /* of its name; the file is the one it is for */
    bool used;
    struct define *next; /* the one read before */
};

/* define_read - the map `define` of a file, for the reader's later patterns. */
bool define_read(struct reader *r, const struct yaml_node *n);

/* read_pattern - as read_text, with the pieces put in. */
bool read_pattern(struct reader *r, const struct yaml_node *n,
                  struct str *ret_text);
/* read_patterns - as read_texts, the same. */
bool read_patterns(struct reader *r, const struct yaml_node *n,
                   const struct str **ret_list, size_t *ret_count);

#endif
