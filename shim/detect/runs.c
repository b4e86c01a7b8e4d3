#include "detect/decode.h"

#include <zlib.h>

#include "base/limits.h"
#include "detect/classes.h"

/*
 * Runs of base64, base32 and hex. Text is full of words that could be one, so
 * the beginning of a run is tried before all of it.
 */

#define TRIED      32 /* characters of a run that are tried first */
#define LINE_LEAST 40 /* a run this long may go on in the next line */
#define PAIRS      8

static int value64(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

static int value32(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static int value_of(enum view_step how, char c)
{
    return how == VIEW_HEX      ? hex_value(c)
           : how == VIEW_BASE32 ? value32(c)
                                : value64(c);
}

static unsigned bits_of(enum view_step how)
{
    return how == VIEW_HEX ? 4 : how == VIEW_BASE32 ? 5 : 6;
}

/* The bytes of s into d->raw; what is not of the alphabet is passed over. */
static enum err decode_all(struct decoding *d, enum view_step how, struct str s)
{
    unsigned width = bits_of(how), have = 0;
    uint32_t bits = 0;
    enum err e;

    buf_clear(&d->raw);
    if ((e = buf_reserve(&d->raw, s.len / 8 * width + 8)))
        return e;
    for (size_t i = 0; i < s.len; i++) {
        int v = value_of(how, s.ptr[i]);

        if (v < 0)
            continue;
        bits = bits << width | (uint32_t)v;
        have += width;
        if (have < 8)
            continue;
        have -= 8;
        if ((e = buf_add_byte(&d->raw, (char)(bits >> have & 0xff))))
            return e;
    }
    return OK;
}

/* Does the beginning look like text? Beyond ASCII anything may. */
static bool begins_well(enum view_step how, struct str s)
{
    unsigned width = bits_of(how), have = 0, bad = 0, all = 0;
    uint32_t bits = 0;

    for (size_t i = 0; i < s.len && i < TRIED; i++) {
        int v = value_of(how, s.ptr[i]);
        unsigned char c;

        if (v < 0)
            continue;
        bits = bits << width | (uint32_t)v;
        have += width;
        if (have < 8)
            continue;
        have -= 8;
        c = (unsigned char)(bits >> have);
        all++;
        bad += (c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f ||
               c == 0xc0 || c == 0xc1 || c > 0xf4;
    }
    return all > 0 && bad * 6 <= all;
}

/* The run goes on in the next line, as it is broken in mail and PEM. */
static struct str with_lines(struct str text, struct str run)
{
    size_t start = (size_t)(run.ptr - text.ptr), end = start + run.len;
    size_t line = run.len;

    while (line >= LINE_LEAST && line % 4 == 0) {
        size_t at = end;

        at += at < text.len && text.ptr[at] == '\r';
        if (at == text.len || text.ptr[at] != '\n')
            break;
        for (at++; at < text.len && text.ptr[at] == ' ';)
            at++;
        line = at;
        while (at < text.len && is_base64_char(text.ptr[at]))
            at++;
        line = at - line;
        if (line == 0)
            break;
        end = at;
    }
    return (struct str){run.ptr, end - start};
}

/* Whole bytes inflated into d->raw, in place of it. */
static enum err inflate_raw(struct decoding *d)
{
    struct buf packed = d->raw;
    z_stream z = {.next_in = (Bytef *)packed.ptr, .avail_in = (uInt)packed.len};
    size_t room = d->bytes < LIM_VIEW_OUT ? d->bytes : LIM_VIEW_OUT;
    enum err e = OK;
    int rc;

    buf_init(&d->raw, LIM_VIEW_OUT);
    if (inflateInit2(&z, 15 + 32) != Z_OK) { /* zlib or gzip */
        buf_free(&packed);
        return E_NOMEM;
    }
    do {
        size_t step =
            room - d->raw.len < 16 * KIB ? room - d->raw.len : 16 * KIB;

        if (step == 0) {
            d->capped = true;
            break;
        }
        if ((e = buf_reserve(&d->raw, step)))
            break;
        z.next_out = (Bytef *)d->raw.ptr + d->raw.len;
        z.avail_out = (uInt)step;
        rc = inflate(&z, Z_NO_FLUSH);
        d->raw.len += step - z.avail_out;
        if (rc == Z_MEM_ERROR)
            e = E_NOMEM;
    } while (!e && rc == Z_OK);
    (void)inflateEnd(&z);
    buf_wipe_free(&packed);
    return e;
}

/* 1f 8b of gzip (RFC 1952), or 78 and a level of zlib (RFC 1950). */
static bool is_packed(struct str s)
{
    return str_starts(s, STR("H4sI")) || str_starts(s, STR("eJ")) ||
           str_starts(s, STR("eAE")) || str_starts(s, STR("eF")) ||
           str_starts(s, STR("eN"));
}

static enum err take(struct decoding *d, enum view_step how, struct str text,
                     struct str run, struct textview *out, bool *ret_taken)
{
    struct str s =
        how == VIEW_BASE64 || how == VIEW_DEFLATE ? with_lines(text, run) : run;
    enum err e;

    *ret_taken = false;
    while (how != VIEW_HEX && s.ptr + s.len < text.ptr + text.len &&
           s.ptr[s.len] == '=')
        s.len++; /* padding is part of it */
    if (s.len / 8 * bits_of(how) > LIM_VIEW_OUT - 64) {
        d->capped = true;
        return OK;
    }
    if ((e = decode_all(d, how, s)) ||
        (how == VIEW_DEFLATE && (e = inflate_raw(d))))
        return e;
    return decode_part(d, (size_t)(s.ptr - text.ptr), s.len, out, ret_taken);
}

/* All of the alphabet, and long enough. */
static bool is_all(enum view_step how, struct str s)
{
    if (s.len < (how == VIEW_BASE32 ? 24 : 16))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (value_of(how, s.ptr[i]) < 0)
            return false;
    return true;
}

/* A run of base64 may have something before it that looks the same. */
static enum err take64(struct decoding *d, struct str text, struct str run,
                       struct textview *out, bool *ret_taken)
{
    enum err e = OK;

    *ret_taken = false;
    for (size_t skip = 0; skip < 4 && !*ret_taken && !e; skip++)
        if (run.len - skip >= 12 &&
            begins_well(VIEW_BASE64, str_skip(run, skip)))
            e = take(d, VIEW_BASE64, text, str_skip(run, skip), out, ret_taken);
    for (size_t i = 1; i < run.len && i < TRIED && !*ret_taken && !e; i++) {
        struct str rest = str_skip(run, i);

        if ((run.ptr[i - 1] == '/' || run.ptr[i - 1] == '-' ||
             run.ptr[i - 1] == '_' || run.ptr[i - 1] == '+') &&
            rest.len >= CLASS_RUN_LEN && begins_well(VIEW_BASE64, rest))
            e = take(d, VIEW_BASE64, text, rest, out, ret_taken);
    }
    return e;
}

static enum err take_run(struct decoding *d, enum view_step how,
                         struct str text, struct str run, struct textview *out,
                         bool *ret_taken)
{
    *ret_taken = false;
    switch (how) {
    case VIEW_BASE64:
        return take64(d, text, run, out, ret_taken);
    case VIEW_DEFLATE:
        return is_packed(run) ? take(d, how, text, run, out, ret_taken) : OK;
    case VIEW_HEX:
        if (str_starts(run, STR("0x")))
            run = str_skip(run, 2);
        /* fallthrough */
    default:
        return is_all(how, run) && begins_well(how, run)
                   ? take(d, how, text, run, out, ret_taken)
                   : OK;
    }
}

/* --- Pairs of hex digits: 41 4b, 41:4b, 0x41, 0x4b. */

static bool is_alnum(char c)
{
    char low = (char)(c | 0x20);

    return is_digit(c) || (low >= 'a' && low <= 'z');
}

static size_t pair_at(struct str s)
{
    size_t n = str_starts(s, STR("0x")) || str_starts(s, STR("0X")) ? 2 : 0;

    if (s.len < n + 2 || hex_value(s.ptr[n]) < 0 || hex_value(s.ptr[n + 1]) < 0)
        return 0;
    return s.len > n + 2 && is_alnum(s.ptr[n + 2]) ? 0 : n + 2;
}

static size_t between(struct str s)
{
    size_t n = 0;

    while (n < s.len && n < 3 &&
           (s.ptr[n] == ' ' || s.ptr[n] == ':' || s.ptr[n] == ',' ||
            s.ptr[n] == '-' || s.ptr[n] == '\n'))
        n++;
    return n;
}

/* The pairs at s into d->raw; the length of all of them, 0 for too few. */
static enum err take_pairs(struct decoding *d, struct str s, size_t *ret_len)
{
    size_t at = 0, n, end = 0, count = 0;
    enum err e;

    buf_clear(&d->raw);
    while ((n = pair_at(str_skip(s, at))) != 0) {
        const char *p = s.ptr + at + n - 2;

        if (d->raw.len >= LIM_VIEW_OUT)
            break;
        if ((e = buf_add_byte(&d->raw,
                              (char)(hex_value(p[0]) << 4 | hex_value(p[1])))))
            return e;
        end = at + n;
        count++;
        n = between(str_skip(s, end));
        if (n == 0)
            break;
        at = end + n;
    }
    *ret_len = count < PAIRS ? 0 : end;
    return OK;
}

static enum err decode_pairs(struct decoding *d, struct str text,
                             struct textview *out)
{
    size_t at = 0, len;
    bool taken;
    enum err e;

    while (at < text.len) {
        if (hex_value(text.ptr[at]) < 0 ||
            (at > 0 && is_alnum(text.ptr[at - 1]))) {
            at++;
            continue;
        }
        if ((e = take_pairs(d, str_skip(text, at), &len)))
            return e;
        if (len != 0 && (e = decode_part(d, at, len, out, &taken)))
            return e;
        at += len == 0 ? 1 : len;
    }
    return OK;
}

enum err decode_runs(struct decoding *d, enum view_step how, struct str text,
                     struct textview *out)
{
    size_t from = 0;
    struct str run;
    bool taken;
    enum err e;

    while (run_next(text, &from, &run)) {
        if ((e = take_run(d, how, text, run, out, &taken)))
            return e;
        /* Lines that went with it are not looked at again. */
        if (taken && out->run_count > 1) {
            const struct view_run *last = &out->runs[out->run_count - 1];

            from = last->src > from ? last->src : from;
        }
    }
    return how == VIEW_HEX ? decode_pairs(d, text, out) : OK;
}
