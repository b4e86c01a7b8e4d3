/* Event streams and line streams: items, and nothing lost between them. */
#include "check.h"

#include <stdlib.h>

#include "base/limits.h"
#include "failmalloc.h"
#include "wire/ndjson.h"
#include "wire/sse.h"

/*
 * Items written down so that a table can hold them: "E<name|data>" for an
 * event, "C" for a comment, "U<...>" for what sse_end gives, and "!" for an
 * error. Raw bytes are collected beside it.
 */
struct outcome {
    struct buf items, raw;
    enum err e;
};

static void add(struct buf *b, struct str s)
{
    CHECK_INT(buf_add(b, s), OK);
}

static void check_lines(const struct sse_event *ev)
{
    size_t at = 0;

    for (size_t i = 0; i < ev->line_count; i++) {
        const struct sse_line *l = &ev->lines[i];

        CHECK_INT(l->data_off, at);
        CHECK(l->raw_off + l->len <= ev->raw.len);
        CHECK_EQ(str_head(str_skip(ev->data, l->data_off), l->len),
                 str_head(str_skip(ev->raw, l->raw_off), l->len));
        at += l->len + 1;
    }
    CHECK_INT(ev->data.len, at == 0 ? 0 : at - 1);
}

static void take_item(struct outcome *o, const struct sse_event *ev, bool end)
{
    add(&o->raw, ev->raw);
    check_lines(ev);
    if (ev->kind == SSE_COMMENT) {
        CHECK_INT(ev->line_count, 0);
        add(&o->items, end ? STR("c") : STR("C"));
        return;
    }
    add(&o->items, end ? STR("U<") : STR("E<"));
    add(&o->items, ev->name);
    add(&o->items, STR("|"));
    add(&o->items, ev->data);
    add(&o->items, ev->line_count > 0 ? STR(">") : STR("]"));
}

static void run(struct str in, size_t max, size_t cut, size_t step,
                struct outcome *o)
{
    struct sse_event ev;
    struct sse s;

    buf_init(&o->items, MIB * 4);
    buf_init(&o->raw, MIB * 4);
    sse_init(&s, max);
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
        while ((o->e = sse_next(&s, &part, &ev)) == OK)
            take_item(o, &ev, false);
        if (o->e == E_AGAIN)
            CHECK_INT(part.len, 0);
        free(copy);
    }
    if ((o->e = sse_end(&s, &ev)) == OK) {
        take_item(o, &ev, true);
        o->e = sse_end(&s, &ev);
    }
    if (o->e != E_AGAIN)
        add(&o->items, STR("!"));
    sse_free(&s);
}

static void outcome_free(struct outcome *o)
{
    buf_free(&o->items);
    buf_free(&o->raw);
}

struct sse_case {
    const char *name;
    struct str in, want;
};

#define BOM "\xef\xbb\xbf"

