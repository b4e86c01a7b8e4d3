#include "compile/policyfile.h"

#include "compile/links.h"

#include "base/limits.h"
#include "compile/define.h"
#include "compile/model.h"
#include "compile/ownfile.h"
#include "compile/provfile.h"
#include "compile/pseudonym.h"
#include "compile/when.h"
#include "compile/words.h"

/* What a reader of the tables below is given. */
struct file_at {
    struct compile *c;
    const struct source *source;
    struct rule_src defaults; /* of its rules */
};

static bool on_mode(struct reader *r, const struct yaml_node *n, void *into)
{
    struct compile *c = ((struct file_at *)into)->c;
    struct str mode;

    if (!read_text(r, n, &mode))
        return false;
    if (!str_eq(mode, STR("enforce")) && !str_eq(mode, STR("monitor")))
        return read_refuse(r, n, "'mode' must be enforce or monitor");
    if (!c->mode_set)
        c->policy.monitor = str_eq(mode, STR("monitor"));
    c->mode_set = true;
    return true;
}

static bool on_audit(struct reader *r, const struct yaml_node *n, void *into)
{
    struct compile *c = ((struct file_at *)into)->c;
    struct str path;

    if (!read_text(r, n, &path))
        return false;
    if (path.ptr[0] != '/' || memchr(path.ptr, '\0', path.len) != NULL)
        return read_refuse(r, n, "'audit' must be an absolute path");
    if (c->policy.audit.len == 0)
        c->policy.audit = path;
    return true;
}

static bool on_pseudonyms(struct reader *r, const struct yaml_node *n,
                          void *into)
{
    return pseudonym_policy(r, n, &((struct file_at *)into)->c->policy);
}

static bool on_uncovered(struct reader *r, const struct yaml_node *n,
                         void *into)
{
    struct compile *c = ((struct file_at *)into)->c;
    struct str word;

    if (!read_text(r, n, &word))
        return false;
    if (!str_eq(word, STR("refuse")) && !str_eq(word, STR("log")))
        return read_refuse(r, n, "'uncovered' must be refuse or log");
    if (!c->uncovered_set)
        c->refuse_uncovered = str_eq(word, STR("refuse"));
    c->uncovered_set = true;
    return true;
}

static bool on_alpn(struct reader *r, const struct yaml_node *n, void *into)
{
    struct compile *c = ((struct file_at *)into)->c;
    struct str word;

    if (!read_text(r, n, &word))
        return false;
    if (!str_eq(word, STR("h2")) && !str_eq(word, STR("http1")))
        return read_refuse(r, n, "'alpn' must be h2 or http1");
    if (!c->alpn_set)
        c->policy.http1 = str_eq(word, STR("http1"));
    c->alpn_set = true;
    return true;
}

/* It goes into JSON strings as it is: no byte of it may need an escape. */
static bool on_canary(struct reader *r, const struct yaml_node *n, void *into)
{
    struct str s, *canary = &((struct file_at *)into)->c->policy.canary;
    size_t at;

    if (!read_text(r, n, &s))
        return false;
    at = str_find(s, STR("{}"));
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || s.ptr[i] > 0x7e || s.ptr[i] == '"' ||
            s.ptr[i] == '\\')
            at = s.len;
    if (at >= s.len || s.len > LIM_CANARY)
        return read_refuse(r, n,
                           "'canary' must be plain ASCII without quote and "
                           "backslash (at most %d), with {} where its "
                           "letters go",
                           LIM_CANARY);
    if (canary->len == 0)
        *canary = s;
    return true;
}

static bool on_links(struct reader *r, const struct yaml_node *n, void *into)
{
    return links_read(r, n, &((struct file_at *)into)->c->policy.links);
}

static bool on_thresholds(struct reader *r, const struct yaml_node *n,
                          void *into)
{
    struct compile *c = ((struct file_at *)into)->c;
    bool good = thresholds_read(r, n, &c->thresholds);

    c->policy.thresholds = c->thresholds.at;
    return good;
}

static bool on_paranoia(struct reader *r, const struct yaml_node *n, void *into)
{
    struct compile *c = ((struct file_at *)into)->c;
    uint32_t level;

    if (!read_number(r, n, 1, PARANOIA_MOST, &level))
        return false;
    if (c->paranoia == 0)
        c->paranoia = level;
    return true;
}

