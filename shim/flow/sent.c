#include "flow/sent.h"

#include "flow/decline.h"
#include "flow/judge.h"
#include "wire/field.h"

/* All fields of one name as one list (RFC 9110, 5.3). */
static enum err fields_join(const struct http_head *h, struct str name,
                            struct buf *out)
{
    enum err e = OK;

    for (size_t i = 0; !e && i < h->field_count; i++) {
        if (!str_eq_nocase(http_head_str(h, h->fields[i].name), name))
            continue;
        if (out->len > 0)
            e = buf_add(out, STR(", "));
        if (!e)
            e = buf_add(out, http_head_str(h, h->fields[i].value));
    }
    return e;
}

/* What is asked of the other side must be something that can be read. */
static enum err negotiate(const struct conn *c, struct http_field_edit *edits,
                          size_t *count, struct buf *accept)
{
    const struct http_head *h = &c->req.head;
    struct buf offered;
    enum err e;

    buf_init(&offered, LIM_HEAD);
    if (!(e = fields_join(h, STR("accept-encoding"), &offered)) &&
        offered.len > 0 &&
        !(e = http_accept_encoding_narrow(buf_str(&offered), accept)) &&
        !str_eq(buf_str(&offered), buf_str(accept)))
        edits[(*count)++] = (struct http_field_edit){
            .name = STR("Accept-Encoding"), .value = buf_str(accept)};
    buf_free(&offered);
    if (e)
        return e;
    if (http_field_count(h, STR("range")) > 0)
        edits[(*count)++] =
            (struct http_field_edit){.name = STR("Range"), .drop = true};
    if (c->req.msg.expect_continue)
        edits[(*count)++] =
            (struct http_field_edit){.name = STR("Expect"), .drop = true};
    if (c->req.ex->talk) /* what is not offered is not agreed on */
        edits[(*count)++] = (struct http_field_edit){
            .name = STR("Sec-WebSocket-Extensions"), .drop = true};
    return OK;
}

static void drop_digests(struct http_field_edit *edits, size_t *count)
{
    static const struct str names[] = {
        STR_INIT("Content-Encoding"), STR_INIT("Content-MD5"),
        STR_INIT("Digest"),           STR_INIT("Content-Digest"),
        STR_INIT("Repr-Digest"),
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        edits[(*count)++] =
            (struct http_field_edit){.name = names[i], .drop = true};
}

enum err sent_head(const struct conn *c, const struct buf *changed,
                   struct buf *out)
{
    struct http_field_edit edits[16];
    struct buf accept, length, connection;
    size_t count = 0;
    enum err e = OK;

    buf_init(&accept, LIM_HEAD);
    buf_init(&length, 32);
    buf_init(&connection, LIM_HEAD);
    if (!judge_signed(&c->req.head))
        e = negotiate(c, edits, &count, &accept);
    if (!e && c->req.decline)
        e = decline_edits(&c->req.head, edits, &count, &connection);
    if (!e && changed != NULL) {
        drop_digests(edits, &count);
        if (c->req.msg.framing == FRAMING_LENGTH) {
            e = buf_add_u64(&length, changed->len);
            edits[count++] = (struct http_field_edit){
                .name = STR("Content-Length"), .value = buf_str(&length)};
        }
    }
    if (!e)
        e = http_head_write(&c->req.head, edits, count, out);
    buf_free(&accept);
    buf_free(&length);
    buf_free(&connection);
    return e;
}
