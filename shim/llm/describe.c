#include "llm/describe.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/pack.h"
#include "llm/load.h"
#include "llm/path.h"

/*
 * The packed form keeps the descriptions as they were written, phases as text:
 * there are a few hundred of them, and parsing them at load takes less time
 * than checking a table of numbers would. A vendor is there once for each
 * dialect it speaks; what both say stands one behind the other.
 *
 *   magic, provider count, host rule count
 *   each provider: id system reply ending done generic home like own, hosts,
 *                  routes, and if its own: keys, plain, known, 3 phases, opens,
 *                  lines
 *   each phase:    count, each: path kind role part flags fact, group or
 *                  values
 *   each rule:     host port provider
 *
 * `like` is the number of the dialect among the packed, from 1 on.
 */

static const struct str fact_names[FACT_COUNT] = {
    [FACT_MODEL] = STR_INIT("model"),
    [FACT_STREAM] = STR_INIT("stream"),
    [FACT_ID] = STR_INIT("id"),
    [FACT_CREATED] = STR_INIT("created"),
    [FACT_FINISH] = STR_INIT("finish"),
    [FACT_INPUT_TOKENS] = STR_INIT("input_tokens"),
    [FACT_OUTPUT_TOKENS] = STR_INIT("output_tokens"),
    [FACT_TOTAL_TOKENS] = STR_INIT("total_tokens"),
    [FACT_CACHED_TOKENS] = STR_INIT("cached_tokens"),
    [FACT_REASONING_TOKENS] = STR_INIT("reasoning_tokens"),
    [FACT_MAX_TOKENS] = STR_INIT("max_tokens"),
    [FACT_USER] = STR_INIT("user"),
    [FACT_CALL] = STR_INIT("call"),
    [FACT_INDEX] = STR_INIT("index"),
    [FACT_SEQUENCE] = STR_INIT("sequence"),
    [FACT_ERROR] = STR_INIT("error"),
};

struct str fact_name(enum fact f)
{
    return (unsigned)f < FACT_COUNT ? fact_names[f] : STR("?");
}

bool fact_from(struct str name, enum fact *ret_f)
{
    for (size_t i = 0; i < FACT_COUNT; i++) {
        if (str_eq(name, fact_names[i])) {
            *ret_f = (enum fact)i;
            return true;
        }
    }
    return false;
}

/* ---- Checks ------------------------------------------------------------- */

static enum err fault(struct provider_fault *reterr, enum err e,
                      const char *why)
{
    if (reterr != NULL)
        reterr->why = why;
    return e;
}

/* Stars anywhere but in the last two labels: "*.com" would be too much. */
static bool stars_ok(struct str host)
{
    size_t dots = 0;

    if (str_starts(host, STR("*.")))
        host = str_skip(host, 2);
    for (size_t i = host.len; i > 0 && dots < 2; i--) {
        if (host.ptr[i - 1] == '*')
            return false;
        dots += host.ptr[i - 1] == '.';
    }
    return host.len > 0 && str_find(host, STR("**")) == host.len;
}

static bool host_ok(struct str host)
{
    if (host.len > 255 || !stars_ok(host))
        return false;
    for (size_t i = 0; i < host.len; i++) {
        if ((unsigned char)host.ptr[i] <= ' ' ||
            memchr("/@?#%\"\\\x7f", host.ptr[i], 8) != NULL)
            return false;
    }
    return true;
}

static bool route_ok(const struct route *r)
{
    struct str path = r->path;
    struct str segment;
    struct span wild;

    if (str_eq(path, ROUTE_ANY))
        return true;
    if (path.len < 2 || path.ptr[0] != '/')
        return false;
    path = str_skip(path, 1);
    while (path.ptr != NULL) {
        segment = str_split(&path, '/');
        if (segment.len == 0)
            return false;
        wild = route_wild(segment);
        segment = str_skip(segment, wild.off + wild.len);
        if (wild.len > 0 && route_wild(segment).len > 0)
            return false;
    }
    return true;
}

static enum err phase_check(const struct phase_def *phase,
                            struct provider_fault *reterr)
{
    const char *why;
    enum err e;

