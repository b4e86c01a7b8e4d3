#include "compile/compile.h"

#include <stdlib.h>

#include "base/limits.h"
#include "compile/policyfile.h"
#include "compile/provfile.h"
#include "compile/views.h"
#include "compile/when.h"
#include "rules/detector.h"
#include "rules/image.h"
#include "rules/rules.h"

void compile_init(struct compile *c, const struct compile_options *options)
{
    *c = (struct compile){.options = *options};
    arena_init(&c->arena, LIM_COMPILE);
    diags_init(&c->diags);
    c->reader = (struct reader){.arena = &c->arena, .diags = &c->diags};
    crypto_generichash_init(&c->hash, NULL, 0, COMPILE_DIGEST);
    c->sources_tail = &c->sources;
    c->rules_tail = &c->rules;
    c->exclusions_tail = &c->exclusions;
    c->hosts_tail = &c->hosts;
    c->providers_tail = &c->providers;
    policy_init(&c->policy);
    c->thresholds.at = c->policy.thresholds;
}

void compile_free(struct compile *c)
{
    diags_free(&c->diags);
    arena_free(&c->arena);
}

/* What to answer after a step: memory before errors in files. */
static enum err state_of(const struct compile *c)
{
    if (c->reader.fatal || c->diags.nomem)
        return E_NOMEM;
    return c->diags.count > 0 ? E_SYNTAX : OK;
}

/* --- Loading. */

/* The files from s on, and those that they name; the last one read, or NULL. */
static struct source *read_from(struct compile *c, struct source *s)
{
    struct source *last = NULL;

    for (; s != NULL; s = s->next) {
        if (files_read(c, s))
            policyfile_apply(c, s);
        last = s;
        if (c->reader.fatal)
            break;
    }
    return last;
}

static bool has_provider(const struct compile *c, struct str id)
{
    const struct provider_src *p;

    for (p = c->providers; p != NULL; p = p->next)
        if (str_eq(p->def.id, id))
            return true;
    return false;
}

static bool has_generic(const struct compile *c)
{
    const struct provider_src *p;

    for (p = c->providers; p != NULL; p = p->next)
        if (p->def.generic)
            return true;
    return false;
}

/* Queue the dialects that are named under `like` and were not read yet. */
static bool queue_likes(struct compile *c, struct source *first)
{
    const struct provider_src *p;
    bool good = true;

    for (p = c->providers; p != NULL; p = p->next)
        for (size_t i = 0; i < p->def.like_count; i++)
            if (!has_provider(c, p->def.likes[i]))
                good &= files_provider(c, first, p->lists[2], p->def.likes[i]);
    return good;
}

/*
 * A policy that names no providers gets all that are installed. The generic
 * one is always needed: unknown shapes have to be read somehow.
 */
static bool queue_providers(struct compile *c)
{
    struct source *first = c->sources;

    if (c->providers_all || (!c->providers_set && c->providers == NULL))
        return files_installed(c);
    if (first->root == NULL)
        return true;
    return queue_likes(c, first) &&
           (has_generic(c) ||
            files_add(c, first, first->root, STR("providers/generic.yaml"),
                      SOURCE_PROVIDER));
}

static void check_ids(struct compile *c)
{
    const struct rule_src *a, *b;

    for (a = c->rules; a != NULL; a = a->next)
        for (b = c->rules; b != a; b = b->next)
            if (str_eq(a->rule.id, b->rule.id)) {
                diag_add(&c->diags, a->at,
                         "the id %.*s is taken by the rule at %s:%u",
                         STR_ARG(a->rule.id), b->at.file, b->at.line);
                break;
            }
}

bool exclusion_names(const struct exclusion_src *x, const struct rule *rule)
{
    if (x->id.len > 0)
        return str_eq(x->id, rule->id);
    for (size_t i = 0; i < rule->tag_count; i++)
        if (str_eq(x->tag, rule->tags[i]))
            return true;
    return false;
}

/* An exclusion that excludes nothing is a typing error, or outlived its rule.
 */
