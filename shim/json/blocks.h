#ifndef SP_JSON_BLOCKS_H
#define SP_JSON_BLOCKS_H

#include "base/str.h"

/*
 * The inside of long string literals, 64 bytes at a time, as far as it is plain
 * bytes and escapes of two bytes (json/scan.h): where the processor cannot, and
 * near the end, no bytes at all. Code in a string has such an escape in every
 * line, and a search that begins anew behind each costs more than it finds.
 */

/* What was passed over. Bits are set, never cleared. */
struct blocks_seen {
    bool escaped;
    bool high; /* a byte above 127, perhaps behind that place */
};

/* blocks_scan - up to where from p on, before `end`: not behind the first byte
 * that is neither. */
const char *blocks_scan(const char *p, const char *end,
                        struct blocks_seen *seen);

/*
 * blocks_unescape - the text of some of raw to `to`, where there is room for as
 * much as all of raw, of which any may be written; *ret_raw: how many bytes of
 * raw. Returns the end of the text.
 */
char *blocks_unescape(struct str raw, char *to, size_t *ret_raw);

#endif
