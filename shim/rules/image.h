#ifndef SP_RULES_IMAGE_H
#define SP_RULES_IMAGE_H

#include "base/buf.h"

/*
 * The policy image: what `sallyport compile` writes and the engine reads. Three
 * packed sections, each of which its own room understands, and tables that are
 * used in place: they begin at a multiple of LAY_STEP bytes (lay.h) of the
 * file.
 */
struct image {
    struct str rules;     /* rules_load     */
    struct str providers; /* providers_load */
    struct str policy;    /* policy_load    */
    struct str tables;    /* rules_lend     */
};

/* image_write - append the file's bytes. Errors of buf_add. */
MUST_USE enum err image_write(const struct image *img, struct buf *out);

/*
 * image_read - the sections of a file, borrowed from bytes.
 *
 * E_SYNTAX       not an image, cut short, longer than it says, or damaged
 *                (CRC-32 over all sections)
 * E_UNSUPPORTED  an image of another version
 * E_LIMIT        over LIM_IMAGE
 */
MUST_USE enum err image_read(struct str bytes, struct image *ret_img);

#endif
