#include "compile/provfile.h"

#include "base/limits.h"

/* --- Patterns. A phase collects them in the order in which they are tried. */

struct phase_at {
    struct phase_src *out;
    enum role role;         /* of a bare path */
    enum pattern_kind kind; /* of the list at work */
};

static bool on_path(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_text(r, n, &((struct pattern_def *)into)->path);
}

static bool on_role(struct reader *r, const struct yaml_node *n, void *into)
{
    unsigned i;

    if (!read_name(r, n, &names_of_roles, &i))
        return false;
    ((struct pattern_def *)into)->role = (enum role)i;
    return true;
}

static bool on_part(struct reader *r, const struct yaml_node *n, void *into)
{
    unsigned i;

    if (!read_name(r, n, &names_of_parts, &i))
        return false;
    ((struct pattern_def *)into)->part = (enum part)i;
    return true;
}

static bool on_json(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_bool(r, n, &((struct pattern_def *)into)->json);
}

static bool on_delta(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_bool(r, n, &((struct pattern_def *)into)->delta);
}

static bool on_repeat(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_bool(r, n, &((struct pattern_def *)into)->repeat);
}

static bool on_group(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_slug(r, n, &((struct pattern_def *)into)->group);
}

static const struct field pattern_fields[] = {
    {STR_INIT("path"), true, on_path},
    {STR_INIT("role"), false, on_role},
    {STR_INIT("part"), false, on_part},
    {STR_INIT("json"), false, on_json},
    {STR_INIT("delta"), false, on_delta},
    {STR_INIT("group"), false, on_group},
    {STR_INIT("repeat"), false, on_repeat},
};

/* The next free pattern of the phase; the arrays are large enough. */
static struct pattern_def *new_pattern(struct phase_at *at,
                                       const struct yaml_node *n)
{
    struct phase_src *out = at->out;

    out->places[out->count] = n->at;
    out->patterns[out->count] = (struct pattern_def){
        .kind = at->kind,
        .role = at->role,
        .part = at->kind == PAT_TEXT ? PART_TEXT : PART_OTHER};
    return &out->patterns[out->count++];
}

static bool read_patterns(struct reader *r, const struct yaml_node *list,
                          struct phase_at *at)
{
    const struct yaml_node *c;
    bool good = true, maps = at->kind == PAT_TEXT || at->kind == PAT_WHOLE;

    for (c = list->child; c != NULL; c = c->next) {
        struct pattern_def *p = new_pattern(at, c);

        if (maps && c->kind == YAML_MAP)
            good &=
                read_map(r, c, pattern_fields, ARRAY_LEN(pattern_fields), p);
        else
            good &= read_text(r, c, &p->path);
    }
    return good;
}

static bool on_values(struct reader *r, const struct yaml_node *n, void *into)
{
    struct str *all = &((struct pattern_def *)into)->values;
    const struct str *list;
    size_t count, len = 0;
    char *p;

    if (!read_texts(r, n, &list, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (str_find_byte(list[i], '|') < list[i].len)
            return read_refuse(r, n, "a value with a | in it");
        len += list[i].len + 1;
    }
    if ((p = read_take(r, len + 1)) == NULL)
        return false;
    *all = (struct str){p, len > 0 ? len - 1 : 0};
    for (size_t i = 0; i < count; i++) {
        memcpy(p, list[i].ptr, list[i].len);
        p += list[i].len;
        *p++ = '|';
    }
    return true;
}

static bool read_types(struct reader *r, const struct yaml_node *list,
                       struct phase_at *at)
{
    static const struct field fields[] = {
        {STR_INIT("path"), true, on_path},
        {STR_INIT("values"), true, on_values},
    };
    const struct yaml_node *c;
    bool good = true;

    for (c = list->child; c != NULL; c = c->next)
        good &= read_map(r, c, fields, ARRAY_LEN(fields), new_pattern(at, c));
    return good;
}

static bool read_facts(struct reader *r, const struct yaml_node *map,
                       struct phase_at *at)
{
    const struct yaml_node *c, *item;
    bool good = true;
    enum fact fact;

    for (c = map->child; c != NULL; c = c->next) {
        if (!fact_from(c->key->text, &fact)) {
            good = read_refuse(r, c->key, "'%.*s' is no fact",
                               STR_ARG(c->key->text));
            continue;
        }
        for (item = c->kind == YAML_LIST ? c->child : c; item != NULL;
             item = c->kind == YAML_LIST ? item->next : NULL) {
            struct pattern_def *p = new_pattern(at, item);

            p->fact = fact;
            good &= read_text(r, item, &p->path);
        }
    }
    return good;
}

/* In the order of describe.h: who stands first wins. */
static const struct {
    struct str key;
    enum pattern_kind kind;
} lists[] = {
    {STR_INIT("opaque"), PAT_OPAQUE}, {STR_INIT("blank"), PAT_BLANK},
    {STR_INIT("whole"), PAT_WHOLE},   {STR_INIT("text"), PAT_TEXT},
    {STR_INIT("end"), PAT_END},       {STR_INIT("facts"), PAT_FACT},
    {STR_INIT("types"), PAT_TYPE},
};

/* Patterns under a phase: as many as there are leaves in its lists. */
static bool count_patterns(struct reader *r, const struct yaml_node *n,
                           size_t *ret_count)
{
    const struct yaml_node *c, *item;
    size_t count = 0;
    bool good = true;

    for (c = n->child; c != NULL; c = c->next) {
        bool facts = str_eq(c->key->text, STR("facts"));
        struct nearest near = nearest_of(c->key->text);

        for (size_t i = 0; i < ARRAY_LEN(lists); i++)
            nearest_try(&near, lists[i].key);
        if (near.apart != 0)
            good = read_unknown(r, c->key, "key", &near);
        good &= read_is(r, c, facts ? YAML_MAP : YAML_LIST);
        for (item = c->child; item != NULL; item = item->next)
            count += facts && item->kind == YAML_LIST ? item->count : 1;
    }
    *ret_count = count;
    return good;
}

static bool read_phase(struct reader *r, const struct yaml_node *n,
                       enum role role, struct phase_src *out)
{
    struct phase_at at = {.out = out, .role = role};
    const struct yaml_node *c;
    size_t count;
    bool good = true;

    if (!read_is(r, n, YAML_MAP) || !count_patterns(r, n, &count))
        return false;
    out->patterns = read_take(r, count * sizeof(*out->patterns));
    out->places = read_take(r, count * sizeof(*out->places));
    if (out->patterns == NULL || out->places == NULL)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        if ((c = yaml_get(n, lists[i].key)) == NULL)
            continue;
        at.kind = lists[i].kind;
        good &= at.kind == PAT_FACT   ? read_facts(r, c, &at)
                : at.kind == PAT_TYPE ? read_types(r, c, &at)
                                      : read_patterns(r, c, &at);
    }
    return good;
}

