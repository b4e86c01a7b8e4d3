#include "detect/canary.h"

#include "base/utf8.h"

#define WINDOW 512

void canary_make(const unsigned char random[CANARY_LEN],
                 char ret_canary[CANARY_LEN])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

    for (size_t i = 0; i < CANARY_LEN; i++)
        ret_canary[i] = digits[random[i] & 31];
}

/* How many letters at the end may be the beginning of a canary. */
static size_t open_tail(struct str canary, const unsigned char *end, size_t n)
{
    size_t k = n < canary.len - 1 ? n : canary.len - 1;

    while (memcmp(end - k, canary.ptr, k) != 0)
        k--;
    return k;
}

void canary_find(struct str canary, struct str text, size_t from, bool open,
                 struct canary_hit *ret)
{
    unsigned char bytes[WINDOW];
    uint32_t at[WINDOW];
    struct letters in = letters_start(text, from);
    size_t n = 0, next = canary.len, more;

    *ret = (struct canary_hit){.cursor = text.len};
    while ((more = letters_fill(&in, bytes + n, at + n, WINDOW - n)) > 0) {
        for (n += more; next <= n; next++) {
            if (memcmp(bytes + next - canary.len, canary.ptr, canary.len) != 0)
                continue;
            ret->found = true;
            ret->start = at[next - canary.len];
            ret->end = at[next - 1] + utf8_char(str_skip(text, at[next - 1]));
            ret->cursor = ret->end;
            return;
        }
        if (n < WINDOW)
            continue;
        more = n - (canary.len - 1); /* those that no later one begins in */
        memmove(bytes, bytes + more, n - more);
        memmove(at, at + more, (n - more) * sizeof(at[0]));
        n -= more;
        next = canary.len;
    }
    more = open ? open_tail(canary, bytes + n, n) : 0;
    if (more > 0)
        ret->cursor = at[n - more];
}
