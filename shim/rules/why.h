#ifndef SP_RULES_WHY_H
#define SP_RULES_WHY_H

#include "rules/rules.h"

/*
 * Why a rule found something, or did not: for a person who asks, not on the
 * way of the bytes. A rule's pattern proposes values, its checks let them pass;
 * here the two are taken apart.
 */

/* What the checks say of one value, each by itself. */
struct why {
    uint32_t entropy; /* 1/1000 bit per byte */
    bool placeholder; /* it looks like one   */
    bool published;   /* everybody has it    */
    bool name;        /* of source code      */
    bool valid;       /* says its validator  */
    size_t not_at;    /* the first of its nots that matches, or not_count */
    bool near;        /* its near and unless hold of the text around it   */
};

/*
 * rules_why - of start..end of a text, which the rule's pattern found. What is
 * near is looked for from there on, though the match may reach further than
 * the finding in it. Errors as rules_scan.
 */
MUST_USE enum err rules_why(const struct rules *rs, struct scratch *sc,
                            const struct rule *r, struct str text, size_t start,
                            size_t end, struct why *ret_why);

/* What refuses a value, the first in the order in which they are asked. */
enum gate {
    GATE_NONE,
    GATE_ENTROPY,
    GATE_PLACEHOLDER,
    GATE_NAME,
    GATE_VALIDATOR,
    GATE_NOT,
    GATE_PUBLISHED,
    GATE_NEAR,
};
enum gate why_refused(const struct rule *r, const struct why *why);

/* rule_unchecked - the rule without its checks, and what must be near: all that
 * its pattern proposes. Borrowed from it. */
struct rule rule_unchecked(const struct rule *rule);

/*
 * rules_ungated - the packed form of the same rules without checks and
 * exclusions, wherever a text stands and goes: what they propose. Rules keep
 * their index. Errors as rules_pack.
 */
MUST_USE enum err rules_ungated(const struct rules *rs, struct buf *out);

#endif
