#include "detect/own_inside.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "check.h"
#include "failmalloc.h"
#include "ways.h"

/* How much of a text, and how often 700 tokens. ThreadSanitizer makes these
 * forty times slower, and there is one thread in them. */
#ifdef __SANITIZE_THREAD__
#define MUCH      (MIB / 16)
#define ROTATIONS 2
#else
#define MUCH      MIB
#define ROTATIONS 20
#endif

/* Made up, of the lengths and signs that keys have. */
static const struct str values[] = {
    STR_INIT("q7-Kd93_mZp0"),
    STR_INIT("zx-9fJq2Lw8Tn4Vb6Yc1Hd3Gk5Ps7"),
    STR_INIT("u/Kz4+Qm8Wj2/Tn6Bv9+Xs3Rd7Hf1Lp5=="),
    STR_INIT("$9rT!v2(mK)4'x*Z~p/7"),
    STR_INIT("h8JmQ2xW4nL6vB0cZ9sD1fG3kT5yR7uPa1eOi2Iw3Eq4Ut5Yz6Nx7Cb8Vk9M"
             "f0Gd1Hj2Ks3Lp4Qo5We6Rt7Yu8-b7Vn3MxQ2p"),
};

static size_t found(const struct own *o, struct str text, size_t *start,
                    size_t *end)
{
    const struct own_hit *hit;
    struct own_search *s;
    size_t n = 0;

    if (own_search_new(&s))
        abort();
    own_search_want(s, text);
    if (own_search_text(s, o, text))
        abort();
    *start = *end = 0;
    for (hit = own_search_hit(s, 0); hit != NULL;
         hit = own_search_hit(s, hit->end)) {
        *start = n++ == 0 ? hit->start : *start;
        *end = hit->end;
    }
    own_search_free(s);
    return n;
}

/* ---- Every spelling, at every place ------------------------------------- */

static void check_ways(const struct own *o, struct str v)
{
    for (unsigned way = 0; way < WAYS; way++)
        for (size_t before = 0; before < 6; before++) {
            struct buf text;
            size_t start, end;

            buf_init(&text, 16384);
            if (buf_add(&text, str_head(STR("see, it says: "), 8 + before)))
                abort();
            write_way(way, v, before, &text);
            if (buf_add(&text, STR(" and no more.")))
                abort();
            if (!CHECK(found(o, buf_str(&text), &start, &end) > 0))
                fprintf(stderr, "way %u, %zu before, value of %zu\n", way,
                        before, v.len);
            buf_free(&text);
        }
}

static void test_every_way(void)
{
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct own *o = own_of(&values[i], 1);

        check_ways(o, values[i]);
        own_free(o);
    }
}

static void test_many_values(void)
{
    struct own *o = own_of(values, ARRAY_LEN(values));

    CHECK_INT(own_count(o), 6);
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        check_ways(o, values[i]);
    own_free(o);
}

/* Exactly the value is found, at every offset of a text of several blocks. */
static void test_exact_place(void)
{
    struct own *o = own_of(&values[2], 1);
    size_t n = 3 * 4096, step = 1;
    char *text = malloc(n + 64);
    size_t start, end;

    if (!CHECK(text != NULL))
        return;
    for (size_t at = 0; at < n; at += step) {
        memset(text, 'e', n + 64);
        for (size_t i = 0; i < n; i += 11)
            text[i] = ' ';
        memcpy(text + at, values[2].ptr, values[2].len);
        CHECK_INT(found(o, (struct str){text, n + 64}, &start, &end), 1);
        CHECK_INT(start, at);
        CHECK_INT(end, at + values[2].len);
        step = at % 4096 > 400 && at % 4096 < 3600 ? 37 : 1;
    }
    free(text);
    own_free(o);
}

/* All bits of the value go, though base64 shares them with what is beside. */
static void test_shared_base64(void)
{
    struct own *o = own_of(&values[1], 1);

    for (size_t before = 1; before < 6; before++) {
        struct buf text;
        size_t start, end;

        buf_init(&text, 4096);
        write_way(5, values[1], before, &text);
        CHECK_INT(found(o, buf_str(&text), &start, &end), 1);
        CHECK(start * 6 <= before * 8);
        CHECK(end * 6 >= (before + values[1].len) * 8);
        buf_free(&text);
    }
    own_free(o);
}

