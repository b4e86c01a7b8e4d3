/* Bodies out of their framing, and back into chunks. */
#include "check.h"

#include <stdlib.h>

#include "failmalloc.h"
#include "wire/body.h"
#include "wire/rechunk.h"

/*
 * What a body gives, independent of how it was cut: its content, its chunk
 * lines, its tail, and how it ended.
 */
struct outcome {
    struct buf content, lines, raw; /* raw: through a rechunker */
    enum err e;                     /* OK at BODY_END           */
    enum err eof;                   /* asked after the input    */
    bool severe;
    size_t taken; /* at BODY_END */
};

static void outcome_init(struct outcome *o)
{
    *o = (struct outcome){.e = E_AGAIN};
    buf_init(&o->content, 64 * MIB);
    buf_init(&o->lines, 64 * MIB);
    buf_init(&o->raw, 64 * MIB);
}

static void outcome_free(struct outcome *o)
{
    buf_free(&o->content);
    buf_free(&o->lines);
    buf_free(&o->raw);
}

static void take_event(struct outcome *o, struct rechunk *r,
                       const struct body_event *ev)
{
    switch (ev->kind) {
    case BODY_PIECE:
        CHECK(ev->bytes.len > 0);
        CHECK_INT(buf_add(&o->content, ev->bytes), OK);
        if (r != NULL)
            CHECK_INT(rechunk_put(r, ev->bytes, ev->bytes.len, true, &o->raw),
                      OK);
        break;
    case BODY_CHUNK_LINE:
        CHECK_INT(buf_add(&o->lines, ev->bytes), OK);
        CHECK_INT(rechunk_line(r, ev->bytes, ev->size), OK);
        break;
    case BODY_END:
        CHECK_INT(buf_add(&o->lines, ev->bytes), OK);
        if (r != NULL)
            CHECK_INT(rechunk_end(r, ev->bytes, &o->raw), OK);
        break;
    }
}

/* One piece of input, in memory of its own. False when the body is over. */
static bool feed_piece(struct http_body *b, struct rechunk *r, struct str part,
                       struct outcome *o)
{
    char *copy = malloc(part.len + 1);
    struct str in = {copy, part.len};
    struct body_event ev;

    if (copy == NULL)
        abort();
    memcpy(copy, part.ptr, part.len);
    while ((o->e = http_body_next(b, &in, &ev)) == OK) {
        take_event(o, r, &ev);
        if (ev.kind == BODY_END)
            break;
    }
    if (o->e == E_AGAIN)
        CHECK_INT(in.len, 0);
    o->taken += part.len - in.len;
    free(copy);
    return o->e == E_AGAIN;
}

static void run(enum framing framing, uint64_t length, struct str in,
                size_t cut, size_t step, struct outcome *o)
{
    struct http_body b;
    struct rechunk r;
    bool chunked = framing == FRAMING_CHUNKED;
    size_t at = 0;

    outcome_init(o);
    http_body_init(&b, framing, length);
    rechunk_init(&r);
    while (feed_piece(&b, chunked ? &r : NULL,
                      str_head(str_skip(in, at), step > 0   ? step
                                                 : at < cut ? cut - at
                                                            : in.len - at),
                      o) &&
           at < in.len)
        at = o->taken;
    o->severe = b.severe;
    CHECK((b.why != NULL) == (o->e != OK && o->e != E_AGAIN));
    o->eof = http_body_eof(&b);
    rechunk_free(&r);
    http_body_free(&b);
}

static void run_every(enum framing framing, uint64_t length, struct str in,
                      struct outcome *want)
{
    struct outcome got;

    run(framing, length, in, in.len, 0, want);
    for (size_t cut = 0; cut <= in.len; cut++) {
        run(framing, length, in, cut, cut == 0, &got);
        CHECK_INT(got.e, want->e);
        CHECK_INT(got.eof, want->eof);
        CHECK_INT(got.severe, want->severe);
        if (want->e == OK)
            CHECK_INT(got.taken, want->taken);
        CHECK_EQ(buf_str(&got.content), buf_str(&want->content));
        CHECK_EQ(buf_str(&got.lines), buf_str(&want->lines));
        CHECK_EQ(buf_str(&got.raw), buf_str(&want->raw));
        outcome_free(&got);
    }
}

