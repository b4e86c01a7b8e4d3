#ifndef SP_RULES_PACK_H
#define SP_RULES_PACK_H

#include "rules/rule.h"

/*
 * The rules section of the policy image, read back. Everything is checked
 * against hostile bytes: lengths, enumerations, UTF-8, references.
 */
struct guard;
struct run;
struct unpacked {
    struct rule *list; /* owned; strings are borrowed from the packed bytes */
    size_t count;
    struct str *strings;  /* owned; lists of the rules point into it */
    struct near *nears;   /* owned; the same                        */
    struct guard *guards; /* owned; of each rule: front.c */
    struct run *runs;     /* owned; the same               */
    struct exclusion *ex; /* owned; sorted by rule */
    size_t ex_count;
};

/* unpack_rules - E_SYNTAX, E_LIMIT, E_NOMEM. */
MUST_USE enum err unpack_rules(struct str packed, struct unpacked *ret_all);
void unpacked_free(struct unpacked *all);

#endif
