#include "flow/decline.h"

bool decline_asked(const struct http_head *h)
{
    struct str value;

    return http_field_count(h, STR("upgrade")) == 1 &&
           http_field_get(h, STR("upgrade"), &value) &&
           str_eq_nocase(value, STR("h2c"));
}

/* The members of one Connection field that are not of the offer. */
static enum err keep_rest(struct str list, struct buf *out)
{
    enum err e = OK;

    while (!e && list.ptr != NULL) {
        struct str member = str_trim(str_split(&list, ','));

        if (member.len == 0 || str_eq_nocase(member, STR("upgrade")) ||
            str_eq_nocase(member, STR("http2-settings")))
            continue;
        if (out->len > 0)
            e = buf_add(out, STR(", "));
        if (!e)
            e = buf_add(out, member);
    }
    return e;
}

enum err decline_edits(const struct http_head *h, struct http_field_edit *edits,
                       size_t *count, struct buf *connection)
{
    enum err e;

    for (size_t i = 0; i < h->field_count; i++)
        if (str_eq_nocase(http_head_str(h, h->fields[i].name),
                          STR("connection")) &&
            (e = keep_rest(http_head_str(h, h->fields[i].value), connection)))
            return e;
    edits[(*count)++] = (struct http_field_edit){.name = STR("Connection"),
                                                 .value = buf_str(connection),
                                                 .drop = connection->len == 0};
    edits[(*count)++] =
        (struct http_field_edit){.name = STR("Upgrade"), .drop = true};
    edits[(*count)++] =
        (struct http_field_edit){.name = STR("HTTP2-Settings"), .drop = true};
    return OK;
}
