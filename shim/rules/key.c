#include "rules/key.h"

#include <limits.h>

#include "rules/level.h"
#include "rules/probes.h"
#include "rules/words.h"

#define RARE_LEAST 3u /* bytes of a key, if there are so many */

/*
 * What is less often in text than four bytes are: more of them, and much less
 * if they are of two words. first: the space among them; their number if none.
 */
static unsigned bonus_of(size_t len, size_t first)
{
    size_t behind = first < len ? len - first : 0;

    if (len == RARE_LEAST)
        return 0;
    return 20 + (unsigned)(len - 4) + 4 * (unsigned)(behind < 5 ? behind : 4);
}
#define BONUS_MOST 64u /* more than that is */

size_t key_front(struct str keyword)
{
    size_t n = 0;

    while (n < keyword.len && is_white(keyword.ptr[n]))
        n++;
    return n;
}

bool key_fits(struct str keyword, size_t at)
{
    size_t from = key_front(keyword) + at;

    /* A space may be more of them in a text, so that it has no one place. */
    return from < keyword.len && !is_white(keyword.ptr[from]);
}

/* The place with the rarest bytes, which are taken. One with less than three is
 * the whole. */
static unsigned char key_place(struct rarity_table *often, struct str keyword,
                               unsigned of)
{
    struct str rest = str_skip(keyword, key_front(keyword));
    char bytes[LIM_KEYWORD];
    struct str level = {bytes, rest.len};
    size_t space = rest.len, best = 0;
    unsigned shares[LIM_KEYWORD], least = UINT_MAX;

    level_keyword(rest, bytes);
    rarity_read(often, level, of, shares);
    for (size_t at = rest.len; at-- > 0;) {
        size_t room = rest.len - at < KEY_MOST ? rest.len - at : KEY_MOST;
        unsigned share;

        if (level.ptr[at] == ' ')
            space = at;
        if (room < RARE_LEAST || !key_fits(rest, at))
            continue;
        share = shares[at] + BONUS_MOST - bonus_of(room, space - at);
        if (share >= least)
            continue;
        best = at;
        least = share;
    }
    if (least != UINT_MAX)
        rarity_take(often, level, of, best);
    return (unsigned char)best;
}

void keys_read(struct rarity_table *often, const struct rule *r,
               struct key *ret_keys, struct follows *ret_follows)
{
    follows_read(r, ret_keys, ret_follows);
    for (size_t i = 0; i < r->keyword_count; i++)
        ret_keys[i].at = key_place(often, r->keywords[i], words_kinds(r));
}

void follow_bytes(const struct guard *set, unsigned char ret[FOLLOW_BYTES])
{
    for (size_t i = 0; i < FOLLOW_BYTES; i++)
        ret[i] = (unsigned char)(set->bits[i / 8] >> i % 8 * 8);
}
