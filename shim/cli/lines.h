#ifndef SP_CLI_LINES_H
#define SP_CLI_LINES_H

#include "base/buf.h"

/*
 * Lines of a descriptor, one at a time, in memory that does not grow with
 * their number.
 */
struct lines {
    int fd;
    struct buf buf;
    size_t from; /* bytes of buf that were given out */
    bool skip;   /* the rest of a line that was too long follows */
    bool ended;
};

void lines_init(struct lines *l, int fd, size_t max);
void lines_free(struct lines *l);

/*
 * lines_ready - a whole line is in memory: lines_next will not read, and so
 * cannot wait.
 */
bool lines_ready(const struct lines *l);

/*
 * lines_next - the next line without its LF; the last one need not have one.
 * Borrowed until the next call.
 *
 * E_AGAIN        there are no more
 * E_LIMIT        a line over max; it is skipped, others follow
 * E_UNSUPPORTED  the descriptor cannot be read (errno)
 * E_NOMEM
 */
MUST_USE enum err lines_next(struct lines *l, struct str *ret_line);

#endif
