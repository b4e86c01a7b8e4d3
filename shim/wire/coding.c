#include "wire/coding.h"

#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#include "base/limits.h"

/*
 * zlib does the decoding, in steps that end at every multiple of
 * LIM_DECODE_STEP of output: there the ratio is looked at, so the answer does
 * not depend on how the input was cut. Of the three bounds the absolute one is
 * exact: when it is reached, zlib gets one byte of scratch to write to, and the
 * byte tells that there is more.
 *
 * "deflate" is zlib's form by the RFC, and raw deflate by some senders. The
 * first two bytes tell: a zlib header has method 8 and is a multiple of 31, and
 * as raw deflate the same bytes would be a stored block with rubbish in its
 * padding, which no encoder writes.
 *
 * Time is the thread's processor time, not the clock's, so that a host that is
 * merely busy is not taken for a bomb.
 */

struct decoder {
    z_stream z;
    enum coding coding;
    bool started;  /* z is initialised                                */
    bool complete; /* the last member has ended                       */
    bool any;      /* a byte of input has come                        */
    enum err failed;
    uint64_t in, out; /* bytes so far                                 */
    uint64_t max_out;
    uint64_t spent_ns, max_ns;
    unsigned char front[2]; /* of deflate, until its form is known    */
    size_t front_len;
};

enum err coding_from(struct str value, enum coding *ret_coding)
{
    struct str v = str_trim(value);

    if (v.len == 0 || str_eq_nocase(v, STR("identity")))
        *ret_coding = CODING_IDENTITY;
    else if (str_eq_nocase(v, STR("gzip")) || str_eq_nocase(v, STR("x-gzip")))
        *ret_coding = CODING_GZIP;
    else if (str_eq_nocase(v, STR("deflate")))
        *ret_coding = CODING_DEFLATE;
    else
        return E_UNSUPPORTED;
    return OK;
}

static enum err zlib_start(struct decoder *d, int window_bits)
{
    int rc = inflateInit2(&d->z, window_bits);

    if (rc == Z_MEM_ERROR)
        return E_NOMEM;
    if (rc != Z_OK)
        return E_INTERNAL;
    d->started = true;
    return OK;
}

enum err decoder_new(enum coding coding, size_t max_out, struct decoder **ret_d)
{
    struct decoder *d = calloc(1, sizeof(*d));
    enum err e;

    if (d == NULL)
        return E_NOMEM;
    d->coding = coding;
    d->max_out = max_out;
    d->max_ns = UINT64_C(1000) * LIM_DECODE_US;
    if (coding == CODING_GZIP && (e = zlib_start(d, MAX_WBITS + 16))) {
        free(d);
        return e;
    }
    *ret_d = d;
    return OK;
}

void decoder_free(struct decoder *d)
{
    if (d == NULL)
        return;
    if (d->started)
        (void)inflateEnd(&d->z);
    free(d);
}

void decoder_limit_time(struct decoder *d, uint64_t us)
{
    d->max_ns = us * 1000;
}

