#ifndef SP_RULES_TRAITS_H
#define SP_RULES_TRAITS_H

#include "base/cpu.h"
#include "rules/token.h"

/* What is known of a text beside its keywords. */
struct traits {
    size_t digits; /* the longest run, with space - . ( ) / between them */
    bool wide;     /* any byte beyond ASCII */
    bool folds;    /* U+017F or U+212A, which PCRE2 takes for s and k */
};

/*
 * traits_of - of a text. digits: what a longer run is need not be known. tk is
 * empty but for `want`, and gets the text's tokens; pl but for `digits`, and
 * gets places of numbers. step: of what the processor can. E_NOMEM.
 */
MUST_USE enum err traits_of(struct str text, size_t digits, struct tokens *tk,
                            struct places *pl, enum cpu_step step,
                            struct traits *ret_traits);

#endif
