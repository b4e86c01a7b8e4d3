#include "detect/decode.h"

#include <zlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "base/wide.h"
#include "detect/base64.h"
#include "detect/classes.h"
#include "detect/opening.h"

/*
 * Runs of base64, base32 and hex. Text is full of words that could be one, so
 * the beginning of a run is tried before all of it.
 */

#define LINE_LEAST 40 /* a run this long may go on in the next line */
#define PAIRS      8
#define PIECE      (4 * KIB) /* of what is packed, at once */

static int value64(char c)
{
    return is_base64_char(c) ? base64_values[(unsigned char)c] : -1;
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

/* Bits on their way to bytes. */
struct bits {
    uint32_t bits;
    unsigned have;
};

/* Groups of four characters of base64, of which nothing is left over; how much
 * of s they are. */
static size_t decode_fours(struct str s, char *out)
{
    size_t i = 0;

    for (; s.len - i >= 4; i += 4) {
        const char *p = s.ptr + i;
        int a = value64(p[0]), b = value64(p[1]), c = value64(p[2]),
            d = value64(p[3]);

        if ((a | b | c | d) < 0)
            break;
        *out++ = (char)(a << 2 | b >> 4);
        *out++ = (char)(b << 4 | c >> 2);
        *out++ = (char)(c << 6 | d);
    }
    return i;
}

/* The bytes of s, behind those that d->raw holds; what is not of the alphabet
 * is passed over. */
static enum err decode_on(struct decoding *d, enum view_step how,
                          struct bits *b, struct str s)
{
    unsigned width = bits_of(how);
    size_t n = d->raw.len;
    enum err e;

    if ((e = buf_reserve(&d->raw, s.len / 8 * width + 8)))
        return e;
    for (size_t i = 0; i < s.len; i++) {
        int v;

        if (how == VIEW_BASE64 && b->have == 0) {
            size_t fours = decode_fours(str_skip(s, i), d->raw.ptr + n);

            n += fours / 4 * 3;
            i += fours;
            if (i == s.len)
                break;
        }
        v = value_of(how, s.ptr[i]);
        if (v < 0)
            continue;
        b->bits = b->bits << width | (uint32_t)v;
        b->have += width;
        if (b->have < 8)
            continue;
        b->have -= 8;
        d->raw.ptr[n++] = (char)(b->bits >> b->have & 0xff);
    }
    d->raw.len = n;
    return OK;
}

static enum err decode_all(struct decoding *d, enum view_step how, struct str s)
{
    struct bits b = {0};

    buf_clear(&d->raw);
    return decode_on(d, how, &b, s);
}

/* What a character is for a beginning: its length, 0 for one that is none; one
 * that is not text is bad. */
static size_t begin_char(struct str s, bool *ret_bad)
{
    unsigned char c = (unsigned char)s.ptr[0];
    size_t n;

    if (c < 0x80) {
        *ret_bad =
            (c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
        return 1;
    }
    n = utf8_char(s);
    *ret_bad = n == 0;
    return n;
}

/* Does the beginning look like text? Its last character may be cut; a run that
 * is not longer is known. Most runs do not, and show it at once: no more is
 * decoded than is looked at. */
static bool begins_well(enum view_step how, struct str s)
{
    unsigned width = bits_of(how), have = 0;
    size_t all = (s.len < OPENING_TRIED ? s.len : OPENING_TRIED) * width / 8,
           bad = 0, ready = 0, rest = str_skip(s, OPENING_TRIED).len;
    struct makeup of;
    char bytes[OPENING_TRIED];
    uint32_t bits = 0;

    for (size_t i = 0, n; i < all; i += n == 0 ? 1 : n) {
        bool is_bad;

        for (; ready < all && ready < i + 4; s = str_skip(s, 1)) {
            bits = bits << width | (uint32_t)value_of(how, s.ptr[0]);
            have += width;
            if (have < 8)
                continue;
            have -= 8;
            bytes[ready++] = (char)(bits >> have & 0xff);
        }
        n = begin_char((struct str){bytes + i, ready - i}, &is_bad);
        if (n == 0 && all - i < 4 && (unsigned char)bytes[i] >= 0xc2)
            break;
        bad += is_bad;
        if (bad * 6 > all)
            return false;
    }
    if (rest != 0)
        return true;
    of = makeup_of((struct str){bytes, all}, all);
    return makeup_is_text(&of);
}

/*
 * The run goes on in the next line, as it is broken in mail and PEM. Of a run
 * that ends where a line of the last such lines does, the end is known.
 */
static struct str with_lines(struct decoding *d, struct str text,
                             struct str run)
{
    size_t start = (size_t)(run.ptr - text.ptr), end = start + run.len;
    size_t line = run.len;

    if (line < LINE_LEAST || line % 4 != 0)
        return run;
    if (end > d->lines.from && end < d->lines.to)
        return (struct str){run.ptr, d->lines.to - start};
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
    d->lines.from = start;
    d->lines.to = end;
    return (struct str){run.ptr, end - start};
}

/* Padding is part of it. */
static struct str with_padding(struct str text, struct str s)
{
    while (s.ptr + s.len < text.ptr + text.len && s.ptr[s.len] == '=')
        s.len++;
    return s;
}

/* What is still to come of s, whose front is taken, into z; OK also where that
 * is no such stream. */
static enum err inflate_piece(struct decoding *d, z_stream *z, int *ret_rc)
{
    size_t room = d->bytes < LIM_VIEW_OUT ? d->bytes : LIM_VIEW_OUT;
    enum err e;

    *ret_rc = Z_OK;
    while (*ret_rc == Z_OK && (z->avail_in > 0 || z->avail_out == 0)) {
        size_t step = room - d->inflated.len;

        step = step < 16 * KIB ? step : 16 * KIB;
        step = step < d->work ? step : d->work;
        if (step == 0) {
            d->capped = true;
            *ret_rc = Z_STREAM_END;
            break;
        }
        if ((e = buf_reserve(&d->inflated, step)))
            return e;
        z->next_out = (Bytef *)d->inflated.ptr + d->inflated.len;
        z->avail_out = (uInt)step;
        *ret_rc = inflate(z, Z_NO_FLUSH);
        d->inflated.len += step - z->avail_out;
        d->work -= step - z->avail_out;
        if (*ret_rc == Z_MEM_ERROR)
            return E_NOMEM;
        if (*ret_rc == Z_BUF_ERROR) { /* it wants more, or has no more */
            *ret_rc = Z_OK;
            break;
        }
    }
    return OK;
}

/*
 * What s has packed, into d->raw, piece by piece: most of what begins like a
 * stream ends with the first of them. All that is done for it is counted, for
 * one that gives no text may stand in a text many times.
 */
static enum err inflate_all(struct decoding *d, struct str s)
{
    z_stream z = {0};
    struct bits b = {0};
    int rc = Z_OK;
    enum err e = OK;

    if (inflateInit2(&z, 15 + 32) != Z_OK) /* zlib or gzip */
        return E_NOMEM;
    buf_clear(&d->inflated);
    while (!e && rc == Z_OK && s.len > 0) {
        struct str piece = str_head(s, PIECE);

        if (d->work < piece.len) {
            d->capped = true;
            break;
        }
        d->work -= piece.len;
        buf_clear(&d->raw);
        if ((e = decode_on(d, VIEW_BASE64, &b, piece)))
            break;
        s = str_skip(s, piece.len);
        z.next_in = (Bytef *)d->raw.ptr;
        z.avail_in = (uInt)d->raw.len;
        e = inflate_piece(d, &z, &rc);
    }
    (void)inflateEnd(&z);
    buf_clear(&d->raw);
    return e ? e : buf_add(&d->raw, buf_str(&d->inflated));
}

/* 1f 8b of gzip (RFC 1952), or 78 and a level of zlib that needs no dictionary
 * (RFC 1950): with the check that is part of it one of 01, 5e, 9c and da. */
static bool is_packed(struct str s)
{
    char third;

    if (s.len < 4 || (s.ptr[0] != 'e' && s.ptr[0] != 'H'))
        return false;
    third = s.ptr[2];
    return str_starts(s, STR("H4sI")) || str_starts(s, STR("eAE")) ||
           (str_starts(s, STR("eF")) && third >= '4' && third <= '7') ||
           (str_starts(s, STR("eJ")) && third >= 'w' && third <= 'z') ||
           (str_starts(s, STR("eN")) && third >= 'o' && third <= 'r');
}

/*
 * What a run is made of when it is decoded. One that begins behind another,
 * ends with it and is in step with it gives the last of the same bytes: those
 * before are taken off what is known. So however many begin, each byte is
 * counted once in each of the four steps. What is not known yet is in d->raw
 * then, all of it.
 *
 *      QUJDREVG0w==    what the run gives, known
 *          REVG0w==    the same without the first three bytes
 */
static enum err judge(struct decoding *d, struct str text, struct str s,
                      bool lines, struct makeup *ret_of, bool *ret_raw)
{
    size_t at = (size_t)(s.ptr - text.ptr), end = at + s.len;
    struct makeup before;
    struct given *g = &d->given[lines ? GIVEN_LINES : at % GIVEN_LINES];
    enum err e;

    *ret_raw = g->end != end || g->at > at;
    if (*ret_raw) {
        if ((e = decode_all(d, VIEW_BASE64, s)))
            return e;
        *g = (struct given){at, end, {0}};
        g->of = makeup_of(buf_str(&d->raw), d->raw.len);
    } else {
        /* And three bytes more, for the last character may go on in them. */
        if ((e = decode_all(d, VIEW_BASE64,
                            (struct str){text.ptr + g->at, at + 4 - g->at})))
            return e;
        before = makeup_of(buf_str(&d->raw), d->raw.len - 3);
        g->at = at;
        g->of.all -= before.all;
        g->of.good -= before.good;
        g->of.letters -= before.letters;
        g->of.digits -= before.digits;
    }
    *ret_of = g->of;
    return OK;
}

/* From the front of a run; it may go on in the lines behind it. */
static enum err take_base64(struct decoding *d, struct str text, struct str run,
                            struct textview *out, bool *ret_taken)
{
    struct str s = with_padding(text, with_lines(d, text, run));
    bool lines = s.len > with_padding(text, run).len, raw;
    size_t off = (size_t)(s.ptr - text.ptr);
    struct makeup of;
    enum err e;

    *ret_taken = false;
    if (s.len / 8 * 6 > LIM_VIEW_OUT - 64) {
        d->capped = true;
        return OK;
    }
    if ((e = judge(d, text, s, lines, &of, &raw)) || !makeup_is_text(&of))
        return e;
    if (!decode_fits(d, of.all)) {
        d->capped = true;
        return OK;
    }
    if (raw)
        return decode_text(d, off, s.len, out, ret_taken);
    if ((e = decode_all(d, VIEW_BASE64, s)))
        return e;
    return decode_part(d, off, s.len, out, ret_taken);
}

static enum err take(struct decoding *d, enum view_step how, struct str text,
                     struct str run, struct textview *out, bool *ret_taken)
{
    struct str s = run;
    enum err e;

    *ret_taken = false;
    if (how == VIEW_DEFLATE)
        s = with_lines(d, text, run);
    if (how != VIEW_HEX)
        s = with_padding(text, s);
    if (s.len / 8 * bits_of(how) > LIM_VIEW_OUT - 64) {
        d->capped = true;
        return OK;
    }
    e = how == VIEW_DEFLATE ? inflate_all(d, s) : decode_all(d, how, s);
    if (e)
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
    for (uint32_t at = openings_of(run, cpu_step());
         at != 0 && !*ret_taken && !e; at &= at - 1) {
        struct str rest = str_skip(run, (size_t)__builtin_ctz(at));

        if (begins_well(VIEW_BASE64, rest))
            e = take_base64(d, text, rest, out, ret_taken);
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

static size_t pair_at(struct str s)
{
    size_t n =
        s.len > 1 && s.ptr[0] == '0' && to_lower(s.ptr[1]) == 'x' ? 2 : 0;

    if (s.len < n + 2 || hex_value(s.ptr[n]) < 0 || hex_value(s.ptr[n + 1]) < 0)
        return 0;
    return s.len > n + 2 && is_alnum(s.ptr[n + 2]) ? 0 : n + 2;
}

static size_t between(struct str s)
{
    size_t n = 0;

    while (n < s.len && n < 3 && joins_pairs(s.ptr[n]))
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

static wide hex_digits_in(wide v)
{
    return (wide)((wide)((v | 0x20) - 'a') < 6) | wide_digits(v);
}

/* Of WIDE bytes, those that a pair may begin with: one stands before them, and
 * two behind. */
static unsigned pairs_in(const char *p)
{
    wide first = wide_at(p), second = wide_at(p + 1);
    wide two = hex_digits_in(second) & ~wide_alnums(wide_at(p + 2));

    return wide_mask(hex_digits_in(first) & ~wide_alnums(wide_at(p - 1)) &
                     (two | (wide)((second | 0x20) == 'x')));
}

/* The first pair from `at` on, which is in no word: none begins inside of one.
 */
static size_t pair_next(struct str text, size_t at)
{
    if (at == 0 && pair_at(text) != 0)
        return 0;
    at += at == 0;
    for (; at + WIDE + 2 <= text.len; at += WIDE)
        for (unsigned m = pairs_in(text.ptr + at); m != 0; m &= m - 1) {
            size_t first = at + (size_t)__builtin_ctz(m);

            if (pair_at(str_skip(text, first)) != 0)
                return first;
        }
    while (at < text.len &&
           (is_alnum(text.ptr[at - 1]) || pair_at(str_skip(text, at)) == 0))
        at++;
    return at < text.len ? at : text.len;
}

static enum err decode_pairs(struct decoding *d, struct str text,
                             struct textview *out)
{
    size_t len;
    bool taken;
    enum err e;

    for (size_t at = pair_next(text, 0); at < text.len;
         at = pair_next(text, at + (len != 0 ? len : 1)))
        if ((e = take_pairs(d, str_skip(text, at), &len)) ||
            (len != 0 && (e = decode_part(d, at, len, out, &taken))))
            return e;
    return OK;
}

size_t run_padding(struct str text, size_t at)
{
    size_t n = 0;

    while (n < 2 && at + n < text.len && text.ptr[at + n] == '=')
        n++;
    return n;
}

#define RUN_SURE (CLASS_RUN_LEN - 2) /* and padding */

/* Which of WIDE bytes, or those that are left, are not of base64. */
static unsigned others_at(struct str text, size_t at)
{
    unsigned others = 0;
    wide v;

    if (text.len - at < WIDE) {
        for (size_t i = at; i < text.len; i++)
            others |= (unsigned)!is_base64_char(text.ptr[i]) << (i - at);
        return others;
    }
    v = wide_at(text.ptr + at);
    return ~wide_mask(wide_alnums(v) | (wide)((v == '+') | (v == '/') |
                                              (v == '-') | (v == '_'))) &
           0xffff;
}

/* Where the characters of base64 at `at` end. */
static size_t run_end(struct str text, size_t at)
{
    for (; at < text.len; at += WIDE) {
        unsigned others = others_at(text, at);

        if (others != 0)
            return at + (size_t)__builtin_ctz(others);
    }
    return text.len;
}

#define RUN_STEP 64u /* bytes asked at once */

/* Of RUN_STEP bytes, those that RUN_SURE characters of base64 begin with, which
 * are all among them. */
static uint64_t runs_in(struct str s)
{
    uint64_t others = 0, runs;

    for (unsigned at = 0; at < RUN_STEP; at += WIDE)
        others |= (uint64_t)others_at(s, at) << at;
    _Static_assert(RUN_SURE == 14, "as many as are put together here");
    runs = ~others & ~others >> 1;
    runs &= runs >> 2;
    return runs & runs >> 4 & runs >> 8 & runs >> 10;
}

bool run_next(struct str text, size_t *from, struct str *ret_run)
{
    size_t at = *from, end;

    while (at < text.len && text.len - at >= RUN_SURE) {
        unsigned others;

        if (text.len - at >= RUN_STEP) {
            uint64_t runs = runs_in(str_skip(text, at));

            /* One that is too short for a step, and goes on behind it, may
             * begin in its last bytes. */
            at += runs == 0 ? RUN_STEP - (RUN_SURE - 1)
                            : (size_t)__builtin_ctzll(runs);
            if (runs == 0)
                continue;
        }
        others = others_at(text, at) & ((1u << RUN_SURE) - 1);
        if (others != 0) { /* it may begin behind the last of them */
            at += 32 - (size_t)__builtin_clz(others);
            continue;
        }
        end = run_end(text, at + RUN_SURE);
        if (end - at + run_padding(text, end) >= CLASS_RUN_LEN) {
            *ret_run = (struct str){text.ptr + at, end - at};
            *from = end;
            return true;
        }
        at = end;
    }
    *from = text.len;
    return false;
}

enum err decode_runs(struct decoding *d, enum view_step how, struct str text,
                     struct textview *out)
{
    size_t from = 0;
    struct str run;
    bool taken;
    enum err e;

    decoding_forget(d);
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

/* Does a run, or a part of it, begin like text in base64? As take64 asks. */
static bool is_base64(struct str run)
{
    for (uint32_t at = openings_of(run, cpu_step()); at != 0; at &= at - 1)
        if (begins_well(VIEW_BASE64, str_skip(run, (size_t)__builtin_ctz(at))))
            return true;
    return false;
}

unsigned run_worth(struct str run, unsigned known)
{
    bool ox = run.len > 1 && run.ptr[0] == '0' && run.ptr[1] == 'x';
    struct str hex = str_skip(run, ox ? 2 : 0);
    unsigned set = 0;

    if (is_packed(run))
        set |= 1u << VIEW_DEFLATE;
    if (is_all(VIEW_HEX, hex) && begins_well(VIEW_HEX, hex))
        set |= 1u << VIEW_HEX;
    if (is_all(VIEW_BASE32, run) && begins_well(VIEW_BASE32, run))
        set |= 1u << VIEW_BASE32;
    if ((known >> VIEW_BASE64 & 1) == 0 && is_base64(run))
        set |= 1u << VIEW_BASE64;
    return set & ~known;
}

unsigned decode_worth(struct str text, unsigned classes)
{
    const unsigned all = 1u << VIEW_BASE64 | 1u << VIEW_BASE32 |
                         1u << VIEW_HEX | 1u << VIEW_DEFLATE;
    unsigned set = (classes & CLASS_PAIRS) != 0 ? 1u << VIEW_HEX : 0;
    size_t from = 0;
    struct str run;

    while (set != all && run_next(text, &from, &run))
        set |= run_worth(run, set);
    return set;
}
