#include "wire/body.h"

#include "wire/field.h"

/*
 * A body by length or to the end of the connection is one run of content. A
 * chunked one goes round (RFC 9112, section 7.1):
 *
 *   AT_LINE --size--> IN_DATA --> AT_DATA_CR --> AT_DATA_LF --> AT_LINE
 *      \----0--> IN_TRAILERS --empty line--> ENDED
 *
 * A chunk-size line that lies whole in one input is given out from there; one
 * that is split is put together in `held`, and so is the tail, the last-chunk
 * line with all trailers.
 */

void http_body_init(struct http_body *b, enum framing framing, uint64_t length)
{
    *b = (struct http_body){
        .framing = framing,
        .state = framing == FRAMING_CHUNKED ? BODY_AT_LINE : BODY_IN_DATA,
        .left = framing == FRAMING_LENGTH  ? length
                : framing == FRAMING_CLOSE ? UINT64_MAX
                                           : 0,
    };
    buf_init(&b->held, LIM_CHUNK_DIGITS + LIM_CHUNK_EXT + LIM_TRAILERS + 2);
}

void http_body_free(struct http_body *b)
{
    buf_free(&b->held);
}

static enum err refuse(struct http_body *b, enum err e, const char *why,
                       bool severe)
{
    b->why = why;
    b->severe = severe;
    return e;
}

/* Bytes taken from `before`: in place, or behind what is held already. */
static enum err hold(struct http_body *b, struct str before, size_t n)
{
    return n == 0 ? OK : buf_add(&b->held, str_head(before, n));
}

static struct str held_or(struct http_body *b, struct str whole)
{
    if (b->held.len == 0)
        return whole;
    b->given = true;
    return buf_str(&b->held);
}

/* The chunk-size line of a content chunk, or of the last one. */
static enum err at_line(struct http_body *b, struct str *in,
                        struct body_event *ret, bool *ret_given)
{
    struct str before = *in;
    uint64_t size = 0;
    enum err e = chunk_line_next(&b->line, in, &size);
    size_t n = before.len - in->len;
    enum err e2;

    if (e == E_LIMIT)
        return refuse(b, e, "chunk-size line too long", false);
    if (e == E_SYNTAX)
        return refuse(b, e, "bad chunk-size line", true);
    if ((e == E_AGAIN || b->held.len > 0 || size == 0) &&
        (e2 = hold(b, before, n)))
        return e2;
    if (e != OK)
        return e;
    b->ext += b->line.ext;
    b->line = (struct chunk_line){0};
    if (b->ext > LIM_CHUNK_EXTS)
        return refuse(b, E_LIMIT, "too many bytes of chunk extensions", false);
    if (size == 0) {
        b->state = BODY_IN_TRAILERS;
        b->trailer = b->held.len;
        return OK;
    }
    b->state = BODY_IN_DATA;
    b->left = size;
    *ret_given = true;
    *ret = (struct body_event){BODY_CHUNK_LINE, held_or(b, str_head(before, n)),
                               size};
    return OK;
}

static enum err in_data(struct http_body *b, struct str *in,
                        struct body_event *ret, bool *ret_given)
{
    size_t n = in->len;

    if (b->left == 0) {
        b->state = b->framing == FRAMING_CHUNKED ? BODY_AT_DATA_CR : BODY_ENDED;
        if (b->state == BODY_ENDED) {
            *ret_given = true;
            *ret = (struct body_event){BODY_END, {NULL, 0}, 0};
        }
        return OK;
    }
    if (n == 0)
        return E_AGAIN;
    if (n > b->left)
        n = (size_t)b->left;
    *ret_given = true;
    *ret = (struct body_event){BODY_PIECE, str_head(*in, n), 0};
    *in = str_skip(*in, n);
    if (b->framing != FRAMING_CLOSE)
        b->left -= n;
    return OK;
}

/* CRLF, exactly behind a chunk's content. */
static enum err at_data_end(struct http_body *b, struct str *in)
{
    bool cr = b->state == BODY_AT_DATA_CR;

    if (in->len == 0)
        return E_AGAIN;
    if (*in->ptr != (cr ? '\r' : '\n'))
        return refuse(b, E_SYNTAX, "chunk is not followed by CRLF", true);
    *in = str_skip(*in, 1);
    b->state = cr ? BODY_AT_DATA_LF : BODY_AT_LINE;
    return OK;
}

