/* WebSocket frames: what is read of them, in every split, and what is not. */

#include "check.h"
#include "failmalloc.h"
#include "wire/ws.h"

#define MAX 300 /* of one message in these tests */

/* Everything a reader gives of an input, as text: "text(hi) ping(x) E_SYNTAX"
 */
static void say(struct buf *out, const struct ws_item *item)
{
    static const char *const names[] = {
        [WS_TEXT] = "text", [WS_BINARY] = "binary", [WS_CLOSE] = "close",
        [WS_PING] = "ping", [WS_PONG] = "pong",
    };

    if (buf_add(out, str_of(names[item->kind])) || buf_add_byte(out, '(') ||
        buf_add(out, item->data) || buf_add(out, STR(") ")))
        CHECK(false);
}

struct outcome {
    struct buf said, raw;
    enum err e;
    const char *why;
};

static void outcome_free(struct outcome *o)
{
    buf_free(&o->said);
    buf_free(&o->raw);
}

static void take(struct ws *w, struct str in, struct outcome *o)
{
    struct ws_item item;

    while ((o->e = ws_next(w, &in, &item)) == OK) {
        say(&o->said, &item);
        CHECK_INT(buf_add(&o->raw, item.raw), OK);
    }
    CHECK(o->e != E_AGAIN || in.len == 0);
}

/* Fed in pieces of `every` bytes (0: whole), with one cut more at `cut`. */
static struct outcome read_all(struct str in, bool masked, size_t every,
                               size_t cut)
{
    struct outcome o = {.e = E_AGAIN};
    struct ws w;

    ws_init(&w, masked, MAX);
    buf_init(&o.said, 65536);
    buf_init(&o.raw, 65536);
    take(&w, str_head(in, cut), &o);
    in = str_skip(in, cut);
    while (in.len > 0 && o.e == E_AGAIN) {
        struct str piece = str_head(in, every > 0 ? every : in.len);

        take(&w, piece, &o);
        in = str_skip(in, piece.len);
    }
    o.why = w.why;
    CHECK((o.why != NULL) == (o.e != E_AGAIN));
    ws_free(&w);
    return o;
}

static void check_same(const struct outcome *a, struct outcome b)
{
    CHECK_INT(b.e, a->e);
    CHECK_EQ(buf_str(&b.said), buf_str(&a->said));
    CHECK_EQ(buf_str(&b.raw), buf_str(&a->raw));
    outcome_free(&b);
}

static void check_read(struct str in, bool masked, const char *said, enum err e)
{
    struct outcome whole = read_all(in, masked, 0, 0);

    CHECK_EQ(buf_str(&whole.said), str_of(said));
    CHECK_INT(whole.e, e);
    check_same(&whole, read_all(in, masked, 1, 0));
    for (size_t cut = 1; cut < in.len; cut++)
        check_same(&whole, read_all(in, masked, 0, cut));
    outcome_free(&whole);
}

/* ---- Frames of a server ------------------------------------------------- */

