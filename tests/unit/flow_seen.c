/* The table of texts that were judged before: what is the same, what is not,
 * and that it forgets the oldest. */
#include "flow/seen.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static const unsigned char key[PRINT_KEY_LEN] = {1}, other[PRINT_KEY_LEN] = {2};
static const struct scope user = {.dir = DIR_SEND,
                                  .role = ROLE_USER,
                                  .part = PART_TEXT,
                                  .host = STR_INIT("a.example")};

static struct seen *new_seen(const unsigned char k[PRINT_KEY_LEN])
{
    struct seen *s = NULL;

    CHECK(seen_new(k, &s) == OK);
    return s;
}

static void test_same(void)
{
    struct seen *s = new_seen(key);
    struct scope at = user;

    CHECK(!seen_before(s, &user, STR("text"), 1));
    CHECK(!seen_before(s, &user, STR("text"), 1)); /* twice in one */
    CHECK(seen_before(s, &user, STR("text"), 2));
    CHECK(seen_before(s, &user, STR("text"), 3));
    CHECK(!seen_before(s, &user, STR("text "), 3));
    CHECK(!seen_before(s, &user, STR(""), 3));
    at.role = ROLE_TOOL;
    CHECK(!seen_before(s, &at, STR("text"), 3));
    at = user;
    at.part = PART_FILE;
    CHECK(!seen_before(s, &at, STR("text"), 3));
    at = user;
    at.host = STR("a.exampl");
    CHECK(!seen_before(s, &at, STR("etext"), 3));
    /* An exchange that began before is not later. */
    CHECK(!seen_before(s, &user, STR("new"), 9));
    CHECK(!seen_before(s, &user, STR("new"), 8));
    seen_free(s);
}

static void test_forgets(void)
{
    struct seen *s = new_seen(key);
    size_t still = 0, n = 4 * (size_t)LIM_SEEN;
    char text[32];

    for (size_t i = 1; i <= n; i++) {
        snprintf(text, sizeof(text), "text %zu", i);
        CHECK(!seen_before(s, &user, str_of(text), i));
    }
    for (size_t i = n; i > n - LIM_SEEN / 2; i--) { /* the newest first */
        snprintf(text, sizeof(text), "text %zu", i);
        still += seen_before(s, &user, str_of(text), n + 1);
    }
    CHECK(still > LIM_SEEN / 2 * 9 / 10);
    seen_free(s);
}

/*
 * Texts of all lengths around whole blocks and words: each is known, and none
 * that differs in one byte, in a zero at its end, or in two words or blocks
 * that changed places.
 */
static void test_long(void)
{
    static char text[2 * SEEN_BLOCK + 32];
    struct seen *s = new_seen(key);
    uint64_t n = 1;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 31 + i / 256);
    for (size_t len = 1; len < sizeof(text); len += len % 8 == 1 ? 7 : 1) {
        struct str all = {text, len};
        size_t at = len / 2, last = len - 1;

        CHECK(!seen_before(s, &user, all, n++));
        CHECK(seen_before(s, &user, all, n++));
        text[at] ^= 1;
        CHECK(!seen_before(s, &user, all, n++));
        text[at] ^= 1;
        text[last] ^= 0x40;
        CHECK(!seen_before(s, &user, all, n++));
        text[last] ^= 0x40;
        CHECK(seen_before(s, &user, all, n++));
    }
    seen_free(s);
}

static void swap(char *a, char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = a[i];

        a[i] = b[i];
        b[i] = c;
    }
}

static void test_order(void)
{
    static const size_t sizes[] = {4, 8, 16, SEEN_BLOCK};
    static char text[2 * SEEN_BLOCK];
    struct seen *s = new_seen(key);
    uint64_t n = 1;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 31 + i / 256);
    CHECK(!seen_before(s, &user, (struct str){text, sizeof(text)}, n++));
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        swap(text, text + sizes[i], sizes[i]);
        CHECK(!seen_before(s, &user, (struct str){text, sizeof(text)}, n++));
        swap(text, text + sizes[i], sizes[i]);
    }
    memset(text, 0, sizeof(text));
    for (size_t len = 1; len < 40; len++)
        CHECK(!seen_before(s, &user, (struct str){text, len}, n++));
    seen_free(s);
}

/* Another key, another hash. */
static void test_keys(void)
{
    struct seen *a = new_seen(key), *b = new_seen(other);

    CHECK(memcmp(a->words, b->words, sizeof(a->words)) != 0);
    for (size_t i = 1; i < SEEN_KEY_WORDS; i++)
        CHECK(a->words[i] != a->words[i - 1] && a->words[i] != 0);
    CHECK(!seen_before(a, &user, STR("text"), 1));
    CHECK(!seen_before(b, &user, STR("text"), 2));
    CHECK(memcmp(a->places, b->places, sizeof(a->places)));
    seen_free(a);
    seen_free(b);
}

int main(void)
{
    RUN(test_same);
    RUN(test_long);
    RUN(test_order);
    RUN(test_keys);
    RUN(test_forgets);
    return check_done();
}
