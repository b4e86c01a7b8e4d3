#include "compile/define.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "compile/pattern.h"
#include "rules/rule.h"

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

/* The name in braces at the beginning of s; empty if there is none. */
static struct str named_here(struct str s)
{
    size_t n = 2;

    if (!str_starts(s, STR("{{")))
        return STR("");
    while (n < s.len && in_name(s.ptr[n]))
        n++;
    return n > 2 && str_starts(str_skip(s, n), STR("}}"))
               ? str_skip(str_head(s, n), 2)
               : STR("");
}

static struct define *find(const struct reader *r, const char *file,
                           struct str name)
{
    for (struct define *d = r->defines; d != NULL; d = d->next)
        if (d->at.file == file && str_eq(d->name, name))
            return d;
    return NULL;
}

/* Why a name is not known here: in a piece, it may be known further down. */
static bool refuse_name(struct reader *r, const struct yaml_node *n,
                        const struct yaml_node *map, struct str name)
{
    if (map != NULL && str_eq(n->key->text, name))
        return read_refuse(r, n, "'%.*s' is part of itself", STR_ARG(name));
    if (map != NULL && yaml_get(map, name) != NULL)
        return read_refuse(r, n,
                           "'%.*s' is defined further down: a piece may use "
                           "those above it",
                           STR_ARG(name));
    return read_refuse(r, n,
                       "'%.*s' is not under 'define' in this file (the text "
                       "itself is \\{\\{)",
                       STR_ARG(name));
}

/* --- The keywords of the rule. */

static int by_bytes(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);

    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* Without case in ASCII only; a blank is white space of any kind. */
static void put_char(struct pattern *p, struct str c)
{
    bool ascii = (unsigned char)c.ptr[0] < 0x80;

    if (is_white(c.ptr[0])) {
        pattern_put(p, STR("\\s{1,16}"));
        return;
    }
    pattern_put(p, ascii ? STR("") : STR("(?-i:"));
    pattern_quote(p, c);
    pattern_put(p, ascii ? STR("") : STR(")"));
}

/* What n words, sorted, have behind the `at` bytes that they share: a choice at
 * each byte, so that few are tried. What the shortest is goes for the others.
 */
static void put_words(struct pattern *p, const struct str *words, size_t n,
                      size_t at)
{
    size_t end, len;
    bool many;

    if (words[0].len == at)
        return;
    len = utf8_char(str_skip(words[0], at));
    many = !str_starts(str_skip(words[n - 1], at),
                       str_head(str_skip(words[0], at), len));
    pattern_put(p, many ? STR("(?:") : STR(""));
    for (size_t i = 0; i < n; i = end) {
        struct str rest = str_skip(words[i], at), c;

        c = str_head(rest, utf8_char(rest));
        for (end = i + 1; end < n && str_starts(str_skip(words[end], at), c);)
            end++;
        pattern_put(p, i > 0 ? STR("|") : STR(""));
        put_char(p, c);
        put_words(p, words + i, end - i, at + c.len);
    }
    pattern_put(p, many ? STR(")") : STR(""));
}

static bool put_keywords(struct reader *r, struct pattern *p)
{
    struct str *words = read_take(r, r->keyword_count * sizeof(*words));

    if (words == NULL)
        return false;
    memcpy(words, r->keywords, r->keyword_count * sizeof(*words));
    qsort(words, r->keyword_count, sizeof(*words), by_bytes);
    pattern_put(p, STR("(?i:"));
    put_words(p, words, r->keyword_count, 0);
    pattern_put(p, STR(")"));
    return true;
}

/* --- The pieces. */

