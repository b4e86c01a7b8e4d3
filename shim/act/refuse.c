#include "act/refuse.h"

#include "json/text.h"

/*
 * One row a shape, as templates. A word behind '$' is replaced:
 *
 *   $message  the text, a JSON string     $id $model      JSON strings
 *   $request  the exchange id, JSON       $created $seq   numbers
 *   $index    an open choice or block     $tokens         a number
 *
 * The soft ending is `each` once for every open index, then `last`.
 */
struct shape {
    struct str name, id_header, body, hard, each, last;
    struct str error_type; /* a head field of whole refusals: its line */
};

#define OPENAI_ERROR                                                           \
    "{\"message\":$message,\"type\":\"invalid_request_error\","                \
    "\"param\":null,\"code\":\"policy_block\"}"

static const struct shape shapes[] = {
    {
        .name = STR_INIT("openai"),
        .id_header = STR_INIT("x-request-id"),
        .body = STR_INIT("{\"error\":" OPENAI_ERROR "}"),
        .hard = STR_INIT("data: {\"error\":" OPENAI_ERROR "}\n\n"),
        .each = STR_INIT("data: {\"id\":$id,\"object\":"
                         "\"chat.completion.chunk\",\"created\":$created,"
                         "\"model\":$model,\"choices\":[{\"index\":$index,"
                         "\"delta\":{},\"finish_reason\":"
                         "\"content_filter\"}]}\n\n"),
        .last = STR_INIT("data: [DONE]\n\n"),
    },
    {
        .name = STR_INIT("openai-responses"),
        .id_header = STR_INIT("x-request-id"),
        .body = STR_INIT("{\"error\":" OPENAI_ERROR "}"),
        .hard = STR_INIT("event: error\ndata: {\"type\":\"error\","
                         "\"sequence_number\":$seq,\"code\":\"policy_block\","
                         "\"message\":$message,\"param\":null,"
                         "\"error\":" OPENAI_ERROR "}\n\n"),
        .each = STR_INIT(""),
        .last = STR_INIT("event: response.incomplete\ndata: {\"type\":"
                         "\"response.incomplete\",\"sequence_number\":$seq,"
                         "\"response\":{\"id\":$id,\"object\":\"response\","
                         "\"created_at\":$created,\"model\":$model,"
                         "\"status\":\"incomplete\",\"incomplete_details\":"
                         "{\"reason\":\"content_filter\"},\"error\":null,"
                         "\"output\":[]}}\n\n"),
    },
    {
        .name = STR_INIT("openai-realtime"),
        .id_header = STR_INIT("x-request-id"),
        .body = STR_INIT("{\"error\":" OPENAI_ERROR "}"),
        .hard = STR_INIT("data: {\"type\":\"error\",\"event_id\":$request,"
                         "\"error\":" OPENAI_ERROR "}\n\n"),
        .each = STR_INIT(""),
        .last = STR_INIT("data: {\"type\":\"response.done\",\"event_id\":"
                         "$request,\"response\":{\"object\":"
                         "\"realtime.response\",\"id\":$id,\"status\":"
                         "\"incomplete\",\"status_details\":{\"type\":"
                         "\"incomplete\",\"reason\":\"content_filter\"},"
                         "\"output\":[],\"usage\":null}}\n\n"),
    },
    {
        .name = STR_INIT("anthropic"),
        .id_header = STR_INIT("request-id"),
        .body = STR_INIT("{\"type\":\"error\",\"error\":{\"type\":"
                         "\"permission_error\",\"message\":$message},"
                         "\"request_id\":$request}"),
        .hard = STR_INIT("event: error\ndata: {\"type\":\"error\",\"error\":"
                         "{\"type\":\"permission_error\","
                         "\"message\":$message}}\n\n"),
        .each = STR_INIT("event: content_block_stop\ndata: {\"type\":"
                         "\"content_block_stop\",\"index\":$index}\n\n"),
        .last = STR_INIT("event: message_delta\ndata: {\"type\":"
                         "\"message_delta\",\"delta\":{\"stop_reason\":"
                         "\"refusal\",\"stop_sequence\":null},\"usage\":"
                         "{\"output_tokens\":$tokens}}\n\n"
                         "event: message_stop\ndata: {\"type\":"
                         "\"message_stop\"}\n\n"),
    },
    /* Events become messages; a name that ends in Exception is an exception's.
       Streams have no AccessDeniedException in the service's model. */
    {
        .name = STR_INIT("bedrock"),
        .id_header = STR_INIT("x-amzn-RequestId"),
        .error_type = STR_INIT("x-amzn-ErrorType: AccessDeniedException\r\n"),
        .body = STR_INIT("{\"message\":$message}"),
        .hard = STR_INIT("event: validationException\ndata: "
                         "{\"message\":$message}\n\n"),
        .each = STR_INIT("event: contentBlockStop\ndata: "
                         "{\"contentBlockIndex\":$index}\n\n"),
        .last = STR_INIT("event: messageStop\ndata: {\"stopReason\":"
                         "\"guardrail_intervened\"}\n\n"
                         "event: metadata\ndata: {\"usage\":{"
                         "\"inputTokens\":0,\"outputTokens\":$tokens,"
                         "\"totalTokens\":$tokens},\"metrics\":"
                         "{\"latencyMs\":0}}\n\n"),
    },
    /* What a chunk holds is another model's each time: no soft ending. */
    {
        .name = STR_INIT("bedrock-invoke"),
        .id_header = STR_INIT("x-amzn-RequestId"),
        .error_type = STR_INIT("x-amzn-ErrorType: AccessDeniedException\r\n"),
        .body = STR_INIT("{\"message\":$message}"),
        .hard = STR_INIT("event: validationException\ndata: "
                         "{\"message\":$message}\n\n"),
        .each = STR_INIT(""),
        .last = STR_INIT("event: validationException\ndata: "
                         "{\"message\":$message}\n\n"),
    },
};

