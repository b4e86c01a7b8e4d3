#include "compile/read.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/kinds.h"
#include "base/limits.h"

bool read_refuse(struct reader *r, const struct yaml_node *n,
                 const char *format, ...)
{
    char text[800];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    diag_add(r->diags, n->at, "%s", text);
    return false;
}

void *read_take(struct reader *r, size_t n)
{
    void *p;
    enum err e = arena_take(r->arena, n, &p);

    if (e) {
        r->fatal = e;
        return NULL;
    }
    memset(p, 0, n);
    return p;
}

/* The key whose value it is, in quotes; what stands in a list has none. */
#define NAME     "%s%.*s%s"
#define NAMED(n) quote_of(n), STR_ARG(name_of(n)), quote_of(n)

static struct str name_of(const struct yaml_node *n)
{
    return n->key == NULL ? STR("what stands here") : n->key->text;
}

static const char *quote_of(const struct yaml_node *n)
{
    return n->key == NULL ? "" : "'";
}

bool read_is(struct reader *r, const struct yaml_node *n, enum yaml_kind kind)
{
    if (n->kind == kind)
        return true;
    return read_refuse(r, n, NAME " must be %s, not %s", NAMED(n),
                       yaml_kind_name(kind), yaml_kind_name(n->kind));
}

/* --- Keys. */

/* How many letters lie between two keys: one changed, left out or put in, or
 * two neighbours exchanged, each counts as one. */
static size_t distance(struct str a, struct str b)
{
    size_t rows[3][LIM_SLUG + 1]; /* of the row before the last one on */

    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3], *last = rows[(i + 2) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t least = last[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);

            least = last[j] + 1 < least ? last[j] + 1 : least;
            least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
                a.ptr[i - 2] == b.ptr[j - 1] &&
                rows[(i + 1) % 3][j - 2] + 1 < least)
                least = rows[(i + 1) % 3][j - 2] + 1;
            row[j] = least;
        }
    }
    return rows[a.len % 3][b.len];
}

void nearest_try(struct nearest *near, struct str key)
{
    size_t n;

    if (near->key.len > LIM_SLUG || key.len > LIM_SLUG)
        return;
    n = distance(near->key, key);
    /* Of a short key each letter says much. */
    if (n < near->apart && 3 * n <= key.len) {
        near->apart = n;
        near->best = key;
    }
}

bool read_unknown(struct reader *r, const struct yaml_node *at,
                  const char *what, const struct nearest *near)
{
    if (near->best.len == 0)
        return read_refuse(r, at, "unknown %s '%.*s'", what,
                           STR_ARG(near->key));
    return read_refuse(r, at, "unknown %s '%.*s': is '%.*s' meant?", what,
                       STR_ARG(near->key), STR_ARG(near->best));
}

static bool unknown_field(struct reader *r, const struct yaml_node *key,
                          const struct field *fields, size_t count)
{
    struct nearest near = nearest_of(key->text);

    for (size_t i = 0; i < count; i++)
        nearest_try(&near, fields[i].key);
    return read_unknown(r, key, "key", &near);
}

static const struct field *field_of(const struct field *fields, size_t count,
                                    struct str key)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(fields[i].key, key))
            return &fields[i];
    return NULL;
}

bool read_map(struct reader *r, const struct yaml_node *n,
              const struct field *fields, size_t count, void *into)
{
    const struct yaml_node *c;
    bool good = true;

    if (!read_is(r, n, YAML_MAP))
        return false;
    for (c = n->child; c != NULL; c = c->next)
        if (field_of(fields, count, c->key->text) == NULL)
            good = unknown_field(r, c->key, fields, count);
    for (size_t i = 0; i < count; i++) {
        c = yaml_get(n, fields[i].key);
        if (c != NULL)
            good &= fields[i].read(r, c, into);
        else if (fields[i].required)
            good =
                read_refuse(r, n, "'%.*s' is missing", STR_ARG(fields[i].key));
    }
    return good;
}

bool read_text(struct reader *r, const struct yaml_node *n,
               struct str *ret_text)
{
    if (!read_is(r, n, YAML_SCALAR))
        return false;
    if (n->text.len == 0)
        return read_refuse(r, n, NAME " is empty", NAMED(n));
    *ret_text = n->text;
    return true;
}

static bool slug_byte(char c, bool first)
{
    return is_alnum(c) || (!first && (c == '.' || c == '_' || c == '-'));
}

bool read_slug(struct reader *r, const struct yaml_node *n,
               struct str *ret_text)
{
    struct str s;

