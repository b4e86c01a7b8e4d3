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

static void test_same(void)
{
    struct seen *s = calloc(1, sizeof(*s));
    struct scope at = user;

    CHECK(!seen_before(s, key, &user, STR("text"), 1));
    CHECK(!seen_before(s, key, &user, STR("text"), 1)); /* twice in one */
    CHECK(seen_before(s, key, &user, STR("text"), 2));
    CHECK(seen_before(s, key, &user, STR("text"), 3));
    CHECK(!seen_before(s, key, &user, STR("text "), 3));
    CHECK(!seen_before(s, key, &user, STR(""), 3));
    CHECK(!seen_before(s, other, &user, STR("text"), 3));
    at.role = ROLE_TOOL;
    CHECK(!seen_before(s, key, &at, STR("text"), 3));
    at = user;
    at.part = PART_FILE;
    CHECK(!seen_before(s, key, &at, STR("text"), 3));
    at = user;
    at.host = STR("a.exampl");
    CHECK(!seen_before(s, key, &at, STR("etext"), 3));
    /* An exchange that began before is not later. */
    CHECK(!seen_before(s, key, &user, STR("new"), 9));
    CHECK(!seen_before(s, key, &user, STR("new"), 8));
    free(s);
}

static void test_forgets(void)
{
    struct seen *s = calloc(1, sizeof(*s));
    size_t still = 0, n = 4 * (size_t)LIM_SEEN;
    char text[32];

    for (size_t i = 1; i <= n; i++) {
        snprintf(text, sizeof(text), "text %zu", i);
        CHECK(!seen_before(s, key, &user, str_of(text), i));
    }
    for (size_t i = n; i > n - LIM_SEEN / 2; i--) { /* the newest first */
        snprintf(text, sizeof(text), "text %zu", i);
        still += seen_before(s, key, &user, str_of(text), n + 1);
    }
    CHECK(still > LIM_SEEN / 2 * 9 / 10);
    free(s);
}

int main(void)
{
    RUN(test_same);
    RUN(test_forgets);
    return check_done();
}
