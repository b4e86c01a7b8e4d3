#include "compile/confidence.h"

bool confidence_read(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule_src *src = into;
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    if (!confidence_from(name, &src->rule.confidence))
        return read_refuse(r, n, "'confidence' must be low, medium or high");
    src->confidence_set = true;
    return true;
}

void confidence_default(struct rule_src *src)
{
    struct rule *rule = &src->rule;

    if (src->confidence_set)
        return;
    rule->confidence = rule->check != VALID_NONE ? CONFIDENCE_HIGH
                       : rule->keyword_count > 0 || src->words_node != NULL
                           ? CONFIDENCE_MEDIUM
                           : CONFIDENCE_LOW;
}
