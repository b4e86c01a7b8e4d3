#ifndef SP_FLOW_OWNED_H
#define SP_FLOW_OWNED_H

#include "flow/engine.h"
#include "wire/head.h"

/*
 * The secrets of this process: where they are read, once, when the engine is
 * loaded, and how those that a request is sent with become known. Nothing of
 * them stays in memory but what detect/own.h keeps.
 */

/* What could not be looked for. */
struct owned_gaps {
    struct buf unread; /* owned; names of files, as a list of JSON strings */
    bool full;         /* there were values over LIM_OWN                   */
};

/*
 * owned_read - from an environment and the files that a policy names. A file
 * that is not there is fine. ret_gaps is to be freed by its buffer. E_NOMEM.
 */
MUST_USE enum err owned_read(const struct policy_own *policy, char *const *env,
                             const unsigned char key[PRINT_KEY_LEN],
                             struct own **ret_own, struct owned_gaps *ret_gaps);

/*
 * owned_load - the same for an engine, if any rule looks for them: eng->own.
 * Gaps are said in one line of the audit. E_NOMEM.
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
