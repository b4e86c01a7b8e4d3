#ifndef SP_HOOKS_TABLE_H
#define SP_HOOKS_TABLE_H

#include <stdatomic.h>

#include "base/str.h"

/*
 * Records of objects of other libraries, by object address: a fixed number of
 * shards, each with a lock of its own and chained buckets. A record embeds its
 * node; the table owns nothing. A table of zeros is an empty one.
 */
struct node {
    struct node *next;
    const void *key;
};

struct shard;

struct table {
    _Atomic(void *) shards; /* all of them, once one is used */
    struct shard *held;     /* by the fork in progress       */
};

/* table_find - the record's node, or NULL. */
struct node *table_find(struct table *t, const void *key);

/*
 * table_add - enter a node under node->key; or, if the key is there already,
 * leave it out. Returns the node that is in the table afterwards; NULL without
 * memory.
 */
struct node *table_add(struct table *t, struct node *node);

/* table_remove - take a node out; false if it was not in. */
bool table_remove(struct table *t, struct node *node);

/*
 * Held by a fork in progress. table_each visits every node; only under the
 * fork lock.
 */
void table_fork_lock(struct table *t);
void table_fork_unlock(struct table *t);
void table_each(struct table *t, void (*visit)(struct node *node));

/*
 * table_any - whether `is` says so of a node. While it is asked, a node's shard
 * is locked: it cannot be removed meanwhile, and `is` must not use the table.
 */
bool table_any(struct table *t, bool (*is)(struct node *node, const void *arg),
               const void *arg);

#endif
