#ifndef SP_RULES_RESTORE_H
#define SP_RULES_RESTORE_H

#include "base/buf.h"
#include "detect/pseudonym.h"

/* Who knows what pseudonyms stand for. All is borrowed; any thread. */
struct restorer {
    const unsigned char *key;
    const struct str *classes; /* what pseudonyms may begin with */
    size_t class_count;
    /* As vault_value of act/vault.h. */
    bool (*value)(void *with, const struct pseudonym_at *at,
                  const struct str *tool, struct pseudonym_at *ret_at,
                  struct buf *out);
    void *with;
};

#endif