/* What the words of a template stand for. */
struct words {
    const struct refusal *r;
    const struct stream_facts *facts; /* NULL in a whole response */
    uint64_t index;
};

static const struct shape *shape_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        if (str_eq(shapes[i].name, name))
            return &shapes[i];
    return &shapes[0];
}

/* What the stream called a number may be anything. */
static enum err put_number(struct buf *out, struct str raw)
{
    uint64_t n;

    return buf_add_u64(out, str_u64(raw, &n) == OK ? n : 0);
}

static enum err put_word(const struct words *w, struct str word,
                         struct buf *out)
{
    static const struct stream_facts none = {0};
    const struct stream_facts *f = w->facts ? w->facts : &none;

    if (str_eq(word, STR("message")))
        return json_put_string(out, w->r->text);
    if (str_eq(word, STR("request")))
        return json_put_string(out, w->r->exchange);
    if (str_eq(word, STR("id")))
        return json_put_string(out, f->id.len > 0 ? f->id : w->r->exchange);
    if (str_eq(word, STR("model")))
        return json_put_string(out, f->model);
    if (str_eq(word, STR("created")))
        return put_number(out, f->created);
    if (str_eq(word, STR("tokens")))
        return put_number(out, f->output_tokens);
    if (str_eq(word, STR("seq")))
        return buf_add_u64(out, f->sequence);
    if (str_eq(word, STR("index")))
        return buf_add_u64(out, w->index);
    return E_INTERNAL;
}

static enum err put_template(const struct words *w, struct str t,
                             struct buf *out)
{
    enum err e;

    while (t.len > 0) {
        size_t at = str_find_byte(t, '$');
        size_t end = at + 1;

        if ((e = buf_add(out, str_head(t, at))))
            return e;
        if (at == t.len)
            break;
        while (end < t.len && t.ptr[end] >= 'a' && t.ptr[end] <= 'z')
            end++;
        if ((e = put_word(w, str_head(str_skip(t, at + 1), end - at - 1), out)))
            return e;
        t = str_skip(t, end);
    }
    return OK;
}

static enum err put_field(struct buf *out, struct str name, struct str value)
{
    enum err e;

    if ((e = buf_add(out, name)) || (e = buf_add(out, STR(": "))) ||
        (e = buf_add(out, value)))
        return e;
    return buf_add(out, STR("\r\n"));
}

static enum err put_head(const struct refusal *r, const struct shape *shape,
                         size_t length, struct buf *out)
{
    enum err e;

    if ((e = buf_add(out, STR("HTTP/1.1 403 Forbidden\r\n"
                              "Content-Type: application/json\r\n"
                              "Content-Length: "))) ||
        (e = buf_add_u64(out, length)) ||
        (e = buf_add(out, STR("\r\nConnection: close\r\n"
                              "x-should-retry: false\r\n"))) ||
        (e = put_field(out, shape->id_header, r->exchange)) ||
        (e = buf_add(out, shape->error_type)) ||
        (e = buf_add(out, STR("X-Sallyport-Blocked: "))) ||
        (e = buf_add(out, r->rule)) || (e = buf_add(out, STR(";"))) ||
        (e = buf_add(out, r->exchange)))
        return e;
    return buf_add(out, STR("\r\n\r\n"));
}

enum err refuse_response(const struct refusal *r, bool no_body, struct buf *out)
{
    const struct shape *shape = shape_find(r->shape);
    struct words w = {.r = r};
    size_t before = out->len;
    struct buf body;
    enum err e;

    buf_init(&body, 64 * (size_t)1024);
    if ((e = put_template(&w, shape->body, &body)))
        goto out;
    if ((e = put_head(r, shape, body.len, out)))
        goto out;
    if (!no_body)
        e = buf_add(out, buf_str(&body));
out:
    if (e)
        out->len = before;
    buf_free(&body);
    return e;
}

static enum err put_soft(const struct shape *shape, struct words *w,
                         struct buf *out)
{
    enum err e;

    for (size_t i = 0; i < w->facts->open_count; i++) {
        w->index = w->facts->open[i];
        if ((e = put_template(w, shape->each, out)))
            return e;
    }
    return put_template(w, shape->last, out);
}

enum err refuse_ending(const struct refusal *r, enum ending ending,
                       enum stream_kind kind, const struct stream_facts *facts,
                       struct buf *out)
{
    const struct shape *shape = shape_find(r->shape);
    struct words w = {.r = r, .facts = facts};
    size_t before = out->len;
    enum err e;

    if (kind == STREAM_NDJSON)
        e = put_template(&w, STR("{\"error\":$message}\n"), out);
    else if (ending == ENDING_HARD)
        e = put_template(&w, shape->hard, out);
    else
        e = put_soft(shape, &w, out);
    if (e)
        out->len = before;
    return e;
}
