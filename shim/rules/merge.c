#include "rules/inside.h"

#include <stdlib.h>

/* The findings of a view go to those of its text: by rule, then in order. */

/* For qsort: by rule, then start. */
static int by_rule(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    if (x->rule != y->rule)
        return x->rule->index < y->rule->index ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static void sort_by_rule(struct finding *list, size_t n)
{
    if (n > 1)
        qsort(list, n, sizeof(*list), by_rule);
}

/*
 * Of \nname@host the text itself has "nname@host", which begins in the midst
 * of an escape, and token\" has "token\" where a value is what ends at a
 * quotation mark. Where a text is read without its escapes, that is believed,
 * or half of one would be cut off with what is found.
 */
static bool starts_inside(struct str text, uint64_t at, uint64_t start)
{
    char c = text.ptr[at];
    uint64_t rest = c == 'u'                  ? 5
                    : c == 'U'                ? 9
                    : c == 'x' || is_digit(c) ? 3
                                              : 1;

    return at > 0 && text.ptr[at - 1] == '\\' && start == at + rest;
}

static bool ends_inside(struct str text, uint64_t at, uint64_t end)
{
    for (uint64_t i = end; i < at; i++)
        if (text.ptr[i] != '\\')
            return false;
    return end < at;
}

/* What both views have is one finding, that covers what both of them cover. */
static void unite(struct str text, struct finding *known,
                  const struct finding *f)
{
    bool unescaped = false, start, end;

    for (size_t i = 0; i < chain_len(&f->chain); i++)
        unescaped |= f->chain.steps[i] == VIEW_ESCAPES;
    start = unescaped && starts_inside(text, known->start, f->start);
    end = unescaped && ends_inside(text, known->end, f->end);
    if (start || end)
        known->chain = f->chain;
    if (start || f->start < known->start)
        known->start = f->start;
    if (end || f->end > known->end)
        known->end = f->end;
}

enum err findings_merge(struct str text, struct findings *out, size_t first,
                        struct findings *found)
{
    size_t known = out->count, i = first;
    enum err e;

    if (known > first) /* a list that is empty has no place */
        sort_by_rule(out->list + first, known - first);
    sort_by_rule(found->list, found->count);
    for (size_t j = 0; j < found->count; j++) {
        const struct finding *f = &found->list[j];

        while (i < known &&
               (out->list[i].rule->index < f->rule->index ||
                (out->list[i].rule == f->rule && out->list[i].end <= f->start)))
            i++;
        if (i < known && out->list[i].rule == f->rule &&
            out->list[i].start < f->end) {
            unite(text, &out->list[i], f);
        } else if (out->count > known &&
                   out->list[out->count - 1].rule == f->rule &&
                   out->list[out->count - 1].end > f->start) {
            unite(text, &out->list[out->count - 1], f); /* of one carrier */
        } else if ((e = findings_add(out, *f))) {
            return e;
        }
    }
    return OK;
}
