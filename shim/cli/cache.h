#ifndef SP_CLI_CACHE_H
#define SP_CLI_CACHE_H

#include "base/buf.h"

/*
 * Compiled images by their digest, in a directory that nobody but the user can
 * write to: $XDG_CACHE_HOME/sallyport, ~/.cache/sallyport, or
 * /tmp/sallyport-UID. LIM_CACHE_IMAGES at most, the lately used ones.
 */

/*
 * cache_get - the image of this name, whole and undamaged. Sets its path.
 * False if there is none.
 */
bool cache_get(const char *name, struct buf *out, char *ret_path, size_t size);

/*
 * cache_put - keep an image. False if there is no place for it. With
 * `must` a new private directory under /tmp is the last resort.
 */
bool cache_put(const char *name, struct str image, bool must, char *ret_path,
               size_t size);

#endif