struct body_case {
    const char *name;
    struct str in;
    struct str content;
    struct str left; /* input behind the body */
    enum err e;
    bool severe;
};

#define T "0\r\n\r\n"

static const struct body_case chunked[] = {
    {"one", STR_INIT("5\r\nhello\r\n" T), STR_INIT("hello"), {0}, OK, false},
    {"none", STR_INIT(T "GET"), {0}, STR_INIT("GET"), OK, false},
    {"several", STR_INIT("1\r\na\r\n0a\r\n0123456789\r\n2\r\n\r\n\r\n" T "x"),
     STR_INIT("a0123456789\r\n"), STR_INIT("x"), OK, false},
    {"capitals",
     STR_INIT("A\r\n0123456789\r\n" T),
     STR_INIT("0123456789"),
     {0},
     OK,
     false},
    {"extensions",
     STR_INIT("1;a=b\r\nx\r\n1;q=\"\t\x80\"\r\ny\r\n0;z\r\n\r\n"),
     STR_INIT("xy"),
     {0},
     OK,
     false},
    {"zeros",
     STR_INIT("0000000000000001\r\nx\r\n000\r\n\r\n"),
     STR_INIT("x"),
     {0},
     OK,
     false},
    {"trailers", STR_INIT("1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\nrest"),
     STR_INIT("x"), STR_INIT("rest"), OK, false},
    {"unfinished", STR_INIT("5\r\nhel"), STR_INIT("hel"), {0}, E_AGAIN, false},
    {"last chunk alone",
     STR_INIT("1\r\nx\r\n0\r\n"),
     STR_INIT("x"),
     {0},
     E_AGAIN,
     false},
    {"seventeen digits",
     STR_INIT("00000000000000001\r\n"),
     {0},
     {0},
     E_LIMIT,
     false},
    {"no digit", STR_INIT("\r\n"), {0}, {0}, E_SYNTAX, true},
    {"no digit before the extension",
     STR_INIT(";a\r\n"),
     {0},
     {0},
     E_SYNTAX,
     true},
    {"sign", STR_INIT("+5\r\n"), {0}, {0}, E_SYNTAX, true},
    {"minus", STR_INIT("-5\r\n"), {0}, {0}, E_SYNTAX, true},
    {"prefix", STR_INIT("0x5\r\n"), {0}, {0}, E_SYNTAX, true},
    {"underscore", STR_INIT("1_0\r\n"), {0}, {0}, E_SYNTAX, true},
    {"space first", STR_INIT(" 5\r\n"), {0}, {0}, E_SYNTAX, true},
    {"space behind", STR_INIT("5 \r\n"), {0}, {0}, E_SYNTAX, true},
    {"space before the extension",
     STR_INIT("5 ;a\r\n"),
     {0},
     {0},
     E_SYNTAX,
     true},
    {"bare LF", STR_INIT("5\nhello\r\n"), {0}, {0}, E_SYNTAX, true},
    {"bare LF in an extension",
     STR_INIT("5;a\nhello"),
     {0},
     {0},
     E_SYNTAX,
     true},
    {"bare CR in an extension",
     STR_INIT("5;a\rb\r\n"),
     {0},
     {0},
     E_SYNTAX,
     true},
    {"NUL in an extension", STR_INIT("5;a\0\r\n"), {0}, {0}, E_SYNTAX, true},
    {"too long a chunk",
     STR_INIT("2\r\nabc\r\n"),
     STR_INIT("ab"),
     {0},
     E_SYNTAX,
     true},
    {"LF alone behind the content",
     STR_INIT("2\r\nab\n0\r\n"),
     STR_INIT("ab"),
     {0},
     E_SYNTAX,
     true},
    {"CR and rubbish behind it",
     STR_INIT("2\r\nab\rx"),
     STR_INIT("ab"),
     {0},
     E_SYNTAX,
     true},
    {"LF in trailers",
     STR_INIT("0\r\nA: b\n\r\n"),
     {0},
     {0},
     E_AMBIGUOUS,
     false},
    {"LF as the end", STR_INIT("0\r\n\n"), {0}, {0}, E_AMBIGUOUS, false},
    {"CR in trailers",
     STR_INIT("0\r\nA: b\rc\r\n\r\n"),
     {0},
     {0},
     E_SYNTAX,
     true},
    {"folded trailer",
     STR_INIT("0\r\nA: b\r\n c\r\n\r\n"),
     {0},
     {0},
     E_SYNTAX,
     false},
    {"trailer without a name",
     STR_INIT("0\r\nAb\r\n\r\n"),
     {0},
     {0},
     E_SYNTAX,
     false},
    {"framing field in trailers",
     STR_INIT("0\r\ncontent-LENGTH: 5\r\n\r\n"),
     {0},
     {0},
     E_AMBIGUOUS,
     true},
    {"coding in trailers",
     STR_INIT("0\r\nTransfer-Encoding: chunked\r\n\r\n"),
     {0},
     {0},
     E_AMBIGUOUS,
     true},
    {"Host in trailers",
     STR_INIT("0\r\nHost: a\r\n\r\n"),
     {0},
     {0},
     E_AMBIGUOUS,
     true},
};

