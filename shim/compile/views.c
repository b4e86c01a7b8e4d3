#include "compile/views.h"

static bool bit_of_view(struct str name, unsigned *ret_bit)
{
    enum view_step step;

    if (!view_step_from(name, &step))
        return false;
    *ret_bit = (unsigned)step;
    return true;
}

bool views_read(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule_src *src = into;

    src->views_set = true;
    return read_set(r, n, "view", bit_of_view, &src->rule.views);
}

void views_default(struct rule_src *src)
{
    struct rule *rule = &src->rule;

    if (src->views_set)
        return;
    rule->views =
        str_eq(rule->category, STR("injection")) ? VIEWS_ORDERS : VIEWS_VALUES;
}

unsigned views_at_level(const struct rule_src *src, uint32_t paranoia)
{
    if (src->views_set || paranoia < VIEWS_FAR_FROM ||
        !str_eq(src->rule.category, STR("injection")))
        return src->rule.views;
    return src->rule.views | VIEWS_FAR;
}