/* Of UTF-16 too, however long it is: twice the bytes, the last of them a 0. */
static void test_wide_base64(void)
{
    for (size_t len = SPELL_VALUE_MIN; len <= SPELL_VALUE_MAX; len++) {
        struct str v = str_head(values[4], len);
        struct own *o = own_of(&v, 1);

        for (size_t before = 0; before < 4; before++) {
            struct buf text;
            size_t start, end;

            buf_init(&text, 4096);
            write_way(18, v, before, &text);
            CHECK_INT(found(o, buf_str(&text), &start, &end), 1);
            CHECK(start * 6 <= 2 * before * 8);
            CHECK(end * 6 >= (2 * (before + len) - 1) * 8);
            buf_free(&text);
        }
        own_free(o);
    }
}

/* Each line by itself, whatever its end. */
static void test_lines(void)
{
    static const struct str lines[] = {STR_INIT("first-Kz4+Qm8Wj2"),
                                       STR_INIT("second-Tn6Bv9Xs3"),
                                       STR_INIT("third_Rd7Hf1Lp5Y")};
    static const char *const ends[] = {"\n", "\r\n", "\\n"};
    size_t start, end;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct own *o;
        struct buf all;

        buf_init(&all, 256);
        for (size_t n = 0; n < ARRAY_LEN(lines); n++)
            if (buf_add(&all, lines[n]) || buf_add(&all, str_of(ends[i])))
                abort();
        o = own_of(&(struct str){all.ptr, all.len}, 1);
        for (size_t n = 0; n < ARRAY_LEN(lines); n++)
            if (CHECK_INT(found(o, lines[n], &start, &end), 1))
                CHECK_INT(end, lines[n].len);
        own_free(o);
        buf_free(&all);
    }
}

static void test_put_between(void)
{
    static const char *const between[] = {
        " ", "-", ". ", "\n", "\xe2\x80\x8b", "\", \""};
    struct own *o = own_of(&values[1], 1);
    size_t start, end;

    for (size_t i = 0; i < ARRAY_LEN(between); i++) {
        struct buf text;

        buf_init(&text, 4096);
        for (size_t k = 0; k < values[1].len; k++)
            if (buf_add_byte(&text, values[1].ptr[k]) ||
                buf_add(&text, str_of(between[i])))
                abort();
        CHECK_INT(found(o, buf_str(&text), &start, &end), 1);
        CHECK_INT(start, 0);
        buf_free(&text);
    }
    own_free(o);
}

/* What is far apart is found in its stretches, and what lies between stays. */
static void test_wide_gap(void)
{
    struct own *o = own_of(&values[1], 1);
    const struct own_hit *hit;
    struct own_search *s;
    struct buf text;

    buf_init(&text, 4096);
    if (own_search_new(&s) || buf_add(&text, str_head(values[1], 13)))
        abort();
    for (size_t i = 0; i < 30; i++)
        if (buf_add(&text, STR(" ... ")))
            abort();
    if (buf_add(&text, str_skip(values[1], 13)))
        abort();
    CHECK_INT(own_search_text(s, o, buf_str(&text)), OK);
    hit = own_search_hit(s, 0);
    if (CHECK(hit != NULL))
        CHECK_INT(hit->end, 13);
    hit = own_search_hit(s, 13);
    if (CHECK(hit != NULL)) {
        CHECK_INT(hit->start, 13 + 150);
        CHECK_INT(hit->end, text.len);
    }
    buf_free(&text);
    own_search_free(s);
    own_free(o);
}

/* ---- Words and signs ---------------------------------------------------- */

static void test_words(void)
{
    static const struct str words[] = {STR_INIT("correct-horse-battery"),
                                       STR_INIT("%&/()=?$#!-_.;,<")};
    struct own *o = own_of(words, 2);
    size_t start, end;

    CHECK_INT(found(o, STR("a correct-horse-battery b"), &start, &end), 1);
    CHECK_INT(start, 2);
    CHECK_INT(end, 23);
    CHECK_INT(found(o, STR("the correct horse, battery"), &start, &end), 0);
    CHECK_INT(found(o, STR("Correct-Horse-Battery"), &start, &end), 0);
    CHECK_INT(found(o, STR("yrettab-esroh-tcerroc"), &start, &end), 1);
    CHECK_INT(found(o, STR("> %&/()=?$#!-_.;,< <"), &start, &end), 1);
    CHECK_INT(start, 2);
    own_free(o);
}

