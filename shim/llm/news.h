#ifndef SP_LLM_NEWS_H
#define SP_LLM_NEWS_H

#include "base/str.h"

/*
 * Words that a provider has used and its description does not know: names of
 * members, kinds of content. They are scanned like all text; a few are kept
 * for the audit line, so that somebody sees that the description is behind.
 */
#define NEWS_MAX  8
#define NEWS_WORD 48 /* longer ones are no names */

struct news {
    uint8_t len;
    char word[NEWS_WORD];
};

/* news_add - unless it is empty, there already, or one too many. */
static inline void news_add(struct news *list, size_t *count, struct str word)
{
    if (word.len == 0 || word.len > NEWS_WORD)
        return;
    for (size_t i = 0; i < *count; i++)
        if (str_eq((struct str){list[i].word, list[i].len}, word))
            return;
    if (*count == NEWS_MAX)
        return;
    list[*count].len = (uint8_t)word.len;
    memcpy(list[(*count)++].word, word.ptr, word.len);
}

#endif
