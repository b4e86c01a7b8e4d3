#ifndef SP_AUDIT_SINK_H
#define SP_AUDIT_SINK_H

#include "base/str.h"

/*
 * The audit file. Nothing is kept open between lines: hosts close descriptors
 * they do not know, and fork. A line goes out with one write to a file opened
 * for appending, so lines of several processes do not mix (write(2),
 * O_APPEND).
 */

/*
 * audit_write - append one line. `path` is NUL-terminated. The file is made
 * with mode 0600. Never blocks on a FIFO without a reader; errno stays as it
 * was. E_UNSUPPORTED if it cannot be opened or not be written whole (a full
 * disk, a directory that is gone).
 */
MUST_USE enum err audit_write(const char *path, struct str line);

/* audit_probe - the file can be opened for appending now. Errors as above. */
MUST_USE enum err audit_probe(const char *path);

#endif
