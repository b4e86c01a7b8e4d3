#include "flow/exchange.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "audit/sink.h"
#include "base/utf8.h"
#include "flow/about.h"
#include "flow/query.h"
#include "rules/rule.h"

static uint64_t wall_clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/*
 * An id nobody can guess or repeat, also after a fork: a keyed hash of process,
 * count and time, as 26 characters of base 32. SipHash, because it is a tenth
 * of BLAKE2b's code, which would have to be fetched anew for each exchange.
 */
static void make_id(struct engine *eng, uint64_t now, struct exchange *ex)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint64_t number = atomic_fetch_add(&eng->exchanges, 1);
    uint64_t seed[3] = {(uint64_t)getpid(), number, now};
    char *id = ex->id;
    unsigned char hash[17] = {0}; /* one more than used: read in pairs */
    size_t at = 3;

    ex->number = number + 1;
    (void)crypto_shorthash_siphashx24(hash, (const unsigned char *)seed,
                                      sizeof(seed), eng->id_key);
    memcpy(id, "sp-", 3);
    for (size_t bit = 0; at < EXCHANGE_ID_LEN; bit += 5) {
        unsigned pair = (unsigned)hash[bit / 8] << 8 | hash[bit / 8 + 1];

        id[at++] = digits[pair >> (11 - bit % 8) & 31];
    }
    id[at] = '\0';
}

enum err exchange_new(struct engine *eng, struct scratch *scratch,
                      struct buf *clean, struct exchange **ret_ex)
{
    struct exchange *ex = calloc(1, sizeof(*ex));

    if (ex == NULL)
        return E_NOMEM;
    ex->eng = eng;
    ex->scratch = scratch;
    ex->known = eng->known;
    ex->clean = clean;
    ex->begun_us = wall_clock_us();
    arena_init(&ex->arena, 256 * (size_t)KIB);
    buf_init(&ex->refusal, 64 * (size_t)KIB);
    make_id(eng, ex->begun_us, ex);
    about_exchange(ex);
    *ret_ex = ex;
    return OK;
}

void exchange_free(struct exchange *ex)
{
    if (ex == NULL)
        return;
    arena_free(&ex->arena);
    buf_free(&ex->refusal);
    shingles_free(ex->known.prompt);
    free(ex->findings);
    free(ex);
}

/* A place for one more; NULL if it will only be counted. */
static struct audit_finding *finding_room(struct exchange *ex)
{
    size_t cap = ex->finding_cap == 0 ? 4 : ex->finding_cap * 2;
    struct audit_finding *more;

    if (ex->finding_count == ex->finding_cap) {
        if (cap > EXCHANGE_FINDINGS)
            return NULL;
        more = realloc(ex->findings, cap * sizeof(*more));
        if (more == NULL)
            return NULL;
        ex->findings = more;
        ex->finding_cap = cap;
    }
    return &ex->findings[ex->finding_count++];
}

static void note_finding(struct exchange *ex, const struct finding *f,
                         const struct scope *scope, bool seen)
{
    enum action action = rules_action(ex->eng->rules, f->rule);
    enum action reached =
        f->score == 0 ? ACTION_PASS
                      : rules_reached(ex->eng->rules, scope->dir, f->score);
    struct audit_finding *a;

    if (!seen || action > ACTION_LOG)
        verdict_finding(&ex->verdict, action, f->rule);
    if (f->score != 0 && (!seen || reached > ACTION_LOG))
        verdict_score(&ex->verdict, reached,
                      (struct scored){f->rule, scope->dir, f->seg, f->start},
                      f->score);
    ex->finding_total++;
    a = finding_room(ex);
    if (a == NULL)
        return;
    *a = (struct audit_finding){
        .rule = f->rule->id,
        .name = f->rule->name,
        .category = f->rule->category,
        .action = ex->eng->policy.monitor ? f->rule->action : action,
        .score = f->score != 0 ? f->rule->score : 0,
        .severity = f->rule->severity,
        .confidence = f->rule->confidence,
        .dir = scope->dir,
        .role = scope->role,
        .part = scope->part,
        .start = f->start,
        .end = f->end,
        .chain = f->chain,
        .seen = seen,
        .about = f->about,
    };
    memcpy(a->print, f->print, sizeof(a->print));
}

