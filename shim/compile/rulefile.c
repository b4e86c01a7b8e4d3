#include "compile/rulefile.h"

#include "base/limits.h"
#include "compile/confidence.h"
#include "compile/context.h"
#include "compile/define.h"
#include "compile/pseudonym.h"
#include "compile/detector.h"
#include "compile/near.h"
#include "compile/token.h"
#include "compile/model.h"
#include "compile/ruletest.h"
#include "compile/scoring.h"
#include "compile/value.h"
#include "compile/views.h"
#include "compile/when.h"
#include "compile/words.h"
#include "detect/top.h"
#include "rules/key.h"
#include "rules/token.h"

#define PLACEHOLDER_MAX 64

bool read_rule_id(struct reader *r, const struct yaml_node *n,
                  struct str *ret_id)
{
    struct str id;
    bool good;

    if (!read_text(r, n, &id))
        return false;
    good = str_starts(id, STR("SP-")) && id.len > 3 && id.len <= 12;
    for (size_t i = 3; good && i < id.len; i++)
        good = is_digit(id.ptr[i]);
    if (!good)
        return read_refuse(r, n, "'%.*s' is no rule id such as SP-1001",
                           STR_ARG(id));
    *ret_id = id;
    return true;
}

static bool on_id(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_rule_id(r, n, &((struct rule_src *)into)->rule.id);
}

static bool on_name(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_slug(r, n, &((struct rule_src *)into)->rule.name);
}

static bool on_category(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_slug(r, n, &((struct rule_src *)into)->rule.category);
}

static bool on_kind(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_slug(r, n, &((struct rule_src *)into)->rule.kind);
}

static bool on_on(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_dirs(r, n, &((struct rule_src *)into)->rule.dirs);
}

static bool on_roles(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_set(r, n, &names_of_roles,
                    &((struct rule_src *)into)->rule.roles);
}

static bool on_parts(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_set(r, n, &names_of_parts,
                    &((struct rule_src *)into)->rule.parts);
}

static bool on_in(struct reader *r, const struct yaml_node *n, void *into)
{
    static const struct field fields[] = {
        {STR_INIT("roles"), false, on_roles},
        {STR_INIT("parts"), false, on_parts},
    };

    if (n->kind != YAML_MAP)
        return on_roles(r, n, into);
    return read_map(r, n, fields, ARRAY_LEN(fields), into);
}

static bool on_keywords(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule *rule = &((struct rule_src *)into)->rule;

    if (!read_texts(r, n, &rule->keywords, &rule->keyword_count))
        return false;
    if (n->count == 0 || n->count > LIM_RULE_LIST)
        return read_refuse(r, n, "'keywords' must have 1 to %u words",
                           LIM_RULE_LIST);
    for (size_t i = 0; i < rule->keyword_count; i++)
        if (rule->keywords[i].len > LIM_KEYWORD ||
            key_front(rule->keywords[i]) == rule->keywords[i].len)
            return read_refuse(r, n,
                               "a keyword must have 1 to %u bytes, and more "
                               "than white space",
                               LIM_KEYWORD);
    r->keywords = rule->keywords;
    r->keyword_count = rule->keyword_count;
    return true;
}

static bool on_keyword_first(struct reader *r, const struct yaml_node *n,
                             void *into)
{
    return read_bool(r, n, &((struct rule_src *)into)->rule.keyword_first);
}

static bool on_digits(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_number(r, n, 1, 64, &((struct rule_src *)into)->rule.digits);
}

static bool on_match(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule_src *src = into;

    src->match_at = n->at;
    return read_pattern(r, n, &src->rule.match);
}

static bool on_value(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule_src *src = into;

    src->match_at = n->at;
    return read_pattern(r, n, &src->value);
}

static bool on_group(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_number(r, n, 0, 99, &((struct rule_src *)into)->rule.group);
}

/* A decimal number up to 8 with at most three places, to thousandths. */
static bool thousandths(struct str s, uint32_t *ret_value)
{
    struct str whole = str_split(&s, '.');
    uint64_t units, part = 0, unit = 100;

    if (str_u64(whole, &units) || units > 8)
        return false;
    if (s.ptr != NULL && (s.len == 0 || s.len > 3))
        return false;
    for (size_t i = 0; i < s.len; i++, unit /= 10) {
        if (!is_digit(s.ptr[i]))
            return false;
        part += (uint64_t)(s.ptr[i] - '0') * unit;
    }
    *ret_value = (uint32_t)(units * 1000 + part);
    return *ret_value <= 8000;
}

