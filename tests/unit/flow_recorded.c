/*
 * Every recorded exchange through a connection. With no rules it comes out as
 * it went in, in both directions, whole and cut. With a secret put into each of
 * its texts in turn, the secret is gone and nothing else has changed; so too
 * where a stream says it in two pieces, cut at each of its characters, and then
 * says it all again. What a provider has sealed stays as it is.
 */

#include <jansson.h>
#include <stdlib.h>

#include "check.h"
#include "compile/compile.h"
#include "recorded.h"
#include "scene.h"

#define HOSTS                                                                  \
    "mode: enforce\n"                                                          \
    "hosts: [localhost, {host: mcp.deepwiki.com, provider: mcp},\n"            \
    "  {host: \"*.snowflakecomputing.com\", provider: snowflake}]\n"           \
    "on_failure: {body_unknown: pass, json_invalid: pass}\n"
#define SECRET "key-0123456789ab"
#define PUT    "[k]"

static struct engine *never, *seeks;
static struct {
    unsigned same, texts, seals, streams, cuts;
} counts;

/* ---- Messages ----------------------------------------------------------- */

/* Names that the framing of this test sets itself, or that we negotiate. */
static bool own_field(const char *name)
{
    static const char *const names[] = {
        "host",    "content-length",  "transfer-encoding", "connection",
        "expect",  "accept-encoding", "content-encoding",  "range",
        "trailer", "upgrade",         "authorization"}; /* a signed one is not
                                                           edited */

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(str_of(name), str_of(names[i])))
            return true;
    return false;
}

static void put_fields(FILE *f, json_t *headers)
{
    const char *name;
    json_t *value;

    json_object_foreach(headers, name, value)
    {
        const char *text = json_string_value(
            json_is_array(value) ? json_array_get(value, 0) : value);

        if (text != NULL && !own_field(name) && strpbrk(text, "\r\n") == NULL)
            fprintf(f, "%s: %s\r\n", name, text);
    }
}

static void put_chunks(FILE *f, const char *body)
{
    size_t size = strlen(body), at = 0, n = 1;

    fputs("Transfer-Encoding: chunked\r\n\r\n", f);
    for (; at < size; at += n) {
        n = (n * 7 + 13) % 301 + 1; /* chunks of all sizes, always the same */
        if (n > size - at)
            n = size - at;
        fprintf(f, "%zx\r\n", n);
        fwrite(body + at, 1, n, f);
        fputs("\r\n", f);
    }
    fputs("0\r\n\r\n", f);
}

static struct str compose(json_t *message, const char *start, const char *body,
                          bool chunked)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);

    fprintf(f, "%s\r\n", start);
    put_fields(f, json_object_get(message, "headers"));
    if (chunked)
        put_chunks(f, body);
    else if (body != NULL)
        fprintf(f, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    else
        fputs("\r\n", f);
    fclose(f);
    return (struct str){out, size};
}

/* The host as a name: where it has been made unknown, any letters do. */
static void name_of(const struct recorded *r, char *to, size_t size)
{
    size_t n = 0;

    for (const char *p = r->host; *p != '\0' && *p != ':' && n + 1 < size; p++)
        if (*p != '<' && *p != '>')
            to[n++] = *p;
    to[n] = '\0';
}

static struct str ask_of(const struct recorded *r, const char *body)
{
    char start[4096], host[256];

    name_of(r, host, sizeof(host));
    snprintf(start, sizeof(start), "%s %s HTTP/1.1\r\nHost: %s", r->method,
             r->path, host);
    if (body == NULL && strcmp(r->method, "POST") == 0)
        body = "";
    return compose(r->request, start, body, false);
}

static struct str answer_of(const struct recorded *r, const char *body,
                            bool stream)
{
    char start[64];

    snprintf(start, sizeof(start), "HTTP/1.1 %u Status", r->status);
    return compose(r->response, start, body == NULL ? "" : body, stream);
}

/* The body of a stored message that was stored as text, or NULL. */
static const char *text_of(json_t *message)
{
    return json_string_value(json_object_get(message, "body_text"));
}

static char *body_or_text(json_t *tree, json_t *message)
{
    if (tree != NULL && text_of(message) == NULL)
        return json_dumps(tree, JSON_COMPACT);
    return text_of(message) == NULL ? NULL : strdup(text_of(message));
}

/* ---- Playing ------------------------------------------------------------ */

