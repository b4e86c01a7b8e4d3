#ifndef SP_HOOKS_HOSTS_H
#define SP_HOOKS_HOSTS_H

#include "base/str.h"

/*
 * The hosts that are refused while no engine can judge: known LLM providers,
 * and those the user declared. Not the list the engine works with.
 */

/*
 * hosts_listed - whether the host is one of the built-in list or of `extra`
 * (names with commas between them). A name that starts with a dot stands for
 * every host that ends so; one with a star matches any run of characters
 * there. Letters are compared without case; a dot at the host's end is
 * skipped.
 */
bool hosts_listed(struct str host, struct str extra);

/*
 * hosts_of_request - the value of the first Host field in the head at the
 * front of `plain`, without its port; {NULL, 0} if there is none.
 */
struct str hosts_of_request(struct str plain);

#endif
