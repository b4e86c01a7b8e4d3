#include "detect/decode.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "detect/invisible.h"
#include "detect/normal.h"
#include "detect/plain.h"

/*
 * Text that no person sees and a model reads: tag characters, which repeat
 * ASCII; bytes as variation selectors behind a character; and what a
 * right-to-left override shows the other way round.
 */

#define RLO       0x202e
#define PDF       0x202c
#define FLAG      0x1f3f4
#define TAG_END   0xe007f
#define SEPARATED 8 /* tags that stand for themselves */

static uint32_t next_at(struct str text, size_t at, size_t *ret_len)
{
    return utf8_next(str_skip(text, at), ret_len);
}

/* The next place that has these bytes, the first of which ASCII has not; or the
 * end. */
static size_t find_at(struct str text, size_t at, struct str what)
{
    for (;; at++) {
        at += str_find_byte(str_skip(text, at), what.ptr[0]);
        if (at == text.len || str_starts(str_skip(text, at), what))
            return at;
    }
}

/* --- Tags. */

/* The tags at `at`: where they end, and how many they are. */
static size_t tags_end(struct str text, size_t at, size_t *ret_count)
{
    size_t len;

    *ret_count = 0;
    while (at < text.len && is_tag(next_at(text, at, &len))) {
        at += len;
        ++*ret_count;
    }
    return at;
}

/* A flag of a part of a country: three to six, small letters and digits. */
static bool is_flag(struct str text, size_t at, size_t end, size_t count)
{
    size_t len;
    char before[4];

    if (count < 3 || count > 6 || at < 4 || end >= text.len ||
        next_at(text, end, &len) != TAG_END)
        return false;
    len = utf8_put(FLAG, before);
    return !memcmp(text.ptr + at - 4, before, len);
}

static enum err decode_tags(struct decoding *d, struct str text,
                            struct textview *out)
{
    static const struct str lead = STR_INIT("\xf3\xa0"); /* U+E0000 to E0FFF */
    size_t at = 0, count, end, len;
    enum err e;

    for (;;) {
        at = find_at(text, at, lead);
        if (at == text.len)
            return OK;
        end = tags_end(text, at, &count);
        if (count == 0 || is_flag(text, at, end, count)) {
            at = end > at ? end : at + 1;
            continue;
        }
        if (count > d->bytes) {
            d->capped = true;
            return OK;
        }
        d->bytes -= count;
        for (size_t i = at; i < end; i += len) {
            char c = (char)(next_at(text, i, &len) - 0xe0000);

            if ((e = textview_put(out, (struct str){&c, 1}, i, len)))
                return e;
        }
        if (count >= SEPARATED && (e = textview_put(out, STR("\n"), end, 0)))
            return e;
        at = end;
    }
}

/* --- Variation selectors. */

/* The next place from `at` on where one may be; of either kind, next[] is the
 * last that was found. */
static size_t selector_next(struct str text, size_t at, size_t next[2])
{
    static const struct str leads[] = {STR_INIT("\xef\xb8"),
                                       STR_INIT("\xf3\xa0")};

    for (size_t i = 0; i < ARRAY_LEN(leads); i++)
        if (next[i] <= at)
            next[i] = find_at(text, at, leads[i]);
    return next[0] < next[1] ? next[0] : next[1];
}

static enum err decode_selectors(struct decoding *d, struct str text,
                                 struct textview *out)
{
    size_t at = 0, next[2] = {0}, len;
    bool taken;
    enum err e;

    while ((at = selector_next(text, at, next)) < text.len) {
        size_t start = at;

        buf_clear(&d->raw);
        while (at < text.len && d->raw.len < LIM_VIEW_OUT) {
            int byte = selector_byte(next_at(text, at, &len));

            if (byte < 0)
                break;
            if ((e = buf_add_byte(&d->raw, (char)byte)))
                return e;
            at += len;
        }
        if (d->raw.len >= 2 &&
            (e = decode_part(d, start, at - start, out, &taken)))
            return e;
        at += at == start;
    }
    return OK;
}

/* --- Overrides. */

/* Up to the end of the override, or of the line. */
static size_t override_end(struct str text, size_t at)
{
    size_t len;

    while (at < text.len) {
        uint32_t cp = next_at(text, at, &len);

        if (cp == PDF || cp == '\n')
            break;
        at += len;
    }
    return at;
}

static enum err decode_bidi(struct decoding *d, struct str text,
                            struct textview *out)
{
    char rlo[4];
    const struct str mark = {rlo, utf8_put(RLO, rlo)};
    size_t at = 0, end, len;
    bool taken;
    enum err e;

    for (;;) {
        at = find_at(text, at, mark);
        if (at >= text.len)
            return OK;
        at += mark.len;
        end = override_end(text, at);
        if (end - at > LIM_VIEW_OUT) {
            d->capped = true;
            return OK;
        }
        buf_clear(&d->raw);
        for (size_t i = end; i > at;) {
            size_t to = i;

            while (--i > at && utf8_inside(text.ptr[i]))
                ;
            /* An override in it is no reason to turn it round again. */
            if (next_at(text, i, &len) != RLO &&
                (e = buf_add(&d->raw, (struct str){text.ptr + i, to - i})))
                return e;
        }
        if ((e = decode_part(d, at, end - at, out, &taken)))
            return e;
        at = end;
    }
}

enum err decode_hidden(struct decoding *d, enum view_step how, struct str text,
                       struct textview *out)
{
    return how == VIEW_TAGS        ? decode_tags(d, text, out)
           : how == VIEW_SELECTORS ? decode_selectors(d, text, out)
                                   : decode_bidi(d, text, out);
}
