#ifndef SP_FLOW_FILE_H
#define SP_FLOW_FILE_H

#include "base/buf.h"

/*
 * file_all - all of a regular file, behind what *out holds; keeps errno and no
 * descriptor, and does not wait. E_UNSUPPORTED: it cannot be read; missing, if
 * reterr_missing is not NULL, says that it is not there. E_LIMIT, E_NOMEM.
 *
 * Its two halves, which do not keep errno: file_open - a descriptor, or -1;
 * file_read - errors as file_all.
 */
MUST_USE enum err file_all(const char *path, struct buf *out,
                           bool *reterr_missing);
int file_open(const char *path, bool *reterr_missing);
MUST_USE enum err file_read(int fd, struct buf *out);

#endif
