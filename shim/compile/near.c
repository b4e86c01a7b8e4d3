#include "compile/near.h"

#include "base/limits.h"
#include "compile/context.h"
#include "compile/define.h"

struct near_src {
    struct near near;
    const struct str *words;
    size_t word_count;
};

static bool on_words(struct reader *r, const struct yaml_node *n, void *into)
{
    struct near_src *src = into;

    return context_list(r, n, &src->words, &src->word_count);
}

static bool on_match(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_pattern(r, n, &((struct near_src *)into)->near.match);
}

static bool on_within(struct reader *r, const struct yaml_node *n, void *into)
{
    struct near *near = &((struct near_src *)into)->near;
    struct str text;

    if (n->kind == YAML_SCALAR && str_eq(n->text, STR("sentence")))
        return true;
    near->sentence = false;
    if (read_text(r, n, &text) && n->plain && text.len > 0 &&
        is_digit(text.ptr[0]))
        return read_number(r, n, 1, LIM_NEAR, &near->within);
    return read_refuse(r, n, "'within' must be sentence, or 1 to %u characters",
                       LIM_NEAR);
}

static bool on_side(struct reader *r, const struct yaml_node *n, void *into)
{
    static const struct {
        struct str name;
        unsigned sides;
    } rows[] = {
        {STR_INIT("before"), NEAR_BEFORE},
        {STR_INIT("after"), NEAR_AFTER},
        {STR_INIT("either"), NEAR_BEFORE | NEAR_AFTER},
    };
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(name, rows[i].name)) {
            ((struct near_src *)into)->near.sides = rows[i].sides;
            return true;
        }
    return read_refuse(r, n, "'side' must be before, after or either");
}

static const struct field near_fields[] = {
    {STR_INIT("words"), false, on_words},
    {STR_INIT("match"), false, on_match},
    {STR_INIT("within"), false, on_within},
    {STR_INIT("side"), false, on_side},
};

size_t near_keys(const struct field **ret_fields)
{
    *ret_fields = near_fields;
    return ARRAY_LEN(near_fields);
}

/* Words and pattern as one pattern. */
static bool near_pattern(struct reader *r, const struct yaml_node *n,
                         struct near_src *src)
{
    struct pattern p = {0};

    if (src->word_count == 0)
        return src->near.match.len > 0 ||
               read_refuse(r, n, "'words' or 'match' is missing");
    context_words(&p, src->words, src->word_count, STR("\\s+"));
    if (src->near.match.len > 0) {
        pattern_put(&p, STR("|"));
        pattern_put(&p, src->near.match);
    }
    return pattern_take(&p, r, n, &src->near.match);
}

static bool read_one(struct reader *r, const struct yaml_node *n, bool unless,
                     struct near *ret_near)
{
    struct near_src src = {.near = {.within = LIM_NEAR,
                                    .sides = NEAR_BEFORE | NEAR_AFTER,
                                    .sentence = true,
                                    .unless = unless}};

    if (!read_map(r, n, near_fields, ARRAY_LEN(near_fields), &src) ||
        !near_pattern(r, n, &src))
        return false;
    *ret_near = src.near;
    return true;
}

bool near_read(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule *rule = &((struct rule_src *)into)->rule;
    const struct yaml_node *one = n->kind == YAML_LIST ? n->child : n;
    size_t more = n->kind == YAML_LIST ? n->count : 1;
    bool unless = str_eq(n->key->text, STR("unless"));
    struct near *list = read_take(r, LIM_NEARS * sizeof(*list));
    bool good = true;

    if (list == NULL)
        return false;
    if (more == 0 || rule->near_count + more > LIM_NEARS)
        return read_refuse(r, n, "'near' and 'unless' have 1 to %u maps",
                           LIM_NEARS);
    if (rule->near_count > 0)
        memcpy(list, rule->nears, rule->near_count * sizeof(*list));
    for (size_t i = 0; i < more; i++, one = one->next)
        good &= read_one(r, one, unless, &list[rule->near_count + i]);
    rule->nears = list;
    rule->near_count += more;
    return good;
}

static bool on_reach(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_number(r, n, 1, LIM_NEEDS,
                       &((struct near_src *)into)->near.within);
}

static const struct field needs_fields[] = {
    {STR_INIT("match"), true, on_match},
    {STR_INIT("within"), true, on_reach},
};

size_t needs_keys(const struct field **ret_fields)
{
    *ret_fields = needs_fields;
    return ARRAY_LEN(needs_fields);
}

bool needs_read(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule *rule = &((struct rule_src *)into)->rule;
    struct near_src src = {0};

    if (!read_map(r, n, needs_fields, ARRAY_LEN(needs_fields), &src))
        return false;
    rule->needs = src.near.match;
    rule->needs_within = src.near.within;
    return true;
}
