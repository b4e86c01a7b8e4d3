/*
 * Plays every case under tests/vectors/wire. A case is a directory:
 *
 *   in        raw bytes
 *   expect    what is read out of them; its first word says what reads:
 *     request:  messages one after the other, as far as the connection goes
 *     response: the same. `asked` tells for what, a word for each: GET (if
 *               there is no such file), HEAD, CONNECT or upgrade
 *     sse:      items of an event stream. `max`: bytes of one item
 *     lines:    items of a line stream. `max`: bytes of one line
 *     aws:      messages of an AWS event stream. `max`: bytes of one message
 *     array:    items of a JSON array that grows. `max`: bytes of one item
 *     form:     parts of a form, whose Content-Type is in `type`
 *     coded:    content of the coding named in `coding`. `max`: bytes of output
 *     edited:   chunks that go through a changer. `edits` is a line for each
 *               change of the content: its offset, its length, the new text
 *     head:     a head that is changed. `edits` is a line for each field: its
 *               name to drop it, or "Name: value" to set it
 *   body      the content of all messages, or what was decoded
 *   out       of edited: and head:, what leaves
 *
 * Each is read whole, byte by byte, and cut at every place (of long inputs: at
 * many).
 */

#include <stdlib.h>

#include "base/limits.h"
#include "vectors.h"
#include "wire/body.h"
#include "wire/coding.h"
#include "wire/eventstream.h"
#include "wire/jsonarray.h"
#include "wire/multipart.h"
#include "wire/ndjson.h"
#include "wire/rechunk.h"
#include "wire/sse.h"

/* What a reader has to say, whatever the cuts. */
struct story {
    struct buf text, body;
};

/* The input in pieces, each in memory of its own. */
struct feed {
    struct str in;
    size_t cut, step; /* once at `cut`; or pieces of `step` bytes */
    size_t at;
    char *copy;
    struct str part; /* what is left of the piece */
};

static bool feed_more(struct feed *f)
{
    size_t left = f->in.len - f->at, n = left;

    free(f->copy);
    f->copy = NULL;
    f->part = (struct str){0};
    if (left == 0)
        return false;
    if (f->step > 0)
        n = f->step < left ? f->step : left;
    else if (f->at < f->cut)
        n = f->cut - f->at;
    if ((f->copy = malloc(n)) == NULL)
        abort();
    memcpy(f->copy, f->in.ptr + f->at, n);
    f->at += n;
    f->part = (struct str){f->copy, n};
    return true;
}

/* Bytes that nobody has taken. */
static size_t feed_left(const struct feed *f)
{
    return f->part.len + f->in.len - f->at;
}

static void say_refusal(struct story *s, enum err e, bool severe)
{
    vector_say(&s->text, " refuse %s%s\n", err_name(e),
               severe ? " severe" : "");
}

/* --- request: and response: */

static struct http_head head; /* too large for a stack */

static enum err read_head(struct feed *f, enum http_kind kind)
{
    enum err e;

    http_head_init(&head, kind);
    while ((e = http_head_feed(&head, &f->part)) == E_AGAIN)
        if (!feed_more(f))
            break;
    return e;
}

struct reading {
    uint64_t content;
    size_t chunks, tail;
    bool severe;
    bool eof; /* ended with the connection */
};

static enum err read_body(struct feed *f, const struct http_message *m,
                          struct story *s, struct reading *ret)
{
    struct http_body b;
    struct body_event ev = {.kind = BODY_PIECE};
    enum err e;

    *ret = (struct reading){0};
    http_body_init(&b, m->framing, m->length);
    for (;;) {
        e = http_body_next(&b, &f->part, &ev);
        if (e == E_AGAIN && feed_more(f))
            continue;
        if (e != OK || ev.kind == BODY_END)
            break;
        if (ev.kind == BODY_CHUNK_LINE) {
            ret->chunks++;
        } else {
            vector_add(&s->body, ev.bytes);
            ret->content += ev.bytes.len;
        }
    }
    if (e == OK)
        ret->tail = ev.bytes.len;
    ret->eof = e == E_AGAIN;
    if (ret->eof)
        e = http_body_eof(&b);
    ret->severe = b.severe;
    http_body_free(&b);
    return e;
}

static const char *framing_name(enum framing f)
{
    static const char *const names[] = {"none", "length", "chunked", "close"};

    return names[f];
}

