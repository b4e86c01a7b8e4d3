#include "compile/ownfile.h"

#include "base/limits.h"
#include "base/pack.h"
#include "detect/spelling.h"

/* A list of strings, packed. */
static bool read_list(struct reader *r, const struct yaml_node *n,
                      struct str *ret_packed)
{
    const struct str *list;
    struct buf packed;
    size_t count;
    enum err e = OK;

    if (!read_texts(r, n, &list, &count))
        return false;
    if (count > LIM_OWN_LIST)
        return read_refuse(r, n, "too many (at most %d)", LIM_OWN_LIST);
    buf_init(&packed, MIB);
    for (size_t i = 0; i < count && !e; i++) {
        if (str_find_byte(list[i], '\0') < list[i].len) {
            buf_free(&packed);
            return read_refuse(r, n, "a name with a NUL byte");
        }
        e = pack_str(&packed, list[i]);
    }
    if (!e)
        e = arena_copy(r->arena, buf_str(&packed), ret_packed);
    buf_free(&packed);
    if (e)
        r->fatal = e;
    return !e;
}

static bool on_env(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_list(r, n, &((struct policy_own *)into)->env);
}

static bool on_files(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_list(r, n, &((struct policy_own *)into)->files);
}

static bool on_auth(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_bool(r, n, &((struct policy_own *)into)->auth);
}

static bool on_least(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_number(r, n, SPELL_VALUE_MIN, LIM_OWN_LEAST,
                       &((struct policy_own *)into)->least);
}

static const struct field fields[] = {
    {STR_INIT("env"), false, on_env},
    {STR_INIT("files"), false, on_files},
    {STR_INIT("auth_headers"), false, on_auth},
    {STR_INIT("min_length"), false, on_least},
};

size_t own_keys(const struct field **ret_fields)
{
    *ret_fields = fields;
    return ARRAY_LEN(fields);
}

bool own_read(struct reader *r, const struct yaml_node *n,
              struct policy_own *ret_own)
{
    struct policy_own own = *ret_own;

    if (!read_map(r, n, fields, ARRAY_LEN(fields), &own))
        return false;
    *ret_own = own;
    return true;
}
