/* JSON arrays that grow: items, what is refused, and every split. */
#include "check.h"

#include <stdlib.h>

#include "base/limits.h"
#include "failmalloc.h"
#include "wire/jsonarray.h"

/* Items as "<data>", "]" for one without, "u" for what the end gives, "!". */
struct outcome {
    struct buf items, raw;
    enum err e;
};

static void add(struct buf *b, struct str s)
{
    CHECK_INT(buf_add(b, s), OK);
}

static void take(struct outcome *o, struct str raw, struct str data)
{
    CHECK(str_ends(raw, data));
    add(&o->raw, raw);
    add(&o->items, data.len > 0 ? STR("<") : STR("]"));
    add(&o->items, data);
    if (data.len > 0)
        add(&o->items, STR(">"));
}

static void run(struct str in, size_t max, size_t cut, size_t step,
                struct outcome *o)
{
    struct str raw, data;
    struct jsonarray a;

    buf_init(&o->items, MIB * 4);
    buf_init(&o->raw, MIB * 4);
    jsonarray_init(&a, max);
    o->e = E_AGAIN;
    for (size_t at = 0; at < in.len && o->e == E_AGAIN;) {
        size_t n = step > 0 ? step : at < cut ? cut - at : in.len - at;
        struct str part = str_head(str_skip(in, at), n);
        char *copy = malloc(part.len);

        if (copy == NULL)
            abort();
        memcpy(copy, part.ptr, part.len);
        at += part.len;
        part.ptr = copy;
        while ((o->e = jsonarray_next(&a, &part, &raw, &data)) == OK)
            take(o, raw, data);
        if (o->e == E_AGAIN)
            CHECK_INT(part.len, 0);
        else
            CHECK_INT(jsonarray_next(&a, &part, &raw, &data), o->e);
        free(copy);
    }
    if (o->e == E_AGAIN && (o->e = jsonarray_end(&a, &raw)) == OK) {
        add(&o->raw, raw);
        add(&o->items, STR("u"));
        o->e = jsonarray_end(&a, &raw);
    }
    if (o->e != E_AGAIN)
        add(&o->items, STR("!"));
    jsonarray_free(&a);
}

struct row {
    const char *name;
    struct str in, want;
};

static const struct row rows[] = {
    {"as Google sends it",
     STR_INIT("[{\n  \"a\": 1\n}\n,\r\n{\n  \"b\": [2]\n}\n]\n"),
     STR_INIT("<{\n  \"a\": 1\n}><{\n  \"b\": [2]\n}>]u")},
    {"no white space", STR_INIT("[{},{}]"), STR_INIT("<{}><{}>]")},
    {"much white space", STR_INIT(" \r\n\t[ {} \n, {}\t] "),
     STR_INIT("<{}><{}>]u")},
    {"nothing in it", STR_INIT("[]"), STR_INIT("]")},
    {"nothing at all", STR_INIT(""), STR_INIT("")},
    {"white space alone", STR_INIT(" "), STR_INIT("!")},
    {"an object alone", STR_INIT("{\"error\":{}}\n"),
     STR_INIT("<{\"error\":{}}>u")},
    {"an object and more", STR_INIT("{},{}"), STR_INIT("<{}>!")},
    {"brackets in strings", STR_INIT("[{\"]},\":\"}{\"},{}]"),
     STR_INIT("<{\"]},\":\"}{\"}><{}>]")},
    {"escapes", STR_INIT("[{\"a\":\"\\\"}\",\"b\":\"\\\\\"},{}]"),
     STR_INIT("<{\"a\":\"\\\"}\",\"b\":\"\\\\\"}><{}>]")},
    {"nested", STR_INIT("[{\"a\":[[{\"b\":{}}]]}]"),
     STR_INIT("<{\"a\":[[{\"b\":{}}]]}>]")},
    {"no comma", STR_INIT("[{}{}]"), STR_INIT("<{}>!")},
    {"two commas", STR_INIT("[{},,{}]"), STR_INIT("<{}>!")},
    {"a comma first", STR_INIT("[,{}]"), STR_INIT("!")},
    {"a comma last", STR_INIT("[{},]"), STR_INIT("<{}>!")},
    {"no end", STR_INIT("[{}"), STR_INIT("<{}>!")},
    {"no end behind a comma", STR_INIT("[{},"), STR_INIT("<{}>!")},
    {"half an object", STR_INIT("[{},{\"a\":"), STR_INIT("<{}>!")},
    {"half a string", STR_INIT("[{\"a]}"), STR_INIT("!")},
    {"a bracket alone", STR_INIT("["), STR_INIT("!")},
    {"something behind", STR_INIT("[{}]x"), STR_INIT("<{}>]!")},
    {"another array behind", STR_INIT("[{}][{}]"), STR_INIT("<{}>]!")},
    {"an array in it", STR_INIT("[[{}]]"), STR_INIT("!")},
    {"a string in it", STR_INIT("[{},\"key\"]"), STR_INIT("<{}>!")},
    {"a number", STR_INIT("1"), STR_INIT("!")},
    {"a comment", STR_INIT("[{}/**/]"), STR_INIT("<{}>!")},
    {"events instead", STR_INIT("data: {}\n\n"), STR_INIT("!")},
    {"a byte order mark", STR_INIT("\xef\xbb\xbf[{}]"), STR_INIT("!")},
    {"NUL", STR_INIT("[{}\0]"), STR_INIT("<{}>!")},
    {"vertical tab", STR_INIT("[{}\x0b]"), STR_INIT("<{}>!")},
};

