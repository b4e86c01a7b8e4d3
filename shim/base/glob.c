#include "base/glob.h"

static bool same(char p, char t, bool nocase)
{
    return p == '?' || p == t || (nocase && to_lower(p) == to_lower(t));
}

/* Only the last star has to be tried again: what stands before it fits as far
 * to the left as it can. */
bool glob_match(struct str pattern, struct str text, bool nocase)
{
    size_t p = 0, t = 0, star = pattern.len, from = 0;

    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.len &&
                   same(pattern.ptr[p], text.ptr[t], nocase)) {
            p++;
            t++;
        } else if (star < pattern.len) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}
