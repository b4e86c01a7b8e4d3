/*
 * Compressed content. Laws: cutting changes neither what comes out nor whether
 * it is accepted; no bound is passed.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "wire/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAW(cond)                                                              \
    do {                                                                       \
        if (!(cond))                                                           \
            __builtin_trap();                                                  \
    } while (0)

#define MAX_OUT (300 * KIB)

static enum err run(enum coding coding, struct str in, size_t step,
                    struct buf *out)
{
    struct decoder *d;
    enum err e = OK;

    buf_init(out, 2 * MAX_OUT);
    LAW(decoder_new(coding, MAX_OUT, &d) == OK);
    decoder_limit_time(d, 1000000000); /* a fuzzer's time is not to count */
    for (size_t at = 0; at < in.len && e == OK; at += step)
        e = decoder_feed(d, str_head(str_skip(in, at), step), out);
    LAW(out->len <= MAX_OUT);
    e = decoder_end(d);
    decoder_free(d);
    return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, cut;
    enum coding coding;
    struct str in;
    size_t step;
    enum err e;

    if (size < 2)
        return 0;
    coding = data[0] & 1 ? CODING_GZIP : CODING_DEFLATE;
    step = (size_t)(data[0] >> 1) + 1;
    in = (struct str){(const char *)data + 1, size - 1};
    e = run(coding, in, in.len, &whole);
    LAW(run(coding, in, step, &cut) == e);
    if (e == OK)
        LAW(str_eq(buf_str(&whole), buf_str(&cut)));
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
