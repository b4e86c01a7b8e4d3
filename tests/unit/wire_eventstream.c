/* AWS event streams: messages, what is refused, and what is written. */
#include "check.h"

#include <stdlib.h>

#include "awses.h"
#include "base/limits.h"
#include "failmalloc.h"
#include "wire/eventstream.h"

/* Messages as "<headers|payload>", "!" for an error, "$" for a bad end. */
struct outcome {
    struct buf items, raw;
    enum err e;
};

static void add(struct buf *b, struct str s)
{
    CHECK_INT(buf_add(b, s), OK);
}

static void take(struct outcome *o, const struct es_message *m)
{
    CHECK(m->payload.ptr == m->raw.ptr + m->payload_off);
    add(&o->raw, m->raw);
    add(&o->items, STR("<"));
    add(&o->items, m->headers);
    add(&o->items, STR("|"));
    add(&o->items, m->payload);
    add(&o->items, STR(">"));
}

static void run(struct str in, size_t max, size_t cut, size_t step,
                struct outcome *o)
{
    struct es_message m;
    struct es s;

    buf_init(&o->items, MIB * 4);
    buf_init(&o->raw, MIB * 4);
    es_init(&s, max);
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
        while ((o->e = es_next(&s, &part, &m)) == OK)
            take(o, &m);
        if (o->e == E_AGAIN)
            CHECK_INT(part.len, 0);
        else /* final */
            CHECK_INT(es_next(&s, &part, &m), o->e);
        free(copy);
    }
    if (o->e != E_AGAIN)
        add(&o->items, STR("!"));
    else if ((o->e = es_end(&s)) != OK)
        add(&o->items, STR("$"));
    es_free(&s);
}

static void outcome_free(struct outcome *o)
{
    buf_free(&o->items);
    buf_free(&o->raw);
}

/* The same in every cut; `want` begins the items. */
static void check_all(struct str in, size_t max, struct str want, enum err e)
{
    for (size_t cut = 0; cut <= in.len; cut++) {
        struct outcome o;

        run(in, max, cut, cut == 0, &o);
        CHECK_EQ(buf_str(&o.items), want);
        CHECK_INT(o.e, e);
        CHECK_EQ(buf_str(&o.raw), str_head(in, o.raw.len));
        if (e == OK)
            CHECK_INT(o.raw.len, in.len);
        outcome_free(&o);
    }
}

/* All ten types (Smithy, "Amazon Event Stream Specification"). */
#define EVERY                                                                  \
    "\1t\0\1f\1\1b\2x\1s\3xx\1i\4xxxx\1l\5xxxxxxxx\1B\6\0\3\xff\0\xff"         \
    "\1S\7\0\2hi\1T\x08xxxxxxxx\1U\x09xxxxxxxxxxxxxxxx"

struct row {
    const char *name;
    struct str headers;
    enum err e;
};

static const struct row rows[] = {
    {"none", STR_INIT(""), OK},
    {"every type", STR_INIT(EVERY), OK},
    {"an empty string", STR_INIT("\1a\7\0\0"), OK},
    {"UTF-8", STR_INIT("\2\xc3\xa9\7\0\2\xc3\xa9"), OK},
    {"an empty name", STR_INIT("\0\7\0\0"), E_SYNTAX},
    {"a type nobody knows", STR_INIT("\1a\x0a"), E_SYNTAX},
    {"a type far off", STR_INIT("\1a\xff"), E_SYNTAX},
    {"a name behind the end", STR_INIT("\5abc"), E_SYNTAX},
    {"no type", STR_INIT("\3abc"), E_SYNTAX},
    {"no length", STR_INIT("\1a\7"), E_SYNTAX},
    {"half a length", STR_INIT("\1a\7\0"), E_SYNTAX},
    {"a string behind the end", STR_INIT("\1a\7\0\3hi"), E_SYNTAX},
    {"the greatest length", STR_INIT("\1a\7\xff\xffhi"), E_SYNTAX},
    {"a number behind the end", STR_INIT("\1a\4xxx"), E_SYNTAX},
    {"one name twice", STR_INIT("\1a\7\0\1x\1b\0\1a\7\0\1y"), E_AMBIGUOUS},
    {"one name twice, other types", STR_INIT("\1a\0\1a\1"), E_AMBIGUOUS},
    {"names without case", STR_INIT("\1a\0\1A\1"), OK},
    {"a name that is not UTF-8", STR_INIT("\1\xff\0"), E_SYNTAX},
    {"a string that is not UTF-8", STR_INIT("\1a\7\0\1\xff"), E_SYNTAX},
};

