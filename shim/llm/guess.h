#ifndef SP_LLM_GUESS_H
#define SP_LLM_GUESS_H

#include "base/str.h"

/*
 * tokens_quarters - a guess of how many tokens a text has, in quarters: one for
 * each four ASCII characters, one for each character of other scripts. Within
 * a third of what tokenizers make of prose; for counting where a provider does
 * not tell, nothing else.
 */
static inline uint64_t tokens_quarters(struct str text)
{
    uint64_t n = text.len, some[4];
    size_t i = 0;

    while (i < text.len) {
        unsigned char c;

        if (text.len - i >= sizeof(some)) { /* most text is mostly ASCII */
            memcpy(some, text.ptr + i, sizeof(some));
            if (((some[0] | some[1] | some[2] | some[3]) &
                 0x8080808080808080u) == 0) {
                i += sizeof(some);
                continue;
            }
        }
        c = (unsigned char)text.ptr[i++];
        if (c >= 0xc0)
            n += 3;
        else if (c >= 0x80)
            n--;
    }
    return n;
}

#endif
