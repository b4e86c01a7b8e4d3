#ifndef SP_CLI_EXPLAIN_H
#define SP_CLI_EXPLAIN_H

#include "cli/where.h"

/* What `explain` works on, for its two halves. */
struct explain {
    const char *rules_file, *file; /* file: of --text */
    struct str only;               /* of --text: this rule; empty: all */
    struct where where;
    struct scope scope; /* of --text: what `where` comes to */
    struct ruleset set;
};

/* explain_asks - is it the rule's id, in either case, or its name? */
bool explain_asks(const struct rule *r, struct str name);

/* explain_unknown - a complaint that there is no such rule. */
void explain_unknown(const struct explain *x, struct str name);

/* explain_rule - each rule of that id or name to stdout; false if there is
 * none. */
bool explain_rule(const struct explain *x, struct str name);

/* explain_text - the text of x->file; the exit status. */
int explain_text(struct explain *x);

/* print_plain - to stdout, with '?' for what would move a terminal's cursor or
 * is no character, and <U+200B> for what shows nothing. */
void print_plain(struct str s);

#endif
