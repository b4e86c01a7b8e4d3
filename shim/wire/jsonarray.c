#include "wire/jsonarray.h"

/* What may come next, white space aside. */
enum state {
    BEGIN,  /* "[", or an object alone           */
    FIRST,  /* an object, or "]"                 */
    NEXT,   /* an object                         */
    BEHIND, /* "," or "]"                        */
    OBJECT, /* inside of one                     */
    ENDED,  /* nothing                           */
};

void jsonarray_init(struct jsonarray *a, size_t max_item)
{
    *a = (struct jsonarray){.state = BEGIN};
    buf_init(&a->held, max_item);
}

void jsonarray_free(struct jsonarray *a)
{
    buf_free(&a->held);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A byte within an object; true if it was its last. */
static bool object_byte(struct jsonarray *a, char c)
{
    if (a->escape) {
        a->escape = false;
    } else if (a->string) {
        a->escape = c == '\\';
        a->string = c != '"';
    } else if (c == '"') {
        a->string = true;
    } else if (c == '{' || c == '[') {
        a->depth++;
    } else if (c == '}' || c == ']') {
        a->depth--;
    }
    return a->depth == 0;
}

static void object_begins(struct jsonarray *a)
{
    a->alone = a->state == BEGIN;
    a->state = OBJECT;
    a->data = a->seen;
    a->depth = 1;
    a->string = a->escape = false;
}

/* One more byte of the item; OK if it was its last. */
static enum err step(struct jsonarray *a, char c)
{
    if (a->state == OBJECT) {
        if (!object_byte(a, c))
            return E_AGAIN;
        a->state = a->alone ? ENDED : BEHIND;
        return OK;
    }
    if (is_space(c))
        return E_AGAIN;
    if (c == '{' &&
        (a->state == BEGIN || a->state == FIRST || a->state == NEXT)) {
        object_begins(a);
        return E_AGAIN;
    }
    if (c == '[' && a->state == BEGIN) {
        a->state = FIRST;
        return E_AGAIN;
    }
    if (c == ',' && a->state == BEHIND) {
        a->state = NEXT;
        return E_AGAIN;
    }
    if (c == ']' && (a->state == FIRST || a->state == BEHIND)) {
        a->state = ENDED;
        a->data = a->seen + 1;
        return OK;
    }
    return E_SYNTAX;
}

static void forget_given(struct jsonarray *a)
{
    if (a->given) {
        buf_clear(&a->held);
        a->seen = a->data = 0;
    }
    a->given = false;
}

/* How much of the input belongs to the item, and whether it ends there. */
static enum err scan(struct jsonarray *a, struct str in, size_t *ret_n)
{
    enum err e = E_AGAIN;
    size_t n = 0;

    while (e == E_AGAIN && n < in.len) {
        if (a->seen == a->held.max)
            return E_LIMIT;
        e = step(a, in.ptr[n++]);
        a->seen++;
    }
    *ret_n = n;
    return e;
}

enum err jsonarray_next(struct jsonarray *a, struct str *in,
                        struct str *ret_raw, struct str *ret_data)
{
    enum err e;
    size_t n;

    forget_given(a);
    if (a->failed)
        return a->failed;
    e = scan(a, *in, &n);
    if (e && e != E_AGAIN)
        return a->failed = e;
    *ret_raw = str_head(*in, n);
    if (e || a->held.len > 0) {
        if ((a->failed = buf_add(&a->held, *ret_raw)))
            return a->failed;
        *ret_raw = buf_str(&a->held);
    }
    *in = str_skip(*in, n);
    if (e)
        return e;
    a->given = true;
    *ret_data = str_skip(*ret_raw, a->data);
    return OK;
}

enum err jsonarray_end(struct jsonarray *a, struct str *ret_raw)
{
    forget_given(a);
    if (!a->failed && a->state != ENDED && (a->state != BEGIN || a->seen > 0))
        a->failed = E_SYNTAX;
    if (a->failed)
        return a->failed;
    if (a->held.len == 0)
        return E_AGAIN;
    *ret_raw = buf_str(&a->held);
    a->given = true;
    return OK;
}