static bool on_request(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_phase(r, n, ROLE_USER,
                      &((struct provider_src *)into)->phases[0]);
}

static bool on_response(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_phase(r, n, ROLE_ASSISTANT,
                      &((struct provider_src *)into)->phases[1]);
}

static bool on_stream(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_phase(r, n, ROLE_ASSISTANT,
                      &((struct provider_src *)into)->phases[2]);
}

/* --- The rest of the description. */

static bool on_id(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_slug(r, n, &((struct provider_src *)into)->def.id);
}

static bool on_system(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_slug(r, n, &((struct provider_src *)into)->def.system);
}

static bool on_reply(struct reader *r, const struct yaml_node *n, void *into)
{
    static const struct str shapes[] = {
        STR_INIT("anthropic"),
        STR_INIT("bedrock"),
        STR_INIT("bedrock-invoke"),
        STR_INIT("cohere"),
        STR_INIT("gemini"),
        STR_INIT("gemini-live"),
        STR_INIT("llamacpp"),
        STR_INIT("mcp"),
        STR_INIT("mistral"),
        STR_INIT("ollama"),
        STR_INIT("openai"),
        STR_INIT("openai-realtime"),
        STR_INIT("openai-responses"),
        STR_INIT("openrouter"),
        STR_INIT("tgi"),
        STR_INIT("vllm"),
        STR_INIT("voyage"),
        STR_INIT("xai"),
    };
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        if (str_eq(name, shapes[i])) {
            ((struct provider_src *)into)->def.reply = name;
            return true;
        }
    return read_refuse(r, n,
                       "'%.*s' is no shape of a reply: anthropic, "
                       "bedrock, bedrock-invoke, cohere, gemini, gemini-live, "
                       "llamacpp, mcp, mistral, "
                       "ollama, openai, openai-realtime, openai-responses, "
                       "openrouter, tgi, vllm, voyage, xai",
                       STR_ARG(name));
}

static bool on_like(struct reader *r, const struct yaml_node *n, void *into)
{
    struct provider_def *def = &((struct provider_src *)into)->def;
    struct str *one;

    if (n->kind == YAML_LIST)
        return read_texts(r, n, &def->likes, &def->like_count);
    if ((one = read_take(r, sizeof(*one))) == NULL || !read_slug(r, n, one))
        return false;
    def->likes = one;
    def->like_count = 1;
    return true;
}

static bool on_done(struct reader *r, const struct yaml_node *n, void *into)
{
    if (!read_is(r, n, YAML_SCALAR))
        return false;
    ((struct provider_src *)into)->def.done = n->text;
    return true;
}

static bool on_generic(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_bool(r, n, &((struct provider_src *)into)->def.generic);
}

static bool on_home(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_bool(r, n, &((struct provider_src *)into)->def.home);
}

