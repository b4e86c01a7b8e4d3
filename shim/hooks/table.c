#include "hooks/table.h"

#include <pthread.h>

#include "hooks/export.h"

/* Few enough for a fork to take them all; a thread holds one for an instant. */
#define SHARDS  16
#define BUCKETS 256

static struct shard {
    pthread_mutex_t lock;
    struct node *bucket[BUCKETS];
} shards[SHARDS] TABLE = {
    [0 ... SHARDS - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER},
};

static uint32_t hash(const void *key)
{
    return (uint32_t)(((uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u) >> 32);
}

static struct shard *shard_of(const void *key)
{
    return &shards[hash(key) % SHARDS];
}

static struct node **place(struct shard *sh, const void *key)
{
    struct node **at = &sh->bucket[hash(key) / SHARDS % BUCKETS];

    while (*at && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

struct node *table_find(const void *key)
{
    struct shard *sh = shard_of(key);
    struct node *node;

    pthread_mutex_lock(&sh->lock);
    node = *place(sh, key);
    pthread_mutex_unlock(&sh->lock);
    return node;
}

struct node *table_add(struct node *node)
{
    struct shard *sh = shard_of(node->key);
    struct node **at;

    pthread_mutex_lock(&sh->lock);
    at = place(sh, node->key);
    if (!*at) {
        node->next = NULL;
        *at = node;
    }
    node = *at;
    pthread_mutex_unlock(&sh->lock);
    return node;
}

bool table_remove(struct node *node)
{
    struct shard *sh = shard_of(node->key);
    struct node **at;
    bool there;

    pthread_mutex_lock(&sh->lock);
    at = place(sh, node->key);
    there = *at == node;
    if (there)
        *at = node->next;
    pthread_mutex_unlock(&sh->lock);
    return there;
}

void table_fork_lock(void)
{
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_lock(&shards[i].lock);
}

void table_fork_unlock(void)
{
    for (size_t i = SHARDS; i-- > 0;)
        pthread_mutex_unlock(&shards[i].lock);
}

void table_each(void (*visit)(struct node *node))
{
    for (size_t i = 0; i < SHARDS; i++)
        for (size_t b = 0; b < BUCKETS; b++)
            for (struct node *n = shards[i].bucket[b]; n; n = n->next)
                visit(n);
}

static bool shard_any(const struct shard *sh,
                      bool (*is)(struct node *node, const void *arg),
                      const void *arg)
{
    for (size_t b = 0; b < BUCKETS; b++)
        for (struct node *n = sh->bucket[b]; n; n = n->next)
            if (is(n, arg))
                return true;
    return false;
}

bool table_any(bool (*is)(struct node *node, const void *arg), const void *arg)
{
    bool any = false;

    for (size_t i = 0; !any && i < SHARDS; i++) {
        pthread_mutex_lock(&shards[i].lock);
        any = shard_any(&shards[i], is, arg);
        pthread_mutex_unlock(&shards[i].lock);
    }
    return any;
}
