#ifndef SP_CLI_LDCACHE_H
#define SP_CLI_LDCACHE_H

#include "base/str.h"

/*
 * ldcache_next - the next path that /etc/ld.so.cache (ldconfig(8)), whose bytes
 * are given, has for a library's name. *cursor starts at 0. Libraries of other
 * processors are among them. Borrowed from the bytes; false at the end, and
 * where the bytes are no cache of the form that glibc writes since 2.32.
 */
bool ldcache_next(struct str cache, struct str name, size_t *cursor,
                  struct str *ret_path);

#endif