static void test_chunked(void)
{
    for (size_t i = 0; i < ARRAY_LEN(chunked); i++) {
        const struct body_case *c = &chunked[i];
        struct outcome o;

        CHECK_ROW(c->name);
        run_every(FRAMING_CHUNKED, 0, c->in, &o);
        CHECK_INT(o.e, c->e);
        CHECK_INT(o.severe, c->severe);
        CHECK_INT(o.eof, c->e == E_AGAIN ? E_SYNTAX : c->e);
        CHECK_EQ(buf_str(&o.content), c->content);
        if (c->e == OK) { /* what goes through a rechunker is as it came */
            CHECK_EQ(str_skip(c->in, o.taken), c->left);
            CHECK_EQ(buf_str(&o.raw), str_head(c->in, o.taken));
        }
        outcome_free(&o);
    }
    CHECK_ROW(NULL);
}

static void test_other_framings(void)
{
    struct str in = STR("0123456789");
    struct outcome o;

    run_every(FRAMING_LENGTH, 4, in, &o);
    CHECK_INT(o.e, OK);
    CHECK_INT(o.taken, 4);
    CHECK_STR(buf_str(&o.content), "0123");
    outcome_free(&o);
    run_every(FRAMING_LENGTH, 10, in, &o);
    CHECK_INT(o.e, OK);
    outcome_free(&o);
    run_every(FRAMING_LENGTH, 11, in, &o);
    CHECK_INT(o.e, E_AGAIN);
    CHECK_INT(o.eof, E_SYNTAX);
    outcome_free(&o);
    run_every(FRAMING_LENGTH, 0, in, &o);
    CHECK_INT(o.e, OK);
    CHECK_INT(o.taken, 0);
    outcome_free(&o);
    run_every(FRAMING_NONE, 0, in, &o);
    CHECK_INT(o.e, OK);
    CHECK_INT(o.taken, 0);
    outcome_free(&o);
    run_every(FRAMING_CLOSE, 0, in, &o);
    CHECK_INT(o.e, E_AGAIN);
    CHECK_INT(o.eof, OK);
    CHECK_STR(buf_str(&o.content), "0123456789");
    outcome_free(&o);
}

/* Content is borrowed from the input, and so is a line that is whole. */
static void test_borrowed(void)
{
    struct str in = STR("5\r\nhello\r\n"), whole = in;
    struct body_event ev;
    struct http_body b;

    http_body_init(&b, FRAMING_CHUNKED, 0);
    failmalloc_at(1, FAIL_FROM);
    CHECK_INT(http_body_next(&b, &in, &ev), OK);
    CHECK_INT(ev.kind, BODY_CHUNK_LINE);
    CHECK_INT(ev.size, 5);
    CHECK(ev.bytes.ptr == whole.ptr && ev.bytes.len == 3);
    CHECK_INT(http_body_next(&b, &in, &ev), OK);
    CHECK(ev.bytes.ptr == whole.ptr + 3 && ev.bytes.len == 5);
    CHECK_INT(http_body_next(&b, &in, &ev), E_AGAIN);
    CHECK(!failmalloc_off());
    http_body_free(&b);
}