static void check_exclusions(struct compile *c)
{
    const struct exclusion_src *x;
    const struct rule_src *r;

    for (x = c->exclusions; x != NULL; x = x->next) {
        for (r = c->rules; r != NULL; r = r->next)
            if (exclusion_names(x, &r->rule))
                break;
        if (r == NULL)
            diag_add(&c->diags, x->at, "no rule has the %s %.*s",
                     x->id.len > 0 ? "id" : "tag",
                     STR_ARG(x->id.len > 0 ? x->id : x->tag));
    }
}

enum err compile_load(struct compile *c, const char *file)
{
    const char *base = strrchr(file, '/');
    struct source *last;
    struct str name = str_of(base == NULL ? file : base + 1);

    if (str_ends(name, STR(".yaml")))
        name.len -= 5;
    c->policy.name = name;
    if (!files_first(c, file))
        return state_of(c);
    last = read_from(c, c->sources);
    if (!c->reader.fatal && queue_providers(c))
        read_from(c, last->next);
    if (c->reader.fatal)
        return state_of(c);
    if (c->providers == NULL && c->diags.count == 0)
        diag_add(&c->diags, (struct place){file, 0, 0},
                 "no provider descriptions are installed");
    check_ids(c);
    /* A file that was refused may hold what an exclusion speaks of. */
    if (c->diags.count == 0)
        check_exclusions(c);
    return state_of(c);
}

void compile_digest(const struct compile *c,
                    unsigned char ret_digest[COMPILE_DIGEST])
{
    crypto_generichash_state hash = c->hash;
    const struct exclusion_src *x;

    crypto_generichash_update(&hash, (const unsigned char *)c->policy.name.ptr,
                              c->policy.name.len);
    for (x = c->exclusions; x != NULL; x = x->next)
        crypto_generichash_update(
            &hash, (const unsigned char *)(x->expired ? "x" : "v"), 1);
    crypto_generichash_final(&hash, ret_digest, COMPILE_DIGEST);
}

/* A value is a pattern by itself before it becomes a part of one. */
static enum err check_rule(const struct rule_src *src, bool hostile,
                           struct buf *why)
{
    struct rule alone = {.match = src->value};
    enum err e;

    if (src->value.len != 0 && (e = rule_pattern_check(&alone, why)))
        return e;
    for (size_t i = 0; i < src->more_count; i++)
        if ((e = rule_pattern_check(&src->more[i], why)))
            return e;
    return hostile ? rule_compile_check(&src->rule, why)
                   : rule_pattern_check(&src->rule, why);
}

/* Where that stands which `why` begins with the name of: "near: ...". */
static struct place fault_at(const struct rule_src *r, struct str why)
{
    struct str key = str_split(&why, ':');
    const struct yaml_node *in = r->node, *n;

    if (str_eq(key, STR("not")))
        in = yaml_get(in, STR("check"));
    n = in != NULL ? yaml_get(in, key) : NULL;
    return n != NULL ? n->at : r->match_at;
}

/* Of exclusions by value. */
static enum err check_values(struct compile *c, struct buf *why)
{
    const struct exclusion_src *x;
    enum err e = OK;

    for (x = c->exclusions; x != NULL && e != E_NOMEM; x = x->next) {
        struct rule value = {.match = x->target.value, .whole = true};

        buf_clear(why);
        if (value.match.len > 0 && (e = rule_pattern_check(&value, why)))
            diag_add(&c->diags, x->value_at, "value%.*s",
                     STR_ARG(str_skip(buf_str(why), 5)));
    }
    return e;
}

enum err compile_check(struct compile *c, bool hostile)
{
    struct rule_src *r;
    struct buf why;
    enum err e = OK;

    buf_init(&why, 4 * KIB);
    for (r = c->rules; r != NULL && e != E_NOMEM; r = r->next) {
        buf_clear(&why);
        e = check_rule(r, hostile, &why);
        if (!e || e == E_NOMEM)
            continue;
        r->unusable = true;
        diag_add(&c->diags, fault_at(r, buf_str(&why)), "%.*s: %.*s",
                 STR_ARG(r->rule.id), STR_ARG(buf_str(&why)));
    }
    if (e != E_NOMEM)
        e = check_values(c, &why);
    buf_free(&why);
    return e == E_NOMEM ? e : state_of(c);
}

