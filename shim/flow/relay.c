#include "flow/relay.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "rules/rule.h"
#include "wire/rechunk.h"

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
    struct frames frames;
    struct delta *delta;     /* owned                                         */
    struct buf clean;        /* headers of an event in which nothing is       */
    uint64_t passed;         /* offset in the content: all before has left    */
    struct buf skips;        /* of struct overtaken, in order                 */
    uint64_t skipped;        /* their bytes together                          */
    const struct rule *rule; /* that blocked                              */
    bool changed, over, failed;
};

enum err relay_new(const struct relay_config *config, struct relay **ret_relay)
{
    const struct engine *eng = config->ex->eng;
    bool lines = config->kind == FRAMES_TEXTS;
    struct delta_config dc = {
        .provider =
            lines ? providers_lines(eng->providers) : config->ex->provider,
        .rules = eng->rules,
        .scratch = config->scratch,
        .host = config->host,
        .restorer = pseudonyms_restorer(&eng->pseudonyms),
        .known = &config->ex->known,
        .ahead_ok = config->kind == FRAMES_SSE || config->kind == FRAMES_LINES,
        .whole = lines,
    };
    struct relay *r = calloc(1, sizeof(*r));
    enum err e;

    if (r == NULL)
        return E_NOMEM;
    r->config = *config;
    r->rechunk = config->chunked && config->coding == CODING_IDENTITY;
    rechunk_init(&r->chunks);
    frames_init(&r->frames, config->kind, config->ex->provider);
    buf_init(&r->decoded, LIM_DECODED);
    buf_init(&r->skips, LIM_HELD_RAW);
    buf_init(&r->clean, LIM_EVENT);
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
    struct buf ending, framed;
    enum err e;

    buf_init(&ending, RELAY_ENDING);
    buf_init(&framed, 2 * RELAY_ENDING);
    if (!(e = relay_ending(r->config.ex, r->delta, r->rule,
                           frames_form(&r->frames), &ending)) &&
        !(e = frames_ending(&r->frames, buf_str(&ending), &framed)))
        e = put_framed(r, buf_str(&framed), 0, false, out);
    if (!e && r->rechunk)
        e = rechunk_stop(&r->chunks, out);
    else if (!e && r->config.chunked)
        e = buf_add(out, STR("0\r\n\r\n"));
    buf_free(&ending);
    buf_free(&framed);
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

    relay_note(r->delta, ex);
    exchange_cond(ex, cond, "in a stream");
    if (!exchange_blocked(ex)) /* nothing sound can follow */
        exchange_cond(ex, COND_STREAM_LIMIT, NULL);
    finish_blocked(r, out);
}

static enum err put_event_out(struct relay *r, const struct delta_out *o,
                              struct buf *out)
{
    struct str bytes;
    size_t taken;
    enum err e;

    if ((e = frames_leave(&r->frames, o, &bytes, &taken)))
        return e;
    r->passed += taken;
    return put_framed(r, bytes, taken, o->same, out);
}

/* Of what went in not all was decoded. False: then none of it leaves. */
static bool capped_passes(struct relay *r, struct buf *out)
{
    struct exchange *ex = r->config.ex;

    if (!delta_capped(r->delta))
        return true;
    exchange_cond(ex, COND_DECODE_CAPPED, "in a stream");
    if (!exchange_blocked(ex))
        return true;
    relay_note(r->delta, ex);
    finish_blocked(r, out);
    return false;
}

