#ifndef SP_COMPILE_POLICYFILE_H
#define SP_COMPILE_POLICYFILE_H

#include "compile/files.h"

/*
 * policyfile_apply - take in a file that files_read has read, whatever its
 * kind: settings that no earlier file made, rules, exclusions, hosts; further
 * files are queued. False where something was refused.
 */
bool policyfile_apply(struct compile *c, const struct source *s);

/* The keys of a policy, a pack and an exclusion, for the test of
 * rules/schema.json. */
size_t policyfile_keys(const struct field **ret_fields);
size_t policyfile_pack_keys(const struct field **ret_fields);
size_t policyfile_exclude_keys(const struct field **ret_fields);

#endif