void exchange_finding(struct exchange *ex, const struct finding *f,
                      const struct scope *scope)
{
    note_finding(ex, f, scope, false);
}

void exchange_finding_again(struct exchange *ex, const struct finding *f,
                            const struct scope *scope)
{
    note_finding(ex, f, scope, true);
}

void exchange_fact(struct exchange *ex, enum dir d, enum fact fact,
                   struct str value)
{
    struct str copy;

    if (str_eq(ex->facts[d][fact], value))
        return;
    ex->facts[d][fact] = STR("");
    if (value.len < LIM_FACT && arena_copy(&ex->arena, value, &copy) == OK)
        ex->facts[d][fact] = copy;
}

void exchange_media(struct exchange *ex, struct str text)
{
    struct str head = str_head(text, str_find_byte(text, ','));
    struct str type = STR("");
    struct audit_media *m;

    if (ex->media_count++ >= EXCHANGE_MEDIA)
        return;
    m = &ex->media[ex->media_count - 1];
    if (str_starts(head, STR("data:"))) {
        type = str_head(head, str_find_byte(head, ';'));
        type = str_skip(type, 5);
        text = str_skip(text, head.len + 1);
    }
    m->bytes = text.len / 4 * 3;
    m->type = STR("");
    if (arena_copy(&ex->arena, str_head(type, LIM_FACT), &m->type))
        m->type = STR("");
}

static uint64_t count_of(const struct exchange *ex, enum fact fact)
{
    uint64_t n;

    return str_u64(ex->facts[DIR_RECV][fact], &n) == OK ? n : 0;
}

struct usage exchange_usage(const struct exchange *ex)
{
    struct usage u = {
        .input = count_of(ex, FACT_INPUT_TOKENS),
        .output = count_of(ex, FACT_OUTPUT_TOKENS),
        .cached = count_of(ex, FACT_CACHED_TOKENS),
        .reasoning = count_of(ex, FACT_REASONING_TOKENS),
    };

    if (u.input == 0 && u.output == 0) /* embeddings: one number for all */
        u.input = count_of(ex, FACT_TOTAL_TOKENS);
    if (!ex->stream || u.output > 0 || ex->quarters[DIR_RECV] == 0)
        return u;
    u.guessed = true;
    u.output = (ex->quarters[DIR_RECV] + 3) / 4;
    if (u.input == 0)
        u.input = (ex->quarters[DIR_SEND] + 3) / 4;
    return u;
}

/* No rule finds anything, at any place where some rule looks. */
static bool finds_nothing(const struct exchange *ex, struct str text)
{
    const struct engine *eng = ex->eng;
    struct findings found;
    bool clean = utf8_valid(text);

    findings_init(&found);
    clean = clean &&
            rules_scan_places(eng->rules, ex->scratch, eng->places,
                              eng->place_count, text, 0, &found) == OK &&
            found.count == 0;
    findings_free(&found);
    return clean;
}

/* Short numbers say nothing. */
bool exchange_may_show(const struct exchange *ex, struct str text)
{
    uint64_t n;

    return text.len == 0 || (text.len < 9 && str_u64(text, &n) == OK) ||
           finds_nothing(ex, text);
}

/* The same of a path, which may say it in escapes. */
static bool is_clean_path(const struct exchange *ex)
{
    struct buf text;
    bool clean;

    if (!exchange_may_show(ex, ex->path))
        return false;
    if (str_find_byte(ex->path, '%') == ex->path.len)
        return true;
    buf_init(&text, LIM_HEAD_LINE);
    clean = path_text(ex->path, &text) == OK &&
            exchange_may_show(ex, buf_str(&text));
    buf_free(&text);
    return clean;
}

/* What differs from one exchange to the next on a connection. */
static bool is_fleeting(unsigned fact)
{
    return fact == FACT_ID || fact == FACT_CREATED || fact == FACT_SEQUENCE ||
           fact == FACT_INPUT_TOKENS || fact == FACT_OUTPUT_TOKENS ||
           fact == FACT_TOTAL_TOKENS || fact == FACT_CACHED_TOKENS ||
           fact == FACT_REASONING_TOKENS || fact == FACT_CALL;
}

