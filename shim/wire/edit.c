#include "wire/field.h"
#include "wire/head.h"

/*
 * Changes to a head are splices: the bytes between two changed places are
 * copied as they came. Field line i of the raw head reaches from its name to
 * the next field's name, the last one to the empty line.
 */

static size_t line_begin(const struct http_head *h, size_t i)
{
    return i < h->field_count ? h->fields[i].name.off : h->raw.len - 2;
}

/* The bytes from one offset of the raw head to another. */
static struct str range(const struct http_head *h, size_t from, size_t to)
{
    return (struct str){h->raw.ptr + from, to - from};
}

static bool edit_is_valid(const struct http_field_edit *edit)
{
    if (!http_is_token(edit->name))
        return false;
    for (size_t i = 0; !edit->drop && i < edit->value.len; i++) {
        unsigned char c = (unsigned char)edit->value.ptr[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static const struct http_field_edit *
edit_of(const struct http_field_edit *edits, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (edits[i].name.len == name.len && str_eq_nocase(edits[i].name, name))
            return &edits[i];
    return NULL;
}

/* Whether field i is the first of its name. */
static bool is_first(const struct http_head *h, size_t i)
{
    struct str name = http_head_str(h, h->fields[i].name);

    for (size_t k = 0; k < i; k++)
        if (str_eq_nocase(http_head_str(h, h->fields[k].name), name))
            return false;
    return true;
}

static enum err write_fields(const struct http_head *h,
                             const struct http_field_edit *edits, size_t n,
                             struct buf *out)
{
    size_t from = 0; /* raw bytes before this are written or dropped */
    enum err e;

    for (size_t i = 0; i < h->field_count; i++) {
        struct span value = h->fields[i].value;
        const struct http_field_edit *edit =
            edit_of(edits, n, http_head_str(h, h->fields[i].name));

        if (edit == NULL)
            continue;
        if (!edit->drop && is_first(h, i)) {
            if ((e = buf_add(out, range(h, from, value.off))) ||
                (e = buf_add(out, edit->value)))
                return e;
            from = value.off + value.len;
        } else {
            if ((e = buf_add(out, range(h, from, line_begin(h, i)))))
                return e;
            from = line_begin(h, i + 1);
        }
    }
    return buf_add(out, range(h, from, h->raw.len - 2));
}

static enum err write_new(const struct http_head *h,
                          const struct http_field_edit *edits, size_t n,
                          struct buf *out)
{
    enum err e;

    for (size_t i = 0; i < n; i++) {
        if (edits[i].drop || http_field_count(h, edits[i].name) > 0)
            continue;
        if ((e = buf_add(out, edits[i].name)) ||
            (e = buf_add(out, STR(": "))) ||
            (e = buf_add(out, edits[i].value)) ||
            (e = buf_add(out, STR("\r\n"))))
            return e;
    }
    return OK;
}

enum err http_head_write(const struct http_head *h,
                         const struct http_field_edit *edits, size_t n,
                         struct buf *out)
{
    size_t before = out->len;
    enum err e;

    for (size_t i = 0; i < n; i++)
        if (!edit_is_valid(&edits[i]))
            return E_SYNTAX;
    if ((e = write_fields(h, edits, n, out)) ||
        (e = write_new(h, edits, n, out)) || (e = buf_add(out, STR("\r\n"))))
        out->len = before;
    return e;
}

/* A list member's token: without parameters and white space. */
static struct str member_token(struct str member)
{
    return str_trim(str_head(member, str_find_byte(member, ';')));
}

bool http_list_has(struct str value, struct str token)
{
    while (value.ptr != NULL)
        if (str_eq_nocase(member_token(str_split(&value, ',')), token))
            return true;
    return false;
}

bool http_fields_have(const struct http_head *h, struct str name,
                      struct str token)
{
    for (size_t i = 0; i < h->field_count; i++)
        if (str_eq_nocase(http_head_str(h, h->fields[i].name), name) &&
            http_list_has(http_head_str(h, h->fields[i].value), token))
            return true;
    return false;
}

static bool is_decodable(struct str token)
{
    return str_eq_nocase(token, STR("gzip")) ||
           str_eq_nocase(token, STR("x-gzip")) ||
           str_eq_nocase(token, STR("deflate")) ||
           str_eq_nocase(token, STR("identity"));
}

/* Whether a member's weight is nought (RFC 9110, section 12.4.2). */
static bool is_refused(struct str member)
{
    size_t at = str_find_byte(member, ';');
    struct str weight = str_trim(str_skip(member, at + 1));

    if (weight.len < 3 || to_lower(weight.ptr[0]) != 'q' ||
        weight.ptr[1] != '=')
        return false;
    for (size_t i = 2; i < weight.len; i++)
        if (weight.ptr[i] != '0' && weight.ptr[i] != '.')
            return false;
    return true;
}

enum err http_accept_encoding_narrow(struct str value, struct buf *out)
{
    struct str rest = value;
    size_t before = out->len;
    bool dropped = false, wanted = false;
    enum err e = OK;

    while (e == OK && rest.ptr != NULL) {
        struct str member = str_trim(str_split(&rest, ','));

        if (!is_decodable(member_token(member))) {
            dropped = true;
            continue;
        }
        wanted = wanted || !is_refused(member);
        if (out->len > before)
            e = buf_add(out, STR(", "));
        if (e == OK)
            e = buf_add(out, member);
    }
    if (e == OK && (!wanted || !dropped)) {
        out->len = before;
        e = buf_add(out, wanted ? value : STR("identity"));
    }
    if (e)
        out->len = before;
    return e;
}
