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
    uint64_t tails = 0, others = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        tails += (c & 0xc0) == 0x80;
        others += c >= 0xc0;
    }
    return text.len - tails - others + 4 * others;
}

#endif
