#include "compile/detector.h"

#include "rules/detector.h"

static bool unknown_detector(struct reader *r, const struct yaml_node *n,
                             struct str name)
{
    struct nearest near = nearest_of(name);

    for (unsigned d = DETECTOR_PATTERN + 1; d < DETECTOR_COUNT; d++)
        nearest_try(&near, detector_name((enum detector)d));
    return read_unknown(r, n, "detector", &near);
}

bool detector_read(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule *rule = &((struct rule_src *)into)->rule;
    const struct detector_option *options;
    struct str name;
    size_t count;

    if (!read_text(r, n, &name))
        return false;
    if (!detector_from(name, &rule->detector))
        return unknown_detector(r, n, name);
    rule->whole = detector_whole(rule->detector);
    rule->keyword_count = detector_keywords(rule->detector, &rule->keywords);
    rule->keyword_first = rule->keyword_count > 0;
    count = detector_options(rule->detector, &options);
    for (size_t i = 0; i < count; i++)
        rule->options[i] = options[i].otherwise;
    return true;
}

static bool read_option(struct reader *r, const struct yaml_node *n,
                        struct rule *rule)
{
    const struct detector_option *options;
    size_t count = detector_options(rule->detector, &options);

    for (size_t i = 0; i < count; i++)
        if (str_eq(n->key->text, options[i].name))
            return read_number(r, n, options[i].least, options[i].most,
                               &rule->options[i]);
    return read_refuse(r, n->key, "the detector has no option '%.*s'",
                       STR_ARG(n->key->text));
}

bool detector_options_read(struct reader *r, const struct yaml_node *n,
                           void *into)
{
    struct rule *rule = &((struct rule_src *)into)->rule;
    bool good = true;

    if (!read_is(r, n, YAML_MAP))
        return false;
    if (rule->detector == DETECTOR_PATTERN)
        return read_refuse(r, n, "'options' are for a 'detector'");
    for (const struct yaml_node *c = n->child; c != NULL; c = c->next)
        good &= read_option(r, c, rule);
    return good;
}

bool detector_only(struct reader *r, const struct yaml_node *n,
                   const struct rule_src *src)
{
    static const struct str others[] = {
        STR_INIT("match"),    STR_INIT("value"),         STR_INIT("words"),
        STR_INIT("list"),     STR_INIT("context"),       STR_INIT("within"),
        STR_INIT("keywords"), STR_INIT("keyword_first"), STR_INIT("digits"),
        STR_INIT("token"),    STR_INIT("group"),         STR_INIT("near"),
        STR_INIT("unless")};

    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (yaml_get(n, others[i]) != NULL)
            return read_refuse(r, n, "a rule has either 'detector' or '%.*s'",
                               STR_ARG(others[i]));
    if (src->test_count > 0 && !detector_alone(src->rule.detector))
        return read_refuse(r, yaml_get(n, STR("tests")),
                           "'%.*s' finds nothing without an exchange: 'tests' "
                           "cannot show it",
                           STR_ARG(detector_name(src->rule.detector)));
    return true;
}
