#include "llm/load.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/pack.h"
#include "llm/path.h"

/*
 * The paths of a description become trees when a body is first looked at by it:
 * of two dozen descriptions a process uses one or two. Two threads may do the
 * same work at the same time; the first to publish wins, as with patterns.
 */

/* A pattern, and the name of its group. */
static enum err unpack_pattern(struct str *in, struct pattern *p,
                               struct str *ret_group)
{
    uint32_t kind, role, part, flags, fact;
    enum err e;

    if ((e = unpack_str(in, &p->path)))
        return e;
    if ((e = unpack_below(in, PAT_KIND_COUNT, &kind)))
        return e;
    if ((e = unpack_below(in, ROLE_COUNT, &role)))
        return e;
    if ((e = unpack_below(in, PART_COUNT, &part)))
        return e;
    if ((e = unpack_below(in, PATTERN_FLAGS, &flags)))
        return e;
    if ((e = unpack_below(in, FACT_COUNT, &fact)))
        return e;
    p->kind = (enum pattern_kind)kind;
    p->role = (enum role)role;
    p->part = (enum part)part;
    p->delta = kind == PAT_TEXT && (flags & PATTERN_DELTA) != 0;
    p->json = (flags & PATTERN_JSON) != 0;
    p->repeat = kind == PAT_TEXT && (flags & PATTERN_REPEAT) != 0;
    if (p->repeat && (p->delta || p->json))
        return E_SYNTAX;
    p->fact = (enum fact)fact;
    if ((e = unpack_str(in, ret_group)))
        return e;
    if (p->kind == PAT_TYPE) {
        p->values = *ret_group;
        *ret_group = STR("");
    }
    return p->repeat && ret_group->len > 0 ? E_SYNTAX : OK;
}

/* ---- Compiling a phase -------------------------------------------------- */

/* In which order patterns win; facts and end marks do not compete. */
static int rank(const struct pattern *p)
{
    static const int ranks[PAT_KIND_COUNT] = {
        [PAT_OPAQUE] = 0, [PAT_BLANK] = 1, [PAT_WHOLE] = 2, [PAT_TEXT] = 3,
        [PAT_FACT] = 4,   [PAT_TYPE] = 5,  [PAT_END] = 6,
    };

    return ranks[p->kind];
}

/* Equal group names get the number of the first pattern that has them. */
static void number_groups(struct phase *phase, const struct str *groups)
{
    for (size_t i = 0; i < phase->count; i++) {
        size_t first = i;

        for (size_t j = 0; j < i && groups[i].len > 0; j++) {
            if (str_eq(groups[i], groups[j])) {
                first = j;
                break;
            }
        }
        phase->patterns[i].group = (uint16_t)first;
    }
}

static enum err build_trie(struct phases *phases, struct phase *phase)
{
    enum err e;

    if ((e = path_trie_new(&phase->trie)))
        return e;
    for (int r = 0; r < PAT_KIND_COUNT; r++) {
        for (size_t i = 0; i < phase->count; i++) {
            struct pattern *pat = &phase->patterns[i];
            bool extra = pat->kind == PAT_FACT || pat->kind == PAT_TYPE ||
                         pat->kind == PAT_END;

            if (rank(pat) != r)
                continue;
            if ((e = path_trie_add(phase->trie, phases->names, pat->path,
                                   (uint16_t)i, extra, &pat->base64)))
                return e;
        }
    }
    return OK;
}

/* What tells events apart: the known values of a member of the root. */
static const struct pattern *kind_of(const struct phase *phase)
{
    for (size_t i = 0; i < phase->count; i++) {
        const struct pattern *p = &phase->patterns[i];

        if (p->kind == PAT_TYPE && str_find_byte(p->path, '.') == p->path.len &&
            str_find_byte(p->path, '[') == p->path.len)
            return p;
    }
    return NULL;
}

static enum err load_phase(struct str *in, struct phases *phases,
                           struct phase *phase)
{
    struct str groups[LIM_PATTERNS];
    void *list;
    enum err e;

    if ((e = unpack_array(in, LIM_PATTERNS, sizeof(*phase->patterns), &list,
                          &phase->count)))
        return e;
    phase->patterns = list;
    for (size_t i = 0; i < phase->count; i++)
        if ((e = unpack_pattern(in, &phase->patterns[i], &groups[i])))
            return e;
    number_groups(phase, groups);
    phase->kind = kind_of(phase);
    return build_trie(phases, phase);
}

/* ---- All of a description ------------------------------------------------ */

/* They are words of the description, and nothing else. */
static enum err load_known(struct str *in, struct path_names *names)
{
    struct str *list = NULL;
    size_t n = 0;
    uint16_t id;
    enum err e;

    e = unpack_strs(in, &list, &n);
    for (size_t i = 0; !e && i < n; i++)
        if (!(e = path_names_add(names, list[i], &id)))
            names->flags[id] |= NAME_KNOWN;
    free(list);
    return e;
}

static enum err add_keys(const struct provider *p, struct path_names *names)
{
    enum err e;

    for (size_t i = 0; i < p->key_count; i++) {
        uint16_t id;

        if ((e = path_names_add(names, p->keys[i], &id)))
            return e;
        names->flags[id] |= NAME_KEY;
    }
    return OK;
}

static enum err fill(const struct provider *p, struct phases *phases)
{
    struct str in = p->packed;
    enum err e;

    phases->names = calloc(1, sizeof(*phases->names));
    if (phases->names == NULL)
        return E_NOMEM;
    if ((e = add_keys(p, phases->names)))
        return e;
    if ((e = load_known(&in, phases->names)))
        return e;
    if ((e = load_phase(&in, phases, &phases->request)))
        return e;
    if ((e = load_phase(&in, phases, &phases->response)))
        return e;
    if ((e = load_phase(&in, phases, &phases->stream)))
        return e;
    return in.len > 0 ? E_SYNTAX : path_names_seal(phases->names);
}

static void phase_free(struct phase *phase)
{
    free(phase->patterns);
    path_trie_free(phase->trie);
}

void phases_free(struct phases *phases)
{
    if (phases == NULL)
        return;
    phase_free(&phases->request);
    phase_free(&phases->response);
    phase_free(&phases->stream);
    path_names_free(phases->names);
    free(phases);
}

enum err provider_phases(const struct provider *p,
                         const struct phases **ret_phases)
{
    const struct provider *whose = p->own ? p : p->like;
    _Atomic(struct phases *) *place =
        &((struct provider *)(uintptr_t)whose)->phases;
    struct phases *phases = atomic_load_explicit(place, memory_order_acquire);
    struct phases *none = NULL;
    enum err e;

    if (phases == NULL) {
        phases = calloc(1, sizeof(*phases));
        if (phases == NULL)
            return E_NOMEM;
        if ((e = fill(whose, phases))) {
            phases_free(phases);
            return e;
        }
        if (!atomic_compare_exchange_strong(place, &none, phases)) {
            phases_free(phases);
            phases = none;
        }
    }
    *ret_phases = phases;
    return OK;
}

enum err providers_check(const struct providers *all)
{
    const struct phases *phases;
    enum err e;

    for (size_t i = 0; i < all->count; i++)
        if ((e = provider_phases(&all->list[i], &phases)))
            return e;
    return OK;
}
