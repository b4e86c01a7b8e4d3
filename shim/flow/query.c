#include "flow/query.h"

static bool is_credential(struct str name)
{
    static const struct str names[] = {
        STR_INIT("key"),          STR_INIT("api_key"),
        STR_INIT("api-key"),      STR_INIT("apikey"),
        STR_INIT("access_token"), STR_INIT("token"),
        STR_INIT("sig"),          STR_INIT("signature"),
        STR_INIT("code"),         STR_INIT("x-amz-security-token"),
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(name, names[i]))
            return true;
    return false;
}

bool query_is_key(struct str name)
{
    return is_credential(name) && !str_starts(name, STR("sig")) &&
           !str_eq(name, STR("code"));
}

/* `plus`: what a '+' stands for. */
static enum err put_decoded(struct str s, char plus, struct buf *out)
{
    enum err e = OK;

    while (!e && s.len > 0) {
        int hi = s.len > 2 && s.ptr[0] == '%' ? hex_value(s.ptr[1]) : -1;
        int lo = hi >= 0 ? hex_value(s.ptr[2]) : -1;

        if (lo >= 0)
            e = buf_add_byte(out, (char)(hi << 4 | lo));
        else
            e = buf_add_byte(out, s.ptr[0] == '+' ? plus : s.ptr[0]);
        s = str_skip(s, lo >= 0 ? 3 : 1);
    }
    return e;
}

static enum err put_parameters(struct str query, bool credentials,
                               struct buf *out)
{
    enum err e;

    while (query.ptr != NULL) {
        struct str one = str_split(&query, '&');
        struct str name = str_head(one, str_find_byte(one, '='));

        if (!credentials && is_credential(name))
            continue;
        if ((e = put_decoded(one, ' ', out)) || (e = buf_add_byte(out, '\n')))
            return e;
    }
    return OK;
}

enum err query_text(struct str query, struct buf *out)
{
    return put_parameters(query, false, out);
}

enum err form_text(struct str form, struct buf *out)
{
    return put_parameters(form, true, out);
}

enum err path_text(struct str path, struct buf *out)
{
    return put_decoded(path, '+', out);
}
