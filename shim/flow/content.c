#include "flow/content.h"

#include "json/tree.h"
#include "wire/eventstream.h"

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
    {STR_INIT("application/jsonl"), CONTENT_TEXTS},
    {STR_INIT("application/x-jsonl"), CONTENT_TEXTS},
    {STR_INIT("application/jsonlines"), CONTENT_TEXTS},
    {STR_INIT("application/vnd.amazon.eventstream"), CONTENT_AWS},
    {STR_INIT("multipart/form-data"), CONTENT_PARTS},
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

enum content content_of(const struct http_head *h)
{
    struct str value;

    return http_field_get(h, STR("content-type"), &value)
               ? content_of_type(value)
               : CONTENT_GUESS;
}

enum content content_of_type(struct str value)
{
    struct str type = str_trim(str_split(&value, ';'));

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

static struct str without_blanks(struct str body)
{
    body = without_mark(body);
    while (body.len > 0 && (unsigned char)body.ptr[0] <= ' ')
        body = str_skip(body, 1);
    return body;
}

/* The first line is an object, all of it, and there are more. */
static bool is_lines(struct str body)
{
    struct str line = str_split(&body, '\n');
    struct json_doc doc;
    bool whole;

    if (line.len < 2 || line.ptr[0] != '{' || without_blanks(body).len == 0)
        return false;
    json_doc_init(&doc);
    whole = json_parse(&doc, line) == OK;
    json_doc_free(&doc);
    return whole;
}

bool content_is_array(struct str body)
{
    return str_starts(without_blanks(body), STR("["));
}

enum content content_sniff(struct str body)
{
    body = without_blanks(body);
    if (body.len == 0 || (body.ptr[0] != '{' && body.ptr[0] != '['))
        return CONTENT_TEXT;
    return is_lines(body) ? CONTENT_TEXTS : CONTENT_JSON;
}

enum content content_sniff_response(struct str body)
{
    static const struct str begins[] = {
        STR_INIT("data:"),  STR_INIT("event:"), STR_INIT("id:"),
        STR_INIT("retry:"), STR_INIT(":"),
    };

    if (es_begins(body))
        return CONTENT_AWS;
    body = without_mark(body);
    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        if (str_starts(body, begins[i]))
            return CONTENT_EVENTS;
    return content_sniff(body);
}

bool content_is_form(const struct http_head *h)
{
    struct str value;

    return http_field_get(h, STR("content-type"), &value) &&
           str_eq_nocase(str_trim(str_split(&value, ';')),
                         STR("application/x-www-form-urlencoded"));
}

bool content_charset_ok(const struct http_head *h)
{
    struct str value;

    return !http_field_get(h, STR("content-type"), &value) ||
           content_type_charset_ok(value);
}

bool content_type_charset_ok(struct str rest)
{
    static const struct str names[] = {
        STR_INIT("utf-8"),        STR_INIT("utf8"),   STR_INIT("us-ascii"),
        STR_INIT("ascii"),        STR_INIT("latin1"), STR_INIT("iso-8859-1"),
        STR_INIT("windows-1252"),
    };

    (void)str_split(&rest, ';');
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
