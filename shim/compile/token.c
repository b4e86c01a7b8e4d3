#include "compile/token.h"

#include "compile/rulefile.h"
#include "rules/token.h"

/* "9" or "11-13", to a bit for each. */
static bool token_lengths(struct str s, uint64_t *set)
{
    struct str first = str_split(&s, '-');
    uint64_t least, most;

    if (str_u64(first, &least) || least == 0)
        return false;
    most = least;
    if (s.ptr != NULL && str_u64(s, &most))
        return false;
    if (most < least || most > TOKEN_MOST)
        return false;
    for (; least <= most; least++)
        *set |= UINT64_C(1) << least;
    return true;
}

static bool read_lengths(struct reader *r, const struct yaml_node *n,
                         uint64_t *ret_set)
{
    const struct yaml_node *c = n->kind == YAML_LIST ? n->child : n;
    struct str text;

    if (n->kind == YAML_MAP)
        return read_is(r, n, YAML_LIST);
    for (; c != NULL; c = n->kind == YAML_LIST ? c->next : NULL) {
        if (!read_text(r, c, &text))
            return false;
        if (!token_lengths(text, ret_set))
            return read_refuse(r, c,
                               "'%.*s' is no length such as 9 or 11-13 (at "
                               "most %u)",
                               STR_ARG(text), TOKEN_MOST);
    }
    return true;
}

static bool on_token_digits(struct reader *r, const struct yaml_node *n,
                            void *into)
{
    return read_lengths(r, n, &((struct rule_src *)into)->rule.token.digits);
}

static bool on_token_mixed(struct reader *r, const struct yaml_node *n,
                           void *into)
{
    return read_lengths(r, n, &((struct rule_src *)into)->rule.token.mixed);
}

static bool on_token_then(struct reader *r, const struct yaml_node *n,
                          void *into)
{
    struct str s;

    if (!read_text(r, n, &s))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80 || token_byte(s.ptr[i]))
            return read_refuse(r, n,
                               "'then' is of ASCII marks, one of which stands "
                               "behind the token");
    ((struct rule_src *)into)->rule.then = s;
    return true;
}

bool token_read(struct reader *r, const struct yaml_node *n, void *into)
{
    static const struct field fields[] = {
        {STR_INIT("digits"), false, on_token_digits},
        {STR_INIT("mixed"), false, on_token_mixed},
        {STR_INIT("then"), false, on_token_then},
    };

    if (!read_map(r, n, fields, ARRAY_LEN(fields), into))
        return false;
    return token_any(&((struct rule_src *)into)->rule.token) ||
           read_refuse(r, n, "'token' needs 'digits' or 'mixed'");
}