    if (phase->count > LIM_PATTERNS)
        return fault(reterr, E_LIMIT, "too many paths in one phase");
    for (size_t i = 0; i < phase->count; i++) {
        const struct pattern_def *p = &phase->patterns[i];

        if (reterr != NULL)
            reterr->index = i;
        if ((unsigned)p->kind >= PAT_KIND_COUNT ||
            (unsigned)p->role >= ROLE_COUNT ||
            (unsigned)p->part >= PART_COUNT || (unsigned)p->fact >= FACT_COUNT)
            return fault(reterr, E_SYNTAX, "a kind, role, part or fact");
        if (p->repeat && (p->delta || p->json || p->group.len > 0))
            return fault(reterr, E_SYNTAX,
                         "what repeats a channel is no delta, no json and in "
                         "no group");
        if ((e = path_check(p->path, &why)))
            return fault(reterr, e, why);
        if (p->kind == PAT_TYPE && p->values.len == 0)
            return fault(reterr, E_SYNTAX, "no values that are known");
    }
    return OK;
}

/* What is looked at now is what an error will be about. */
static void look_at(struct provider_fault *fault, enum provider_place place,
                    size_t index)
{
    if (fault == NULL)
        return;
    fault->place = place;
    fault->index = index;
}

static enum err provider_check(const struct provider_def *def,
                               struct provider_fault *reterr)
{
    const struct phase_def *phases[] = {&def->request, &def->response,
                                        &def->stream};
    enum err e;

    if (def->id.len == 0)
        return fault(reterr, E_SYNTAX, "a description without an id");
    for (size_t i = 0; i < def->host_count; i++) {
        look_at(reterr, IN_HOSTS, i);
        if (!host_ok(def->hosts[i]))
            return fault(reterr, E_SYNTAX, "not a host, or one with stars");
    }
    for (size_t i = 0; i < def->route_count; i++) {
        look_at(reterr, IN_ROUTES, i);
        if (!route_ok(&def->routes[i]))
            return fault(reterr, E_SYNTAX,
                         "not a route: /like/this, with one * in a segment, "
                         "or * alone");
        if (str_eq(def->routes[i].path, ROUTE_ANY) && !def->home &&
            def->like_count == 0)
            return fault(reterr, E_SYNTAX,
                         "every path, but without 'home: true' it would be "
                         "that of every host");
    }
    look_at(reterr, IN_ITSELF, 0);
    if (def->open_count > OPENS_MAX)
        return fault(reterr, E_LIMIT, "too many members to be opened");
    for (int i = 0; i < 3; i++) {
        look_at(reterr, (enum provider_place)i, 0);
        if ((e = phase_check(phases[i], reterr)))
            return e;
    }
    look_at(reterr, IN_ITSELF, 0);
    return OK;
}

static const struct provider_def *def_of(const struct provider_def *defs,
                                         size_t n, struct str id)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(defs[i].id, id))
            return &defs[i];
    return NULL;
}

/* What a vendor speaks. */
static enum err likes_check(const struct provider_def *defs, size_t n,
                            const struct provider_def *def,
                            struct provider_fault *reterr)
{
    if (def->like_count > LIM_PROVIDERS)
        return fault(reterr, E_LIMIT, "too many names under 'like'");
    for (size_t i = 0; i < def->like_count; i++) {
        const struct provider_def *like = def_of(defs, n, def->likes[i]);

        look_at(reterr, IN_LIKE, i);
        if (like == NULL)
            return fault(reterr, E_SYNTAX, "'like' names nobody's id");
        if (like->like_count > 0)
            return fault(reterr, E_SYNTAX,
                         "'like' names a description that has a 'like' "
                         "itself");
        if (like->generic)
            return fault(reterr, E_SYNTAX,
                         "'like' names the generic description");
    }
    return OK;
}

static enum err all_check(const struct provider_def *defs, size_t n,
                          const struct host_rule *hosts, size_t hosts_n,
                          struct provider_fault *reterr)
{
    size_t generic = 0, lines = 0;
    enum err e;

