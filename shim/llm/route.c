#include "base/host.h"
#include "llm/load.h"

/* Which description speaks for a host and a path. */

/* A star stands for one or more characters. */
static bool host_matches(struct str pattern, struct str host)
{
    if (str_find_byte(pattern, '*') < pattern.len)
        return host_like(pattern, host);
    return str_eq_nocase(host_plain(pattern), host);
}

static bool lists_host(const struct provider *p, struct str host)
{
    for (size_t i = 0; i < p->wild_hosts; i++)
        if (host_matches(p->hosts[i], host))
            return true;
    for (size_t i = p->wild_hosts; i < p->host_count; i++)
        if (str_eq_nocase(p->hosts[i], host))
            return true;
    return false;
}

/* A port that is not known could be any: a session is not let by for that. */
static bool rule_matches(const struct host_rule *r, struct str host,
                         uint16_t port)
{
    return (r->port == 0 || port == 0 || r->port == port) &&
           host_matches(r->host, host);
}

static bool rule_names(const struct providers *all, const struct provider *p,
                       struct str host, uint16_t port)
{
    for (size_t i = 0; i < all->host_count; i++)
        if (str_eq(all->hosts[i].provider, p->id) &&
            rule_matches(&all->hosts[i], host, port))
            return true;
    return false;
}

bool providers_watch(const struct providers *p, struct str host, uint16_t port)
{
    host = host_plain(host);
    for (size_t i = 0; i < p->host_count; i++)
        if (rule_matches(&p->hosts[i], host, port))
            return true;
    for (size_t i = 0; i < p->count; i++)
        if (lists_host(&p->list[i], host))
            return true;
    return false;
}

/* The last segment of *path, with its slash, is cut off it. */
static struct str last_segment(struct str *path)
{
    const char *slash =
        path->len > 0 ? memrchr(path->ptr, '/', path->len) : NULL;
    size_t n = slash == NULL ? 0 : (size_t)(slash - path->ptr);
    struct str segment = str_skip(*path, n);

    *path = str_head(*path, n);
    return segment;
}

struct span route_wild(struct str segment)
{
    size_t star = str_find_byte(segment, '*');
    size_t model = str_find_byte(segment, '{');
    struct str rest = str_skip(segment, model);

    if (str_starts(rest, ROUTE_MODEL) && model < star)
        return (struct span){(uint32_t)model, (uint32_t)ROUTE_MODEL.len};
    return (struct span){(uint32_t)star, star < segment.len};
}

/* A segment, and what of it stands for {model}; else *ret_model is kept. */
static bool segment_matches(struct str want, struct str have,
                            struct str *ret_model)
{
    struct span wild = route_wild(want);
    struct str head = str_head(want, wild.off);
    struct str tail = str_skip(want, wild.off + wild.len);

    if (wild.len == 0)
        return str_eq_nocase(want, have);
    if (have.len <= head.len + tail.len || !str_ends_nocase(have, tail) ||
        !str_eq_nocase(str_head(have, head.len), head))
        return false;
    if (wild.len > 1)
        *ret_model =
            (struct str){have.ptr + head.len, have.len - head.len - tail.len};
    return true;
}

static bool route_matches(const struct route *r, struct str method,
                          struct str path, struct str *ret_model)
{
    struct str want = r->path;

    if (r->method.len > 0 && !str_eq(r->method, method))
        return false;
    if (!r->wild)
        return str_ends_nocase(path, want);
    while (want.len > 0)
        if (!segment_matches(last_segment(&want), last_segment(&path),
                             ret_model))
            return false;
    return true;
}

/* Most routes differ from the path in the last letter. */
static bool ends_alike(struct str route, struct str path)
{
    char last = route.ptr[route.len - 1];

    return last == '*' || last == '}' ||
           (path.len > 0 && to_lower(path.ptr[path.len - 1]) == to_lower(last));
}

/* The longest route of p that fits; 0 if none does. */
static size_t route_length(const struct provider *p, struct str method,
                           struct str path, struct str *ret_model)
{
    size_t best = 0;

    for (size_t i = 0; i < p->route_count; i++) {
        const struct route *r = &p->routes[i];
        struct str model = {0};

        if (r->path.len <= best || !ends_alike(r->path, path) ||
            (!str_eq(r->path, ROUTE_ANY) &&
             !route_matches(r, method, path, &model)))
            continue;
        best = r->path.len;
        *ret_model = model;
    }
    return best;
}

static struct str path_plain(struct str path)
{
    return path.len > 1 && str_ends(path, STR("/"))
               ? str_head(path, path.len - 1)
               : path;
}

struct str provider_model(const struct provider *p, struct str method,
                          struct str path)
{
    struct str model = {0};

    route_length(p, method, path_plain(path), &model);
    return model;
}

const struct provider *providers_route(const struct providers *p,
                                       struct str host, uint16_t port,
                                       struct str method, struct str path)
{
    const struct provider *best = NULL, *best_of_host = NULL;
    size_t length = 0, length_of_host = 0;
    struct str model;

    host = host_plain(host);
    if (!providers_watch(p, host, port))
        return NULL;
    path = path_plain(path);
    for (size_t i = 0; i < p->count; i++) {
        const struct provider *one = &p->list[i];
        bool at_home = lists_host(one, host) || rule_names(p, one, host, port);
        size_t n;

        if (one->home && !at_home)
            continue;
        n = route_length(one, method, path, &model);
        if (n > length && !one->home) {
            length = n;
            best = one;
        }
        if (n > length_of_host && at_home) {
            length_of_host = n;
            best_of_host = one;
        }
    }
    if (best_of_host != NULL)
        return best_of_host;
    return best != NULL ? best : p->generic;
}

const struct provider *providers_lines(const struct providers *p)
{
    return p->lines != NULL ? p->lines : p->generic;
}

enum framed provider_framed(const struct provider *p, struct str method,
                            struct str path)
{
    const struct route *best = NULL;

    path = path_plain(path);
    for (size_t i = 0; i < p->route_count; i++) {
        const struct route *r = &p->routes[i];
        struct str model;

        if ((best == NULL || r->path.len > best->path.len) &&
            (str_eq(r->path, ROUTE_ANY) ||
             route_matches(r, method, path, &model)))
            best = r;
    }
    return best != NULL ? best->framed : FRAMED_BY_TYPE;
}