static void test_headers(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf in, want;

        CHECK_ROW(rows[i].name);
        buf_init(&in, 4096);
        buf_init(&want, 4096);
        awses_put(&in, STR(""), STR("first"));
        awses_put(&in, rows[i].headers, STR("{}"));
        add(&want, STR("<|first>"));
        if (rows[i].e == OK) {
            add(&want, STR("<"));
            add(&want, rows[i].headers);
            add(&want, STR("|{}>"));
        } else {
            add(&want, STR("!"));
        }
        check_all(buf_str(&in), LIM_EVENT, buf_str(&want), rows[i].e);
        buf_free(&in);
        buf_free(&want);
    }
    CHECK_ROW(NULL);
}

static void test_header_values(void)
{
    struct str rest = STR(EVERY);
    struct es_header h;
    size_t n = 0;

    while (es_header_next(&rest, &h)) {
        CHECK_INT(h.type, n);
        n++;
    }
    CHECK_INT(n, ES_TYPE_COUNT);
    CHECK_EQ(es_header_get(STR(EVERY), STR("S")), STR("hi"));
    CHECK_EQ(es_header_get(STR(EVERY), STR("B")), STR(""));
    CHECK_EQ(es_header_get(STR(EVERY), STR("nobody")), STR(""));
}

/* As many as may be, and one more. */
static void test_header_count(void)
{
    for (size_t more = 0; more < 2; more++) {
        struct buf headers, in;
        struct outcome o;

        buf_init(&headers, 4096);
        buf_init(&in, 4096);
        for (size_t i = 0; i < LIM_ES_HEADERS + more; i++) {
            char header[] = {1, (char)(' ' + i), 0};

            add(&headers, (struct str){header, 3});
        }
        awses_put(&in, buf_str(&headers), STR(""));
        run(buf_str(&in), LIM_EVENT, 0, 0, &o);
        CHECK_INT(o.e, more ? E_LIMIT : OK);
        outcome_free(&o);
        buf_free(&headers);
        buf_free(&in);
    }
}

/* A wrong bit anywhere is found: nothing of that message is given out. */
static void test_every_bit(void)
{
    struct buf in;

    buf_init(&in, 4096);
    awses_event(&in, "contentBlockDelta", STR("{\"delta\":{\"text\":\"x\"}}"));
    for (size_t at = 0; at < in.len; at++) {
        for (int bit = 0; bit < 8; bit++) {
            struct outcome o;

            in.ptr[at] ^= (char)(1 << bit);
            run(buf_str(&in), LIM_EVENT, 0, 0, &o);
            CHECK_EQ(buf_str(&o.items), STR("!"));
            CHECK_INT(o.e, E_SYNTAX);
            outcome_free(&o);
            in.ptr[at] ^= (char)(1 << bit);
        }
    }
    buf_free(&in);
}

static void put_number(char *at, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(n >> (24 - 8 * i));
}

/* Lengths that cannot be, under a prelude whose CRC is right. */
static void test_lengths(void)
{
    static const struct {
        uint32_t total, headers;
        enum err e;
    } lengths[] = {
        {0, 0, E_SYNTAX},           {15, 0, E_SYNTAX},
        {16, 1, E_SYNTAX},          {20, 5, E_SYNTAX},
        {20, 0xffffffff, E_SYNTAX}, {0xffffffff, 0xffffffff, E_SYNTAX},
        {101, 0, E_LIMIT},          {0xffffffff, 0, E_LIMIT},
        {0x80000000, 4, E_LIMIT},
    };

    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        char prelude[12];
        struct str in = {prelude, sizeof(prelude)};

        put_number(prelude, lengths[i].total);
        put_number(prelude + 4, lengths[i].headers);
        put_number(prelude + 8, awses_crc(str_head(in, 8)));
        check_all(in, 100, STR("!"), lengths[i].e);
        CHECK(es_begins(in) == (lengths[i].e == E_LIMIT));
    }
}

static void test_limit(void)
{
    struct buf in;

    buf_init(&in, 4096);
    awses_put(&in, STR(""), STR("12345678"));
    check_all(buf_str(&in), 24, STR("<|12345678>"), OK);
    check_all(buf_str(&in), 23, STR("!"), E_LIMIT);
    buf_free(&in);
}

/* Ended at every place within a message, and at its end. */
static void test_truncated(void)
{
    struct buf in;

    buf_init(&in, 4096);
    awses_put(&in, STR(""), STR("a"));
    awses_put(&in, STR("\1a\7\0\1x"), STR("b"));
    for (size_t n = 0; n < in.len; n++) {
        struct outcome o;

        run(str_head(buf_str(&in), n), LIM_EVENT, 5, 0, &o);
        CHECK_INT(o.e, n == 0 || n == 17 ? OK : E_SYNTAX);
        CHECK_INT(o.raw.len, n < 17 ? 0 : 17);
        outcome_free(&o);
    }
    buf_free(&in);
}

