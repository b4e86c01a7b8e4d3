#include "recorded.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Loading ------------------------------------------------------------ */

static char *slurp(const char *path)
{
    FILE *in = fopen(path, "rb"), *mem;
    char *out = NULL;
    size_t size = 0;
    int c;

    if (in == NULL)
        return NULL;
    mem = open_memstream(&out, &size);
    while ((c = fgetc(in)) != EOF)
        fputc(c, mem);
    fclose(in);
    fclose(mem);
    return out;
}

static char *file_of(const char *data, const char *id, const char *what)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/exchanges/%s.%s", data, id, what);
    return slurp(path);
}

static json_t *message_of(const char *data, const char *id, const char *what)
{
    char *text = file_of(data, id, what);
    json_t *message = text == NULL ? NULL : json_loads(text, 0, NULL);

    free(text);
    return message;
}

/* The body as a tree; NULL for other bodies. To be freed. */
static json_t *body_of(json_t *message)
{
    json_t *body = json_object_get(message, "body");
    const char *text = json_string_value(json_object_get(message, "body_text"));

    if (json_is_object(body) || json_is_array(body))
        return json_deep_copy(body);
    return text == NULL ? NULL : json_loads(text, 0, NULL);
}

static void set(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text == NULL ? "" : text);
}

static bool split_url(struct recorded *r, const char *url)
{
    const char *host = url == NULL ? NULL : strstr(url, "://");
    const char *path = host == NULL ? NULL : strchr(host + 3, '/');

    if (path == NULL)
        return false;
    snprintf(r->host, sizeof(r->host), "%.*s", (int)(path - host - 3),
             host + 3);
    set(r->path, sizeof(r->path), path);
    return true;
}

static void play_line(const char *data, json_t *line,
                      void (*play)(struct recorded *r))
{
    struct recorded r = {0};

    set(r.id, sizeof(r.id), json_string_value(json_object_get(line, "id")));
    set(r.api, sizeof(r.api), json_string_value(json_object_get(line, "api")));
    set(r.method, sizeof(r.method),
        json_string_value(json_object_get(line, "method")));
    r.status = (unsigned)json_integer_value(json_object_get(line, "status"));
    if (!split_url(&r, json_string_value(json_object_get(line, "url"))))
        return;
    r.request = message_of(data, r.id, "req.json");
    r.response = message_of(data, r.id, "resp.json");
    r.asked = body_of(r.request);
    r.said = body_of(r.response);
    r.stream = file_of(data, r.id, "resp.sse");
    if (r.stream == NULL) {
        r.stream = file_of(data, r.id, "resp.ndjson");
        r.lines = r.stream != NULL;
    }
    play(&r);
    free(r.stream);
    json_decref(r.asked);
    json_decref(r.said);
    json_decref(r.request);
    json_decref(r.response);
}

char *recorded_text(json_t *body)
{
    return json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
}

bool recorded_each(void (*play)(struct recorded *r))
{
    const char *data = getenv("SALLYPORT_DATA");
    char path[512], *text, *rest, *one;

    if (data == NULL)
        return false;
    snprintf(path, sizeof(path), "%s/exchanges/index.jsonl", data);
    text = rest = slurp(path);
    if (text == NULL)
        return false;
    while ((one = strsep(&rest, "\n")) != NULL) {
        json_t *line = json_loads(one, 0, NULL);

        if (line != NULL)
            play_line(data, line, play);
        json_decref(line);
    }
    free(text);
    return true;
}

/* Payloads, one a line, as events. */
static char *framed(const char *lines)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);

    while (*lines != '\0') {
        size_t n = strcspn(lines, "\n");

        if (n > 0)
            fprintf(f, "data: %.*s\n\n", (int)n, lines);
        lines += lines[n] == '\n' ? n + 1 : n;
    }
    fclose(f);
    return out;
}

static void play_alone(const char *data, const char *name,
                       void (*play)(const char *name, struct recorded *r))
{
    struct recorded r = {.api = ""};
    char path[512], *text;

    snprintf(path, sizeof(path), "%s/exchanges/%s", data, name);
    text = slurp(path);
    if (text == NULL)
        return;
    if (strstr(name, ".chunks.") != NULL)
        r.stream = framed(text);
    else if (strstr(name, ".sse") != NULL)
        r.stream = strdup(text);
    else
        r.text = text;
    play(name, &r);
    free(r.stream);
    free(text);
}

