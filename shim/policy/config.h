#ifndef SP_POLICY_CONFIG_H
#define SP_POLICY_CONFIG_H

#include "base/buf.h"
#include "policy/fail.h"
#include "policy/own.h"
#include "rules/rules.h"

/*
 * What a policy file says besides rules and hosts. Packed into the policy
 * image by the compiler, unpacked by the engine.
 */
struct policy {
    bool monitor;        /* mode: monitor            */
    bool http1;          /* alpn: http1              */
    struct str name;     /* of the policy file       */
    struct str audit;    /* path; empty: none given  */
    struct str key_file; /* of pseudonyms; the same */
    enum fail_action on_failure[COND_COUNT];
    struct thresholds thresholds; /* what scores of texts decide */
    struct str canary; /* planted in system prompts, {} in it is replaced by
                          the letters; empty: nothing is */
    struct str links;  /* hosts that links in answers may lead to: host.h */
    struct policy_own own;
};

/* policy_init - enforcing, every condition, threshold and place of secrets at
 * its default. */
void policy_init(struct policy *p);

/* policy_pack - append the image section. Errors as buf_add. */
MUST_USE enum err policy_pack(const struct policy *p, struct buf *out);

/*
 * policy_load - read the section back; strings are borrowed from it.
 * E_SYNTAX  cut short, unknown values, or a row opened that may not pass
 */
MUST_USE enum err policy_load(struct str packed, struct policy *ret_policy);

/* policy_blocks - whether a condition blocks (else it passes). */
bool policy_blocks(const struct policy *p, enum cond c);

#endif
