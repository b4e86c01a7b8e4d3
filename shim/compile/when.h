#ifndef SP_COMPILE_WHEN_H
#define SP_COMPILE_WHEN_H

#include "compile/read.h"
#include "rules/rule.h"

/*
 * What a rule or an exclusion asks of an exchange before it applies:
 *
 *     when:
 *       host: "*.example.com"          # a host, or all below one
 *       path: [/api/chat, /v1/responses]
 *       model: "gpt-*"
 *       exe: ["/usr/bin/python3*"]     # the running program
 *       uid: [1000, www-data]
 *       cgroup: "*.slice/x.service"
 *
 * Each is one pattern or a list of which one must fit; all keys must. `*` is
 * for any text, `?` for one character; path and model without case. A host is
 * the same by another of its names: localhost and its addresses, a last dot
 * (base/host.h). In an exclusion the keys stand beside its others. A rule
 * applies where something is not known, an exclusion does not.
 */

/* when_read - the reader of 'when'; into: a struct when. */
bool when_read(struct reader *r, const struct yaml_node *n, void *into);

/* when_about - one key of it, whose name the node has; into: a struct when. */
bool when_about(struct reader *r, const struct yaml_node *n, void *into);

/* The keys, for the test of rules/schema.json. */
size_t when_keys(const struct field **ret_fields);

/* when_empty - does it ask nothing? */
bool when_empty(const struct when *w);

#endif