static void test_left_out(void)
{
    static const struct str list[] = {STR_INIT(""), STR_INIT("short-1"),
                                      STR_INIT("aaaaaaaaaaaaaaaa"),
                                      STR_INIT("ababababababababab"),
                                      STR_INIT("a\nb\nc\nd\ne\nf\ng\nh\ni\nj")};
    struct own *o = own_of(list, ARRAY_LEN(list));

    CHECK_INT(own_count(o), 0);
    CHECK(own_empty(o));
    own_free(o);
}

static void test_limit(void)
{
    struct own *o;
    char value[64];
    enum err e = OK;
    size_t n = 0;

    if (own_new(own_key, &o))
        abort();
    while (!e && n < 10000) {
        snprintf(value, sizeof(value), "k%zu-abcdefghijklm%zu", n, n * 7919);
        e = own_add(o, str_of(value), OWN_FILE, STR("f"));
        n += !e;
    }
    CHECK_INT(e, E_LIMIT);
    CHECK_INT(n, LIM_OWN);
    CHECK_INT(own_ready(o), OK);
    CHECK(own_size(o) < 3 * MIB);
    printf("# %zu values: %zu bytes\n", n, own_size(o));
    own_free(o);
    o = own_of(NULL, 0);
    printf("# 0 values: %zu bytes\n", own_size(o));
    own_free(o);
    o = own_of(values, 4);
    printf("# 4 values: %zu bytes\n", own_size(o));
    own_free(o);
}

/* ---- Texts that follow one another -------------------------------------- */

/* The value in `cuts` + 1 texts, with something around each piece or not. */
static void check_cut(const struct own *o, struct str v, size_t first,
                      size_t second, const char *around)
{
    struct own_piece pieces[OWN_PIECES];
    size_t ends[3] = {first, second, v.len}, from = 0, hits = 0, n;
    struct own_about about;
    struct own_join *j;
    struct buf text;

    if (own_join_new(&j))
        abort();
    for (uint32_t i = 0; i < 3; i++) {
        buf_init(&text, 4096);
        if (buf_add(&text, str_of(around)) ||
            buf_add(&text, (struct str){v.ptr + from, ends[i] - from}) ||
            buf_add(&text, str_of(around)))
            abort();
        own_join_text(j, o, buf_str(&text), i);
        while (own_join_next(j, &about, pieces, &n)) {
            hits++;
            CHECK_INT(pieces[n - 1].text, second < v.len ? 2 : 1);
            CHECK_INT(pieces[0].text, first > 0 ? 0 : 1);
            CHECK(pieces[0].end > pieces[0].start);
        }
        from = ends[i];
        buf_free(&text);
    }
    CHECK_INT(hits, 1);
    own_join_free(j);
}

static void test_cut_over_texts(void)
{
    struct own *o = own_of(values, ARRAY_LEN(values));

    for (size_t i = 1; i < 3; i++)
        for (size_t a = 0; a < values[i].len; a++)
            for (size_t b = a; b < values[i].len; b++) {
                /* in one text, or an end that is signs only */
                if (a == 0 && b == 0)
                    continue;
                if (i == 2 && (b >= values[i].len - 2 || a <= 0))
                    continue;
                check_cut(o, values[i], a, b, "");
                check_cut(o, values[i], a, b, " . ");
            }
    own_free(o);
}

/* ---- Learning ----------------------------------------------------------- */

#define ROTATED 700u

static void token(unsigned i, char value[64])
{
    snprintf(value, 64, "t%u-%u-Kq8zLm2x", i, i * 7919u);
}

