/*
 * A toy engine for tests of the shim: the real interface, no rules.
 *
 * Hosts "pass.test" and names that start with "pass." are not watched. A
 * request is held until its head and Content-Length body are complete; then
 *
 *   BLOCKME      the connection is blocked, with a 403 in the queue
 *   FAILME       the connection has failed
 *   LONGWORD     becomes "a-much-longer-word", SHORTWORD "s"; Content-Length
 *                follows
 * A request whose head holds "x-pass: 1" turns the connection to CONN_PASS.
 *
 * Of a response the last 7 bytes are held back until more comes or the end, as
 * an engine does that looks for a pattern; TOYECHO (as long as it is) becomes
 * toyecho, and CUTHERE blocks in the middle, with an ending of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/api.h"

#define EXPORT __attribute__((visibility("default")))

struct bytes {
    char *ptr;
    size_t len, cap;
};

struct conn {
    enum conn_state state;
    struct bytes in;     /* a request that is not complete */
    struct bytes held;   /* the tail of a response         */
    struct bytes out[2]; /* by direction                   */
};

static struct str none = {NULL, 0};
static char the_engine;

static void add(struct bytes *b, const char *p, size_t n)
{
    if (b->len + n > b->cap) {
        b->cap = (b->len + n) * 2;
        b->ptr = realloc(b->ptr, b->cap);
        if (!b->ptr)
            abort();
    }
    if (n > 0)
        memcpy(b->ptr + b->len, p, n);
    b->len += n;
}

static void drop(struct bytes *b, size_t n)
{
    if (n > 0)
        memmove(b->ptr, b->ptr + n, b->len - n);
    b->len -= n;
}

static const char *find(const char *p, size_t n, const char *word)
{
    return n ? memmem(p, n, word, strlen(word)) : NULL;
}

static enum err engine_open(const struct engine_config *cfg,
                            struct engine **ret, char *why, size_t size)
{
    if (cfg->policy && strstr(cfg->policy, "broken")) {
        snprintf(why, size, "%s: no image", cfg->policy);
        return E_SYNTAX;
    }
    *ret = (struct engine *)(void *)&the_engine;
    return OK;
}

static void engine_close(struct engine *eng)
{
    (void)eng;
}

/* The toy reads HTTP/1 alone. */
static bool engine_http2(const struct engine *eng)
{
    (void)eng;
    return false;
}

static bool engine_refuses(const struct engine *eng, enum doubt doubt)
{
    (void)eng, (void)doubt;
    return true;
}

static bool engine_watches(const struct engine *eng, struct str host,
                           uint16_t port)
{
    (void)eng, (void)port;
    return !(host.len >= 5 && !memcmp(host.ptr, "pass.", 5));
}

static struct conn *conn_new(struct engine *eng, const struct peer *peer)
{
    struct conn *c = calloc(1, sizeof(*c));

    if (c && !engine_watches(eng, peer->host, peer->port))
        c->state = CONN_PASS;
    return c;
}

static void conn_free(struct conn *c)
{
    free(c->in.ptr);
    free(c->held.ptr);
    free(c->out[0].ptr);
    free(c->out[1].ptr);
    free(c);
}

static void block(struct conn *c)
{
    static const char answer[] =
        "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n"
        "Content-Length: 35\r\nx-should-retry: false\r\n"
        "Connection: close\r\n\r\n{\"error\":{\"code\":\"policy_block\"}}\r\n";

    c->state = CONN_BLOCKED;
    add(&c->out[DIR_RECV], answer, sizeof(answer) - 1);
}

/* Copies the body with the words exchanged. */
static void edit(struct bytes *to, const char *p, size_t n)
{
    static const char *const words[][2] = {{"LONGWORD", "a-much-longer-word"},
                                           {"SHORTWORD", "s"}};

    while (n > 0) {
        size_t k = 0, w;

        for (w = 0; w < 2; w++) {
            k = strlen(words[w][0]);
            if (n >= k && !memcmp(p, words[w][0], k))
                break;
        }
        if (w < 2) {
            add(to, words[w][1], strlen(words[w][1]));
        } else {
            k = 1;
            add(to, p, 1);
        }
        p += k;
        n -= k;
    }
}