static void play(const struct recorded *r, struct engine *eng, struct str ask,
                 struct str answer, size_t every, struct played *ret)
{
    char host[256];
    struct scene sc = {.eng = eng,
                       .host = host,
                       .steps = {{DIR_SEND, ask}, {DIR_RECV, answer}},
                       .count = 2};

    name_of(r, host, sizeof(host));
    scene_play(&sc, every, 9, 0, ret);
}

/* Equal, or the first place that differs is shown. */
static bool check_same(struct str got, struct str want)
{
    size_t at = 0;

    if (CHECK(str_eq(got, want)))
        return true;
    while (at < got.len && at < want.len && got.ptr[at] == want.ptr[at])
        at++;
    at = at > 60 ? at - 60 : 0;
    check_show("got ", str_head(str_skip(got, at), 200));
    check_show("want", str_head(str_skip(want, at), 200));
    return false;
}

static bool check_open(const struct played *p)
{
    if (CHECK_INT(p->state, CONN_OPEN))
        return true;
    fprintf(stderr, "    %s\n", p->why);
    return false;
}

static void check_identity(const struct recorded *r, struct str ask,
                           struct str answer)
{
    struct played p;

    for (size_t every = 0; every < 62; every += 61) {
        play(r, never, ask, answer, every, &p);
        if (p.state == CONN_PASS || check_open(&p)) { /* not watched */
            check_same(buf_str(&p.out[DIR_SEND]), ask);
            check_same(buf_str(&p.out[DIR_RECV]), answer);
        }
        played_free(&p);
    }
    counts.same++;
}

static struct str behind_head(struct str message)
{
    return str_skip(message, str_find(message, STR("\r\n\r\n")) + 4);
}

/* ---- A secret in each text ---------------------------------------------- */

static char *with(struct str text, size_t at, const char *put)
{
    char *out = NULL;

    if (asprintf(&out, "%.*s%s%.*s", (int)at, text.ptr, put,
                 (int)(text.len - at), text.ptr + at) < 0)
        abort();
    return out;
}

/* Log probabilities say the text again: they go with what is edited. */
static void blank(json_t *value)
{
    static const char *const names[] = {"logprobs", "logprobsResult"};
    const char *key;
    json_t *item;
    size_t i;

    json_array_foreach(value, i, item) blank(item);
    for (i = 0; i < ARRAY_LEN(names); i++)
        if (json_is_object(json_object_get(value, names[i])))
            json_object_set_new(value, names[i], json_null());
    json_object_foreach(value, key, item) blank(item);
}

/* The body with a text changed at its middle; the body stays as it is. */
static char *body_with(json_t *body, const struct spot *spot, const char *put)
{
    char *old = strdup(spot_text(spot).ptr), *changed, *out;
    json_t *copy;
    struct str text = str_of(old);
    size_t at = text.len / 2;

    while (at > 0 && ((unsigned char)text.ptr[at] & 0xc0) == 0x80)
        at--;
    changed = with(text, at, put);
    spot_put(spot, changed);
    copy = json_deep_copy(body);
    if (strstr(put, SECRET) == NULL)
        blank(copy);
    out = json_dumps(copy, JSON_COMPACT);
    json_decref(copy);
    spot_put(spot, old);
    free(changed);
    free(old);
    return out;
}

static void check_spot(const struct recorded *r, const struct spot *spot,
                       enum dir dir, struct str other)
{
    json_t *body = dir == DIR_SEND ? r->asked : r->said;
    char *in = body_with(body, spot, " " SECRET " ");
    char *want = body_with(body, spot, " " PUT " ");
    struct str mine = dir == DIR_SEND ? ask_of(r, in) : answer_of(r, in, false);
    struct played p;

    play(r, seeks, dir == DIR_SEND ? mine : other,
         dir == DIR_SEND ? other : mine, 0, &p);
    if (check_open(&p))
        check_same(behind_head(buf_str(&p.out[dir])), str_of(want));
    played_free(&p);
    free((void *)mine.ptr);
    free(in);
    free(want);
    counts.texts++;
}

static bool is_watched(const struct recorded *r)
{
    char host[256];

    name_of(r, host, sizeof(host));
    return engine_watches(never, str_of(host), 0);
}

static void check_spots(const struct recorded *r, enum dir dir,
                        struct str other)
{
    static struct spots spots;

    if (dir == DIR_SEND)
        spots_asked(r, &spots);
    else
        spots_said(r, &spots);
    for (size_t i = 0; i < spots.count; i++)
        check_spot(r, &spots.list[i], dir, other);
    spots_free(&spots);
}