static bool on_entropy(struct reader *r, const struct yaml_node *n, void *into)
{
    struct str text;

    if (!read_text(r, n, &text))
        return false;
    if (!n->plain ||
        !thousandths(text, &((struct rule_src *)into)->rule.entropy))
        return read_refuse(r, n,
                           "'entropy' must be bits per character such as 3.5, "
                           "at most 8");
    return true;
}

static bool on_validator(struct reader *r, const struct yaml_node *n,
                         void *into)
{
    enum validator *check = &((struct rule_src *)into)->rule.check;
    struct nearest near;
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    if (validator_from(name, check) && *check != VALID_NONE)
        return true;
    near = nearest_of(name);
    for (unsigned v = VALID_NONE + 1; v < VALID_COUNT; v++)
        nearest_try(&near, validator_name((enum validator)v));
    return read_unknown(r, n, "validator", &near);
}

static bool on_not(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule *rule = &((struct rule_src *)into)->rule;

    return read_patterns(r, n, &rule->nots, &rule->not_count) &&
           read_list_fits(r, n);
}

static bool on_not_placeholder(struct reader *r, const struct yaml_node *n,
                               void *into)
{
    return read_bool(r, n, &((struct rule_src *)into)->rule.no_placeholder);
}

static bool on_not_name(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_bool(r, n, &((struct rule_src *)into)->rule.no_name);
}

static bool on_not_published(struct reader *r, const struct yaml_node *n,
                             void *into)
{
    return read_bool(r, n, &((struct rule_src *)into)->rule.no_published);
}

static bool on_check(struct reader *r, const struct yaml_node *n, void *into)
{
    static const struct field fields[] = {
        {STR_INIT("entropy"), false, on_entropy},
        {STR_INIT("validator"), false, on_validator},
        {STR_INIT("not"), false, on_not},
        {STR_INIT("not_placeholder"), false, on_not_placeholder},
        {STR_INIT("not_name"), false, on_not_name},
        {STR_INIT("not_published"), false, on_not_published},
    };

    return read_map(r, n, fields, ARRAY_LEN(fields), into);
}

static bool on_action(struct reader *r, const struct yaml_node *n, void *into)
{
    struct str name;
    enum action action;

    if (!read_text(r, n, &name))
        return false;
    if (!action_from(name, &action) || action == ACTION_PASS)
        return read_refuse(r, n,
                           "'action' must be score, log, redact, "
                           "pseudonymize or block");
    ((struct rule_src *)into)->rule.action = action;
    return true;
}

/*
 * The placeholder goes into JSON strings as it is, and into strings inside of
 * strings: no byte of it may need an escape.
 */
static bool on_placeholder(struct reader *r, const struct yaml_node *n,
                           void *into)
{
    struct str s;

    if (!read_text(r, n, &s))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || s.ptr[i] > 0x7e || s.ptr[i] == '"' ||
            s.ptr[i] == '\\' || i == PLACEHOLDER_MAX)
            return read_refuse(r, n,
                               "'placeholder' must be plain ASCII without "
                               "quote and backslash (at most %d)",
                               PLACEHOLDER_MAX);
    ((struct rule_src *)into)->rule.put = s;
    return true;
}

static bool on_max_hold(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_number(r, n, 16, LIM_HOLD_MAX,
                       &((struct rule_src *)into)->rule.max_hold);
}

static bool on_hold_full(struct reader *r, const struct yaml_node *n,
                         void *into)
{
    static const struct {
        struct str name;
        enum hold_action action;
    } rows[] = {
        {STR_INIT("redact"), HOLD_REDACT},
        {STR_INIT("block"), HOLD_BLOCK},
        {STR_INIT("release"), HOLD_RELEASE},
    };
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(name, rows[i].name)) {
            ((struct rule_src *)into)->rule.on_hold_full = rows[i].action;
            return true;
        }
    return read_refuse(r, n, "'on_hold_full' must be redact, block or release");
}

static bool on_end(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_pattern(r, n, &((struct rule_src *)into)->rule.end);
}

