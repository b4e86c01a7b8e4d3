/*
 * libyaml hands over a flat sequence of events; a fixed stack of open
 * containers makes them a tree:
 *
 *     MAP-START  SCALAR a  LIST-START  SCALAR 1  LIST-END  MAP-END
 *       push      key       push        child      pop       pop
 *
 * In a map, a scalar that stands where a key is due becomes the pending key,
 * and the next value takes it along.
 */
#include "compile/yaml.h"

#include <yaml.h>

#include "base/limits.h"
#include "base/utf8.h"

struct level {
    struct yaml_node *node;
    const struct yaml_node **tail; /* where the next child is linked */
    const struct yaml_node *key;   /* read, waits for its value      */
};

struct builder {
    const char *file;
    struct str input;
    struct arena *arena;
    struct diags *diags;
    const struct yaml_node *root;
    struct level levels[LIM_YAML_DEPTH];
    size_t depth, nodes;
    bool documents; /* one has begun */
};

static struct place place_of(const struct builder *b, yaml_mark_t mark)
{
    return (struct place){b->file, (uint32_t)mark.line + 1,
                          (uint32_t)mark.column + 1};
}

static enum err refuse(struct builder *b, const yaml_event_t *ev,
                       const char *why)
{
    diag_add(b->diags, place_of(b, ev->start_mark), "%s", why);
    return E_SYNTAX;
}

static enum err too_much(struct builder *b, const yaml_event_t *ev,
                         const char *what, unsigned limit)
{
    diag_add(b->diags, place_of(b, ev->start_mark), "%s (at most %u)", what,
             limit);
    return E_LIMIT;
}

static enum err new_node(struct builder *b, const yaml_event_t *ev,
                         enum yaml_kind kind, struct yaml_node **ret_node)
{
    void *p;
    enum err e;

    if (++b->nodes > LIM_YAML_NODES)
        return too_much(b, ev, "too many values", LIM_YAML_NODES);
    if ((e = arena_take(b->arena, sizeof(struct yaml_node), &p)))
        return e;
    *ret_node = p;
    **ret_node =
        (struct yaml_node){.kind = kind, .at = place_of(b, ev->start_mark)};
    return OK;
}

/* A scalar in key position. */
static enum err take_key(struct builder *b, const yaml_event_t *ev,
                         struct level *top, const struct yaml_node *key)
{
    const struct yaml_node *c;

    if (top->node->count >= LIM_YAML_KEYS)
        return too_much(b, ev, "too many keys", LIM_YAML_KEYS);
    for (c = top->node->child; c != NULL; c = c->next)
        if (str_eq(c->key->text, key->text)) {
            diag_add(b->diags, key->at,
                     "the key '%.*s' stands here twice (first in line %u)",
                     STR_ARG(key->text), c->key->at.line);
            return E_SYNTAX;
        }
    top->key = key;
    return OK;
}

/* Link a finished or just opened node to what encloses it. */
static enum err place_node(struct builder *b, const yaml_event_t *ev,
                           struct yaml_node *node)
{
    struct level *top;

    if (b->depth == 0) {
        b->root = node;
        return OK;
    }
    top = &b->levels[b->depth - 1];
    if (top->node->kind == YAML_MAP && top->key == NULL) {
        if (node->kind != YAML_SCALAR)
            return refuse(b, ev, "a key must be a plain word");
        return take_key(b, ev, top, node);
    }
    node->key = top->key;
    top->key = NULL;
    *top->tail = node;
    top->tail = &node->next;
    top->node->count++;
    return OK;
}

static enum err on_open(struct builder *b, const yaml_event_t *ev,
                        enum yaml_kind kind)
{
    struct yaml_node *node;
    enum err e;

    if (b->depth == LIM_YAML_DEPTH)
        return too_much(b, ev, "nested too deep", LIM_YAML_DEPTH);
    if ((e = new_node(b, ev, kind, &node)) || (e = place_node(b, ev, node)))
        return e;
    b->levels[b->depth++] = (struct level){.node = node, .tail = &node->child};
    return OK;
}

static enum err on_scalar(struct builder *b, const yaml_event_t *ev)
{
    struct str text = {(const char *)ev->data.scalar.value,
                       ev->data.scalar.length};
    struct yaml_node *node;
    enum err e;

