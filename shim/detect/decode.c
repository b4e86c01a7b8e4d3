#include "detect/decode.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "base/wide.h"
#include "detect/plain.h"

/* What the shortest text has of them. */
#define LEAST (4 * KIB)
#define PIECE ((size_t)KIB) /* looked at before it is asked for more */

void decoding_init(struct decoding *d)
{
    *d = (struct decoding){0};
    buf_init(&d->raw, LIM_VIEW_OUT);
    buf_init(&d->inflated, LIM_VIEW_OUT);
}

void decoding_free(struct decoding *d)
{
    buf_wipe_free(&d->raw);
    buf_wipe_free(&d->inflated);
}

void decoding_start(struct decoding *d, size_t len)
{
    d->parts = LIM_VIEW_PARTS;
    d->bytes = len < LIM_VIEW_OUT / 4 ? len * 4 : LIM_VIEW_OUT;
    d->bytes += LEAST;
    d->unescaped = len < LIM_VIEW_UNESCAPED / 4 ? len * 4 : LIM_VIEW_UNESCAPED;
    d->unescaped += LEAST;
    d->work = LIM_VIEW_WORK;
    d->capped = false;
    d->enough = 0;
    d->escapes = 0;
}

void decoding_rest(struct decoding *d)
{
    buf_empty(&d->raw);
    buf_empty(&d->inflated);
}

void decoding_forget(struct decoding *d)
{
    memset(d->given, 0, sizeof(d->given));
    d->lines.from = d->lines.to = 0;
}

enum err decode(struct decoding *d, enum view_step how, struct str text,
                struct textview *out)
{
    textview_clear(out);
    switch (how) {
    case VIEW_ESCAPES:
    case VIEW_PERCENT:
    case VIEW_ENTITIES:
    case VIEW_QUOTED:
    case VIEW_SEAMS:
        return decode_escapes(d, how, text, out);
    case VIEW_BASE64:
    case VIEW_BASE32:
    case VIEW_HEX:
    case VIEW_DEFLATE:
        return decode_runs(d, how, text, out);
    case VIEW_TAGS:
    case VIEW_SELECTORS:
    case VIEW_BIDI:
        return decode_hidden(d, how, text, out);
    case VIEW_NUMBERS:
        return decode_lists(d, text, out);
    case VIEW_MORSE:
        return decode_morse(d, text, out);
    default:
        return E_INTERNAL;
    }
}

/* The sum of its bytes. */
static size_t bytes_sum(wide v)
{
    const uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
    uint64_t half[2], sum;

    memcpy(half, &v, sizeof(half));
    sum = (half[0] & even) + (half[0] >> 8 & even) + (half[1] & even) +
          (half[1] >> 8 & even);
    return sum * UINT64_C(0x0001000100010001) >> 48;
}

/* Of ASCII at the front, WIDE bytes after the other: how many. */
static size_t makeup_ascii(struct makeup *m, struct str s)
{
    wide good = {0}, letters = {0}, digits = {0};
    size_t at = 0;

    s = str_head(s, 255 * WIDE); /* a byte counts no further */
    for (; s.len - at >= WIDE; at += WIDE) {
        wide v = wide_at(s.ptr + at);

        if (wide_mask(v) != 0)
            break;
        good -= (wide)((wide)(v - ' ') < 0x5f) | (wide)(v == '\n') |
                (wide)(v == '\r') | (wide)(v == '\t');
        letters -= wide_letters(v);
        digits -= wide_digits(v);
    }
    m->good += bytes_sum(good);
    m->letters += bytes_sum(letters);
    m->digits += bytes_sum(digits);
    return at;
}

/* The characters of s that begin at..to, with those in *m; the end of them. */
static size_t makeup_add(struct makeup *m, struct str s, size_t at, size_t to)
{
    size_t tried = at; /* what is before it is looked at byte by byte */

    while (at < to) {
        unsigned char c = (unsigned char)s.ptr[at], low = c | 0x20;
        size_t n = 1;

        if (at >= tried && to - at >= WIDE) {
            n = makeup_ascii(m, str_head(str_skip(s, at), to - at));
            at += n;
            tried = n < 255 * WIDE ? at + WIDE : at;
            continue;
        }
        m->good += ((unsigned char)(c - ' ') < 0x5f) | (c == '\n') |
                   (c == '\r') | (c == '\t');
        m->letters += (unsigned char)(low - 'a') < 26;
        m->digits += (unsigned char)(c - '0') < 10;
        if (c >= 0xc2) /* most of binary shows with the next byte */
            n = s.len - at > 1 && utf8_inside(s.ptr[at + 1])
                    ? utf8_char(str_skip(s, at))
                    : 0;
        if (n > 1) {
            m->good += n;
            m->letters++;
        }
        at += n == 0 ? 1 : n;
    }
    return at;
}

struct makeup makeup_of(struct str s, size_t to)
{
    struct makeup m = {.all = to};

    (void)makeup_add(&m, s, 0, to);
    return m;
}

/* Nine tenths of it printable, and letters or a number of some length. */
bool makeup_is_text(const struct makeup *m)
{
    return m->all > 0 && m->good * 10 >= m->all * 9 &&
           (m->letters > 0 || m->digits >= 8);
}

/* Most of what is none shows it early. */
static bool is_text(struct str s)
{
    struct makeup m = {.all = s.len};
    size_t at = 0;

    while (at < s.len) {
        at = makeup_add(&m, s, at, s.len - at < PIECE ? s.len : at + PIECE);
        if (at - m.good > s.len / 10)
            return false;
    }
    return makeup_is_text(&m);
}

bool decode_fits(const struct decoding *d, size_t len)
{
    return d->parts != 0 && len <= d->bytes;
}

enum err decode_part(struct decoding *d, size_t off, size_t len,
                     struct textview *out, bool *ret_taken)
{
    *ret_taken = false;
    return is_text(buf_str(&d->raw)) ? decode_text(d, off, len, out, ret_taken)
                                     : OK;
}

enum err decode_text(struct decoding *d, size_t off, size_t len,
                     struct textview *out, bool *ret_taken)
{
    struct str s = buf_str(&d->raw);
    enum err e;

    *ret_taken = false;
    if (!decode_fits(d, s.len)) {
        d->capped = true;
        return OK;
    }
    for (size_t i = plain_ascii(s); i < s.len;
         i += plain_ascii(str_skip(s, i))) {
        size_t n = utf8_char(str_skip(s, i));

        if (n == 0)
            d->raw.ptr[i] = '?';
        i += n == 0 ? 1 : n;
    }
    d->parts--;
    d->bytes -= s.len;
    *ret_taken = true;
    if ((e = textview_put(out, s, off, len)))
        return e;
    return textview_put(out, STR("\n"), off + len, 0);
}
