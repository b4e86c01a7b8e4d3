/*
 * Every recorded exchange with personal data planted into each text of its
 * request. The server must not see them, and an answer of that provider, whole
 * or streamed, that says a text as the server got it must reach the program as
 * the program had said it. Prints counts, for scripts/eval.
 */

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>

#include "check.h"
#include "compile/compile.h"
#include "flow/pseudonyms.h"
#include "recorded.h"
#include "scene.h"

static const char policy[] =
    "hosts: [localhost, {host: mcp.deepwiki.com, provider: mcp},\n"
    "  {host: \"*.snowflakecomputing.com\", provider: snowflake}]\n"
    "rules:\n"
    "  - {id: SP-9001, name: email, category: pii, kind: EMAIL_ADDRESS,\n"
    "     on: request, keywords: ['@'], action: pseudonymize,\n"
    "     match: '[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,64}[A-Za-z]'}\n"
    "  - {id: SP-9002, name: person, category: pii, on: request,\n"
    "     list: ['Zo\xc3\xab \"Z\" Falkenberg'], action: pseudonymize}\n"
    "  - {id: SP-9003, name: card, category: pii, kind: CREDIT_CARD,\n"
    "     on: request, digits: 16, match: '\\b4[0-9]{15}\\b',\n"
    "     action: pseudonymize}\n";

#define PLANT                                                                  \
    "ada.l@sallyport.dev, Zo\xc3\xab \"Z\" Falkenberg: 4000123412341234\n"
#define WHOLE(s) (int)(s).len, (s).ptr
#define PIECES   4000

static struct engine *eng;
static struct {
    unsigned exchanges, texts, exact, addresses, unsaid, streamed;
} counts;

/* --- Messages. */

__attribute__((format(printf, 1, 2))) static char *print(const char *format,
                                                         ...)
{
    char *out = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&out, format, args) < 0)
        exit(1);
    va_end(args);
    return out;
}

static void name_of(const struct recorded *r, char *to, size_t size)
{
    size_t n = 0;

    for (const char *p = r->host; *p != '\0' && *p != ':' && n + 1 < size; p++)
        if (*p != '<' && *p != '>')
            to[n++] = *p;
    to[n] = '\0';
}