/* ---- What is opaque ----------------------------------------------------- */

/* The string members that a provider must get back as it made them. */
static size_t seals_of(json_t *value, json_t **list, size_t n, size_t max)
{
    static const char *const names[] = {"signature", "encrypted_content",
                                        "encrypted_index", "thoughtSignature",
                                        "thought_signature"};
    const char *key;
    json_t *item;
    size_t i;

    json_array_foreach(value, i, item) n = seals_of(item, list, n, max);
    json_object_foreach(value, key, item)
    {
        for (i = 0; i < ARRAY_LEN(names); i++)
            if (strcmp(key, names[i]) == 0 && n < max &&
                json_string_length(item) > 0)
                list[n++] = item;
        n = seals_of(item, list, n, max);
    }
    return n;
}

/* Looks like a secret, and stays. */
static void check_seals(const struct recorded *r, enum dir dir,
                        struct str other)
{
    json_t *body = dir == DIR_SEND ? r->asked : r->said, *seals[256];
    size_t n = seals_of(body, seals, 0, ARRAY_LEN(seals));

    for (size_t i = 0; i < n; i++) {
        const struct spot spot = {.node = seals[i]};
        char *in = body_with(body, &spot, SECRET);
        struct str mine =
            dir == DIR_SEND ? ask_of(r, in) : answer_of(r, in, false);
        struct played p;

        play(r, seeks, dir == DIR_SEND ? mine : other,
             dir == DIR_SEND ? other : mine, 0, &p);
        if (check_open(&p))
            check_same(behind_head(buf_str(&p.out[dir])), str_of(in));
        played_free(&p);
        free((void *)mine.ptr);
        free(in);
        counts.seals++;
    }
}

/* ---- A secret in a stream ----------------------------------------------- */

#define PIECES 4000

/* Where a secret is said in a stream: between two pieces of a channel. */
struct gap {
    size_t lines[PIECES];
    json_t *pieces[PIECES];
    size_t count, behind; /* the piece after which it stands           */
    char *all;            /* what the pieces say together              */
    size_t at;            /* where in it the secret is put             */
};

static char *together(json_t **pieces, size_t count)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);

    for (size_t i = 0; i < count; i++)
        fputs(json_string_value(pieces[i]), f);
    fclose(f);
    return out;
}

/* Is the end of the text inside of a string of JSON, and behind no escape? */
static bool in_string(const char *json, size_t end)
{
    bool open = false;

    for (size_t i = 0; i < end; i++) {
        if (json[i] == '\\' && open) {
            if (++i >= end)
                return false;
        } else if (json[i] == '"') {
            open = !open;
        }
    }
    return open;
}

/* The middle of the text; of arguments, a place inside of a string. */
static bool gap_find(struct gap *p, bool arguments)
{
    p->at = 0;
    for (p->behind = 0; p->behind + 1 < p->count; p->behind++) {
        p->at += json_string_length(p->pieces[p->behind]);
        if (arguments ? in_string(p->all, p->at)
                      : p->behind + 1 >= p->count / 2)
            return true;
    }
    return false;
}

/* A string that repeats all of it gets the secret too. */
static void repeat(json_t *node, void *gap)
{
    const struct gap *p = gap;
    const char *text = json_string_value(node), *found;
    char *changed;

    for (size_t i = 0; i < p->count; i++)
        if (node == p->pieces[i])
            return;
    if (strlen(p->all) < 12 || (found = strstr(text, p->all)) == NULL)
        return;
    changed = with(str_of(text), (size_t)(found - text) + p->at, SECRET);
    json_string_set(node, changed);
    free(changed);
}

static void no_secret(json_t *node, void *unused)
{
    (void)unused;
    CHECK(strstr(json_string_value(node), "key-0123") == NULL);
}

/* The bodies of chunks, one after the other. */
static char *unchunk(struct str s)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);

    for (;;) {
        size_t n = strtoul(s.ptr, NULL, 16);

        s = str_skip(s, str_find_byte(s, '\n') + 1);
        if (n == 0 || n > s.len)
            break;
        fwrite(s.ptr, 1, n, f);
        s = str_skip(s, n + 2);
    }
    fclose(f);
    return out;
}

static void pieces_of(struct gap *gap, const struct events *e, const char *api,
                      bool arguments)
{
    for (size_t i = 0; i < gap->count; i++)
        gap->pieces[i] = events_piece(e, api, arguments, gap->lines[i]);
    free(gap->all);
    gap->all = together(gap->pieces, gap->count);
}

