#include "wire/chunk.h"

#include "base/limits.h"

/*
 *   DIGIT --";"--> EXT --CR--> LF --LF--> DONE
 *     \------------CR---------/
 */

static enum err step_digit(struct chunk_line *p, char c)
{
    int v = hex_value(c);

    if (v >= 0) {
        if (++p->digits > LIM_CHUNK_DIGITS)
            return E_LIMIT;
        p->size = p->size << 4 | (uint64_t)v; /* 16 digits: cannot overflow */
        return OK;
    }
    if (p->digits == 0 || (c != ';' && c != '\r'))
        return E_SYNTAX;
    p->state = c == ';' ? CHUNK_EXT : CHUNK_LF;
    p->ext = c == ';' ? 1 : 0;
    return OK;
}

static enum err step_ext(struct chunk_line *p, char c)
{
    unsigned char u = (unsigned char)c;

    if (c == '\r') {
        p->state = CHUNK_LF;
        return OK;
    }
    if ((u < 0x20 && c != '\t') || u == 0x7f)
        return E_SYNTAX;
    return ++p->ext > LIM_CHUNK_EXT ? E_LIMIT : OK;
}

static enum err step_lf(struct chunk_line *p, char c)
{
    if (c != '\n')
        return E_SYNTAX;
    p->state = CHUNK_DONE;
    return OK;
}

enum err chunk_line_next(struct chunk_line *p, struct str *in,
                         uint64_t *ret_size)
{
    static enum err (*const steps[])(struct chunk_line *, char) = {
        [CHUNK_DIGIT] = step_digit,
        [CHUNK_EXT] = step_ext,
        [CHUNK_LF] = step_lf,
    };
    enum err e;

    while (p->state != CHUNK_DONE) {
        if (in->len == 0)
            return E_AGAIN;
        if ((e = steps[p->state](p, *in->ptr)))
            return e;
        *in = str_skip(*in, 1);
    }
    *ret_size = p->size;
    return OK;
}
