#include "failmalloc.h"

#include <errno.h>
#include <stdatomic.h>

/* The linker's names for what --wrap takes away and puts in its place. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static atomic_size_t count, fail_at;
static atomic_bool from, failed;

void failmalloc_at(size_t n, enum fail_mode mode)
{
    fail_at = 0;
    count = 0;
    failed = false;
    from = mode == FAIL_FROM;
    fail_at = n;
}

bool failmalloc_off(void)
{
    fail_at = 0;
    return failed;
}

size_t failmalloc_count(void)
{
    return count;
}

static bool fails(void)
{
    size_t nth = ++count, at = fail_at;

    if (at == 0 || nth < at || (nth > at && !from))
        return false;
    failed = true;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}