static const struct row {
    const char *name;
    struct str in;
    const char *said;
    enum err e;
} rows[] = {
    {"nothing", STR_INIT(""), "", E_AGAIN},
    {"a text", STR_INIT("\x81\x02hi"), "text(hi) ", E_AGAIN},
    {"two texts", STR_INIT("\x81\x02hi\x81\x02yo"), "text(hi) text(yo) ",
     E_AGAIN},
    {"an empty text", STR_INIT("\x81\x00\x82\x00"), "text() binary() ",
     E_AGAIN},
    {"half a text", STR_INIT("\x81\x02h"), "", E_AGAIN},
    {"binary", STR_INIT("\x82\x02\xff\xfe"), "binary(\xff\xfe) ", E_AGAIN},
    {"in pieces", STR_INIT("\x01\x01h\x00\x01o\x80\x01t"), "text(hot) ",
     E_AGAIN},
    {"empty pieces", STR_INIT("\x01\x00\x00\x00\x80\x01t"), "text(t) ",
     E_AGAIN},
    {"a ping between", STR_INIT("\x01\x01h\x89\x01p\x80\x01o"),
     "ping(p) text(ho) ", E_AGAIN},
    {"a pong and a ping", STR_INIT("\x8a\x00\x89\x02xy"), "pong() ping(xy) ",
     E_AGAIN},
    {"a character over pieces", STR_INIT("\x01\x01\xc3\x80\x01\xbc"),
     "text(\xc3\xbc) ", E_AGAIN},
    {"a close", STR_INIT("\x88\x00"), "close() ", E_AGAIN},
    {"a close with a code",
     STR_INIT("\x88\x05\x03\xe8"
              "bye"),
     "close(\x03\xe8"
     "bye) ",
     E_AGAIN},
    {"a close between", STR_INIT("\x01\x01h\x88\x00"), "close() ", E_AGAIN},
    {"code 4999", STR_INIT("\x88\x02\x13\x87"), "close(\x13\x87) ", E_AGAIN},
    {"a mask", STR_INIT("\x81\x82\x01\x02\x03\x04hi"), "", E_SYNTAX},
    {"first reserved bit", STR_INIT("\xc1\x02hi"), "", E_SYNTAX},
    {"second reserved bit", STR_INIT("\xa1\x02hi"), "", E_SYNTAX},
    {"third reserved bit", STR_INIT("\x91\x02hi"), "", E_SYNTAX},
    {"opcode 3", STR_INIT("\x83\x00"), "", E_SYNTAX},
    {"opcode 7", STR_INIT("\x87\x00"), "", E_SYNTAX},
    {"opcode 11", STR_INIT("\x8b\x00"), "", E_SYNTAX},
    {"opcode 15", STR_INIT("\x8f\x00"), "", E_SYNTAX},
    {"a piece of nothing", STR_INIT("\x81\x02hi\x80\x01x"), "text(hi) ",
     E_SYNTAX},
    {"a text within a text", STR_INIT("\x01\x01h\x81\x01o"), "", E_SYNTAX},
    {"a ping in pieces", STR_INIT("\x09\x01h"), "", E_SYNTAX},
    {"a long ping", STR_INIT("\x89\x7e\x00\x7e"), "", E_SYNTAX},
    {"a length that could be shorter", STR_INIT("\x81\x7e\x00\x7d"), "",
     E_SYNTAX},
    {"the same of 64 bits",
     STR_INIT("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), "", E_SYNTAX},
    {"a length of 64 bits",
     STR_INIT("\x81\x7f\x80\x00\x00\x00\x00\x01\x00\x00"), "", E_SYNTAX},
    {"a length of 63 bits",
     STR_INIT("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), "", E_LIMIT},
    {"over the limit", STR_INIT("\x81\x7e\x01\x2d"), "", E_LIMIT},
    {"not UTF-8", STR_INIT("\x81\x02h\xff"), "", E_SYNTAX},
    {"half a character", STR_INIT("\x81\x01\xc3"), "", E_SYNTAX},
    {"a surrogate", STR_INIT("\x81\x03\xed\xa0\x80"), "", E_SYNTAX},
    {"half a code", STR_INIT("\x88\x01\x03"), "", E_SYNTAX},
    {"code 999", STR_INIT("\x88\x02\x03\xe7"), "", E_SYNTAX},
    {"code 1005", STR_INIT("\x88\x02\x03\xed"), "", E_SYNTAX},
    {"code 1006", STR_INIT("\x88\x02\x03\xee"), "", E_SYNTAX},
    {"code 1015", STR_INIT("\x88\x02\x03\xf7"), "", E_SYNTAX},
    {"code 2999", STR_INIT("\x88\x02\x0b\xb7"), "", E_SYNTAX},
    {"code 5000", STR_INIT("\x88\x02\x13\x88"), "", E_SYNTAX},
    {"a reason that is not UTF-8", STR_INIT("\x88\x03\x03\xe8\xff"), "",
     E_SYNTAX},
};

static void test_server(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].name);
        check_read(rows[i].in, false, rows[i].said, rows[i].e);
    }
}

/* The example of RFC 6455, section 5.7, and what is around it. */
static void test_client(void)
{
    check_read(STR("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), true,
               "text(Hello) ", E_AGAIN);
    check_read(STR("\x01\x83\x37\xfa\x21\x3d\x7f\x9f\x4d"
                   "\x89\x81\x01\x01\x01\x01\x71"
                   "\x80\x82\x02\x03\x04\x05\x6e\x6c"),
               true, "ping(p) text(Hello) ", E_AGAIN);
    check_read(STR("\x81\x80\x01\x02\x03\x04"), true, "text() ", E_AGAIN);
    check_read(STR("\x81\x02hi"), true, "", E_SYNTAX);
}

/* Sizes at which the length changes its form, written and read again. */
static void test_lengths(void)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 299, 300};
    static const unsigned char key[4] = {0x10, 0x80, 0xff, 0x00};
    char text[MAX];

    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (int masked = 0; masked < 2; masked++) {
            struct str data = {text, sizes[i]};
            struct ws_item item = {.kind = WS_TEXT, .data = data};
            struct buf frame, want;

            buf_init(&frame, 65536);
            buf_init(&want, 65536);
            say(&want, &item);
            CHECK_INT(buf_add_byte(&want, '\0'), OK);
            CHECK_INT(ws_put(WS_TEXT, masked ? key : NULL, data, &frame), OK);
            check_read(buf_str(&frame), masked, want.ptr, E_AGAIN);
            buf_free(&frame);
            buf_free(&want);
        }
}