static bool on_hosts(struct reader *r, const struct yaml_node *n, void *into)
{
    struct provider_def *def = &((struct provider_src *)into)->def;

    return read_texts(r, n, &def->hosts, &def->host_count);
}

static bool on_keys(struct reader *r, const struct yaml_node *n, void *into)
{
    struct provider_def *def = &((struct provider_src *)into)->def;

    return read_texts(r, n, &def->keys, &def->key_count);
}

static bool on_plain(struct reader *r, const struct yaml_node *n, void *into)
{
    struct provider_def *def = &((struct provider_src *)into)->def;

    return read_texts(r, n, &def->plain, &def->plain_count);
}

static bool on_known(struct reader *r, const struct yaml_node *n, void *into)
{
    struct provider_def *def = &((struct provider_src *)into)->def;

    return read_texts(r, n, &def->known, &def->known_count);
}

static bool on_method(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_slug(r, n, &((struct route *)into)->method);
}

static bool on_route_path(struct reader *r, const struct yaml_node *n,
                          void *into)
{
    return read_text(r, n, &((struct route *)into)->path);
}

static bool on_framing(struct reader *r, const struct yaml_node *n, void *into)
{
    struct str name;

    if (!read_text(r, n, &name))
        return false;
    if (!str_eq(name, STR("array")))
        return read_refuse(r, n, "'framing' must be array");
    ((struct route *)into)->framed = FRAMED_ARRAY;
    return true;
}

static bool on_routes(struct reader *r, const struct yaml_node *n, void *into)
{
    static const struct field fields[] = {
        {STR_INIT("method"), false, on_method},
        {STR_INIT("path"), true, on_route_path},
        {STR_INIT("framing"), false, on_framing},
    };
    struct provider_def *def = &((struct provider_src *)into)->def;
    const struct yaml_node *c;
    struct route *routes;
    bool good = true;

    if (!read_is(r, n, YAML_LIST) ||
        (routes = read_take(r, n->count * sizeof(*routes))) == NULL)
        return false;
    def->routes = routes;
    for (c = n->child; c != NULL; c = c->next)
        good &= read_map(r, c, fields, ARRAY_LEN(fields),
                         &routes[def->route_count++]);
    return good;
}

static bool on_lines(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_bool(r, n, &((struct provider_src *)into)->def.lines);
}

static bool on_opens(struct reader *r, const struct yaml_node *n, void *into)
{
    struct provider_def *def = &((struct provider_src *)into)->def;

    return read_texts(r, n, &def->opens, &def->open_count);
}

static const struct field provider_fields[] = {
    {STR_INIT("id"), true, on_id},
    {STR_INIT("like"), false, on_like},
    {STR_INIT("system"), false, on_system},
    {STR_INIT("reply"), false, on_reply},
    {STR_INIT("generic"), false, on_generic},
    {STR_INIT("home"), false, on_home},
    {STR_INIT("hosts"), false, on_hosts},
    {STR_INIT("routes"), false, on_routes},
    {STR_INIT("done"), false, on_done},
    {STR_INIT("keys"), false, on_keys},
    {STR_INIT("plain"), false, on_plain},
    {STR_INIT("known"), false, on_known},
    {STR_INIT("request"), false, on_request},
    {STR_INIT("response"), false, on_response},
    {STR_INIT("stream"), false, on_stream},
    {STR_INIT("opens"), false, on_opens},
    {STR_INIT("lines"), false, on_lines},
};

size_t provfile_keys(const struct field **ret_fields)
{
    *ret_fields = provider_fields;
    return ARRAY_LEN(provider_fields);
}

/* What a description by itself needs; one that is like others has it there. */
static bool is_whole(struct reader *r, const struct yaml_node *n)
{
    static const struct str needed[] = {STR_INIT("system"), STR_INIT("reply"),
                                        STR_INIT("request"),
                                        STR_INIT("response")};
    bool good = true;

    if (yaml_get(n, STR("like")) != NULL)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (yaml_get(n, needed[i]) == NULL)
            good = read_refuse(r, n, "'%.*s' is missing, and so is 'like'",
                               STR_ARG(needed[i]));
    return good;
}

struct provider_src *provfile_read(struct reader *r, const struct yaml_node *n)
{
    struct provider_src *p = read_take(r, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->at = n->at;
    if (!read_map(r, n, provider_fields, ARRAY_LEN(provider_fields), p) ||
        !is_whole(r, n))
        return NULL;
    p->lists[0] = yaml_get(n, STR("hosts"));
    p->lists[1] = yaml_get(n, STR("routes"));
    p->lists[2] = yaml_get(n, STR("like"));
    p->def.request =
        (struct phase_def){p->phases[0].patterns, p->phases[0].count};
    p->def.response =
        (struct phase_def){p->phases[1].patterns, p->phases[1].count};
    p->def.stream =
        (struct phase_def){p->phases[2].patterns, p->phases[2].count};
    return p;
}
