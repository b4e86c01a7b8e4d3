#include "compile/diag.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"

#define DIAG_LINE 1024

void diags_init(struct diags *d)
{
    *d = (struct diags){0};
    buf_init(&d->text, (2 * LIM_DIAGS + 1) * DIAG_LINE);
}

void diags_free(struct diags *d)
{
    buf_free(&d->text);
    d->count = 0;
}

static void add_line(struct diags *d, char *line, int len)
{
    size_t n = len < 0 ? 0 : (size_t)len;

    if (n > DIAG_LINE - 2)
        n = DIAG_LINE - 2;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    line[n] = '\n';
    if (buf_add(&d->text, (struct str){line, n + 1}))
        d->nomem = true;
}

__attribute__((format(printf, 4, 0))) static void
add_text(struct diags *d, struct place at, const char *kind, const char *format,
         va_list args)
{
    char line[DIAG_LINE];
    int n, more;

    if (at.line == 0)
        at.line = at.column = 1;
    n = snprintf(line, sizeof(line), "%s:%u:%u: %s: ", at.file, at.line,
                 at.column, kind);
    if (n < 0 || (size_t)n >= sizeof(line)) {
        add_line(d, line, n);
        return;
    }
    more = vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
    add_line(d, line, more < 0 ? n : n + more);
}

void diag_add(struct diags *d, struct place at, const char *format, ...)
{
    va_list args;

    if (d->count++ >= LIM_DIAGS)
        return;
    va_start(args, format);
    add_text(d, at, "error", format, args);
    va_end(args);
}

void diag_warn(struct diags *d, struct place at, const char *format, ...)
{
    va_list args;

    if (d->warnings++ >= LIM_DIAGS)
        return;
    va_start(args, format);
    add_text(d, at, "warning", format, args);
    va_end(args);
}

struct str diags_text(struct diags *d)
{
    if (d->count > LIM_DIAGS) {
        char line[DIAG_LINE];

        add_line(d, line,
                 snprintf(line, sizeof(line), "and %zu more errors",
                          d->count - LIM_DIAGS));
        d->count = LIM_DIAGS;
    }
    return buf_str(&d->text);
}