    if (ev->data.scalar.anchor != NULL)
        return refuse(b, ev, "anchors are not supported");
    if (ev->data.scalar.tag != NULL)
        return refuse(b, ev, "tags are not supported");
    /* libyaml lets an escape such as "\xd8" through only as valid UTF-8, but
     * surrogates ("\ud800") come out as three bytes. */
    if (!utf8_valid(text))
        return refuse(b, ev, "not valid Unicode text");
    if ((e = new_node(b, ev, YAML_SCALAR, &node)) ||
        (e = arena_copy(b->arena, text, &node->text)))
        return e;
    node->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return place_node(b, ev, node);
}

static enum err on_event(struct builder *b, const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (b->documents)
            return refuse(b, ev, "a second document in one file");
        b->documents = true;
        return OK;
    case YAML_ALIAS_EVENT:
        return refuse(b, ev, "aliases are not supported");
    case YAML_SCALAR_EVENT:
        return on_scalar(b, ev);
    case YAML_SEQUENCE_START_EVENT:
        if (ev->data.sequence_start.anchor != NULL)
            return refuse(b, ev, "anchors are not supported");
        if (ev->data.sequence_start.tag != NULL)
            return refuse(b, ev, "tags are not supported");
        return on_open(b, ev, YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        if (ev->data.mapping_start.anchor != NULL)
            return refuse(b, ev, "anchors are not supported");
        if (ev->data.mapping_start.tag != NULL)
            return refuse(b, ev, "tags are not supported");
        return on_open(b, ev, YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        return OK;
    default:
        return OK;
    }
}

/* libyaml tells only the offset of bytes that are no text. */
static struct place place_of_byte(const struct builder *b, size_t off)
{
    struct str before = str_head(b->input, off);
    struct place at = {b->file, 1, 1};
    size_t start = 0;

    for (size_t i = 0; i < before.len; i++)
        if (before.ptr[i] == '\n') {
            at.line++;
            start = i + 1;
        }
    at.column += (uint32_t)utf8_count(str_skip(before, start));
    return at;
}

static enum err parser_failed(struct builder *b, const yaml_parser_t *p)
{
    yaml_mark_t mark = p->problem_mark;

    if (p->error == YAML_MEMORY_ERROR)
        return E_NOMEM;
    if (p->error == YAML_READER_ERROR) {
        diag_add(b->diags, place_of_byte(b, p->problem_offset), "%s",
                 p->problem);
        return E_SYNTAX;
    }
    diag_add(b->diags, place_of(b, mark), "%s%s%s%s",
             p->context == NULL ? "" : p->context,
             p->context == NULL ? "" : ": ",
             p->problem == NULL ? "not YAML" : p->problem,
             p->problem != NULL && strstr(p->problem, "unknown escape") != NULL
                 ? ": patterns go into 'single quotes'"
                 : "");
    return E_SYNTAX;
}

static enum err read_events(struct builder *b, yaml_parser_t *parser)
{
    yaml_event_t ev;
    bool end;
    enum err e;

    do {
        if (!yaml_parser_parse(parser, &ev))
            return parser_failed(b, parser);
        e = on_event(b, &ev);
        end = ev.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&ev);
        if (e)
            return e;
    } while (!end);
    return OK;
}

enum err yaml_parse(struct str text, const char *file, struct arena *a,
                    struct diags *d, const struct yaml_node **ret_root)
{
    struct builder b = {.file = file, .arena = a, .diags = d};
    yaml_parser_t parser;
    enum err e;

    /* To libyaml, told the encoding, a mark is a column of the first line. */
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_skip(text, 3);
    b.input = text;
    if (!yaml_parser_initialize(&parser))
        return E_NOMEM;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &parser, (const unsigned char *)(text.len == 0 ? "" : text.ptr),
        text.len);
    e = read_events(&b, &parser);
    yaml_parser_delete(&parser);
    if (e)
        return e;
    if (b.root == NULL) {
        diag_add(d, (struct place){file, 0, 0}, "the file is empty");
        return E_SYNTAX;
    }
    *ret_root = b.root;
    return OK;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, struct str key)
{
    const struct yaml_node *c;

    if (map->kind != YAML_MAP)
        return NULL;
    for (c = map->child; c != NULL; c = c->next)
        if (str_eq(c->key->text, key))
            return c;
    return NULL;
}

const char *yaml_kind_name(enum yaml_kind kind)
{
    switch (kind) {
    case YAML_SCALAR:
        return "a single value";
    case YAML_LIST:
        return "a list";
    case YAML_MAP:
        break;
    }
    return "a map";
}