bool recorded_responses(void (*play)(const char *name, struct recorded *r))
{
    const char *data = getenv("SALLYPORT_DATA");
    char path[512], *text, *rest, *one;

    if (data == NULL)
        return false;
    snprintf(path, sizeof(path), "%s/exchanges/chunks.index.jsonl", data);
    text = rest = slurp(path);
    if (text == NULL)
        return false;
    while ((one = strsep(&rest, "\n")) != NULL) {
        json_t *line = json_loads(one, 0, NULL);

        if (line != NULL)
            play_alone(data, json_string_value(json_object_get(line, "file")),
                       play);
        json_decref(line);
    }
    free(text);
    return true;
}

void every_string(json_t *value, void (*see)(json_t *node, void *with),
                  void *with)
{
    const char *key;
    json_t *item;
    size_t i;

    if (json_is_string(value))
        see(value, with);
    json_array_foreach(value, i, item) every_string(item, see, with);
    json_object_foreach(value, key, item) every_string(item, see, with);
}

/* ---- What was used ------------------------------------------------------ */

static long number(json_t *object, const char *a, const char *b)
{
    json_t *n = json_object_get(object, a);

    if (b != NULL)
        n = json_object_get(n, b);
    return json_is_integer(n) ? (long)json_integer_value(n) : -1;
}

static void take(long *to, long value)
{
    if (value >= 0)
        *to = value;
}

/* Where usage stands differs by API; no body has two of these. */
static void told_of(json_t *value, struct told *t)
{
    json_t *usage = json_object_get(value, "usage");
    json_t *meta = json_object_get(value, "usageMetadata");
    json_t *inside = json_object_get(value, "response");

    if (inside == NULL)
        inside = json_object_get(value, "message");
    if (json_is_object(inside) && !json_is_object(usage))
        usage = json_object_get(inside, "usage");
    take(&t->input, number(usage, "prompt_tokens", NULL));
    take(&t->input, number(usage, "input_tokens", NULL));
    take(&t->input, number(meta, "promptTokenCount", NULL));
    take(&t->input, number(value, "prompt_eval_count", NULL));
    take(&t->output, number(usage, "completion_tokens", NULL));
    take(&t->output, number(usage, "output_tokens", NULL));
    take(&t->output, number(meta, "candidatesTokenCount", NULL));
    take(&t->output, number(value, "eval_count", NULL));
    take(&t->cached, number(usage, "prompt_tokens_details", "cached_tokens"));
    take(&t->cached, number(usage, "input_tokens_details", "cached_tokens"));
    take(&t->cached, number(usage, "cache_read_input_tokens", NULL));
    take(&t->cached, number(meta, "cachedContentTokenCount", NULL));
    take(&t->reasoning,
         number(usage, "completion_tokens_details", "reasoning_tokens"));
    take(&t->reasoning,
         number(usage, "output_tokens_details", "reasoning_tokens"));
    take(&t->reasoning, number(meta, "thoughtsTokenCount", NULL));
}

struct told recorded_told(const struct recorded *r)
{
    struct told t = {.input = -1, .output = -1, .cached = -1, .reasoning = -1};
    struct events e = {0};

    t.model = json_string_value(json_object_get(r->asked, "model"));
    if (r->stream == NULL) {
        told_of(r->said, &t);
        return t;
    }
    events_read(r->stream, &e);
    for (size_t i = 0; i < e.count; i++)
        told_of(e.list[i].data, &t);
    events_free(&e);
    return t;
}

/* ---- Streams ------------------------------------------------------------ */

void events_read(const char *stream, struct events *ret)
{
    size_t room = 1;

    for (const char *p = stream; *p != '\0'; p++)
        room += *p == '\n';
    *ret = (struct events){.list = calloc(room, sizeof(*ret->list)),
                           .crlf = strstr(stream, "\r\n") != NULL};
    while (*stream != '\0') {
        struct event_line *l = &ret->list[ret->count++];
        size_t n = strcspn(stream, "\n");
        size_t text = n > 0 && stream[n - 1] == '\r' ? n - 1 : n;
        size_t head = strncmp(stream, "data: ", 6) == 0  ? 6
                      : strncmp(stream, "data:", 5) == 0 ? 5
                                                         : 0;

        if (text > head && strchr("{[", stream[head]) != NULL)
            l->data = json_loadb(stream + head, text - head, 0, NULL);
        l->before = strndup(stream, l->data != NULL ? head : text);
        stream += stream[n] == '\n' ? n + 1 : n;
    }
}

