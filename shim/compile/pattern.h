#ifndef SP_COMPILE_PATTERN_H
#define SP_COMPILE_PATTERN_H

#include "base/limits.h"
#include "compile/read.h"

/* A pattern that is put together, bounded like any other. Starts zeroed. */
struct pattern {
    char text[LIM_PATTERN];
    size_t len;
    bool full; /* it did not fit */
};

void pattern_put(struct pattern *p, struct str s);
/* pattern_quote - s as the text that it is. */
void pattern_quote(struct pattern *p, struct str s);
/* pattern_spaced - the same, but with the pattern `blank` for each space. */
void pattern_spaced(struct pattern *p, struct str s, struct str blank);
void pattern_number(struct pattern *p, uint32_t n);

/* pattern_take - the pattern, in the reader's arena; false, and an error at the
 * node, if it was too long, or memory ran out. */
bool pattern_take(const struct pattern *p, struct reader *r,
                  const struct yaml_node *n, struct str *ret_pattern);

#endif
