#include "base/buf.h"

#include <stdlib.h>

#include "base/limits.h"

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_free(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf){.max = b->max};
}

void buf_wipe_free(struct buf *b)
{
    if (b->ptr != NULL)
        explicit_bzero(b->ptr, b->cap);
    buf_free(b);
}

void buf_empty(struct buf *b)
{
    if (b->cap > LIM_BUF_KEEP)
        buf_wipe_free(b);
    b->len = 0;
}

enum err buf_reserve(struct buf *b, size_t n)
{
    size_t need, cap;
    char *p;

    if (!add_ok(b->len, n, &need) || need > b->max)
        return E_LIMIT;
    if (need <= b->cap)
        return OK;
    cap = b->cap > b->max / 2 ? b->max : b->cap * 2;
    if (cap < need)
        cap = need; /* of what comes at once nothing is left over */
    if (cap < 256)
        cap = b->max < 256 ? b->max : 256;
    p = realloc(b->ptr, cap);
    if (p == NULL)
        return E_NOMEM;
    b->ptr = p;
    b->cap = cap;
    return OK;
}

enum err buf_add_u64(struct buf *b, uint64_t n)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return buf_add(b, (struct str){digits + at, sizeof(digits) - at});
}

void buf_drop(struct buf *b, size_t n)
{
    if (n >= b->len) {
        b->len = 0;
        return;
    }
    if (n == 0)
        return;
    memmove(b->ptr, b->ptr + n, b->len - n);
    b->len -= n;
}
