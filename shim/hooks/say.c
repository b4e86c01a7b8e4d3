#include "hooks/say.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/quiet.h"
#include "hooks/real.h"

/* Below PIPE_BUF: a pipe takes it whole, and never between two others. */
#define LINE_SIZE 1024

static struct {
    bool open;
    dev_t dev;
    ino_t ino;
    mode_t type;
} at_start;

void say_start(void)
{
    int saved = errno;
    struct stat st;

    at_start.open = LIBC(fstat)(STDERR_FILENO, &st) == 0;
    if (at_start.open) {
        at_start.dev = st.st_dev;
        at_start.ino = st.st_ino;
        at_start.type = st.st_mode & S_IFMT;
    }
    errno = saved;
}

static bool is_as_at_start(void)
{
    struct stat st;

    return at_start.open && LIBC(fstat)(STDERR_FILENO, &st) == 0 &&
           st.st_dev == at_start.dev && st.st_ino == at_start.ino &&
           (st.st_mode & S_IFMT) == at_start.type;
}

static size_t put(char *line, size_t len, struct str s, size_t max)
{
    s = str_head(s, max - len);
    if (s.len > 0)
        memcpy(line + len, s.ptr, s.len);
    return len + s.len;
}

static void say(const char *what, const char *why, struct str tail, bool may)
{
    const size_t max = LINE_SIZE - tail.len;
    char line[LINE_SIZE];
    int saved = errno;
    size_t n;

    n = put(line, 0, STR("sallyport: "), max);
    n = put(line, n, str_of(what), max);
    n = put(line, n, STR(": "), max);
    n = put(line, n, str_of(why), max);
    n = put(line, n, tail, LINE_SIZE);
    if (may && quiet_ready(STDERR_FILENO))
        (void)!quiet_write(STDERR_FILENO, (struct str){line, n});
    errno = saved;
}

void say_blocked(const char *what, const char *why)
{
    say(what, why, STR(": LLM hosts are blocked\n"), is_as_at_start());
}

void say_line(const char *what, const char *why, bool anyway)
{
    say(what, why, STR("\n"), anyway || is_as_at_start());
}
