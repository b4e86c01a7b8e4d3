#ifndef SP_FLOW_LISTING_H
#define SP_FLOW_LISTING_H

#include "base/buf.h"

/*
 * listing_read - the names of files in a directory, and of links, a NUL behind
 * each; at most LIM_OWN_LIST, and none that begins with a dot. Keeps errno and
 * no descriptor. As getdents64(2) gives them, so that nothing of the host's is
 * called.
 *
 * E_UNSUPPORTED  no directory, or not to be read; reterr_missing says that
 *                there is nothing of that name
 * E_LIMIT        more names: those that fit are there
 * E_NOMEM
 */
MUST_USE enum err listing_read(const char *path, struct buf *out,
                               bool *reterr_missing);

#endif
