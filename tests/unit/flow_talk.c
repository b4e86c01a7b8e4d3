/* A WebSocket through the engine: what is said, judged, held and blocked. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "compile/compile.h"
#include "failmalloc.h"
#include "llm.h"
#include "scene.h"
#include "vectors.h"
#include "wire/ws.h"

#define POLICY                                                                 \
    "mode: enforce\n"                                                          \
    "hosts: [llm.test]\n"                                                      \
    "rules:\n"                                                                 \
    "  - {id: SP-9001, name: test-key, category: secret, kind: test-key,\n"    \
    "     on: both, keywords: [key-], match: 'key-[a-z0-9]{8}',\n"             \
    "     action: redact, views: [text]}\n"                                    \
    "  - {id: SP-9002, name: forbidden-word, category: policy, kind: word,\n"  \
    "     on: both, keywords: [xyzzy], match: 'xyzzy', action: block,\n"       \
    "     views: [text]}\n"                                                    \
    "  - {id: SP-9003, name: soft-word, category: policy, kind: soft,\n"       \
    "     on: response, keywords: [plugh], match: 'plugh', action: block,\n"   \
    "     reply: soft, views: [text]}\n"

#define ASK(path, more)                                                        \
    "GET " path " HTTP/1.1\r\nHost: llm.test\r\nConnection: Upgrade\r\n"       \
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"                      \
    "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n" more "\r\n"
#define AGREE                                                                  \
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"              \
    "Upgrade: websocket\r\n"                                                   \
    "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n"
#define REALTIME ASK("/v1/realtime?model=m-1", "")

static struct engine *eng;
static const unsigned char mask[4] = {0x11, 0x22, 0x33, 0x44};

/* ---- Saying ------------------------------------------------------------- */

/* A dialogue: the handshake, then what each says. */
struct dialogue {
    struct scene scene;
    struct buf text[12]; /* of the steps */
};

static void begin(struct dialogue *d, const char *ask)
{
    *d = (struct dialogue){.scene = {.eng = eng, .host = "llm.test"}};
    d->scene.steps[0] = (struct step){DIR_SEND, str_of(ask)};
    d->scene.steps[1] = (struct step){DIR_RECV, STR(AGREE)};
    d->scene.count = 2;
}

static void end(struct dialogue *d)
{
    for (size_t i = 0; i < ARRAY_LEN(d->text); i++)
        buf_free(&d->text[i]);
}

/* Bytes of the last step, if it is this side's, or of a new one. */
static void bytes(struct dialogue *d, enum dir dir, struct str s)
{
    size_t last = d->scene.count - 1;

    if (last < 2 || d->scene.steps[last].dir != dir) {
        if (++last == ARRAY_LEN(d->scene.steps))
            abort();
        d->scene.count++;
        buf_init(&d->text[last], MIB * (size_t)32);
    }
    vector_add(&d->text[last], s);
    d->scene.steps[last] = (struct step){dir, buf_str(&d->text[last])};
}

static void say(struct dialogue *d, enum dir dir, enum ws_kind kind,
                struct str text)
{
    struct buf frame;

    buf_init(&frame, MIB * (size_t)32);
    if (ws_put(kind, dir == DIR_SEND ? mask : NULL, text, &frame))
        abort();
    bytes(d, dir, buf_str(&frame));
    buf_free(&frame);
}

static void asks(struct dialogue *d, const char *text)
{
    say(d, DIR_SEND, WS_TEXT, str_of(text));
}

static void tells(struct dialogue *d, const char *text)
{
    say(d, DIR_RECV, WS_TEXT, str_of(text));
}

/* ---- Hearing ------------------------------------------------------------ */

/* What one side heard, behind the head: a line for each message. */
static struct buf heard(const struct played *p, enum dir dir)
{
    static const char names[] = "?tb?????cpP";
    struct str in = buf_str(&p->out[dir]);
    struct ws_item item;
    struct buf said;
    struct ws w;