/* Put the pieces into *text; `map` is that of `define`, or NULL in a rule. */
static bool expand(struct reader *r, const struct yaml_node *n,
                   const struct yaml_node *map, struct str *text)
{
    struct pattern p = {.len = 0};
    struct str s = *text, name;
    struct define *d;
    bool any = false;

    if (str_find_byte(s, '\b') < s.len)
        return read_refuse(r, n,
                           "a backspace in the pattern: put it into 'single "
                           "quotes', in which \\b is the end of a word");
    if (str_find(s, STR("{{")) == s.len)
        return true;
    while (s.len > 0) {
        size_t step = s.ptr[0] == '\\' && s.len > 1 ? 2 : 1;

        name = named_here(s);
        if (name.len == 0) {
            pattern_put(&p, str_head(s, step));
            s = str_skip(s, step);
            continue;
        }
        any = true;
        s = str_skip(s, name.len + 4);
        if ((d = find(r, n->at.file, name)) != NULL) {
            d->used = true;
            pattern_put(&p, STR("(?:"));
            pattern_put(&p, d->text);
            pattern_put(&p, STR(")"));
        } else if (map != NULL || r->keyword_count == 0 ||
                   !str_eq(name, STR("keywords"))) {
            return refuse_name(r, n, map, name);
        } else if (!put_keywords(r, &p)) {
            return false;
        }
    }
    return !any || pattern_take(&p, r, n, text);
}

/* As a pattern by itself, where it may also be empty. */
static bool check_piece(struct reader *r, const struct yaml_node *n,
                        struct str piece)
{
    struct pattern p = {.len = 0};
    struct rule alone = {.whole = true};
    struct str said;
    struct buf why;
    enum err e;

    pattern_put(&p, STR("x(?:"));
    pattern_put(&p, piece);
    pattern_put(&p, STR(")"));
    if (!pattern_take(&p, r, n, &alone.match))
        return false;
    buf_init(&why, 4 * KIB);
    e = rule_pattern_check(&alone, &why);
    said = str_skip(buf_str(&why), STR("match").len);
    said.len = str_find(said, STR(" at offset ")); /* it is of our text */
    if (e && e != E_NOMEM)
        read_refuse(r, n, "'%.*s'%.*s", STR_ARG(n->key->text), STR_ARG(said));
    alone.group = 1;
    if (!e && rule_pattern_check(&alone, &why) == OK) {
        e = E_SYNTAX;
        read_refuse(r, n, "'%.*s' has a group that captures: write (?:",
                    STR_ARG(n->key->text));
    }
    buf_free(&why);
    r->fatal = e == E_NOMEM ? E_NOMEM : r->fatal;
    return e == OK;
}

static bool read_one(struct reader *r, const struct yaml_node *n,
                     const struct yaml_node *map)
{
    struct define *d = read_take(r, sizeof(*d));

    if (d == NULL)
        return false;
    *d = (struct define){.name = n->key->text, .at = n->key->at};
    for (size_t i = 0; i < d->name.len; i++)
        if (!in_name(d->name.ptr[i]))
            return read_refuse(r, n->key,
                               "'%.*s' is no name for a piece: small letters, "
                               "digits, - and _",
                               STR_ARG(d->name));
    if (!read_text(r, n, &d->text) || !expand(r, n, map, &d->text) ||
        !check_piece(r, n, d->text))
        return false;
    d->next = r->defines;
    r->defines = d;
    return true;
}

bool define_read(struct reader *r, const struct yaml_node *n)
{
    bool good = true;

    if (!read_is(r, n, YAML_MAP))
        return false;
    for (const struct yaml_node *one = n->child; one != NULL; one = one->next)
        good &= read_one(r, one, n);
    return good;
}

bool read_pattern(struct reader *r, const struct yaml_node *n,
                  struct str *ret_text)
{
    return read_text(r, n, ret_text) && expand(r, n, NULL, ret_text);
}

bool read_patterns(struct reader *r, const struct yaml_node *n,
                   const struct str **ret_list, size_t *ret_count)
{
    const struct yaml_node *one = n->child;
    struct str *list;

    if (!read_texts(r, n, ret_list, ret_count))
        return false;
    if ((list = read_take(r, *ret_count * sizeof(*list))) == NULL)
        return *ret_count == 0;
    for (size_t i = 0; i < *ret_count; i++, one = one->next) {
        list[i] = (*ret_list)[i];
        if (!expand(r, one, NULL, &list[i]))
            return false;
    }
    *ret_list = list;
    return true;
}
