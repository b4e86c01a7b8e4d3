#include "act/refuse.h"

#include "json/text.h"

/*
 * One row a shape, as templates. A word behind '$' is replaced:
 *
 *   $message  the text, a JSON string     $id $model $time   JSON strings
 *   $request  the exchange id, JSON       $created $seq      numbers
 *   $index    an open choice or block     $tokens $status    numbers
 *   $code     policy_block or rate_limit_exceeded, without quotes
 *   $kind     the shape's own word for it, the same
 *   $call     the call that is answered, as it was written; else null
 *
 * The soft ending is `each` once for every open index, then `last`. Lines of a
 * stream that is no event stream are `line`, and `soft_line` if there is one.
 */
struct shape {
    struct str name, id_header;
    struct str kind, kind_limit; /* what $kind stands for                   */
    bool ok;                     /* the answer is a status of 200           */
    struct str body, hard, each, last, line, soft_line;
    struct str error_type; /* a head field of whole refusals: its line     */
};

#define OPENAI_ERROR                                                           \
    "{\"message\":$message,\"type\":\"$kind\",\"param\":null,"                 \
    "\"code\":\"$code\"}"
#define OPENAI_KINDS                                                           \
    .kind = STR_INIT("invalid_request_error"),                                 \
    .kind_limit = STR_INIT("rate_limit_error")
#define NUMBER_ERROR                                                           \
    "{\"error\":{\"message\":$message,\"type\":\"$kind\",\"code\":$status}}"
#define GEMINI_ERROR                                                           \
    "\"code\":$status,\"message\":$message,\"status\":\"$kind\""
#define MCP_ERROR                                                              \
    "{\"jsonrpc\":\"2.0\",\"id\":$call,\"error\":{\"code\":-32000,"            \
    "\"message\":$message}}"

