#include "flow/mask.h"

#include "json/tree.h"
#include "rules/rule.h"

/* --- What changes. */

static const struct change no_more = {.start = UINT64_MAX};

static void next_found(struct changes *c)
{
    const struct findings *f = &c->tools->findings;
    struct change *next = &c->next[CHANGE_FOUND];
    struct cluster k;

    *next = no_more;
    if (cluster_next(c->eng->rules, f->list, f->count, &c->pos, &k))
        *next = (struct change){k.start, k.end, k.action, k.rule, false};
}

/* Could it become a value in the answer? */
static bool is_ours(const struct changes *c, const struct pseudonym_at *at)
{
    return !at->in_url && pseudonyms_name(&c->eng->pseudonyms, at);
}

static void next_shaped(struct changes *c)
{
    struct change *next = &c->next[CHANGE_SHAPED];
    struct pseudonym_at at;
    bool found = false;

    *next = no_more;
    while (c->scans && !found) {
        c->scans = pseudonym_next(&c->scan, &c->rest, &at) ||
                   pseudonym_last(&c->scan, &at);
        found = c->scans && is_ours(c, &at);
    }
    if (found)
        *next =
            (struct change){at.start, at.end, ACTION_PSEUDONYM, NULL, false};
}

static void next_known(struct changes *c)
{
    struct change *next = &c->next[CHANGE_KNOWN];
    struct vault_at at;

    *next = no_more;
    if (c->vault == NULL ||
        !vault_find(c->vault, c->text, c->from, &c->tools->sought, &at))
        return;
    c->from = at.end;
    *next = (struct change){at.start, at.end, ACTION_PSEUDONYM, at.rule, true};
}

static void advance(struct changes *c, enum change_source source)
{
    if (source == CHANGE_FOUND)
        next_found(c);
    else if (source == CHANGE_SHAPED)
        next_shaped(c);
    else
        next_known(c);
}

static enum change_source first_of(const struct changes *c)
{
    unsigned best = 0;

    for (unsigned i = 1; i < CHANGE_SOURCES; i++)
        if (c->next[i].start < c->next[best].start)
            best = i;
    return (enum change_source)best;
}

static bool comes_home(enum role role, enum part part)
{
    return role == ROLE_TOOL || part == PART_TOOL_ARGS ||
           part == PART_TOOL_RESULT;
}

struct changes changes_start(struct tools *t, const struct inspect *in,
                             struct str text, enum role role, enum part part)
{
    struct vault *vault = in->eng->pseudonyms.vault;
    struct changes c = {.tools = t, .eng = in->eng, .text = text};

    if (vault != NULL && in->dir == DIR_SEND) {
        c.scans = !comes_home(role, part) && pseudonym_maybe(text);
        c.scan.key = vault_key(vault);
        c.rest = text;
        c.vault = role == ROLE_ASSISTANT ? vault : NULL;
    }
    for (unsigned i = 0; i < CHANGE_SOURCES; i++)
        advance(&c, (enum change_source)i);
    return c;
}

/* Who names it: a rule that asks for what is done, before none. */
static void absorb(struct change *r, const struct change *more)
{
    if (more->action > r->action || r->rule == NULL)
        r->rule = more->rule;
    r->action = more->action > r->action ? more->action : r->action;
    r->end = more->end > r->end ? more->end : r->end;
    r->known &= more->known;
}

bool changes_next(struct changes *c, struct change *ret_change)
{
    enum change_source first = first_of(c);

    *ret_change = c->next[first];
    if (ret_change->start == UINT64_MAX)
        return false;
    advance(c, first);
    while (first = first_of(c), c->next[first].start < ret_change->end) {
        absorb(ret_change, &c->next[first]);
        advance(c, first);
    }
    return true;
}

void mask_note(const struct inspect *in, const struct change *change,
               const struct seg *seg, struct exchange *ex)
{
    struct scope scope = {in->dir, seg->role, seg->part, in->host, &ex->known};
    struct finding f = {
        .rule = change->rule, .start = change->start, .end = change->end};
    struct str value = str_skip(seg->text, (size_t)change->start);

    if (!change->known || change->rule == NULL)
        return;
    fingerprint(in->eng->key,
                str_head(value, (size_t)(change->end - change->start)),
                f.print);
    exchange_finding(ex, &f, &scope);
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
