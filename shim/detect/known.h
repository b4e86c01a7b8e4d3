#ifndef SP_DETECT_KNOWN_H
#define SP_DETECT_KNOWN_H

#include "detect/shingle.h"

/*
 * What detectors look for that no rule file can say: it belongs to the process,
 * or to the exchange that a text is a part of. All of it is borrowed, and a
 * member that is empty switches its detector off.
 */
struct known {
    struct str canary;       /* what was planted in the prompt          */
    struct shingles *prompt; /* the exchange's own system prompt        */
};

#endif
