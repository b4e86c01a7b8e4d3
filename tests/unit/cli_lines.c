/* Lines of a descriptor: the same ones however the bytes arrive. */
#include "cli/lines.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "check.h"

/* A pipe of which each write is one read, if the reader is quick enough. */
struct feed {
    struct str text;
    size_t step;
    int fd;
};

static void *feed_run(void *arg)
{
    struct feed *f = arg;

    for (size_t off = 0; off < f->text.len; off += f->step) {
        struct str piece = str_head(str_skip(f->text, off), f->step);

        if (write(f->fd, piece.ptr, piece.len) != (ssize_t)piece.len)
            break;
        usleep(50);
    }
    close(f->fd);
    return NULL;
}

/* The lines as one text: each behind '<', '!' for one that is too long. */
static void collect(struct str text, size_t step, size_t max, struct buf *out)
{
    struct feed f = {.text = text, .step = step};
    struct lines lines;
    struct str line;
    pthread_t thread;
    int ends[2];
    enum err e;

    buf_clear(out);
    if (!CHECK(pipe(ends) == 0))
        return;
    f.fd = ends[1];
    if (!CHECK(pthread_create(&thread, NULL, feed_run, &f) == 0))
        return;
    lines_init(&lines, ends[0], max);
    while ((e = lines_next(&lines, &line)) != E_AGAIN) {
        if (e == E_LIMIT)
            line = STR("!");
        else if (!CHECK_INT(e, OK))
            break;
        CHECK(buf_add_byte(out, '<') == OK && buf_add(out, line) == OK);
    }
    CHECK_INT(lines_next(&lines, &line), E_AGAIN);
    CHECK(!lines_ready(&lines));
    lines_free(&lines);
    pthread_join(thread, NULL);
    close(ends[0]);
}

static void test_cuts(void)
{
    static const struct {
        struct str text;
        size_t max;
        struct str want;
    } rows[] = {
        {STR_INIT(""), 8, STR_INIT("")},
        {STR_INIT("\n"), 8, STR_INIT("<")},
        {STR_INIT("a"), 8, STR_INIT("<a")},
        {STR_INIT("a\n\nbc\nd"), 8, STR_INIT("<a<<bc<d")},
        {STR_INIT("1234567\n1234567\n"), 8, STR_INIT("<1234567<1234567")},
        {STR_INIT("12345678\n1\n"), 8, STR_INIT("<!<1")},
        {STR_INIT("1234567890123456789012345\n\n1"), 8, STR_INIT("<!<<1")},
        {STR_INIT("1\n123456789"), 8, STR_INIT("<1<!")},
        {STR_INIT("1\n123456789\n"), 8, STR_INIT("<1<!")},
    };
    struct buf got;

    buf_init(&got, 1000);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t step = 1; step <= rows[i].text.len + 1; step++) {
            CHECK_ROW(rows[i].want.ptr);
            collect(rows[i].text, step, rows[i].max, &got);
            CHECK_EQ(buf_str(&got), rows[i].want);
        }
    CHECK_ROW(NULL);
    buf_free(&got);
}

static void test_unreadable(void)
{
    struct lines lines;
    struct str line;

    lines_init(&lines, -1, 8);
    CHECK_INT(lines_next(&lines, &line), E_UNSUPPORTED);
    lines_free(&lines);
}

int main(void)
{
    RUN(test_cuts);
    RUN(test_unreadable);
    return check_done();
}
