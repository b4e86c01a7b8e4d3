#ifndef SP_FLOW_MASK_H
#define SP_FLOW_MASK_H

#include "flow/inspect.h"

/*
 * What has to change in one text of a request, and what is put there.
 *
 * Beside what rules have found, text that has the form of a pseudonym already
 * is a value too: the answer would say something else in its place. But where
 * an answer is not restored, in an address and in what tools are asked and
 * answer, it is one of ours that comes home, and stays.
 *
 * What the model said may hold values that we have put there, where no rule
 * would find them: values given out before are looked for in it as they are.
 *
 * Places that overlap change as one: the strongest action, and the value of a
 * pseudonym is all of it.
 */
struct change {
    uint64_t start, end;
    enum action action;      /* ACTION_REDACT and stronger */
    const struct rule *rule; /* NULL: has the form of one  */
    bool known;              /* no rule has found it: given out before */
};

enum change_source {
    CHANGE_FOUND,
    CHANGE_SHAPED,
    CHANGE_KNOWN,
    CHANGE_SOURCES,
};

struct changes {
    struct tools *tools;
    const struct engine *eng;
    struct str text;
    struct change next[CHANGE_SOURCES]; /* of each source; start UINT64_MAX: */
                                        /* it has no more                    */
    size_t pos;                         /* in the findings */
    struct pseudonym_scan scan;
    struct str rest; /* of the text, not scanned yet */
    bool scans;
    struct vault *vault; /* where it is looked for; else NULL */
    size_t from;
};

/* changes_start - of a text with the findings in t; all is borrowed. */
struct changes changes_start(struct tools *t, const struct inspect *in,
                             struct str text, enum role role, enum part part);

/* changes_next - in order, disjoint; false at the end, and where t->sought is
 * over LIM_VAULT_WORK: then changes may be missing. */
bool changes_next(struct changes *c, struct change *ret_change);

/* mask_note - one that is known goes into the audit as a finding of its rule.
 */
void mask_note(const struct inspect *in, const struct change *change,
               const struct seg *seg, struct exchange *ex);

/*
 * mask_put - what stands in the place of a change that is no block; borrowed
 * from t->puts or the rule. `number`: the change is all of a JSON number.
 * An empty pointer, and a condition of the exchange, if nothing can.
 * E_NOMEM.
 */
MUST_USE enum err mask_put(struct tools *t, const struct inspect *in,
                           const struct change *change, struct str text,
                           bool number, struct exchange *ex,
                           struct str *ret_put);

#endif
