/*
 * A whole connection from hostile bytes: the first byte is how the rest is cut
 * into reads; then requests, a separator, responses. Laws: nothing crashes, and
 * the output does not depend on the cutting. What begins as HTTP/2 is free of
 * the second law: its sessions answer frame by frame, so how far an answer got
 * before an error depends on the reads (the target h2 compares their meaning).
 */

#include <stdlib.h>
#include <unistd.h>

#include "flow/conn.h"
#include "rules/image.h"
#include "wire/eventstream.h"

static struct engine *eng;

static const struct str keyword[] = {STR_INIT("key-")};
static const struct rule rule = {
    .id = STR_INIT("SP-9001"),
    .name = STR_INIT("test key"),
    .category = STR_INIT("secret"),
    .kind = STR_INIT("test-key"),
    .put = STR_INIT("[redacted]"),
    .match = STR_INIT("key-[a-z0-9]{8}"),
    .dirs = DIRS_ALL,
    .roles = ROLES_ALL,
    .parts = PARTS_ALL,
    .action = ACTION_REDACT,
    .keywords = keyword,
    .keyword_count = 1,
    .keyword_first = true,
};

static const struct pattern_def said[] = {
    {.path = STR_INIT("choices[].delta.content"),
     .kind = PAT_TEXT,
     .role = ROLE_ASSISTANT,
     .part = PART_TEXT,
     .delta = true},
};
static const struct str opens[] = {STR_INIT("bytes")};
static const struct route routes[] = {
    {.path = STR_INIT("/models/*"), .framed = FRAMED_ARRAY}};
static const struct str hosts[] = {STR_INIT("llm.test")};
static const struct str keys[] = {STR_INIT("index")};
static const struct provider_def provider = {
    .id = STR_INIT("generic"),
    .system = STR_INIT("test"),
    .reply = STR_INIT("openai"),
    .done = STR_INIT("[DONE]"),
    .generic = true,
    .hosts = hosts,
    .host_count = 1,
    .keys = keys,
    .key_count = 1,
    .opens = opens,
    .open_count = 1,
    .routes = routes,
    .route_count = 1,
    .stream = {said, 1},
};

static bool pack(struct buf *image)
{
    struct buf rules, providers, policy;
    struct policy p;
    struct image sections;
    bool ok;

    buf_init(&rules, MIB);
    buf_init(&providers, MIB);
    buf_init(&policy, MIB);
    policy_init(&p);
    ok = !rules_pack(&rule, 1, NULL, 0, &rules) &&
         !providers_pack(&provider, 1, NULL, 0, &providers, NULL) &&
         !policy_pack(&p, &policy);
    sections = (struct image){.rules = buf_str(&rules),
                              .providers = buf_str(&providers),
                              .policy = buf_str(&policy)};
    ok = ok && !image_write(&sections, image);
    buf_free(&rules);
    buf_free(&providers);
    buf_free(&policy);
    return ok;
}

static void setup(void)
{
    char path[] = "/tmp/sallyport-fuzz-XXXXXX", why[256];
    struct engine_config cfg = {.policy = path};
    int fd = mkstemp(path);
    struct buf image;

    buf_init(&image, LIM_IMAGE);
    if (fd < 0 || !pack(&image) ||
        write(fd, image.ptr, image.len) != (ssize_t)image.len ||
        engine_open(&cfg, &eng, why, sizeof(why)))
        __builtin_trap();
    close(fd);
    unlink(path);
    buf_free(&image);
}

struct outcome {
    struct buf out[2];
    enum conn_state state;
};

static void drain(struct conn *c, struct outcome *o)
{
    for (int d = 0; d < 2; d++) {
        struct str ready = conn_ready(c, (enum dir)d);

        if (buf_add(&o->out[d], ready))
            __builtin_trap();
        conn_taken(c, (enum dir)d, ready.len);
    }
}

static void feed(struct conn *c, enum dir d, struct str in, size_t step,
                 struct outcome *o)
{
    while (in.len > 0) {
        struct str piece = str_head(in, step == 0 ? in.len : step);

        if (d == DIR_SEND)
            conn_send(c, piece);
        else
            conn_recv(c, piece);
        drain(c, o);
        in = str_skip(in, piece.len);
    }
    conn_end(c, d);
    drain(c, o);
}

/* A message of an AWS event stream that holds a masked id has another CRC. */
static void seal_around(struct buf *b, size_t at)
{
    for (size_t from = at; from > 0; from--) {
        const unsigned char *p = (unsigned char *)b->ptr + from - 1;
        size_t total;

        if (!es_begins(str_skip(buf_str(b), from - 1)))
            continue;
        total = (size_t)p[2] << 8 | p[3];
        if (from - 1 + total <= b->len &&
            es_seal(b->ptr + from - 1, total) != OK)
            __builtin_trap();
        return;
    }
}

/* They are random. */
static void mask_ids(struct buf *b)
{
    for (size_t i = 0; i + EXCHANGE_ID_LEN <= b->len; i++)
        if (memcmp(b->ptr + i, "sp-", 3) == 0) {
            memset(b->ptr + i, '#', EXCHANGE_ID_LEN);
            seal_around(b, i);
        }
}

static void play(struct str send, struct str recv, size_t step,
                 struct outcome *o)
{
    struct peer peer = {.host = STR("llm.test"), .door = "fuzz"};
    struct conn *c = conn_new(eng, &peer);

    if (c == NULL)
        __builtin_trap();
    buf_init(&o->out[0], 2 * (size_t)LIM_OUT);
    buf_init(&o->out[1], 2 * (size_t)LIM_OUT);
    feed(c, DIR_SEND, send, step, o);
    feed(c, DIR_RECV, recv, step, o);
    o->state = conn_state(c);
    conn_free(c);
    for (int d = 0; d < 2; d++)
        mask_ids(&o->out[d]);
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->state == b->state &&
           str_eq(buf_str(&a->out[0]), buf_str(&b->out[0])) &&
           str_eq(buf_str(&a->out[1]), buf_str(&b->out[1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = {(const char *)data, size}, send, recv;
    static const struct str mark = STR_INIT("\n----\n");
    struct outcome whole, cut;

    if (eng == NULL)
        setup();
    if (size < 1)
        return 0;
    all = str_skip(all, 1);
    send = str_head(all, str_find(all, mark));
    recv = str_skip(all, send.len + mark.len);
    if (send.len + mark.len > all.len)
        recv = STR("");
    play(send, recv, 0, &whole);
    play(send, recv, (size_t)data[0] % 64 + 1, &cut);
    if (!str_starts(send, STR("PRI * HTTP/2.0\r\n")) && !same(&whole, &cut))
        __builtin_trap();
    for (int d = 0; d < 2; d++) {
        buf_free(&whole.out[d]);
        buf_free(&cut.out[d]);
    }
    return 0;
}