static bool on_scope(struct reader *r, const struct yaml_node *n, void *into)
{
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    if (!str_eq(name, STR("whole")) && !str_eq(name, STR("stream")))
        return read_refuse(r, n, "'scope' must be whole or stream");
    ((struct rule_src *)into)->rule.whole = str_eq(name, STR("whole"));
    return true;
}

static bool on_reply(struct reader *r, const struct yaml_node *n, void *into)
{
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    if (!str_eq(name, STR("hard")) && !str_eq(name, STR("soft")))
        return read_refuse(r, n, "'reply' must be hard or soft");
    ((struct rule_src *)into)->rule.reply =
        str_eq(name, STR("hard")) ? REPLY_HARD : REPLY_SOFT;
    return true;
}

static bool on_severity(struct reader *r, const struct yaml_node *n, void *into)
{
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    if (!severity_from(name, &((struct rule_src *)into)->rule.severity))
        return read_refuse(r, n,
                           "'severity' must be info, low, medium, high "
                           "or critical");
    return true;
}

static bool on_tags(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule *rule = &((struct rule_src *)into)->rule;

    return read_texts(r, n, &rule->tags, &rule->tag_count) &&
           read_list_fits(r, n);
}

static bool on_when(struct reader *r, const struct yaml_node *n, void *into)
{
    return when_read(r, n, &((struct rule_src *)into)->rule.when);
}

/* What a file may say once for all of its rules. */
static const struct field default_fields[] = {
    {STR_INIT("category"), false, on_category},
    {STR_INIT("on"), false, on_on},
    {STR_INIT("in"), false, on_in},
    {STR_INIT("when"), false, on_when},
    {STR_INIT("check"), false, on_check},
    {STR_INIT("confidence"), false, confidence_read},
    {STR_INIT("action"), false, on_action},
    {STR_INIT("reveal_to"), false, pseudonym_reveal},
    {STR_INIT("max_hold"), false, on_max_hold},
    {STR_INIT("on_hold_full"), false, on_hold_full},
    {STR_INIT("scope"), false, on_scope},
    {STR_INIT("views"), false, views_read},
    {STR_INIT("reply"), false, on_reply},
    {STR_INIT("severity"), false, on_severity},
    {STR_INIT("score"), false, score_read},
    {STR_INIT("paranoia"), false, paranoia_read},
    {STR_INIT("tags"), false, on_tags},
};

size_t rulefile_default_keys(const struct field **ret_fields)
{
    *ret_fields = default_fields;
    return ARRAY_LEN(default_fields);
}

/* In the order of reading: tests need to know what the rule looks at. */
static const struct field rule_fields[] = {
    {STR_INIT("id"), true, on_id},
    {STR_INIT("name"), true, on_name},
    {STR_INIT("category"), false, on_category},
    {STR_INIT("kind"), false, on_kind},
    {STR_INIT("on"), false, on_on},
    {STR_INIT("in"), false, on_in},
    {STR_INIT("when"), false, on_when},
    {STR_INIT("keywords"), false, on_keywords},
    {STR_INIT("keyword_first"), false, on_keyword_first},
    {STR_INIT("digits"), false, on_digits},
    {STR_INIT("token"), false, token_read},
    {STR_INIT("match"), false, on_match},
    {STR_INIT("value"), false, on_value},
    {STR_INIT("context"), false, context_read},
    {STR_INIT("within"), false, context_within},
    {STR_INIT("near"), false, near_read},
    {STR_INIT("unless"), false, near_read},
    {STR_INIT("needs"), false, needs_read},
    {STR_INIT("words"), false, words_file},
    {STR_INIT("list"), false, words_list},
    {STR_INIT("detector"), false, detector_read},
    {STR_INIT("options"), false, detector_options_read},
    {STR_INIT("model"), false, model_read},
    {STR_INIT("group"), false, on_group},
    {STR_INIT("check"), false, on_check},
    {STR_INIT("confidence"), false, confidence_read},
    {STR_INIT("action"), false, on_action},
    {STR_INIT("placeholder"), false, on_placeholder},
    {STR_INIT("class"), false, pseudonym_class},
    {STR_INIT("reveal_to"), false, pseudonym_reveal},
    {STR_INIT("max_hold"), false, on_max_hold},
    {STR_INIT("on_hold_full"), false, on_hold_full},
    {STR_INIT("end"), false, on_end},
    {STR_INIT("scope"), false, on_scope},
    {STR_INIT("views"), false, views_read},
    {STR_INIT("reply"), false, on_reply},
    {STR_INIT("severity"), false, on_severity},
    {STR_INIT("score"), false, score_read},
    {STR_INIT("paranoia"), false, paranoia_read},
    {STR_INIT("tags"), false, on_tags},
    {STR_INIT("tests"), false, ruletest_read},
};

