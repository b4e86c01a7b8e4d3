/* Names of source code, and keys that must not be taken for them. */
#include "check.h"
#include "rnd.h"

#include "detect/name.h"

static void test_rows(void)
{
    static const struct {
        const char *value;
        bool want;
    } rows[] = {
        {"", true},
        {"Authorization", true},
        {"an-order-of-words", true},
        {"X-Amz-Security-Token", true},
        {"aGVsb-Gd29ybGQh_IQ", false},
        {"TOKEN_FROM_HEADERS", true},
        {"V4_HEADER_EXTENSION_2_PRESENT", true},
        {"my-service-eu1-key2", true},
        {"removeParentFromDefault", true},
        {"GetRunV1WorkflowsRunsGetRequest", true},
        {"XMLHttpRequestFactory2", true},
        {"test_BoundedSemaphoreTests", true},
        {"onetwothreefourfivesixseven", false}, /* nobody writes so */
        {"removePar4Default", false},           /* one long word */
        {"getParent27aDefault", false},         /* a digit before a small one */
        {"AB12_CD34_EF56_GH78", false},
        {"a1b2-c3d4-e5f6-a7b8", false},
        {"deadbeef-cafe-4bad-8bad-facade000001", false},
        {"sk_live_abcdefghijklmnopqrstuvwxyzab", false},
        {"aGVsbG8gd29ybGQhIQ", false},
        {"k7Wg9FpZrJ7pimKDmB8BMMlkLhS4jS", false},
        {"token.name", false},
        {"name ", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].value);
        CHECK(is_name(str_of(rows[i].value)) == rows[i].want);
    }
    CHECK_ROW(NULL);
}

/* How many of 100,000 random strings of `len` letters of the alphabet? */
static size_t taken(const char *alphabet, size_t len)
{
    size_t letters = strlen(alphabet), n = 0;
    char value[64];

    for (size_t i = 0; i < 100000; i++) {
        for (size_t k = 0; k < len; k++)
            value[k] = alphabet[rnd(letters)];
        n += is_name((struct str){value, len});
    }
    return n;
}

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"

static void test_random(void)
{
    static const struct {
        const char *alphabet;
        size_t len, most;
    } rows[] = {
        {UPPER LOWER "0123456789", 20, 1000},
        {UPPER LOWER "0123456789", 32, 200},
        {UPPER LOWER "0123456789", 40, 100},
        {UPPER LOWER "0123456789-_", 24, 400},
        {UPPER LOWER "0123456789-_", 43, 50},
        {LOWER "0123456789", 20, 10},
        {UPPER "234567", 32, 10},
        {"0123456789abcdef", 32, 1},
        {"0123456789abcdef-", 32, 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].alphabet);
        CHECK(taken(rows[i].alphabet, rows[i].len) <= rows[i].most);
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    RUN(test_rows);
    RUN(test_random);
    return check_done();
}
