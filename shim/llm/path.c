#include "llm/path.h"

#include <stdlib.h>

/* ---- Steps -------------------------------------------------------------- */

static enum err bad(const char **reterr_why, const char *why)
{
    *reterr_why = why;
    return E_SYNTAX;
}

static inline bool is_name_byte(char c)
{
    return (unsigned char)c > ' ' && c != '.' && c != '[' && c != ']' &&
           c != '@' && c != '*' && c != '=' && c != '|' && c != 0x7f;
}

/* [] or [k=a|b], *path standing on the bracket. */
static enum err step_bracket(struct str *path, struct path_step *ret_step,
                             const char **reterr_why)
{
    size_t close = str_find_byte(*path, ']');
    struct str in, name;

    if (close == path->len)
        return bad(reterr_why, "a [ without its ]");
    in = (struct str){path->ptr + 1, close - 1};
    *path = str_skip(*path, close + 1);
    if (in.len == 0) {
        *ret_step = (struct path_step){.kind = STEP_ELEM};
        return OK;
    }
    name = str_split(&in, '=');
    if (name.len == 0 || in.ptr == NULL || in.len == 0)
        return bad(reterr_why, "not [] and not [key=value]");
    if (name.len > PATH_NAME)
        return bad(reterr_why, "a name of more than 64 bytes");
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_byte(name.ptr[i]))
            return bad(reterr_why, "not [] and not [key=value]");
    if (str_starts(in, STR("|")) || str_ends(in, STR("|")) ||
        str_find(in, STR("||")) < in.len)
        return bad(reterr_why, "an empty value in [key=value]");
    *ret_step =
        (struct path_step){.kind = STEP_FILTER, .name = name, .values = in};
    return OK;
}

/* a|b */
static enum err step_names(struct str *path, struct path_step *ret_step,
                           const char **reterr_why)
{
    struct str names, one;
    size_t n = 0;

    while (n < path->len && (is_name_byte(path->ptr[n]) || path->ptr[n] == '|'))
        n++;
    names = str_head(*path, n);
    *path = str_skip(*path, n);
    *ret_step = (struct path_step){.kind = STEP_NAME, .name = names};
    do {
        one = str_split(&names, '|');
        if (one.len == 0)
            return bad(reterr_why, "a step without a name");
        if (one.len > PATH_NAME)
            return bad(reterr_why, "a name of more than 64 bytes");
        ret_step->name_count++;
    } while (names.ptr != NULL);
    return OK;
}

enum err path_step_next(struct str *path, bool *first,
                        struct path_step *ret_step, const char **reterr_why)
{
    size_t n = 0;

    if (path->len == 0)
        return *first ? bad(reterr_why, "an empty path") : E_AGAIN;
    if (path->ptr[0] == '[') {
        *first = false;
        return step_bracket(path, ret_step, reterr_why);
    }
    if (str_starts(*path, STR("@"))) {
        if (!str_eq(*path, STR("@base64")))
            return bad(reterr_why, "only @base64 may end a path");
        *path = str_skip(*path, path->len);
        *ret_step = (struct path_step){.kind = STEP_BASE64};
        return OK;
    }
    if (!*first) {
        if (path->ptr[0] != '.')
            return bad(reterr_why, "steps are joined by a dot");
        *path = str_skip(*path, 1);
        if (str_starts(*path, STR("[")))
            return bad(reterr_why, "a [ needs no dot before it");
    }
    *first = false;
    while (n < path->len && path->ptr[n] == '*')
        n++;
    if (n > 0) {
        if (n > 2)
            return bad(reterr_why, "only * and ** are wild cards");
        *ret_step = (struct path_step){.kind = n == 2 ? STEP_DEEP : STEP_ANY};
        *path = str_skip(*path, n);
        return OK;
    }
    return step_names(path, ret_step, reterr_why);
}

enum err path_check(struct str path, const char **reterr_why)
{
    struct path_step step;
    size_t ways = 1;
    bool first = true;
    enum err e;

    while ((e = path_step_next(&path, &first, &step, reterr_why)) == OK) {
        if (step.kind == STEP_NAME)
            ways *= step.name_count;
        if (ways > PATH_WAYS)
            return bad(reterr_why, "more than 64 ways to read the names");
    }
    return e == E_AGAIN ? OK : e;
}

/* ---- The tree ----------------------------------------------------------- */

/* Room for one more item of an owned array; more than 65,534 are refused. */
static enum err grow(void *array, size_t item, size_t count, size_t *cap)
{
    void **p = array, *more;
    size_t want = *cap == 0 ? 16 : *cap * 2;

    if (count < *cap)
        return OK;
    if (count >= PATH_NONE)
        return E_LIMIT;
    more = realloc(*p, want * item);
    if (more == NULL)
        return E_NOMEM;
    *p = more;
    *cap = want;
    return OK;
}

static enum err node_add(struct path_trie *t, uint16_t *ret_node)
{
    enum err e;

    if ((e = grow(&t->nodes, sizeof(*t->nodes), t->node_count, &t->node_cap)))
        return e;
    t->nodes[t->node_count] = (struct path_node){0};
    *ret_node = (uint16_t)t->node_count++;
    return OK;
}

enum err path_trie_new(struct path_trie **ret_t)
{
    struct path_trie *t = calloc(1, sizeof(*t));
    uint16_t root;
    enum err e;

    if (t == NULL)
        return E_NOMEM;
    t->edge_count = t->accept_count = 1;
    if ((e = node_add(t, &root)))
        goto out;
    if ((e = grow(&t->edges, sizeof(*t->edges), 0, &t->edge_cap)))
        goto out;
    if ((e = grow(&t->accepts, sizeof(*t->accepts), 0, &t->accept_cap)))
        goto out;
    *ret_t = t;
    return OK;
out:
    path_trie_free(t);
    return e;
}