static bool on_own(struct reader *r, const struct yaml_node *n, void *into)
{
    struct compile *c = ((struct file_at *)into)->c;
    struct policy_own own = c->policy.own;

    if (!own_read(r, n, &own))
        return false;
    if (!c->own_set)
        c->policy.own = own;
    c->own_set = true;
    return true;
}

static bool on_include(struct reader *r, const struct yaml_node *n, void *into)
{
    struct file_at *at = into;
    const struct yaml_node *item;
    struct str name;
    bool good = true;

    if (!read_is(r, n, YAML_LIST))
        return false;
    for (item = n->child; item != NULL; item = item->next)
        good &= read_text(r, item, &name) &&
                files_add(at->c, at->source, item, name, SOURCE_INCLUDE);
    return good;
}

static bool unknown_cond(struct reader *r, const struct yaml_node *n)
{
    struct nearest near = nearest_of(n->key->text);

    for (unsigned i = COND_NONE + 1; i < COND_COUNT; i++)
        nearest_try(&near, cond_name((enum cond)i));
    return read_unknown(r, n->key, "condition", &near);
}

static bool one_failure(struct reader *r, const struct yaml_node *n,
                        struct compile *c)
{
    struct str word;
    enum cond cond;

    if (!cond_from(n->key->text, &cond))
        return unknown_cond(r, n);
    if (!read_text(r, n, &word))
        return false;
    if (!str_eq(word, STR("pass")) && !str_eq(word, STR("block")))
        return read_refuse(r, n, "'%.*s' must be pass or block",
                           STR_ARG(n->key->text));
    if (str_eq(word, STR("pass")) && !cond_may_pass(cond))
        return read_refuse(r, n,
                           "'%.*s' cannot be pass: nothing sound could "
                           "be let through",
                           STR_ARG(n->key->text));
    if (!c->cond_set[cond])
        c->policy.on_failure[cond] =
            str_eq(word, STR("pass")) ? FAIL_PASS : FAIL_BLOCK;
    c->cond_set[cond] = true;
    return true;
}

static bool on_failure(struct reader *r, const struct yaml_node *n, void *into)
{
    const struct yaml_node *item;
    bool good = true;

    if (!read_is(r, n, YAML_MAP))
        return false;
    for (item = n->child; item != NULL; item = item->next)
        good &= one_failure(r, item, ((struct file_at *)into)->c);
    return good;
}

/* --- Hosts. */

/* Names of exchanges have no dot at their end (wire/framing.h): one that has
 * would fit none. */
static bool host_bytes_good(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];

        if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '.' && c != '-' &&
            c != '_' && c != ':')
            return false;
    }
    return host.len > 0 && host.len <= 253 && host.ptr[host.len - 1] != '.';
}

/* "name", "*.name", "name:port", "[::1]:port"; a bare IPv6 address has none. */
static bool host_split(struct str text, struct host_src *h)
{
    struct str port = {NULL, 0};
    size_t colon = str_find_byte(text, ':');
    uint64_t number;

    h->host = text;
    if (text.len > 0 && text.ptr[0] == '[') {
        size_t end = str_find_byte(text, ']');

        if (end == text.len)
            return false;
        h->host = (struct str){text.ptr + 1, end - 1};
        port = str_skip(text, end + 1);
        if (port.len > 0 && port.ptr[0] != ':')
            return false;
        port = port.len > 0 ? str_skip(port, 1) : (struct str){NULL, 0};
    } else if (colon < text.len && str_find_byte(str_skip(text, colon + 1),
                                                 ':') == text.len - colon - 1) {
        h->host = str_head(text, colon);
        port = str_skip(text, colon + 1);
    }
    if (port.ptr != NULL) {
        if (str_u64(port, &number) || number == 0 || number > 65535)
            return false;
        h->port = (uint16_t)number;
    }
    return host_bytes_good(str_starts(h->host, STR("*.")) ? str_skip(h->host, 2)
                                                          : h->host);
}

static bool lower(struct reader *r, struct str s, struct str *ret_lower)
{
    char *p = read_take(r, s.len);

    if (p == NULL)
        return false;
    for (size_t i = 0; i < s.len; i++)
        p[i] = to_lower(s.ptr[i]);
    *ret_lower = (struct str){p, s.len};
    return true;
}

static bool on_host(struct reader *r, const struct yaml_node *n, void *into)
{
    struct host_src *h = into;
    struct str text;

    if (!read_text(r, n, &text) || !lower(r, text, &h->text))
        return false;
    if (!host_split(h->text, h))
        return read_refuse(r, n,
                           "'%.*s' is no host such as example.com, "
                           "*.example.com or localhost:8443",
                           STR_ARG(text));
    return true;
}

