/* Content codings, whole and in pieces, and the bounds on what they give. */
#include "check.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/limits.h"
#include "failmalloc.h"
#include "wire/coding.h"

/* Compress; window bits as zlib has them: 31 gzip, 15 zlib, -15 raw. */
static void pack(struct str in, int bits, struct buf *out)
{
    z_stream z = {0};

    if (deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        buf_reserve(out, deflateBound(&z, in.len)) != OK)
        abort();
    z.next_in = (Bytef *)(uintptr_t)in.ptr;
    z.avail_in = (uInt)in.len;
    z.next_out = (Bytef *)(out->ptr + out->len);
    z.avail_out = (uInt)(out->cap - out->len);
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    out->len += z.total_out;
    deflateEnd(&z);
}

struct outcome {
    enum err e; /* of the feeds, then of the end */
    struct buf out;
};

static void run(enum coding coding, struct str in, size_t max, size_t cut,
                size_t step, struct outcome *o)
{
    struct decoder *d;

    buf_init(&o->out, 64 * MIB);
    if (!CHECK_INT(decoder_new(coding, max, &d), OK))
        return;
    for (size_t at = 0; at < in.len;) {
        size_t n = step > 0 ? step : at < cut ? cut - at : in.len - at;
        struct str part = str_head(str_skip(in, at), n);
        char *copy = malloc(part.len);

        if (copy == NULL)
            abort();
        memcpy(copy, part.ptr, part.len);
        o->e = decoder_feed(d, (struct str){copy, part.len}, &o->out);
        free(copy);
        if (o->e)
            break;
        at += part.len;
    }
    o->e = decoder_end(d);
    decoder_free(d);
}

static void run_every(enum coding coding, struct str in, enum err e,
                      struct str want)
{
    struct outcome o;

    for (size_t cut = 0; cut <= in.len; cut++) {
        run(coding, in, MIB, cut, cut == 0, &o);
        CHECK_INT(o.e, e);
        if (e == OK)
            CHECK_EQ(buf_str(&o.out), want);
        buf_free(&o.out);
    }
}

static void test_names(void)
{
    static const struct {
        struct str in;
        enum err e;
        enum coding want;
    } cases[] = {
        {STR_INIT(""), OK, CODING_IDENTITY},
        {STR_INIT("identity"), OK, CODING_IDENTITY},
        {STR_INIT("gzip"), OK, CODING_GZIP},
        {STR_INIT("X-GZip"), OK, CODING_GZIP},
        {STR_INIT("deflate"), OK, CODING_DEFLATE},
        {STR_INIT("br"), E_UNSUPPORTED, CODING_IDENTITY},
        {STR_INIT("zstd"), E_UNSUPPORTED, CODING_IDENTITY},
        {STR_INIT("compress"), E_UNSUPPORTED, CODING_IDENTITY},
        {STR_INIT("gzip, gzip"), E_UNSUPPORTED, CODING_IDENTITY},
        {STR_INIT("gzip, br"), E_UNSUPPORTED, CODING_IDENTITY},
        {STR_INIT("br,gzip"), E_UNSUPPORTED, CODING_IDENTITY},
        {STR_INIT("identity, gzip"), E_UNSUPPORTED, CODING_IDENTITY},
        {STR_INIT("gzip,"), E_UNSUPPORTED, CODING_IDENTITY},
        {STR_INIT("gzip;q=1"), E_UNSUPPORTED, CODING_IDENTITY},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum coding c = CODING_IDENTITY;

        CHECK_ROW(cases[i].in.ptr);
        CHECK_INT(coding_from(cases[i].in, &c), cases[i].e);
        CHECK_INT(c, cases[i].want);
    }
    CHECK_ROW(NULL);
}

#define TEXT "a short text, a short text, and a short end of it"

