#ifndef SP_DETECT_ENTROPY_H
#define SP_DETECT_ENTROPY_H

#include "base/str.h"

/*
 * entropy_milli - Shannon entropy of the bytes of s, in thousandths of a bit
 * per byte: 0 for the empty string or one repeated byte, at most 8000. Integer
 * arithmetic only, so that every machine gives the same answer.
 */
uint32_t entropy_milli(struct str s);

#endif
