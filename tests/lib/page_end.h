#ifndef SP_TESTS_PAGE_END_H
#define SP_TESTS_PAGE_END_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"

/* page_end - a copy of a text of less than a page, behind which nothing can be
 * read: one byte too many ends the test. There is one at a time. */
static inline struct str page_end(struct str text)
{
    static char *pages;
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char *at;

    if (pages == NULL) {
        pages = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED || mprotect(pages + size, size, PROT_NONE))
            exit(1);
    }
    at = pages + size - text.len;
    if (text.len != 0)
        memcpy(at, text.ptr, text.len);
    return (struct str){at, text.len};
}

#endif