static char *ask_of(const struct recorded *r, const char *body)
{
    char host[256];

    name_of(r, host, sizeof(host));
    return print("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: "
                 "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 r->method, r->path, host, strlen(body), body);
}

static char *answer_of(const char *type, const char *body)
{
    return print("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nConnection: close\r\n"
                 "\r\n%s",
                 type, body);
}

/* What came out for a side, without its head; to be freed. */
static char *played(const struct recorded *r, const char *ask,
                    const char *answer, enum dir dir)
{
    char host[256], *out;
    struct scene sc = {.eng = eng,
                       .host = host,
                       .steps = {{DIR_SEND, str_of(ask)},
                                 {DIR_RECV, str_of(answer)},
                                 {DIR_RECV, STR("")}},
                       .count = answer[0] != '\0' ? 3 : 1};
    struct played p;
    struct str s;

    name_of(r, host, sizeof(host));
    scene_play(&sc, 0, 9, 0, &p);
    if (!CHECK_INT(p.state, CONN_OPEN))
        fprintf(stderr, "    %s\n", p.why);
    s = buf_str(&p.out[dir]);
    s = str_skip(s, str_find(s, STR("\r\n\r\n")) + 4);
    out = print("%.*s", WHOLE(s));
    played_free(&p);
    return out;
}

/* --- The request. */

struct text {
    char *own, *sent; /* as the program says it; as the server gets it */
};

static struct text texts[4096];
static size_t text_count;

static bool plants_in(const struct spot *s)
{
    return s->part == PART_TEXT || s->part == PART_TOOL_RESULT ||
           s->part == PART_REASONING;
}

/* All texts of the request, with what is planted; the body as it goes out. */
static char *mask_request(struct recorded *r)
{
    static struct spots spots;
    struct recorded got = *r;
    char *body, *ask, *sent;

    text_count = 0;
    spots_asked(r, &spots);
    for (size_t i = 0; i < spots.count; i++) {
        struct str text = spot_text(&spots.list[i]);
        char *put = plants_in(&spots.list[i]) ? print(PLANT "%.*s", WHOLE(text))
                                              : print("%.*s", WHOLE(text));

        spot_put(&spots.list[i], put);
        texts[text_count++] = (struct text){.own = put};
    }
    spots_free(&spots);
    body = json_dumps(r->asked, JSON_COMPACT);
    ask = ask_of(r, body);
    sent = played(r, ask, "", DIR_SEND);
    free(body);
    CHECK(strstr(sent, "ada.l@") == NULL && strstr(sent, "40001234") == NULL);
    CHECK(strstr(sent, "Falkenberg") == NULL);
    got.asked = json_loads(sent, 0, NULL);
    if (CHECK(got.asked != NULL)) {
        spots_asked(&got, &spots);
        CHECK_INT(spots.count, text_count);
        for (size_t i = 0; i < spots.count && i < text_count; i++)
            texts[i].sent = print("%s", spot_text(&spots.list[i]).ptr);
        spots_free(&spots);
        json_decref(got.asked);
    }
    free(sent);
    return ask;
}

/* Some pseudonym of the text stands in an address: it is not restored. */
static bool in_address(const char *sent)
{
    struct pseudonym_scan s = {.key = vault_key(eng->pseudonyms.vault)};
    struct str rest = str_of(sent);
    struct pseudonym_at at;

    while (pseudonym_next(&s, &rest, &at) || pseudonym_last(&s, &at))
        if (at.in_url)
            return true;
    return false;
}

/* --- The answer. */

static void count(const struct text *t, const char *back)
{
    counts.texts++;
    if (strcmp(back, t->own) == 0)
        counts.exact++;
    else if (in_address(t->sent))
        counts.addresses++;
    else
        CHECK_EQ(str_of(back), str_of(t->own));
}

static bool says(const struct spot *s)
{
    return s->role == ROLE_ASSISTANT && s->part == PART_TEXT &&
           s->outer == NULL;
}

/* Each text in each place where the model says one. False: it says none. */
static bool say_whole(struct recorded *r, const char *ask)
{
    static struct spots spots;
    char *body, *answer, *back;
    struct recorded got = *r;
    size_t at = 0;
    bool said;

    if (r->said == NULL || r->stream != NULL)
        return false;
    spots_said(r, &spots);
    while (at < spots.count && !says(&spots.list[at]))
        at++;
    for (size_t i = 0; at < spots.count && i < text_count; i++) {
        static struct spots after;

        if (texts[i].sent == NULL || strcmp(texts[i].sent, texts[i].own) == 0)
            continue;
        spot_put(&spots.list[at], texts[i].sent);
        body = json_dumps(r->said, JSON_COMPACT);
        answer = answer_of("application/json", body);
        back = played(r, ask, answer, DIR_RECV);
        got.said = json_loads(back, 0, NULL);
        if (CHECK(got.said != NULL)) {
            spots_said(&got, &after);
            if (CHECK(after.count > at))
                count(&texts[i], spot_text(&after.list[at]).ptr);
            spots_free(&after);
            json_decref(got.said);
        }
        free(body);
        free(answer);
        free(back);
    }
    said = at < spots.count;
    spots_free(&spots);
    return said;
}

/* A text in so many pieces, of whole characters. */
static void spread(json_t **pieces, size_t n, const char *text)
{
    struct str rest = str_of(text);

    for (size_t i = 0; i < n; i++) {
        size_t len = i + 1 == n ? rest.len : rest.len / (n - i);
        char *piece;

        while (len < rest.len && ((unsigned char)rest.ptr[len] & 0xc0) == 0x80)
            len++;
        piece = print("%.*s", (int)len, rest.ptr);
        json_string_set(pieces[i], piece);
        free(piece);
        rest = str_skip(rest, len);
    }
}

static char *together(const struct events *e, const char *api,
                      const size_t *lines, size_t n)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);

    for (size_t i = 0; i < n; i++) {
        json_t *piece = events_piece(e, api, false, lines[i]);

        fputs(piece != NULL ? json_string_value(piece) : "", f);
    }
    fclose(f);
    return out;
}

