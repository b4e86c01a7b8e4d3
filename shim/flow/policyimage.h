#ifndef SP_FLOW_POLICYIMAGE_H
#define SP_FLOW_POLICYIMAGE_H

#include "base/buf.h"

/*
 * The bytes of a policy image, for as long as an engine borrows from them:
 * mapped, so that all processes share them, or a copy of our own. Zeroed: none.
 */
struct policy_image {
    struct buf copy; /* owned */
    char *mapped;    /* owned; or NULL */
    size_t len;      /* of that */
};

/*
 * policy_image_open - those of a file. It is mapped if that is safe: what is
 * cut short under a mapping kills who looks at it, so nobody may write it, nor
 * let others do so but root and the user, and it must be on this machine. Keeps
 * errno and no descriptor, and does not wait. E_UNSUPPORTED: it cannot be read;
 * E_LIMIT over LIM_IMAGE; E_NOMEM.
 */
MUST_USE enum err policy_image_open(const char *path,
                                    struct policy_image *ret_image);
void policy_image_close(struct policy_image *image);

static inline struct str policy_image_str(const struct policy_image *image)
{
    return image->mapped != NULL ? (struct str){image->mapped, image->len}
                                 : buf_str(&image->copy);
}

#endif
