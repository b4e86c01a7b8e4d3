/*
 * The reader is two steps taken in turn, with no recursion and no stack of its
 * own: the open containers are linked through the nodes' parents.
 *
 *            +--------------- "[" or "{" key ":" ----------+
 *            v                                             |
 *   start -> value -- scalar, or "[]" "{}" --> after -- "," [key ":"] --> value
 *                                              |  ^
 *                                              |  +- "]" "}" closes one
 *                                              +---- none open: the end
 *
 * A string is searched sixteen bytes at a time for the byte that ends a plain
 * stretch. Its UTF-8 is checked only if a byte above 127 was seen.
 *
 * Keys are compared when their object closes, so each key is looked at once:
 * up to eight by comparing all pairs, more by a table of hashes. The hash is
 * keyed (SipHash-1-3, Aumasson and Bernstein 2012), else a sender could choose
 * keys that fall on one place and make the check quadratic.
 */
#include "json/tree.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "json/blocks.h"
#include "json/keys.h"
#include "json/scan.h"
#include "json/text.h"

struct parser {
    struct json_doc *doc;
    const char *start, *p, *end;
    uint32_t cur; /* the innermost open container; 0 if none is open */
    uint32_t depth;
};

void json_doc_init(struct json_doc *doc)
{
    *doc = (struct json_doc){0};
}

void json_doc_free(struct json_doc *doc)
{
    free(doc->nodes);
    free(doc->slots);
    *doc = (struct json_doc){.seed = {doc->seed[0], doc->seed[1]}};
}

static enum err fail(struct parser *ps, enum err e, const char *why)
{
    ps->doc->why = why;
    ps->doc->err_off = (size_t)(ps->p - ps->start);
    return e;
}

static enum err nodes_grow(struct parser *ps)
{
    struct json_doc *doc = ps->doc;
    size_t cap = doc->cap == 0 ? doc->text.len / 16 + 16 : doc->cap * 2;
    struct json_node *nodes;

    if (doc->count >= LIM_JSON_NODES)
        return fail(ps, E_LIMIT, "too many values");
    if (cap > LIM_JSON_NODES)
        cap = LIM_JSON_NODES;
    nodes = realloc(doc->nodes, cap * sizeof(*nodes));
    if (nodes == NULL)
        return fail(ps, E_NOMEM, "out of memory");
    doc->nodes = nodes;
    doc->cap = cap;
    return OK;
}

/*
 * Append a leaf, the literal in the text; a container gets its len and next
 * when it closes. Written field by field into its place: copied as a whole
 * behind narrow stores it costs several times as much.
 */
static inline enum err node_add(struct parser *ps, enum json_type type,
                                struct str raw, bool escaped)
{
    struct json_doc *doc = ps->doc;
    struct json_node *n;
    enum err e;

    if (doc->count == doc->cap)
        if ((e = nodes_grow(ps)))
            return e;
    n = &doc->nodes[doc->count++];
    n->type = (uint8_t)type;
    n->escaped = escaped;
    n->off = (uint32_t)(raw.ptr - ps->start);
    n->len = (uint32_t)raw.len;
    n->next = (uint32_t)doc->count;
    n->parent = ps->cur;
    return OK;
}

static inline bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* RFC 8259, section 2: four bytes are white space, no others. */
static inline void skip_space(struct parser *ps)
{
    const char *p = ps->p;

    if (p == ps->end || (unsigned char)*p > ' ')
        return; /* most often */
    while (p < ps->end && is_space(*p))
        p++;
    ps->p = p;
}

/* What the inside of a string holds besides plain bytes. */
struct seen {
    struct blocks_seen most;
    bool nul;
};

/* Over plain bytes, and over most escapes of a long string. */
static const char *string_skip(const struct parser *ps, const char *p,
                               struct seen *seen)
{
    p = blocks_scan(p, ps->end, &seen->most);
    return scan_plain(p, ps->end, &seen->most.high);
}

/* From the end of a plain stretch to the closing quote; p stays on that. */
static enum err string_scan(struct parser *ps, struct seen *seen)
{
    size_t len;
    uint32_t cp;

