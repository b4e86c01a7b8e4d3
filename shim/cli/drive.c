#include <stdio.h>

#include "base/limits.h"
#include "cli/replay.h"

struct str request_host(struct str request)
{
    struct str rest = request, line;

    do {
        line = str_split(&rest, '\n');
        if (line.len >= 5 && str_eq_nocase(str_head(line, 5), STR("host:"))) {
            line = str_skip(line, 5);
            if (line.len > 0 && line.ptr[line.len - 1] == '\r')
                line.len--;
            return str_trim(line);
        }
    } while (rest.ptr != NULL && line.len > 1);
    return STR("");
}

bool peer_from(struct str text, struct peer *ret_peer)
{
    size_t colon = text.len;
    uint64_t port = 0;

    for (size_t i = text.len; i > 0 && text.ptr[i - 1] != ']'; i--)
        if (text.ptr[i - 1] == ':') {
            colon = i - 1;
            break;
        }
    if (colon < text.len && (str_u64(str_skip(text, colon + 1), &port) ||
                             port == 0 || port > 65535))
        return false;
    ret_peer->port = (uint16_t)port;
    ret_peer->host = str_head(text, colon);
    return ret_peer->host.len > 0;
}

void outcome_init(struct outcome *o)
{
    *o = (struct outcome){0};
    buf_init(&o->net, 4 * (size_t)LIM_REPLAY);
    buf_init(&o->app, 4 * (size_t)LIM_REPLAY);
}

void outcome_free(struct outcome *o)
{
    buf_free(&o->net);
    buf_free(&o->app);
}

/* SplitMix64 (Steele, Lea, Flood 2014): the same pieces on every machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Length of the next piece, at offset off of the text. Small pieces are as
 * likely as large ones: up to a power of two that is drawn first. */
static size_t piece(const struct cuts *cuts, uint64_t *state, size_t cut,
                    size_t off, size_t rest)
{
    size_t n = rest;

    if (cuts->random) {
        uint64_t r = next_random(state);

        n = 1 + (size_t)((r >> 8) & ((1u << (r & 15)) - 1));
    } else if (cuts->step > 0) {
        n = cuts->step;
    } else if (off < cut) {
        n = cut - off;
    }
    return n < rest ? n : rest;
}

static enum err take(const struct engine_api *api, struct conn *c, enum dir d,
                     struct buf *out)
{
    struct str ready = api->conn_ready(c, d);
    enum err e;

    if (ready.len == 0)
        return OK;
    if ((e = buf_add(out, ready)))
        return e;
    api->conn_taken(c, d, ready.len);
    return OK;
}

static enum err drain(const struct engine_api *api, struct conn *c,
                      struct outcome *o)
{
    enum err e = take(api, c, DIR_SEND, &o->net);

    return e ? e : take(api, c, DIR_RECV, &o->app);
}

static bool is_open(const struct engine_api *api, const struct conn *c)
{
    enum conn_state state = api->conn_state(c);

    return state == CONN_OPEN || state == CONN_PASS;
}

static enum err feed(const struct drive *d, struct conn *c, enum dir dir,
                     const struct cuts *cuts, struct outcome *o)
{
    struct str text = dir == DIR_SEND ? d->request : d->response;
    size_t cut = dir == DIR_SEND ? cuts->send_at : cuts->recv_at;
    uint64_t state = cuts->seed + (dir == DIR_RECV);
    enum err e;

    for (size_t off = 0; off < text.len && is_open(d->api, c);) {
        size_t n = piece(cuts, &state, cut, off, text.len - off);
        struct str more = {text.ptr + off, n};

        if (dir == DIR_SEND)
            d->api->conn_send(c, more);
        else
            d->api->conn_recv(c, more);
        if ((e = drain(d->api, c, o)))
            return e;
        off += n;
    }
    return OK;
}

enum err drive_run(const struct drive *d, const struct cuts *cuts,
                   struct outcome *o)
{
    struct conn *c = d->api->conn_new(d->engine, &d->peer);
    enum err e;

    if (c == NULL)
        return E_NOMEM;
    buf_clear(&o->net);
    buf_clear(&o->app);
    if ((e = feed(d, c, DIR_SEND, cuts, o)) ||
        (e = feed(d, c, DIR_RECV, cuts, o)))
        goto out;
    d->api->conn_end(c, DIR_SEND);
    if ((e = drain(d->api, c, o)))
        goto out;
    d->api->conn_end(c, DIR_RECV);
    e = drain(d->api, c, o);
    o->state = d->api->conn_state(c);
    snprintf(o->why, sizeof(o->why), "%s", d->api->conn_why(c));
out:
    d->api->conn_free(c);
    return e;
}

/* "sp-" and 26 characters of base 32. */
#define ID_LEN 29

static bool is_id(struct str s)
{
    if (s.len < ID_LEN || !str_starts(s, STR("sp-")))
        return false;
    for (size_t i = 3; i < ID_LEN; i++)
        if (!is_digit(s.ptr[i]) && !(s.ptr[i] >= 'a' && s.ptr[i] <= 'z'))
            return false;
    return true;
}

static bool bytes_same(struct str a, struct str b)
{
    size_t i = 0;

    if (str_eq(a, b))
        return true;
    if (a.len != b.len)
        return false;
    while (i < a.len)
        if (is_id(str_skip(a, i)) && is_id(str_skip(b, i)))
            i += ID_LEN;
        else if (a.ptr[i] != b.ptr[i])
            return false;
        else
            i++;
    return true;
}

bool outcome_same(const struct outcome *a, const struct outcome *b)
{
    return a->state == b->state &&
           bytes_same(buf_str(&a->net), buf_str(&b->net)) &&
           bytes_same(buf_str(&a->app), buf_str(&b->app));
}
