#ifndef SP_JSON_SCAN_H
#define SP_JSON_SCAN_H

/*
 * Shared by the sources of this room, and llm/shape.c: the inside of a string
 * literal, by plain stretches and escapes or character by character.
 */

#include "base/str.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define SCAN_ESCAPE_MAX 12 /* bytes of the longest escape, a surrogate pair */

/* scan_special - the byte ends a plain stretch: control, quote, backslash. */
static inline bool scan_special(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

/*
 * scan_plain - the end of the plain stretch at p: the first special byte, or
 * `end`. *high is set if a byte above 127 was seen, perhaps behind that place;
 * it is never cleared.
 */
static inline const char *scan_plain(const char *p, const char *end, bool *high)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\');
    const __m128i last_control = _mm_set1_epi8(0x1f);

    while (end - p >= 16) { /* never reads behind end */
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, last_control), v);
        __m128i ends =
            _mm_or_si128(control, _mm_or_si128(_mm_cmpeq_epi8(v, quote),
                                               _mm_cmpeq_epi8(v, back)));
        int mask = _mm_movemask_epi8(ends);

        *high |= _mm_movemask_epi8(v) != 0;
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
        p += 16;
    }
#endif
    while (p < end && !scan_special(*p)) {
        *high |= (unsigned char)*p >= 0x80;
        p++;
    }
    return p;
}

/* What follows the backslash of an escape of two bytes, and the byte that it
 * stands for; 0 for all else. */
extern const char scan_simple[256];

/*
 * scan_escape - the escape at the front of s, which begins with a backslash
 * (RFC 8259, section 7). A surrogate pair is one escape.
 *
 * OK        *ret_len bytes (2, 6 or 12) stand for the scalar value *ret_cp
 * E_AGAIN   s ends inside of it
 * E_SYNTAX  no escape of JSON, or half a surrogate pair
 */
MUST_USE enum err scan_escape(struct str s, size_t *ret_len, uint32_t *ret_cp);

/* One escape, or one character that stands for itself. */
struct unit {
    size_t raw_len;  /* its bytes in the literal  */
    size_t text_len; /* its bytes in the text     */
    char text[4];
};

/*
 * unit_next - take one unit from the front of *raw, which is not empty. A byte
 * that begins no UTF-8 character is a unit of its own. E_SYNTAX for a bad or
 * cut escape.
 */
MUST_USE enum err unit_next(struct str *raw, struct unit *ret_unit);

#endif
