#include "check.h"

#include "hooks/hello.h"

static char hello[100];

static void make_hello(void)
{
    static const unsigned char head[] = {0x16, 3, 1, 0, 95, 1, 0, 0, 91, 3, 3};

    memcpy(hello, head, sizeof(head));
    for (size_t i = sizeof(head); i < sizeof(hello); i++)
        hello[i] = (char)i;
}

static void test_random(void)
{
    struct str s = {hello, sizeof(hello)};

    make_hello();
    CHECK(str_eq(hello_random(s), (struct str){hello + 11, HELLO_RANDOM}));
    for (size_t n = 0; n < HELLO_LEN; n++)
        CHECK_INT(hello_random(str_head(s, n)).len, 0);
    CHECK_INT(hello_random(str_head(s, HELLO_LEN)).len, HELLO_RANDOM);
    for (size_t i = 0; i < 11; i++) {
        static const bool fixed[11] = {true,  true,  false, false, false, true,
                                       false, false, false, true,  false};

        make_hello();
        hello[i] ^= 0x40;
        CHECK_INT(hello_random(s).len, fixed[i] ? 0 : HELLO_RANDOM);
    }
}

/* Cut in three at every two places: the same front. */
static void test_gather(void)
{
    char store[HELLO_LEN];

    make_hello();
    for (size_t a = 0; a <= HELLO_LEN + 2; a++) {
        for (size_t b = a; b <= HELLO_LEN + 2; b++) {
            struct iovec iov[] = {
                {hello, a}, {hello + a, b - a}, {hello + b, 100 - b}};
            struct str s = hello_gather(iov, 3, store);

            CHECK(str_eq(s, (struct str){hello, HELLO_LEN}));
        }
    }
    CHECK_INT(hello_gather(NULL, 0, store).len, 0);
    CHECK_INT(hello_gather(&(struct iovec){hello, HELLO_LEN - 1}, 1, store).len,
              HELLO_LEN - 1);
}

int main(void)
{
    RUN(test_random);
    RUN(test_gather);
    return check_done();
}
