#include "streamed.h"

#include <stdlib.h>

#include "check.h"
#include "failmalloc.h"
#include "rnd.h"

static struct set s;

const struct str ignore_keys[1] = {STR_INIT("ignore")};
const struct str stop_keys[1] = {STR_INIT("stop")};
const struct str hello_keys[1] = {STR_INIT("hello")};
const struct str tell_keys[1] = {STR_INIT("tell")};
const struct str secret_keys[1] = {STR_INIT("secret")};

void streamed_open(const struct rule *list, size_t n)
{
    set_open(&s, list, n);
}

void streamed_close(void)
{
    set_close(&s);
}

void result_free(struct result *r)
{
    buf_free(&r->out);
    findings_free(&r->f);
}

static int by_start(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (int)x->rule->index - (int)y->rule->index;
}

void whole(struct str text, struct result *r)
{
    size_t pos = 0, at = 0;
    struct cluster c;

    *r = (struct result){0};
    buf_init(&r->out, MIB);
    if (!CHECK(rules_scan(s.rs, s.sc, &s.at, text, 0, &r->f) == OK))
        return;
    while (cluster_next(s.rs, r->f.list, r->f.count, &pos, &c)) {
        put(&r->out, (struct str){text.ptr + at, c.start - at});
        at = c.end;
        if (c.action == ACTION_BLOCK) {
            r->blocked = true;
            return;
        }
        put(&r->out, c.rule->put);
    }
    put(&r->out, str_skip(text, at));
    if (r->f.count > 1)
        qsort(r->f.list, r->f.count, sizeof(*r->f.list), by_start);
}

static enum err let_go(struct stream *st, struct str text, uint64_t *at,
                       struct result *r)
{
    struct stream_edit ed;
    struct finding f;

    while (stream_next(st, &ed) && !r->blocked) {
        CHECK(ed.start >= *at);
        put(&r->out, (struct str){text.ptr + *at, ed.start - *at});
        r->blocked = ed.action == ACTION_BLOCK;
        if (!r->blocked)
            put(&r->out, ed.put);
        *at = r->blocked ? ed.start : ed.end;
    }
    if (!r->blocked) {
        CHECK(stream_safe(st) >= *at);
        put(&r->out, (struct str){text.ptr + *at, stream_safe(st) - *at});
        *at = stream_safe(st);
    }
    /* May be asked at any time, and need not be. */
    if (rnd(3) != 0 || stream_safe(st) == stream_end(st))
        r->minds = stream_minds(st);
    r->f.capped |= stream_capped(st);
    if (stream_end(st) - stream_safe(st) > r->most)
        r->most = stream_end(st) - stream_safe(st);
    r->held += stream_end(st) - stream_safe(st);
    while (stream_finding(st, &f))
        if (findings_add(&r->f, f))
            return E_NOMEM;
    return OK;
}

enum err take(struct str text, size_t cut, uint32_t most, struct result *r)
{
    struct stream *st;
    uint64_t at = 0;
    enum err e;

    if ((e = stream_new(s.rs, s.sc, &s.at, &st)))
        return e;
    for (size_t i = 0, n; i < text.len && !e; i += n) {
        n = most > 0 ? 1 + rnd(most) : i < cut ? cut - i : text.len - i;
        n = n < text.len - i ? n : text.len - i;
        if (!(e = stream_take(st, (struct str){text.ptr + i, n})))
            e = let_go(st, text, &at, r);
    }
    if (!e && !(e = stream_flush(st)))
        e = let_go(st, text, &at, r);
    stream_free(st);
    if (r->f.count > 1)
        qsort(r->f.list, r->f.count, sizeof(*r->f.list), by_start);
    return e;
}

enum err pieces(struct str text, size_t cut, uint32_t most, struct result *r)
{
    *r = (struct result){0};
    buf_init(&r->out, MIB);
    return take(text, cut, most, r);
}

bool same(struct str text, const struct result *want, size_t cut, uint32_t most)
{
    struct result got;
    bool good;

    good = CHECK_INT(pieces(text, cut, most, &got), OK) &&
           CHECK_EQ(buf_str(&got.out), buf_str(&want->out)) &&
           CHECK_INT(got.blocked, want->blocked) &&
           (got.blocked || CHECK_INT(got.f.count, want->f.count));
    for (size_t i = 0; good && !got.blocked && i < got.f.count; i++)
        good = CHECK(got.f.list[i].rule == want->f.list[i].rule &&
                     got.f.list[i].start == want->f.list[i].start &&
                     got.f.list[i].end == want->f.list[i].end);
    if (!good) {
        fprintf(stderr, "cut at %zu, pieces up to %u\n", cut, most);
        check_show("text", text);
    }
    result_free(&got);
    return good;
}

bool same_everywhere(struct str text, const struct result *want)
{
    for (size_t cut = 0; cut < text.len; cut++)
        if (!same(text, want, cut, 0))
            return false;
    return same(text, want, 0, 1) && same(text, want, 0, 9);
}

bool same_anyhow(struct str text, const struct result *want)
{
    return same(text, want, 0, 1) && same(text, want, 0, 5) &&
           same(text, want, 0, 40) && same(text, want, rnd(text.len + 1), 0);
}

void check_rows(const struct streamed_row *rows, size_t n, const char *behind)
{
    char c[512];
    struct result want;

    for (size_t i = 0; i < n; i++) {
        struct str text;

        CHECK_ROW(rows[i].text);
        snprintf(c, sizeof(c), "%s%s", rows[i].text, behind);
        text = str_of(c);
        whole(text, &want);
        CHECK_INT(want.f.count, rows[i].count);
        same_everywhere(text, &want);
        result_free(&want);
    }
    CHECK_ROW(NULL);
}

size_t check_mixed(const char *const *parts, size_t n, const char *behind,
                   size_t texts)
{
    struct buf text;
    struct result want;
    size_t found = 0;
    bool good = true;

    buf_init(&text, MIB);
    for (size_t i = 0; i < texts && good; i++) {
        buf_clear(&text);
        for (size_t j = 2 + rnd(i % 50 == 0 ? 100 : 12); j > 0; j--)
            put(&text, str_of(parts[rnd((uint32_t)n)]));
        put(&text, str_of(behind));
        whole(buf_str(&text), &want);
        found += want.f.count;
        good = same_anyhow(buf_str(&text), &want);
        result_free(&want);
    }
    buf_free(&text);
    return found;
}

void starved(struct str text, struct str out)
{
    for (unsigned long n = 1;; n++) {
        struct result got = {0};
        enum err e;

        buf_init(&got.out, MIB);
        if (buf_reserve(&got.out, text.len))
            exit(1);
        failmalloc_at(n, FAIL_ONE);
        e = take(text, text.len / 2, 0, &got);
        if (!failmalloc_off()) {
            CHECK_EQ(buf_str(&got.out), out);
            result_free(&got);
            return;
        }
        CHECK(e == OK || e == E_NOMEM);
        CHECK(str_starts(out, buf_str(&got.out)));
        result_free(&got);
    }
}
