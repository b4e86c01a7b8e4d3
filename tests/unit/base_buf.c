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

/* Bytes that come at once fill their memory; those that come one by one find
 * it twice as large each time. */
static void test_growth(void)
{
    struct buf b;

    buf_init(&b, 5000);
    CHECK(buf_reserve(&b, 1000) == OK && b.cap == 1000);
    fill(&b, 1001);
    CHECK(b.cap == 2000);
    CHECK(buf_reserve(&b, 3500) == OK && b.cap == 4501);
    fill(&b, 4502);
    CHECK(b.cap == 5000);
    CHECK(buf_reserve(&b, 499) == E_LIMIT && b.len == 4502);
    buf_free(&b);
    buf_init(&b, 100);
    fill(&b, 1);
    CHECK(b.cap == 100);
    buf_free(&b);
}

/* What is moved keeps its address where nothing is before it. */
static void test_move(void)
{
    struct queue q;
    struct buf b;
    const char *at;

    queue_init(&q, 2500);
    buf_init(&b, 1000);
    fill(&b, 1000);
    at = b.ptr;
    CHECK(queue_move(&q, &b) == OK && queue_str(&q).ptr == at);
    CHECK(queue_str(&q).len == 1000 && b.len == 0 && b.max == 1000);
    queue_take(&q, 300);
    fill(&b, 1000);
    CHECK(queue_move(&q, &b) == OK && b.len == 0);
    CHECK(queue_str(&q).len == 1700 && q.bytes.max == 2500);
    fill(&b, 1000);
    CHECK(queue_move(&q, &b) == E_LIMIT && b.len == 1000);
    CHECK(queue_str(&q).len == 1700);
    buf_free(&b);
    queue_free(&q);
}

int main(void)
{
    RUN(test_growth);
    RUN(test_move);
    RUN(test_empty);
    RUN(test_queue);
    return check_done();
}
