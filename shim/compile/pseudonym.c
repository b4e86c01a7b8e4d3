#include "compile/pseudonym.h"

#include "detect/pseudonym.h"
#include "policy/config.h"

bool pseudonym_class(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule *rule = &((struct rule_src *)into)->rule;

    if (!read_text(r, n, &rule->class))
        return false;
    if (!pseudonym_class_ok(rule->class))
        return read_refuse(r, n, "'class' must be 2 to %d letters A-Z",
                           PSEUDONYM_CLASS);
    return true;
}

bool pseudonym_reveal(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule *rule = &((struct rule_src *)into)->rule;

    return read_texts(r, n, &rule->reveal, &rule->reveal_count) &&
           read_list_fits(r, n);
}

/* --- The class that a kind has. */

static bool holds_nocase(struct str s, struct str what)
{
    for (size_t i = 0; i + what.len <= s.len; i++)
        if (str_eq_nocase(str_head(str_skip(s, i), what.len), what))
            return true;
    return false;
}

/* EMAIL_ADDRESS is EMAIL; of what has no short name the letters: US_SSN is
 * USSSN. */
static bool class_of_kind(struct reader *r, struct rule *rule)
{
    static const struct {
        struct str in, class;
    } rows[] = {
        {STR_INIT("email"), STR_INIT("EMAIL")},
        {STR_INIT("phone"), STR_INIT("PHONE")},
        {STR_INIT("credit"), STR_INIT("CARD")},
        {STR_INIT("iban"), STR_INIT("IBAN")},
        {STR_INIT("ip_address"), STR_INIT("IP")},
        {STR_INIT("person"), STR_INIT("PERSON")},
        {STR_INIT("name"), STR_INIT("PERSON")},
    };
    char *p;
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (holds_nocase(rule->kind, rows[i].in)) {
            rule->class = rows[i].class;
            return true;
        }
    p = read_take(r, PSEUDONYM_CLASS);
    if (p == NULL)
        return false;
    for (size_t i = 0; i < rule->kind.len && n < PSEUDONYM_CLASS; i++) {
        char c = to_lower(rule->kind.ptr[i]);

        if (c >= 'a' && c <= 'z')
            p[n++] = (char)(c - 'a' + 'A');
    }
    rule->class = n >= 2 ? (struct str){p, n} : STR("VALUE");
    return true;
}

bool pseudonym_check(struct reader *r, const struct yaml_node *n,
                     struct rule *rule)
{
    if (rule->action != ACTION_PSEUDONYM) {
        rule->reveal_count = 0; /* the file's defaults */
        if (rule->class.len > 0 || yaml_get(n, STR("reveal_to")) != NULL)
            return read_refuse(r, n,
                               "'class' and 'reveal_to' are of rules with "
                               "'action: pseudonymize'");
        return true;
    }
    if (rule->dirs != 1u << DIR_SEND)
        return read_refuse(r, n,
                           "'pseudonymize' is for what is sent: the rule "
                           "needs 'on: request'");
    rule->roles |= 1u << ROLE_ASSISTANT;
    rule->parts |=
        1u << PART_TEXT | 1u << PART_TOOL_ARGS | 1u << PART_REASONING;
    return rule->class.len > 0 || class_of_kind(r, rule);
}

/* --- The policy's. */

static bool on_key_file(struct reader *r, const struct yaml_node *n, void *into)
{
    struct policy *p = into;
    struct str path;

    if (!read_text(r, n, &path))
        return false;
    if (path.ptr[0] != '/' || memchr(path.ptr, '\0', path.len) != NULL)
        return read_refuse(r, n, "'key_file' must be an absolute path");
    if (p->key_file.len == 0)
        p->key_file = path;
    return true;
}

bool pseudonym_policy(struct reader *r, const struct yaml_node *n, void *into)
{
    static const struct field fields[] = {
        {STR_INIT("key_file"), true, on_key_file},
    };

    return read_map(r, n, fields, ARRAY_LEN(fields), into);
}
