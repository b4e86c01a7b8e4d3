#ifndef SP_RULES_LOOK_H
#define SP_RULES_LOOK_H

#include "rules/inside.h"

/* A text to be scanned, and where it comes from; all of it borrowed. */
struct look {
    struct str text;
    const struct textview *map; /* NULL: it is the text itself */
    size_t at;                  /* of the view it is a part from there on */
    const struct look *of;
    struct chain chain;
};

/* look_at - at all of a view of another. */
struct look look_at(const struct look *of, const struct textview *v,
                    enum view_step step);

/* look_span - where *start..*end come from, in the text itself; false if that
 * is nothing of it. */
bool look_span(const struct look *l, size_t *start, size_t *end);

#endif