    buf_init(&said, MIB * (size_t)32);
    in = str_skip(in, str_find(in, STR("\r\n\r\n")) + 4);
    ws_init(&w, dir == DIR_SEND, MIB * (size_t)16);
    while (ws_next(&w, &in, &item) == OK) {
        CHECK_INT(buf_add_byte(&said, names[item.kind]), OK);
        CHECK_INT(buf_add_byte(&said, ' '), OK);
        if (item.kind == WS_CLOSE && item.data.len > 1) {
            CHECK_INT(
                buf_add_u64(&said,
                            (unsigned)(unsigned char)item.data.ptr[0] << 8 |
                                (unsigned char)item.data.ptr[1]),
                OK);
            item.data = str_skip(item.data, 2);
            if (item.data.len > 0)
                CHECK_INT(buf_add_byte(&said, ' '), OK);
        }
        CHECK_INT(buf_add(&said, item.data), OK);
        CHECK_INT(buf_add_byte(&said, '\n'), OK);
    }
    CHECK(w.why == NULL);
    ws_free(&w);
    return said;
}

static void check_heard(const struct played *p, enum dir dir, const char *want)
{
    struct buf said = heard(p, dir);

    CHECK_EQ(buf_str(&said), str_of(want));
    buf_free(&said);
}

/* Plays it, in every split; net, app: what each side heard. */
static void check_play(struct dialogue *d, enum conn_state state,
                       const char *net, const char *app)
{
    struct played p;

    scene_play(&d->scene, 0, d->scene.count, 0, &p);
    CHECK_INT(p.state, state);
    check_heard(&p, DIR_SEND, net);
    check_heard(&p, DIR_RECV, app);
    CHECK(scene_every_split(&d->scene, &p));
    played_free(&p);
    end(d);
}

/* Nothing is changed: each side gets the other's bytes. */
static void check_identity(struct dialogue *d, const char *net_head)
{
    struct buf want[2];
    struct played p;

    for (int i = 0; i < 2; i++)
        buf_init(&want[i], MIB * (size_t)32);
    for (size_t i = 0; i < d->scene.count; i++)
        vector_add(&want[d->scene.steps[i].dir],
                   i == 0 ? str_of(net_head) : d->scene.steps[i].bytes);
    scene_play(&d->scene, 0, d->scene.count, 0, &p);
    CHECK_INT(p.state, CONN_OPEN);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(buf_str(&p.out[i]), buf_str(&want[i]));
        buf_free(&want[i]);
    }
    CHECK(scene_every_split(&d->scene, &p));
    played_free(&p);
    end(d);
}

/* ---- Events ------------------------------------------------------------- */

#define ITEM(text)                                                             \
    "{\"type\":\"conversation.item.create\",\"item\":{\"type\":\"message\","   \
    "\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"" text \
    "\"}]}}"
#define CREATE "{\"type\":\"response.create\"}"
#define DELTA(text)                                                            \
    "{\"type\":\"response.output_text.delta\",\"response_id\":\"r1\","         \
    "\"item_id\":\"i1\",\"output_index\":0,\"content_index\":0,\"delta\":"     \
    "\"" text "\"}"
#define TEXT(text)                                                             \
    "{\"type\":\"response.output_text.done\",\"response_id\":\"r1\","          \
    "\"item_id\":\"i1\",\"output_index\":0,\"content_index\":0,\"text\":"      \
    "\"" text "\"}"
#define FINISHED                                                               \
    "{\"type\":\"response.done\",\"response\":{\"id\":\"r1\",\"status\":"      \
    "\"completed\",\"usage\":{\"input_tokens\":3,\"output_tokens\":5}}}"
#define REFUSED(rule)                                                          \
    "t {\"type\":\"error\",\"event_id\":\"#############################\","    \
    "\"error\":{\"message\":\"Blocked by sallyport policy: " rule              \
    ", exchange #############################)\",\"type\":"                    \
    "\"invalid_request_error\",\"param\":null,\"code\":\"policy_block\"}}\n"   \
    "c 1008 Blocked by sallyport policy\n"

static void test_plain_is_identical(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    tells(&d, "{\"type\":\"session.created\"}");
    asks(&d, ITEM("hel\\u006co"));
    asks(&d, CREATE);
    tells(&d, DELTA("Hel"));
    tells(&d, DELTA("lo \\u00fc"));
    tells(&d, TEXT("Hello \\u00fc"));
    tells(&d, FINISHED);
    say(&d, DIR_SEND, WS_PING, STR("p1"));
    say(&d, DIR_RECV, WS_PONG, STR("p1"));
    say(&d, DIR_SEND, WS_CLOSE,
        STR("\x03\xe8"
            "bye"));
    say(&d, DIR_RECV, WS_CLOSE, STR("\x03\xe8"));
    check_identity(&d, REALTIME);
}