static void test_forms(void)
{
    struct buf in;

    buf_init(&in, MIB);
    pack(STR(TEXT), 31, &in);
    run_every(CODING_GZIP, buf_str(&in), OK, STR(TEXT));
    run_every(CODING_DEFLATE, buf_str(&in), E_SYNTAX, STR(""));
    run_every(CODING_GZIP, str_head(buf_str(&in), in.len - 1), E_SYNTAX,
              STR(""));
    in.ptr[in.len - 5] ^= 1; /* the checksum */
    run_every(CODING_GZIP, buf_str(&in), E_SYNTAX, STR(""));
    buf_clear(&in);
    pack(STR(TEXT), 15, &in);
    run_every(CODING_DEFLATE, buf_str(&in), OK, STR(TEXT));
    run_every(CODING_GZIP, buf_str(&in), E_SYNTAX, STR(""));
    CHECK_INT(buf_add_byte(&in, 'x'), OK);
    run_every(CODING_DEFLATE, buf_str(&in), E_SYNTAX, STR(""));
    buf_clear(&in);
    pack(STR(TEXT), -15, &in);
    run_every(CODING_DEFLATE, buf_str(&in), OK, STR(TEXT));
    run_every(CODING_DEFLATE, str_head(buf_str(&in), 1), E_SYNTAX, STR(""));
    run_every(CODING_IDENTITY, STR(TEXT), OK, STR(TEXT));
    run_every(CODING_GZIP, STR(""), OK, STR(""));
    run_every(CODING_GZIP, STR(TEXT), E_SYNTAX, STR(""));
    buf_free(&in);
}

/* Trailing members are content; trailing rubbish is refused. */
static void test_members(void)
{
    struct buf in;

    buf_init(&in, MIB);
    pack(STR("one "), 31, &in);
    pack(STR(""), 31, &in);
    pack(STR("two"), 31, &in);
    run_every(CODING_GZIP, buf_str(&in), OK, STR("one two"));
    run_every(CODING_GZIP, str_head(buf_str(&in), in.len - 3), E_SYNTAX,
              STR(""));
    CHECK_INT(buf_add_byte(&in, '\0'), OK);
    run_every(CODING_GZIP, buf_str(&in), E_SYNTAX, STR(""));
    in.ptr[in.len - 1] = '\x1f';
    run_every(CODING_GZIP, buf_str(&in), E_SYNTAX, STR(""));
    buf_free(&in);
}

/* `size` bytes, as random as `distinct` values make them. */
static void noise(struct buf *b, size_t size, unsigned distinct)
{
    uint32_t x = 1;

    buf_clear(b);
    if (buf_reserve(b, size) != OK)
        abort();
    for (; b->len < size; b->len++) {
        x = x * 1664525 + 1013904223;
        b->ptr[b->len] = (char)((x >> 24) % distinct);
    }
}

static void test_max(void)
{
    static const size_t sizes[] = {1, 65535, 65536, 65537, 200000};
    struct buf text, in;

    buf_init(&text, 64 * MIB);
    buf_init(&in, 64 * MIB);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        for (size_t step = 0; step < 2; step++) {
            struct outcome o;

            noise(&text, sizes[i], 100);
            buf_clear(&in);
            pack(buf_str(&text), 31, &in);
            run(CODING_GZIP, buf_str(&in), sizes[i], 0, step * 999, &o);
            CHECK_INT(o.e, OK);
            CHECK(str_eq(buf_str(&o.out), buf_str(&text)));
            buf_free(&o.out);
            run(CODING_GZIP, buf_str(&in), sizes[i] - 1, 0, step * 999, &o);
            CHECK_INT(o.e, E_LIMIT);
            CHECK_INT(o.out.len, sizes[i] - 1);
            buf_free(&o.out);
            run(CODING_IDENTITY, buf_str(&text), sizes[i] - 1, 0, 0, &o);
            CHECK_INT(o.e, E_LIMIT);
            buf_free(&o.out);
        }
    }
    buf_free(&text);
    buf_free(&in);
}

