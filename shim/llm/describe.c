#include "llm/describe.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/pack.h"
#include "llm/load.h"
#include "llm/path.h"

/*
 * The packed form keeps the descriptions as they were written, paths as text:
 * there are a few hundred of them, and parsing them at load takes less time
 * than checking a table of numbers would.
 *
 *   magic, provider count, host rule count
 *   each provider: id system reply done generic, hosts, routes, keys, 3 phases
 *                  opens lines
 *   each phase:    count, each: path kind role part flags fact group
 *   each rule:     host port provider
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
    for (size_t i = 0; i < host.len; i++)
        if ((unsigned char)host.ptr[i] <= ' ' ||
            memchr("/@?#%\"\\\x7f", host.ptr[i], 8) != NULL)
            return false;
    return true;
}

static bool route_ok(const struct route *r)
{
    return r->path.len > 1 && r->path.ptr[0] == '/' &&
           str_find(r->path, STR("//")) == r->path.len &&
           !str_ends(r->path, STR("/"));
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
        if ((e = path_check(p->path, &why)))
            return fault(reterr, e, why);
    }
    return OK;
}

static enum err provider_check(const struct provider_def *def,
                               struct provider_fault *reterr)
{
    const struct phase_def *phases[] = {&def->request, &def->response,
                                        &def->stream};
    enum err e;

    if (def->id.len == 0)
        return fault(reterr, E_SYNTAX, "a description without an id");
    for (size_t i = 0; i < def->host_count; i++)
        if (!host_ok(def->hosts[i]))
            return fault(reterr, E_SYNTAX, "not a host, or one with stars");
    for (size_t i = 0; i < def->route_count; i++)
        if (!route_ok(&def->routes[i]))
            return fault(reterr, E_SYNTAX, "not a route, /like/this");
    if (def->open_count > OPENS_MAX)
        return fault(reterr, E_LIMIT, "too many members to be opened");
    for (int i = 0; i < 3; i++) {
        if (reterr != NULL)
            reterr->phase = i;
        if ((e = phase_check(phases[i], reterr)))
            return e;
    }
    if (reterr != NULL)
        *reterr = (struct provider_fault){
            .provider = reterr->provider, .phase = -1, .index = 0};
    return OK;
}

static bool id_known(const struct provider_def *defs, size_t n, struct str id)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(defs[i].id, id))
            return true;
    return false;
}

static enum err all_check(const struct provider_def *defs, size_t n,
                          const struct host_rule *hosts, size_t hosts_n,
                          struct provider_fault *reterr)
{
    size_t generic = 0, lines = 0;
    enum err e;

    for (size_t i = 0; i < n; i++) {
        if (reterr != NULL)
            *reterr = (struct provider_fault){.provider = i, .phase = -1};
        if (id_known(defs, i, defs[i].id))
            return fault(reterr, E_SYNTAX, "an id that is given twice");
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
            *reterr =
                (struct provider_fault){.provider = n, .phase = -1, .index = i};
        if (!host_ok(hosts[i].host))
            return fault(reterr, E_SYNTAX, "not a host, or one with stars");
        if (hosts[i].provider.len > 0 && !id_known(defs, n, hosts[i].provider))
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
    uint32_t flags =
        (p->delta ? PATTERN_DELTA : 0u) | (p->json ? PATTERN_JSON : 0u);
    uint32_t nums[] = {p->kind, p->role, p->part, flags, p->fact};
    enum err e;

    if ((e = pack_str(out, p->path)))
        return e;
    for (size_t i = 0; i < ARRAY_LEN(nums); i++)
        if ((e = pack_u32(out, nums[i])))
            return e;
    return pack_str(out, p->group);
}

static enum err pack_phase(struct buf *out, const struct phase_def *phase)
{
    enum err e;

    if ((e = pack_u32(out, (uint32_t)phase->count)))
        return e;
    for (size_t i = 0; i < phase->count; i++)
        if ((e = pack_pattern(out, &phase->patterns[i])))
            return e;
    return OK;
}

static enum err pack_provider(struct buf *out, const struct provider_def *def)
{
    const struct str words[] = {def->id, def->system, def->reply, def->done};
    enum err e;

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if ((e = pack_str(out, words[i])))
            return e;
    if ((e = pack_u32(out, def->generic)))
        return e;
    if ((e = pack_strs(out, def->hosts, def->host_count)))
        return e;
    if (def->route_count > LIM_PATTERNS)
        return E_LIMIT;
    if ((e = pack_u32(out, (uint32_t)def->route_count)))
        return e;
    for (size_t i = 0; i < def->route_count; i++) {
        if ((e = pack_str(out, def->routes[i].method)))
            return e;
        if ((e = pack_str(out, def->routes[i].path)))
            return e;
        if ((e = pack_u32(out, def->routes[i].framed)))
            return e;
    }
    if ((e = pack_strs(out, def->keys, def->key_count)))
        return e;
    if ((e = pack_phase(out, &def->request)))
        return e;
    if ((e = pack_phase(out, &def->response)))
        return e;
    if ((e = pack_phase(out, &def->stream)))
        return e;
    if ((e = pack_strs(out, def->opens, def->open_count)))
        return e;
    return pack_u32(out, def->lines);
}

enum err providers_pack(const struct provider_def *defs, size_t n,
                        const struct host_rule *hosts, size_t hosts_n,
                        struct buf *out, struct provider_fault *reterr_fault)
{
    enum err e;

    if (n > LIM_PROVIDERS || hosts_n > LIM_HOSTS)
        return E_LIMIT;
    if ((e = all_check(defs, n, hosts, hosts_n, reterr_fault)))
        return e;
    if ((e = pack_u32(out, PROVIDERS_MAGIC)))
        return e;
    if ((e = pack_u32(out, (uint32_t)n)))
        return e;
    if ((e = pack_u32(out, (uint32_t)hosts_n)))
        return e;
    for (size_t i = 0; i < n; i++)
        if ((e = pack_provider(out, &defs[i])))
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