/*
 * Fields that must not come in trailers (RFC 9110, 6.5.1): those that say where
 * a message ends, where it goes, or what its content is.
 */
static bool is_forbidden_trailer(struct str name)
{
    static const struct str names[] = {
        STR_INIT("transfer-encoding"),
        STR_INIT("content-length"),
        STR_INIT("host"),
        STR_INIT("trailer"),
        STR_INIT("connection"),
        STR_INIT("upgrade"),
        STR_INIT("te"),
        STR_INIT("content-type"),
        STR_INIT("content-encoding"),
        STR_INIT("content-range"),
        STR_INIT("authorization"),
        STR_INIT("set-cookie"),
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(name, names[i]))
            return true;
    return false;
}

/* Judge the trailer line that has just been completed; empty ends the body. */
static enum err trailer_done(struct http_body *b, bool *ret_last)
{
    struct http_fault fault;
    struct str line, name, value;
    enum err e;

    if ((e = http_line_end(str_skip(buf_str(&b->held), b->trailer), &line,
                           &fault)))
        return refuse(b, e, fault.why, fault.severe);
    b->trailer = b->held.len;
    *ret_last = line.len == 0;
    if (*ret_last)
        return OK;
    if ((e = http_field_parse(line, &name, &value, &fault)))
        return refuse(b, e, fault.why, fault.severe);
    if (is_forbidden_trailer(name))
        return refuse(b, E_AMBIGUOUS, "framing field among the trailers", true);
    return OK;
}

static enum err in_trailers(struct http_body *b, struct str *in,
                            struct body_event *ret, bool *ret_given)
{
    size_t window = LIM_TRAILERS - b->trailers;
    size_t n = str_find_byte(str_head(*in, window), '\n');
    bool whole = n < in->len && n < window;
    bool last = false;
    enum err e;

    if (in->len == 0)
        return E_AGAIN;
    n = whole ? n + 1 : n;
    if ((e = hold(b, *in, n)))
        return e;
    *in = str_skip(*in, n);
    b->trailers += n;
    if (whole && (e = trailer_done(b, &last)))
        return e;
    if (last) {
        b->state = BODY_ENDED;
        *ret_given = true;
        *ret = (struct body_event){BODY_END, buf_str(&b->held), 0};
        return OK;
    }
    if (b->trailers == LIM_TRAILERS)
        return refuse(b, E_LIMIT, "trailers too long", false);
    return OK;
}

static enum err step(struct http_body *b, struct str *in,
                     struct body_event *ret, bool *ret_given)
{
    switch (b->state) {
    case BODY_AT_LINE:
        return at_line(b, in, ret, ret_given);
    case BODY_IN_DATA:
        return in_data(b, in, ret, ret_given);
    case BODY_AT_DATA_CR:
    case BODY_AT_DATA_LF:
        return at_data_end(b, in);
    case BODY_IN_TRAILERS:
        return in_trailers(b, in, ret, ret_given);
    case BODY_FAILED:
        return b->failed;
    case BODY_ENDED:
        break;
    }
    return E_INTERNAL;
}

enum err http_body_next(struct http_body *b, struct str *in,
                        struct body_event *ret)
{
    bool given = false;
    enum err e = OK;

    if (b->given) {
        b->given = false;
        buf_clear(&b->held);
    }
    while (e == OK && !given)
        e = step(b, in, ret, &given);
    if (e != OK && e != E_AGAIN && b->state != BODY_ENDED) {
        b->state = BODY_FAILED;
        b->failed = e;
    }
    return e;
}

enum err http_body_eof(struct http_body *b)
{
    if (b->state == BODY_FAILED)
        return b->failed;
    if (b->state == BODY_ENDED || b->framing == FRAMING_CLOSE ||
        b->framing == FRAMING_NONE ||
        (b->framing == FRAMING_LENGTH && b->left == 0)) {
        b->state = BODY_ENDED;
        return OK;
    }
    b->state = BODY_FAILED;
    b->failed = refuse(b, E_SYNTAX, "the body is cut short", false);
    return b->failed;
}