static void add_times(struct buf *b, struct str s, size_t n)
{
    while (n-- > 0)
        CHECK_INT(buf_add(b, s), OK);
}

static enum err run_limits(struct buf *in)
{
    static const size_t steps[] = {1, 7, 1000};
    struct outcome o;
    enum err e;

    run(FRAMING_CHUNKED, 0, buf_str(in), in->len, 0, &o);
    e = o.e;
    outcome_free(&o);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        run(FRAMING_CHUNKED, 0, buf_str(in), 0, steps[i], &o);
        CHECK_INT(o.e, e);
        outcome_free(&o);
    }
    buf_clear(in);
    return e;
}

static void test_limits(void)
{
    struct buf in;

    buf_init(&in, MIB);
    for (size_t over = 0; over < 2; over++) { /* one line's extensions */
        add_times(&in, STR("1;"), 1);
        add_times(&in, STR("x"), LIM_CHUNK_EXT - 1 + over);
        add_times(&in, STR("\r\na\r\n" T), 1);
        CHECK_INT(run_limits(&in), over ? E_LIMIT : OK);
    }
    for (size_t over = 0; over < 2; over++) { /* those of all lines */
        add_times(&in, STR("1;1234567\r\na\r\n"), LIM_CHUNK_EXTS / 8);
        add_times(&in, STR("1;\r\na\r\n"), over);
        add_times(&in, STR(T), 1);
        CHECK_INT(run_limits(&in), over ? E_LIMIT : OK);
    }
    for (size_t over = 0; over < 2; over++) { /* trailers */
        add_times(&in, STR("0\r\nA:"), 1);
        add_times(&in, STR("x"), LIM_TRAILERS - 6 + over);
        add_times(&in, STR("\r\n\r\n"), 1);
        CHECK_INT(run_limits(&in), over ? E_LIMIT : OK);
    }
    add_times(&in, STR("0\r\n"), 1); /* a trailer without an end */
    add_times(&in, STR("x"), LIM_TRAILERS + 1);
    CHECK_INT(run_limits(&in), E_LIMIT);
    buf_free(&in);
}

static void test_after_end(void)
{
    struct str in = STR("x");
    struct body_event ev;
    struct http_body b;

    http_body_init(&b, FRAMING_NONE, 0);
    CHECK_INT(http_body_next(&b, &in, &ev), OK);
    CHECK_INT(ev.kind, BODY_END);
    CHECK_INT(http_body_next(&b, &in, &ev), E_INTERNAL);
    CHECK_INT(http_body_eof(&b), OK);
    CHECK_INT(in.len, 1);
    http_body_free(&b);
    in = STR("zz"); /* an error stays, with its reason */
    http_body_init(&b, FRAMING_CHUNKED, 0);
    CHECK_INT(http_body_next(&b, &in, &ev), E_SYNTAX);
    in = STR(T);
    CHECK_INT(http_body_next(&b, &in, &ev), E_SYNTAX);
    CHECK_STR(str_of(b.why), "bad chunk-size line");
    http_body_free(&b);
}

/* --- rechunk */

struct put {
    struct str bytes;
    size_t taken;
    bool same;
};

struct rechunk_case {
    const char *name;
    struct str lines; /* of all chunks, given first */
    struct put puts[6];
    size_t n;
    struct str want;
};

#define SAME(s)                                                                \
    {                                                                          \
        STR_INIT(s), sizeof(s) - 1, true                                       \
    }
#define TO(s, taken)                                                           \
    {                                                                          \
        STR_INIT(s), taken, false                                              \
    }

