#include "llm/load.h"

#include <stdlib.h>

#include "base/host.h"
#include "base/limits.h"
#include "base/pack.h"

/* ---- Reading ------------------------------------------------------------ */

enum err unpack_array(struct str *in, uint32_t limit, size_t item,
                      void **ret_array, size_t *ret_count)
{
    uint32_t n;
    enum err e;
    void *p;

    if ((e = unpack_below(in, limit + 1, &n)))
        return e;
    p = calloc((size_t)n + 1, item);
    if (p == NULL)
        return E_NOMEM;
    *ret_array = p;
    *ret_count = n;
    return OK;
}

enum err unpack_strs(struct str *in, struct str **ret_list, size_t *ret_count)
{
    void *list;
    enum err e;

    if ((e = unpack_array(in, LIM_PATTERNS, sizeof(**ret_list), &list,
                          ret_count)))
        return e;
    *ret_list = list;
    for (size_t i = 0; i < *ret_count; i++)
        if ((e = unpack_str(in, &(*ret_list)[i])))
            return e;
    return OK;
}

/* ---- A provider --------------------------------------------------------- */

/* Those with a star to the front; the others in their one form. */
static void sort_hosts(struct provider *p)
{
    for (size_t i = 0; i < p->host_count; i++) {
        struct str host = host_plain(p->hosts[i]);

        p->hosts[i] = host;
        if (str_find_byte(host, '*') == host.len)
            continue;
        p->hosts[i] = p->hosts[p->wild_hosts];
        p->hosts[p->wild_hosts++] = host;
    }
}

static enum err load_routes(struct str *in, struct provider *p)
{
    void *list;
    enum err e;

    if ((e = unpack_array(in, LIM_PATTERNS, sizeof(*p->routes), &list,
                          &p->route_count)))
        return e;
    p->routes = list;
    for (size_t i = 0; i < p->route_count; i++) {
        uint32_t framed;

        if ((e = unpack_str(in, &p->routes[i].method)))
            return e;
        if ((e = unpack_str(in, &p->routes[i].path)))
            return e;
        if ((e = unpack_below(in, FRAMED_COUNT, &framed)))
            return e;
        p->routes[i].framed = (enum framed)framed;
        p->routes[i].wild = route_wild(p->routes[i].path).len > 0;
        if (!str_eq(p->routes[i].path, ROUTE_ANY) &&
            (p->routes[i].path.len < 2 || p->routes[i].path.ptr[0] != '/'))
            return E_SYNTAX;
    }
    return OK;
}

/* Keys and beginnings of its own; the paths wait until they are asked for. */
static enum err load_own(struct str *in, struct provider *p)
{
    uint32_t lines;
    enum err e;

    if ((e = unpack_strs(in, &p->keys, &p->key_count)))
        return e;
    if ((e = unpack_strs(in, &p->plain, &p->plain_count)))
        return e;
    if ((e = unpack_str(in, &p->packed)))
        return e;
    if ((e = unpack_strs(in, &p->opens, &p->open_count)))
        return e;
    if ((e = unpack_below(in, 2, &lines)))
        return e;
    p->lines = lines == 1;
    return OK;
}

static enum err load_provider(struct str *in, struct providers *all,
                              struct provider *p)
{
    struct str *words[] = {&p->id, &p->system, &p->reply, &p->ending, &p->done};
    uint32_t generic, home, like, own;
    enum err e;

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if ((e = unpack_str(in, words[i])))
            return e;
    if ((e = unpack_below(in, 2, &generic)))
        return e;
    if ((e = unpack_below(in, 2, &home)))
        return e;
    if ((e = unpack_below(in, (uint32_t)all->count + 1, &like)))
        return e;
    if ((e = unpack_below(in, 2, &own)))
        return e;
    p->generic = generic == 1;
    p->home = home == 1;
    p->like = like == 0 ? NULL : &all->list[like - 1];
    if (p->like == NULL && own == 0)
        return E_SYNTAX;
    if ((e = unpack_strs(in, &p->hosts, &p->host_count)))
        return e;
    sort_hosts(p);
    if ((e = load_routes(in, p)))
        return e;
    p->own = own == 1;
    return p->own ? load_own(in, p) : OK;
}

/* What a vendor has from its dialect; a dialect has it all itself. */
static enum err borrow(struct provider *p)
{
    if (p->like != NULL && (p->like->like != NULL || !p->like->own))
        return E_SYNTAX;
    if (p->own)
        return OK;
    p->keys = p->like->keys;
    p->key_count = p->like->key_count;
    p->plain = p->like->plain;
    p->plain_count = p->like->plain_count;
    p->opens = p->like->opens;
    p->open_count = p->like->open_count;
    return OK;
}

/* ---- All ---------------------------------------------------------------- */

static enum err load_hosts(struct str *in, struct providers *all)
{
    enum err e;

    for (size_t i = 0; i < all->host_count; i++) {
        uint32_t port;

        if ((e = unpack_str(in, &all->hosts[i].host)))
            return e;
        all->hosts[i].host = host_plain(all->hosts[i].host);
        if ((e = unpack_below(in, 65536, &port)))
            return e;
        all->hosts[i].port = (uint16_t)port;
        if ((e = unpack_str(in, &all->hosts[i].provider)))
            return e;
    }
    return OK;
}

static enum err load_all(struct str *in, struct providers *all)
{
    uint32_t magic, n, hosts_n;
    enum err e;

    if ((e = unpack_u32(in, &magic)))
        return e;
    if (magic != PROVIDERS_MAGIC)
        return E_SYNTAX;
    if ((e = unpack_below(in, LIM_PROVIDERS_ALL + 1, &n)))
        return e;
    if ((e = unpack_below(in, LIM_HOSTS + 1, &hosts_n)))
        return e;
    all->list = calloc((size_t)n + 1, sizeof(*all->list));
    all->hosts = calloc((size_t)hosts_n + 1, sizeof(*all->hosts));
    if (all->list == NULL || all->hosts == NULL)
        return E_NOMEM;
    all->host_count = hosts_n;
    all->count = n; /* to be freed, all of them */
    for (size_t i = 0; i < n; i++) {
        if ((e = load_provider(in, all, &all->list[i])))
            return e;
        if (all->list[i].generic)
            all->generic = &all->list[i];
        if (all->list[i].lines)
            all->lines = &all->list[i];
    }
    for (size_t i = 0; i < n; i++)
        if ((e = borrow(&all->list[i])))
            return e;
    if ((e = load_hosts(in, all)))
        return e;
    return all->generic == NULL || in->len > 0 ? E_SYNTAX : OK;
}

enum err providers_load(struct str packed, struct providers **ret)
{
    struct providers *all = calloc(1, sizeof(*all));
    enum err e;

    if (all == NULL)
        return E_NOMEM;
    e = load_all(&packed, all);
    if (e) {
        providers_free(all);
        return e;
    }
    *ret = all;
    return OK;
}

void providers_free(struct providers *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->count; i++) {
        struct provider *one = &p->list[i];

        free(one->hosts);
        free(one->routes);
        if (!one->own)
            continue;
        free(one->keys);
        free(one->opens);
        free(one->plain);
        phases_free(atomic_load(&one->phases));
    }
    free(p->list);
    free(p->hosts);
    free(p);
}

size_t providers_count(const struct providers *p)
{
    return p->count;
}

const struct provider *providers_at(const struct providers *p, size_t i)
{
    return &p->list[i];
}
