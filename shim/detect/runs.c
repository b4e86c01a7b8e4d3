#include "detect/decode.h"

#include <zlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "detect/classes.h"

/*
 * Runs of base64, base32 and hex. Text is full of words that could be one, so
 * the beginning of a run is tried before all of it.
 */

#define TRIED      32 /* characters of a run that are tried first */
#define LINE_LEAST 40 /* a run this long may go on in the next line */
#define PAIRS      8

/* Of either alphabet of base64 (RFC 4648, sections 4 and 5), by ASCII. */
static const signed char values64[128] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, 62, -1, 62, -1, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60,
    61, -1, -1, -1, -1, -1, -1, -1, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
    11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1,
    63, -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,
    43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,
};

static int value64(char c)
{
    return (unsigned char)c < 0x80 ? values64[(unsigned char)c] : -1;
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

/* Does the beginning look like text? Its last character may be cut. */
static bool begins_well(enum view_step how, struct str s)
{
    unsigned width = bits_of(how), have = 0;
    char bytes[TRIED];
    uint32_t bits = 0;
    size_t all = 0, bad = 0;

    for (size_t i = 0; i < s.len && i < TRIED; i++) {
        int v = value_of(how, s.ptr[i]);

        if (v < 0)
            continue;
        bits = bits << width | (uint32_t)v;
        have += width;
        if (have < 8)
            continue;
        have -= 8;
        bytes[all++] = (char)(bits >> have & 0xff);
    }
    for (size_t i = 0; i < all && bad * 6 <= all;) {
        size_t n = utf8_char((struct str){bytes + i, all - i});
        char c = bytes[i];

        if (n == 0 && all - i < 4 && (unsigned char)c >= 0xc2)
            break;
        bad += n == 0 ||
               (n == 1 && ((c < ' ' && c != '\n' && c != '\r' && c != '\t') ||
                           c == 0x7f));
        i += n == 0 ? 1 : n;
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

/* Two of large letters, small ones and digits, as base64 has them. Names and
 * paths are runs as well, and most of those have one. */
static bool is_mixed(struct str run)
{
    bool upper = false, lower = false, digit = false;

    for (size_t i = 0; i < run.len && i < 2 * TRIED; i++) {
        upper |= run.ptr[i] >= 'A' && run.ptr[i] <= 'Z';
        lower |= run.ptr[i] >= 'a' && run.ptr[i] <= 'z';
        digit |= is_digit(run.ptr[i]);
        if (upper + lower + digit > 1)
            return true;
    }
    return false;
}

/* A run of base64 may have something before it that looks the same. */
static enum err take64(struct decoding *d, struct str text, struct str run,
                       struct textview *out, bool *ret_taken)
{
    enum err e = OK;

    *ret_taken = false;
    if (!is_mixed(run))
        return OK;
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
    return how == VIEW_HEX && (classes_of(text) & CLASS_PAIRS) != 0
               ? decode_pairs(d, text, out)
               : OK;
}

/* Does a run, or a part of it, begin like text in base64? */
static bool is_base64(struct str run)
{
    if (!is_mixed(run))
        return false;
    for (size_t skip = 0; skip < 4; skip++)
        if (begins_well(VIEW_BASE64, str_skip(run, skip)))
            return true;
    for (size_t i = 1; i < run.len && i < TRIED; i++)
        if (value64(run.ptr[i - 1]) >= 62 &&
            begins_well(VIEW_BASE64, str_skip(run, i)))
            return true;
    return false;
}

unsigned decode_worth(struct str text, unsigned classes)
{
    const unsigned all = 1u << VIEW_BASE64 | 1u << VIEW_BASE32 |
                         1u << VIEW_HEX | 1u << VIEW_DEFLATE;
    unsigned set = (classes & CLASS_PAIRS) != 0 ? 1u << VIEW_HEX : 0;
    size_t from = 0;
    struct str run;

    while (set != all && run_next(text, &from, &run)) {
        bool hex = str_starts(run, STR("0x"));

        if (is_packed(run))
            set |= 1u << VIEW_DEFLATE;
        if (is_all(VIEW_HEX, hex ? str_skip(run, 2) : run))
            set |= 1u << VIEW_HEX;
        if (is_all(VIEW_BASE32, run))
            set |= 1u << VIEW_BASE32;
        if ((set & 1u << VIEW_BASE64) == 0 && is_base64(run))
            set |= 1u << VIEW_BASE64;
    }
    return set;
}