/* A bomb is stopped soon after the free part, however it is cut. */
static void test_ratio(void)
{
    static const size_t steps[] = {0, 1, 100};
    struct buf text, in;

    buf_init(&text, 64 * MIB);
    buf_init(&in, 64 * MIB);
    noise(&text, 4 * MIB, 1);
    pack(buf_str(&text), 31, &in);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct outcome o;

        run(CODING_GZIP, buf_str(&in), 8 * MIB, 0, steps[i], &o);
        CHECK_INT(o.e, E_LIMIT);
        CHECK_INT(o.out.len, LIM_DECODED_FREE + LIM_DECODE_STEP);
        buf_free(&o.out);
        run(CODING_GZIP, buf_str(&in), LIM_DECODED_FREE, 0, steps[i], &o);
        CHECK_INT(o.e, E_LIMIT);
        CHECK_INT(o.out.len, LIM_DECODED_FREE);
        buf_free(&o.out);
    }
    buf_clear(&in); /* as much as is free may have any ratio */
    pack(str_head(buf_str(&text), LIM_DECODED_FREE), 31, &in);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct outcome o;

        run(CODING_GZIP, buf_str(&in), 8 * MIB, 0, steps[i], &o);
        CHECK_INT(o.e, OK);
        buf_free(&o.out);
    }
    buf_free(&text);
    buf_free(&in);
}

static void test_time(void)
{
    struct buf text, in, out;
    struct decoder *d;

    buf_init(&text, MIB);
    buf_init(&in, MIB);
    buf_init(&out, MIB);
    noise(&text, 200000, 50);
    pack(buf_str(&text), 31, &in);
    CHECK_INT(decoder_new(CODING_GZIP, MIB, &d), OK);
    decoder_limit_time(d, 0);
    CHECK_INT(decoder_feed(d, buf_str(&in), &out), E_LIMIT);
    CHECK(out.len <= LIM_DECODE_STEP);
    CHECK_INT(decoder_feed(d, buf_str(&in), &out), E_LIMIT);
    CHECK_INT(decoder_end(d), E_LIMIT);
    decoder_free(d);
    buf_free(&text);
    buf_free(&in);
    buf_free(&out);
}

/* An output buffer that is exactly full is full, not over. */
static void test_small_out(void)
{
    struct buf in, out;
    struct decoder *d;

    buf_init(&in, MIB);
    pack(STR(TEXT), 31, &in);
    for (size_t over = 0; over < 2; over++) {
        buf_init(&out, sizeof(TEXT) - 1 - over);
        CHECK_INT(decoder_new(CODING_GZIP, MIB, &d), OK);
        CHECK_INT(decoder_feed(d, buf_str(&in), &out), over ? E_LIMIT : OK);
        CHECK_INT(out.len, out.max);
        decoder_free(d);
        buf_free(&out);
    }
    buf_free(&in);
}

static void test_no_memory(void)
{
    struct buf in;

    buf_init(&in, MIB);
    pack(STR(TEXT), 15, &in);
    for (size_t n = 1;; n++) {
        struct decoder *d = NULL;
        struct buf out;
        enum err e;

        buf_init(&out, MIB);
        failmalloc_at(n, FAIL_ONE);
        e = decoder_new(CODING_DEFLATE, MIB, &d);
        if (e == OK)
            e = decoder_feed(d, buf_str(&in), &out);
        CHECK_INT(e, failmalloc_off() ? E_NOMEM : OK);
        decoder_free(d);
        buf_free(&out);
        if (e == OK)
            break;
    }
    buf_free(&in);
}

int main(void)
{
    RUN(test_names);
    RUN(test_forms);
    RUN(test_members);
    RUN(test_max);
    RUN(test_ratio);
    RUN(test_time);
    RUN(test_small_out);
    RUN(test_no_memory);
    return check_done();
}
