#ifndef SP_DETECT_INVISIBLE_H
#define SP_DETECT_INVISIBLE_H

#include "base/str.h"

/*
 * is_invisible - shows nothing by itself: Default_Ignorable_Code_Point (Unicode
 * Standard Annex 44) and the interlinear annotation marks. Not the same as the
 * general category Cf, which has visible characters and lacks some of these.
 */
bool is_invisible(uint32_t cp);

/* plain_space - U+0020 or LF for a character that looks like one of them, the
 * character itself for every other. */
uint32_t plain_space(uint32_t cp);

/* is_tag - of the tag characters that stand for printable ASCII. */
static inline bool is_tag(uint32_t cp)
{
    return cp >= 0xe0020 && cp <= 0xe007e;
}

/* selector_byte - of a variation selector, the byte it may carry; or -1. */
static inline int selector_byte(uint32_t cp)
{
    if (cp >= 0xfe00 && cp <= 0xfe0f)
        return (int)(cp - 0xfe00);
    return cp >= 0xe0100 && cp <= 0xe01ef ? (int)(cp - 0xe0100 + 16) : -1;
}

#endif
