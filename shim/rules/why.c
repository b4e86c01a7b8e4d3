#include "rules/why.h"

#include <stdlib.h>

#include "detect/entropy.h"
#include "detect/name.h"
#include "detect/placeholder.h"
#include "detect/published.h"
#include "rules/near.h"

enum err rules_why(const struct rules *rs, struct scratch *sc,
                   const struct rule *r, struct str text, size_t start,
                   size_t end, struct why *ret_why)
{
    struct str value = {text.ptr + start, end - start};
    struct why why = {.entropy = entropy_milli(value),
                      .placeholder = is_placeholder(value),
                      .name = is_name(value),
                      .published = is_published(value),
                      .valid = validate(r->check, value)};
    struct search s = {.rule = r, .text = text};
    const struct code *code;
    enum hit hit = HIT_NONE;
    bool waits;
    enum err e;

    if ((e = rules_code(rs, r, CODE_WHOLE, &code)))
        return e;
    for (; why.not_at < code->not_count; why.not_at++) {
        if ((e = pattern_run(code->nots[why.not_at], sc, value, 0, false,
                             &hit)))
            return e;
        if (hit == HIT_MATCH)
            break;
    }
    s.code = code;
    if ((e = near_holds(&s, sc, start, end, &why.near, &waits)))
        return e;
    *ret_why = why;
    return OK;
}

enum gate why_refused(const struct rule *r, const struct why *why)
{
    if (r->entropy != 0 && why->entropy < r->entropy)
        return GATE_ENTROPY;
    if (r->no_placeholder && why->placeholder)
        return GATE_PLACEHOLDER;
    if (r->no_name && why->name)
        return GATE_NAME;
    if (!why->valid)
        return GATE_VALIDATOR;
    if (why->not_at < r->not_count)
        return GATE_NOT;
    if (r->no_published && why->published)
        return GATE_PUBLISHED;
    return why->near ? GATE_NONE : GATE_NEAR;
}

struct rule rule_unchecked(const struct rule *rule)
{
    struct rule r = *rule;

    r.entropy = 0;
    r.no_placeholder = r.no_name = r.no_published = false;
    r.check = VALID_NONE;
    r.nots = NULL;
    r.nears = NULL;
    r.not_count = r.near_count = 0;
    return r;
}

enum err rules_ungated(const struct rules *rs, struct buf *out)
{
    struct rule *list = malloc((rs->count + 1) * sizeof(*list));
    enum err e;

    if (list == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < rs->count; i++) {
        list[i] = rule_unchecked(&rs->list[i]);
        list[i].dirs = DIRS_ALL;
        list[i].roles = ROLES_ALL;
        list[i].parts = PARTS_ALL;
        list[i].when = (struct when){0};
        if (list[i].action == ACTION_PSEUDONYM)
            list[i].action = ACTION_REDACT; /* that is for one way alone */
    }
    e = rules_pack(list, rs->count, NULL, 0, out);
    free(list);
    return e;
}
