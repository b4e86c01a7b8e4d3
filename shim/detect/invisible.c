#include "detect/invisible.h"

/* Sorted. DerivedCoreProperties.txt of Unicode 15,
 * Default_Ignorable_Code_Point, and U+FFF9-FFFB. */
static const struct {
    uint32_t first, last;
} ranges[] = {
    {0x00ad, 0x00ad},   {0x034f, 0x034f},   {0x061c, 0x061c},
    {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
    {0x200b, 0x200f},   {0x202a, 0x202e},   {0x2060, 0x206f},
    {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool is_invisible(uint32_t cp)
{
    if (cp > 0x1d17a)
        return cp >= 0xe0000 && cp <= 0xe0fff;
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
        if (cp <= ranges[i].last)
            return cp >= ranges[i].first;
    return false;
}

uint32_t plain_space(uint32_t cp)
{
    switch (cp) {
    case 0x00a0:
    case 0x1680:
    case 0x202f:
    case 0x205f:
    case 0x2800: /* the Braille pattern without dots */
    case 0x3000:
        return ' ';
    case 0x0085:
    case 0x2028:
    case 0x2029:
        return '\n';
    default:
        return cp >= 0x2000 && cp <= 0x200a ? ' ' : cp;
    }
}