char *events_write(const struct events *e)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);

    for (size_t i = 0; i < e->count; i++) {
        char *data = e->list[i].data == NULL
                         ? NULL
                         : json_dumps(e->list[i].data, JSON_COMPACT);

        fprintf(f, "%s%s%s", e->list[i].before, data == NULL ? "" : data,
                e->crlf ? "\r\n" : "\n");
        free(data);
    }
    fclose(f);
    return out;
}

void events_free(struct events *e)
{
    for (size_t i = 0; i < e->count; i++) {
        free(e->list[i].before);
        json_decref(e->list[i].data);
    }
    free(e->list);
    *e = (struct events){0};
}

static json_t *at(json_t *value, const char *key)
{
    return json_object_get(value, key);
}

static json_t *first(json_t *array)
{
    return json_array_get(array, 0);
}

static bool is(json_t *value, const char *key, const char *want)
{
    const char *text = json_string_value(at(value, key));

    return text != NULL && strcmp(text, want) == 0;
}

/* The piece in an event, and a number that tells its channel from others. */
static json_t *piece_of(json_t *d, const char *api, bool arguments,
                        long *ret_channel)
{
    json_t *choice = first(at(d, "choices")), *delta = at(choice, "delta");
    json_t *call = first(at(delta, "tool_calls"));

    *ret_channel = (long)json_integer_value(at(choice, "index"));
    if (strcmp(api, "chat") == 0 && arguments) {
        *ret_channel =
            *ret_channel * 64 + json_integer_value(at(call, "index"));
        return at(at(call, "function"), "arguments");
    }
    if (strcmp(api, "chat") == 0)
        return at(delta, "content");
    if (strcmp(api, "messages") == 0) {
        *ret_channel = (long)json_integer_value(at(d, "index"));
        return is(d, "type", "content_block_delta")
                   ? at(at(d, "delta"), arguments ? "partial_json" : "text")
                   : NULL;
    }
    if (strcmp(api, "responses") == 0) {
        *ret_channel = (long)json_integer_value(at(d, "output_index")) * 64 +
                       json_integer_value(at(d, "content_index"));
        return is(d, "type",
                  arguments ? "response.function_call_arguments.delta"
                            : "response.output_text.delta")
                   ? at(d, "delta")
                   : NULL;
    }
    if (arguments)
        return NULL;
    if (strcmp(api, "streamGenerateContent") == 0) {
        json_t *part =
            first(at(at(first(at(d, "candidates")), "content"), "parts"));

        return json_is_true(at(part, "thought")) ? NULL : at(part, "text");
    }
    if (strcmp(api, "threads") == 0)
        return is(d, "object", "thread.message.delta")
                   ? at(at(first(at(at(d, "delta"), "content")), "text"),
                        "value")
                   : NULL;
    if (strcmp(api, "api-chat") == 0)
        return at(at(d, "message"), "content");
    return strcmp(api, "api-generate") == 0 ? at(d, "response") : NULL;
}

json_t *events_piece(const struct events *e, const char *api, bool arguments,
                     size_t line)
{
    long channel;
    json_t *p = piece_of(e->list[line].data, api, arguments, &channel);

    return json_is_string(p) ? p : NULL;
}

size_t events_channel(const struct events *e, const char *api, bool arguments,
                      size_t *ret_lines, size_t max)
{
    long channel, of_all = -1;

    for (size_t begin = 0; begin < e->count; begin++) {
        size_t n = 0;

        for (size_t i = begin; i < e->count && n < max; i++) {
            json_t *p = piece_of(e->list[i].data, api, arguments, &channel);

            if (!json_is_string(p) || json_string_length(p) == 0)
                continue;
            of_all = n == 0 ? channel : of_all;
            if (channel == of_all)
                ret_lines[n++] = i;
        }
        if (n >= 2)
            return n;
    }
    return 0;
}
