#include "detect/textview.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"

static const struct str names[VIEW_STEPS] = {
    [VIEW_TEXT] = STR_INIT("text"),
    [VIEW_CLEAN] = STR_INIT("clean"),
    [VIEW_GAP] = STR_INIT("gap"),
    [VIEW_FOLD] = STR_INIT("fold"),
    [VIEW_SKELETON] = STR_INIT("skeleton"),
    [VIEW_NOMARK] = STR_INIT("nomark"),
    [VIEW_JOINED] = STR_INIT("joined"),
    [VIEW_LEET] = STR_INIT("leet"),
    [VIEW_ROT13] = STR_INIT("rot13"),
    [VIEW_REVERSED] = STR_INIT("reversed"),
    [VIEW_HIDDEN] = STR_INIT("hidden"),
    [VIEW_DECODED] = STR_INIT("decoded"),
    [VIEW_ESCAPES] = STR_INIT("escapes"),
    [VIEW_PERCENT] = STR_INIT("percent"),
    [VIEW_ENTITIES] = STR_INIT("entities"),
    [VIEW_QUOTED] = STR_INIT("quoted-printable"),
    [VIEW_SEAMS] = STR_INIT("seams"),
    [VIEW_BASE64] = STR_INIT("base64"),
    [VIEW_BASE32] = STR_INIT("base32"),
    [VIEW_HEX] = STR_INIT("hex"),
    [VIEW_DEFLATE] = STR_INIT("deflate"),
    [VIEW_TAGS] = STR_INIT("tags"),
    [VIEW_SELECTORS] = STR_INIT("selectors"),
    [VIEW_BIDI] = STR_INIT("bidi"),
    [VIEW_NUMBERS] = STR_INIT("numbers"),
    [VIEW_MORSE] = STR_INIT("morse"),
    [VIEW_CAESAR] = STR_INIT("caesar"),
    [VIEW_ATBASH] = STR_INIT("atbash"),
    [VIEW_ROT47] = STR_INIT("rot47"),
    [VIEW_FLIPPED] = STR_INIT("flipped"),
    [VIEW_TABLE] = STR_INIT("table"),
};

struct str view_step_name(enum view_step step)
{
    return names[step];
}

unsigned views_whole(unsigned views)
{
    const unsigned of_clean = 1u << VIEW_GAP | 1u << VIEW_FOLD |
                              1u << VIEW_SKELETON | 1u << VIEW_NOMARK |
                              1u << VIEW_JOINED | 1u << VIEW_LEET;

    if ((views & 1u << VIEW_NOMARK) != 0)
        views |= 1u << VIEW_FOLD;
    if ((views & of_clean) != 0)
        views |= 1u << VIEW_CLEAN;
    if ((views & 1u << VIEW_CLEAN) != 0)
        views |= 1u << VIEW_TEXT;
    return views;
}

size_t chain_len(const struct chain *c)
{
    size_t n = 0;

    while (n < CHAIN_MOST && c->steps[n] != VIEW_TEXT)
        n++;
    return n;
}

void chain_add(struct chain *c, enum view_step step)
{
    size_t n = chain_len(c);

    c->steps[n < CHAIN_MOST ? n : CHAIN_MOST - 1] = (unsigned char)step;
}

void textview_init(struct textview *v)
{
    *v = (struct textview){0};
    buf_init(&v->bytes, LIM_VIEW_BYTES);
}

void textview_free(struct textview *v)
{
    buf_wipe_free(&v->bytes);
    free(v->runs);
    textview_init(v);
}

void textview_clear(struct textview *v)
{
    buf_clear(&v->bytes);
    v->run_count = 0;
}

void textview_rest(struct textview *v)
{
    buf_empty(&v->bytes);
    v->run_count = 0;
    if (v->run_cap * sizeof(*v->runs) > LIM_BUF_KEEP) {
        free(v->runs);
        v->runs = NULL;
        v->run_cap = 0;
    }
}

/* Do the next bytes come from behind what the last ones come from, in the same
 * way? */
static inline bool run_goes_on(const struct textview *v, size_t off,
                               size_t from, size_t to)
{
    const struct view_run *last;

    if (v->run_count == 0)
        return false;
    last = &v->runs[v->run_count - 1];
    return last->from == from && last->to == to && !last->back &&
           off >= last->src &&
           (uint64_t)(off - last->src) * to ==
               (uint64_t)(v->bytes.len - last->dst) * from;
}

/* Of runs. */
static enum err make_room(struct textview *v, size_t runs)
{
    size_t cap = v->run_cap == 0 ? 64 : v->run_cap * 2;
    struct view_run *more;

    cap = cap > v->run_count + runs ? cap : v->run_count + runs;
    if ((more = realloc(v->runs, cap * sizeof(*more))) == NULL)
        return E_NOMEM;
    v->runs = more;
    v->run_cap = cap;
    return OK;
}

enum err textview_room(struct textview *v, size_t bytes, size_t runs)
{
    enum err e;

    if (bytes > v->bytes.cap - v->bytes.len &&
        (e = buf_reserve(&v->bytes, bytes)))
        return e;
    return runs > v->run_cap - v->run_count ? make_room(v, runs) : OK;
}

/* Room for one more. */
static inline enum err runs_reserve(struct textview *v)
{
    if (v->run_count >= LIM_VIEW_RUNS)
        return E_LIMIT;
    return v->run_count < v->run_cap ? OK : make_room(v, 1);
}

/* The next bytes come from source[off..), in units of from to to; or `back`:
 * are one such unit, from its end. */