static void request(struct conn *c, size_t head, size_t body)
{
    const char *p = c->in.ptr;
    const char *field;
    struct bytes now = {NULL, 0, 0};
    char number[32];

    if (find(p, head, "x-pass: 1"))
        c->state = CONN_PASS;
    field = find(p, head, "Content-Length:");
    if (!field)
        field = find(p, head, "content-length:");
    if (find(p, head + body, "BLOCKME")) {
        block(c);
    } else if (find(p, head + body, "FAILME")) {
        c->state = CONN_FAILED;
    } else if (!field) {
        add(&c->out[DIR_SEND], p, head + body);
    } else {
        const char *end = memchr(field, '\r', (size_t)(p + head - field));

        edit(&now, p + head, body);
        add(&c->out[DIR_SEND], p, (size_t)(field - p) + 15);
        add(&c->out[DIR_SEND], number,
            (size_t)snprintf(number, sizeof(number), " %zu", now.len));
        add(&c->out[DIR_SEND], end, (size_t)(p + head - end));
        add(&c->out[DIR_SEND], now.ptr, now.len);
        free(now.ptr);
    }
}

static void conn_send(struct conn *c, struct str s)
{
    if (c->state == CONN_PASS) {
        add(&c->out[DIR_SEND], s.ptr, s.len);
        return;
    }
    if (c->state != CONN_OPEN)
        return;
    add(&c->in, s.ptr, s.len);
    while (c->in.len > 0 && c->state == CONN_OPEN) {
        const char *end = find(c->in.ptr, c->in.len, "\r\n\r\n");
        size_t head = end ? (size_t)(end + 4 - c->in.ptr) : 0, body = 0;
        const char *field;

        if (!end)
            return;
        field = find(c->in.ptr, head, "Content-Length:");
        if (!field)
            field = find(c->in.ptr, head, "content-length:");
        if (field)
            body = (size_t)strtoull(field + 15, NULL, 10);
        if (c->in.len < head + body)
            return;
        request(c, head, body);
        drop(&c->in, head + body);
    }
}

static void release(struct conn *c, size_t n)
{
    char *p;

    while ((p = (char *)(uintptr_t)find(c->held.ptr, c->held.len, "TOYECHO")))
        memcpy(p, "toyecho", 7);
    if ((p = (char *)(uintptr_t)find(c->held.ptr, c->held.len, "CUTHERE"))) {
        add(&c->out[DIR_RECV], c->held.ptr, (size_t)(p - c->held.ptr));
        add(&c->out[DIR_RECV], "[cut]", 5);
        c->held.len = 0;
        c->state = CONN_BLOCKED;
        return;
    }
    if (n > c->held.len)
        n = c->held.len;
    add(&c->out[DIR_RECV], c->held.ptr, n);
    drop(&c->held, n);
}

/* Without framing: a response ends where its last byte is a newline. */
static void conn_recv(struct conn *c, struct str s)
{
    size_t keep = 6;

    if (c->state == CONN_BLOCKED || c->state == CONN_FAILED)
        return;
    add(c->state == CONN_PASS ? &c->out[DIR_RECV] : &c->held, s.ptr, s.len);
    if (c->held.len > 0 && c->held.ptr[c->held.len - 1] == '\n')
        keep = 0;
    release(c, c->held.len > keep ? c->held.len - keep : 0);
}

static void conn_end(struct conn *c, enum dir d)
{
    if (d == DIR_RECV && c->state != CONN_BLOCKED)
        release(c, c->held.len);
    if (d == DIR_SEND) {
        add(&c->out[DIR_SEND], c->in.ptr, c->in.len);
        c->in.len = 0;
    }
}

static struct str conn_ready(const struct conn *c, enum dir d)
{
    return c->out[d].len ? (struct str){c->out[d].ptr, c->out[d].len} : none;
}

static void conn_taken(struct conn *c, enum dir d, size_t n)
{
    drop(&c->out[d], n);
}

static enum conn_state conn_state(const struct conn *c)
{
    return c->state;
}

static const char *conn_why(const struct conn *c)
{
    return c->state == CONN_FAILED || c->state == CONN_BLOCKED
               ? "toy engine: refused for a test"
               : "";
}

extern const struct engine_api sallyport_engine_api;
EXPORT const struct engine_api sallyport_engine_api = {
    .version = ENGINE_API_VERSION,
    .engine_open = engine_open,
    .engine_close = engine_close,
    .engine_watches = engine_watches,
    .engine_http2 = engine_http2,
    .engine_refuses = engine_refuses,
    .conn_new = conn_new,
    .conn_free = conn_free,
    .conn_send = conn_send,
    .conn_recv = conn_recv,
    .conn_end = conn_end,
    .conn_ready = conn_ready,
    .conn_taken = conn_taken,
    .conn_state = conn_state,
    .conn_why = conn_why,
};
