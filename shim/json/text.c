#include "json/text.h"

#include "base/utf8.h"
#include "json/blocks.h"
#include "json/scan.h"

static const char hex[] = "0123456789abcdef";

/* The plain bytes at the front of raw, up to a backslash. */
static struct str plain_head(struct str raw)
{
    return str_head(raw, str_find_byte(raw, '\\'));
}

/*
 * Copy the plain bytes at the front of raw, up to a backslash; returns how
 * many. There is room for all of raw: whole blocks may be written.
 */
static size_t copy_plain(char *out, struct str raw)
{
    size_t n = 0;

#if defined(__SSE2__)
    const __m128i back = _mm_set1_epi8('\\');

    for (; raw.len - n >= 16; n += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)&raw.ptr[n]);
        int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(v, back));

        _mm_storeu_si128((__m128i *)(void *)&out[n], v);
        if (mask != 0)
            return n + (size_t)__builtin_ctz((unsigned)mask);
    }
#endif
    for (; n < raw.len && raw.ptr[n] != '\\'; n++)
        out[n] = raw.ptr[n];
    return n;
}

/* Unescape into memory of at least raw.len bytes: a text is never longer, and
 * what is left of it has room for what is left of raw. */
static enum err unescape(struct str raw, char *out, size_t *ret_len)
{
    char *to = out;

    while (raw.len > 0) {
        uint32_t cp;
        size_t len;

        to = blocks_unescape(raw, to, &len);
        raw = str_skip(raw, len);
        len = copy_plain(to, raw);
        to += len;
        raw = str_skip(raw, len);
        if (raw.len == 0)
            break;
        if (raw.len > 1 &&
            (*to = scan_simple[(unsigned char)raw.ptr[1]]) != 0) {
            to++;
            raw = str_skip(raw, 2);
            continue;
        }
        if (scan_escape(raw, &len, &cp))
            return E_SYNTAX;
        raw = str_skip(raw, len);
        to += utf8_put(cp, to); /* of 6 or 12 bytes, 1 to 4 */
    }
    *ret_len = (size_t)(to - out);
    return OK;
}

enum err json_text(struct str raw, bool escaped, struct arena *a,
                   struct str *ret_text)
{
    size_t len;
    void *p;
    enum err e;

    if (!escaped) {
        *ret_text = raw;
        return OK;
    }
    if ((e = arena_take(a, raw.len, &p)))
        return e;
    if ((e = unescape(raw, p, &len)))
        return e;
    *ret_text = (struct str){p, len};
    return OK;
}

enum err json_text_buf(struct str raw, struct buf *out)
{
    size_t len;
    enum err e;

    if (raw.len == 0)
        return OK;
    if ((e = buf_reserve(out, raw.len)))
        return e;
    if ((e = unescape(raw, out->ptr + out->len, &len)))
        return e;
    out->len += len;
    return OK;
}

bool json_text_eq(struct str raw, bool escaped, struct str want)
{
    if (!escaped)
        return str_eq(raw, want);
    while (raw.len > 0) {
        struct unit u;

        if (unit_next(&raw, &u) ||
            !str_starts(want, (struct str){u.text, u.text_len}))
            return false;
        want = str_skip(want, u.text_len);
    }
    return want.len == 0;
}

/* The ASCII letter in lower case that a decoder may take the unit for. */
static char unit_fold(const struct unit *u)
{
    struct str text = {u->text, u->text_len};

    if (u->text_len == 1)
        return to_lower(u->text[0]);
    if (str_eq(text, STR("\xc5\xbf"))) /* U+017F, long s */
        return 's';
    if (str_eq(text, STR("\xe2\x84\xaa"))) /* U+212A, Kelvin sign */
        return 'k';
    return '\0';
}

bool json_text_eq_fold(struct str raw, bool escaped, struct str want)
{
    if (!escaped && raw.len < want.len)
        return false;
    while (raw.len > 0) {
        struct unit u;

        if (want.len == 0 || unit_next(&raw, &u))
            return false;
        if (unit_fold(&u) != to_lower(want.ptr[0]))
            return false;
        want = str_skip(want, 1);
    }
    return want.len == 0;
}

