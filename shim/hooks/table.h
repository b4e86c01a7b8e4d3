#ifndef SP_HOOKS_TABLE_H
#define SP_HOOKS_TABLE_H

#include "base/str.h"

/*
 * The records of all TLS objects of the process, by object address: a fixed
 * number of shards, each with a lock of its own and chained buckets. A record
 * embeds its node; the table owns nothing.
 */
struct node {
    struct node *next;
    const void *key;
};

/* table_find - the record's node, or NULL. */
struct node *table_find(const void *key);

/*
 * table_add - enter a node under node->key; or, if the key is there already,
 * leave it out. Returns the node that is in the table afterwards.
 */
struct node *table_add(struct node *node);

/* table_remove - take a node out; false if it was not in. */
bool table_remove(struct node *node);

/*
 * Held by a fork in progress. table_each visits every node; only under the
 * fork lock.
 */
void table_fork_lock(void);
void table_fork_unlock(void);
void table_each(void (*visit)(struct node *node));

/*
 * table_any - whether `is` says so of a node. While it is asked, a node's shard
 * is locked: it cannot be removed meanwhile, and `is` must not use the table.
 */
bool table_any(bool (*is)(struct node *node, const void *arg), const void *arg);

#endif