    for (size_t i = 0; i < n; i++) {
        if (reterr != NULL)
            *reterr =
                (struct provider_fault){.provider = i, .place = IN_ITSELF};
        if (def_of(defs, i, defs[i].id) != NULL)
            return fault(reterr, E_SYNTAX, "an id that is given twice");
        if ((e = likes_check(defs, n, &defs[i], reterr)))
            return e;
        if ((e = provider_check(&defs[i], reterr)))
            return e;
        generic += defs[i].generic;
        lines += defs[i].lines;
        if (lines > 1)
            return fault(reterr, E_SYNTAX, "a second description of lines");
    }
    if (generic != 1)
        return fault(reterr, E_SYNTAX, "there must be one generic description");
    for (size_t i = 0; i < hosts_n; i++) {
        if (reterr != NULL)
            *reterr = (struct provider_fault){
                .provider = n, .place = IN_ITSELF, .index = i};
        if (!host_ok(hosts[i].host))
            return fault(reterr, E_SYNTAX, "not a host, or one with stars");
        if (hosts[i].provider.len > 0 &&
            def_of(defs, n, hosts[i].provider) == NULL)
            return fault(reterr, E_SYNTAX, "a provider nobody describes");
    }
    return OK;
}

/* ---- Packing ------------------------------------------------------------ */

static enum err pack_strs(struct buf *out, const struct str *list, size_t n)
{
    enum err e;

    if (n > LIM_PATTERNS)
        return E_LIMIT;
    if ((e = pack_u32(out, (uint32_t)n)))
        return e;
    for (size_t i = 0; i < n; i++)
        if ((e = pack_str(out, list[i])))
            return e;
    return OK;
}

static enum err pack_pattern(struct buf *out, const struct pattern_def *p)
{
    uint32_t flags = (p->delta ? PATTERN_DELTA : 0u) |
                     (p->json ? PATTERN_JSON : 0u) |
                     (p->repeat ? PATTERN_REPEAT : 0u);
    uint32_t nums[] = {p->kind, p->role, p->part, flags, p->fact};
    enum err e;

    if ((e = pack_str(out, p->path)))
        return e;
    for (size_t i = 0; i < ARRAY_LEN(nums); i++)
        if ((e = pack_u32(out, nums[i])))
            return e;
    return pack_str(out, p->kind == PAT_TYPE ? p->values : p->group);
}

/* The paths of two phases, those of the first before those of the second. */
static enum err pack_phase(struct buf *out, const struct phase_def *first,
                           const struct phase_def *second)
{
    size_t n = first->count + second->count;
    enum err e;

    if (n > LIM_PATTERNS)
        return E_LIMIT;
    if ((e = pack_u32(out, (uint32_t)n)))
        return e;
    for (size_t i = 0; i < n; i++)
        if ((e = pack_pattern(out, i < first->count
                                       ? &first->patterns[i]
                                       : &second->patterns[i - first->count])))
            return e;
    return OK;
}

static enum err pack_routes(struct buf *out, const struct provider_def *def,
                            const struct provider_def *like)
{
    size_t n = def->route_count + like->route_count;
    enum err e;

    if (n > LIM_PATTERNS)
        return E_LIMIT;
    if ((e = pack_u32(out, (uint32_t)n)))
        return e;
    for (size_t i = 0; i < n; i++) {
        const struct route *r = i < def->route_count
                                    ? &def->routes[i]
                                    : &like->routes[i - def->route_count];

        if ((e = pack_str(out, r->method)))
            return e;
        if ((e = pack_str(out, r->path)))
            return e;
        if ((e = pack_u32(out, r->framed)))
            return e;
    }
    return OK;
}

/* Names of either, those of the first in front. */
static enum err pack_names(struct buf *out, const struct str *first, size_t n,
                           const struct str *second, size_t m)
{
    enum err e;

    if (n + m > LIM_PATTERNS)
        return E_LIMIT;
    if ((e = pack_u32(out, (uint32_t)(n + m))))
        return e;
    for (size_t i = 0; i < n + m; i++)
        if ((e = pack_str(out, i < n ? first[i] : second[i - n])))
            return e;
    return OK;
}

/* What a vendor does not say itself, the dialect says for it. */
static struct str either(struct str own, struct str other)
{
    return own.len > 0 ? own : other;
}