static enum err put_facts(const struct exchange *ex, bool fleeting,
                          struct buf *out)
{
    enum err e = OK;

    for (unsigned i = 0; !e && i < 2 * FACT_COUNT; i++) {
        struct str fact = ex->facts[i / FACT_COUNT][i % FACT_COUNT];

        if (fact.len > 0 && is_fleeting(i % FACT_COUNT) == fleeting &&
            !(e = buf_add_byte(out, '\n')))
            e = buf_add(out, fact);
    }
    return e;
}

/*
 * One look at all of it, which nearly always is enough; at what was clean in
 * the exchange before, none.
 */
static bool is_clean_together(const struct exchange *ex)
{
    struct buf text;
    bool clean;
    enum err e;

    buf_init(&text, 2 * (size_t)LIM_HEAD_LINE);
    if (!(e = buf_add(&text, ex->method)) && !(e = buf_add_byte(&text, '\n')) &&
        !(e = path_text(ex->path, &text)))
        e = put_facts(ex, false, &text);
    clean = !e && (str_eq(buf_str(&text), buf_str(ex->clean)) ||
                   finds_nothing(ex, buf_str(&text)));
    if (clean) {
        buf_clear(ex->clean);
        if (buf_add(ex->clean, buf_str(&text)))
            buf_clear(ex->clean);
    }
    buf_clear(&text);
    clean = clean && put_facts(ex, true, &text) == OK &&
            finds_nothing(ex, buf_str(&text));
    buf_free(&text);
    return clean;
}

void exchange_clean(struct exchange *ex)
{
    if (is_clean_together(ex))
        return;
    if (!exchange_may_show(ex, ex->method))
        ex->method = STR("");
    if (!is_clean_path(ex))
        ex->path = STR("");
    for (unsigned d = 0; d < 2; d++)
        for (unsigned i = 0; i < FACT_COUNT; i++)
            if (!exchange_may_show(ex, ex->facts[d][i]))
                ex->facts[d][i] = STR("");
}

void exchange_cond(struct exchange *ex, enum cond c, const char *detail)
{
    verdict_cond(&ex->verdict, &ex->eng->policy, c);
    if (ex->detail == NULL)
        ex->detail = detail;
}

struct str exchange_rule(const struct exchange *ex)
{
    const struct verdict *v = &ex->verdict;

    if (v->by_score)
        return STR("score");
    return v->rule != NULL ? v->rule->id : cond_name(v->cause);
}

/* "an anomaly score of 7: SP-1 a, SP-2 b" */
static enum err put_score(const struct verdict *v, struct buf *out)
{
    enum err e;

    if ((e = buf_add(out, STR("an anomaly score of "))) ||
        (e = buf_add_u64(out, v->why_score)))
        return e;
    for (size_t i = 0; i < v->why_count; i++)
        if ((e = buf_add(out, i == 0 ? STR(": ") : STR(", "))) ||
            (e = buf_add(out, v->why[i]->id)) || (e = buf_add_byte(out, ' ')) ||
            (e = buf_add(out, v->why[i]->name)))
            return e;
    return OK;
}

enum err exchange_why(const struct exchange *ex, struct buf *out)
{
    const struct verdict *v = &ex->verdict;
    bool by_cond = v->rule == NULL && !v->by_score;
    struct str what = v->rule != NULL ? v->rule->name : cond_text(v->cause);
    struct str detail = by_cond ? str_of(ex->detail) : STR("");
    enum err e;

    if ((e = buf_add(out, STR("Blocked by sallyport policy: "))) ||
        (e = v->by_score ? put_score(v, out) : buf_add(out, what)))
        return e;
    if (detail.len > 0 &&
        ((e = buf_add(out, STR(": "))) || (e = buf_add(out, detail))))
        return e;
    if ((e = buf_add(out, STR(" (rule "))) ||
        (e = buf_add(out, exchange_rule(ex))) ||
        (e = buf_add(out, STR(", exchange "))) ||
        (e = buf_add(out, str_of(ex->id))))
        return e;
    return buf_add(out, STR(")"));
}

