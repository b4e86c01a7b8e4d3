#include "check.h"

#include "base/limits.h"
#include "flow/queue.h"

/* What a message of n bytes leaves of memory when it has ended. */
static void fill(struct buf *b, size_t n)
{
    while (b->len < n)
        CHECK(buf_add_byte(b, 'x') == OK);
}

static void test_empty(void)
{
    struct buf b;

    buf_init(&b, 8 * MIB);
    fill(&b, 1000);
    buf_empty(&b);
    CHECK(b.len == 0 && b.cap >= 1000); /* for the next one */
    fill(&b, LIM_BUF_KEEP);
    buf_empty(&b);
    CHECK(b.len == 0 && b.cap == LIM_BUF_KEEP);
    fill(&b, LIM_BUF_KEEP + 1);
    buf_empty(&b);
    CHECK(b.len == 0 && b.cap == 0 && b.max == 8 * MIB);
    fill(&b, 10); /* and it is a buffer still */
    buf_free(&b);
}

/* A queue does so when its last byte is taken, not before. */
static void test_queue(void)
{
    struct queue q;

    queue_init(&q, 8 * MIB);
    fill(queue_open(&q), 2 * LIM_BUF_KEEP);
    queue_take(&q, 2 * LIM_BUF_KEEP - 1);
    CHECK(queue_str(&q).len == 1 && queue_str(&q).ptr[0] == 'x');
    queue_take(&q, 5);
    CHECK(queue_str(&q).len == 0 && q.bytes.cap == 0);
    fill(queue_open(&q), 10);
    CHECK(queue_str(&q).len == 10);
    queue_free(&q);
}

int main(void)
{
    RUN(test_empty);
    RUN(test_queue);
    return check_done();
}
