/*
 * rules/schema.json is for editors and people; this holds it true. All shipped
 * files are valid under it, it knows exactly the keys that the loader knows,
 * and what it refuses the loader refuses too.
 *
 * The checker below knows the words of JSON Schema that the file uses, and
 * fails on any other.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "check.h"
#include "compile/near.h"
#include "compile/ownfile.h"
#include "compile/policyfile.h"
#include "compile/provfile.h"
#include "compile/when.h"
#include "compile/yaml.h"
#include "json/text.h"
#include "json/tree.h"

static struct buf schema_text;
static struct json_doc schema;

/* --- The schema. */

static bool slurp(const char *path, struct buf *out)
{
    char piece[4096];
    FILE *f = fopen(path, "rb");
    size_t n;
    bool good = f != NULL;

    buf_init(out, 16 * MIB);
    while (good && (n = fread(piece, 1, sizeof(piece), f)) > 0)
        good = buf_add(out, (struct str){piece, n}) == OK;
    if (f != NULL)
        fclose(f);
    return good;
}

static bool word_is(uint32_t node, struct str text)
{
    return json_text_eq(json_raw(&schema, node), schema.nodes[node].escaped,
                        text);
}

/* "#/$defs/NAME" */
static uint32_t resolve(uint32_t ref)
{
    struct str name = str_skip(json_raw(&schema, ref), 8);
    uint32_t node =
        json_member(&schema, json_member(&schema, 0, STR("$defs")), name);

    CHECK(node != 0);
    return node;
}

static uint64_t number(uint32_t node)
{
    uint64_t n = 0;

    CHECK_INT(str_u64(json_raw(&schema, node), &n), OK);
    return n;
}

/* --- The checker. */

static bool valid(uint32_t s, const struct yaml_node *n);

static bool is_number(struct str s, bool fraction)
{
    bool point = false;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.' && fraction && !point && i > 0)
            point = true;
        else if (!is_digit(s.ptr[i]))
            return false;
    }
    return s.len > 0;
}

static bool type_is(uint32_t type, const struct yaml_node *n)
{
    bool scalar = n->kind == YAML_SCALAR;
    bool truth =
        scalar && n->plain &&
        (str_eq(n->text, STR("true")) || str_eq(n->text, STR("false")));

    if (word_is(type, STR("object")))
        return n->kind == YAML_MAP;
    if (word_is(type, STR("array")))
        return n->kind == YAML_LIST;
    if (word_is(type, STR("boolean")))
        return truth;
    if (word_is(type, STR("integer")))
        return scalar && n->plain && is_number(n->text, false);
    if (word_is(type, STR("number")))
        return scalar && n->plain && is_number(n->text, true);
    CHECK(word_is(type, STR("string")));
    return scalar && !truth && !(n->plain && is_number(n->text, true));
}

static bool one_of(uint32_t list, const struct yaml_node *n)
{
    for (uint32_t c = list + 1; c < schema.nodes[list].next;
         c = schema.nodes[c].next)
        if (n->kind == YAML_SCALAR && word_is(c, n->text))
            return true;
    return false;
}

static bool any_of(uint32_t list, const struct yaml_node *n)
{
    for (uint32_t c = list + 1; c < schema.nodes[list].next;
         c = schema.nodes[c].next)
        if (valid(c, n))
            return true;
    return false;
}

static bool matches(uint32_t pattern, const struct yaml_node *n)
{
    struct buf text;
    pcre2_match_data *data;
    pcre2_code *code;
    PCRE2_SIZE at;
    int error, rc;

    if (n->kind != YAML_SCALAR)
        return true;
    buf_init(&text, MIB);
    CHECK_INT(json_text_buf(json_raw(&schema, pattern), &text), OK);
    code = pcre2_compile((PCRE2_SPTR)text.ptr, text.len,
                         PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &error, &at, NULL);
    buf_free(&text);
    if (!CHECK(code != NULL))
        return false;
    data = pcre2_match_data_create_from_pattern(code, NULL);
    rc = pcre2_match(code, (PCRE2_SPTR)n->text.ptr, n->text.len, 0, 0, data,
                     NULL);
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return rc >= 0;
}

