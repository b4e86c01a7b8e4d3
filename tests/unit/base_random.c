/* Random bytes, while signals come in. */
#include <signal.h>
#include <sys/time.h>

#include "check.h"

#include "base/random.h"

static volatile sig_atomic_t rings;

static void on_alarm(int number)
{
    (void)number;
    rings = rings + 1;
}

/* Are all bytes as they were? */
static bool untouched(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static void test_fill(void)
{
    unsigned char a[32] = {0}, b[32] = {0};

    CHECK_INT(random_fill(a, 0), OK);
    CHECK(untouched(a, sizeof(a)));
    CHECK_INT(random_fill(a, 16), OK);
    CHECK_INT(random_fill(b, 16), OK);
    CHECK(memcmp(a, b, 16) != 0);
    CHECK(untouched(a + 16, 16));
}

/* A long read is cut short by a signal whose handler restarts nothing. */
static void test_signals(void)
{
    static unsigned char bytes[1 << 22];
    const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0}, {0}};
    struct sigaction action = {.sa_handler = on_alarm}, before;

    CHECK_INT(sigaction(SIGALRM, &action, &before), 0);
    CHECK_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
    for (size_t i = 0; i < 1000 && rings < 10; i++) {
        memset(bytes, 0, sizeof(bytes));
        if (!CHECK_INT(random_fill(bytes, sizeof(bytes)), OK))
            break;
        /* Sixteen zeros in a row come by chance once in 10^32. */
        for (size_t k = 0; k + 16 <= sizeof(bytes); k += 16)
            if (untouched(bytes + k, 16)) {
                CHECK(!"filled to the end");
                break;
            }
    }
    CHECK_INT(setitimer(ITIMER_REAL, &never, NULL), 0);
    CHECK_INT(sigaction(SIGALRM, &before, NULL), 0);
    CHECK(rings >= 10);
}

int main(void)
{
    RUN(test_fill);
    RUN(test_signals);
    return check_done();
}
