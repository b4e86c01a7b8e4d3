#ifndef SP_DETECT_LINK_USE_H
#define SP_DETECT_LINK_USE_H

#include "detect/link.h"

/* What a URL is for, by the bytes before it. */
struct use {
    enum link_kind kind;
    bool told; /* the bytes before it say that it is one */
    char quote;
    bool spaced;      /* a blank ends it, within quotes too                */
    const char *ends; /* what else ends it where it has no quotes; or NULL */
};

/* link_use - `before`: the bytes before it, LINK_LOOK_BACK if there are so
 * many. What cannot be seen for its length is loaded. */
struct use link_use(struct str before);

#endif
