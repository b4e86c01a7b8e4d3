#ifndef SP_RULES_SUM_H
#define SP_RULES_SUM_H

#include "base/str.h"

/* sum_of - the CRC-32 of zlib and PNG, whatever the processor: of a policy
 * image, all of which is read before anything of it is believed. */
uint32_t sum_of(struct str s);

#endif
