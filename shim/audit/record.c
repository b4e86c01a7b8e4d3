#include "audit/record.h"

#include <time.h>

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

static void put_key(struct line *l, struct str key)
{
    if (l->comma)
        put(l, STR(","));
    l->comma = true;
    if (!l->e)
        l->e = json_put_string(l->out, key);
    put(l, STR(":"));
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

static void two_digits(char *at, int n)
{
    at[0] = (char)('0' + n / 10 % 10);
    at[1] = (char)('0' + n % 10);
}

/* RFC 3339 in UTC with microseconds; gmtime_r asks no locale. */
static void put_time(struct line *l, uint64_t us)
{
    char text[] = "0000-00-00T00:00:00.000000Z";
    time_t seconds = (time_t)(us / 1000000);
    uint64_t rest = us % 1000000;
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL)
        tm = (struct tm){0};
    two_digits(text, (tm.tm_year + 1900) / 100);
    two_digits(text + 2, (tm.tm_year + 1900) % 100);
    two_digits(text + 5, tm.tm_mon + 1);
    two_digits(text + 8, tm.tm_mday);
    two_digits(text + 11, tm.tm_hour);
    two_digits(text + 14, tm.tm_min);
    two_digits(text + 17, tm.tm_sec);
    for (size_t i = 25; i > 19; i--) {
        text[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    put_str(l, STR("time"), (struct str){text, sizeof(text) - 1});
}

static void put_print(struct line *l, const unsigned char *print)
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * PRINT_LEN];

    for (size_t i = 0; i < PRINT_LEN; i++) {
        hex[2 * i] = digits[print[i] >> 4];
        hex[2 * i + 1] = digits[print[i] & 15];
    }
    put_str(l, STR("fingerprint"), (struct str){hex, sizeof(hex)});
}

static void put_finding(struct line *l, const struct audit_finding *f)
{
    put(l, STR("{"));
    l->comma = false;
    put_str(l, STR("rule"), f->rule);
    put_str(l, STR("name"), f->name);
    put_str(l, STR("category"), f->category);
    put_str(l, STR("action"), action_name(f->action));
    put_str(l, STR("severity"), severity_name(f->severity));
    put_str(l, STR("on"), dir_name(f->dir));
    put_str(l, STR("role"), role_name(f->role));
    put_str(l, STR("part"), part_name(f->part));
    put_u64(l, STR("start"), f->start);
    put_u64(l, STR("end"), f->end);
    put_print(l, f->print);
    put(l, STR("}"));
}

static void put_findings(struct line *l, const struct audit_record *r)
{
    put_key(l, STR("findings"));
    put(l, STR("["));
    for (size_t i = 0; i < r->finding_count; i++) {
        if (i > 0)
            put(l, STR(","));
        put_finding(l, &r->findings[i]);
    }
    put(l, STR("]"));
    l->comma = true;
    if (r->finding_total > r->finding_count)
        put_u64(l, STR("findings_total"), r->finding_total);
}

static void put_model(struct line *l, const struct audit_record *r)
{
    put_str(l, STR("gen_ai.system"), r->system);
    put_str(l, STR("gen_ai.request.model"), r->request_model);
    put_str(l, STR("gen_ai.response.model"), r->response_model);
    put_str(l, STR("gen_ai.response.id"), r->response_id);
    if (r->finish_reason.len > 0) {
        put_key(l, STR("gen_ai.response.finish_reasons"));
        put(l, STR("["));
        if (!l->e)
            l->e = json_put_string(l->out, r->finish_reason);
        put(l, STR("]"));
    }
    put_count(l, STR("gen_ai.usage.input_tokens"), r->input_tokens);
    put_count(l, STR("gen_ai.usage.output_tokens"), r->output_tokens);
}

static void put_http(struct line *l, const struct audit_record *r)
{
    put_str(l, STR("server.address"), r->host);
    if (r->port != 0)
        put_u64(l, STR("server.port"), r->port);
    put_str(l, STR("http.request.method"), r->method);
    put_str(l, STR("url.path"), r->path);
    if (r->status != 0)
        put_u64(l, STR("http.response.status_code"), r->status);
    if (r->stream)
        put_flag(l, STR("stream"));
}

enum err audit_line(const struct audit_record *r, struct buf *out)
{
    struct line l = {.out = out};
    size_t before = out->len;

    put(&l, STR("{"));
    put_time(&l, r->time_us);
    put_str(&l, STR("exchange"), r->exchange);
    put_u64(&l, STR("process.pid"), r->pid);
    put_str(&l, STR("process.executable.path"), r->exe);
    put_str(&l, STR("door"), r->door);
    put_str(&l, STR("route"), r->route);
    put_str(&l, STR("mode"), r->monitor ? STR("monitor") : STR("enforce"));
    put_str(&l, STR("action"), action_name(r->action));
    put_str(&l, STR("rule"), r->rule);
    put_str(&l, STR("condition"), r->condition);
    put_str(&l, STR("detail"), r->detail);
    put_http(&l, r);
    put_model(&l, r);
    put_findings(&l, r);
    put_u64(&l, STR("request_bytes"), r->request_bytes);
    put_u64(&l, STR("response_bytes"), r->response_bytes);
    put_u64(&l, STR("spent_us"), r->spent_ns / 1000);
    put(&l, STR("}\n"));
    if (l.e)
        out->len = before;
    return l.e;
}
