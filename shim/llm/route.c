#include "base/host.h"
#include "llm/load.h"

/* Which description speaks for a host and a path. */

static bool host_matches(struct str pattern, struct str host)
{
    if (str_find_byte(pattern, '*') < pattern.len)
        return host_like(pattern, host);
    return str_eq_nocase(host_plain(pattern), host);
}

static bool lists_host(const struct provider *p, struct str host)
{
    for (size_t i = 0; i < p->host_count; i++)
        if (host_matches(p->hosts[i], host))
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
    size_t n = path->len;
    struct str segment;

    while (n > 0 && path->ptr[n - 1] != '/')
        n--;
    n -= n > 0;
    segment = str_skip(*path, n);
    *path = str_head(*path, n);
    return segment;
}

static bool route_matches(const struct route *r, struct str method,
                          struct str path)
{
    struct str want = r->path;

    if (r->method.len > 0 && !str_eq(r->method, method))
        return false;
    while (want.len > 0) {
        struct str w = last_segment(&want), have = last_segment(&path);

        if (str_eq(w, STR("/*")) ? have.len < 2 : !str_eq(w, have))
            return false;
    }
    return true;
}

/* The longest route of p that fits; 0 if none does. */
static size_t route_length(const struct provider *p, struct str method,
                           struct str path)
{
    size_t best = 0;

    for (size_t i = 0; i < p->route_count; i++)
        if (p->routes[i].path.len > best &&
            route_matches(&p->routes[i], method, path))
            best = p->routes[i].path.len;
    return best;
}

const struct provider *providers_route(const struct providers *p,
                                       struct str host, uint16_t port,
                                       struct str method, struct str path)
{
    const struct provider *best = NULL, *best_of_host = NULL;
    size_t length = 0, length_of_host = 0;

    host = host_plain(host);
    if (!providers_watch(p, host, port))
        return NULL;
    if (path.len > 1 && str_ends(path, STR("/")))
        path = str_head(path, path.len - 1);
    for (size_t i = 0; i < p->count; i++) {
        const struct provider *one = &p->list[i];
        size_t n = route_length(one, method, path);

        if (n > length) {
            length = n;
            best = one;
        }
        if (n > length_of_host &&
            (lists_host(one, host) || rule_names(p, one, host, port))) {
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

    if (path.len > 1 && str_ends(path, STR("/")))
        path = str_head(path, path.len - 1);
    for (size_t i = 0; i < p->route_count; i++)
        if ((best == NULL || p->routes[i].path.len > best->path.len) &&
            route_matches(&p->routes[i], method, path))
            best = &p->routes[i];
    return best != NULL ? best->framed : FRAMED_BY_TYPE;
}