/* Frames stay as they were cut, where nothing of them is changed. */
static void test_pieces_are_identical(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    bytes(&d, DIR_RECV,
          STR("\x01\x09{\"type\":\""
              "\x00\x00"
              "\x00\x02pi"
              "\x80\x04ng\"}"));
    bytes(&d, DIR_SEND,
          STR("\x01\x81\x00\x00\x00\x00{"
              "\x80\x81\x01\x01\x01\x01|"));
    bytes(&d, DIR_RECV, STR("\x81\x02{}"));
    check_identity(&d, REALTIME);
}

static void test_extensions_are_not_offered(void)
{
    struct dialogue d;

    begin(&d,
          ASK("/v1/realtime", "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                              "sec-websocket-extensions: x\r\n"
                              "Sec-WebSocket-Protocol: realtime\r\n"));
    tells(&d, "{}");
    check_identity(&d,
                   ASK("/v1/realtime", "Sec-WebSocket-Protocol: realtime\r\n"));
}

#define DEFLATED                                                               \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"               \
    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n\xc1\x01x"

/* An extension all the same: the application reads an HTTP error. */
static void test_an_extension_is_refused(void)
{
    struct scene sc = {
        .eng = eng,
        .host = "llm.test",
        .steps = {{DIR_SEND, STR(REALTIME)}, {DIR_RECV, STR(DEFLATED)}},
        .count = 2,
    };
    struct played p;

    scene_play(&sc, 0, sc.count, 0, &p);
    CHECK_INT(p.state, CONN_BLOCKED);
    CHECK(str_starts(buf_str(&p.out[DIR_RECV]), STR("HTTP/1.1 403 ")));
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

static void test_a_request_is_redacted(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    asks(&d, ITEM("my key-abcd1234."));
    asks(&d, CREATE);
    bytes(&d, DIR_SEND, /* the same in two frames, with a ping between */
          STR("\x01\x8b\x00\x00\x00\x00[\"key-abcd1"
              "\x89\x80\x00\x00\x00\x00"
              "\x80\x85\x01\x01\x01\x01"
              "325#\\"));
    check_play(
        &d, CONN_OPEN,
        "t " ITEM("my [redacted:test-key].") "\nt " CREATE "\np \n"
                                             "t [\"[redacted:test-key]\"]\n",
        "");
}

/* The words of the session are the application's, and so is what it repeats. */
static void test_a_session_is_redacted(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    asks(&d, "{\"type\":\"session.update\",\"session\":{\"instructions\":"
             "\"key-abcd1234\",\"tools\":[{\"description\":\"key-abcd1234\"}]"
             "}}");
    asks(&d, "{\"type\":\"response.create\",\"response\":{\"instructions\":"
             "\"key-abcd1234\",\"input\":[{\"role\":\"user\",\"content\":"
             "\"key-abcd1234\"}]}}");
    tells(&d, "{\"type\":\"conversation.item.added\",\"item\":{\"role\":"
              "\"user\",\"content\":[{\"text\":\"key-abcd1234\"}]}}");
    check_play(&d, CONN_OPEN,
               "t {\"type\":\"session.update\",\"session\":{\"instructions\":"
               "\"[redacted:test-key]\",\"tools\":[{\"description\":"
               "\"[redacted:test-key]\"}]}}\n"
               "t {\"type\":\"response.create\",\"response\":{\"instructions\":"
               "\"[redacted:test-key]\",\"input\":[{\"role\":\"user\","
               "\"content\":\"[redacted:test-key]\"}]}}\n",
               "t {\"type\":\"conversation.item.added\",\"item\":{\"role\":"
               "\"user\",\"content\":[{\"text\":\"[redacted:test-key]\"}]}}\n");
}

static void test_a_request_is_blocked(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    asks(&d, ITEM("hello"));
    asks(&d, ITEM("xyzzy"));
    asks(&d, ITEM("never sent"));
    tells(&d, "{\"never\":\"delivered\"}");
    check_play(&d, CONN_BLOCKED, "t " ITEM("hello") "\nc 1001\n",
               REFUSED("forbidden-word (rule SP-9002"));
}

static void test_a_response_is_redacted(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    asks(&d, CREATE);
    tells(&d, DELTA("the ke"));
    say(&d, DIR_RECV, WS_PING, STR("now")); /* overtakes what is held */
    tells(&d, DELTA("y-abc"));
    tells(&d, DELTA("d1234."));
    tells(&d, TEXT("the key-abcd1234."));
    tells(&d, FINISHED);
    check_play(
        &d, CONN_OPEN, "t " CREATE "\n",
        "p now\n"
        "t " DELTA(
            "the [redacted:test-key]") "\n"
                                       "t " DELTA(
                                           "") "\n"
                                               "t " DELTA(
                                                   ".") "\n"
                                                        "t " TEXT(
                                                            "the "
                                                            "[redacted:test-"
                                                            "key].") "\n"
                                                                     "t"
                                                                     " " FINISHED
                                                                     "\n");
}

/* What is held comes out, as it came, when it turns out to be nothing. */
static void test_what_is_held_comes_out(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    tells(&d, DELTA("the ke"));
    tells(&d, DELTA("ttle"));
    tells(&d, DELTA(" key-abc"));
    say(&d, DIR_RECV, WS_CLOSE, STR("\x03\xe8"));
    check_identity(&d, REALTIME);
    begin(&d, REALTIME);
    tells(&d, DELTA("the ke"));
    d.scene.steps[d.scene.count++] = (struct step){DIR_RECV, STR("")};
    check_identity(&d, REALTIME);
}

static void test_a_response_is_blocked(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    asks(&d, CREATE);
    tells(&d, DELTA("one xy"));
    tells(&d, DELTA("zzy two"));
    tells(&d, DELTA("never delivered"));
    asks(&d, ITEM("never sent"));
    check_play(&d, CONN_BLOCKED, "t " CREATE "\nc 1001\n",
               "t " DELTA("one ") "\n" REFUSED("forbidden-word (rule SP-9002"));
}

/* In a whole text nothing of its event is delivered; a soft end is one too. */
static void test_a_soft_block(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    tells(&d, "{\"type\":\"response.created\",\"response\":{\"id\":\"r1\"}}");
    tells(&d, TEXT("plugh"));
    check_play(
        &d, CONN_BLOCKED, "c 1001\n",
        "t {\"type\":\"response.created\",\"response\":{\"id\":\"r1\"}}\n"
        "t {\"type\":\"response.done\",\"event_id\":"
        "\"#############################\",\"response\":{\"object\":"
        "\"realtime.response\",\"id\":\"r1\",\"status\":\"incomplete\","
        "\"status_details\":{\"type\":\"incomplete\",\"reason\":"
        "\"content_filter\"},\"output\":[],\"usage\":null}}\n"
        "c 1008 Blocked by sallyport policy\n");
}

/* Two texts at once are two channels. */
static void test_two_items(void)
{
    struct dialogue d;

#define SPOKEN(item, text)                                                     \
    "{\"type\":\"conversation.item.input_audio_transcription.delta\","         \
    "\"item_id\":\"" item "\",\"content_index\":0,\"delta\":\"" text "\"}"
    begin(&d, REALTIME);
    tells(&d, SPOKEN("a", "key-ab"));
    tells(&d, SPOKEN("b", "xy"));
    tells(&d, SPOKEN("a", "cd1234"));
    tells(&d, SPOKEN("b", "z."));
    check_play(
        &d, CONN_OPEN, "",
        "t " SPOKEN(
            "a", "[redacted:test-key]") "\n"
                                        "t " SPOKEN(
                                            "b", "xy") "\n"
                                                       "t " SPOKEN(
                                                           "a",
                                                           "") "\n"
                                                               "t " SPOKEN(
                                                                   "b",
                                                                   "z.") "\n");
}

static void test_responses(void)
{
    struct dialogue d;

#define PIECE(text)                                                            \
    "{\"type\":\"response.output_text.delta\",\"sequence_number\":4,"          \
    "\"item_id\":\"i1\",\"output_index\":0,\"content_index\":0,\"delta\":"     \
    "\"" text "\"}"
    begin(&d, ASK("/v1/responses", ""));
    asks(&d, "{\"type\":\"response.create\",\"model\":\"m-1\",\"input\":"
             "\"key-abcd1234\"}");
    tells(&d, PIECE("key-ab"));
    tells(&d, PIECE("cd1234 xyzzy"));
    check_play(
        &d, CONN_BLOCKED,
        "t {\"type\":\"response.create\",\"model\":\"m-1\",\"input\":"
        "\"[redacted:test-key]\"}\nc 1001\n",
        "t " PIECE("[redacted:test-key]") "\n"
                                          "t " PIECE(
                                              " ") "\n"
                                                   "t "
                                                   "{\"type\":\"error\","
                                                   "\"sequence_number\":5,"
                                                   "\"code\":\"policy_block\","
                                                   "\"message\":\"Blocked by "
                                                   "sallyport policy: "
                                                   "forbidden-word (rule "
                                                   "SP-9002, exchange "
                                                   "###########################"
                                                   "##)\",\"param\":null,"
                                                   "\"error\":{\"message\":"
                                                   "\"Blocked by sallyport "
                                                   "policy: forbidden-word "
                                                   "(rule SP-9002, exchange "
                                                   "###########################"
                                                   "##)\",\"type\":"
                                                   "\"invalid_request_error\","
                                                   "\"param\":null,\"code\":"
                                                   "\"policy_block\"}}\n"
                                                   "c 1008 Blocked by "
                                                   "sallyport policy\n");
}

/* ---- What is no event --------------------------------------------------- */

static void test_binary(void)
{
    struct dialogue d;

    begin(&d, REALTIME); /* JSON in it is an event, and stays binary */
    say(&d, DIR_SEND, WS_BINARY, STR("{\"a\":\"key-abcd1234\"}"));
    say(&d, DIR_RECV, WS_BINARY, STR("{\"a\":\"key-abcd1234\"}"));
    check_play(&d, CONN_OPEN, "b {\"a\":\"[redacted:test-key]\"}\n",
               "b {\"a\":\"[redacted:test-key]\"}\n");
    begin(&d, REALTIME); /* by default the server's may pass */
    say(&d, DIR_RECV, WS_BINARY, STR("\xff\xfe"));
    check_play(&d, CONN_OPEN, "", "b \xff\xfe\n");
    begin(&d, REALTIME);
    say(&d, DIR_SEND, WS_BINARY, STR("\xff\xfe"));
    check_play(&d, CONN_BLOCKED, "c 1001\n",
               REFUSED("the body is of a kind that cannot be inspected: not "
                       "UTF-8 (rule body_unknown"));
}

static void test_not_json(void)
{
    struct dialogue d;

    begin(&d, REALTIME); /* plain text of the application is judged as such */
    asks(&d, "hello key-abcd1234");
    tells(&d, "hello");
    check_play(&d, CONN_BLOCKED, "t hello [redacted:test-key]\nc 1001\n",
               REFUSED("the body is not valid JSON: in a message (rule "
                       "json_invalid"));
    begin(&d, REALTIME);
    asks(&d, "{\"a\":1,\"a\":2}");
    check_play(
        &d, CONN_BLOCKED, "c 1001\n",
        REFUSED("the body is not valid JSON: a key that occurs twice (rule "
                "json_invalid"));
}

static void test_broken_frames(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    asks(&d, CREATE);
    bytes(&d, DIR_SEND, STR("\x81\x02{}"));
    check_play(&d, CONN_BLOCKED, "t " CREATE "\nc 1001\n",
               REFUSED("the WebSocket breaks its protocol: WebSocket: a "
                       "client's frame without a mask (rule websocket"));
    begin(&d, REALTIME);
    tells(&d, DELTA("a"));
    bytes(&d, DIR_RECV, STR("\xc1\x02{}"));
    check_play(&d, CONN_BLOCKED, "c 1001\n",
               "t " DELTA("a") "\n" REFUSED(
                   "the WebSocket breaks its protocol: WebSocket: a "
                   "reserved bit is set (rule websocket"));
}

static void test_too_large(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    bytes(&d, DIR_SEND, /* 8 MiB and one */
          STR("\x81\xff\x00\x00\x00\x00\x00\x80\x00\x01\x00\x00\x00\x00"));
    check_play(&d, CONN_BLOCKED, "c 1001\n",
               REFUSED("the request body is over its limit: WebSocket: a "
                       "message over the limit (rule request_limit"));
    begin(&d, REALTIME);
    bytes(&d, DIR_RECV, STR("\x81\x7f\x00\x00\x00\x00\x00\x10\x00\x01"));
    check_play(&d, CONN_BLOCKED, "c 1001\n",
               REFUSED("the stream holds too much undecided text: WebSocket: "
                       "a message over the limit (rule stream_limit"));
}

/* ---- Closing ------------------------------------------------------------ */

static void test_a_reason_is_left_out(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    say(&d, DIR_RECV, WS_CLOSE,
        STR("\x03\xe8"
            "key-abcd1234"));
    say(&d, DIR_SEND, WS_CLOSE,
        STR("\x03\xe8"
            "the xyzzy"));
    check_play(&d, CONN_OPEN, "c 1000\n", "c 1000\n");
}

static void test_behind_a_close(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    say(&d, DIR_RECV, WS_CLOSE, STR("\x03\xe8"));
    tells(&d, "xyzzy");
    asks(&d, ITEM("still said"));
    say(&d, DIR_SEND, WS_CLOSE, STR("\x03\xe8"));
    asks(&d, "xyzzy");
    check_play(&d, CONN_OPEN, "t " ITEM("still said") "\nc 1000\n", "c 1000\n");
    begin(&d, REALTIME); /* nobody is there to read the answer */
    say(&d, DIR_RECV, WS_CLOSE, STR("\x03\xe8"));
    asks(&d, ITEM("xyzzy"));
    check_play(&d, CONN_BLOCKED, "c 1001\n", "c 1000\n");
}

/* The network is gone, the application may not have noticed. */
static void test_behind_the_end(void)
{
    struct dialogue d;

    begin(&d, REALTIME);
    d.scene.steps[d.scene.count++] = (struct step){DIR_RECV, STR("")};
    asks(&d, CREATE);
    check_play(&d, CONN_OPEN, "t " CREATE "\n", "");
}

/* ---- The handshake ------------------------------------------------------ */

/* What the application says before it is answered waits, and is judged. */
static void test_early_messages(void)
{
    struct dialogue d;
    struct step agree;

    begin(&d, REALTIME);
    d.scene.count = 1;
    agree = d.scene.steps[1];
    buf_init(&d.text[1], 4096);
    if (ws_put(WS_TEXT, mask, STR(ITEM("key-abcd1234")), &d.text[1]))
        abort();
    d.scene.steps[1] = (struct step){DIR_SEND, buf_str(&d.text[1])};
    d.scene.steps[2] = agree;
    d.scene.count = 3;
    check_play(&d, CONN_OPEN, "t " ITEM("[redacted:test-key]") "\n", "");
}

#define NO                                                                     \
    "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"          \
    "Content-Length: 2\r\n\r\n{}"

/* Not agreed to: HTTP goes on. */
static void test_refused_by_the_server(void)
{
    struct scene sc = {
        .eng = eng,
        .host = "llm.test",
        .steps = {{DIR_SEND, STR(REALTIME)},
                  {DIR_RECV, STR(NO)},
                  {DIR_SEND, STR(REALTIME)},
                  {DIR_RECV, STR(AGREE "\x81\x02{}")}},
        .count = 4,
    };
    struct played p;
    struct str app;

    scene_play(&sc, 0, sc.count, 0, &p);
    CHECK_INT(p.state, CONN_OPEN);
    app = buf_str(&p.out[DIR_RECV]);
    CHECK_STR(app, NO AGREE "\x81\x02{}");
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

/* ---- The record --------------------------------------------------------- */

static size_t lines_of(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == '\n';
    return n;
}

static bool line_has(struct str all, size_t n, const char *text)
{
    struct str line = str_split(&all, '\n');

    while (n-- > 0)
        line = str_split(&all, '\n');
    return str_find(line, str_of(text)) < line.len;
}

/* The handshake, what was said up to the tokens used, and the rest. */
static void test_record(void)
{
    char path[] = "/tmp/sallyport-audit-XXXXXX";
    int fd = mkstemp(path);
    struct dialogue d;
    struct played p;
    struct str log;

    if (!CHECK(fd >= 0))
        return;
    close(fd);
    begin(&d, REALTIME);
    d.scene.eng = scene_engine(POLICY, path);
    tells(&d, "{\"type\":\"session.created\",\"session\":{\"model\":\"m-9\"}}");
    asks(&d, ITEM("key-abcd1234"));
    asks(&d, CREATE);
    tells(&d, DELTA("a"));
    tells(&d, FINISHED);
    asks(&d, CREATE);
    tells(&d, FINISHED);
    asks(&d, ITEM("xyzzy"));
    scene_play(&d.scene, 0, d.scene.count, 0, &p);
    CHECK_INT(p.state, CONN_BLOCKED);
    log = llm_file(path);
    CHECK_INT(lines_of(log), 4);
    for (size_t i = 0; i < 4; i++) {
        CHECK(line_has(log, i, "\"url.path\":\"/v1/realtime\""));
        CHECK(line_has(log, i, "\"http.response.status_code\":101"));
        CHECK(line_has(log, i, "openai-realtime"));
    }
    CHECK(line_has(log, 0, "\"action\":\"pass\""));
    CHECK(!line_has(log, 0, "output_tokens"));
    CHECK(line_has(log, 1, "\"action\":\"redact\""));
    CHECK(line_has(log, 1, "\"gen_ai.usage.output_tokens\":5"));
    CHECK(line_has(log, 1, "\"gen_ai.response.model\":\"m-9\""));
    CHECK(line_has(log, 2, "\"action\":\"pass\""));
    CHECK(line_has(log, 2, "\"gen_ai.response.model\":\"m-9\""));
    CHECK(line_has(log, 3, "\"action\":\"block\""));
    CHECK(!line_has(log, 3, "output_tokens"));
    CHECK(str_find(log, STR("abcd1234")) == log.len);
    free((char *)(uintptr_t)log.ptr);
    played_free(&p);
    end(&d);
    engine_close(d.scene.eng);
    unlink(path);
}

/* More channels than a stream may have at once, one after the other. */
static void test_many_items(void)
{
    struct dialogue d;
    struct played p;
    char text[400];

    begin(&d, REALTIME);
    for (int i = 0; i < 1200; i++)
        for (int done = 0; done < 2; done++) {
            snprintf(
                text, sizeof(text),
                "{\"type\":\"response.output_text.%s\",\"item_id\":\"i%d\","
                "\"output_index\":0,\"content_index\":0,\"%s\":\"ke\"}",
                done ? "done" : "delta", i, done ? "text" : "delta");
            tells(&d, text);
        }
    scene_play(&d.scene, 0, d.scene.count, 0, &p);
    CHECK_INT(p.state, CONN_OPEN);
    CHECK_INT(p.out[DIR_RECV].len,
              d.scene.steps[1].bytes.len + d.scene.steps[2].bytes.len);
    played_free(&p);
    end(&d);
}

/* Out of memory anywhere: nothing is let out that the full run holds back. */
static void test_no_memory(void)
{
    for (size_t n = 1;; n++) {
        struct dialogue d;
        struct played p;
        bool failed;

        begin(&d, REALTIME);
        asks(&d, ITEM("key-abcd1234"));
        tells(&d, DELTA("key-ab"));
        tells(&d, DELTA("cd1234"));
        asks(&d, ITEM("xyzzy"));
        failmalloc_at(n, FAIL_ONE);
        scene_play(&d.scene, 0, d.scene.count, 0, &p);
        failed = failmalloc_off();
        for (int i = 0; i < 2; i++) {
            struct str out = buf_str(&p.out[i]);

            CHECK(str_find(out, STR("abcd1234")) == out.len);
            CHECK(str_find(out, STR("cd1234")) == out.len);
        }
        if (p.out[DIR_SEND].len > 0) {
            struct buf said = heard(&p, DIR_SEND);

            CHECK(str_find(buf_str(&said), STR("abcd")) == said.len);
            CHECK(str_find(buf_str(&said), STR("xyzzy")) == said.len);
            buf_free(&said);
        }
        CHECK(p.state != CONN_OPEN);
        played_free(&p);
        end(&d);
        if (!failed)
            break;
    }
}

int main(void)
{
    eng = scene_engine(POLICY, NULL);
    if (!CHECK(eng != NULL))
        return 1;
    RUN(test_plain_is_identical);
    RUN(test_pieces_are_identical);
    RUN(test_extensions_are_not_offered);
    RUN(test_an_extension_is_refused);
    RUN(test_a_request_is_redacted);
    RUN(test_a_session_is_redacted);
    RUN(test_a_request_is_blocked);
    RUN(test_a_response_is_redacted);
    RUN(test_what_is_held_comes_out);
    RUN(test_a_response_is_blocked);
    RUN(test_a_soft_block);
    RUN(test_two_items);
    RUN(test_responses);
    RUN(test_binary);
    RUN(test_not_json);
    RUN(test_broken_frames);
    RUN(test_too_large);
    RUN(test_a_reason_is_left_out);
    RUN(test_behind_a_close);
    RUN(test_behind_the_end);
    RUN(test_early_messages);
    RUN(test_refused_by_the_server);
    RUN(test_record);
    RUN(test_many_items);
    RUN(test_no_memory);
    engine_close(eng);
    return check_done();
}