static const struct sse_case cases[] = {
    {"one", STR_INIT("data: x\n\n"), STR_INIT("E<|x>")},
    {"two", STR_INIT("data: x\n\ndata: y\n\n"), STR_INIT("E<|x>E<|y>")},
    {"CRLF", STR_INIT("data: x\r\n\r\ndata: y\r\n\r\n"),
     STR_INIT("E<|x>E<|y>")},
    {"CR", STR_INIT("data: x\r\rdata: y\r\r"), STR_INIT("E<|x>E<|y>")},
    {"LF then CR", STR_INIT("data: x\n\rdata: y\n\r"), STR_INIT("E<|x>U<|y>")},
    {"CR then LF", STR_INIT("data: x\r\r\ndata: y\r\n\n"),
     STR_INIT("E<|x>E<|y>")},
    {"LF then CRLF", STR_INIT("data: x\n\r\ndata: y\n\n"),
     STR_INIT("E<|x>E<|y>")},
    {"lines joined", STR_INIT("data: {\"a\":\ndata:1}\n\n"),
     STR_INIT("E<|{\"a\":\n1}>")},
    {"three lines, CRLF", STR_INIT("data: a\r\ndata:\r\ndata: c\r\n\r\n"),
     STR_INIT("E<|a\n\nc>")},
    {"data without a colon", STR_INIT("data\n\n"), STR_INIT("E<|>")},
    {"two of them", STR_INIT("data\ndata\n\n"), STR_INIT("E<|\n>")},
    {"one space goes, not two", STR_INIT("data:  x \n\n"), STR_INIT("E<| x >")},
    {"HTAB stays", STR_INIT("data:\tx\n\n"), STR_INIT("E<|\tx>")},
    {"no space", STR_INIT("data:x:y\n\n"), STR_INIT("E<|x:y>")},
    {"name", STR_INIT("event: a\ndata: x\n\n"), STR_INIT("E<a|x>")},
    {"the last name", STR_INIT("event: a\ndata: x\nevent:b\n\n"),
     STR_INIT("E<b|x>")},
    {"name without data", STR_INIT("event: a\n\n"), STR_INIT("E<a|]")},
    {"other fields", STR_INIT("id: 1\nretry: 5\nevent\n\n"), STR_INIT("E<|]")},
    {"fields that are none beside data", STR_INIT("foo\n data: n\ndata: x\n\n"),
     STR_INIT("E<|x>")},
    {"no data, but lines", STR_INIT("id: 1\nfoo\nDATA: n\n:\n data: n\r\n\n"),
     STR_INIT("E<|foo\nDATA: n\n data: n>")},
    {"no fields at all", STR_INIT(BOM "{\"a\":\r1}\r\r"),
     STR_INIT("E<|{\"a\":\n1}>")},
    {"NUL in an id", STR_INIT("id: a\0b\ndata: x\n\n"), STR_INIT("E<|x>")},
    {"comment", STR_INIT(": hi\ndata: x\n\n: ho\n\n"), STR_INIT("CE<|x>CC")},
    {"comment, CRLF", STR_INIT(": hi\r\n\r\ndata: x\r\n\r\n"),
     STR_INIT("CCE<|x>")},
    {"comment, CR", STR_INIT(": hi\r\rdata: x\r\r:\r"), STR_INIT("CCE<|x>C")},
    {"comment inside an event", STR_INIT("data: x\n: hi\ndata: y\n\n"),
     STR_INIT("E<|x\ny>")},
    {"empty lines", STR_INIT("\n\r\n\ndata: x\n\n\n"), STR_INIT("CCCE<|x>C")},
    {"BOM", STR_INIT(BOM "data: x\n\n"), STR_INIT("E<|x>")},
    {"BOM and a comment", STR_INIT(BOM ":\ndata: x\n\n"), STR_INIT("CE<|x>")},
    {"BOM twice", STR_INIT(BOM BOM "data: x\n\n"),
     STR_INIT("E<|" BOM "data: x>")},
    {"BOM later", STR_INIT("data: x\n\n" BOM "data: y\n\n"),
     STR_INIT("E<|x>E<|" BOM "data: y>")},
    {"half a BOM", STR_INIT("\xef\xbb\x80: x\ndata: y\n\n"), STR_INIT("E<|y>")},
    {"BOM alone", STR_INIT(BOM), STR_INIT("c")},
    {"unfinished", STR_INIT("data: x\n\ndata: y"), STR_INIT("E<|x>U<|y>")},
    {"unfinished by a line", STR_INIT("data: x\r\n"), STR_INIT("U<|x>")},
    {"unfinished by an LF", STR_INIT("data: x\r\n\r"), STR_INIT("U<|x>")},
    {"unfinished comment", STR_INIT(": x"), STR_INIT("c")},
    {"nothing", STR_INIT(""), STR_INIT("")},
    {"invalid UTF-8", STR_INIT("data: x\n\ndata: \xff\n\n"),
     STR_INIT("E<|x>!")},
    {"overlong UTF-8", STR_INIT("data: \xc0\xaf\n\n"), STR_INIT("!")},
    {"surrogate", STR_INIT("data: \xed\xa0\x80\n\n"), STR_INIT("!")},
    {"half a character at the end", STR_INIT("data: \xe2\x82"), STR_INIT("!")},
    {"invalid UTF-8 in a comment", STR_INIT(": \xff\n"), STR_INIT("!")},
    {"UTF-8", STR_INIT("data: \xe2\x82\xac\n\n"), STR_INIT("E<|\xe2\x82\xac>")},
};

static void test_items(void)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct sse_case *c = &cases[i];
        bool bad = str_ends(c->want, STR("!"));

        CHECK_ROW(c->name);
        for (size_t cut = 0; cut <= c->in.len; cut++) {
            struct outcome o;

            run(c->in, LIM_EVENT, cut, cut == 0, &o);
            CHECK_EQ(buf_str(&o.items), c->want);
            if (!bad)
                CHECK_EQ(buf_str(&o.raw), c->in);
            outcome_free(&o);
        }
    }
    CHECK_ROW(NULL);
}

/* An item comes as soon as its last byte is there, or the one after a CR. */
static void test_promptness(void)
{
    static const struct {
        struct str in;
        bool at_once;
    } prompt[] = {
        {STR_INIT("data: x\n\n"), true},
        {STR_INIT(": x\n"), true},
        {STR_INIT("data: x\r\n\r\n"), true},
        {STR_INIT(":\r\n"), true},
        {STR_INIT("data: x\r\r"), true},
        {STR_INIT("\n"), true},
        {STR_INIT(":\r"), false},
        {STR_INIT("data: x\n\r"), false},
    };

    for (size_t i = 0; i < ARRAY_LEN(prompt); i++) {
        struct str in = prompt[i].in;
        struct sse_event ev;
        struct sse s;

        CHECK_ROW(prompt[i].in.ptr);
        sse_init(&s, LIM_EVENT);
        CHECK_INT(sse_next(&s, &in, &ev), prompt[i].at_once ? OK : E_AGAIN);
        sse_free(&s);
    }
    CHECK_ROW(NULL);
}