size_t rulefile_keys(const struct field **ret_fields)
{
    *ret_fields = rule_fields;
    return ARRAY_LEN(rule_fields);
}

/* [redacted:KIND]; a kind is a slug, so it needs no escape. */
static bool default_placeholder(struct reader *r, struct rule *rule)
{
    struct str before = STR("[redacted:");
    size_t len = before.len + rule->kind.len + 1;
    char *p = read_take(r, len);

    if (p == NULL)
        return false;
    memcpy(p, before.ptr, before.len);
    memcpy(p + before.len, rule->kind.ptr, rule->kind.len);
    p[len - 1] = ']';
    rule->put = (struct str){p, len};
    return true;
}

/* Labels with a dot between two, escaped or not, the first of two letters or
 * more, or of three labels; the last is one of the top level. */
static bool is_domain(struct str s)
{
    size_t labels = 0, first = 0, n = 0;

    for (;;) {
        n = 0;
        while (n < s.len && (is_alnum(s.ptr[n]) || s.ptr[n] == '-'))
            n++;
        first = labels++ == 0 ? n : first;
        if (n == 0 || n == s.len)
            break;
        s = str_skip(s, n + (s.ptr[n] == '\\'));
        if (s.len == 0 || s.ptr[0] != '.')
            return false;
        s = str_skip(s, 1);
    }
    return labels > 1 && (first > 1 || labels > 2) && is_top_level(s);
}

/*
 * [^corp.com] looks like "not corp.com" and means one character: a class that
 * is the name of a host, and $ or / perhaps. The class itself, or empty.
 */
static struct str domain_class(struct str pattern)
{
    for (size_t i = 0; i + 1 < pattern.len; i++) {
        struct str class = str_skip(pattern, i);
        size_t end = str_find_byte(class, ']'), from, to = end;

        if (pattern.ptr[i] == '\\')
            i++; /* and what it escapes */
        if (class.ptr[0] != '[' || end == class.len)
            continue;
        from = 1u + (class.ptr[1] == '^');
        to -= class.ptr[end - 1] == '$' || class.ptr[end - 1] == '/';
        if (from < to && is_domain(str_head(str_skip(class, from), to - from)))
            return str_head(class, end + 1);
    }
    return STR("");
}

/* What has to be there, in the rule or in the defaults of its file. */
static bool is_complete(struct reader *r, const struct yaml_node *n,
                        const struct rule_src *defaults)
{
    bool good = true;

    if (n->kind != YAML_MAP)
        return false;
    if (yaml_get(n, STR("category")) == NULL &&
        defaults->rule.category.len == 0)
        good = read_refuse(r, n, "'category' is missing");
    if (yaml_get(n, STR("match")) == NULL &&
        yaml_get(n, STR("value")) == NULL &&
        yaml_get(n, STR("words")) == NULL && yaml_get(n, STR("list")) == NULL &&
        yaml_get(n, STR("detector")) == NULL)
        good = read_refuse(r, n,
                           "one of 'match', 'value', 'words', 'list' and "
                           "'detector' is missing");
    if (yaml_get(n, STR("action")) == NULL &&
        defaults->rule.action == ACTION_PASS)
        good = read_refuse(r, n, "'action' is missing");
    return good;
}

/* A value has its pattern from us, and keywords to stand behind. */
static bool check_value(struct reader *r, const struct yaml_node *n,
                        const struct rule *rule)
{
    static const struct str ours[] = {STR_INIT("match"), STR_INIT("group"),
                                      STR_INIT("keyword_first")};

    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        if (yaml_get(n, ours[i]) != NULL)
            return read_refuse(r, n, "a rule has either 'value' or '%.*s'",
                               STR_ARG(ours[i]));
    if (rule->keyword_count == 0)
        return read_refuse(r, n, "'value' needs 'keywords' to stand behind");
    return true;
}