    for (;;) {
        if (ps->p == ps->end)
            return fail(ps, E_SYNTAX, "the text ends inside a string");
        if (*ps->p == '"')
            return OK;
        if (*ps->p != '\\')
            return fail(ps, E_SYNTAX, "a raw control byte in a string");
        seen->most.escaped = true;
        if (ps->end - ps->p > 1 && scan_simple[(unsigned char)ps->p[1]] != 0) {
            ps->p = string_skip(ps, ps->p + 2, seen);
            continue;
        }
        if (scan_escape((struct str){ps->p, (size_t)(ps->end - ps->p)}, &len,
                        &cp))
            return fail(ps, E_SYNTAX, "a bad escape in a string");
        seen->nul |= cp == 0;
        ps->p = string_skip(ps, ps->p + len, seen);
    }
}

/* A string that is not plain ASCII; p stands behind its first plain bytes. */
static __attribute__((noinline)) enum err
string_rest(struct parser *ps, enum json_type type, const char *from, bool high)
{
    struct seen seen = {.most = {.high = high}};
    struct str raw;
    enum err e;

    if ((e = string_scan(ps, &seen)))
        return e;
    raw = (struct str){from, (size_t)(ps->p - from)};
    if (seen.most.high && !utf8_valid(raw))
        return fail(ps, E_SYNTAX, "a string that is not UTF-8");
    if (seen.nul && type == JSON_KEY)
        return fail(ps, E_AMBIGUOUS, "a key with U+0000");
    ps->p++;
    return node_add(ps, type, raw, seen.most.escaped);
}

static inline enum err string(struct parser *ps, enum json_type type)
{
    const char *from = ps->p + 1;
    bool high = false;
    const char *p = scan_plain(from, ps->end, &high);

    ps->p = p;
    if (p == ps->end || *p != '"' || high)
        return string_rest(ps, type, from, high);
    ps->p++;
    return node_add(ps, type, (struct str){from, (size_t)(p - from)}, false);
}

/* p behind the digits at p, of which there must be one. */
static inline bool digits(struct parser *ps)
{
    const char *from = ps->p;

    while (ps->p < ps->end && is_digit(*ps->p))
        ps->p++;
    return ps->p > from;
}

static inline bool at(const struct parser *ps, char c)
{
    return ps->p < ps->end && *ps->p == c;
}

/* RFC 8259, section 6. What follows is judged by the next step. */
static enum err number(struct parser *ps)
{
    const char *from = ps->p;

    if (*ps->p == '-')
        ps->p++;
    if (at(ps, '0'))
        ps->p++;
    else if (!digits(ps))
        return fail(ps, E_SYNTAX, "a number without digits");
    if (at(ps, '.')) {
        ps->p++;
        if (!digits(ps))
            return fail(ps, E_SYNTAX, "no digit behind the point");
    }
    if (at(ps, 'e') || at(ps, 'E')) {
        ps->p++;
        if (at(ps, '+') || at(ps, '-'))
            ps->p++;
        if (!digits(ps))
            return fail(ps, E_SYNTAX, "an exponent without digits");
    }
    return node_add(ps, JSON_NUMBER, (struct str){from, (size_t)(ps->p - from)},
                    false);
}

static enum err word(struct parser *ps, struct str w, enum json_type type)
{
    const char *from = ps->p;

    if ((size_t)(ps->end - ps->p) < w.len || memcmp(ps->p, w.ptr, w.len) != 0)
        return fail(ps, E_SYNTAX, "an unknown word");
    ps->p += w.len;
    return node_add(ps, type, (struct str){from, w.len}, false);
}

/* "key" : - up to where the value may begin. */
static enum err key(struct parser *ps)
{
    enum err e;

    skip_space(ps);
    if (!at(ps, '"'))
        return fail(ps, E_SYNTAX, "a key is expected");
    if ((e = string(ps, JSON_KEY)))
        return e;
    skip_space(ps);
    if (!at(ps, ':'))
        return fail(ps, E_SYNTAX, "a colon is expected");
    ps->p++;
    return OK;
}

/* p stands on the bracket that ends the innermost container. */
static enum err container_close(struct parser *ps)
{
    struct json_node *n = &ps->doc->nodes[ps->cur];
    uint32_t twice;
    enum err e;

