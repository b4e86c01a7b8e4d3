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
    return read_set(r, n, "view", bit_of_view,
                    &((struct rule_src *)into)->rule.views);
}

void views_default(struct rule_src *src)
{
    struct rule *rule = &src->rule;

    if (rule->views != 0)
        return;
    rule->views = str_eq(rule->category, STR("injection"))
                      ? VIEWS_ALL
                      : 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_DECODED;
}