/* What no single key can say. */
static bool check_whole(struct reader *r, const struct yaml_node *n,
                        const struct rule *rule)
{
    struct str class = domain_class(rule->match);

    if (rule->keyword_count == 0 && rule->digits == 0 &&
        !token_any(&rule->token) && rule->detector == DETECTOR_PATTERN)
        return read_refuse(r, n,
                           "the rule needs 'keywords', 'digits' or 'token': "
                           "without them it would run on every text");
    if (token_first(rule) && rule->keyword_first)
        return read_refuse(r, n,
                           "a rule has either 'token' or 'keyword_first'");
    if (token_first(rule) && rule->max_hold <= TOKEN_MOST)
        return read_refuse(r, n, "'token' needs a 'max_hold' over %u",
                           TOKEN_MOST);
    if (class.len > 0 && yaml_get(n, STR("match")) != NULL)
        return read_refuse(r, yaml_get(n, STR("match")),
                           "'%.*s' is one character that is %s of these, not "
                           "a name",
                           STR_ARG(class),
                           class.ptr[1] == '^' ? "none" : "one");
    if (rule->keyword_first && rule->keyword_count == 0)
        return read_refuse(r, n, "'keyword_first' needs 'keywords'");
    if (yaml_get(n, STR("within")) != NULL &&
        yaml_get(n, STR("context")) == NULL)
        return read_refuse(r, yaml_get(n, STR("within")),
                           "'within' needs 'context': that of 'near', "
                           "'unless' and 'needs' stands in their braces");
    if (str_eq(rule->category, STR("injection")) &&
        rule->roles & 1u << ROLE_SYSTEM)
        return read_refuse(r, n,
                           "an injection rule must name its roles under "
                           "'in', and system is none of them");
    return true;
}

void rulefile_start(struct rule_src *ret_defaults)
{
    *ret_defaults = (struct rule_src){.paranoia = 1,
                                      .rule = {.dirs = DIRS_ALL,
                                               .roles = ROLES_ALL,
                                               .parts = PARTS_ALL,
                                               .severity = SEVERITY_MEDIUM,
                                               .max_hold = LIM_HOLD}};
}

bool rulefile_defaults(struct reader *r, const struct yaml_node *n,
                       struct rule_src *defaults)
{
    return read_map(r, n, default_fields, ARRAY_LEN(default_fields), defaults);
}

struct rule_src *rulefile_rule(struct reader *r, const struct yaml_node *n,
                               const struct rule_src *defaults)
{
    struct rule_src *src = read_take(r, sizeof(*src));
    bool good;

    if (src == NULL)
        return NULL;
    *src = *defaults;
    src->node = n;
    src->at = src->match_at = n->at;
    good = read_map(r, n, rule_fields, ARRAY_LEN(rule_fields), src);
    r->keyword_count = 0;
    if (!is_complete(r, n, defaults) || !good)
        return NULL;
    if (src->value.len != 0 && (!check_value(r, n, &src->rule) ||
                                !value_pattern(r, src->value, &src->rule)))
        return NULL;
    if (src->rule.kind.len == 0)
        src->rule.kind = src->rule.name;
    if (src->rule.put.len == 0 && !default_placeholder(r, &src->rule))
        return NULL;
    if (src->words_node != NULL && !words_alone(r, n))
        return NULL;
    if (yaml_get(n, STR("detector")) != NULL && !detector_only(r, n, src))
        return NULL;
    if (src->context_count != 0 && !context_pattern(r, n, src))
        return NULL;
    confidence_default(src);
    score_default(src);
    views_default(src);
    if (!pseudonym_check(r, n, &src->rule))
        return NULL;
    if (src->words_node != NULL) /* its words are still to be read */
        return src;
    if (!check_whole(r, n, &src->rule))
        return NULL;
    if (src->value.len == 0 && src->context_count == 0 &&
        !token_first(&src->rule) && src->rule.detector == DETECTOR_PATTERN &&
        yaml_get(n, STR("keyword_first")) == NULL)
        src->rule.keyword_first = rule_keyword_first(&src->rule);
    if (src->rule.needs.len != 0 && !src->rule.keyword_first) {
        (void)read_refuse(r, n,
                          "'needs' needs a match that begins with one of "
                          "the keywords");
        return NULL;
    }
    return src;
}
