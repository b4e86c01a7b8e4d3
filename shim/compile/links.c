#include "compile/links.h"

#include "detect/host.h"

static bool add_host(struct reader *r, struct str star, struct str name,
                     struct str *list)
{
    size_t len = list->len + (list->len > 0) + star.len + name.len;
    char *p = read_take(r, len), *at = p;

    if (p == NULL)
        return false;
    if (list->len > 0) {
        memcpy(at, list->ptr, list->len);
        at += list->len;
        *at++ = ' ';
    }
    memcpy(at, star.ptr, star.len);
    memcpy(at + star.len, name.ptr, name.len);
    *list = (struct str){p, len};
    return true;
}

static bool on_allow(struct reader *r, const struct yaml_node *n, void *into)
{
    const struct yaml_node *c;
    bool good = read_is(r, n, YAML_LIST);

    for (c = good ? n->child : NULL; c != NULL; c = c->next) {
        struct str text, star = STR("");
        char name[HOST_MOST];
        size_t len;

        if (!read_text(r, c, &text))
            return false;
        if (str_starts(text, STR("*.")))
            star = str_head(text, 2);
        len = host_canonical(str_skip(text, star.len), name);
        if (len == 0 || memchr(name, '*', len) != NULL ||
            memchr(name, '/', len) != NULL || memchr(name, ':', len) != NULL)
            good = read_refuse(r, c,
                               "'%.*s' is no host such as example.com or "
                               "*.example.com",
                               STR_ARG(text));
        else
            good &= add_host(r, star, (struct str){name, len}, into);
    }
    return good;
}

bool links_read(struct reader *r, const struct yaml_node *n, struct str *list)
{
    static const struct field fields[] = {
        {STR_INIT("allow"), true, on_allow},
    };

    return read_map(r, n, fields, ARRAY_LEN(fields), list);
}