/* How the bodies were read: a vendor's by the dialect that it speaks. */
static struct str route_of(const struct provider *p)
{
    if (p == NULL)
        return STR("");
    return p->like != NULL ? p->like->id : p->id;
}

static struct audit_record record_of(const struct exchange *ex,
                                     const struct exchange_place *place)
{
    const struct str *asked = ex->facts[DIR_SEND];
    const struct str *said = ex->facts[DIR_RECV];
    const struct verdict *v = &ex->verdict;
    struct usage usage = exchange_usage(ex);

    return (struct audit_record){
        .exchange = str_of(ex->id),
        .time_us = ex->begun_us,
        .pid = (uint64_t)getpid(),
        .exe = str_of(ex->eng->exe),
        .door = str_of(place->door),
        .host = place->host,
        .port = place->port,
        .method = ex->method,
        .path = ex->path,
        .route = route_of(ex->provider),
        .system = ex->provider != NULL ? ex->provider->system : STR(""),
        .monitor = ex->eng->policy.monitor,
        .action = v->action,
        .rule = v->rule != NULL || v->by_score ? exchange_rule(ex) : STR(""),
        .score = {v->score[DIR_SEND], v->score[DIR_RECV]},
        .condition = v->cause != COND_NONE ? cond_name(v->cause) : STR(""),
        .detail = str_of(ex->detail),
        .request_model = asked[FACT_MODEL],
        .response_model = said[FACT_MODEL],
        .response_id = said[FACT_ID],
        .finish_reason = said[FACT_FINISH],
        .input_tokens = usage.input,
        .output_tokens = usage.output,
        .cached_tokens = usage.cached,
        .reasoning_tokens = usage.reasoning,
        .guessed = usage.guessed,
        .max_tokens = asked[FACT_MAX_TOKENS],
        .user = asked[FACT_USER],
        .status = ex->status,
        .stream = ex->stream,
        .request_bytes = ex->bytes[DIR_SEND],
        .response_bytes = ex->bytes[DIR_RECV],
        .spent_ns = place->spent_ns,
        .findings = ex->findings,
        .finding_count = ex->finding_count,
        .finding_total = ex->finding_total,
        .media = ex->media,
        .media_count =
            ex->media_count < EXCHANGE_MEDIA ? ex->media_count : EXCHANGE_MEDIA,
        .media_total = ex->media_count,
    };
}

/* The words that may be shown; so that media types may be, others go. */
static size_t clean_news(struct exchange *ex, struct str *ret_words)
{
    size_t n = 0;

    for (size_t i = 0; i < ex->news_count; i++) {
        struct str word = {ex->news[i].word, ex->news[i].len};

        if (exchange_may_show(ex, word))
            ret_words[n++] = word;
    }
    for (size_t i = 0; i < ex->media_count && i < EXCHANGE_MEDIA; i++)
        if (!exchange_may_show(ex, ex->media[i].type))
            ex->media[i].type = STR("");
    return n;
}

void exchange_audit(struct exchange *ex, struct engine *eng,
                    const struct exchange_place *place)
{
    struct str unknown[NEWS_MAX];
    struct audit_record record;
    struct buf line;
    struct str why[VERDICT_SCORED];
    bool written;

    if (ex->audited || eng->audit == NULL)
        return;
    ex->audited = true;
    exchange_clean(ex);
    record = record_of(ex, place);
    for (size_t i = 0; ex->verdict.by_score && i < ex->verdict.why_count; i++)
        why[record.scored_by_count++] = ex->verdict.why[i]->id;
    record.scored_by = why;
    record.unknown = unknown;
    record.unknown_count = clean_news(ex, unknown);
    buf_init(&line, 256 * (size_t)KIB);
    written = audit_line(&record, &line) == OK &&
              audit_write(eng->audit, buf_str(&line)) == OK;
    atomic_store(&eng->audit_failed, !written);
    buf_free(&line);
}
