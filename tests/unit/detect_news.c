#include "detect/news.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "check.h"
#include "detect/disguise.h"
#include "detect/normal.h"
#include "detect/leet.h"
#include "detect/respell.h"
#include "detect/respell.h"
#include "rnd.h"

/*
 * What is in no part is in the source, next to what is next to it; and there
 * is no part without news near its middle.
 */

static const char *const pieces[] = {
    "a line of words ", "that say nothing, ",
    "1gn0r3 pr3v10us ", "\uff21 ",
    "\u00e9t\u00e9 ",   "ign\u043ere ",
    "a\u200bb ",        "s p a c e d ",
    "\u65e5\u672c",     "longwordwithoutend",
    "UPPER ",           "\x01",
};

static size_t text_make(char *to, size_t size)
{
    size_t n = 0, often = 1 + rnd(300);

    for (;;) {
        const char *p = rnd((uint32_t)often) == 0
                            ? pieces[rnd(ARRAY_LEN(pieces))]
                            : pieces[rnd(2)];
        size_t len = strlen(p);

        if (n + len > size)
            return n;
        memcpy(to + n, p, len);
        n += len;
    }
}

/* Are the bytes of the view from..to the source's, one after the other? */
static bool is_old(const struct textview *v, struct str source, size_t from,
                   size_t to)
{
    size_t before = SIZE_MAX, start, end;

    for (size_t i = from; i < to; i++) {
        textview_span(v, i, i + 1, &start, &end);
        if (to_lower(source.ptr[start]) != to_lower(v->bytes.ptr[i]) ||
            (before != SIZE_MAX && start != before + 1))
            return false;
        before = start;
    }
    return true;
}

static void check_view(const struct textview *v, struct str source)
{
    struct str s = buf_str(&v->bytes), part;
    struct news n = {.view = v, .source = source};
    size_t at = 0;

    while (news_next(&n, &part)) {
        size_t from = (size_t)(part.ptr - s.ptr);

        CHECK(from == 0 || from > at);
        CHECK(is_old(v, source, at, from));
        CHECK(utf8_front(s, from) == from);
        at = from + part.len;
        CHECK(at <= s.len && utf8_front(s, at) == at);
        if (part.len > 2 * NEWS_MARGIN + 200 && from > 0 && at < s.len)
            CHECK(!is_old(v, source, from + NEWS_MARGIN - 1,
                          at - NEWS_MARGIN + 1));
    }
    CHECK(is_old(v, source, at, s.len));
    CHECK(!news_next(&n, &part));
}

static void check_normal(unsigned what, struct str s, struct textview *v)
{
    struct normal n = {.what = what};

    CHECK_INT(normal_make(&n, s, 0, v), OK);
    check_view(v, s);
}

static void test_views(void)
{
    static char text[16 * KIB];
    struct textview v;
    bool some;

    textview_init(&v);
    for (unsigned turn = 0; turn < 300; turn++) {
        struct str s = {text, text_make(text, rnd(sizeof(text)))};

        check_normal(0, s, &v);
        check_normal(NORMAL_FOLD | NORMAL_NOMARK, s, &v);
        check_normal(NORMAL_GAP, s, &v);
        CHECK_INT(skeleton_make(NULL, s, &v, &some), OK);
        if (v.bytes.len != 0)
            check_view(&v, s);
        CHECK_INT(joined_make(NULL, s, &v, &some), OK);
        if (v.bytes.len != 0)
            check_view(&v, s);
        CHECK_INT(leet_make(s, &v, &some, &some), OK);
        if (v.bytes.len != 0)
            check_view(&v, s);
    }
    textview_free(&v);
}

/* Of any map: copies, what stands for other bytes, and is left out. */
static void test_any(void)
{
    static char text[8 * KIB];
    struct textview v;

    textview_init(&v);
    for (unsigned turn = 0; turn < 1000; turn++) {
        struct str s = {text, text_make(text, rnd(sizeof(text)))};
        size_t at = 0;

        textview_clear(&v);
        while (at < s.len) {
            size_t len = 1 + rnd(3000);
            struct str one = str_head(str_skip(s, at), len);

            if (rnd(2) == 0)
                CHECK_INT(textview_copy(&v, one, at), OK);
            else if (rnd(2) == 0)
                one.len = one.len < 3 ? one.len : 3;
            else
                CHECK_INT(textview_put(&v, STR("xyz"), at, one.len), OK);
            at += one.len;
        }
        {
            struct str b = buf_str(&v.bytes), part;
            struct news n = {.view = &v, .source = s};
            size_t seen = 0;

            while (news_next(&n, &part)) {
                size_t from = (size_t)(part.ptr - b.ptr);

                CHECK(is_old(&v, s, seen, from));
                seen = from + part.len;
            }
            CHECK(is_old(&v, s, seen, b.len));
        }
    }
    textview_free(&v);
}

int main(void)
{
    RUN(test_views);
    RUN(test_any);
    return check_done();
}
