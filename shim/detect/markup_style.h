#ifndef SP_DETECT_MARKUP_STYLE_H
#define SP_DETECT_MARKUP_STYLE_H

#include "base/str.h"

/* What the attributes of an element say of whether it is seen, for markup.c. */

/* is_among - is it one of these words, in any case? */
static inline bool is_among(struct str word, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(word, list[i]))
            return true;
    return false;
}

/* style_hides - does this style, as an attribute has it, show nothing?
 * class_hides - do the names of its classes say so? */
bool style_hides(struct str style);
bool class_hides(struct str classes);

/* style_is_nothing - is it a size of nothing: 0, 0px, 0.0em, 0% and what is as
 * good as that, up to 1px? style_is_white - is it that colour? */
bool style_is_nothing(struct str value);
bool style_is_white(struct str value);

/*
 * attributes_end - behind the name of a tag: where its attributes end, with a
 * < or >, if they say nothing and hide nothing whatever they are; `at` if they
 * may. Of what is no markup, but looks as if it were, that is most.
 */
size_t attributes_end(struct str text, size_t at);

#endif