static void test_long_lengths(void)
{
    static char text[70000];
    static const size_t sizes[] = {65535, 65536, 70000};

    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct str in;
        struct ws_item item;
        struct buf frame;
        struct ws w;

        buf_init(&frame, 100000);
        CHECK_INT(ws_put(WS_TEXT, NULL, (struct str){text, sizes[i]}, &frame),
                  OK);
        CHECK_INT(frame.len, sizes[i] + (sizes[i] > 65535 ? 10 : 4));
        ws_init(&w, false, 100000);
        in = buf_str(&frame);
        CHECK_INT(ws_next(&w, &in, &item), OK);
        CHECK_INT(item.data.len, sizes[i]);
        CHECK_EQ(item.raw, buf_str(&frame));
        ws_free(&w);
        buf_free(&frame);
    }
}

/* The limit is of the message, not of its frames; small ones have one too. */
static void test_limits(void)
{
    struct buf in;

    buf_init(&in, 65536);
    for (size_t i = 0; i < MAX; i++)
        CHECK_INT(buf_add(&in, i == 0 ? STR("\x01\x01x") : STR("\x00\x01x")),
                  OK);
    CHECK_INT(buf_add(&in, STR("\x00\x01y")), OK);
    check_read(buf_str(&in), false, "", E_LIMIT);
    buf_clear(&in);
    CHECK_INT(buf_add(&in, STR("\x01\x00")), OK);
    for (size_t i = 0; i < 4 * MAX; i++)
        CHECK_INT(buf_add(&in, STR("\x00\x00")), OK);
    check_read(buf_str(&in), false, "", E_LIMIT);
    buf_free(&in);
}

/* The mask of a message is that of its first frame. */
static void test_key(void)
{
    struct str in = STR("\x01\x81\x01\x02\x03\x04\x69\x89\x80\x09\x09\x09\x09"
                        "\x80\x81\x05\x06\x07\x08\x6a");
    struct ws_item item;
    struct ws w;

    ws_init(&w, true, MAX);
    CHECK_INT(ws_next(&w, &in, &item), OK);
    CHECK(item.kind == WS_PING && memcmp(item.key, "\x09\x09\x09\x09", 4) == 0);
    CHECK_INT(ws_next(&w, &in, &item), OK);
    CHECK(item.kind == WS_TEXT && memcmp(item.key, "\x01\x02\x03\x04", 4) == 0);
    CHECK_STR(item.data, "ho");
    ws_free(&w);
}

static void test_an_error_is_final(void)
{
    struct str bad = STR("\x83\x00"), good = STR("\x81\x02hi");
    struct ws_item item;
    struct ws w;

    ws_init(&w, false, MAX);
    CHECK_INT(ws_next(&w, &bad, &item), E_SYNTAX);
    CHECK_INT(ws_next(&w, &good, &item), E_SYNTAX);
    ws_free(&w);
}