/* --- The image. */

bool compile_uses(const struct compile *c, const struct rule_src *src)
{
    const struct rule *rule = &src->rule;
    const struct exclusion_src *x;

    if (src->paranoia > (c->paranoia == 0 ? 1 : c->paranoia))
        return false;
    for (x = c->exclusions; x != NULL; x = x->next)
        if (exclusion_names(x, rule) && when_empty(&x->target.when) &&
            x->target.value.len == 0 && x->target.print.len == 0 &&
            x->target.until == 0 && x->target.dirs == 0 &&
            x->target.roles == 0 && x->target.parts == 0)
            return false;
    return true;
}

/* The targeted exclusions of one rule, appended to list; their number. */
static size_t add_targets(const struct compile *c, const struct rule *rule,
                          uint32_t index, struct exclusion *list)
{
    const struct exclusion_src *x;
    size_t n = 0;

    for (x = c->exclusions; x != NULL; x = x->next)
        if (!x->expired && exclusion_names(x, rule)) {
            list[n] = x->target;
            list[n++].rule = index;
        }
    return n;
}

static enum err pack_rules(struct compile *c, struct buf *out)
{
    struct rule *rules = calloc(c->rule_count + 1, sizeof(*rules));
    struct exclusion *ex =
        calloc(c->rule_count * c->exclusion_count + 1, sizeof(*ex));
    const struct rule_src *r;
    size_t n = 0, ex_n = 0;
    enum err e = E_NOMEM;

    if (rules == NULL || ex == NULL)
        goto out;
    for (r = c->rules; r != NULL; r = r->next) {
        if (!compile_uses(c, r))
            continue;
        for (size_t i = 0; i <= r->more_count; i++) {
            ex_n += add_targets(c, &r->rule, (uint32_t)n, ex + ex_n);
            rules[n] = i == 0 ? r->rule : r->more[i - 1];
            rules[n++].views = views_at_level(r, c->paranoia);
        }
    }
    e = rules_pack(rules, n, ex, ex_n, out);
    /* A rule that is over a limit by itself has been told of. */
    if ((e == E_LIMIT || e == E_SYNTAX) && c->diags.count == 0)
        diag_add(&c->diags, (struct place){c->sources->path, 0, 0},
                 "the rules are over a limit of the image: %d bytes of "
                 "keywords and words, or %d exclusions, each counted for each "
                 "rule that it names",
                 LIM_KEYWORD_ALL, LIM_EXCLUSIONS);
out:
    free(rules);
    free(ex);
    return e;
}

/* Of an item of a list, or of what stands in its stead. */
static struct place item_place(const struct yaml_node *list, size_t index,
                               struct place otherwise)
{
    const struct yaml_node *n = list;

    if (n != NULL && n->kind == YAML_LIST)
        for (n = n->child; n != NULL && index > 0; index--)
            n = n->next;
    return n == NULL ? otherwise : n->at;
}

static struct place fault_place(const struct compile *c,
                                const struct provider_fault *f)
{
    const struct provider_src *p = c->providers;
    const struct host_src *h = c->hosts;

    if (f->provider >= c->provider_count) {
        for (size_t i = 0; h != NULL && i < f->index; i++)
            h = h->next;
        return h == NULL ? (struct place){c->sources->path, 0, 0} : h->at;
    }
    for (size_t i = 0; i < f->provider; i++)
        p = p->next;
    if (f->place <= IN_STREAM)
        return f->index < p->phases[f->place].count
                   ? p->phases[f->place].places[f->index]
                   : p->at;
    return f->place == IN_ITSELF
               ? p->at
               : item_place(p->lists[f->place - IN_HOSTS], f->index, p->at);
}