static const struct rechunk_case rechunks[] = {
    {"nothing changed",
     STR_INIT("5;x\r\n04\r\n"),
     {SAME("ABCDEFGHI")},
     1,
     STR_INIT("5;x\r\nABCDE\r\n04\r\nFGHI\r\n" T)},
    {"the same in parts",
     STR_INIT("5;x\r\n04\r\n"),
     {SAME("A"), SAME("BC"), SAME("DEFG"), SAME("HI")},
     4,
     STR_INIT("5;x\r\nABCDE\r\n04\r\nFGHI\r\n" T)},
    {"one changed",
     STR_INIT("5;x\r\n04\r\n3\r\n"),
     {SAME("ABCDE"), TO("xx", 4), SAME("JKL")},
     3,
     STR_INIT("5;x\r\nABCDE\r\n2\r\nxx\r\n3\r\nJKL\r\n" T)},
    {"inside a chunk",
     STR_INIT("a;x\r\n"),
     {SAME("AB"), TO("0123456789abcde", 3), SAME("FGHIJ")},
     3,
     STR_INIT("16\r\nAB0123456789abcdeFGHIJ\r\n" T)},
    {"over two chunks",
     STR_INIT("5\r\n4\r\n3\r\n"),
     {SAME("ABC"), TO("xyz", 4), SAME("HIJKL")},
     3,
     STR_INIT("6\r\nABCxyz\r\n2\r\nHI\r\n3\r\nJKL\r\n" T)},
    {"over whole chunks",
     STR_INIT("5\r\n4\r\n3\r\n"),
     {SAME("ABCD"), TO("x", 6), SAME("KL")},
     3,
     STR_INIT("5\r\nABCDx\r\n2\r\nKL\r\n" T)},
    {"emptied",
     STR_INIT("5\r\n4\r\n"),
     {TO("", 5), SAME("FGHI")},
     2,
     STR_INIT("4\r\nFGHI\r\n" T)},
    {"all emptied", STR_INIT("5\r\n4\r\n"), {TO("", 9)}, 1, STR_INIT(T)},
    {"insertion before",
     STR_INIT("5\r\n"),
     {TO("x", 0), SAME("ABCDE")},
     2,
     STR_INIT("6\r\nxABCDE\r\n" T)},
    {"insertion inside",
     STR_INIT("5\r\n"),
     {SAME("AB"), TO("x", 0), SAME("CDE")},
     3,
     STR_INIT("6\r\nABxCDE\r\n" T)},
    {"insertion between",
     STR_INIT("2\r\n3\r\n"),
     {SAME("AB"), TO("x", 0), SAME("CDE")},
     3,
     STR_INIT("2\r\nAB\r\n4\r\nxCDE\r\n" T)},
    {"insertion at the end",
     STR_INIT("2\r\n"),
     {SAME("AB"), TO("x", 0)},
     2,
     STR_INIT("2\r\nAB\r\n1\r\nx\r\n" T)},
    {"insertion of nothing",
     STR_INIT("2;x\r\n"),
     {SAME("A"), TO("", 0), SAME("B")},
     3,
     STR_INIT("2;x\r\nAB\r\n" T)},
    {"no content", {0}, {SAME("")}, 0, STR_INIT(T)},
};

static void give_lines(struct rechunk *r, struct str lines)
{
    while (lines.len > 0) {
        struct chunk_line p = {0};
        struct str before = lines;
        uint64_t size;

        CHECK_INT(chunk_line_next(&p, &lines, &size), OK);
        CHECK_INT(
            rechunk_line(r, str_head(before, before.len - lines.len), size),
            OK);
    }
}

static void test_rechunk(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rechunks); i++) {
        const struct rechunk_case *c = &rechunks[i];
        struct rechunk r;
        struct buf out;

        CHECK_ROW(c->name);
        rechunk_init(&r);
        buf_init(&out, 1000);
        give_lines(&r, c->lines);
        for (size_t k = 0; k < c->n; k++)
            CHECK_INT(rechunk_put(&r, c->puts[k].bytes, c->puts[k].taken,
                                  c->puts[k].same, &out),
                      OK);
        CHECK_INT(rechunk_end(&r, STR(T), &out), OK);
        CHECK_EQ(buf_str(&out), c->want);
        buf_free(&out);
        rechunk_free(&r);
    }
    CHECK_ROW(NULL);
}