struct json_map json_map_start(struct str raw)
{
    return (struct json_map){.raw = raw};
}

/*
 * Move on to the last start of a unit at or before `text_off`. True if that
 * offset is inside of the unit there, whose length is then set.
 */
static bool map_seek(struct json_map *m, size_t text_off, size_t *ret_inside)
{
    while (m->text_off < text_off && m->raw_off < m->raw.len) {
        struct str rest = str_skip(m->raw, m->raw_off);
        struct str plain = plain_head(str_head(rest, text_off - m->text_off));
        size_t n = plain.len;
        struct unit u;

        /* Not into a character: back to its first byte. */
        for (int i = 0; i < 3 && n > 0 && n < rest.len; i++)
            n -= utf8_inside(rest.ptr[n]);
        if (n > 0) {
            m->raw_off += n;
            m->text_off += n;
            continue;
        }
        if (unit_next(&rest, &u))
            u = (struct unit){.raw_len = 1, .text_len = 1};
        if (text_off - m->text_off < u.text_len) {
            *ret_inside = u.raw_len;
            return true;
        }
        m->raw_off += u.raw_len;
        m->text_off += u.text_len;
    }
    return false;
}

struct span json_map_span(struct json_map *m, struct span text)
{
    size_t from, to, inside;

    if (text.off < m->text_off)
        *m = json_map_start(m->raw);
    (void)map_seek(m, text.off, &inside);
    from = to = m->raw_off;
    if (text.len > 0 || m->text_off < text.off) {
        /* The end is sought on a copy: the next span may begin before it. */
        struct json_map end = *m;

        to = map_seek(&end, (size_t)text.off + text.len, &inside)
                 ? end.raw_off + inside
                 : end.raw_off;
    }
    return (struct span){(uint32_t)from, (uint32_t)(to - from)};
}

struct span json_text_map(struct str raw, struct span text)
{
    struct json_map m = json_map_start(raw);

    return json_map_span(&m, text);
}

/* The escape of a byte that may not stand in a string as it is. */
static struct str escape_of(unsigned char c, char out[6])
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};

    out[0] = '\\';
    if (c >= 0x20 || letters[c] != 0) {
        out[1] = c >= 0x20 ? (char)c : letters[c];
        return (struct str){out, 2};
    }
    memcpy(out + 1, "u00", 3);
    out[4] = hex[c >> 4];
    out[5] = hex[c & 15];
    return (struct str){out, 6};
}

/* A stretch without special bytes; not-UTF-8 is replaced byte by byte. */
static enum err put_plain(struct buf *out, struct str s, bool high)
{
    enum err e;

    if (!high || utf8_valid(s))
        return buf_add(out, s);
    while (s.len > 0) {
        size_t n = utf8_char(s);

        e = buf_add(out, n > 0 ? str_head(s, n) : STR("\xef\xbf\xbd"));
        if (e)
            return e;
        s = str_skip(s, n > 0 ? n : 1);
    }
    return OK;
}

static enum err put_all(struct buf *out, struct str text)
{
    char esc[6];
    enum err e;

    while (text.len > 0) {
        bool high = false;
        const char *stop = scan_plain(text.ptr, text.ptr + text.len, &high);
        struct str plain = str_head(text, (size_t)(stop - text.ptr));

        if ((e = put_plain(out, plain, high)))
            return e;
        text = str_skip(text, plain.len);
        if (text.len == 0)
            break;
        if ((e = buf_add(out, escape_of((unsigned char)text.ptr[0], esc))))
            return e;
        text = str_skip(text, 1);
    }
    return OK;
}

enum err json_put(struct buf *out, struct str text)
{
    size_t before = out->len;
    enum err e = put_all(out, text);

    if (e)
        out->len = before;
    return e;
}

enum err json_put_string(struct buf *out, struct str text)
{
    size_t before = out->len;
    enum err e;

    if ((e = buf_add_byte(out, '"')) || (e = put_all(out, text)) ||
        (e = buf_add_byte(out, '"')))
        out->len = before;
    return e;
}
