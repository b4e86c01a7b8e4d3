#ifndef TEST_SHIPPED_H
#define TEST_SHIPPED_H

#include "compile/compile.h"
#include "rules/rules.h"

/* The rules as they are shipped, with the files that they come from. */
struct shipped {
    struct compile files;
    struct buf bytes;
    struct rules *rules;
    struct scratch *scratch;
};

/*
 * shipped_open - rules/default.yaml. False after a message. With `checked`, the
 * rules' own tests are run first, as `check` runs them.
 */
bool shipped_open(struct shipped *s, bool checked);
void shipped_close(struct shipped *s);

#endif