static bool has_all(uint32_t list, const struct yaml_node *n)
{
    for (uint32_t c = list + 1; c < schema.nodes[list].next;
         c = schema.nodes[c].next)
        if (n->kind == YAML_MAP && yaml_get(n, json_raw(&schema, c)) == NULL)
            return false;
    return true;
}

/* The members of a map, each by its schema; no others. */
static bool members(uint32_t props, const struct yaml_node *n)
{
    const struct yaml_node *c;

    for (c = n->kind == YAML_MAP ? n->child : NULL; c != NULL; c = c->next) {
        uint32_t s = json_member(&schema, props, c->key->text);

        if (s == 0 || !valid(s, c))
            return false;
    }
    return true;
}

/* What stands beside `properties`: false is members' to see. */
static bool others(uint32_t s, const struct yaml_node *n)
{
    const struct yaml_node *c;

    if (schema.nodes[s].type != JSON_OBJECT)
        return true;
    for (c = n->kind == YAML_MAP ? n->child : NULL; c != NULL; c = c->next)
        if (!valid(s, c))
            return false;
    return true;
}

static bool names(uint32_t s, const struct yaml_node *n)
{
    const struct yaml_node *c;

    for (c = n->kind == YAML_MAP ? n->child : NULL; c != NULL; c = c->next)
        if (!valid(s, c->key))
            return false;
    return true;
}

static bool items(uint32_t s, const struct yaml_node *n)
{
    const struct yaml_node *c;

    for (c = n->kind == YAML_LIST ? n->child : NULL; c != NULL; c = c->next)
        if (!valid(s, c))
            return false;
    return true;
}

static bool bounds(uint32_t key, const struct yaml_node *n)
{
    uint64_t bound = number(key + 1), value = 0;
    struct str rest = n->text, whole = str_split(&rest, '.');

    if (word_is(key, STR("minItems")))
        return n->kind != YAML_LIST || n->count >= bound;
    if (word_is(key, STR("maxItems")))
        return n->kind != YAML_LIST || n->count <= bound;
    if (word_is(key, STR("minLength")))
        return n->kind != YAML_SCALAR || utf8_count(n->text) >= bound;
    if (word_is(key, STR("maxLength")))
        return n->kind != YAML_SCALAR || utf8_count(n->text) <= bound;
    if (n->kind != YAML_SCALAR || str_u64(whole, &value))
        return true;
    return word_is(key, STR("minimum")) ? value >= bound
           : rest.ptr != NULL           ? value < bound
                                        : value <= bound;
}

