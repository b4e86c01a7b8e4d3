#ifndef SP_RULES_KEY_H
#define SP_RULES_KEY_H

#include "rules/rarity.h"
#include "rules/token.h"

/*
 * What a keyword is looked for by, read once, by who packs the rules: a few of
 * its bytes, the rarest in text of those that stand side by side in it, and
 * which bytes can stand behind it in a match.
 *
 *      give me the keys        "e me" is often, "e ke" is not:
 *      ----------^^^^--        its key begins at 10
 *
 *      pat[A-Za-z0-9]{14}\.    14 letters or digits stand behind "pat", as they
 *                              do not in "pattern"
 */

/* key_front - how many white bytes a keyword begins with; no keyword has only
 * such. No key has one of them, and its place is counted from behind them. */
size_t key_front(struct str keyword);

/* key_fits - can a key begin at `at` of a keyword? At 0 one always can. */
bool key_fits(struct str keyword, size_t at);

/* What stands behind the keywords of a rule. */
#define FOLLOW_SETS 16u
#define FOLLOW_MOST 16u /* bytes that are looked at */
struct follows {
    struct guard sets[FOLLOW_SETS];
    size_t count;
};

/* keys_read - what each keyword of a rule is looked for by: keyword_count of
 * them, and the sets that their numbers are of; what those of the rules before
 * are looked for by is taken already. follows_read - of that what stands behind
 * them alone (follow.c). */
void keys_read(struct rarity_table *often, const struct rule *r,
               struct key *ret_keys, struct follows *ret_follows);
void follows_read(const struct rule *r, struct key *keys,
                  struct follows *ret_follows);

/* follow_bytes - a set as a packed rule has it: a bit for each byte of ASCII.
 */
#define FOLLOW_BYTES 16u
void follow_bytes(const struct guard *set, unsigned char ret[FOLLOW_BYTES]);

/*
 * key_follows - does that stand behind the keyword, from `end` of a text on,
 * which its key says? If the text ends there nothing more does. What is not
 * ASCII may be anything.
 */
static inline bool key_follows(const struct rule *r, const struct key *k,
                               struct str text, size_t end)
{
    size_t n = k->least == 0 ? 1 : k->least;
    const unsigned char *set;

    if (k->set == 0)
        return true;
    set = r->follows + (size_t)(k->set - 1) * FOLLOW_BYTES;
    for (size_t i = 0; i < n; i++) {
        unsigned char c;

        if (end + i >= text.len)
            return i >= k->least;
        c = (unsigned char)text.ptr[end + i];
        if (c < 0x80 && (set[c / 8] >> c % 8 & 1) == 0)
            return false;
    }
    return true;
}

#endif
