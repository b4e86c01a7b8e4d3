#include "flow/relay.h"

#include <stdlib.h>

#include "rules/rule.h"
#include "wire/ndjson.h"
#include "wire/rechunk.h"
#include "wire/sse.h"

/* A comment that has overtaken what was held: its bytes at their old place. */
struct overtaken {
    uint64_t at; /* offset in the content */
    size_t len;
};

struct relay {
    struct relay_config config;
    bool rechunk; /* the original chunks are kept where nothing changes   */
    struct rechunk chunks;
    struct decoder *decoder; /* owned; NULL for identity                  */
    struct buf decoded;
    struct sse sse;
    struct ndjson lines;
    struct delta *delta;     /* owned                                         */
    uint64_t passed;         /* offset in the content: all before has left    */
    struct buf skips;        /* of struct overtaken, in order                 */
    uint64_t skipped;        /* their bytes together                          */
    struct buf map;          /* of struct delta_line: the event in work       */
    const struct rule *rule; /* that blocked                              */
    bool changed, over, failed;
};

enum err relay_new(const struct relay_config *config, struct relay **ret_relay)
{
    struct delta_config dc = {
        .provider = config->ex->provider,
        .rules = config->ex->eng->rules,
        .scratch = config->scratch,
        .host = config->host,
        .ahead_ok = true,
    };
    struct relay *r = calloc(1, sizeof(*r));
    enum err e;

    if (r == NULL)
        return E_NOMEM;
    r->config = *config;
    r->rechunk = config->chunked && config->coding == CODING_IDENTITY;
    rechunk_init(&r->chunks);
    sse_init(&r->sse, LIM_EVENT);
    ndjson_init(&r->lines, LIM_EVENT);
    buf_init(&r->decoded, LIM_DECODED);
    buf_init(&r->skips, LIM_HELD_RAW);
    buf_init(&r->map, LIM_EVENT * sizeof(struct delta_line));
    e = delta_new(&dc, &r->delta);
    if (!e && config->coding != CODING_IDENTITY)
        e = decoder_new(config->coding, LIM_DECODED, &r->decoder);
    if (e) {
        relay_free(r);
        return e;
    }
    *ret_relay = r;
    return OK;
}

/* In the framing of the output. `taken` original bytes have become these. */
static enum err put_framed(struct relay *r, struct str bytes, size_t taken,
                           bool same, struct buf *out)
{
    if (!same)
        r->changed = true;
    if (r->rechunk)
        return rechunk_put(&r->chunks, bytes, taken, same, out);
    return r->config.chunked ? rechunk_chunk(bytes, out) : buf_add(out, bytes);
}

/* Places whose comments have left before: nothing stands there any more. */
static enum err put_skips(struct relay *r, struct buf *out)
{
    struct overtaken skip;
    enum err e;

    while (r->skips.len >= sizeof(skip)) {
        memcpy(&skip, r->skips.ptr, sizeof(skip));
        if (skip.at != r->passed)
            break;
        buf_drop(&r->skips, sizeof(skip));
        r->skipped -= skip.len;
        r->passed += skip.len;
        if ((e = put_framed(r, STR(""), skip.len, false, out)))
            return e;
    }
    return OK;
}

/* A chunk of its own between those in order; what leaves is whole chunks. */
static enum err put_ahead(struct relay *r, const struct delta_out *o,
                          struct buf *out)
{
    struct overtaken skip = {.len = o->taken}, last;
    enum err e;

    /* Held are the events before it, and comments that overtook them. */
    skip.at = r->passed + delta_held(r->delta) + r->skipped;
    if (r->skips.len >= sizeof(last)) {
        memcpy(&last, r->skips.ptr + r->skips.len - sizeof(last), sizeof(last));
        if (last.at + last.len == skip.at) { /* one place for a row of them */
            skip = (struct overtaken){last.at, last.len + skip.len};
            r->skips.len -= sizeof(last);
        }
    }
    if ((e = buf_add(&r->skips,
                     (struct str){(const char *)&skip, sizeof(skip)})))
        return e;
    r->skipped += o->taken;
    r->changed = true;
    return r->config.chunked ? rechunk_chunk(o->bytes, out)
                             : buf_add(out, o->bytes);
}

void relay_note(struct delta *d, struct exchange *ex)
{
    struct finding f;
    struct scope where;

    while (delta_finding(d, &f, &where))
        exchange_finding(ex, &f, &where);
}

void relay_note_facts(const struct delta *d, struct exchange *ex)
{
    const struct news *news;
    size_t n = delta_news(d, &news);

    for (size_t i = 0; i < n; i++)
        news_add(ex->news, &ex->news_count,
                 (struct str){news[i].word, news[i].len});
    ex->quarters[DIR_RECV] = delta_quarters(d);
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        struct str value = delta_fact(d, (enum fact)i);

        if (value.len > 0)
            exchange_fact(ex, DIR_RECV, (enum fact)i, value);
    }
}

