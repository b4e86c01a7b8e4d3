#include "compile/when.h"

#include <pwd.h>
#include <stdio.h>

#include "base/limits.h"

#define UID_LEN 24

/* A host is compared as a whole: what would be a regular expression is not. */
static bool fix_host(struct reader *r, const struct yaml_node *n,
                     struct str *host)
{
    struct str rest = *host;
    char *p = read_take(r, host->len);
    size_t colons = 0;
    bool good = true;

    if (p == NULL)
        return false;
    for (size_t i = 0; i < host->len; i++)
        p[i] = to_lower(host->ptr[i]);
    host->ptr = p;
    if (str_starts(rest, STR("*.")))
        rest = str_skip(rest, 2);
    else if (str_eq(rest, STR("*")))
        return read_refuse(r, n, "'*' is any host: leave it out");
    else if (str_starts(rest, STR("*")))
        return read_refuse(r, n,
                           "'%.*s' would fit any name that ends so: is "
                           "'*.%.*s' meant?",
                           STR_ARG(rest), (int)(rest.len - 1), rest.ptr + 1);
    for (size_t i = 0; i < rest.len; i++) {
        char c = to_lower(rest.ptr[i]);

        colons += c == ':'; /* of an IPv6 address there are two and more */
        good &= is_alnum(c) || c == '.' || c == '-' || c == '_' || c == ':';
    }
    if (!good || colons == 1 || str_ends(rest, STR(".")))
        return read_refuse(r, n,
                           "'%.*s' is no host such as example.com or "
                           "*.example.com (no port, no regular expression)",
                           STR_ARG(*host));
    return rest.len > 0 || read_refuse(r, n, "'*.' is no host");
}

/* A user by name becomes his number, a number itself as it is printed. */
static bool fix_uid(struct reader *r, const struct yaml_node *n,
                    struct str *uid)
{
    char *text = read_take(r, uid->len + UID_LEN);
    const struct passwd *user;
    uint64_t number;
    int len;

    if (text == NULL)
        return false;
    memcpy(text, uid->ptr, uid->len);
    if (str_u64(*uid, &number) != OK) {
        user = memchr(text, '\0', uid->len) == NULL ? getpwnam(text) : NULL;
        if (user == NULL)
            return read_refuse(r, n, "there is no user '%.*s'", STR_ARG(*uid));
        number = user->pw_uid;
    } else if (number > UINT32_MAX) {
        return read_refuse(r, n, "there is no user '%.*s'", STR_ARG(*uid));
    }
    len = snprintf(text, UID_LEN, "%lu", (unsigned long)number);
    *uid = (struct str){text, len < 0 ? 0 : (size_t)len};
    return true;
}

static bool fix(struct reader *r, const struct yaml_node *n, enum about about,
                struct str *pattern)
{
    if (about == ABOUT_HOST)
        return fix_host(r, n, pattern);
    if (about == ABOUT_UID)
        return fix_uid(r, n, pattern);
    if ((about == ABOUT_PATH || about == ABOUT_EXE || about == ABOUT_CGROUP) &&
        pattern->ptr[0] != '/' && pattern->ptr[0] != '*')
        return read_refuse(r, n, "'%.*s' fits no path: it begins with no '/'",
                           STR_ARG(*pattern));
    return true;
}

bool when_about(struct reader *r, const struct yaml_node *n, void *into)
{
    const struct yaml_node *one = n->kind == YAML_LIST ? n->child : n;
    size_t count = n->kind == YAML_LIST ? n->count : 1;
    struct str *list = read_take(r, (count + 1) * sizeof(*list));
    enum about about;
    bool good = true;

    if (list == NULL || !about_from(n->key->text, &about))
        return false;
    if (count == 0 || count > LIM_RULE_LIST)
        return read_refuse(r, n, "'%.*s' must have 1 to %u patterns",
                           STR_ARG(n->key->text), LIM_RULE_LIST);
    for (size_t i = 0; i < count; i++, one = one->next)
        good &= read_text(r, one, &list[i]) && fix(r, one, about, &list[i]);
    ((struct when *)into)->about[about] = (struct strs){list, count};
    return good;
}

static const struct field when_fields[] = {
    {STR_INIT("host"), false, when_about},
    {STR_INIT("path"), false, when_about},
    {STR_INIT("model"), false, when_about},
    {STR_INIT("exe"), false, when_about},
    {STR_INIT("uid"), false, when_about},
    {STR_INIT("cgroup"), false, when_about},
};

size_t when_keys(const struct field **ret_fields)
{
    *ret_fields = when_fields;
    return ARRAY_LEN(when_fields);
}

bool when_read(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_map(r, n, when_fields, ARRAY_LEN(when_fields), into);
}

bool when_empty(const struct when *w)
{
    for (size_t i = 0; i < ABOUT_COUNT; i++)
        if (w->about[i].count != 0)
            return false;
    return true;
}
