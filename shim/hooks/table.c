#include "hooks/table.h"

#include <pthread.h>

#include "hooks/zeros.h"

/* Few enough for a fork to take them all; a thread holds one for an instant. */
#define SHARDS  16
#define BUCKETS 256

struct shard {
    pthread_mutex_t lock; /* zeros are an unlocked one in glibc */
    struct node *bucket[BUCKETS];
};

static uint32_t hash(const void *key)
{
    return (uint32_t)(((uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u) >> 32);
}

static struct shard *shard_of(struct table *t, const void *key)
{
    struct shard *all = zeros_get(&t->shards, SHARDS * sizeof(struct shard));

    return all ? &all[hash(key) % SHARDS] : NULL;
}

static struct node **place(struct shard *sh, const void *key)
{
    struct node **at = &sh->bucket[hash(key) / SHARDS % BUCKETS];

    while (*at && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

struct node *table_find(struct table *t, const void *key)
{
    struct shard *sh = zeros_seen(&t->shards) ? shard_of(t, key) : NULL;
    struct node *node;

    if (!sh)
        return NULL;
    pthread_mutex_lock(&sh->lock);
    node = *place(sh, key);
    pthread_mutex_unlock(&sh->lock);
    return node;
}

struct node *table_add(struct table *t, struct node *node)
{
    struct shard *sh = shard_of(t, node->key);
    struct node **at;

    if (!sh)
        return NULL;
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

bool table_remove(struct table *t, struct node *node)
{
    struct shard *sh = zeros_seen(&t->shards) ? shard_of(t, node->key) : NULL;
    struct node **at;
    bool there;

    if (!sh)
        return false;
    pthread_mutex_lock(&sh->lock);
    at = place(sh, node->key);
    there = *at == node;
    if (there)
        *at = node->next;
    pthread_mutex_unlock(&sh->lock);
    return there;
}

/*
 * Mapped if it was not: another thread must not be the first to take a lock
 * while the fork is under way. Without memory for that, nobody can.
 */
void table_fork_lock(struct table *t)
{
    struct shard *all = zeros_get(&t->shards, SHARDS * sizeof(struct shard));

    for (size_t i = 0; all && i < SHARDS; i++)
        pthread_mutex_lock(&all[i].lock);
    t->held = all;
}

void table_fork_unlock(struct table *t)
{
    for (size_t i = SHARDS; t->held && i-- > 0;)
        pthread_mutex_unlock(&t->held[i].lock);
}

void table_each(struct table *t, void (*visit)(struct node *node))
{
    for (size_t i = 0; t->held && i < SHARDS; i++)
        for (size_t b = 0; b < BUCKETS; b++)
            for (struct node *n = t->held[i].bucket[b]; n; n = n->next)
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

bool table_any(struct table *t, bool (*is)(struct node *node, const void *arg),
               const void *arg)
{
    struct shard *all = zeros_seen(&t->shards);
    bool any = false;

    for (size_t i = 0; all && !any && i < SHARDS; i++) {
        pthread_mutex_lock(&all[i].lock);
        any = shard_any(&all[i], is, arg);
        pthread_mutex_unlock(&all[i].lock);
    }
    return any;
}
