#include "set.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

void set_open_with(struct set *s, const struct rule *list, size_t n,
                   struct set_options with)
{
    enum err e;

    *s = (struct set){.at = {.dir = DIR_RECV, .role = ROLE_ASSISTANT}};
    buf_init(&s->packed, MIB);
    findings_init(&s->f);
    if ((e = rules_pack(list, n, with.exclusions, with.exclusion_count,
                        &s->packed)) ||
        (e = rules_load(buf_str(&s->packed), with.monitor, &s->rs)) ||
        (e = scratch_new(&s->sc))) {
        fprintf(stderr, "set_open: %s\n", err_name(e));
        exit(1);
    }
}

void set_open(struct set *s, const struct rule *list, size_t n)
{
    set_open_with(s, list, n, (struct set_options){0});
}

void set_close(struct set *s)
{
    rules_free(s->rs);
    scratch_free(s->sc);
    findings_free(&s->f);
    buf_free(&s->packed);
}

void put(struct buf *to, struct str bytes)
{
    if (buf_add(to, bytes))
        exit(1);
}

bool findings_same(const struct findings *a, const struct findings *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++)
        same = a->list[i].rule == b->list[i].rule &&
               a->list[i].start == b->list[i].start &&
               a->list[i].end == b->list[i].end;
    return same;
}