static void test_items(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];

        CHECK_ROW(row->name);
        for (size_t cut = 0; cut <= row->in.len; cut++) {
            struct outcome o;

            run(row->in, LIM_EVENT, cut, cut == 0, &o);
            CHECK_EQ(buf_str(&o.items), row->want);
            CHECK_EQ(buf_str(&o.raw), str_head(row->in, o.raw.len));
            if (!str_ends(row->want, STR("!")))
                CHECK_INT(o.raw.len, row->in.len);
            buf_free(&o.items);
            buf_free(&o.raw);
        }
    }
    CHECK_ROW(NULL);
}

/* An element comes with its last byte, not with the comma behind it. */
static void test_promptness(void)
{
    struct str in = STR("[{\"a\":1}"), raw, data;
    struct jsonarray a;

    jsonarray_init(&a, LIM_EVENT);
    CHECK_INT(jsonarray_next(&a, &in, &raw, &data), OK);
    CHECK_EQ(data, STR("{\"a\":1}"));
    CHECK(a.held.ptr == NULL);
    jsonarray_free(&a);
}

static void test_limit(void)
{
    static const struct str in = STR_INIT("[{},\n{\"a\":12}]");

    for (size_t max = 8; max < 12; max++) {
        for (size_t cut = 0; cut <= in.len; cut++) {
            struct outcome o;

            run(in, max, cut, cut == 0, &o);
            CHECK_EQ(buf_str(&o.items),
                     max < 10 ? STR("<{}>!") : STR("<{}><{\"a\":12}>]"));
            buf_free(&o.items);
            buf_free(&o.raw);
        }
    }
}

static void test_memory(void)
{
    static const struct str in = STR_INIT("[{\"a\":1}");

    for (size_t n = 1;; n++) {
        struct str raw, data;
        struct jsonarray a;
        enum err e = E_AGAIN;

        jsonarray_init(&a, LIM_EVENT);
        failmalloc_at(n, FAIL_ONE);
        for (size_t i = 0; i < in.len && e == E_AGAIN; i++) {
            struct str part = {in.ptr + i, 1};

            e = jsonarray_next(&a, &part, &raw, &data);
        }
        CHECK_INT(e, failmalloc_off() ? E_NOMEM : OK);
        jsonarray_free(&a);
        if (e == OK)
            break;
    }
}

int main(void)
{
    RUN(test_items);
    RUN(test_promptness);
    RUN(test_limit);
    RUN(test_memory);
    return check_done();
}
