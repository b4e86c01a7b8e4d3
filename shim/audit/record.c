#include "audit/record.h"

#include "base/clock.h"
#include "json/text.h"

/* A line in the making: one error is enough, later calls do nothing. */
struct line {
    struct buf *out;
    enum err e;
    bool comma;
};

static void put(struct line *l, struct str s)
{
    if (!l->e)
        l->e = buf_add(l->out, s);
}

/* A key as it stands in the line: each is written below, none is escaped. */
#define KEY(name) STR(",\"" name "\":")

static void put_key(struct line *l, struct str key)
{
    put(l, str_skip(key, l->comma ? 0 : 1));
    l->comma = true;
}

static void put_str(struct line *l, struct str key, struct str value)
{
    if (value.len == 0)
        return;
    put_key(l, key);
    if (!l->e)
        l->e = json_put_string(l->out, value);
}

static void put_u64(struct line *l, struct str key, uint64_t n)
{
    put_key(l, key);
    if (!l->e)
        l->e = buf_add_u64(l->out, n);
}

/* A number as the provider wrote it, if it is a plain count. */
static void put_count(struct line *l, struct str key, struct str raw)
{
    uint64_t n;

    if (raw.len > 0 && str_u64(raw, &n) == OK)
        put_u64(l, key, n);
}

static void put_flag(struct line *l, struct str key)
{
    put_key(l, key);
    put(l, STR("true"));
}

static void put_time(struct line *l, uint64_t us)
{
    char text[CLOCK_LEN];

    clock_text(us, text);
    put_str(l, KEY("time"), (struct str){text, sizeof(text)});
}

static void put_print(struct line *l, const unsigned char *print)
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * PRINT_LEN];

    for (size_t i = 0; i < PRINT_LEN; i++) {
        hex[2 * i] = digits[print[i] >> 4];
        hex[2 * i + 1] = digits[print[i] & 15];
    }
    put_str(l, KEY("fingerprint"), (struct str){hex, sizeof(hex)});
}

/* Nothing for what is found in the text itself. */
static void put_chain(struct line *l, const struct chain *c)
{
    size_t n = chain_len(c);

    if (n == 0)
        return;
    put_key(l, KEY("views"));
    for (size_t i = 0; i < n; i++) {
        put(l, i == 0 ? STR("[\"") : STR("\",\""));
        put(l, view_step_name((enum view_step)c->steps[i]));
    }
    put(l, STR("\"]"));
    l->comma = true;
}

static void put_finding(struct line *l, const struct audit_finding *f)
{
    put(l, STR("{"));
    l->comma = false;
    put_str(l, KEY("rule"), f->rule);
    put_str(l, KEY("name"), f->name);
    put_str(l, KEY("category"), f->category);
    put_str(l, KEY("action"), action_name(f->action));
    if (f->score > 0)
        put_u64(l, KEY("score"), f->score);
    put_str(l, KEY("severity"), severity_name(f->severity));
    put_str(l, KEY("confidence"), confidence_name(f->confidence));
    put_str(l, KEY("on"), dir_name(f->dir));
    put_str(l, KEY("role"), role_name(f->role));
    put_str(l, KEY("part"), part_name(f->part));
    put_u64(l, KEY("start"), f->start);
    put_u64(l, KEY("end"), f->end);
    put_print(l, f->print);
    put_chain(l, &f->chain);
    if (f->seen)
        put_flag(l, KEY("seen"));
    if (f->about.name.len > 0) {
        put_str(l, KEY("source"), own_source_name(f->about.source));
        put_str(l, KEY("subject"), f->about.name);
    }
    put(l, STR("}"));
}

static void put_used(struct line *l, struct str key, uint64_t n)
{
    if (n > 0)
        put_u64(l, key, n);
}

/* The scores of texts, and the rules of the one that decided. */
static void put_score(struct line *l, const struct audit_record *r)
{
    put_used(l, KEY("score.request"), r->score[DIR_SEND]);
    put_used(l, KEY("score.response"), r->score[DIR_RECV]);
    if (r->scored_by_count == 0)
        return;
    put_key(l, KEY("scored_by"));
    for (size_t i = 0; i < r->scored_by_count; i++) {
        put(l, i == 0 ? STR("[") : STR(","));
        if (!l->e)
            l->e = json_put_string(l->out, r->scored_by[i]);
    }
    put(l, STR("]"));
}

