#include "rules/prefilter.h"

/*
 * One rule's keywords at one place, in all the ways that PCRE2 reads them. Slow
 * beside the prefilter, and needed where that cannot say: on streams, behind a
 * full list of offsets, and in a text with a second spelling of s or k.
 */

enum keyword_here keyword_at(struct str keyword, struct str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t at = 0;

    for (size_t i = 0; i < keyword.len; i++) {
        char c = to_lower(keyword.ptr[i]);

        if (at == text.len)
            return KEYWORD_CUT;
        if (to_lower(text.ptr[at]) == c)
            at++;
        else if (c == 's' && text.len - at >= 2 && p[at] == 0xc5 &&
                 p[at + 1] == 0xbf)
            at += 2;
        else if (c == 'k' && text.len - at >= 3 && p[at] == 0xe2 &&
                 p[at + 1] == 0x84 && p[at + 2] == 0xaa)
            at += 3;
        else
            return KEYWORD_NO;
    }
    return KEYWORD_YES;
}

void keyword_starts(const struct rule *r, bool starts[256])
{
    memset(starts, 0, 256);
    for (size_t j = 0; j < r->keyword_count; j++) {
        char c = to_lower(r->keywords[j].ptr[0]);

        starts[(unsigned char)c] = true;
        if (c >= 'a' && c <= 'z')
            starts[c & 0x5f] = true;
        if (c == 's')
            starts[0xc5] = true;
        if (c == 'k')
            starts[0xe2] = true;
    }
}

size_t keyword_next(const struct rule *r, const bool starts[256],
                    struct str text, size_t from, bool open)
{
    for (size_t i = from; i < text.len; i++) {
        if (!starts[(unsigned char)text.ptr[i]])
            continue;
        for (size_t j = 0; j < r->keyword_count; j++) {
            enum keyword_here here =
                keyword_at(r->keywords[j], str_skip(text, i));

            if (here == KEYWORD_YES || (here == KEYWORD_CUT && open))
                return i;
        }
    }
    return text.len;
}