static uint64_t now_ns(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* How much may be written in this step; 0 when a bound leaves no room. */
static size_t step_room(const struct decoder *d, size_t in_len,
                        const struct buf *out)
{
    size_t room = LIM_DECODE_STEP - (size_t)(d->out % LIM_DECODE_STEP);
    size_t want =
        in_len > LIM_DECODE_STEP / 8 ? LIM_DECODE_STEP : in_len * 8 + 4 * KIB;

    if (room > want)
        room = want;
    if (room > d->max_out - d->out)
        room = (size_t)(d->max_out - d->out);
    return room < out->max - out->len ? room : out->max - out->len;
}

/* What zlib's answer means; *ret_more: call it again. */
static enum err zlib_answer(struct decoder *d, int rc, bool *ret_more)
{
    *ret_more = d->z.avail_in > 0 || d->z.avail_out == 0;
    switch (rc) {
    case Z_OK:
        return OK;
    case Z_BUF_ERROR: /* no progress possible: it wants input */
        *ret_more = false;
        return OK;
    case Z_STREAM_END:
        d->complete = true;
        *ret_more = d->z.avail_in > 0;
        return OK;
    case Z_MEM_ERROR:
        return E_NOMEM;
    case Z_DATA_ERROR:
    case Z_NEED_DICT:
        return E_SYNTAX;
    default:
        return E_INTERNAL;
    }
}

/* A member has ended and more bytes follow it. */
static enum err next_member(struct decoder *d)
{
    if (d->coding != CODING_GZIP)
        return E_SYNTAX;
    d->complete = false;
    return inflateReset(&d->z) == Z_OK ? OK : E_INTERNAL;
}

static enum err zlib_step(struct decoder *d, struct buf *out, bool *ret_more)
{
    size_t room = step_room(d, d->z.avail_in, out);
    unsigned char scratch;
    uInt in_before = d->z.avail_in;
    size_t made;
    enum err e;
    int rc;

    if (d->complete && (e = next_member(d)))
        return e;
    if (room > 0 && (e = buf_reserve(out, room)))
        return e;
    d->z.next_out = room > 0 ? (Bytef *)(out->ptr + out->len) : &scratch;
    d->z.avail_out = room > 0 ? (uInt)room : 1;
    rc = inflate(&d->z, Z_NO_FLUSH);
    made = (room > 0 ? room : 1) - d->z.avail_out;
    if (room == 0 && made > 0)
        return E_LIMIT;
    out->len += made;
    d->out += made;
    d->in += in_before - d->z.avail_in;
    if (d->out % LIM_DECODE_STEP == 0 && d->out > LIM_DECODED_FREE &&
        d->out / LIM_DECODED_RATIO > d->in)
        return E_LIMIT;
    return zlib_answer(d, rc, ret_more);
}

/* One input of at most 1 GiB, which zlib's counters can hold. */
static enum err inflate_all(struct decoder *d, struct str in, struct buf *out)
{
    uint64_t start = now_ns();
    bool more = in.len > 0;
    enum err e = OK;

    /* zlib never writes through next_in, whose type is not const */
    d->z.next_in = (Bytef *)(uintptr_t)in.ptr;
    d->z.avail_in = (uInt)in.len;
    while (e == OK && more) {
        e = zlib_step(d, out, &more);
        if (e == OK && d->spent_ns + (now_ns() - start) > d->max_ns)
            e = E_LIMIT;
    }
    d->spent_ns += now_ns() - start;
    d->z.next_in = NULL;
    d->z.avail_in = 0;
    return e;
}

/* Choose the form of deflate by its first two bytes, then decode those. */
static enum err deflate_start(struct decoder *d, struct str *in,
                              struct buf *out)
{
    bool wrapped;
    enum err e;

    while (d->front_len < 2 && in->len > 0) {
        d->front[d->front_len++] = (unsigned char)*in->ptr;
        *in = str_skip(*in, 1);
    }
    if (d->front_len < 2)
        return OK;
    wrapped =
        (d->front[0] & 15) == 8 && (d->front[0] << 8 | d->front[1]) % 31 == 0;
    if ((e = zlib_start(d, wrapped ? MAX_WBITS : -MAX_WBITS)))
        return e;
    return inflate_all(d, (struct str){(const char *)d->front, 2}, out);
}

static enum err copy(struct decoder *d, struct str in, struct buf *out)
{
    size_t room = (size_t)(d->max_out - d->out);
    enum err e = buf_add(out, str_head(in, room));

    if (e)
        return e;
    d->out += in.len < room ? in.len : room;
    return in.len > room ? E_LIMIT : OK;
}

static enum err feed(struct decoder *d, struct str in, struct buf *out)
{
    enum err e = OK;

    if (d->coding == CODING_IDENTITY)
        return copy(d, in, out);
    if (!d->started && (e = deflate_start(d, &in, out)))
        return e;
    while (e == OK && in.len > 0) {
        struct str part = str_head(in, 1024 * MIB);

        e = inflate_all(d, part, out);
        in = str_skip(in, part.len);
    }
    return e;
}

enum err decoder_feed(struct decoder *d, struct str in, struct buf *out)
{
    if (d->failed)
        return d->failed;
    if (in.len == 0)
        return OK;
    d->any = true;
    d->failed = feed(d, in, out);
    return d->failed;
}

enum err decoder_end(struct decoder *d)
{
    if (d->failed)
        return d->failed;
    if (d->coding == CODING_IDENTITY || !d->any || d->complete)
        return OK;
    return d->failed = E_SYNTAX;
}
