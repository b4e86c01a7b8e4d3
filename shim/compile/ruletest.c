#include "compile/ruletest.h"

static bool on_test_text(struct reader *r, const struct yaml_node *n,
                         void *into)
{
    return read_text(r, n, &((struct rule_test *)into)->text);
}

/* Pieces, joined: so that no file holds a key-shaped literal. */
static bool on_test_pieces(struct reader *r, const struct yaml_node *n,
                           void *into)
{
    const struct str *list;
    size_t count, len = 0;
    char *p;

    if (!read_texts(r, n, &list, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        len += list[i].len; /* all of one file: cannot overflow */
    if ((p = read_take(r, len)) == NULL)
        return false;
    ((struct rule_test *)into)->text = (struct str){p, len};
    for (size_t i = 0; i < count; i++) {
        memcpy(p, list[i].ptr, list[i].len);
        p += list[i].len;
    }
    return true;
}

static bool on_test_redacted(struct reader *r, const struct yaml_node *n,
                             void *into)
{
    struct rule_test *t = into;

    if (!t->hit)
        return read_refuse(r, n, "'redacted' is for hits");
    t->has_redacted = true;
    return read_text(r, n, &t->redacted);
}

static bool on_test_role(struct reader *r, const struct yaml_node *n,
                         void *into)
{
    unsigned i;

    if (!read_name(r, n, &names_of_roles, &i))
        return false;
    ((struct rule_test *)into)->scope.role = (enum role)i;
    return true;
}

static bool on_test_part(struct reader *r, const struct yaml_node *n,
                         void *into)
{
    unsigned i;

    if (!read_name(r, n, &names_of_parts, &i))
        return false;
    ((struct rule_test *)into)->scope.part = (enum part)i;
    return true;
}

static bool on_test_on(struct reader *r, const struct yaml_node *n, void *into)
{
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    if (!dir_from(name, &((struct rule_test *)into)->scope.dir))
        return read_refuse(r, n, "'on' must be request or response");
    return true;
}

static const struct field test_fields[] = {
    {STR_INIT("text"), false, on_test_text},
    {STR_INIT("parts"), false, on_test_pieces},
    {STR_INIT("redacted"), false, on_test_redacted},
    {STR_INIT("role"), false, on_test_role},
    {STR_INIT("part"), false, on_test_part},
    {STR_INIT("on"), false, on_test_on},
};

static bool read_test(struct reader *r, const struct yaml_node *n,
                      struct rule_test *t)
{
    t->at = n->at;
    if (n->kind == YAML_SCALAR)
        return read_text(r, n, &t->text);
    if (!read_map(r, n, test_fields, ARRAY_LEN(test_fields), t))
        return false;
    if ((yaml_get(n, STR("text")) == NULL) ==
        (yaml_get(n, STR("parts")) == NULL))
        return read_refuse(r, n, "a test has either 'text' or 'parts'");
    return true;
}

/* Where a test's text stands unless it says so: the first place of these that
 * the rule looks at. */
static struct scope test_scope(const struct rule *rule)
{
    static const enum role roles[] = {ROLE_USER, ROLE_TOOL, ROLE_ASSISTANT,
                                      ROLE_SYSTEM};
    struct scope s = {.dir = rule->dirs & 1u << DIR_SEND ? DIR_SEND : DIR_RECV};
    size_t i;

    for (i = 0; i + 1 < ARRAY_LEN(roles); i++)
        if (rule->roles & 1u << roles[i])
            break;
    s.role = roles[i];
    s.part = s.role == ROLE_TOOL ? PART_TOOL_RESULT : PART_TEXT;
    for (i = 0; !(rule->parts & 1u << s.part) && i < PART_COUNT; i++)
        if (rule->parts & 1u << i)
            s.part = (enum part)i;
    return s;
}

static bool read_test_list(struct reader *r, const struct yaml_node *list,
                           bool hit, struct rule_src *src)
{
    const struct yaml_node *c;
    bool good = true;

    for (c = list->child; c != NULL; c = c->next) {
        struct rule_test *t = &src->tests[src->test_count++];

        t->hit = hit;
        t->scope = test_scope(&src->rule);
        src->hit_count += hit;
        good &= read_test(r, c, t);
    }
    return good;
}

bool ruletest_read(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule_src *src = into;
    const struct yaml_node *c;
    size_t count = 0;
    bool good = true;

    if (!read_is(r, n, YAML_MAP))
        return false;
    for (c = n->child; c != NULL; c = c->next) {
        struct nearest near = nearest_of(c->key->text);

        nearest_try(&near, STR("hit"));
        nearest_try(&near, STR("miss"));
        if (near.apart != 0)
            good = read_unknown(r, c->key, "key", &near);
        good &= read_is(r, c, YAML_LIST);
        count += c->count;
    }
    src->tests = read_take(r, count * sizeof(*src->tests));
    if (!good || src->tests == NULL)
        return false;
    for (c = n->child; c != NULL; c = c->next)
        good &= read_test_list(r, c, str_eq(c->key->text, STR("hit")), src);
    return good;
}