    ps->p++;
    n->len = (uint32_t)(ps->p - ps->start) - n->off;
    n->next = (uint32_t)ps->doc->count;
    if (n->type == JSON_OBJECT && (e = keys_check(ps->doc, ps->cur, &twice))) {
        if (e == E_NOMEM)
            return fail(ps, e, "out of memory");
        ps->p = ps->start + ps->doc->nodes[twice].off;
        return fail(ps, e, "a key that occurs twice");
    }
    ps->cur = n->parent;
    ps->depth--;
    return OK;
}

/* p stands on the opening bracket. An empty container is closed at once. */
static enum err container_open(struct parser *ps, bool *ret_empty)
{
    bool object = *ps->p == '{';
    char closer = object ? '}' : ']';
    enum err e;

    if (ps->depth >= LIM_JSON_DEPTH)
        return fail(ps, E_LIMIT, "too deep");
    e = node_add(ps, object ? JSON_OBJECT : JSON_ARRAY, (struct str){ps->p, 0},
                 false);
    if (e)
        return e;
    ps->cur = (uint32_t)ps->doc->count - 1;
    ps->depth++;
    ps->p++;
    skip_space(ps);
    *ret_empty = at(ps, closer);
    if (*ret_empty)
        return container_close(ps);
    return object ? key(ps) : OK;
}

/* One value; of a container that is not empty only what precedes its first. */
static enum err value(struct parser *ps)
{
    bool empty;
    enum err e;

    for (;;) {
        skip_space(ps);
        if (ps->p == ps->end)
            return fail(ps, E_SYNTAX, "the text ends where a value should be");
        switch (*ps->p) {
        case '"':
            return string(ps, JSON_STRING);
        case '{':
        case '[':
            if ((e = container_open(ps, &empty)))
                return e;
            if (empty)
                return OK;
            break;
        case 't':
            return word(ps, STR("true"), JSON_TRUE);
        case 'f':
            return word(ps, STR("false"), JSON_FALSE);
        case 'n':
            return word(ps, STR("null"), JSON_NULL);
        default:
            if (*ps->p != '-' && !is_digit(*ps->p))
                return fail(ps, E_SYNTAX, "a value is expected");
            return number(ps);
        }
    }
}

/* Behind a value: up to the next one, or to the end of the document. */
static enum err after(struct parser *ps, bool *ret_done)
{
    enum err e;

    for (;;) {
        bool object;

        skip_space(ps);
        if (ps->depth == 0) {
            *ret_done = true;
            return ps->p == ps->end
                       ? OK
                       : fail(ps, E_SYNTAX, "more bytes behind the value");
        }
        object = ps->doc->nodes[ps->cur].type == JSON_OBJECT;
        if (at(ps, ',')) {
            ps->p++;
            *ret_done = false;
            return object ? key(ps) : OK;
        }
        if (!at(ps, object ? '}' : ']'))
            return fail(ps, E_SYNTAX, "a comma or closing bracket is expected");
        if ((e = container_close(ps)))
            return e;
    }
}

enum err json_parse(struct json_doc *doc, struct str text)
{
    struct parser ps = {
        .doc = doc, .start = text.ptr, .p = text.ptr, .end = text.ptr};
    bool done = false;
    enum err e = OK;

    doc->text = text;
    doc->count = 0;
    doc->why = NULL;
    doc->err_off = 0;
    if (text.len >= UINT32_MAX)
        return fail(&ps, E_LIMIT, "too long");
    if (text.len == 0)
        return fail(&ps, E_SYNTAX, "an empty text");
    ps.end = text.ptr + text.len;
    while (!done)
        if ((e = value(&ps)) || (e = after(&ps, &done)))
            break;
    if (e)
        doc->count = 0;
    return e;
}

uint32_t json_member(const struct json_doc *doc, uint32_t object,
                     struct str key)
{
    const struct json_node *nodes = doc->nodes;

    if (object >= doc->count || nodes[object].type != JSON_OBJECT)
        return 0;
    for (uint32_t c = object + 1; c < nodes[object].next; c = nodes[c + 1].next)
        if (json_text_eq(json_raw(doc, c), nodes[c].escaped, key))
            return c + 1;
    return 0;
}
