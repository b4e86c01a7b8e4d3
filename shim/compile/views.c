#include "compile/views.h"

static struct str view_at(unsigned i)
{
    return view_step_name((enum view_step)i);
}

static const struct names names_of_views = {"view", VIEW_NAMED, view_at};

bool views_read(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule_src *src = into;

    src->views_set = true;
    return read_set(r, n, &names_of_views, &src->rule.views);
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
