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

static bool has_nocase(struct str s, struct str lower)
{
    for (size_t i = 0; i + lower.len <= s.len; i++)
        if (str_eq_nocase(str_head(str_skip(s, i), lower.len), lower))
            return true;
    return false;
}

static bool type_of(const struct http_head *h, struct str *ret_type,
                    struct str *ret_parameters)
{
    struct str value;

    if (!http_field_get(h, STR("content-type"), &value))
        return false;
    *ret_type = str_trim(str_split(&value, ';'));
    *ret_parameters = value;
    return true;
}

enum content content_of(const struct http_head *h)
{
    struct str type, parameters;

    if (!type_of(h, &type, &parameters))
        return CONTENT_GUESS;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq_nocase(type, rows[i].type))
            return rows[i].content;
    if (str_ends_nocase(type, STR("+json")))
        return CONTENT_JSON;
    if (str_eq_nocase(str_head(type, 5), STR("text/")))
        return CONTENT_TEXT;
    return has_nocase(type, STR("json")) ? CONTENT_GUESS : CONTENT_OTHER;
}

static struct str without_mark(struct str body)
{
    return str_starts(body, STR("\xef\xbb\xbf")) ? str_skip(body, 3) : body;
}

enum content content_sniff(struct str body)
{
    body = without_mark(body);
    while (body.len > 0 && (unsigned char)body.ptr[0] <= ' ')
        body = str_skip(body, 1);
    if (body.len > 0 && (body.ptr[0] == '{' || body.ptr[0] == '['))
        return CONTENT_JSON;
    return CONTENT_TEXT;
}

enum content content_sniff_response(struct str body)
{
    static const struct str begins[] = {
        STR_INIT("data:"),  STR_INIT("event:"), STR_INIT("id:"),
        STR_INIT("retry:"), STR_INIT(":"),
    };

    body = without_mark(body);
    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        if (str_starts(body, begins[i]))
            return CONTENT_EVENTS;
    return content_sniff(body);
}

bool content_is_form(const struct http_head *h)
{
    struct str type, parameters;

    return type_of(h, &type, &parameters) &&
           str_eq_nocase(type, STR("application/x-www-form-urlencoded"));
}

bool content_charset_ok(const struct http_head *h)
{
    static const struct str names[] = {
        STR_INIT("utf-8"),        STR_INIT("utf8"),   STR_INIT("us-ascii"),
        STR_INIT("ascii"),        STR_INIT("latin1"), STR_INIT("iso-8859-1"),
        STR_INIT("windows-1252"),
    };
    struct str type, rest;

    if (!type_of(h, &type, &rest))
        return true;
    while (rest.ptr != NULL) {
        struct str value = str_split(&rest, ';');
        struct str name = str_trim(str_split(&value, '='));
        bool known = !str_eq_nocase(name, STR("charset"));

        value = str_trim(value);
        if (value.len > 1 && value.ptr[0] == '"')
            value = (struct str){value.ptr + 1, value.len - 2};
        for (size_t i = 0; !known && i < ARRAY_LEN(names); i++)
            known = str_eq_nocase(value, names[i]);
        if (!known)
            return false;
    }
    return true;
}