static void say_message(struct story *s, const struct http_message *m,
                        const struct reading *r)
{
    vector_say(&s->text, " framing=%s body=%llu", framing_name(m->framing),
               (unsigned long long)r->content);
    if (m->framing == FRAMING_CHUNKED)
        vector_say(&s->text, " chunks=%zu tail=%zu", r->chunks, r->tail);
    if (m->expect_continue)
        vector_say(&s->text, " continue");
    if (m->upgrade)
        vector_say(&s->text, " upgrade");
    vector_say(&s->text, "%s\n", m->keep_alive ? "" : " close");
}

/* The content of a message, after what was said of its head. */
static bool play_body(struct feed *f, const struct http_message *m,
                      struct story *s)
{
    struct reading r;
    enum err e = read_body(f, m, s, &r);

    if (e == E_SYNTAX && r.eof)
        vector_say(&s->text, " framing=%s body=%llu incomplete\n",
                   framing_name(m->framing), (unsigned long long)r.content);
    else if (e != OK)
        say_refusal(s, e, r.severe);
    else
        say_message(s, m, &r);
    return e == OK && m->keep_alive && !m->upgrade;
}

/* A head; false, and it is said, if it is none. */
static bool play_head(struct feed *f, enum http_kind kind, struct story *s)
{
    enum err e = read_head(f, kind);

    vector_say(&s->text, kind == HTTP_REQUEST ? "request:" : "response:");
    if (e == E_AGAIN)
        vector_say(&s->text, " unfinished\n");
    else if (e != OK)
        say_refusal(s, e, head.severe);
    return e == OK;
}

static bool play_request(struct feed *f, struct story *s)
{
    struct http_message m = {0};
    struct str host = {0};
    enum err e;

    if (!play_head(f, HTTP_REQUEST, s))
        return false;
    if ((e = http_request_framing(&head, &m))) {
        say_refusal(s, e, head.severe);
        return false;
    }
    vector_say(&s->text, " ok ");
    vector_add(&s->text, http_head_str(&head, head.method));
    vector_say(&s->text, " host=");
    (void)http_request_host(&head, &host);
    vector_add(&s->text, host);
    return play_body(f, &m, s);
}

static bool play_response(struct feed *f, struct http_asked asked,
                          struct story *s, bool *ret_interim)
{
    struct http_message m = {0};
    enum err e;

    *ret_interim = false;
    if (!play_head(f, HTTP_RESPONSE, s))
        return false;
    if ((e = http_response_framing(&head, asked, &m))) {
        say_refusal(s, e, head.severe);
        return false;
    }
    *ret_interim = head.status < 200 && head.status != 101;
    vector_say(&s->text, " ok %u", head.status);
    return play_body(f, &m, s);
}

static bool at_end(struct feed *f)
{
    return f->part.len == 0 && !feed_more(f);
}

static void play_requests(struct feed *f, struct story *s)
{
    bool more = true;

    while (more && !at_end(f)) {
        more = play_request(f, s);
        http_head_free(&head);
    }
}

static void play_responses(struct feed *f, struct story *s)
{
    struct str words = vector_file("asked"), word;
    bool more = true, interim = false;

    if (words.ptr == NULL)
        words = STR("GET");
    while (more && !at_end(f)) {
        if (!interim)
            word = vector_word(&words);
        if (word.len == 0)
            break;
        more = play_response(f,
                             (struct http_asked){
                                 .head = str_eq(word, STR("HEAD")),
                                 .connect = str_eq(word, STR("CONNECT")),
                                 .upgrade = str_eq(word, STR("upgrade")),
                             },
                             s, &interim);
        http_head_free(&head);
    }
}

static void play_messages(struct feed *f, struct story *s, bool requests)
{
    if (requests)
        play_requests(f, s);
    else
        play_responses(f, s);
    /* what a refused message leaves behind is nobody's */
    if (!str_ends(buf_str(&s->text), STR("incomplete\n")) &&
        str_find(buf_str(&s->text), STR(" refuse ")) == s->text.len &&
        feed_left(f) > 0)
        vector_say(&s->text, "left %zu\n", feed_left(f));
}

/* --- sse: and lines: */