static enum err pack_providers(struct compile *c, struct buf *out)
{
    struct provider_def *defs = calloc(c->provider_count + 1, sizeof(*defs));
    struct host_rule *hosts = calloc(c->host_count + 1, sizeof(*hosts));
    struct provider_fault fault = {0};
    const struct provider_src *p;
    const struct host_src *h;
    size_t n = 0, hosts_n = 0;
    enum err e = E_NOMEM;

    if (defs == NULL || hosts == NULL)
        goto out;
    for (p = c->providers; p != NULL; p = p->next)
        defs[n++] = p->def;
    for (h = c->hosts; h != NULL; h = h->next)
        hosts[hosts_n++] = (struct host_rule){h->host, h->port, h->provider};
    e = providers_pack(defs, n, hosts, hosts_n, out, &fault);
    if (e == E_SYNTAX || e == E_LIMIT)
        diag_add(&c->diags, fault_place(c, &fault), "%s",
                 fault.why == NULL ? "the provider descriptions are over a "
                                     "limit of the image"
                                   : fault.why);
out:
    free(defs);
    free(hosts);
    return e;
}

/*
 * What is written must load: programs find a broken image when it is too late.
 * Of what is loaded come the tables.
 * Some limits show only here (names of paths, size of the tables).
 */
static enum err read_back(struct compile *c, const struct image *image,
                          struct buf *tables)
{
    struct place first = {c->sources->path, 0, 0};
    struct providers *providers;
    struct rules *rules;
    enum err e;

    if (!(e = rules_load(image->rules, false, &rules))) {
        e = rules_lay(rules, tables);
        rules_free(rules);
    }
    if (e && e != E_NOMEM)
        diag_add(&c->diags, first, "the rules do not load (%s)", err_name(e));
    if (e)
        return e;
    if (!(e = providers_load(image->providers, &providers))) {
        e = providers_check(providers);
        providers_free(providers);
    }
    if (e && e != E_NOMEM)
        diag_add(&c->diags, first,
                 "the provider descriptions do not load (%s): is a name in a "
                 "path too long?",
                 err_name(e));
    return e;
}

enum err compile_image(struct compile *c, struct buf *out)
{
    struct buf rules, providers, policy, tables;
    struct image image;
    enum err e;

    buf_init(&rules, LIM_IMAGE);
    buf_init(&providers, LIM_IMAGE);
    buf_init(&policy, LIM_IMAGE);
    buf_init(&tables, LIM_IMAGE);
    e = pack_rules(c, &rules);
    if (e == OK || e == E_SYNTAX)
        e = pack_providers(c, &providers);
    if (e == OK && (e = state_of(c)) == OK)
        e = policy_pack(&c->policy, &policy);
    if (e == OK) {
        image = (struct image){.rules = buf_str(&rules),
                               .providers = buf_str(&providers),
                               .policy = buf_str(&policy)};
        e = read_back(c, &image, &tables);
        image.tables = buf_str(&tables);
        if (!e)
            e = image_write(&image, out);
    }
    buf_free(&rules);
    buf_free(&providers);
    buf_free(&policy);
    buf_free(&tables);
    return e == OK || e == E_NOMEM ? e : state_of(c) ? state_of(c) : e;
}

enum err compile_hosts(const struct compile *c, char behind, struct buf *out)
{
    const struct provider_src *p;
    const struct host_src *h;
    enum err e;

    for (h = c->hosts; h != NULL; h = h->next) {
        bool port = h->port != 0 && str_find_byte(h->host, ':') == h->host.len;

        if ((e = buf_add(out, h->host)) ||
            (port && ((e = buf_add_byte(out, ':')) ||
                      (e = buf_add_u64(out, h->port)))) ||
            (e = buf_add_byte(out, behind)))
            return e;
    }
    for (p = c->providers; p != NULL; p = p->next)
        for (size_t i = 0; i < p->def.host_count; i++)
            if ((e = buf_add(out, p->def.hosts[i])) ||
                (e = buf_add_byte(out, behind)))
                return e;
    return OK;
}

bool compile_passes_unseen(const struct compile *c)
{
    return c->policy.monitor ||
           c->policy.on_failure[COND_UNSEEN_TLS] == FAIL_PASS;
}
