#ifndef SP_CLI_DIFF_H
#define SP_CLI_DIFF_H

#include "cli/ruleset.h"

/*
 * Two policies that decide about the same things. What each of them finds in
 * one thing is counted by rule; then the two counts are compared.
 */
struct side {
    struct ruleset set;
    size_t *other;    /* of each rule: the other side's of its id, or NONE */
    uint32_t *counts; /* of each rule: findings in the thing at hand       */
    enum action action;
    char condition[48]; /* name of the fail-policy row that decided */
};
#define NONE SIZE_MAX

struct diff {
    struct side old, new;
    size_t things, differing, skipped;
    size_t moves[ACTION_BLOCK + 1][ACTION_BLOCK + 1]; /* of actions */
};

/* side_begin - a new thing, in which nothing was found yet. */
void side_begin(struct side *s);
/* side_found - one finding of a rule of this side. */
void side_found(struct side *s, const struct rule *r);
/* side_rule - the side's rule of an id; NULL if it has none. */
const struct rule *side_rule(const struct side *s, struct str id);

/* diff_thing - both sides are counted: compare, and print how they differ. */
void diff_thing(struct diff *d, const char *name);

/*
 * What there is to be decided about. False after a complaint.
 *
 * diff_lines      of texts, as `scan --jsonl` reads them, or of an audit: what
 *                 was found then stands, and is judged by the rules of either
 *                 side that have its id
 * diff_exchanges  a directory of recorded exchanges, judged as `replay` does
 */
bool diff_lines(struct diff *d, const char *path);
bool diff_exchanges(struct diff *d, const char *dir);

#endif