static void say_event(struct story *s, const struct sse_event *ev, bool end)
{
    vector_say(&s->text, "sse: %s", end ? "unfinished " : "");
    vector_add(&s->body, ev->raw);
    if (ev->kind == SSE_COMMENT) {
        vector_say(&s->text, "comment\n");
        return;
    }
    vector_say(&s->text, "event");
    if (ev->name.len > 0) {
        vector_say(&s->text, " name=");
        vector_quote(&s->text, ev->name);
    }
    if (ev->line_count > 0) {
        vector_say(&s->text, " data=");
        vector_quote(&s->text, ev->data);
    }
    vector_say(&s->text, "\n");
}

static void play_sse(struct feed *f, struct story *s)
{
    struct sse_event ev;
    struct sse sse;
    enum err e;

    sse_init(&sse, (size_t)vector_number("max", LIM_EVENT));
    do
        while ((e = sse_next(&sse, &f->part, &ev)) == OK)
            say_event(s, &ev, false);
    while (e == E_AGAIN && feed_more(f));
    if (e == E_AGAIN && (e = sse_end(&sse, &ev)) == OK) {
        say_event(s, &ev, true);
        e = E_AGAIN;
    }
    if (e != E_AGAIN) {
        vector_say(&s->text, "sse:");
        say_refusal(s, e, false);
    } else { /* the items are the input again */
        CHECK_EQ(buf_str(&s->body), f->in);
    }
    buf_clear(&s->body);
    sse_free(&sse);
}

static void say_line(struct story *s, struct str raw, struct str line, bool end)
{
    vector_add(&s->body, raw);
    vector_say(&s->text, "lines: %s", end ? "unfinished " : "");
    vector_quote(&s->text, line);
    vector_say(&s->text, "\n");
}

static void play_lines(struct feed *f, struct story *s)
{
    struct str raw, line;
    struct ndjson n;
    enum err e;

    ndjson_init(&n, (size_t)vector_number("max", LIM_EVENT));
    do
        while ((e = ndjson_next(&n, &f->part, &raw, &line)) == OK)
            say_line(s, raw, line, false);
    while (e == E_AGAIN && feed_more(f));
    if (e == E_AGAIN && (e = ndjson_end(&n, &raw, &line)) == OK) {
        say_line(s, raw, line, true);
        e = E_AGAIN;
    }
    if (e != E_AGAIN) {
        vector_say(&s->text, "lines:");
        say_refusal(s, e, false);
    } else {
        CHECK_EQ(buf_str(&s->body), f->in);
    }
    buf_clear(&s->body);
    ndjson_free(&n);
}

/* --- aws:, array: and form: */

static void say_aws(struct story *s, const struct es_message *m)
{
    struct str rest = m->headers;
    struct es_header h;

    vector_add(&s->body, m->raw);
    vector_say(&s->text, "aws:");
    while (es_header_next(&rest, &h)) {
        vector_say(&s->text, " %.*s/%d=", (int)h.name.len, h.name.ptr, h.type);
        vector_quote(&s->text, h.value);
    }
    vector_say(&s->text, " payload=");
    vector_quote(&s->text, m->payload);
    vector_say(&s->text, "\n");
}

static void play_aws(struct feed *f, struct story *s)
{
    struct es_message m;
    struct es es;
    enum err e;

    es_init(&es, (size_t)vector_number("max", LIM_EVENT));
    do
        while ((e = es_next(&es, &f->part, &m)) == OK)
            say_aws(s, &m);
    while (e == E_AGAIN && feed_more(f));
    if (e == E_AGAIN && es_end(&es) != OK) {
        vector_say(&s->text, "aws: incomplete\n");
    } else if (e != E_AGAIN) {
        vector_say(&s->text, "aws:");
        say_refusal(s, e, false);
    } else {
        CHECK_EQ(buf_str(&s->body), f->in);
    }
    buf_clear(&s->body);
    es_free(&es);
}

static void say_element(struct story *s, struct str raw, struct str data)
{
    vector_add(&s->body, raw);
    vector_say(&s->text, "array: ");
    vector_quote(&s->text, data);
    vector_say(&s->text, "\n");
}

