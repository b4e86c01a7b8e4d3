#include "compile/scoring.h"

#include "base/limits.h"

bool score_read(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule_src *src = into;

    src->score_set = true;
    return read_number(r, n, 0, LIM_SCORE, &src->rule.score);
}

bool paranoia_read(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_number(r, n, 1, PARANOIA_MOST,
                       &((struct rule_src *)into)->paranoia);
}

void score_default(struct rule_src *src)
{
    if (!src->score_set)
        src->rule.score = src->rule.action == ACTION_SCORE
                              ? (uint32_t)src->rule.severity + 1
                              : 0;
}

/* One direction while it is read. */
struct one_dir {
    struct thresholds_src *all;
    enum dir dir;
};

static bool read_sum(struct reader *r, const struct yaml_node *n, bool *set,
                     uint32_t *sum)
{
    uint32_t value;

    if (!read_number(r, n, 0, LIM_SCORE, &value))
        return false;
    if (!*set)
        *sum = value;
    *set = true;
    return true;
}

static bool on_log(struct reader *r, const struct yaml_node *n, void *into)
{
    struct one_dir *d = into;

    return read_sum(r, n, &d->all->log_set[d->dir], &d->all->at.log[d->dir]);
}

static bool on_block(struct reader *r, const struct yaml_node *n, void *into)
{
    struct one_dir *d = into;

    return read_sum(r, n, &d->all->block_set[d->dir],
                    &d->all->at.block[d->dir]);
}

static bool read_dir(struct reader *r, const struct yaml_node *n,
                     struct thresholds_src *all, enum dir dir)
{
    static const struct field fields[] = {
        {STR_INIT("log"), false, on_log},
        {STR_INIT("block"), false, on_block},
    };
    struct one_dir d = {all, dir};

    if (n->kind != YAML_MAP) /* a bare number blocks */
        return on_block(r, n, &d);
    return read_map(r, n, fields, ARRAY_LEN(fields), &d);
}

static bool on_request(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_dir(r, n, into, DIR_SEND);
}

static bool on_response(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_dir(r, n, into, DIR_RECV);
}

bool thresholds_read(struct reader *r, const struct yaml_node *n,
                     struct thresholds_src *into)
{
    static const struct field fields[] = {
        {STR_INIT("request"), false, on_request},
        {STR_INIT("response"), false, on_response},
    };

    return read_map(r, n, fields, ARRAY_LEN(fields), into);
}
