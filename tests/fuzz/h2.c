/*
 * HTTP/2 from hostile bytes: the first byte is how the rest is cut into reads;
 * then what the application says, a separator, what the network says. Laws:
 * nothing crashes, no assertion of the library fails (none is caught here), and
 * a server reads nothing that should have been redacted.
 */

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <unistd.h>

#include "flow/conn.h"
#include "rules/image.h"

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

static const struct str hosts[] = {STR_INIT("llm.test")};
static const struct provider_def provider = {
    .id = STR_INIT("generic"),
    .system = STR_INIT("test"),
    .reply = STR_INIT("openai"),
    .done = STR_INIT("[DONE]"),
    .generic = true,
    .hosts = hosts,
    .host_count = 1,
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

/* ---- The server that reads what was let out ------------------------------ */

#define STREAMS 64

struct reader {
    nghttp2_session *session;
    struct buf body[STREAMS]; /* by (id - 1) / 2 */
};

static bool is_key(struct str s)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    if (s.len < 12 || !str_starts(s, STR("key-")))
        return false;
    for (size_t i = 4; i < 12; i++)
        if (memchr(alphabet, s.ptr[i], sizeof(alphabet) - 1) == NULL)
            return false;
    return true;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
                   const uint8_t *p, size_t n, void *user)
{
    struct reader *r = user;

    (void)session, (void)flags;
    if (id / 2 < STREAMS &&
        buf_add(&r->body[id / 2], (struct str){(const char *)p, n}))
        __builtin_trap();
    return 0;
}

static void reader_begin(struct reader *r)
{
    nghttp2_session_callbacks *cb;

    if (nghttp2_session_callbacks_new(&cb))
        __builtin_trap();
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
    if (nghttp2_session_server_new(&r->session, cb, r))
        __builtin_trap();
    nghttp2_session_callbacks_del(cb);
    for (size_t i = 0; i < STREAMS; i++)
        buf_init(&r->body[i], LIM_OUT);
}

static void reader_end(struct reader *r)
{
    nghttp2_session_del(r->session);
    for (size_t i = 0; i < STREAMS; i++) {
        struct str s = buf_str(&r->body[i]);

        for (; s.len > 0; s = str_skip(s, 1))
            if (is_key(s))
                __builtin_trap();
        buf_free(&r->body[i]);
    }
}

/* ---- The connection ----------------------------------------------------- */

static void drain(struct conn *c, struct reader *r)
{
    for (int d = 0; d < 2; d++) {
        struct str ready;

        while ((ready = conn_ready(c, (enum dir)d)).len > 0) {
            if (d == DIR_SEND)
                (void)!nghttp2_session_mem_recv(
                    r->session, (const uint8_t *)ready.ptr, ready.len);
            conn_taken(c, (enum dir)d, ready.len);
        }
    }
}

static void feed(struct conn *c, enum dir d, struct str in, size_t step,
                 struct reader *r)
{
    while (in.len > 0) {
        struct str piece = str_head(in, step);

        if (d == DIR_SEND)
            conn_send(c, piece);
        else
            conn_recv(c, piece);
        drain(c, r);
        in = str_skip(in, piece.len);
    }
}

static void play(struct str send, struct str recv, size_t step)
{
    struct peer peer = {.host = STR("llm.test"), .door = "fuzz"};
    struct conn *c = conn_new(eng, &peer);
    struct reader r;

    if (c == NULL)
        __builtin_trap();
    reader_begin(&r);
    feed(c, DIR_SEND, send, step, &r);
    feed(c, DIR_RECV, recv, step, &r);
    conn_end(c, DIR_RECV);
    drain(c, &r);
    conn_end(c, DIR_SEND);
    drain(c, &r);
    conn_free(c);
    reader_end(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = {(const char *)data, size}, send, recv;
    static const struct str mark = STR_INIT("\n----\n");

    if (eng == NULL)
        setup();
    if (size < 1)
        return 0;
    all = str_skip(all, 1);
    send = str_head(all, str_find(all, mark));
    recv = str_skip(all, send.len + mark.len);
    if (send.len + mark.len > all.len)
        recv = STR("");
    play(send, recv, all.len + 1);
    play(send, recv, (size_t)data[0] % 64 + 1);
    return 0;
}