/* What is whole in the input is borrowed from there. */
static void test_borrowed(void)
{
    struct es_message m;
    struct buf in;
    struct str rest;
    struct es s;

    buf_init(&in, 4096);
    awses_put(&in, STR(""), STR("a"));
    awses_put(&in, STR(""), STR("b"));
    rest = buf_str(&in);
    es_init(&s, LIM_EVENT);
    CHECK_INT(es_next(&s, &rest, &m), OK);
    CHECK(m.raw.ptr == in.ptr);
    CHECK_INT(es_next(&s, &rest, &m), OK);
    CHECK(m.raw.ptr == in.ptr + 17);
    CHECK(s.held.ptr == NULL);
    es_free(&s);
    buf_free(&in);
}

/* What is written is what the other code writes, and reads again. */
static void test_put(void)
{
    static const struct str headers[][2] = {
        {STR_INIT(":event-type"), STR_INIT("x")},
        {STR_INIT(":content-type"), STR_INIT("application/json")},
        {STR_INIT(":message-type"), STR_INIT("event")},
    };
    struct buf out, want;

    buf_init(&out, 4096);
    buf_init(&want, 4096);
    add(&out, STR("before"));
    add(&want, STR("before"));
    CHECK_INT(es_put(headers, 3, STR("{\"a\":1}"), &out), OK);
    awses_event(&want, "x", STR("{\"a\":1}"));
    CHECK_EQ(buf_str(&out), buf_str(&want));
    CHECK_INT(es_put(headers, 0, STR(""), &out), OK);
    awses_put(&want, STR(""), STR(""));
    CHECK_EQ(buf_str(&out), buf_str(&want));
    buf_free(&out);
    buf_free(&want);
}

static void test_put_limits(void)
{
    static const char many[40000];
    struct str headers[1][2] = {{STR("a"), {many, 32768}}};
    struct buf out;

    buf_init(&out, 100000);
    CHECK_INT(es_put(headers, 1, STR(""), &out), E_LIMIT);
    headers[0][1].len = 32767;
    CHECK_INT(es_put(headers, 1, STR(""), &out), OK);
    headers[0][0] = (struct str){many, 256};
    CHECK_INT(es_put(headers, 1, STR(""), &out), E_LIMIT);
    headers[0][0].len = 0;
    CHECK_INT(es_put(headers, 1, STR(""), &out), E_LIMIT);
    CHECK_INT(out.len, 16 + 1 + 1 + 1 + 2 + 32767);
    buf_free(&out);
}

static void test_seal(void)
{
    struct buf bytes, want;

    buf_init(&bytes, 4096);
    buf_init(&want, 4096);
    awses_put(&bytes, STR("\1a\0"), STR("1234"));
    awses_put(&want, STR("\1a\0"), STR("1234567"));
    bytes.len -= 4;
    add(&bytes, STR("567....")); /* and room for the CRC */
    CHECK_INT(es_seal(bytes.ptr, bytes.len), OK);
    CHECK_EQ(buf_str(&bytes), buf_str(&want));
    CHECK_INT(es_seal(bytes.ptr, 15), E_INTERNAL);
    buf_free(&bytes);
    buf_free(&want);
}

static void test_memory(void)
{
    struct buf in;

    buf_init(&in, 4096);
    awses_event(&in, "x", STR("{\"delta\":{\"text\":\"some text\"}}"));
    for (size_t n = 1;; n++) {
        struct es_message m;
        enum err e = E_AGAIN;
        struct es s;

        es_init(&s, LIM_EVENT);
        failmalloc_at(n, FAIL_ONE);
        for (size_t i = 0; i < in.len && e == E_AGAIN; i++) {
            struct str part = {in.ptr + i, 1};

            e = es_next(&s, &part, &m);
        }
        CHECK_INT(e, failmalloc_off() ? E_NOMEM : OK);
        es_free(&s);
        if (e == OK)
            break;
    }
    buf_free(&in);
}

int main(void)
{
    RUN(test_headers);
    RUN(test_header_values);
    RUN(test_header_count);
    RUN(test_every_bit);
    RUN(test_lengths);
    RUN(test_limit);
    RUN(test_truncated);
    RUN(test_borrowed);
    RUN(test_put);
    RUN(test_put_limits);
    RUN(test_seal);
    RUN(test_memory);
    return check_done();
}
