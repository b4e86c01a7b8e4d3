#ifndef SP_DETECT_TABLE_H
#define SP_DETECT_TABLE_H

#include "detect/textview.h"

/*
 * A table says once, in its head, what stands in a column. In this view each of
 * its cells with a number in it stands behind that, as it would in a form:
 *
 *      name,passport no,town        passport no: C48210735
 *      Kim,C48210735,Ulm            passport no: C49301826
 *      Ann,"C49301826",Kiel
 *
 * A table is lines one below the other of as many fields, parted by tabs,
 * semicolons, bars or commas, but for those in quotes (RFC 4180, section 2).
 * Its head is the first of them that has short fields without a number.
 */

/*
 * table_make - the view of a text; empty where no table has such a cell. Long
 * numbers end in the `step` bytes before each of n places, in order, and tables
 * are looked for there alone. What would make it longer than LIM_VIEW_TABLE is
 * left out. Errors as textview_put.
 */
MUST_USE enum err table_make(struct str text, const uint32_t *places, size_t n,
                             size_t step, struct textview *out);

#endif