static struct stream_facts ending_facts(const struct exchange *ex,
                                        const struct delta *d, uint64_t *open,
                                        size_t max)
{
    const struct str *facts = ex->facts[DIR_RECV];
    struct stream_facts f = {
        .id = facts[FACT_ID],
        .model = facts[FACT_MODEL],
        .created = facts[FACT_CREATED],
        .output_tokens = facts[FACT_OUTPUT_TOKENS],
        .open = open,
        .open_count = delta_open(d, open, max),
    };
    uint64_t last;

    if (facts[FACT_SEQUENCE].len > 0 &&
        str_u64(facts[FACT_SEQUENCE], &last) == OK)
        f.sequence = last + 1;
    return f;
}

enum err relay_ending(struct exchange *ex, const struct delta *d,
                      const struct rule *rule, enum stream_kind kind,
                      struct buf *out)
{
    uint64_t open[128];
    struct refusal refusal = {
        .shape = ex->provider->ending,
        .exchange = str_of(ex->id),
    };
    bool soft = rule != NULL && rule->reply == REPLY_SOFT;
    struct stream_facts facts;
    struct buf why;
    enum err e;

    relay_note_facts(d, ex);
    exchange_clean(ex);
    facts = ending_facts(ex, d, open, ARRAY_LEN(open));
    refusal.rule = exchange_rule(ex);
    refusal.call = ex->facts[DIR_RECV][FACT_CALL];
    if (refusal.call.len == 0) /* no answer to it has begun */
        refusal.call = ex->facts[DIR_SEND][FACT_CALL];
    buf_init(&why, 1024);
    if (!(e = exchange_why(ex, &why))) {
        refusal.text = buf_str(&why);
        e = refuse_ending(&refusal, soft ? ENDING_SOFT : ENDING_HARD, kind,
                          &facts, out);
    }
    buf_free(&why);
    return e;
}

static enum err put_ending(struct relay *r, struct buf *out)
{
    struct buf ending;
    enum err e;

    buf_init(&ending, RELAY_ENDING);
    if (!(e = relay_ending(r->config.ex, r->delta, r->rule, r->config.kind,
                           &ending)))
        e = put_framed(r, buf_str(&ending), 0, false, out);
    if (!e && r->rechunk)
        e = rechunk_stop(&r->chunks, out);
    else if (!e && r->config.chunked)
        e = buf_add(out, STR("0\r\n\r\n"));
    buf_free(&ending);
    return e;
}

/* Blocked: what was decided has left, now the provider's own way to end. */
static void finish_blocked(struct relay *r, struct buf *out)
{
    r->over = true;
    r->failed = put_ending(r, out) != OK;
}

static void fail(struct relay *r, enum cond cond, struct buf *out)
{
    struct exchange *ex = r->config.ex;

    exchange_cond(ex, cond, "in a stream");
    if (!exchange_blocked(ex)) /* nothing sound can follow */
        exchange_cond(ex, COND_STREAM_LIMIT, NULL);
    finish_blocked(r, out);
}

/* All that may leave now. */
static void drain(struct relay *r, struct buf *out)
{
    struct delta_out o;
    enum err e = OK;

    while (!e && delta_next(r->delta, &o) == OK) {
        if (o.ahead) {
            e = put_ahead(r, &o, out);
            continue;
        }
        r->passed += o.taken;
        e = put_framed(r, o.bytes, o.taken, o.same, out);
        if (!e && o.block != NULL) {
            r->rule = o.block;
            relay_note(r->delta, r->config.ex);
            finish_blocked(r, out);
            return;
        }
        if (!e)
            e = put_skips(r, out);
    }
    relay_note(r->delta, r->config.ex);
    if (e)
        fail(r, e == E_NOMEM ? COND_NOMEM : COND_STREAM_LIMIT, out);
}

static void put_event(struct relay *r, struct delta_event *event,
                      struct buf *out)
{
    enum err e = delta_put(r->delta, event);

    if (e == E_SYNTAX || e == E_AMBIGUOUS) {
        exchange_cond(r->config.ex, COND_JSON_INVALID, "in a stream");
        if (exchange_blocked(r->config.ex)) {
            finish_blocked(r, out);
            return;
        }
        event->opaque = true;
        e = delta_put(r->delta, event);
    }
    if (e)
        fail(r, cond_of(e, COND_INTERNAL, COND_STREAM_LIMIT), out);
    else
        drain(r, out);
}

/* The same table in the words of the llm room, which knows no wire. */
static enum err map_lines(struct relay *r, const struct sse_event *sse)
{
    buf_clear(&r->map);
    for (size_t i = 0; i < sse->line_count; i++) {
        struct delta_line line = {.data_off = sse->lines[i].data_off,
                                  .raw_off = sse->lines[i].raw_off,
                                  .len = sse->lines[i].len};
        enum err e;

        if ((e = buf_add(&r->map,
                         (struct str){(const char *)&line, sizeof(line)})))
            return e;
    }
    return OK;
}