static void check_stream_out(struct gap *gap, const struct recorded *r,
                             const char *stream, bool arguments,
                             const char *want)
{
    struct events e;

    events_read(stream, &e);
    for (size_t i = 0; i < e.count; i++)
        every_string(e.list[i].data, no_secret, NULL);
    pieces_of(gap, &e, r->api, arguments);
    check_same(str_of(gap->all), str_of(want));
    events_free(&e);
}

/* Its first `cut` characters in one piece, the rest in the next. */
static void check_cut(const struct recorded *r, bool arguments, size_t cut,
                      struct str ask)
{
    static struct gap gap;
    char head[32], *want, *changed, *stream;
    struct events e;
    struct str answer;
    struct played p;

    events_read(r->stream, &e);
    gap.all = NULL;
    gap.count = events_channel(&e, r->api, arguments, gap.lines, PIECES);
    pieces_of(&gap, &e, r->api, arguments);
    if (gap.count < 2 || !gap_find(&gap, arguments))
        goto out;
    for (size_t i = 0; i < e.count; i++)
        every_string(e.list[i].data, repeat, &gap);
    snprintf(head, sizeof(head), "%.*s", (int)cut, SECRET);
    changed = with(str_of(json_string_value(gap.pieces[gap.behind])),
                   json_string_length(gap.pieces[gap.behind]), head);
    json_string_set(gap.pieces[gap.behind], changed);
    free(changed);
    changed = with(str_of(json_string_value(gap.pieces[gap.behind + 1])), 0,
                   &SECRET[cut]);
    json_string_set(gap.pieces[gap.behind + 1], changed);
    free(changed);
    stream = events_write(&e);
    want = with(str_of(gap.all), gap.at, PUT);
    answer = answer_of(r, stream, true);
    play(r, seeks, ask, answer, 0, &p);
    changed = unchunk(behind_head(buf_str(&p.out[DIR_RECV])));
    if (check_open(&p))
        check_stream_out(&gap, r, changed, arguments, want);
    counts.cuts++;
    played_free(&p);
    free((void *)answer.ptr);
    free(changed);
    free(stream);
    free(want);
out:
    free(gap.all);
    events_free(&e);
}

/* ---- All ---------------------------------------------------------------- */

static void exchange(struct recorded *r)
{
    char *asked = body_or_text(r->asked, r->request);
    char *said = r->stream != NULL ? strdup(r->stream)
                                   : body_or_text(r->said, r->response);
    struct str ask = ask_of(r, asked);
    struct str answer = answer_of(r, said, r->stream != NULL);

    CHECK_ROW(r->id);
    check_identity(r, ask, answer);
    if (is_watched(r) && r->asked != NULL) {
        check_spots(r, DIR_SEND, answer);
        check_seals(r, DIR_SEND, answer);
    }
    if (is_watched(r) && r->said != NULL && r->stream == NULL) {
        check_spots(r, DIR_RECV, ask);
        check_seals(r, DIR_RECV, ask);
    }
    if (is_watched(r) && r->stream != NULL) {
        counts.streams++;
        for (size_t cut = 0; cut < sizeof(SECRET); cut++) {
            check_cut(r, false, cut, ask);
            check_cut(r, true, cut, ask);
        }
    }
    free((void *)ask.ptr);
    free((void *)answer.ptr);
    free(asked);
    free(said);
}

static void test_recorded(void)
{
    if (!recorded_each(exchange))
        SKIP("no recorded exchanges");
    check_state.row = NULL;
    fprintf(stderr,
            "%u exchanges identical; a secret in each of %u texts, and in %u "
            "streams cut at %u places; %u seals unbroken\n",
            counts.same, counts.texts, counts.streams, counts.cuts,
            counts.seals);
    CHECK(counts.texts > 1000 && counts.cuts > 1000 && counts.seals > 50);
}

int main(void)
{
    never = scene_engine(HOSTS, NULL);
    seeks = scene_engine(HOSTS "rules:\n"
                               "  - {id: SP-9001, name: key, category: secret, "
                               "kind: key, on: both, keywords: [key-], "
                               "match: 'key-[0-9a-f]{12}', action: redact, "
                               "placeholder: \"[k]\"}\n",
                         NULL);
    if (never == NULL || seeks == NULL)
        return 1;
    RUN(test_recorded);
    engine_close(never);
    engine_close(seeks);
    return check_done();
}