static enum err run_open(struct textview *v, size_t off, size_t from, size_t to,
                         bool back)
{
    enum err e;

    if (off > UINT32_MAX || from > INT32_MAX || to > UINT32_MAX)
        return E_LIMIT;
    if (!back && run_goes_on(v, off, from, to))
        return OK;
    if ((e = runs_reserve(v)))
        return e;
    v->runs[v->run_count++] =
        (struct view_run){(uint32_t)v->bytes.len, (uint32_t)off, (uint32_t)to,
                          (uint32_t)from & INT32_MAX, back};
    return OK;
}

/* The bytes, for which there is room; most are few. */
static inline void add_bytes(struct textview *v, struct str s)
{
    char *to = v->bytes.ptr + v->bytes.len;

    v->bytes.len += s.len;
    if (s.len > 4) {
        memcpy(to, s.ptr, s.len);
    } else if (s.len >= 2) {
        memcpy(to, s.ptr, 2);
        memcpy(to + s.len - 2, s.ptr + s.len - 2, 2);
    } else {
        *to = *s.ptr;
    }
}

enum err textview_put(struct textview *v, struct str bytes, size_t off,
                      size_t len)
{
    enum err e;

    if (bytes.len == 0)
        return OK;
    if ((bytes.len > v->bytes.cap - v->bytes.len &&
         (e = buf_reserve(&v->bytes, bytes.len))) ||
        (e = run_open(v, off, len, bytes.len, false)))
        return e;
    add_bytes(v, bytes);
    return OK;
}

enum err textview_copy(struct textview *v, struct str bytes, size_t off)
{
    enum err e;

    if (bytes.len == 0)
        return OK;
    if ((bytes.len > v->bytes.cap - v->bytes.len &&
         (e = buf_reserve(&v->bytes, bytes.len))) ||
        (e = run_open(v, off, 1, 1, false)))
        return e;
    add_bytes(v, bytes);
    return OK;
}

/* The runs of them, of which the first may go on; place: how many are kept
 * before each. There is room for VIEW_UNITS. */
static enum err units_runs(struct textview *v, const struct view_units *u,
                           const unsigned char place[VIEW_UNITS], size_t off)
{
    uint64_t seconds = u->twos << u->each;
    uint64_t plain = u->kept & ~(u->ones | u->twos | seconds);
    uint64_t set = (plain & ~(plain << 1)) | (u->ones & ~(u->ones << u->each)) |
                   (u->twos & ~(seconds << u->each));
    bool first = true;

    if (off > UINT32_MAX - VIEW_UNITS ||
        v->run_count > LIM_VIEW_RUNS - VIEW_UNITS)
        return E_LIMIT;
    for (; set != 0; set &= set - 1, first = false) {
        unsigned i = (unsigned)__builtin_ctzll(set);
        uint32_t two = u->twos >> i & 1, one = u->ones >> i & 1;
        uint32_t from = one + two == 0 ? 1 : u->each << two;

        if (!first || !run_goes_on(v, off + i, from, 1 + two))
            v->runs[v->run_count++] = (struct view_run){
                (uint32_t)v->bytes.len + place[i], (uint32_t)off + i, 1 + two,
                from & INT32_MAX, false};
    }
    return OK;
}

enum err textview_units(struct textview *v, const struct view_units *u,
                        size_t off)
{
    unsigned char place[VIEW_UNITS], n = 0;
    uint64_t kept = u->kept;
    enum err e = textview_room(v, VIEW_UNITS, VIEW_UNITS);
    char *to;

    if (e)
        return e;
    to = v->bytes.ptr + v->bytes.len;
    for (size_t i = 0; i < VIEW_UNITS; i++, kept >>= 1) { /* without a branch */
        to[n] = u->bytes[i];
        place[i] = n;
        n = (unsigned char)(n + (kept & 1));
    }
    if ((e = units_runs(v, u, place, off)))
        return e;
    v->bytes.len += n;
    return OK;
}

enum err textview_back(struct textview *v, struct str bytes, size_t off)
{
    size_t at = bytes.len, from;
    enum err e;

    if (bytes.len == 0)
        return OK;
    if ((e = buf_reserve(&v->bytes, bytes.len)) ||
        (e = run_open(v, off, bytes.len, bytes.len, true)))
        return e;
    for (; !e && at > 0; at = from) {
        from = utf8_front(bytes, at - 1);
        e = buf_add(&v->bytes, (struct str){bytes.ptr + from, at - from});
    }
    return e;
}

static const struct view_run *run_of(const struct textview *v, size_t at)
{
    size_t lo = 0, hi = v->run_count;

    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if (v->runs[mid].dst <= at)
            lo = mid;
        else
            hi = mid;
    }
    return &v->runs[lo];
}

void textview_span(const struct textview *v, size_t start, size_t end,
                   size_t *ret_start, size_t *ret_end)
{
    const struct view_run *a = run_of(v, start), *b = run_of(v, end - 1);

    if (a == b && a->back) {
        *ret_start = a->src + (a->to - (end - a->dst));
        *ret_end = a->src + (a->to - (start - a->dst));
        return;
    }
    *ret_start = a->src;
    if (!a->back)
        *ret_start += (start - a->dst) / a->to * a->from;
    *ret_end = b->src + b->from;
    if (!b->back)
        *ret_end += (end - 1 - b->dst) / b->to * b->from;
}

size_t textview_place(const struct textview *v, size_t off)
{
    size_t lo = 0, hi = v->run_count, end, units;
    const struct view_run *r;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (v->runs[mid].src < off)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == 0)
        return 0;
    r = &v->runs[lo - 1];
    end = lo < v->run_count ? v->runs[lo].dst : v->bytes.len;
    units = (off - r->src + r->from - 1) / r->from;
    return units > (end - r->dst) / r->to ? end : r->dst + units * r->to;
}