void path_trie_free(struct path_trie *t)
{
    if (t == NULL)
        return;
    free(t->nodes);
    free(t->edges);
    free(t->accepts);
    free(t->values);
    free(t);
}

/* The values of a filter, one by one. */
static enum err values_add(struct path_trie *t, struct path_edge *edge)
{
    struct str rest = edge->filter;
    enum err e;

    edge->value = (uint16_t)t->value_count;
    while (rest.ptr != NULL) {
        if ((e = grow(&t->values, sizeof(*t->values), t->value_count,
                      &t->value_cap)))
            return e;
        t->values[t->value_count++] = str_split(&rest, '|');
        edge->value_count++;
    }
    return OK;
}

/* The edge of that name and those values out of a list, added if not there. */
static enum err edge_to(struct path_trie *t, uint16_t node, bool filter,
                        const struct path_edge *want, uint16_t *ret_to)
{
    uint16_t head = filter ? t->nodes[node].filters : t->nodes[node].names;
    uint16_t to, i;
    enum err e;

    for (i = head; i != 0; i = t->edges[i].next) {
        if (t->edges[i].name == want->name &&
            str_eq(t->edges[i].filter, want->filter)) {
            *ret_to = t->edges[i].to;
            return OK;
        }
    }
    if ((e = grow(&t->edges, sizeof(*t->edges), t->edge_count, &t->edge_cap)))
        return e;
    if ((e = node_add(t, &to)))
        return e;
    i = (uint16_t)t->edge_count++;
    t->edges[i] = (struct path_edge){
        .name = want->name, .to = to, .next = head, .filter = want->filter};
    if (filter)
        if ((e = values_add(t, &t->edges[i])))
            return e;
    if (filter)
        t->nodes[node].filters = i;
    else
        t->nodes[node].names = i;
    *ret_to = to;
    return OK;
}

/* The node behind *at, one of the fixed edges, added if not there. */
static enum err node_to(struct path_trie *t, uint16_t node, enum step_kind kind,
                        uint16_t *ret_to)
{
    const struct path_node *n = &t->nodes[node];
    uint16_t to = kind == STEP_ANY    ? n->any
                  : kind == STEP_ELEM ? n->elem
                                      : n->deep;
    enum err e;

    if (kind == STEP_DEEP && n->loop)
        to = node;
    if (to == 0) {
        if ((e = node_add(t, &to)))
            return e;
        if (kind == STEP_ANY)
            t->nodes[node].any = to;
        else if (kind == STEP_ELEM)
            t->nodes[node].elem = to;
        else
            t->nodes[node].deep = to;
        t->nodes[to].loop = kind == STEP_DEEP;
    }
    *ret_to = to;
    return OK;
}

static enum err accept_add(struct path_trie *t, uint16_t node, uint16_t pattern,
                           bool extra)
{
    uint16_t *link;
    enum err e;

    if ((e = grow(&t->accepts, sizeof(*t->accepts), t->accept_count,
                  &t->accept_cap)))
        return e;
    link = extra ? &t->nodes[node].extra : &t->nodes[node].content;
    while (*link != 0)
        link = &t->accepts[*link].next;
    *link = (uint16_t)t->accept_count;
    t->accepts[t->accept_count++] = (struct path_accept){.pattern = pattern};
    return OK;
}

/* Name number `pick` of a|b. */
static struct str name_at(struct str names, size_t pick)
{
    struct str one;

    do
        one = str_split(&names, '|');
    while (pick-- > 0);
    return one;
}

/*
 * The node where a path leads, read in one of the ways that its names allow;
 * *ret_ways is how many there are.
 */
static enum err path_walk(struct path_trie *t, struct path_names *names,
                          struct str path, size_t way, size_t *ret_ways,
                          bool *ret_base64, uint16_t *ret_node)
{
    struct path_step step;
    bool first = true;
    const char *why;
    uint16_t node = 0;
    size_t ways = 1;
    enum err e;

    *ret_base64 = false;
    while ((e = path_step_next(&path, &first, &step, &why)) == OK) {
        struct path_edge edge = {.filter = step.values};

        if (step.kind == STEP_BASE64) {
            *ret_base64 = true;
            continue;
        }
        if (step.kind == STEP_NAME) {
            step.name = name_at(step.name, way / ways % step.name_count);
            ways *= step.name_count;
        }
        if (ways > PATH_WAYS)
            return E_LIMIT;
        if (step.kind == STEP_NAME || step.kind == STEP_FILTER) {
            if ((e = path_names_add(names, step.name, &edge.name)))
                return e;
            if (step.kind == STEP_FILTER)
                names->flags[edge.name] |= NAME_FILTER;
            if ((e = edge_to(t, node, step.kind == STEP_FILTER, &edge, &node)))
                return e;
        } else if ((e = node_to(t, node, step.kind, &node))) {
            return e;
        }
    }
    *ret_ways = ways;
    *ret_node = node;
    return e == E_AGAIN ? OK : e;
}

enum err path_trie_add(struct path_trie *t, struct path_names *names,
                       struct str path, uint16_t pattern, bool extra,
                       bool *ret_base64)
{
    uint16_t node;
    size_t ways = 1;
    enum err e;

    for (size_t way = 0; way < ways; way++) {
        if ((e = path_walk(t, names, path, way, &ways, ret_base64, &node)))
            return e;
        if ((e = accept_add(t, node, pattern, extra)))
            return e;
    }
    return OK;
}