static void put_findings(struct line *l, const struct audit_record *r)
{
    put_key(l, KEY("findings"));
    put(l, STR("["));
    for (size_t i = 0; i < r->finding_count; i++) {
        if (i > 0)
            put(l, STR(","));
        put_finding(l, &r->findings[i]);
    }
    put(l, STR("]"));
    l->comma = true;
    if (r->finding_total > r->finding_count)
        put_u64(l, KEY("findings_total"), r->finding_total);
}

/* What the description of the provider did not expect, and what is no text. */
static void put_notes(struct line *l, const struct audit_record *r)
{
    if (r->unknown_count > 0) {
        put_key(l, KEY("unknown"));
        for (size_t i = 0; i < r->unknown_count; i++) {
            put(l, i == 0 ? STR("[") : STR(","));
            if (!l->e)
                l->e = json_put_string(l->out, r->unknown[i]);
        }
        put(l, STR("]"));
    }
    if (r->media_count == 0)
        return;
    put_key(l, KEY("media"));
    for (size_t i = 0; i < r->media_count; i++) {
        put(l, i == 0 ? STR("[{") : STR(",{"));
        l->comma = false;
        put_str(l, KEY("type"), r->media[i].type);
        put_u64(l, KEY("bytes"), r->media[i].bytes);
        put(l, STR("}"));
    }
    put(l, STR("]"));
    l->comma = true;
    if (r->media_total > r->media_count)
        put_u64(l, KEY("media_total"), r->media_total);
}

static void put_model(struct line *l, const struct audit_record *r)
{
    put_str(l, KEY("gen_ai.system"), r->system);
    put_str(l, KEY("gen_ai.request.model"), r->request_model);
    put_count(l, KEY("gen_ai.request.max_tokens"), r->max_tokens);
    put_str(l, KEY("user.id"), r->user);
    put_str(l, KEY("gen_ai.response.model"), r->response_model);
    put_str(l, KEY("gen_ai.response.id"), r->response_id);
    if (r->finish_reason.len > 0) {
        put_key(l, KEY("gen_ai.response.finish_reasons"));
        put(l, STR("["));
        if (!l->e)
            l->e = json_put_string(l->out, r->finish_reason);
        put(l, STR("]"));
    }
    put_used(l, KEY("gen_ai.usage.input_tokens"), r->input_tokens);
    put_used(l, KEY("gen_ai.usage.output_tokens"), r->output_tokens);
    put_used(l, KEY("gen_ai.usage.cache_read.input_tokens"), r->cached_tokens);
    put_used(l, KEY("gen_ai.usage.reasoning.output_tokens"),
             r->reasoning_tokens);
    if (r->guessed)
        put_flag(l, KEY("usage_estimated"));
}

static void put_http(struct line *l, const struct audit_record *r)
{
    put_str(l, KEY("server.address"), r->host);
    if (r->port != 0)
        put_u64(l, KEY("server.port"), r->port);
    put_str(l, KEY("http.request.method"), r->method);
    put_str(l, KEY("url.path"), r->path);
    if (r->status != 0)
        put_u64(l, KEY("http.response.status_code"), r->status);
    if (r->stream)
        put_flag(l, KEY("stream"));
}

enum err audit_line(const struct audit_record *r, struct buf *out)
{
    struct line l = {.out = out};
    size_t before = out->len;

    put(&l, STR("{"));
    put_time(&l, r->time_us);
    put_str(&l, KEY("exchange"), r->exchange);
    put_u64(&l, KEY("process.pid"), r->pid);
    put_str(&l, KEY("process.executable.path"), r->exe);
    put_str(&l, KEY("door"), r->door);
    put_str(&l, KEY("route"), r->route);
    put_str(&l, KEY("mode"), r->monitor ? STR("monitor") : STR("enforce"));
    put_str(&l, KEY("action"), action_name(r->action));
    put_str(&l, KEY("rule"), r->rule);
    put_score(&l, r);
    put_str(&l, KEY("condition"), r->condition);
    put_str(&l, KEY("detail"), r->detail);
    put_http(&l, r);
    put_model(&l, r);
    put_findings(&l, r);
    put_notes(&l, r);
    put_u64(&l, KEY("request_bytes"), r->request_bytes);
    put_u64(&l, KEY("response_bytes"), r->response_bytes);
    put_u64(&l, KEY("spent_us"), r->spent_ns / 1000);
    put(&l, STR("}\n"));
    if (l.e)
        out->len = before;
    return l.e;
}