static bool say_stream(struct recorded *r, const char *ask)
{
    static size_t lines[PIECES];
    static json_t *pieces[PIECES];
    size_t n;
    struct events e, after;

    if (r->stream == NULL)
        return false;
    events_read(r->stream, &e);
    n = events_channel(&e, r->api, false, lines, PIECES);
    for (size_t i = 0; i < n; i++)
        pieces[i] = events_piece(&e, r->api, false, lines[i]);
    for (size_t i = 0; n > 1 && i < text_count; i++) {
        char *stream, *answer, *back, *all;

        if (texts[i].sent == NULL || strcmp(texts[i].sent, texts[i].own) == 0)
            continue;
        spread(pieces, n, texts[i].sent);
        stream = events_write(&e);
        answer = answer_of(
            r->lines ? "application/x-ndjson" : "text/event-stream", stream);
        back = played(r, ask, answer, DIR_RECV);
        events_read(back, &after);
        all = together(&after, r->api, lines, n);
        count(&texts[i], all);
        counts.streamed++;
        events_free(&after);
        free(all);
        free(back);
        free(answer);
        free(stream);
    }
    events_free(&e);
    return n > 1;
}

/* Where the recorded answer says nothing: in one of no shape that is known. */
static void say_somehow(struct recorded *r, const char *ask)
{
    for (size_t i = 0; i < text_count; i++) {
        char *body, *answer, *back;
        json_t *got;

        if (texts[i].sent == NULL || strcmp(texts[i].sent, texts[i].own) == 0)
            continue;
        got = json_pack("{s:s}", "echo", texts[i].sent);
        body = json_dumps(got, JSON_COMPACT);
        json_decref(got);
        answer = answer_of("application/json", body);
        back = played(r, ask, answer, DIR_RECV);
        got = json_loads(back, 0, NULL);
        if (CHECK(got != NULL))
            count(&texts[i], json_string_value(json_object_get(got, "echo")));
        json_decref(got);
        free(body);
        free(answer);
        free(back);
    }
}

static void exchange(struct recorded *r)
{
    char host[256], *ask;

    name_of(r, host, sizeof(host));
    if (r->asked == NULL || !engine_watches(eng, str_of(host), 0))
        return;
    CHECK_ROW(r->id);
    counts.exchanges++;
    ask = mask_request(r);
    if (!say_whole(r, ask) && !say_stream(r, ask)) {
        counts.unsaid++;
        say_somehow(r, ask);
    }
    for (size_t i = 0; i < text_count; i++) {
        free(texts[i].own);
        free(texts[i].sent);
    }
    free(ask);
}

static void test_recorded(void)
{
    if (!recorded_each(exchange))
        SKIP("no recorded exchanges");
    printf(
        "# pseudonyms: %u exchanges, %u of them answered in another shape, for "
        "theirs has no text; %u texts said back, %u of them streamed: %u "
        "exact, %u with a "
        "pseudonym left in an address, %u other\n",
        counts.exchanges, counts.unsaid, counts.texts, counts.streamed,
        counts.exact, counts.addresses,
        counts.texts - counts.exact - counts.addresses);
}

int main(void)
{
    eng = scene_engine(policy, NULL);
    if (eng == NULL)
        return 1;
    RUN(test_recorded);
    engine_close(eng);
    return check_done();
}