/* All that may leave now. */
static void drain(struct relay *r, struct buf *out)
{
    struct delta_out o;
    enum err e = OK;

    if (!capped_passes(r, out))
        return;
    while (!e && delta_next(r->delta, &o) == OK) {
        if (o.ahead) {
            e = put_ahead(r, &o, out);
            continue;
        }
        e = put_event_out(r, &o, out);
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

/* Findings in the texts of an event's headers, which are not edited. */
static enum err scan_header(struct relay *r, struct str text)
{
    struct exchange *ex = r->config.ex;
    struct scope where = {.dir = DIR_RECV,
                          .role = ROLE_ASSISTANT,
                          .part = PART_OTHER,
                          .host = r->config.host,
                          .known = &ex->known};
    struct findings found;
    enum err e;

    findings_init(&found);
    e = rules_scan(ex->eng->rules, r->config.scratch, &where, text, 0, &found);
    for (size_t i = 0; !e && i < found.count; i++) {
        exchange_finding(ex, &found.list[i], &where);
        if (rules_action(ex->eng->rules, found.list[i].rule) == ACTION_REDACT)
            exchange_cond(ex, COND_UNEDITABLE, "a header of an event");
    }
    findings_free(&found);
    return e;
}

/* False: blocked. Most events have the headers of the one before. */
static bool headers_pass(struct relay *r, struct str headers, struct buf *out)
{
    struct str rest = headers;
    struct es_header h;
    enum err e = OK;

    if (headers.len == 0 || str_eq(headers, buf_str(&r->clean)))
        return true;
    while (!e && es_header_next(&rest, &h))
        if (h.type == ES_STRING || (h.type == ES_BYTES && utf8_valid(h.value)))
            e = scan_header(r, h.value);
    buf_clear(&r->clean);
    if (e || (e = buf_add(&r->clean, headers)))
        fail(r, cond_of(e, COND_RULE_ERROR, COND_RULE_ERROR), out);
    else if (exchange_blocked(r->config.ex))
        finish_blocked(r, out);
    return !r->over;
}

static void put_event(struct relay *r, struct frames_item *item,
                      struct buf *out)
{
    enum err e;

    if (!headers_pass(r, item->headers, out))
        return;
    e = item->broken ? E_SYNTAX : delta_put(r->delta, &item->event);
    if (e == E_SYNTAX || e == E_AMBIGUOUS) {
        exchange_cond(r->config.ex, COND_JSON_INVALID, "in a stream");
        if (exchange_blocked(r->config.ex)) {
            finish_blocked(r, out);
            return;
        }
        item->event.opaque = true;
        e = delta_put(r->delta, &item->event);
    }
    if (e)
        fail(r, cond_of(e, COND_INTERNAL, COND_STREAM_LIMIT), out);
    else
        drain(r, out);
}

/* Errors of a reader of events: too long, not of the framing, no memory. */
static void reader_error(struct relay *r, enum err e, struct buf *out)
{
    bool aws = r->config.kind == FRAMES_AWS;

    if (e != OK && e != E_AGAIN && !r->over)
        fail(r,
             cond_of(e, aws ? COND_EVENT_STREAM : COND_JSON_INVALID,
                     COND_STREAM_LIMIT),
             out);
}

static void read_events(struct relay *r, struct str in, struct buf *out)
{
    struct frames_item item;
    enum err e = OK;

    while (!r->over && (e = frames_next(&r->frames, &in, &item)) == OK)
        put_event(r, &item, out);
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

/* All that is held. */
static void flush(struct relay *r, struct buf *out)
{
    enum err e;

    if (r->over)
        return;
    if ((e = delta_end(r->delta)))
        fail(r, cond_of(e, COND_INTERNAL, COND_STREAM_LIMIT), out);
    else
        drain(r, out);
}

/* The event or line that has no end. */
static void read_last(struct relay *r, struct buf *out)
{
    struct frames_item item;
    enum err e;

    if (r->over)
        return;
    if ((e = frames_end(&r->frames, &item)) == OK)
        put_event(r, &item, out);
    reader_error(r, e, out);
}

void relay_end(struct relay *r, struct str tail, struct buf *out)
{
    enum err e = OK;

    if (!r->over && r->decoder != NULL && decoder_end(r->decoder))
        fail(r, COND_CODING, out);
    read_last(r, out);
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

/* Half a line may be read by somebody; half an element or message is none. */
void relay_cut(struct relay *r, struct buf *out)
{
    if (r->config.kind != FRAMES_ARRAY && r->config.kind != FRAMES_AWS)
        read_last(r, out);
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
    frames_free(&r->frames);
    delta_free(r->delta);
    buf_free(&r->skips);
    buf_free(&r->clean);
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
