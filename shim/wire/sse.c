#include "wire/sse.h"

#include <stdlib.h>

#include "base/utf8.h"

/*
 * Two passes. The first only looks for the end of the item, over the bytes as
 * they come, and keeps no pointer: it can stop and go on anywhere. The second
 * reads the fields of a complete item.
 *
 *   BOM --> LINE_START --other--> IN_LINE --LF--> LINE_START
 *             |                      \---CR---> AFTER_CR --LF or not--^
 *             \--LF: the line is empty, the item is complete
 *
 * An item that lies whole in one input is given out from there; one that is
 * split is put together in `held`.
 *
 * An empty line or a comment that ends in CR leaves the question whether an LF
 * belongs to it. Waiting would hold back every event of a stream whose lines
 * end in CR alone; not waiting would put the LF of a CRLF stream into the next
 * item. The line end before tells which stream it is.
 */

enum state {
    AT_BOM, /* s->skip bytes of a BOM have been seen */
    LINE_START,
    IN_LINE,
    AFTER_CR,       /* a line ended in CR, an LF may follow           */
    AFTER_EMPTY_CR, /* the same, and the line was empty               */
    ITEM_START_CR,  /* the item before ended in CR: an LF is no line  */
};

enum ends { /* how the last line ended */
    ENDS_UNKNOWN,
    ENDS_LF, /* LF or CRLF */
    ENDS_CR,
};

static const char bom[] = "\xef\xbb\xbf";

void sse_init(struct sse *s, size_t max_event)
{
    *s = (struct sse){.max = max_event, .state = AT_BOM, .ends = ENDS_UNKNOWN};
    buf_init(&s->held, max_event);
    buf_init(&s->joined, max_event);
}

void sse_free(struct sse *s)
{
    buf_free(&s->held);
    buf_free(&s->joined);
    free(s->lines);
    s->lines = NULL;
    s->lines_cap = 0;
}

/* The bytes at the front of the stream or of an item that are no line's. */
static size_t item_front(struct sse *s, char c)
{
    if (s->state == ITEM_START_CR) {
        s->state = LINE_START;
        if (c != '\n')
            return 0;
        s->ends = ENDS_LF;
        s->skip = 1;
        return 1;
    }
    if (c == bom[s->skip]) {
        if (++s->skip == sizeof(bom) - 1)
            s->state = LINE_START;
        return 1;
    }
    s->state = s->skip > 0 ? IN_LINE : LINE_START;
    s->event = s->skip > 0; /* what looked like a BOM is a line */
    s->skip = 0;
    return 0;
}

/* A line begins; its first byte is taken only if the line is empty. */
static size_t line_start(struct sse *s, char c, bool *ret_done)
{
    if (c == '\n') {
        s->ends = ENDS_LF;
        *ret_done = true;
        return 1;
    }
    if (c == '\r') {
        *ret_done = s->ends == ENDS_CR;
        s->state = *ret_done ? ITEM_START_CR : AFTER_EMPTY_CR;
        return 1;
    }
    if (!s->event)
        s->comment = c == ':';
    s->event = s->event || c != ':';
    s->state = IN_LINE;
    return 0;
}

/* The byte behind a CR that ended a line. */
static size_t after_cr(struct sse *s, char c, bool *ret_done)
{
    *ret_done = s->state == AFTER_EMPTY_CR || s->comment;
    s->state = LINE_START;
    s->ends = c == '\n' ? ENDS_LF : ENDS_CR;
    return c == '\n';
}

/* A line that is not empty has ended in LF or CR. */
static void line_ended(struct sse *s, char c, bool *ret_done)
{
    if (c == '\n') {
        s->ends = ENDS_LF;
        s->state = LINE_START;
        *ret_done = s->comment;
        return;
    }
    *ret_done = s->comment && s->ends == ENDS_CR;
    s->state = *ret_done ? ITEM_START_CR : AFTER_CR;
}

/*
 * The offset of the first LF or CR at or behind `at`, or in.len. *lf is the
 * offset of the first LF at or behind any `at` asked before.
 */
static size_t find_end(struct str in, size_t at, size_t *lf)
{
    const char *cr;

    if (*lf < at || at == 0)
        *lf = at + str_find_byte(str_skip(in, at), '\n');
    cr = memchr(in.ptr + at, '\r', *lf - at);
    return cr == NULL ? *lf : (size_t)(cr - in.ptr);
}

/* How many bytes of in belong to the item; *ret_done: it is complete. */
static size_t scan(struct sse *s, struct str in, bool *ret_done)
{
    size_t at = 0, lf = 0;

    while (!*ret_done && at < in.len) {
        switch (s->state) {
        case LINE_START:
            at += line_start(s, in.ptr[at], ret_done);
            break;
        case IN_LINE:
            at = find_end(in, at, &lf);
            if (at < in.len)
                line_ended(s, in.ptr[at++], ret_done);
            break;
        case AFTER_CR:
        case AFTER_EMPTY_CR:
            at += after_cr(s, in.ptr[at], ret_done);
            break;
        default:
            at += item_front(s, in.ptr[at]);
            break;
        }
    }
    return at;
}