static void test_learn(void)
{
    struct own *o = own_of(NULL, 0);
    char value[64];
    size_t start, end;

    CHECK(own_empty(o));
    CHECK_INT(own_learn(o, values[1], "authorization"), OK);
    CHECK_INT(own_learn(o, values[1], "authorization"), OK);
    CHECK(!own_empty(o));
    check_ways(o, values[1]);
    CHECK(!own_forgot(o));
    for (unsigned i = 0; i < ROTATED; i++) {
        token(i, value);
        CHECK_INT(own_learn(o, str_of(value), "x-api-key"), OK);
        CHECK_INT(own_learn(o, values[2], "api-key"), OK);
        CHECK_INT(found(o, str_of(value), &start, &end), 1);
    }
    CHECK(own_forgot(o));
    CHECK(!own_forgot(o));
    /* the last used are known, and all of those */
    CHECK_INT(found(o, values[2], &start, &end), 1);
    CHECK_INT(found(o, values[1], &start, &end), 0);
    for (unsigned i = 0; i < ROTATED; i++) {
        token(i, value);
        CHECK_INT(found(o, str_of(value), &start, &end),
                  i >= ROTATED - LIM_OWN_LEARNT + 1);
    }
    check_ways(o, values[2]);
    own_free(o);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* All that text may be compared with. */
static size_t chained(const struct own *o)
{
    size_t n = 0;

    for (size_t i = 0; i < LEARNT_BUCKETS; i++)
        for (unsigned r = atomic_load(&o->heads[i]); r != 0 && n < 100000; n++)
            r = atomic_load(&o->links[r - 1]);
    return n;
}

static size_t anchors(const struct own *o)
{
    size_t n = 0;

    for (size_t i = 0; i < LIM_OWN_LEARNT; i++)
        n += atomic_load(&o->learnt[i].count) * ANCHORS;
    return n;
}

/* Text costs no more when a thousand tokens have come and gone. */
static void test_rotated(void)
{
    struct own *o = own_of(NULL, 0);
    size_t set = 0;
    char value[64];

    for (unsigned i = 0; i < ROTATIONS * ROTATED; i++) {
        token(i, value);
        CHECK_INT(own_learn(o, str_of(value), "x-api-key"), OK);
    }
    for (size_t i = 0; i < (size_t)1 << (64 - o->shift); i++)
        set += bit_is_set(o, (uint32_t)i);
    CHECK(set < ((size_t)1 << (64 - o->shift)) / 6);
    printf("# %zu of %zu bits\n", set, (size_t)1 << (64 - o->shift));
    CHECK_INT(chained(o), anchors(o));
    own_free(o);
}

/* Keys of one maker begin alike: all are found, and a text of nothing but that
 * costs no look at every form of each. */
static void test_alike(void)
{
    struct own *o = own_of(NULL, 0);
    size_t start, end, n = 0;
    struct str front = STR("Tz8-pQ4vN1-cM6-");
    struct buf text;
    char value[64];
    double t;

    for (unsigned i = 0; i < LIM_OWN_LEARNT; i++) {
        snprintf(value, sizeof(value), "%s%u-%u", front.ptr, i, i * 7919u);
        CHECK_INT(own_learn(o, str_of(value), "x-api-key"), OK);
    }
    for (unsigned i = 0; i < LIM_OWN_LEARNT; i++) {
        snprintf(value, sizeof(value), "%s%u-%u", front.ptr, i, i * 7919u);
        n += found(o, str_of(value), &start, &end);
    }
    CHECK_INT(n, LIM_OWN_LEARNT);
    buf_init(&text, 2 * MIB);
    while (text.len < MUCH)
        if (buf_add(&text, front))
            abort();
    t = now();
    CHECK_INT(found(o, buf_str(&text), &start, &end), 0);
    printf("# alike: %.1f ms\n", (now() - t) * 1e3);
    buf_free(&text);
    own_free(o);
}

/* A child that was forked while another thread wrote: what was there is found,
 * and what it learns itself. */
static void test_left_halfway(void)
{
    struct own *o = own_of(NULL, 0);
    size_t start, end;

    CHECK_INT(own_learn(o, values[1], "api-key"), OK);
    CHECK_INT(own_learn(o, values[2], "api-key"), OK);
    atomic_fetch_add(&o->index_turn, 1);
    for (size_t i = 0; i < LEARNT_BUCKETS; i++)
        atomic_store(&o->heads[i], 0);
    CHECK_INT(found(o, values[1], &start, &end), 1);
    CHECK_INT(found(o, values[2], &start, &end), 1);
    CHECK_INT(own_learn(o, values[3], "api-key"), OK);
    CHECK_INT(atomic_load(&o->index_turn) % 2, 0);
    for (size_t i = 1; i < 4; i++)
        CHECK_INT(found(o, values[i], &start, &end), 1);
    own_free(o);
}

/* ---- Memory that is not there ------------------------------------------- */

static enum err all_of_it(size_t *ret_count)
{
    struct own *o = NULL;
    struct own_search *s = NULL;
    struct own_join *j = NULL;
    enum err e = own_new(own_key, &o);

    for (size_t i = 0; !e && i < ARRAY_LEN(values); i++)
        e = own_add(o, values[i], OWN_ENV, STR("X"));
    if (!e)
        e = own_ready(o);
    if (!e)
        e = own_search_new(&s);
    if (!e)
        e = own_join_new(&j);
    if (!e)
        e = own_search_text(s, o, values[1]);
    if (!e)
        *ret_count = own_search_hit(s, 0) != NULL;
    own_join_free(j);
    own_search_free(s);
    own_free(o);
    return e;
}

static void test_no_memory(void)
{
    size_t count = 0;
    enum err e;

    for (size_t n = 1;; n++) {
        failmalloc_at(n, FAIL_ONE);
        e = all_of_it(&count);
        if (!failmalloc_off())
            break;
        CHECK_INT(e, E_NOMEM);
    }
    CHECK_INT(e, OK);
    CHECK_INT(count, 1);
}

/* ---- Text without one --------------------------------------------------- */

static void test_clean_text(void)
{
    static const char *const words[] = {
        "the ",    "request ",  "of ",     "a ",        "token ", "is ",
        "sent, ",  "and ",      "0x3f ",   "{\"id\":",  "17}, ",  "answers ",
        "return ", "(n + 1); ", "base64 ", "Kz4+Qm8W ", "key=9 ", "\n"};
    struct own *o = own_of(values, ARRAY_LEN(values));
    unsigned seed = 7;
    struct buf text;
    size_t start, end;
    double t;

    buf_init(&text, 2 * MIB);
    while (text.len < MUCH) {
        seed = seed * 1103515245u + 12345u;
        if (buf_add(&text, str_of(words[seed >> 16 & 15])))
            abort();
    }
    t = now();
    for (int i = 0; i < 20; i++)
        CHECK_INT(found(o, buf_str(&text), &start, &end), 0);
    t = now() - t;
    printf("# clean text: %.0f MB/s\n", 20 * (double)text.len / t / 1e6);
    buf_free(&text);
    own_free(o);
}

/* Text made of what the anchors point at: the most work that there is. */
static void test_worst_text(void)
{
    struct own *o = own_of(values, ARRAY_LEN(values));
    struct buf text;
    size_t start, end;
    double t;

    buf_init(&text, 2 * MIB);
    while (text.len < MUCH)
        if (buf_add(&text, (struct str){values[2].ptr, 30}))
            abort();
    t = now();
    CHECK_INT(found(o, buf_str(&text), &start, &end), 0);
    printf("# worst text: %.1f ms\n", (now() - t) * 1e3);
    buf_free(&text);
    own_free(o);
}

static void *let_go(void *own)
{
    usleep(300000);
    atomic_store(&((struct own *)own)->lock, 0);
    return NULL;
}

/* A thread that learns may lose the processor: who waits for it waits. */
static void test_learn_waits(void)
{
    struct own *o;
    pthread_t other;

    if (!CHECK_INT(own_new(own_key, &o), OK))
        return;
    CHECK_INT(own_ready(o), OK);
    atomic_store(&o->lock, (int)getpid());
    CHECK_INT(pthread_create(&other, NULL, let_go, o), 0);
    errno = 77;
    CHECK_INT(own_learn(o, STR("Tz8-pQ4vN1-cM6xW3kR9"), "api-key"), OK);
    CHECK_INT(errno, 77);
    CHECK_INT(pthread_join(other, NULL), 0);
    own_free(o);
}

int main(void)
{
    RUN(test_every_way);
    RUN(test_many_values);
    RUN(test_exact_place);
    RUN(test_shared_base64);
    RUN(test_wide_base64);
    RUN(test_lines);
    RUN(test_put_between);
    RUN(test_wide_gap);
    RUN(test_words);
    RUN(test_left_out);
    RUN(test_limit);
    RUN(test_cut_over_texts);
    RUN(test_learn);
    RUN(test_rotated);
    RUN(test_alike);
    RUN(test_left_halfway);
    RUN(test_learn_waits);
    RUN(test_no_memory);
    RUN(test_clean_text);
    RUN(test_worst_text);
    return check_done();
}
