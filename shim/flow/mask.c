#include "flow/mask.h"

#include "json/tree.h"
#include "rules/rule.h"

/* --- Text that has the form of a pseudonym. */

static void next_own(struct changes *c)
{
    c->has_own = false;
    while (!c->has_own && c->rest.len > 0)
        c->has_own =
            pseudonym_next(&c->scan, &c->rest, &c->own) && !c->own.in_url;
    if (c->has_own || c->ended)
        return;
    c->ended = true;
    c->has_own = pseudonym_last(&c->scan, &c->own) && !c->own.in_url;
}

static void next_found(struct changes *c)
{
    const struct findings *f = &c->tools->findings;

    c->has_found =
        cluster_next(c->eng->rules, f->list, f->count, &c->pos, &c->found);
}

static bool comes_home(enum role role, enum part part)
{
    return role == ROLE_TOOL || part == PART_TOOL_ARGS ||
           part == PART_TOOL_RESULT;
}

struct changes changes_start(const struct tools *t, const struct inspect *in,
                             struct str text, enum role role, enum part part)
{
    const struct vault *vault = in->eng->pseudonyms.vault;
    struct changes c = {.tools = t, .eng = in->eng, .ended = true};

    if (vault != NULL && in->dir == DIR_SEND && !comes_home(role, part) &&
        pseudonym_maybe(text)) {
        c.scan.key = vault_key(vault);
        c.rest = text;
        c.ended = false;
    }
    next_found(&c);
    next_own(&c);
    return c;
}

bool changes_next(struct changes *c, struct change *ret_change)
{
    struct change *r = ret_change;
    bool own = c->has_own && (!c->has_found || c->own.start < c->found.start);

    if (!c->has_own && !c->has_found)
        return false;
    *r = own ? (struct change){c->own.start, c->own.end, ACTION_PSEUDONYM, NULL}
             : (struct change){c->found.start, c->found.end, c->found.action,
                               c->found.rule};
    for (;;) {
        if (c->has_found && c->found.start < r->end) {
            if (r->rule == NULL || c->found.action > r->action)
                r->rule = c->found.rule;
            if (c->found.action > r->action)
                r->action = c->found.action;
            r->end = c->found.end > r->end ? c->found.end : r->end;
            next_found(c);
        } else if (c->has_own && c->own.start < r->end) {
            r->end = c->own.end > r->end ? c->own.end : r->end;
            next_own(c);
        } else {
            return true;
        }
    }
}

/* --- What is put. */

/* In a string that is JSON, what looks like a number may be none. */
static bool is_number(struct tools *t, struct str text)
{
    return json_parse(&t->numbers, text) == OK &&
           t->numbers.nodes[0].type == JSON_NUMBER &&
           t->numbers.nodes[0].len == text.len;
}

static enum err put_pseudonym(struct tools *t, const struct inspect *in,
                              const struct change *change, struct str value,
                              bool number, struct exchange *ex,
                              struct str *ret_put)
{
    const struct pseudonyms *p = &in->eng->pseudonyms;
    const struct rule *rule = change->rule;
    struct pseudonym one;
    enum err e;

    if (rule != NULL && rules_action(in->eng->rules, rule) != ACTION_PSEUDONYM)
        rule = NULL;
    e = vault_issue(p->vault, rule, rule ? rule->class : PSEUDONYM_SHAPED,
                    value, number, &one);
    if (e == E_LIMIT || e == E_AMBIGUOUS) {
        exchange_cond(ex, COND_UNEDITABLE,
                      e == E_LIMIT ? "too long for a pseudonym"
                                   : "two numbers with one pseudonym");
        return OK;
    }
    if (e)
        return e;
    if (ex->detail == NULL)
        ex->detail = pseudonyms_tell(p);
    return arena_copy(&t->puts, (struct str){one.text, one.len}, ret_put);
}

enum err mask_put(struct tools *t, const struct inspect *in,
                  const struct change *change, struct str text, bool number,
                  struct exchange *ex, struct str *ret_put)
{
    struct str value = str_head(str_skip(text, (size_t)change->start),
                                (size_t)(change->end - change->start));

    *ret_put = (struct str){0};
    if (number &&
        (change->action != ACTION_PSEUDONYM || !is_number(t, value))) {
        exchange_cond(ex, COND_UNEDITABLE, "a bare JSON number");
        return OK;
    }
    if (change->action == ACTION_PSEUDONYM)
        return put_pseudonym(t, in, change, value, number, ex, ret_put);
    *ret_put = change->rule->put;
    return OK;
}