/* Add one data line at offset `off` of raw. */
static enum err data_line(struct sse *s, struct sse_event *ev, size_t off,
                          size_t len)
{
    struct sse_line *lines = s->lines;
    enum err e;

    if (ev->line_count == s->lines_cap) {
        size_t cap = s->lines_cap == 0 ? 4 : s->lines_cap * 2;

        lines = realloc(lines, cap * sizeof(*lines));
        if (lines == NULL)
            return E_NOMEM;
        s->lines = lines;
        s->lines_cap = cap;
    }
    if (ev->line_count == 1) {
        buf_clear(&s->joined);
        if ((e = buf_add(&s->joined, ev->data)))
            return e;
    }
    if (ev->line_count > 0 &&
        ((e = buf_add_byte(&s->joined, '\n')) ||
         (e = buf_add(&s->joined, (struct str){ev->raw.ptr + off, len}))))
        return e;
    lines[ev->line_count] = (struct sse_line){
        ev->line_count == 0 ? 0 : s->joined.len - len, off, len};
    ev->data = ev->line_count == 0 ? (struct str){ev->raw.ptr + off, len}
                                   : buf_str(&s->joined);
    ev->line_count++;
    return OK;
}

static bool is_field(struct str name)
{
    static const struct str names[] = {
        STR_INIT("data"),
        STR_INIT("event"),
        STR_INIT("id"),
        STR_INIT("retry"),
    };
    size_t i = 0;

    while (i < ARRAY_LEN(names) && !str_eq(name, names[i]))
        i++;
    return i < ARRAY_LEN(names);
}

/* One line, [off, off + len) of raw: name, colon, one space, value. */
static enum err field(struct sse *s, struct sse_event *ev, size_t off,
                      size_t len)
{
    struct str line = {ev->raw.ptr + off, len};
    size_t colon = str_find_byte(line, ':');
    struct str name = str_head(line, colon);
    size_t value = colon < len ? colon + 1 : len;

    if (value < len && line.ptr[value] == ' ')
        value++;
    if (ev->strange) /* the second time, for the lines that are no field */
        return len == 0 || colon == 0 || is_field(name)
                   ? OK
                   : data_line(s, ev, off, len);
    if (str_eq(name, STR("data")))
        return data_line(s, ev, off + value, len - value);
    if (str_eq(name, STR("event")))
        ev->name = str_skip(line, value);
    return OK;
}

static enum err fields(struct sse *s, struct sse_event *ev)
{
    size_t at = s->skip, lf = 0;
    enum err e;

    while (at < ev->raw.len) {
        size_t end = find_end(ev->raw, at, &lf);

        if ((e = field(s, ev, at, end - at)))
            return e;
        at = end + 1; /* the LF of a CRLF then ends an empty line: no field */
    }
    return OK;
}

/* Read the fields of a complete item. */
static enum err parse(struct sse *s, struct str raw, struct sse_event *ret)
{
    struct sse_event ev = {.kind = s->event ? SSE_EVENT : SSE_COMMENT,
                           .raw = raw};
    enum err e;

    if (!utf8_valid(raw))
        return E_SYNTAX;
    if (s->event && (e = fields(s, &ev)))
        return e;
    if (s->event && ev.line_count == 0) {
        ev.strange = true;
        if ((e = fields(s, &ev)))
            return e;
        ev.strange = ev.line_count > 0;
    }
    ev.lines = s->lines;
    *ret = ev;
    return OK;
}

static void forget_given(struct sse *s)
{
    if (!s->given)
        return;
    buf_clear(&s->held);
    s->given = s->comment = s->event = false;
    s->skip = 0;
}

static enum err next(struct sse *s, struct str *in, struct sse_event *ret)
{
    struct str before = *in;
    bool done = false;
    size_t n = scan(s, before, &done);
    struct str raw = str_head(before, n);
    enum err e;

    if (n > s->max - s->held.len)
        return E_LIMIT;
    if (n > 0)
        *in = str_skip(*in, n);
    if (!done || s->held.len > 0) {
        if ((e = buf_add(&s->held, raw)))
            return e;
        raw = buf_str(&s->held);
    }
    if (!done)
        return E_AGAIN;
    s->given = true;
    return parse(s, raw, ret);
}

enum err sse_next(struct sse *s, struct str *in, struct sse_event *ret)
{
    enum err e = s->failed;

    forget_given(s);
    if (e == OK)
        e = next(s, in, ret);
    if (e != E_AGAIN)
        s->failed = e;
    return e;
}

enum err sse_end(struct sse *s, struct sse_event *ret)
{
    forget_given(s);
    if (s->failed)
        return s->failed;
    if (s->held.len == 0)
        return E_AGAIN;
    s->given = true;
    return s->failed = parse(s, buf_str(&s->held), ret);
}
