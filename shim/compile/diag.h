#ifndef SP_COMPILE_DIAG_H
#define SP_COMPILE_DIAG_H

#include "base/buf.h"

/*
 * What is wrong with rule files, collected so that one run shows it all:
 *
 *     FILE:LINE:COLUMN: error: what is wrong
 *     FILE:LINE:COLUMN: warning: what may be wrong
 *
 * Lines and columns count from 1, columns in characters.
 */

/* A place in a file. Line 0: the file as a whole, shown as its beginning. */
struct place {
    const char *file; /* borrowed, NUL-terminated; lives as long as its diags */
    uint32_t line, column;
};

/* The list: the first LIM_DIAGS of each kind as text, errors beyond only
 * counted. */
struct diags {
    struct buf text; /* complete lines */
    size_t count;    /* errors met     */
    size_t warnings; /* the same       */
    bool nomem;      /* a text was lost for want of memory */
};

void diags_init(struct diags *d);
void diags_free(struct diags *d);

/*
 * diag_add - one error, in printf's manner and without a full stop. Values of
 * the user's are given with %.*s and STR_ARG; bytes that would move a
 * terminal's cursor are shown as '?'.
 */
__attribute__((format(printf, 3, 4))) void
diag_add(struct diags *d, struct place at, const char *format, ...);

/* diag_warn - the same for what stops nothing. */
__attribute__((format(printf, 3, 4))) void
diag_warn(struct diags *d, struct place at, const char *format, ...);

/*
 * diags_text - all that is to be printed: the lines, and how many more there
 * are. Borrowed until the next diag_add. Empty where nothing is wrong.
 */
struct str diags_text(struct diags *d);

/* For "%.*s"; values longer than fits a message are cut. */
#define STR_ARG(s) (int)((s).len < 200 ? (s).len : 200), (s).ptr

#endif
