#include "rules/inside.h"

#include <stdlib.h>

void findings_init(struct findings *f)
{
    *f = (struct findings){0};
}

void findings_free(struct findings *f)
{
    free(f->list);
    *f = (struct findings){0};
}

void findings_clear(struct findings *f)
{
    f->count = 0;
    f->capped = false;
}

void scratch_key(struct scratch *sc, const unsigned char *key)
{
    sc->key = key;
}

void finding_print(const struct scratch *sc, struct str value,
                   struct finding *f)
{
    if (sc->key != NULL)
        fingerprint(sc->key, value, f->print);
}

enum err findings_add(struct findings *f, struct finding one)
{
    if (f->count >= LIM_FINDINGS)
        return E_LIMIT;
    if (f->count == f->cap) {
        size_t cap = f->cap == 0 ? 8 : f->cap * 2;
        struct finding *grown = realloc(f->list, cap * sizeof(*grown));

        if (grown == NULL)
            return E_NOMEM;
        f->list = grown;
        f->cap = cap;
    }
    f->list[f->count++] = one;
    return OK;
}

int finding_order(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->end != y->end)
        return x->end > y->end ? -1 : 1;
    if (x->rule->severity != y->rule->severity)
        return x->rule->severity > y->rule->severity ? -1 : 1;
    return x->rule->index < y->rule->index ? -1
                                           : x->rule->index > y->rule->index;
}

void cluster_add(struct cluster *c, const struct finding *f, enum action action)
{
    if (f->end > c->end)
        c->end = f->end;
    if (action > c->action) { /* in order: the first of an action is best */
        c->action = action;
        c->rule = f->rule;
    }
}

bool cluster_next(const struct rules *rs, const struct finding *list, size_t n,
                  size_t *pos, struct cluster *ret_cluster)
{
    struct cluster c = {.action = ACTION_PASS};
    size_t i = *pos;

    while (i < n && rules_action(rs, list[i].rule) < ACTION_REDACT)
        i++;
    if (i == n) {
        *pos = n;
        return false;
    }
    c.start = list[i].start;
    c.end = list[i].end;
    for (c.first = i; i < n && (i == c.first || list[i].start < c.end); i++) {
        enum action action = rules_action(rs, list[i].rule);

        if (action >= ACTION_REDACT)
            cluster_add(&c, &list[i], action);
    }
    c.last = i;
    *pos = i;
    *ret_cluster = c;
    return true;
}
