#ifndef SP_TESTS_LLM_H
#define SP_TESTS_LLM_H

/*
 * Descriptions and rules for tests of the llm room. A test that opens this
 * must also include compile/provfile.h, so that the tools are linked.
 */

#include "llm/describe.h"
#include "rules/rules.h"

/*
 * llm_providers - the descriptions of rules/providers with some host rules.
 * The tables live until the process ends. NULL (and a message) on failure.
 */
struct providers *llm_providers(const struct host_rule *hosts, size_t n);

/* llm_provider - the one of that id; NULL if there is none. */
const struct provider *llm_provider(const struct providers *p, const char *id);

/* llm_rules - rules from a table; they live until the process ends. */
struct rules *llm_rules(const struct rule *list, size_t n);

/* llm_file - a whole file; {NULL, 0} if it cannot be read. To be freed. */
struct str llm_file(const char *path);

#endif
