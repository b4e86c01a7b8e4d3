/*
 * Public collections of messages on which servers disagree, where the folder
 * SALLYPORT_DATA has them: the cases of http-desync-guardian by tier, and the
 * payloads of the http-garden. Both leave Host out where it is of no matter;
 * one is put in, so that its absence is not what gets a case refused.
 */
#include "check.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <yaml.h>

#include "wire/body.h"

static struct http_head head;

static void add(struct buf *b, struct str s)
{
    CHECK_INT(buf_add(b, s), OK);
}

/* All messages of `in`: OK, E_AGAIN for an unfinished one, or the refusal. */
static enum err read_all(struct str in)
{
    struct http_message m;
    struct body_event ev;
    struct http_body b;
    enum err e = OK;

    while (e == OK && in.len > 0) {
        http_head_init(&head, HTTP_REQUEST);
        if ((e = http_head_feed(&head, &in)) == OK)
            e = http_request_framing(&head, &m);
        if (e == OK) {
            http_body_init(&b, m.framing, m.length);
            do
                e = http_body_next(&b, &in, &ev);
            while (e == OK && ev.kind != BODY_END);
            http_body_free(&b);
        }
        http_head_free(&head);
    }
    return e;
}

static bool is_refused(enum err e)
{
    return e != OK && e != E_AGAIN;
}

/* --- the tiers */

struct tally {
    unsigned refused, all;
};

static struct tally bad, good, tolerated;

static yaml_node_t *get(yaml_document_t *doc, yaml_node_t *map, const char *key)
{
    if (map == NULL || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start;
         p < map->data.mapping.pairs.top; p++) {
        yaml_node_t *k = yaml_document_get_node(doc, p->key);

        if (strcmp((const char *)k->data.scalar.value, key) == 0)
            return yaml_document_get_node(doc, p->value);
    }
    return NULL;
}

static struct str text(yaml_node_t *n)
{
    if (n == NULL || n->type != YAML_SCALAR_NODE)
        return STR("");
    return (struct str){(const char *)n->data.scalar.value,
                        n->data.scalar.length};
}

static void add_fields(yaml_document_t *doc, yaml_node_t *fields,
                       struct buf *out)
{
    bool host = false;

    if (fields != NULL && fields->type == YAML_SEQUENCE_NODE)
        for (yaml_node_item_t *i = fields->data.sequence.items.start;
             i < fields->data.sequence.items.top; i++) {
            yaml_node_t *f = yaml_document_get_node(doc, *i);

            host =
                host || str_eq_nocase(text(get(doc, f, "name")), STR("host"));
            add(out, text(get(doc, f, "name")));
            add(out, STR(": "));
            add(out, text(get(doc, f, "value")));
            add(out, STR("\r\n"));
        }
    if (!host)
        add(out, STR("Host: a.test\r\n"));
    add(out, STR("\r\n"));
}

static void run_case(yaml_document_t *doc, yaml_node_t *c)
{
    struct str tier = text(get(doc, get(doc, c, "expected"), "tier"));
    struct tally *t = str_eq(tier, STR("Compliant"))    ? &good
                      : str_eq(tier, STR("Acceptable")) ? &tolerated
                                                        : &bad;
    struct str version = text(get(doc, c, "version"));
    struct buf in;
    enum err e;

    buf_init(&in, MIB);
    add(&in, text(get(doc, c, "method")));
    add(&in, STR(" "));
    add(&in, text(get(doc, c, "uri")));
    add(&in, version.len > 0 ? STR(" ") : STR(""));
    add(&in, version);
    add(&in, STR("\r\n"));
    add_fields(doc, get(doc, c, "headers"), &in);
    e = read_all(buf_str(&in));
    t->all++;
    t->refused += is_refused(e);
    CHECK_ROW((const char *)text(get(doc, c, "name")).ptr);
    if (t == &good && is_refused(e))
        printf("# desync: refused %s\n",
               (const char *)text(get(doc, c, "name")).ptr);
    if (t == &bad)
        CHECK(is_refused(e));
    buf_free(&in);
}