static bool on_host_provider(struct reader *r, const struct yaml_node *n,
                             void *into)
{
    return read_slug(r, n, &((struct host_src *)into)->provider);
}

/* The same host before, with another provider. */
static const struct host_src *host_otherwise(const struct compile *c,
                                             const struct host_src *h)
{
    for (const struct host_src *o = c->hosts; o != NULL; o = o->next)
        if (o->port == h->port && str_eq(o->host, h->host) &&
            !str_eq(o->provider, h->provider))
            return o;
    return NULL;
}

static bool one_host(struct reader *r, const struct yaml_node *n,
                     struct compile *c)
{
    static const struct field fields[] = {
        {STR_INIT("host"), true, on_host},
        {STR_INIT("provider"), false, on_host_provider},
    };
    struct host_src *h = read_take(r, sizeof(*h));
    const struct host_src *other;

    if (h == NULL)
        return false;
    h->at = n->at;
    if (n->kind == YAML_SCALAR ? !on_host(r, n, h)
                               : !read_map(r, n, fields, ARRAY_LEN(fields), h))
        return false;
    if ((other = host_otherwise(c, h)) != NULL)
        return read_refuse(r, n,
                           "'%.*s' has provider '%.*s' in line %u: a host has "
                           "one",
                           STR_ARG(h->text), STR_ARG(other->provider),
                           other->at.line);
    *c->hosts_tail = h;
    c->hosts_tail = &h->next;
    c->host_count++;
    return true;
}

static bool on_hosts(struct reader *r, const struct yaml_node *n, void *into)
{
    const struct yaml_node *item;
    bool good = true;

    if (!read_is(r, n, YAML_LIST))
        return false;
    for (item = n->child; item != NULL; item = item->next)
        good &= one_host(r, item, ((struct file_at *)into)->c);
    return good;
}

/* --- Providers: an id, a file, or all that are installed. */

static bool one_provider(struct reader *r, const struct yaml_node *n,
                         struct file_at *at)
{
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    if (str_ends(name, STR(".yaml")))
        return files_add(at->c, at->source, n, name, SOURCE_PROVIDER);
    if (!read_slug(r, n, &name))
        return false;
    if (str_eq(name, STR("all"))) {
        at->c->providers_all = true;
        return true;
    }
    return files_provider(at->c, at->source, n, name);
}

static bool on_providers(struct reader *r, const struct yaml_node *n,
                         void *into)
{
    struct file_at *at = into;
    const struct yaml_node *item;
    bool good = true;

    if (!read_is(r, n, YAML_LIST))
        return false;
    if (at->c->providers_set) /* an outer file has chosen */
        return true;
    at->c->providers_set = true;
    for (item = n->child; item != NULL; item = item->next)
        good &= one_provider(r, item, at);
    return good;
}

/* --- Exclusions. */

static bool on_ex_id(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_rule_id(r, n, &((struct exclusion_src *)into)->id);
}

static bool on_ex_tag(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_text(r, n, &((struct exclusion_src *)into)->tag);
}

/* Only its being there counts: it is for the people who read the file. */
static bool on_ex_reason(struct reader *r, const struct yaml_node *n,
                         void *into)
{
    struct str reason;

    (void)into;
    return read_text(r, n, &reason) &&
           (str_trim(reason).len > 0 || read_refuse(r, n, "'reason' is empty"));
}