static void play_array(struct feed *f, struct story *s)
{
    struct str raw, data;
    struct jsonarray a;
    enum err e;

    jsonarray_init(&a, (size_t)vector_number("max", LIM_EVENT));
    do
        while ((e = jsonarray_next(&a, &f->part, &raw, &data)) == OK)
            say_element(s, raw, data);
    while (e == E_AGAIN && feed_more(f));
    if (e == E_AGAIN && (e = jsonarray_end(&a, &raw)) == OK) {
        vector_add(&s->body, raw);
        e = E_AGAIN;
    }
    if (e != E_AGAIN) {
        vector_say(&s->text, "array:");
        say_refusal(s, e, false);
    } else {
        CHECK_EQ(buf_str(&s->body), f->in);
    }
    buf_clear(&s->body);
    jsonarray_free(&a);
}

/* Read whole, whatever the cuts: it is held until it is complete. */
static void play_form(struct feed *f, struct story *s)
{
    struct str type = vector_file("type"), boundary;
    struct multipart m;
    struct part_at p;
    enum err e = multipart_boundary(str_split(&type, '\n'), &boundary);

    if (e == OK) {
        multipart_init(&m, boundary, f->in);
        while ((e = multipart_next(&m, &p)) == OK) {
            vector_say(&s->text, "form: ");
            vector_quote(&s->text, p.name);
            if (p.filename.ptr != NULL) {
                vector_say(&s->text, " file=");
                vector_quote(&s->text, p.filename);
            }
            vector_say(&s->text, " content=");
            vector_quote(&s->text, p.content);
            vector_say(&s->text, "\n");
        }
    }
    if (e != E_AGAIN) {
        vector_say(&s->text, "form:");
        say_refusal(s, e, false);
    }
}

/* --- coded: */

static void play_coded(struct feed *f, struct story *s)
{
    struct str name = vector_file("coding"), first = str_split(&name, '\n');
    struct decoder *d = NULL;
    enum coding coding;
    enum err e = coding_from(first, &coding);

    vector_say(&s->text, "coded:");
    if (e == OK)
        e = decoder_new(coding, (size_t)vector_number("max", LIM_DECODED), &d);
    if (e == OK) /* a busy machine is no bomb */
        decoder_limit_time(d, UINT64_C(60000000));
    while (e == OK && feed_more(f))
        e = decoder_feed(d, f->part, &s->body);
    if (e != OK) {
        say_refusal(s, e, false);
        buf_clear(&s->body);
    } else if (decoder_end(d) != OK) {
        vector_say(&s->text, " incomplete\n");
        buf_clear(&s->body);
    } else {
        vector_say(&s->text, " ok %zu\n", s->body.len);
    }
    decoder_free(d);
    free(f->copy);
    f->copy = NULL;
}

/* --- edited: and head: */

/* A line of `edits`: a place of the content, and what is to stand there. */
struct change {
    uint64_t off, len;
    struct str put;
};

static bool change_next(struct str *rest, struct change *ret)
{
    struct str line = str_split(rest, '\n');

    if (line.len == 0)
        return false;
    if (str_u64(str_split(&line, ' '), &ret->off) ||
        str_u64(str_split(&line, ' '), &ret->len))
        abort();
    ret->put = line;
    return true;
}

/* Content as it is, up to an offset of the whole. */
static enum err put_same(struct rechunk *r, struct str content, uint64_t from,
                         uint64_t to, struct buf *out)
{
    struct str part =
        str_head(str_skip(content, (size_t)from), (size_t)(to - from));

    return rechunk_put(r, part, part.len, true, out);
}

/* All content has come: put it with its changes. */
static enum err put_changed(struct rechunk *r, struct str content,
                            struct buf *out)
{
    struct str edits = vector_file("edits");
    uint64_t at = 0;
    struct change c;
    enum err e;

    while (change_next(&edits, &c)) {
        if ((e = put_same(r, content, at, c.off, out)) ||
            (e = rechunk_put(r, c.put, (size_t)c.len, false, out)))
            return e;
        at = c.off + c.len;
    }
    return put_same(r, content, at, content.len, out);
}

static enum err play_chunks(struct feed *f, struct story *s, struct buf *out)
{
    struct body_event ev = {.kind = BODY_PIECE};
    struct http_body b;
    struct rechunk r;
    enum err e;

