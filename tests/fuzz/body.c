/*
 * One chunked body. Laws: cutting changes nothing; unchanged content leaves as
 * it came; changed content leaves as a body that reads back as what was put.
 */
#include <stdint.h>
#include <stdlib.h>

#include "wire/body.h"
#include "wire/rechunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAW(cond)                                                              \
    do {                                                                       \
        if (!(cond))                                                           \
            __builtin_trap();                                                  \
    } while (0)

struct result {
    enum err e;
    struct buf content; /* what was put, edits included */
    struct buf out;     /* the same, in chunks          */
    size_t taken;
};

/*
 * Put content; every byte equal to `mark` becomes "<>" if mark is odd, else
 * nothing, so that the edits do not depend on the cutting.
 */
static void put(struct rechunk *r, struct str s, int mark, struct result *res)
{
    while (s.len > 0) {
        size_t n = mark < 0 ? s.len : str_find_byte(s, (char)mark);
        struct str new;

        LAW(rechunk_put(r, str_head(s, n), n, true, &res->out) == OK);
        LAW(buf_add(&res->content, str_head(s, n)) == OK);
        s = str_skip(s, n);
        if (s.len == 0)
            break;
        new = *s.ptr & 1 ? STR("<>") : STR("");
        LAW(rechunk_put(r, new, 1, false, &res->out) == OK);
        LAW(buf_add(&res->content, new) == OK);
        s = str_skip(s, 1);
    }
}

static void run(struct str in, size_t step, int mark, struct result *res)
{
    struct body_event ev = {.kind = BODY_PIECE};
    struct http_body b;
    struct rechunk r;

    *res = (struct result){.e = E_AGAIN};
    buf_init(&res->content, 64 * MIB);
    buf_init(&res->out, 64 * MIB);
    http_body_init(&b, FRAMING_CHUNKED, 0);
    rechunk_init(&r);
    for (size_t at = 0; at < in.len && res->e == E_AGAIN; at += step) {
        struct str part = str_head(str_skip(in, at), step);

        while ((res->e = http_body_next(&b, &part, &ev)) == OK) {
            if (ev.kind == BODY_CHUNK_LINE)
                LAW(rechunk_line(&r, ev.bytes, ev.size) == OK);
            else if (ev.kind == BODY_PIECE)
                put(&r, ev.bytes, mark, res);
            else
                break;
        }
        if (res->e == OK) {
            LAW(rechunk_end(&r, ev.bytes, &res->out) == OK);
            res->taken =
                at + step > in.len ? in.len - part.len : at + step - part.len;
        }
    }
    LAW((http_body_eof(&b) == OK) == (res->e == OK));
    rechunk_free(&r);
    http_body_free(&b);
}

static void result_free(struct result *r)
{
    buf_free(&r->content);
    buf_free(&r->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result whole, cut, again;
    struct str in;
    size_t step;
    int mark;

    if (size < 3)
        return 0;
    step = (size_t)data[0] + 1;
    mark = data[1] < 128 ? data[1] : -1;
    in = (struct str){(const char *)data + 2, size - 2};
    run(in, in.len, mark, &whole);
    run(in, step, mark, &cut);
    LAW(whole.e == cut.e);
    LAW(whole.taken == cut.taken);
    LAW(str_eq(buf_str(&whole.content), buf_str(&cut.content)));
    LAW(str_eq(buf_str(&whole.out), buf_str(&cut.out)));
    if (whole.e == OK) {
        if (mark < 0)
            LAW(str_eq(buf_str(&whole.out), str_head(in, whole.taken)));
        run(buf_str(&whole.out), whole.out.len, -1, &again);
        LAW(again.e == OK && again.taken == whole.out.len);
        LAW(str_eq(buf_str(&again.content), buf_str(&whole.content)));
        result_free(&again);
    }
    result_free(&whole);
    result_free(&cut);
    return 0;
}
