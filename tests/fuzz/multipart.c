/*
 * A form, whose first line is the value of its Content-Type. Laws: parts lie in
 * the body, in order; where the whole is taken, a reader that takes any line
 * end before a boundary, and any white space behind it, finds the same parts.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"
#include "wire/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAW(cond)                                                              \
    do {                                                                       \
        if (!(cond))                                                           \
            __builtin_trap();                                                  \
    } while (0)

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* Lines that begin with the boundary, whatever comes behind it. */
static size_t lenient(struct str boundary, struct str body)
{
    size_t n = 0;

    for (size_t i = 0; i + 2 + boundary.len <= body.len; i++)
        n += (i == 0 || is_line_end(body.ptr[i - 1])) && body.ptr[i] == '-' &&
             body.ptr[i + 1] == '-' &&
             str_starts(str_skip(body, i + 2), boundary);
    return n;
}

static void check_part(const struct part_at *p, struct str body,
                       const char **end)
{
    LAW(p->name.ptr != NULL);
    LAW(p->head.ptr >= *end);
    LAW(p->content.ptr >= p->head.ptr + p->head.len);
    *end = p->content.ptr + p->content.len;
    LAW(*end <= body.ptr + body.len);
}

static void check(struct str boundary, struct str body)
{
    const char *end = body.ptr;
    struct multipart m;
    struct part_at p;
    size_t parts = 0;
    enum err e;

    multipart_init(&m, boundary, body);
    while ((e = multipart_next(&m, &p)) == OK) {
        check_part(&p, body, &end);
        parts++;
    }
    LAW(e != E_NOMEM && e != E_INTERNAL);
    LAW((e == E_AGAIN) == (m.why == NULL));
    if (e == E_AGAIN)
        LAW(lenient(boundary, body) == parts + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str body = {(const char *)data, size}, boundary;
    struct str type = str_split(&body, '\n');

    if (multipart_boundary(type, &boundary) == OK) {
        LAW(boundary.len > 0 && boundary.len <= MULTIPART_BOUNDARY);
        check(boundary, body);
    }
    return 0;
}