/* What is whole in the input is borrowed from there. */
static void test_borrowed(void)
{
    struct str in = STR("event: a\ndata: xyz\n\n"), whole = in;
    struct sse_event ev;
    struct sse s;

    sse_init(&s, LIM_EVENT);
    CHECK_INT(sse_next(&s, &in, &ev), OK);
    CHECK(ev.raw.ptr == whole.ptr);
    CHECK(ev.data.ptr == whole.ptr + 15);
    CHECK_INT(ev.lines[0].raw_off, 15);
    CHECK(s.held.ptr == NULL);
    sse_free(&s);
}

static void test_limit(void)
{
    struct str in = STR("data: 890\n\ndata: 8901\n\n");

    for (size_t max = 10; max < 13; max++) {
        for (size_t cut = 0; cut <= in.len; cut++) {
            static const char *want[] = {"!", "E<|890>!", "E<|890>E<|8901>"};
            struct outcome o;

            run(in, max, cut, cut == 0, &o);
            CHECK_EQ(buf_str(&o.items), str_of(want[max - 10]));
            outcome_free(&o);
        }
    }
}

static void test_sse_memory(void)
{
    for (size_t n = 1;; n++) {
        static const char text[] = "data: x\ndata: y\ndata\ndata\ndata\n\n";
        struct sse_event ev;
        struct sse s;
        enum err e = E_AGAIN;

        sse_init(&s, LIM_EVENT);
        failmalloc_at(n, FAIL_ONE);
        for (size_t i = 0; text[i] != '\0' && e == E_AGAIN; i++) {
            struct str in = {text + i, 1};

            e = sse_next(&s, &in, &ev);
        }
        CHECK_INT(e, failmalloc_off() ? E_NOMEM : OK);
        sse_free(&s);
        if (e == OK)
            break;
    }
}

/* --- ndjson: each line as [line], the unfinished one as {line} */

static void run_lines(struct str in, size_t max, size_t cut, size_t step,
                      struct outcome *o)
{
    struct ndjson n;
    struct str raw, line;

    buf_init(&o->items, 1000);
    buf_init(&o->raw, 1000);
    ndjson_init(&n, max);
    o->e = E_AGAIN;
    for (size_t at = 0; at < in.len && o->e == E_AGAIN;) {
        size_t len = step > 0 ? step : at < cut ? cut - at : in.len - at;
        struct str part = str_head(str_skip(in, at), len);
        char *copy = malloc(part.len);

        if (copy == NULL)
            abort();
        memcpy(copy, part.ptr, part.len);
        at += part.len;
        part.ptr = copy;
        while ((o->e = ndjson_next(&n, &part, &raw, &line)) == OK) {
            add(&o->raw, raw);
            add(&o->items, STR("["));
            add(&o->items, line);
            add(&o->items, STR("]"));
        }
        free(copy);
    }
    if ((o->e = ndjson_end(&n, &raw, &line)) == OK) {
        add(&o->raw, raw);
        add(&o->items, STR("{"));
        add(&o->items, line);
        add(&o->items, STR("}"));
    } else if (o->e != E_AGAIN) {
        add(&o->items, STR("!"));
    }
    ndjson_free(&n);
}

static void test_lines(void)
{
    static const struct {
        struct str in, want;
    } rows[] = {
        {STR_INIT("{}\n{\"a\":1}\n"), STR_INIT("[{}][{\"a\":1}]")},
        {STR_INIT("a\r\n\r\n\nb"), STR_INIT("[a][][]{b}")},
        {STR_INIT("a\rb\n"), STR_INIT("[a\rb]")},
        {STR_INIT("a\r"), STR_INIT("{a\r}")},
        {STR_INIT("12345678\n123456789\n1"), STR_INIT("[12345678]!")},
        {STR_INIT("1234567890"), STR_INIT("!")},
        {STR_INIT(""), STR_INIT("")},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].in.ptr);
        for (size_t cut = 0; cut <= rows[i].in.len; cut++) {
            struct outcome o;

            run_lines(rows[i].in, 9, cut, cut == 0, &o);
            CHECK_EQ(buf_str(&o.items), rows[i].want);
            if (o.e == OK || o.e == E_AGAIN)
                CHECK_EQ(buf_str(&o.raw), rows[i].in);
            outcome_free(&o);
        }
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    RUN(test_items);
    RUN(test_promptness);
    RUN(test_borrowed);
    RUN(test_limit);
    RUN(test_sse_memory);
    RUN(test_lines);
    return check_done();
}