static bool word(uint32_t key, const struct yaml_node *n)
{
    static const struct str numbers[] = {
        STR_INIT("minItems"),  STR_INIT("maxItems"), STR_INIT("minLength"),
        STR_INIT("maxLength"), STR_INIT("minimum"),  STR_INIT("maximum"),
    };
    static const struct str silent[] = {
        STR_INIT("$schema"),
        STR_INIT("title"),
        STR_INIT("description"),
        STR_INIT("$defs"),
    };
    static const struct {
        struct str name;
        bool (*holds)(uint32_t value, const struct yaml_node *n);
    } words[] = {
        {STR_INIT("type"), type_is},
        {STR_INIT("enum"), one_of},
        {STR_INIT("anyOf"), any_of},
        {STR_INIT("pattern"), matches},
        {STR_INIT("required"), has_all},
        {STR_INIT("properties"), members},
        {STR_INIT("items"), items},
        {STR_INIT("propertyNames"), names},
        {STR_INIT("additionalProperties"), others},
    };

    for (size_t i = 0; i < ARRAY_LEN(silent); i++)
        if (word_is(key, silent[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (word_is(key, numbers[i]))
            return bounds(key, n);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (word_is(key, words[i].name))
            return words[i].holds(key + 1, n);
    if (word_is(key, STR("const")))
        return n->kind == YAML_SCALAR && word_is(key + 1, n->text);
    CHECK(word_is(key, STR("$ref")));
    return valid(resolve(key + 1), n);
}

static bool valid(uint32_t s, const struct yaml_node *n)
{
    for (uint32_t key = s + 1; key < schema.nodes[s].next;
         key = schema.nodes[key + 1].next)
        if (!word(key, n))
            return false;
    return true;
}

/* --- The tests. */

static bool file_valid(struct str text, const char *name)
{
    const struct yaml_node *root;
    struct arena arena;
    struct diags diags;
    bool good;

    arena_init(&arena, LIM_COMPILE);
    diags_init(&diags);
    good = CHECK_INT(yaml_parse(text, name, &arena, &diags, &root), OK) &&
           valid(0, root);
    diags_free(&diags);
    arena_free(&arena);
    return good;
}

static void test_shipped(void)
{
    static const char *const patterns[] = {
        "rules/*.yaml", "rules/packs/*.yaml", "rules/packs/*/*.yaml",
        "rules/providers/*.yaml", "rules/examples/*.yaml"};
    size_t seen = 0;
    glob_t found;

    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        if (glob(patterns[i], 0, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc; k++, seen++) {
            struct buf text;

            CHECK_ROW(found.gl_pathv[k]);
            CHECK(slurp(found.gl_pathv[k], &text));
            CHECK(file_valid(buf_str(&text), found.gl_pathv[k]));
            buf_free(&text);
        }
        CHECK_ROW(NULL);
        globfree(&found);
    }
    CHECK(seen >= 5);
}

/* One kind of map: the schema's keys are the loader's, required ones too. */
static void check_keys(struct str name, const struct field *fields, size_t n)
{
    uint32_t def =
        json_member(&schema, json_member(&schema, 0, STR("$defs")), name);
    uint32_t props = json_member(&schema, def, STR("properties"));
    uint32_t must = json_member(&schema, def, STR("required"));
    size_t count = 0;

    if (!CHECK(props != 0))
        return;
    CHECK(json_member(&schema, def, STR("additionalProperties")) != 0);
    for (uint32_t k = props + 1; k < schema.nodes[props].next;
         k = schema.nodes[k + 1].next)
        count++;
    CHECK_INT(count, n);
    for (size_t i = 0; i < n; i++) {
        struct yaml_node key = {.text = fields[i].key};
        bool required = false;

        CHECK(json_member(&schema, props, fields[i].key) != 0);
        if (must != 0)
            required = one_of(must, &key);
        CHECK_INT(required, fields[i].required);
    }
}

static void test_keys(void)
{
    const struct field *fields;
    size_t n;

    n = rulefile_keys(&fields);
    check_keys(STR("rule"), fields, n);
    n = rulefile_default_keys(&fields);
    check_keys(STR("defaults"), fields, n);
    n = when_keys(&fields);
    check_keys(STR("when"), fields, n);
    n = near_keys(&fields);
    check_keys(STR("near"), fields, n);
    n = needs_keys(&fields);
    check_keys(STR("needs"), fields, n);
    n = policyfile_keys(&fields);
    check_keys(STR("policy"), fields, n);
    n = policyfile_pack_keys(&fields);
    check_keys(STR("pack"), fields, n);
    n = policyfile_exclude_keys(&fields);
    check_keys(STR("exclusion"), fields, n);
    n = own_keys(&fields);
    check_keys(STR("own_secrets"), fields, n);
    n = provfile_keys(&fields);
    check_keys(STR("provider"), fields, n);
}

/* Does the loader take it? Its other lints are not the schema's. */
static bool loader_takes(const char *text)
{
    static const char *const dirs[] = {"rules"};
    struct compile_options options = {dirs, 1, "2026-01-01"};
    char path[] = "/tmp/sallyport-schema-XXXXXX";
    int fd = mkstemp(path);
    struct compile c;
    bool good = fd >= 0 && write(fd, text, strlen(text)) > 0;

    CHECK(good);
    compile_init(&c, &options);
    good = compile_load(&c, path) == OK;
    compile_free(&c);
    if (fd >= 0)
        close(fd);
    unlink(path);
    return good;
}

#define RULE                                                                   \
    "rules: [{id: SP-1, name: n, category: c, match: m, action: log, "         \
    "keywords: [k], "

/* --- Maps inside of others. */

/* The properties of a definition, or of the map among its choices. */
static uint32_t properties_of(uint32_t def)
{
    uint32_t list = json_member(&schema, def, STR("anyOf"));
    uint32_t props = json_member(&schema, def, STR("properties"));

    for (uint32_t c = list + 1;
         props == 0 && list != 0 && c < schema.nodes[list].next;
         c = schema.nodes[c].next)
        props = json_member(&schema, c, STR("properties"));
    return props;
}

/* Does the loader know the key that stands between the two texts? */
static bool loader_knows(const char *before, struct str key, const char *after)
{
    static const char *const dirs[] = {"rules"};
    struct compile_options options = {dirs, 1, "2026-01-01"};
    char path[] = "/tmp/sallyport-schema-XXXXXX", text[2048], want[128];
    int fd = mkstemp(path), len;
    struct compile c;
    struct str said;
    bool knows;

    len = snprintf(text, sizeof(text), "%s%.*s%s", before, STR_ARG(key), after);
    CHECK(fd >= 0 && len > 0 && write(fd, text, (size_t)len) == len);
    snprintf(want, sizeof(want), "unknown key '%.*s'", STR_ARG(key));
    compile_init(&c, &options);
    CHECK(compile_load(&c, path) != E_NOMEM);
    said = diags_text(&c.diags);
    knows = str_find(said, str_of(want)) == said.len;
    compile_free(&c);
    if (fd >= 0)
        close(fd);
    unlink(path);
    return knows;
}

/* What the schema offers inside of other maps, the loader takes, and no more:
 * a key that neither has is refused. */
static void test_nested(void)
{
    static const struct {
        const char *of,
            *member; /* a definition, and a property of it or NULL */
        const char *before, *after;
    } rows[] = {
        {"check", NULL, RULE "check: {", ": 1}}]"},
        {"in", NULL, RULE "in: {", ": [x]}}]"},
        {"test", NULL, RULE "tests: {hit: [{", ": x}]}}]"},
        {"rule", "tests", RULE "tests: {", ": [x]}}]"},
        {"rule", "token", RULE "token: {", ": 9}}]"},
        {"threshold", NULL, "thresholds: {request: {", ": 1}}"},
        {"policy", "thresholds", "thresholds: {", ": 1}"},
        {"policy", "pseudonyms", "pseudonyms: {", ": x}"},
        {"policy", "links", "links: {", ": [x]}"},
        {"own_secrets", NULL, "own_secrets: {", ": 1}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t def = json_member(
            &schema, json_member(&schema, 0, STR("$defs")), str_of(rows[i].of));
        uint32_t props = properties_of(def);

        CHECK_ROW(rows[i].before);
        if (rows[i].member != NULL)
            props = properties_of(
                json_member(&schema, props, str_of(rows[i].member)));
        if (!CHECK(props != 0))
            continue;
        for (uint32_t k = props + 1; k < schema.nodes[props].next;
             k = schema.nodes[k + 1].next)
            CHECK(loader_knows(rows[i].before, json_raw(&schema, k),
                               rows[i].after));
        CHECK(!loader_knows(rows[i].before, STR("no-such-key"), rows[i].after));
    }
    CHECK_ROW(NULL);
}

/* --- The file that shows every key. */

static bool has_key(const struct yaml_node *n, struct str key)
{
    for (const struct yaml_node *c = n->child; c != NULL; c = c->next)
        if ((c->key != NULL && str_eq(c->key->text, key)) || has_key(c, key))
            return true;
    return false;
}

/* Of every `properties` in a definition: is each key there? */
static void check_shown(uint32_t def, const struct yaml_node *reference)
{
    enum cond cond;

    for (uint32_t i = def; i + 1 < schema.nodes[def].next; i++) {
        if (!word_is(i, STR("properties")) ||
            schema.nodes[i + 1].type != JSON_OBJECT)
            continue;
        for (uint32_t k = i + 2; k < schema.nodes[i + 1].next;
             k = schema.nodes[k + 1].next) {
            struct str key = json_raw(&schema, k);

            /* Conditions are in the command's help; a model is no example. */
            if (!cond_from(key, &cond) && !str_eq(key, STR("model")) &&
                !str_eq(key, STR("threshold")) &&
                !CHECK(has_key(reference, key)))
                check_show("key", key);
        }
    }
}

static void test_reference(void)
{
    static const struct str defs[] = {
        STR_INIT("policy"), STR_INIT("defaults"),    STR_INIT("rule"),
        STR_INIT("test"),   STR_INIT("exclusion"),   STR_INIT("check"),
        STR_INIT("in"),     STR_INIT("when"),        STR_INIT("near"),
        STR_INIT("needs"),  STR_INIT("own_secrets"), STR_INIT("threshold")};
    const struct yaml_node *root;
    struct diags diags;
    struct arena arena;
    struct buf text;

    diags_init(&diags);
    arena_init(&arena, MIB);
    if (CHECK(slurp("rules/examples/reference.yaml", &text)) &&
        CHECK_INT(
            yaml_parse(buf_str(&text), "reference", &arena, &diags, &root), OK))
        for (size_t i = 0; i < ARRAY_LEN(defs); i++)
            check_shown(json_member(&schema,
                                    json_member(&schema, 0, STR("$defs")),
                                    defs[i]),
                        root);
    buf_free(&text);
    diags_free(&diags);
    arena_free(&arena);
}

/* Editors show what a key is for. */
static void test_described(void)
{
    static const struct str defs[] = {
        STR_INIT("rule"),        STR_INIT("defaults"), STR_INIT("exclusion"),
        STR_INIT("policy"),      STR_INIT("pack"),     STR_INIT("check"),
        STR_INIT("when"),        STR_INIT("near"),     STR_INIT("needs"),
        STR_INIT("own_secrets"), STR_INIT("test")};

    for (size_t i = 0; i < ARRAY_LEN(defs); i++) {
        uint32_t def = json_member(
            &schema, json_member(&schema, 0, STR("$defs")), defs[i]);
        uint32_t props = properties_of(def);

        if (!CHECK(props != 0))
            continue;
        for (uint32_t k = props + 1; k < schema.nodes[props].next;
             k = schema.nodes[k + 1].next) {
            uint32_t ref = json_member(&schema, k + 1, STR("$ref"));

            if (!CHECK(json_member(&schema, k + 1, STR("description")) != 0 ||
                       (ref != 0 && json_member(&schema, resolve(ref),
                                                STR("description")) != 0)))
                check_show("key", json_raw(&schema, k));
        }
    }
}

/* What both say yes or no to. */
static void test_agree(void)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"mode: enforce", true},
        {"mode: loud", false},
        {"modes: enforce", false},
        {"[mode]", false},
        {"audit: here", false},
        {"alpn: h2", true},
        {"alpn: http1", true},
        {"alpn: http/1.1", false},
        {"uncovered: refuse", true},
        {"uncovered: log", true},
        {"uncovered: block", false},
        {"include: packs/pii.yaml", false},
        {"links: {allow: [\"*.a.example\", b\u00fccher.example]}", true},
        {"links: {allow: [\"*\"]}", false},
        {"links: {allow: [\"a.example/x\"]}", false},
        {"links: {allow: [\"a.example:80\"]}", false},
        {"providers: [all, generic]", true},
        {"providers: [\"*.a\"]", false},
        {"on_failure: {audit: block, coding: pass}", true},
        {"on_failure: {internal: pass}", false},
        {"on_failure: {nothing: pass}", false},
        {"hosts: [a, \"*.b:1\", \"[::1]:80\", {host: c, provider: generic}]",
         true},
        {"hosts: [\"a/b\"]", false},
        {"hosts: [{provider: generic}]", false},
        {RULE "}]", true},
        {"pack: p\n" RULE "}]", true},
        {"pack: p\nmode: enforce\n" RULE "}]", false},
        {"rules: [{id: SP-1}]", false},
        {RULE "extra: 1}]", false},
        {RULE "in: [user]}]", true},
        {RULE "in: tool}]", true},
        {RULE "in: {roles: [user], parts: [file, text]}}]", true},
        {RULE "in: [nobody]}]", false},
        {RULE "in: []}]", false},
        {RULE "on: both}]", true},
        {RULE "on: all}]", false},
        {RULE "kind: \"a b\"}]", false},
        {"rules: [{id: SP-1, name: n, category: c, match: m, action: log, "
         "keywords: [\" \\t\"]}]",
         false},
        {"rules: [{id: SP-1, name: n, category: c, match: m, action: log, "
         "keywords: [\" k\"]}]",
         true},
        {RULE "digits: 13}]", true},
        {RULE "digits: 0}]", false},
        {RULE "digits: many}]", false},
        {RULE "check: {entropy: 3.5, validator: luhn, not: [a]}}]", true},
        {RULE "check: {entropy: -1}}]", false},
        {RULE "check: {entropy: 8}}]", true},
        {RULE "check: {entropy: 8.5}}]", false},
        {RULE "check: {entropy: 9}}]", false},
        {RULE "check: {entropy: 12.5}}]", false},
        {RULE "check: {validator: luck}}]", false},
        {RULE "placeholder: \"[a]\"}]", true},
        {RULE "placeholder: 'a\"b'}]", false},
        {RULE "placeholder: 'a\\b'}]", false},
        {RULE "placeholder: \"\\u00e4\"}]", false},
        {RULE "near: {words: [ab], within: 60, side: after}}]", true},
        {RULE "unless: [{match: a, within: sentence}, {words: [ab]}]}]", true},
        {RULE "near: []}]", false},
        {RULE "near: {within: 60}}]", false},
        {RULE "near: {words: [証, ab]}}]", true},
        {"rules: [{id: SP-1, name: n, category: c, match: m, action: log, "
         "context: [証]}]",
         true},
        {"rules: [{id: SP-1, name: n, category: c, match: m, action: log, "
         "context: [a]}]",
         false},
        {"rules: [{id: SP-1, name: n, category: c, match: m, action: log, "
         "token: {digits: 9}}]",
         true},
        {"rules: [{id: SP-1, name: n, category: c, match: m, action: log, "
         "token: {then: '-'}}]",
         false},
        {RULE "token: {then: '-'}}]", false},
        {RULE "near: {words: [a]}}]", false},
        {RULE "near: {match: a, within: 0}}]", false},
        {RULE "near: {match: a, within: paragraph}}]", false},
        {RULE "unless: {match: a, side: left}}]", false},
        {RULE "when: {host: [a, \"*.b\"], path: /v1, uid: [0, root]}}]", true},
        {RULE "when: {model: \"a*\", exe: /bin/a, cgroup: \"*\"}}]", true},
        {RULE "when: {host: []}}]", false},
        {RULE "when: {host: \"*a\"}}]", false},
        {RULE "when: {host: \"*\"}}]", false},
        {RULE "when: {host: \"a.example:443\"}}]", false},
        {RULE "when: {host: [\"::1\", \"fe80::1\", a_b]}}]", true},
        {RULE "when: {path: v1}}]", false},
        {RULE "when: {user: root}}]", false},
        {RULE "max_hold: 16}]", true},
        {RULE "max_hold: 15}]", false},
        {RULE "max_hold: 65537}]", false},
        {RULE "scope: whole, reply: soft, on_hold_full: block, end: e}]", true},
        {RULE "scope: half}]", false},
        {RULE "severity: high, tags: [a]}]", true},
        {RULE "severity: highest}]", false},
        {RULE
         "tests: {hit: [a, {text: b, role: user}], miss: [{parts: [c]}]}}]",
         true},
        {RULE "tests: {hits: [a]}}]", false},
        {RULE "tests: {hit: [{role: user}]}}]", false},
        {RULE "tests: {hit: [{words: b}]}}]", false},
        {"define: {hex: '[0-9a-f]', h-2_: '{{hex}}{2}'}\n" RULE "}]", true},
        {"pack: p\ndefine: {hex: a}\n" RULE "}]", true},
        {"define: {Hex: a}\n" RULE "}]", false},
        {"define: {hex: ''}\n" RULE "}]", false},
        {"define: {hex: [a]}\n" RULE "}]", false},
        {"define: [hex]\n" RULE "}]", false},
        {RULE "}]\nexclude: [{id: SP-1, reason: r, expires: 2027-01-31}]",
         true},
        {RULE "}]\nexclude: [{id: SP-1}]", false},
        {RULE "}]\nexclude: [{reason: r}]", false},
        {RULE "}]\nexclude: [{id: SP-1, reason: ' '}]", false},
        {RULE "}]\nexclude: [{id: SP-1, reason: r, expires: soon}]", false},
        {RULE "}]\nexclude: [{id: SP-1, reason: r, role: [user, tool]}]", true},
        {RULE "}]\nexclude: [{id: SP-1, reason: r, value: a, path: [/v1/a], "
              "exe: /b, model: c, uid: 0, cgroup: /d, host: [e]}]",
         true},
        {RULE "}]\nexclude: [{id: SP-1, reason: r, hash: "
              "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
              "}]",
         true},
        {RULE "}]\nexclude: [{id: SP-1, reason: r, hash: 00112233}]", false},
        {RULE "}]\nexclude: [{id: SP-1, reason: r, hash: "
              "00112233445566778899aabbccddeeff00112233445566778899aabbccddeefg"
              "}]",
         false},
        {"id: x\nsystem: x\nreply: openai\nrequest: {}\nresponse: {}\n", true},
        {"id: x\nsystem: x\nreply: mine\nrequest: {}\nresponse: {}\n", false},
        {"id: x\nsystem: x\nreply: openai\nrequest: {text: [a, {path: b, "
         "role: tool}], facts: {model: [c, d]}}\nresponse: {blank: [e]}\n",
         true},
        {"id: x\nsystem: x\nreply: openai\nrequest: {facts: {age: c}}\n"
         "response: {}\n",
         false},
        {"id: x\nsystem: x\nreply: openai\nrequest: {opaque: [{path: a}]}\n"
         "response: {}\n",
         false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].text);
        CHECK_INT(file_valid(str_of(rows[i].text), "row"), rows[i].good);
        CHECK_INT(loader_takes(rows[i].text), rows[i].good);
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    json_doc_init(&schema);
    if (!slurp("rules/schema.json", &schema_text) ||
        json_parse(&schema, buf_str(&schema_text))) {
        fprintf(stderr, "rules/schema.json cannot be read\n");
        return 2;
    }
    RUN(test_shipped);
    RUN(test_keys);
    RUN(test_nested);
    RUN(test_reference);
    RUN(test_described);
    RUN(test_agree);
    json_doc_free(&schema);
    buf_free(&schema_text);
    return check_done();
}