static const struct shape shapes[] = {
    {
        .name = STR_INIT("openai"),
        .id_header = STR_INIT("x-request-id"),
        OPENAI_KINDS,
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
        OPENAI_KINDS,
        .body = STR_INIT("{\"error\":" OPENAI_ERROR "}"),
        .hard = STR_INIT("event: error\ndata: {\"type\":\"error\","
                         "\"sequence_number\":$seq,\"code\":\"$code\","
                         "\"message\":$message,\"param\":null,"
                         "\"error\":" OPENAI_ERROR "}\n\n"),
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
        OPENAI_KINDS,
        .body = STR_INIT("{\"error\":" OPENAI_ERROR "}"),
        .hard = STR_INIT("data: {\"type\":\"error\",\"event_id\":$request,"
                         "\"error\":" OPENAI_ERROR "}\n\n"),
        .last = STR_INIT("data: {\"type\":\"response.done\",\"event_id\":"
                         "$request,\"response\":{\"object\":"
                         "\"realtime.response\",\"id\":$id,\"status\":"
                         "\"incomplete\",\"status_details\":{\"type\":"
                         "\"incomplete\",\"reason\":\"content_filter\"},"
                         "\"output\":[],\"usage\":null}}\n\n"),
    },
    {
        .name = STR_INIT("openrouter"),
        .body = STR_INIT("{\"error\":{\"code\":$status,\"message\":$message,"
                         "\"metadata\":{}}}"),
    },
    {
        .name = STR_INIT("xai"),
        .body = STR_INIT("{\"code\":\"$code\",\"error\":$message}"),
    },
    {
        .name = STR_INIT("vllm"),
        .kind = STR_INIT("permission_error"),
        .kind_limit = STR_INIT("rate_limit_error"),
        .body = STR_INIT(NUMBER_ERROR),
    },
    {
        .name = STR_INIT("voyage"),
        .body = STR_INIT("{\"detail\":$message}"),
    },
    {
        .name = STR_INIT("mistral"),
        .kind = STR_INIT("permission_error"),
        .kind_limit = STR_INIT("rate_limit_error"),
        .body = STR_INIT("{\"object\":\"error\",\"message\":$message,"
                         "\"type\":\"$kind\",\"param\":null,"
                         "\"code\":\"$code\"}"),
        .hard = STR_INIT("event: conversation.response.error\ndata: "
                         "{\"type\":\"conversation.response.error\","
                         "\"message\":$message,\"code\":$status}\n\n"),
        .last = STR_INIT("event: conversation.response.done\ndata: "
                         "{\"type\":\"conversation.response.done\",\"usage\":"
                         "{\"prompt_tokens\":0,\"completion_tokens\":$tokens,"
                         "\"total_tokens\":$tokens}}\n\n"),
    },
    {
        .name = STR_INIT("llamacpp"),
        .kind = STR_INIT("permission_error"),
        .kind_limit = STR_INIT("unavailable_error"),
        .body = STR_INIT(NUMBER_ERROR),
        .hard = STR_INIT("data: " NUMBER_ERROR "\n\n"),
        .last = STR_INIT("data: {\"index\":0,\"content\":\"\",\"tokens\":[],"
                         "\"stop\":true,\"stop_type\":\"word\"}\n\n"),
    },
    {
        .name = STR_INIT("tgi"),
        .kind = STR_INIT("validation"),
        .kind_limit = STR_INIT("overloaded"),
        .body = STR_INIT("{\"error\":$message,\"error_type\":\"$kind\"}"),
        .hard = STR_INIT("data: {\"error\":$message,"
                         "\"error_type\":\"$kind\"}\n\n"),
        .last = STR_INIT("data: {\"index\":0,\"token\":{\"id\":0,\"text\":"
                         "\"\",\"logprob\":0.0,\"special\":true},"
                         "\"generated_text\":\"\",\"details\":"
                         "{\"finish_reason\":\"stop_sequence\","
                         "\"generated_tokens\":$tokens,\"seed\":null}}\n\n"),
    },
    {
        .name = STR_INIT("anthropic"),
        .id_header = STR_INIT("request-id"),
        .kind = STR_INIT("permission_error"),
        .kind_limit = STR_INIT("rate_limit_error"),
        .body = STR_INIT("{\"type\":\"error\",\"error\":{\"type\":"
                         "\"$kind\",\"message\":$message},"
                         "\"request_id\":$request}"),
        .hard = STR_INIT("event: error\ndata: {\"type\":\"error\",\"error\":"
                         "{\"type\":\"$kind\","
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
    {
        .name = STR_INIT("gemini"),
        .kind = STR_INIT("PERMISSION_DENIED"),
        .kind_limit = STR_INIT("RESOURCE_EXHAUSTED"),
        .body = STR_INIT("{\"error\":{" GEMINI_ERROR ",\"details\":[{\"@type\":"
                         "\"type.googleapis.com/google.rpc.ErrorInfo\","
                         "\"reason\":\"$code\",\"domain\":\"sallyport\"}]}}"),
        .hard = STR_INIT("data: {\"error\":{" GEMINI_ERROR "}}\r\n\r\n"),
        .last = STR_INIT("data: {\"candidates\":[{\"content\":{\"parts\":[],"
                         "\"role\":\"model\"},\"finishReason\":"
                         "\"PROHIBITED_CONTENT\",\"finishMessage\":$message,"
                         "\"index\":0}],\"modelVersion\":$model,"
                         "\"responseId\":$id}\r\n\r\n"),
    },
    {
        .name = STR_INIT("gemini-live"), /* messages of a WebSocket */
        .kind = STR_INIT("PERMISSION_DENIED"),
        .kind_limit = STR_INIT("RESOURCE_EXHAUSTED"),
        .body = STR_INIT("{\"error\":{" GEMINI_ERROR "}}"),
        .hard = STR_INIT("data: {\"error\":{" GEMINI_ERROR "}}\n\n"),
        .last = STR_INIT("data: {\"serverContent\":{\"interrupted\":true,"
                         "\"turnComplete\":true}}\n\n"),
    },
    {
        .name = STR_INIT("cohere"),
        .body = STR_INIT("{\"id\":$request,\"message\":$message}"),
        .hard = STR_INIT("event: message-end\ndata: {\"type\":\"message-end\","
                         "\"delta\":{\"finish_reason\":\"ERROR\","
                         "\"error\":$message}}\n\n"),
        .each = STR_INIT("event: content-end\ndata: {\"type\":\"content-end\","
                         "\"index\":$index}\n\n"),
        .last = STR_INIT("event: message-end\ndata: {\"type\":\"message-end\","
                         "\"delta\":{\"finish_reason\":\"ERROR\"}}\n\n"
                         "data: [DONE]\n\n"),
        .line = STR_INIT("{\"is_finished\":true,\"event_type\":\"stream-end\","
                         "\"finish_reason\":\"ERROR\",\"error\":$message}\n"),
        .soft_line = STR_INIT("{\"is_finished\":true,\"event_type\":"
                              "\"stream-end\",\"finish_reason\":\"ERROR\"}\n"),
    },
    {
        .name = STR_INIT("ollama"),
        .body = STR_INIT("{\"error\":$message}"),
        .soft_line = STR_INIT("{\"model\":$model,\"created_at\":$time,"
                              "\"message\":{\"role\":\"assistant\","
                              "\"content\":\"\"},\"response\":\"\","
                              "\"done\":true,\"done_reason\":\"stop\"}\n"),
    },
    {
        .name = STR_INIT("mcp"),
        .ok = true, /* the call failed, not the request (JSON-RPC 2.0, 5) */
        .body = STR_INIT(MCP_ERROR),
        .hard = STR_INIT("event: message\ndata: " MCP_ERROR "\n\n"),
        .last = STR_INIT("event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":"
                         "$call,\"result\":{\"content\":[{\"type\":\"text\","
                         "\"text\":$message}],\"isError\":true}}\n\n"),
    },
};

/* What the words of a template stand for. */
struct words {
    const struct refusal *r;
    const struct shape *shape;
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

unsigned refuse_status(const struct refusal *r)
{
    return shape_find(r->shape)->ok ? 200 : r->wait > 0 ? 429 : 403;
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
    if (str_eq(word, STR("time")))
        return json_put_string(out, f->created);
    if (str_eq(word, STR("status")))
        return buf_add_u64(out, w->r->wait > 0 ? 429 : 403);
    if (str_eq(word, STR("code")))
        return buf_add(out, w->r->wait > 0 ? STR("rate_limit_exceeded")
                                           : STR("policy_block"));
    if (str_eq(word, STR("kind")))
        return buf_add(out,
                       w->r->wait > 0 ? w->shape->kind_limit : w->shape->kind);
    if (str_eq(word, STR("call")))
        return buf_add(out, w->r->call.len > 0 ? w->r->call : STR("null"));
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

static struct str status_line(const struct refusal *r)
{
    switch (refuse_status(r)) {
    case 200:
        return STR("HTTP/1.1 200 OK\r\n");
    case 429:
        return STR("HTTP/1.1 429 Too Many Requests\r\n");
    default:
        return STR("HTTP/1.1 403 Forbidden\r\n");
    }
}

/* To be asked again after some time, or not at all. */
static enum err put_retry(const struct refusal *r, struct buf *out)
{
    enum err e;

    if (r->wait == 0)
        return put_field(out, STR("x-should-retry"), STR("false"));
    if ((e = buf_add(out, STR("Retry-After: "))) ||
        (e = buf_add_u64(out, r->wait)))
        return e;
    return buf_add(out, STR("\r\n"));
}

static enum err put_head(const struct refusal *r, const struct shape *shape,
                         size_t length, struct buf *out)
{
    enum err e;

    if ((e = buf_add(out, status_line(r))) ||
        (e = buf_add(out, STR("Content-Type: application/json\r\n"
                              "Content-Length: "))) ||
        (e = buf_add_u64(out, length)) ||
        (e = buf_add(out, STR("\r\nConnection: close\r\n"))) ||
        (e = put_retry(r, out)))
        return e;
    if (shape->id_header.len > 0 &&
        (e = put_field(out, shape->id_header, r->exchange)))
        return e;
    if ((e = buf_add(out, shape->error_type)) ||
        (e = buf_add(out, STR("X-Sallyport-Blocked: "))) ||
        (e = buf_add(out, r->rule)) || (e = buf_add(out, STR(";"))) ||
        (e = buf_add(out, r->exchange)))
        return e;
    return buf_add(out, STR("\r\n\r\n"));
}

enum err refuse_response(const struct refusal *r, bool no_body, struct buf *out)
{
    const struct shape *shape = shape_find(r->shape);
    struct words w = {.r = r, .shape = shape};
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

static struct str line_of(const struct shape *shape, enum ending ending)
{
    if (ending == ENDING_SOFT && shape->soft_line.len > 0)
        return shape->soft_line;
    return shape->line.len > 0 ? shape->line : STR("{\"error\":$message}\n");
}

enum err refuse_ending(const struct refusal *r, enum ending ending,
                       enum stream_kind kind, const struct stream_facts *facts,
                       struct buf *out)
{
    const struct shape *shape = shape_find(r->shape);
    struct words w = {.r = r, .facts = facts};
    size_t before = out->len;
    enum err e;

    if (shape->hard.len == 0 && kind == STREAM_SSE)
        shape = &shapes[0]; /* those who stream as OpenAI does */
    w.shape = shape;
    if (kind == STREAM_NDJSON)
        e = put_template(&w, line_of(shape, ending), out);
    else if (ending == ENDING_HARD)
        e = put_template(&w, shape->hard, out);
    else
        e = put_soft(shape, &w, out);
    if (e)
        out->len = before;
    return e;
}