static void run_yaml(const char *path)
{
    FILE *f = fopen(path, "rb");
    yaml_document_t doc;
    yaml_parser_t p;
    yaml_node_t *root;

    if (!CHECK(f != NULL))
        return;
    yaml_parser_initialize(&p);
    yaml_parser_set_input_file(&p, f);
    if (CHECK(yaml_parser_load(&p, &doc))) {
        root = yaml_document_get_root_node(&doc);
        if (CHECK(root != NULL && root->type == YAML_SEQUENCE_NODE))
            for (yaml_node_item_t *i = root->data.sequence.items.start;
                 i < root->data.sequence.items.top; i++)
                run_case(&doc, yaml_document_get_node(&doc, *i));
        yaml_document_delete(&doc);
    }
    yaml_parser_delete(&p);
    fclose(f);
    CHECK_ROW(NULL);
}

static void test_tiers(void)
{
    const char *data = getenv("SALLYPORT_DATA");
    char folder[4000], path[4400];
    struct dirent *entry;
    DIR *dir;

    if (data == NULL)
        SKIP("SALLYPORT_DATA is not set");
    snprintf(folder, sizeof(folder), "%s/wire/desync", data);
    dir = opendir(folder);
    if (dir == NULL)
        SKIP("no folder wire/desync in SALLYPORT_DATA");
    while ((entry = readdir(dir)) != NULL) {
        if (!str_ends(str_of(entry->d_name), STR(".yaml")))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        run_yaml(path);
    }
    closedir(dir);
    printf("# desync: ambiguous and severe refused %u of %u, acceptable %u of "
           "%u, compliant %u of %u\n",
           bad.refused, bad.all, tolerated.refused, tolerated.all, good.refused,
           good.all);
    CHECK(bad.all > 0 && good.all > 0);
    /* Seven with transfer codings but chunked alone, and an empty target. */
    CHECK(good.refused <= 8);
}

/* --- the garden */

/* The payload, each code point a byte, with a Host if it has none. */
static void payload_bytes(json_t *payload, struct buf *out)
{
    const char *p = json_string_value(payload);
    const char *end = p + json_string_length(payload);
    struct buf raw;
    size_t line;

    buf_init(&raw, MIB);
    while (p < end) {
        unsigned c = (unsigned char)*p++;

        if (c >= 0xc0)
            c = (c & 3) << 6 | ((unsigned char)*p++ & 0x3f);
        CHECK_INT(buf_add_byte(&raw, (char)c), OK);
    }
    line = str_find(buf_str(&raw), STR("\r\n"));
    if (str_find(buf_str(&raw), STR("ost:")) < raw.len || line == raw.len) {
        add(out, buf_str(&raw));
    } else {
        add(out, str_head(buf_str(&raw), line));
        add(out, STR("\r\nHost: a.test"));
        add(out, str_skip(buf_str(&raw), line));
    }
    buf_free(&raw);
}

static const char *member(json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));

    return s == NULL ? "" : s;
}

static void garden_row(json_t *row, struct tally *t)
{
    const char *section = member(row, "section");
    struct buf in;
    enum err e;

    if (strcmp(section, "Server Bugs") != 0 &&
        strcmp(section, "Transducer Bugs") != 0)
        return;
    buf_init(&in, MIB);
    payload_bytes(json_object_get(row, "payload"), &in);
    e = read_all(buf_str(&in));
    t->all++;
    t->refused += is_refused(e);
    if (!is_refused(e))
        printf("# garden: read %s: %.90s\n", member(row, "id"),
               member(row, "note"));
    buf_free(&in);
}

static void test_garden(void)
{
    const char *data = getenv("SALLYPORT_DATA");
    struct tally t = {0, 0};
    char path[4000];
    json_t *row;
    FILE *f;

    if (data == NULL)
        SKIP("SALLYPORT_DATA is not set");
    snprintf(path, sizeof(path), "%s/wire/garden.jsonl", data);
    f = fopen(path, "rb");
    if (f == NULL)
        SKIP("no wire/garden.jsonl in SALLYPORT_DATA");
    while ((row = json_loadf(f, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL,
                             NULL)) != NULL) {
        garden_row(row, &t);
        json_decref(row);
    }
    fclose(f);
    printf("# garden: refused %u of %u\n", t.refused, t.all);
    CHECK(t.all > 0);
    /* Two are well-formed: pipelining, and bytes above 127 in a value. */
    CHECK(t.all - t.refused <= 2);
}

int main(void)
{
    RUN(test_tiers);
    RUN(test_garden);
    return check_done();
}
