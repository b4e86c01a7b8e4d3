#include <stdlib.h>
#include <string.h>

#include "detect/keyfile.h"

/*
 * Hostile bytes as a file that secrets are kept in, and as a text with keys in
 * it. Values lie in the file (a name may be ours), items come to an end, and a
 * file that is read again after its strings were unescaped in place does no
 * harm either.
 */

static volatile unsigned sum; /* of bytes that have to be there */

static void inside(const char *ptr, size_t size, struct str s)
{
    if (s.len > 0 &&
        (s.ptr < ptr || s.len > size || (size_t)(s.ptr - ptr) > size - s.len))
        __builtin_trap();
}

static void read_items(char *ptr, size_t size)
{
    struct keyfile_item item;
    struct keyfile f;
    size_t n = 0;

    keyfile_start(&f, ptr, size);
    while (keyfile_next(&f, &item)) {
        inside(ptr, size, item.value);
        for (size_t i = 0; i < item.name.len; i++)
            sum += (unsigned char)item.name.ptr[i];
        if (++n > size + 1)
            __builtin_trap();
    }
    if (keyfile_next(&f, &item)) /* the end is the end */
        __builtin_trap();
}

static void read_pem(const char *ptr, size_t size)
{
    struct str text = {ptr, size}, body;
    size_t left = size;

    while (keyfile_pem(&text, &body)) {
        inside(ptr, size, body);
        if (text.len >= left)
            __builtin_trap();
        left = text.len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);

    if (copy == NULL)
        return 0;
    if (size > 0)
        memcpy(copy, data, size);
    read_pem(copy, size);
    read_items(copy, size);
    read_items(copy, size);
    free(copy);
    return 0;
}
