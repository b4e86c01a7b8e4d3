#ifndef SP_DETECT_BRIEF_H
#define SP_DETECT_BRIEF_H

#include "detect/normal.h"

/*
 * The characters of one byte or two: what each becomes in a view stands in a
 * table, so that a text of very different ones goes without a branch for each.
 */

/*
 * brief_take - those from *at on that nothing joins, as long as they are rough:
 * few stay as they are in a row; *at moves behind them. *ret_rough: are those
 * behind it, but for what is none of these, likely to be so? n->chars is not
 * NULL. Errors as textview_put.
 */
MUST_USE enum err brief_take(struct normal *n, struct str text, size_t base,
                             size_t *at, struct textview *out, bool *ret_rough);

/* last_base - the last character of some, but marks. */
uint32_t last_base(struct normal *n, struct str s);

/*
 * bare_letter - small and without its marks, a letter of ASCII; or 0. Of
 * U+00C0-017F and U+1EA0-1EF9 it is known, or - for what is not one with marks.
 */
extern const char bare_latin[], bare_vietnamese[];
static inline char bare_letter(uint32_t cp)
{
    char c = cp >= 0xc0 && cp < 0x180       ? bare_latin[cp - 0xc0]
             : cp >= 0x1ea0 && cp <= 0x1ef9 ? bare_vietnamese[cp - 0x1ea0]
                                            : '-';

    return c == '-' ? 0 : c;
}

#endif
