#ifndef SP_RULES_TRAITS_H
#define SP_RULES_TRAITS_H

#include "base/str.h"

/* What is known of a text beside its keywords. */
struct traits {
    size_t digits; /* the longest run, with space - . ( ) / between them */
    bool folds;    /* U+017F or U+212A, which PCRE2 takes for s and k */
};

/* traits_of - of a text. digits: what a longer run is need not be known. */
struct traits traits_of(struct str text, size_t digits);

#endif