    http_body_init(&b, FRAMING_CHUNKED, 0);
    rechunk_init(&r);
    for (;;) {
        e = http_body_next(&b, &f->part, &ev);
        if (e == E_AGAIN && feed_more(f))
            continue;
        if (e != OK || ev.kind == BODY_END)
            break;
        if (ev.kind == BODY_PIECE)
            vector_add(&s->body, ev.bytes);
        else if ((e = rechunk_line(&r, ev.bytes, ev.size)))
            break;
    }
    if (e == OK && (e = put_changed(&r, buf_str(&s->body), out)) == OK)
        e = rechunk_end(&r, ev.bytes, out);
    rechunk_free(&r);
    http_body_free(&b);
    return e;
}

static void play_edited(struct feed *f, struct story *s)
{
    struct buf out;
    enum err e;

    buf_init(&out, MIB);
    e = play_chunks(f, s, &out);
    vector_say(&s->text, "edited:");
    if (e != OK)
        say_refusal(s, e, false);
    else
        vector_say(&s->text, " ok\n");
    if (e == OK)
        CHECK_EQ(buf_str(&out), vector_file("out"));
    buf_clear(&s->body);
    buf_free(&out);
}

static enum err head_changed(struct buf *out)
{
    struct http_field_edit edits[8];
    struct str rest = vector_file("edits"), line;
    size_t n = 0;

    while ((line = str_split(&rest, '\n')).len > 0) {
        struct http_field_edit *e = &edits[n++];

        if (n > ARRAY_LEN(edits))
            abort();
        e->name = str_split(&line, ':');
        e->drop = line.ptr == NULL;
        e->value = str_trim(line);
    }
    return http_head_write(&head, edits, n, out);
}

static void play_head_edit(struct feed *f, struct story *s)
{
    enum err e = read_head(f, HTTP_REQUEST);
    struct buf out;

    buf_init(&out, MIB);
    if (e == OK)
        e = head_changed(&out);
    vector_say(&s->text, "head:");
    if (e != OK)
        say_refusal(s, e, false);
    else
        vector_say(&s->text, " ok\n");
    if (e == OK)
        CHECK_EQ(buf_str(&out), vector_file("out"));
    http_head_free(&head);
    buf_free(&out);
}

/* --- A case. */

static void play(struct str in, size_t cut, size_t step, struct story *s)
{
    struct str expect = vector_file("expect"), who = str_split(&expect, ':');
    struct feed f = {.in = in, .cut = cut, .step = step};

    buf_init(&s->text, MIB);
    buf_init(&s->body, 2 * LIM_DECODED);
    if (str_eq(who, STR("request")))
        play_messages(&f, s, true);
    else if (str_eq(who, STR("response")))
        play_messages(&f, s, false);
    else if (str_eq(who, STR("sse")))
        play_sse(&f, s);
    else if (str_eq(who, STR("lines")))
        play_lines(&f, s);
    else if (str_eq(who, STR("aws")))
        play_aws(&f, s);
    else if (str_eq(who, STR("array")))
        play_array(&f, s);
    else if (str_eq(who, STR("form")))
        play_form(&f, s);
    else if (str_eq(who, STR("coded")))
        play_coded(&f, s);
    else if (str_eq(who, STR("edited")))
        play_edited(&f, s);
    else if (str_eq(who, STR("head")))
        play_head_edit(&f, s);
    else
        CHECK_EQ(who, STR("a reader"));
    free(f.copy);
}

static void story_free(struct story *s)
{
    buf_free(&s->text);
    buf_free(&s->body);
}

static void check_cut(struct str in, size_t cut, size_t step,
                      const struct story *whole)
{
    struct story got;

    play(in, cut, step, &got);
    CHECK_EQ(buf_str(&got.text), buf_str(&whole->text));
    CHECK_EQ(buf_str(&got.body), buf_str(&whole->body));
    story_free(&got);
}

static void run_case(void)
{
    struct str in = vector_file("in"), body = vector_file("body");
    struct story whole;

    if (!CHECK(in.ptr != NULL))
        return;
    play(in, in.len, 0, &whole);
    CHECK_EQ(buf_str(&whole.text), vector_file("expect"));
    if (body.ptr != NULL)
        CHECK_EQ(buf_str(&whole.body), body);
    check_cut(in, 0, 1, &whole);
    for (size_t cut = 1; cut < in.len; cut += vector_step(cut, in.len))
        check_cut(in, cut, 0, &whole);
    story_free(&whole);
}

int main(int argc, char **argv)
{
    return vectors_main("wire", run_case, argc, argv);
}
