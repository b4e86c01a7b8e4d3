#include "detect/decode.h"

#include "base/limits.h"
#include "base/utf8.h"

/* What the shortest text has of them. */
#define LEAST (4 * KIB)

void decoding_init(struct decoding *d)
{
    *d = (struct decoding){0};
    buf_init(&d->raw, LIM_VIEW_OUT);
}

void decoding_free(struct decoding *d)
{
    buf_wipe_free(&d->raw);
}

void decoding_start(struct decoding *d, size_t len)
{
    d->parts = LIM_VIEW_PARTS;
    d->bytes = len < LIM_VIEW_OUT / 4 ? len * 4 : LIM_VIEW_OUT;
    d->bytes += LEAST;
    d->unescaped = len < LIM_VIEW_UNESCAPED / 4 ? len * 4 : LIM_VIEW_UNESCAPED;
    d->unescaped += LEAST;
    d->capped = false;
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
    default:
        return E_INTERNAL;
    }
}

/* Nine tenths of it printable, and letters or a number of some length. */
static bool is_text(struct str s)
{
    size_t good = 0, letters = 0, digits = 0, all = s.len;

    while (s.len > 0) {
        size_t n = utf8_char(s);
        char low = (char)(s.ptr[0] | 0x20);

        if (n > 1 || (n == 1 && ((s.ptr[0] >= ' ' && s.ptr[0] != 0x7f) ||
                                 s.ptr[0] == '\n' || s.ptr[0] == '\r' ||
                                 s.ptr[0] == '\t')))
            good += n;
        letters += n > 1 || (low >= 'a' && low <= 'z');
        digits += is_digit(s.ptr[0]);
        s = str_skip(s, n == 0 ? 1 : n);
    }
    return good * 10 >= all * 9 && (letters > 0 || digits >= 8);
}

enum err decode_part(struct decoding *d, size_t off, size_t len,
                     struct textview *out, bool *ret_taken)
{
    struct str s = buf_str(&d->raw);
    enum err e;

    *ret_taken = false;
    if (s.len == 0 || !is_text(s))
        return OK;
    if (d->parts == 0 || s.len > d->bytes) {
        d->capped = true;
        return OK;
    }
    for (size_t i = 0; i < s.len;) {
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