static void test_rechunk_misuse(void)
{
    struct rechunk r;
    struct buf out;

    rechunk_init(&r);
    buf_init(&out, 1000);
    CHECK_INT(rechunk_put(&r, STR("a"), 1, true, &out), E_INTERNAL);
    CHECK_INT(rechunk_line(&r, STR("2\r\n"), 2), OK);
    CHECK_INT(rechunk_end(&r, STR(T), &out), E_INTERNAL);
    CHECK_INT(rechunk_put(&r, STR("a"), 1, true, &out), OK);
    CHECK_INT(rechunk_end(&r, STR(T), &out), E_INTERNAL);
    CHECK_INT(rechunk_put(&r, STR("bc"), 2, true, &out), E_INTERNAL);
    rechunk_free(&r);
    buf_clear(&out);
    rechunk_init(&r); /* ended from outside */
    CHECK_INT(rechunk_line(&r, STR("2\r\n"), 2), OK);
    CHECK_INT(rechunk_put(&r, STR("a"), 1, true, &out), OK);
    CHECK_INT(rechunk_put(&r, STR("STOP"), 0, false, &out), OK);
    CHECK_INT(rechunk_stop(&r, &out), OK);
    CHECK_STR(buf_str(&out), "5\r\naSTOP\r\n" T);
    rechunk_free(&r);
    buf_free(&out);
}

/* What a large chunk becomes does not depend on the puts. */
static void test_rechunk_large(void)
{
    static const size_t steps[] = {1000, 65536, 65537, 3 * MIB};
    size_t size = LIM_RECHUNK_HOLD + LIM_RECHUNK_BLOCK + 10;
    char line[] = "11000a;x\r\n";
    char *content = malloc(size);
    struct buf first, out;

    if (content == NULL)
        abort();
    memset(content, 'x', size);
    buf_init(&first, 8 * MIB);
    buf_init(&out, 8 * MIB);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct str in = {content, size};
        struct rechunk r;

        rechunk_init(&r);
        buf_clear(&out);
        CHECK_INT(rechunk_line(&r, str_of(line), size), OK);
        while (in.len > 0) {
            struct str part = str_head(in, steps[i]);

            CHECK_INT(rechunk_put(&r, part, part.len, true, &out), OK);
            in = str_skip(in, part.len);
        }
        CHECK_INT(rechunk_end(&r, STR(T), &out), OK);
        rechunk_free(&r);
        if (i == 0)
            CHECK_INT(buf_add(&first, buf_str(&out)), OK);
        CHECK(str_eq(buf_str(&out), buf_str(&first)));
    }
    CHECK_EQ(str_head(buf_str(&out), 7), STR("10000\r\n"));
    CHECK(str_ends(buf_str(&out), STR("\r\na\r\nxxxxxxxxxx\r\n" T)));
    buf_free(&first);
    buf_free(&out);
    free(content);
}

static void test_no_memory(void)
{
    struct str in = STR("5\r\nhello\r\n0\r\nA: b\r\n\r\n");

    for (size_t n = 1;; n++) {
        struct outcome o = {.e = E_AGAIN};
        struct body_event ev;
        struct http_body b;
        struct str rest = {NULL, 0};
        enum err e = OK;

        http_body_init(&b, FRAMING_CHUNKED, 0);
        failmalloc_at(n, FAIL_ONE);
        for (size_t i = 0; i < in.len && (e == OK || e == E_AGAIN); i++) {
            rest = (struct str){in.ptr + i, 1};
            do
                e = http_body_next(&b, &rest, &ev);
            while (e == OK && ev.kind != BODY_END);
        }
        if (!failmalloc_off()) {
            CHECK_INT(e, OK);
            http_body_free(&b);
            break;
        }
        CHECK_INT(e, E_NOMEM);
        http_body_free(&b);
        outcome_free(&o);
    }
}

int main(void)
{
    RUN(test_chunked);
    RUN(test_other_framings);
    RUN(test_borrowed);
    RUN(test_limits);
    RUN(test_after_end);
    RUN(test_rechunk);
    RUN(test_rechunk_misuse);
    RUN(test_rechunk_large);
    RUN(test_no_memory);
    return check_done();
}
