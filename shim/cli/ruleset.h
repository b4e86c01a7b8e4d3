#ifndef SP_CLI_RULESET_H
#define SP_CLI_RULESET_H

#include "cli/load.h"
#include "detect/known.h"
#include "policy/config.h"
#include "rules/rules.h"

/* A policy whose rules are ready to look at texts. */
struct ruleset {
    struct loaded policy;
    struct rules *rules;
    struct scratch *scratch;
    struct policy_own own; /* which of a process' secrets are looked for */
    struct known known;    /* for scopes: the day, on which exclusions hold, and
                              the hosts that links may lead to */
};

/*
 * ruleset_open - of a policy's or a pack's file, or NULL for the installed one.
 * need_path as load_policy has it. False after a complaint, and nothing to
 * close.
 */
bool ruleset_open(const char *file, bool need_path, struct ruleset *ret_set);
void ruleset_close(struct ruleset *s);

#endif
