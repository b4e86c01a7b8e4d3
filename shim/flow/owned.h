#ifndef SP_FLOW_OWNED_H
#define SP_FLOW_OWNED_H

#include "flow/engine.h"
#include "wire/head.h"

/*
 * The secrets of this process: where they are read, once, when the engine is
 * loaded, and how those that a request is sent with become known. Nothing of
 * them stays in memory but what detect/own.h keeps.
 */

/*
 * owned_load - from the environment and the files that the policy names, if any
 * rule looks for them: eng->own. A file that is not there is fine; one that
 * cannot be read, and values over LIM_OWN, are said in one line of the audit.
 * E_NOMEM.
 */
MUST_USE enum err owned_load(struct engine *eng, char *const *env);

/*
 * owned_learn - the credentials in the head and the query of a request: from
 * now on known, wherever they are said. In the head itself they belong. E_AGAIN
 * and E_NOMEM: they are not known, so that nothing can be told of the request.
 */
MUST_USE enum err owned_learn(const struct engine *eng,
                              const struct http_head *h);

#endif
