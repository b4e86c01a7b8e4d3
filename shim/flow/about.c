#include "flow/about.h"

#include <unistd.h>

#include "rules/rules.h"

#define DAY_US UINT64_C(86400000000)

void about_exchange(struct exchange *ex)
{
    size_t at = sizeof(ex->user);
    unsigned long user;

    ex->known.day = (uint32_t)(ex->begun_us / DAY_US);
    if (!rules_ask(ex->eng->rules, ABOUT_UID))
        return;
    user = geteuid(); /* programs change it when they are up */
    do {
        ex->user[--at] = (char)('0' + user % 10);
        user /= 10;
    } while (user != 0);
    ex->known.about[ABOUT_UID] =
        (struct str){ex->user + at, sizeof(ex->user) - at};
}

/* ?model=..., as Realtime has it; empty where there is none, or one that is
 * written with escapes. */
static struct str query_model(struct str query)
{
    static const struct str name = STR_INIT("model=");

    while (query.len > 0) {
        struct str one = str_split(&query, '&');

        if (str_starts(one, name) && one.len - name.len < LIM_FACT &&
            str_find_byte(one, '%') == one.len)
            return str_skip(one, name.len);
    }
    return STR("");
}

void about_route(struct exchange *ex, struct str query)
{
    struct str model = query_model(query);
    struct buf path;

    ex->path_model = ex->facts[DIR_SEND][FACT_MODEL];
    if (ex->path_model.len == 0 && model.len > 0 &&
        arena_copy(&ex->arena, model, &ex->path_model))
        ex->path_model = STR("");
    ex->known.about[ABOUT_MODEL] = ex->path_model;
    if (!rules_ask(ex->eng->rules, ABOUT_PATH))
        return;
    buf_init(&path, LIM_HEAD_LINE);
    if (http_route_path(ex->path, &path) ||
        arena_copy(&ex->arena, buf_str(&path), &ex->known.about[ABOUT_PATH]))
        ex->known.about[ABOUT_PATH] = STR("");
    buf_free(&path);
}

void about_document(struct tools *t, const struct inspect *in,
                    struct exchange *ex)
{
    struct str *known = &ex->known.about[ABOUT_MODEL], model = STR(""), copy;
    struct view_item item;
    bool several = false;

    if (in->dir != DIR_SEND || !rules_ask(in->eng->rules, ABOUT_MODEL))
        return;
    *known = ex->path_model;
    arena_clear(&t->arena);
    if (view_start(&t->view, in->provider ? in->provider : ex->provider,
                   VIEW_REQUEST, &t->doc, &t->arena))
        return; /* the walk over the texts will fail likewise */
    while (view_next(&t->view, &item) == OK)
        if (item.kind == ITEM_FACT && item.fact == FACT_MODEL) {
            several |= model.len > 0 && !str_eq(model, item.value);
            model = item.value;
        }
    if (model.len > 0 && !str_eq(model, *known))
        *known = several || model.len >= LIM_FACT ||
                         arena_copy(&ex->arena, model, &copy)
                     ? STR("")
                     : copy;
}