static void put_sse(struct relay *r, const struct sse_event *sse,
                    struct buf *out)
{
    struct delta_event event = {
        .raw = sse->raw,
        .data = sse->data,
        .line_count = sse->line_count,
        .plain = sse->kind == SSE_COMMENT || sse->line_count == 0,
    };
    enum err e;

    if ((e = map_lines(r, sse))) {
        fail(r, cond_of(e, COND_INTERNAL, COND_STREAM_LIMIT), out);
        return;
    }
    event.lines = (const struct delta_line *)(const void *)r->map.ptr;
    put_event(r, &event, out);
}

static void put_line(struct relay *r, struct str raw, struct str line,
                     struct buf *out)
{
    struct delta_line at = {.len = line.len};
    struct delta_event event = {
        .raw = raw,
        .data = line,
        .lines = &at,
        .line_count = 1,
        .plain = str_trim(line).len == 0,
    };

    put_event(r, &event, out);
}

/* Errors of a reader of events: too long, not UTF-8, out of memory. */
static void reader_error(struct relay *r, enum err e, struct buf *out)
{
    if (e != OK && e != E_AGAIN && !r->over)
        fail(r, cond_of(e, COND_JSON_INVALID, COND_STREAM_LIMIT), out);
}

static void read_events(struct relay *r, struct str in, struct buf *out)
{
    struct sse_event sse;
    struct str raw, line;
    enum err e = OK;

    if (r->config.kind == STREAM_SSE)
        while (!r->over && (e = sse_next(&r->sse, &in, &sse)) == OK)
            put_sse(r, &sse, out);
    else
        while (!r->over && (e = ndjson_next(&r->lines, &in, &raw, &line)) == OK)
            put_line(r, raw, line, out);
    reader_error(r, e, out);
}

void relay_line(struct relay *r, struct str line, uint64_t size,
                struct buf *out)
{
    if (r->over || !r->rechunk)
        return;
    if (rechunk_line(&r->chunks, line, size))
        fail(r, COND_STREAM_LIMIT, out);
}

void relay_content(struct relay *r, struct str bytes, struct buf *out)
{
    enum err e;

    if (r->over)
        return;
    if (r->decoder == NULL) {
        read_events(r, bytes, out);
        return;
    }
    r->changed = true;
    buf_clear(&r->decoded);
    if ((e = decoder_feed(r->decoder, bytes, &r->decoded)))
        fail(r, cond_of(e, COND_CODING, COND_CODING), out);
    else
        read_events(r, buf_str(&r->decoded), out);
}

/* The event or line that has no end, and all that is held. */
static void flush(struct relay *r, struct buf *out)
{
    struct sse_event sse;
    struct str raw, line;
    enum err e;

    if (r->over)
        return;
    if (r->config.kind == STREAM_SSE) {
        if ((e = sse_end(&r->sse, &sse)) == OK)
            put_sse(r, &sse, out);
    } else if ((e = ndjson_end(&r->lines, &raw, &line)) == OK) {
        put_line(r, raw, line, out);
    }
    reader_error(r, e, out);
    if (r->over)
        return;
    if ((e = delta_end(r->delta)))
        fail(r, cond_of(e, COND_INTERNAL, COND_STREAM_LIMIT), out);
    else
        drain(r, out);
}

void relay_end(struct relay *r, struct str tail, struct buf *out)
{
    enum err e = OK;

    if (!r->over && r->decoder != NULL && decoder_end(r->decoder))
        fail(r, COND_CODING, out);
    flush(r, out);
    if (r->over)
        return;
    if (r->rechunk)
        e = rechunk_end(&r->chunks, tail, out);
    else if (r->config.chunked)
        e = buf_add(out, tail);
    if (e)
        fail(r, e == E_NOMEM ? COND_NOMEM : COND_STREAM_LIMIT, out);
}

void relay_cut(struct relay *r, struct buf *out)
{
    flush(r, out);
}

void relay_free(struct relay *r)
{
    if (r == NULL)
        return;
    if (r->delta != NULL)
        relay_note_facts(r->delta, r->config.ex);
    rechunk_free(&r->chunks);
    decoder_free(r->decoder);
    buf_wipe_free(&r->decoded);
    sse_free(&r->sse);
    ndjson_free(&r->lines);
    delta_free(r->delta);
    buf_free(&r->skips);
    buf_free(&r->map);
    free(r);
}

bool relay_over(const struct relay *r, bool *ret_failed)
{
    *ret_failed = r->failed;
    return r->over;
}

bool relay_changed(const struct relay *r)
{
    return r->changed;
}
