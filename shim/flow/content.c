#include "flow/content.h"

struct row {
    struct str type;
    enum content content;
};

static const struct row rows[] = {
    {STR_INIT("application/json"), CONTENT_JSON},
    {STR_INIT("text/event-stream"), CONTENT_EVENTS},
    {STR_INIT("application/x-ndjson"), CONTENT_LINES},
    {STR_INIT("application/ndjson"), CONTENT_LINES},
    {STR_INIT("application/stream+json"), CONTENT_LINES},
    {STR_INIT("application/jsonl"), CONTENT_LINES},
    {STR_INIT("application/x-jsonl"), CONTENT_LINES},
    {STR_INIT("application/octet-stream"), CONTENT_GUESS},
    {STR_INIT("application/x-www-form-urlencoded"), CONTENT_GUESS},
    {STR_INIT("text/plain"), CONTENT_GUESS},
};

enum content content_of(const struct http_head *h)
{
    struct str value, type;

    if (!http_field_get(h, STR("content-type"), &value))
        return CONTENT_GUESS;
    type = str_trim(str_split(&value, ';'));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq_nocase(type, rows[i].type))
            return rows[i].content;
    if (str_ends_nocase(type, STR("+json")))
        return CONTENT_JSON;
    if (str_eq_nocase(str_head(type, 5), STR("text/")))
        return CONTENT_TEXT;
    return CONTENT_OTHER;
}

enum content content_sniff(struct str body)
{
    while (body.len > 0 && (unsigned char)body.ptr[0] <= ' ')
        body = str_skip(body, 1);
    if (body.len > 0 && (body.ptr[0] == '{' || body.ptr[0] == '['))
        return CONTENT_JSON;
    return CONTENT_TEXT;
}
