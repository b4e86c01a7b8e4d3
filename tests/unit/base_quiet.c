#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/quiet.h"

static const char line[] = "one line\n";

#define LINE ((struct str){line, sizeof(line) - 1})

static bool is_pending(int sig)
{
    sigset_t set;

    return sigpending(&set) == 0 && sigismember(&set, sig);
}

static bool is_blocked(int sig)
{
    sigset_t set;

    return pthread_sigmask(SIG_BLOCK, NULL, &set) == 0 &&
           sigismember(&set, sig);
}

static void test_write(void)
{
    char got[32];
    int p[2];

    CHECK_INT(pipe(p), 0);
    CHECK(quiet_ready(p[1]));
    errno = 77;
    CHECK_INT(quiet_write(p[1], LINE), OK);
    CHECK_INT(errno, 77);
    CHECK_INT(read(p[0], got, sizeof(got)), sizeof(line) - 1);
    close(p[0]);
    close(p[1]);
    CHECK(!quiet_ready(p[1]));
    CHECK_INT(quiet_write(p[1], LINE), E_UNSUPPORTED);
    CHECK_INT(errno, 77);
}

/* Default action: the process would be gone. */
static void test_no_reader(void)
{
    int p[2];

    CHECK_INT(pipe(p), 0);
    close(p[0]);
    errno = 77;
    signal(SIGPIPE, SIG_DFL);
    CHECK_INT(quiet_write(p[1], LINE), E_UNSUPPORTED);
    CHECK_INT(errno, 77);
    CHECK(!is_pending(SIGPIPE));
    CHECK(!is_blocked(SIGPIPE));
    close(p[1]);
}

/* What the program has pending or blocked stays so. */
static void test_pending(void)
{
    sigset_t set;
    int p[2];

    CHECK_INT(pipe(p), 0);
    close(p[0]);
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    CHECK_INT(quiet_write(p[1], LINE), E_UNSUPPORTED);
    CHECK(!is_pending(SIGPIPE));
    raise(SIGPIPE);
    CHECK_INT(quiet_write(p[1], LINE), E_UNSUPPORTED);
    CHECK(is_pending(SIGPIPE));
    CHECK(is_blocked(SIGPIPE));
    signal(SIGPIPE, SIG_IGN); /* discards it */
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    CHECK_INT(quiet_write(p[1], LINE), E_UNSUPPORTED);
    close(p[1]);
}

static void test_full_pipe(void)
{
    static const char block[4096];
    int p[2];

    CHECK_INT(pipe2(p, O_NONBLOCK), 0);
    while (write(p[1], block, sizeof(block)) > 0)
        ;
    fcntl(p[1], F_SETFL, 0);
    CHECK(!quiet_ready(p[1]));
    close(p[0]);
    CHECK(quiet_ready(p[1]));
    close(p[1]);
}

static void test_file_size(void)
{
    struct rlimit old, none;
    FILE *file = tmpfile();

    CHECK(file != NULL);
    getrlimit(RLIMIT_FSIZE, &old);
    none = (struct rlimit){0, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
    CHECK_INT(quiet_write(fileno(file), LINE), E_UNSUPPORTED);
    setrlimit(RLIMIT_FSIZE, &old);
    CHECK(!is_pending(SIGXFSZ));
    CHECK_INT(quiet_write(fileno(file), LINE), OK);
    fclose(file);
}

int main(void)
{
    RUN(test_write);
    RUN(test_no_reader);
    RUN(test_pending);
    RUN(test_full_pipe);
    RUN(test_file_size);
    return check_done();
}