/* "2027-01-31" as days since 1970 (proleptic Gregorian); 0 if it is no date. */
static uint32_t day_of(struct str s)
{
    static const unsigned char lengths[] = {31, 29, 31, 30, 31, 30,
                                            31, 31, 30, 31, 30, 31};
    struct str year = str_split(&s, '-'), month = str_split(&s, '-');
    uint64_t y, m, d, days;
    bool leap;

    if (year.len != 4 || month.len != 2 || s.len != 2 || str_u64(year, &y) ||
        str_u64(month, &m) || str_u64(s, &d) || y <= 1970 || m < 1 || m > 12 ||
        d < 1 || d > lengths[m - 1])
        return 0;
    leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    if (m == 2 && d == 29 && !leap)
        return 0;
    y -= m <= 2; /* years begin in March, so that a leap day ends one */
    days = 365 * y + y / 4 - y / 100 + y / 400;
    days += (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return (uint32_t)(days - 719468);
}

static bool on_ex_expires(struct reader *r, const struct yaml_node *n,
                          void *into)
{
    struct exclusion_src *x = into;

    if (!read_text(r, n, &x->expires))
        return false;
    x->target.until = day_of(x->expires);
    return x->target.until != 0 ||
           read_refuse(r, n, "'expires' must be a date such as 2027-01-31");
}

static bool on_ex_about(struct reader *r, const struct yaml_node *n, void *into)
{
    return when_about(r, n, &((struct exclusion_src *)into)->target.when);
}

static bool on_ex_value(struct reader *r, const struct yaml_node *n, void *into)
{
    struct exclusion_src *x = into;

    x->value_at = n->at;
    return read_pattern(r, n, &x->target.value);
}

/* What `sallyport hash` prints. */
static bool on_ex_hash(struct reader *r, const struct yaml_node *n, void *into)
{
    struct exclusion_src *x = into;
    char *bytes = read_take(r, EXCLUDED_PRINT);
    struct str hex;
    bool good;

    if (bytes == NULL || !read_text(r, n, &hex))
        return false;
    good = hex.len == 2 * EXCLUDED_PRINT;
    for (size_t i = 0; good && i < hex.len; i++) {
        int digit = hex_value(hex.ptr[i]);

        good = digit >= 0;
        bytes[i / 2] = (char)((unsigned char)bytes[i / 2] << 4 | digit);
    }
    if (!good)
        return read_refuse(r, n,
                           "'hash' must be what 'sallyport hash' prints for a "
                           "value: %d hex digits",
                           2 * EXCLUDED_PRINT);
    x->target.print = (struct str){bytes, EXCLUDED_PRINT};
    return true;
}

static bool on_ex_role(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_set(r, n, &names_of_roles,
                    &((struct exclusion_src *)into)->target.roles);
}

static bool on_ex_part(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_set(r, n, &names_of_parts,
                    &((struct exclusion_src *)into)->target.parts);
}

static bool on_ex_on(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_dirs(r, n, &((struct exclusion_src *)into)->target.dirs);
}

static const struct field exclude_fields[] = {
    {STR_INIT("id"), false, on_ex_id},
    {STR_INIT("tag"), false, on_ex_tag},
    {STR_INIT("reason"), true, on_ex_reason},
    {STR_INIT("expires"), false, on_ex_expires},
    {STR_INIT("value"), false, on_ex_value},
    {STR_INIT("hash"), false, on_ex_hash},
    {STR_INIT("host"), false, on_ex_about},
    {STR_INIT("path"), false, on_ex_about},
    {STR_INIT("model"), false, on_ex_about},
    {STR_INIT("exe"), false, on_ex_about},
    {STR_INIT("uid"), false, on_ex_about},
    {STR_INIT("cgroup"), false, on_ex_about},
    {STR_INIT("role"), false, on_ex_role},
    {STR_INIT("part"), false, on_ex_part},
    {STR_INIT("on"), false, on_ex_on},
};

static bool one_exclusion(struct reader *r, const struct yaml_node *n,
                          struct compile *c)
{
    struct exclusion_src *x = read_take(r, sizeof(*x));

    if (x == NULL)
        return false;
    x->at = n->at;
    if (!read_map(r, n, exclude_fields, ARRAY_LEN(exclude_fields), x))
        return false;
    if ((x->id.len == 0) == (x->tag.len == 0))
        return read_refuse(r, n, "an exclusion has either 'id' or 'tag'");
    if (x->target.value.len > 0 && x->target.print.len > 0)
        return read_refuse(r, n, "an exclusion has either 'value' or 'hash'");
    x->expired = x->target.until != 0 &&
                 x->target.until < day_of(str_of(c->options.today));
    *c->exclusions_tail = x;
    c->exclusions_tail = &x->next;
    c->exclusion_count++;
    return true;
}

static bool on_exclude(struct reader *r, const struct yaml_node *n, void *into)
{
    const struct yaml_node *item;
    bool good = true;

    if (!read_is(r, n, YAML_LIST))
        return false;
    for (item = n->child; item != NULL; item = item->next)
        good &= one_exclusion(r, item, ((struct file_at *)into)->c);
    return good;
}

/* --- Rules, in a policy or a pack. */

static bool on_define(struct reader *r, const struct yaml_node *n, void *into)
{
    (void)into;
    return define_read(r, n);
}

static bool on_defaults(struct reader *r, const struct yaml_node *n, void *into)
{
    return rulefile_defaults(r, n, &((struct file_at *)into)->defaults);
}

static bool on_rules(struct reader *r, const struct yaml_node *n, void *into)
{
    struct file_at *at = into;
    struct compile *c = at->c;
    const struct yaml_node *item;
    bool good = true;

    if (!read_is(r, n, YAML_LIST))
        return false;
    for (item = n->child; item != NULL; item = item->next) {
        struct rule_src *rule = rulefile_rule(r, item, &at->defaults);

        if (rule != NULL && (!words_load(c, at->source, rule) ||
                             !model_load(c, at->source, rule)))
            rule = NULL;
        good &= rule != NULL;
        if (rule == NULL)
            continue;
        if (c->rule_count + rule->more_count >= LIM_RULES)
            return read_refuse(r, item, "too many rules (at most %d)",
                               LIM_RULES);
        *c->rules_tail = rule;
        c->rules_tail = &rule->next;
        c->rule_count += 1 + rule->more_count;
    }
    return good;
}

/* For people. */
static bool on_words(struct reader *r, const struct yaml_node *n, void *into)
{
    struct str words;

    (void)into;
    return read_text(r, n, &words);
}

/* Included files come after this one's own settings: the first counts. */
static const struct field policy_fields[] = {
    {STR_INIT("description"), false, on_words},
    {STR_INIT("mode"), false, on_mode},
    {STR_INIT("audit"), false, on_audit},
    {STR_INIT("pseudonyms"), false, on_pseudonyms},
    {STR_INIT("uncovered"), false, on_uncovered},
    {STR_INIT("alpn"), false, on_alpn},
    {STR_INIT("on_failure"), false, on_failure},
    {STR_INIT("thresholds"), false, on_thresholds},
    {STR_INIT("paranoia"), false, on_paranoia},
    {STR_INIT("hosts"), false, on_hosts},
    {STR_INIT("links"), false, on_links},
    {STR_INIT("canary"), false, on_canary},
    {STR_INIT("providers"), false, on_providers},
    {STR_INIT("define"), false, on_define},
    {STR_INIT("exclude"), false, on_exclude},
    {STR_INIT("own_secrets"), false, on_own},
    {STR_INIT("defaults"), false, on_defaults},
    {STR_INIT("rules"), false, on_rules},
    {STR_INIT("include"), false, on_include},
};

static const struct field pack_fields[] = {
    {STR_INIT("pack"), true, on_words},
    {STR_INIT("description"), false, on_words},
    {STR_INIT("define"), false, on_define},
    {STR_INIT("defaults"), false, on_defaults},
    {STR_INIT("rules"), false, on_rules},
    {STR_INIT("include"), false, on_include},
};

size_t policyfile_keys(const struct field **ret_fields)
{
    *ret_fields = policy_fields;
    return ARRAY_LEN(policy_fields);
}

size_t policyfile_pack_keys(const struct field **ret_fields)
{
    *ret_fields = pack_fields;
    return ARRAY_LEN(pack_fields);
}

size_t policyfile_exclude_keys(const struct field **ret_fields)
{
    *ret_fields = exclude_fields;
    return ARRAY_LEN(exclude_fields);
}

static bool apply_provider(struct compile *c, const struct source *s)
{
    struct provider_src *p = provfile_read(&c->reader, s->root);

    if (p == NULL)
        return false;
    *c->providers_tail = p;
    c->providers_tail = &p->next;
    c->provider_count++;
    return true;
}

bool policyfile_apply(struct compile *c, const struct source *s)
{
    struct file_at at = {.c = c, .source = s};
    bool pack = yaml_get(s->root, STR("pack")) != NULL;
    bool provider = yaml_get(s->root, STR("id")) != NULL;

    rulefile_start(&at.defaults);
    if (s->kind == SOURCE_PROVIDER || (s->kind == SOURCE_ANY && provider))
        return apply_provider(c, s);
    if (provider) {
        diag_add(&c->diags, s->named,
                 "a provider description stands under 'providers', not under "
                 "'include'");
        return false;
    }
    if (pack)
        return read_map(&c->reader, s->root, pack_fields,
                        ARRAY_LEN(pack_fields), &at);
    if (s->kind == SOURCE_ANY)
        c->is_policy = true;
    return read_map(&c->reader, s->root, policy_fields,
                    ARRAY_LEN(policy_fields), &at);
}