/* As one string, which who loads them may leave for later. */
static enum err pack_phases(struct buf *out, const struct provider_def *def,
                            const struct provider_def *like)
{
    struct buf all;
    enum err e;

    buf_init(&all, out->max);
    if (!(e = pack_names(&all, def->known, def->known_count, like->known,
                         like->known_count)) &&
        !(e = pack_phase(&all, &def->request, &like->request)) &&
        !(e = pack_phase(&all, &def->response, &like->response)) &&
        !(e = pack_phase(&all, &def->stream, &like->stream)))
        e = pack_str(out, buf_str(&all));
    buf_free(&all);
    return e;
}

/* One of the packed: a dialect, or a vendor with the dialect it is like. */
static enum err pack_provider(struct buf *out, const struct provider_def *def,
                              const struct provider_def *like, uint32_t like_at)
{
    static const struct provider_def nobody;
    bool own = like == NULL ||
               def->key_count + def->plain_count + def->known_count > 0 ||
               def->request.count > 0 || def->response.count > 0 ||
               def->stream.count > 0;
    enum err e;

    if (like == NULL)
        like = &nobody;
    if ((e = pack_str(out, def->id)) ||
        (e = pack_str(out, either(def->system, like->system))) ||
        (e = pack_str(out, either(def->reply, like->reply))) ||
        (e = pack_str(out, either(like->reply, def->reply))) ||
        (e = pack_str(out, either(def->done, like->done))) ||
        (e = pack_u32(out, def->generic)) ||
        (e = pack_u32(out, def->home || like_at > 0)) ||
        (e = pack_u32(out, like_at)) || (e = pack_u32(out, own)) ||
        (e = pack_strs(out, def->hosts, def->host_count)) ||
        (e = pack_routes(out, def, like)) || !own)
        return e;
    if ((e = pack_names(out, def->keys, def->key_count, like->keys,
                        like->key_count)) ||
        (e = pack_names(out, def->plain, def->plain_count, like->plain,
                        like->plain_count)) ||
        (e = pack_phases(out, def, like)) ||
        (e = pack_names(out, def->opens, def->open_count, like->opens,
                        like->open_count)))
        return e;
    return pack_u32(out, def->lines);
}

/* As how many a description is packed. */
static uint32_t times(const struct provider_def *def)
{
    return def->like_count > 0 ? (uint32_t)def->like_count : 1;
}

static enum err pack_vendor(struct buf *out, const struct provider_def *defs,
                            size_t n, const struct provider_def *def)
{
    enum err e;

    for (size_t i = 0; i < def->like_count; i++) {
        const struct provider_def *like = def_of(defs, n, def->likes[i]);
        uint32_t at = 1;

        for (const struct provider_def *d = defs; d < like; d++)
            at += times(d);
        if ((e = pack_provider(out, def, like, at)))
            return e;
    }
    return OK;
}

enum err providers_pack(const struct provider_def *defs, size_t n,
                        const struct host_rule *hosts, size_t hosts_n,
                        struct buf *out, struct provider_fault *reterr_fault)
{
    uint32_t count = 0;
    enum err e;

    if (n > LIM_PROVIDERS || hosts_n > LIM_HOSTS)
        return E_LIMIT;
    if ((e = all_check(defs, n, hosts, hosts_n, reterr_fault)))
        return e;
    if ((e = pack_u32(out, PROVIDERS_MAGIC)))
        return e;
    for (size_t i = 0; i < n; i++)
        count += times(&defs[i]);
    if (count > LIM_PROVIDERS_ALL)
        return E_LIMIT;
    if ((e = pack_u32(out, count)))
        return e;
    if ((e = pack_u32(out, (uint32_t)hosts_n)))
        return e;
    for (size_t i = 0; i < n; i++)
        if ((e = defs[i].like_count > 0
                     ? pack_vendor(out, defs, n, &defs[i])
                     : pack_provider(out, &defs[i], NULL, 0)))
            return e;
    for (size_t i = 0; i < hosts_n; i++) {
        if ((e = pack_str(out, hosts[i].host)))
            return e;
        if ((e = pack_u32(out, hosts[i].port)))
            return e;
        if ((e = pack_str(out, hosts[i].provider)))
            return e;
    }
    return OK;
}
