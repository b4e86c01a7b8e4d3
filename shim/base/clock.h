#ifndef SP_BASE_CLOCK_H
#define SP_BASE_CLOCK_H

#include "base/str.h"

/* "2026-11-24T02:16:35.000000Z", without a NUL. */
#define CLOCK_LEN 27

/*
 * clock_text - a time in microseconds since 1970, as RFC 3339 writes it in UTC.
 * On the stack alone, without locks. Years up to 9999.
 */
void clock_text(uint64_t us, char ret_text[CLOCK_LEN]);

#endif