    if (!read_text(r, n, &s))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!slug_byte(s.ptr[i], i == 0) || i == LIM_SLUG)
            return read_refuse(r, n,
                               NAME " may have letters, digits, '.', '_' and "
                                    "'-' only (at most %u)",
                               NAMED(n), LIM_SLUG);
    *ret_text = s;
    return true;
}

bool read_bool(struct reader *r, const struct yaml_node *n, bool *ret_value)
{
    if (!read_is(r, n, YAML_SCALAR))
        return false;
    if (n->plain && str_eq(n->text, STR("true")))
        *ret_value = true;
    else if (n->plain && str_eq(n->text, STR("false")))
        *ret_value = false;
    else
        return read_refuse(r, n, NAME " must be true or false", NAMED(n));
    return true;
}

bool read_number(struct reader *r, const struct yaml_node *n, uint32_t least,
                 uint32_t most, uint32_t *ret_value)
{
    uint64_t value;

    if (!read_is(r, n, YAML_SCALAR))
        return false;
    if (!n->plain || str_u64(n->text, &value) || value < least || value > most)
        return read_refuse(r, n, NAME " must be a number from %u to %u",
                           NAMED(n), least, most);
    *ret_value = (uint32_t)value;
    return true;
}

bool read_texts(struct reader *r, const struct yaml_node *n,
                const struct str **ret_list, size_t *ret_count)
{
    const struct yaml_node *c;
    struct str *list;
    size_t i = 0;
    bool good = true;

    if (!read_is(r, n, YAML_LIST))
        return false;
    list = read_take(r, n->count * sizeof(*list));
    if (list == NULL)
        return false;
    for (c = n->child; c != NULL; c = c->next)
        good &= read_text(r, c, &list[i++]);
    *ret_list = list;
    *ret_count = n->count;
    return good;
}

bool read_list_fits(struct reader *r, const struct yaml_node *n)
{
    return n->count <= LIM_RULE_LIST ||
           read_refuse(r, n, NAME " must have at most %u values", NAMED(n),
                       LIM_RULE_LIST);
}

static struct str role_at(unsigned i)
{
    return role_name((enum role)i);
}

static struct str part_at(unsigned i)
{
    return part_name((enum part)i);
}

const struct names names_of_roles = {"role", ROLE_COUNT, role_at};
const struct names names_of_parts = {"part", PART_COUNT, part_at};

static bool read_no_name(struct reader *r, const struct yaml_node *n,
                         const struct names *names)
{
    char list[256];
    size_t len = 0;

    for (unsigned i = 0; i < names->count && len < sizeof(list); i++)
        len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%.*s",
                                i > 0 ? ", " : "", STR_ARG(names->name(i)));
    return read_refuse(r, n, "'%.*s' is no %s: %s", STR_ARG(n->text),
                       names->what, list);
}

bool read_name(struct reader *r, const struct yaml_node *n,
               const struct names *names, unsigned *ret_i)
{
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    for (unsigned i = 0; i < names->count; i++)
        if (str_eq(names->name(i), name)) {
            *ret_i = i;
            return true;
        }
    return read_no_name(r, n, names);
}

static bool read_bit(struct reader *r, const struct yaml_node *n,
                     const struct names *names, unsigned *set)
{
    unsigned i;

    if (!read_name(r, n, names, &i))
        return false;
    *set |= 1u << i;
    return true;
}

bool read_set(struct reader *r, const struct yaml_node *n,
              const struct names *names, unsigned *ret_set)
{
    const struct yaml_node *c;
    unsigned set = 0;
    bool good = true;

    if (n->kind == YAML_SCALAR) {
        good = read_bit(r, n, names, &set);
    } else {
        if (!read_is(r, n, YAML_LIST))
            return false;
        if (n->count == 0)
            return read_refuse(r, n, NAME " is empty", NAMED(n));
        for (c = n->child; c != NULL; c = c->next)
            good &= read_bit(r, c, names, &set);
    }
    if (good)
        *ret_set = set;
    return good;
}

bool read_dirs(struct reader *r, const struct yaml_node *n, unsigned *ret_dirs)
{
    struct str name;
    enum dir dir;

    if (!read_text(r, n, &name))
        return false;
    if (str_eq(name, STR("both")))
        *ret_dirs = DIRS_ALL;
    else if (dir_from(name, &dir))
        *ret_dirs = 1u << dir;
    else
        return read_refuse(r, n, NAME " must be request, response or both",
                           NAMED(n));
    return true;
}