static void test_put_close(void)
{
    static const unsigned char key[4] = {1, 1, 1, 1};
    struct buf out;
    char reason[200];

    buf_init(&out, 1024);
    CHECK_INT(ws_put_close(1008, NULL, STR("no"), &out), OK);
    CHECK_STR(buf_str(&out), "\x88\x04\x03\xf0no");
    buf_clear(&out);
    CHECK_INT(ws_put_close(1001, key, STR(""), &out), OK);
    CHECK_STR(buf_str(&out), "\x88\x82\x01\x01\x01\x01\x02\xe8");
    for (size_t i = 0; i < sizeof(reason); i += 2)
        memcpy(reason + i, "\xc3\xbc", 2);
    buf_clear(&out);
    CHECK_INT(
        ws_put_close(1000, NULL, (struct str){reason, sizeof(reason)}, &out),
        OK);
    CHECK_INT(out.len, 2 + 2 + 122); /* not half of the last character */
    buf_free(&out);
}

/* All or nothing, where there is no room. */
static void test_no_room(void)
{
    struct buf out;

    buf_init(&out, 5);
    CHECK_INT(buf_add(&out, STR("kept")), OK);
    CHECK_INT(ws_put(WS_TEXT, NULL, STR("hello"), &out), E_LIMIT);
    CHECK_STR(buf_str(&out), "kept");
    buf_free(&out);
}

static void test_no_memory(void)
{
    for (size_t n = 1;; n++) {
        struct str in = STR("\x01\x01h\x89\x01p\x80\x01o");
        struct ws_item item;
        struct ws w;
        enum err e;

        ws_init(&w, false, MAX);
        failmalloc_at(n, FAIL_ONE);
        while ((e = ws_next(&w, &in, &item)) == OK)
            ;
        ws_free(&w);
        if (!failmalloc_off())
            break;
        CHECK_INT(e, E_NOMEM);
    }
}

/* ---- The handshake ------------------------------------------------------ */

static bool asked(const char *fields)
{
    struct str in = str_of(fields);
    struct http_head h;
    bool ws = false;

    http_head_init(&h, in.ptr[0] == 'H' ? HTTP_RESPONSE : HTTP_REQUEST);
    if (CHECK_INT(http_head_feed(&h, &in), OK))
        ws = h.kind == HTTP_REQUEST ? ws_asked(&h) : ws_agreed(&h);
    http_head_free(&h);
    return ws;
}

#define ASK     "GET /r HTTP/1.1\r\nHost: h\r\n"
#define KEY     "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define UPGRADE "Upgrade: WebSocket\r\n"
#define SWITCH  "HTTP/1.1 101 Switching Protocols\r\n"

static void test_handshake(void)
{
    CHECK(asked(ASK KEY VERSION UPGRADE "\r\n"));
    CHECK(!asked(ASK KEY VERSION "\r\n"));
    CHECK(!asked(ASK KEY UPGRADE "\r\n"));
    CHECK(!asked(ASK VERSION UPGRADE "\r\n"));
    CHECK(!asked(ASK KEY VERSION UPGRADE UPGRADE "\r\n"));
    CHECK(!asked(ASK KEY KEY VERSION UPGRADE "\r\n"));
    CHECK(!asked(ASK KEY VERSION "Upgrade: websocket, h2c\r\n\r\n"));
    CHECK(!asked(ASK KEY UPGRADE "Sec-WebSocket-Version: 8\r\n\r\n"));
    CHECK(!asked("POST /r HTTP/1.1\r\n" KEY VERSION UPGRADE "\r\n"));
    CHECK(!asked("GET /r HTTP/1.0\r\n" KEY VERSION UPGRADE "\r\n"));
    CHECK(asked(SWITCH UPGRADE "\r\n"));
    CHECK(!asked(SWITCH "\r\n"));
    CHECK(!asked(SWITCH "Upgrade: h2c\r\n\r\n"));
    CHECK(!asked("HTTP/1.1 200 OK\r\n" UPGRADE "\r\n"));
    CHECK(!asked(SWITCH UPGRADE "Sec-WebSocket-Extensions: x\r\n\r\n"));
    CHECK(!asked(SWITCH UPGRADE "Sec-WebSocket-Extensions:\r\n\r\n"));
}

int main(void)
{
    RUN(test_server);
    RUN(test_client);
    RUN(test_lengths);
    RUN(test_long_lengths);
    RUN(test_limits);
    RUN(test_key);
    RUN(test_an_error_is_final);
    RUN(test_put_close);
    RUN(test_no_room);
    RUN(test_no_memory);
    RUN(test_handshake);
    return check_done();
}
