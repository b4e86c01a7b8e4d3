#include "check.h"

#include <pthread.h>

#include "hooks/table.h"

static struct table table;
static struct node nodes[2000];
static size_t visited;

static void visit(struct node *n)
{
    (void)n;
    visited++;
}

static void test_add_remove(void)
{
    struct node twin;

    for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
        nodes[i].key = &nodes[i];
        CHECK(table_find(&table, &nodes[i]) == NULL);
        CHECK(table_add(&table, &nodes[i]) == &nodes[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
        CHECK(table_find(&table, &nodes[i]) == &nodes[i]);
    twin.key = &nodes[5];
    CHECK(table_add(&table, &twin) == &nodes[5]);
    CHECK(!table_remove(&table, &twin));
    table_fork_lock(&table);
    table_each(&table, visit);
    table_fork_unlock(&table);
    CHECK_INT(visited, ARRAY_LEN(nodes));
    for (size_t i = 0; i < ARRAY_LEN(nodes); i += 2)
        CHECK(table_remove(&table, &nodes[i]));
    for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
        CHECK(table_find(&table, &nodes[i]) == (i % 2 ? &nodes[i] : NULL));
    for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
        CHECK(table_remove(&table, &nodes[i]) == (i % 2 == 1));
}

/* Each thread adds, finds and removes records of its own. */
static void *churn(void *arg)
{
    struct node *mine = arg;

    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < 100; i++) {
            mine[i].key = &mine[i];
            if (table_add(&table, &mine[i]) != &mine[i])
                return arg;
        }
        for (size_t i = 0; i < 100; i++)
            if (table_find(&table, &mine[i]) != &mine[i] ||
                !table_remove(&table, &mine[i]))
                return arg;
    }
    return NULL;
}

static void test_threads(void)
{
    pthread_t t[4];
    void *bad;

    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        CHECK(!pthread_create(&t[i], NULL, churn, &nodes[i * 100]));
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        CHECK(!pthread_join(t[i], &bad));
        CHECK(bad == NULL);
    }
}

int main(void)
{
    RUN(test_add_remove);
    RUN(test_threads);
    return check_done();
}
