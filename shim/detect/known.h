#ifndef SP_DETECT_KNOWN_H
#define SP_DETECT_KNOWN_H

#include "base/kinds.h"
#include "detect/own.h"
#include "detect/shingle.h"

/*
 * What no rule file can say: it belongs to the process, or to the exchange that
 * a text is a part of. Rules and exclusions ask some of it before they apply
 * (`when`), detectors look for the rest. All of it is borrowed; a member that
 * is empty switches its detector off.
 */
struct known {
    struct str about[ABOUT_COUNT]; /* empty: not known; of the host see scope */
    uint32_t day;            /* since 1970; 0: not known. Exclusions expire */
    struct str canary;       /* what was planted in the prompt          */
    struct shingles *prompt; /* the exchange's own system prompt        */
    struct str links; /* hosts that any link may lead to: see host_allowed */
    const struct own *own; /* the process' own secrets, or NULL       */
};

#endif
