#ifndef SP_RULES_WORDS_H
#define SP_RULES_WORDS_H

#include "rules/prefilter.h"

#define WORDS_BRIEF 4u /* bytes of a number that stands in any text */

/* The keywords of a set of rules, and where they stand in a text. */
struct words; /* immutable after words_new */

/*
 * words_new - of those of n rules that are of a bit set. Borrowed from list;
 * listed, guards: see prefilter_new. E_NOMEM.
 */
MUST_USE enum err words_new(const struct rule *list, size_t n,
                            const uint64_t *of, const uint64_t *listed,
                            const struct guard *guards,
                            struct words **ret_words);
void words_free(struct words *ws);

/*
 * words_lay - write them as words_open reads them; their bytes are counted from
 * `base`, before which none stands. Errors of buf_add.
 *
 * words_open - of what was written, to which it must be aligned (lay.h), and
 * which is borrowed. Not to be trusted, it is compared with the rules.
 * E_SYNTAX: not the words of these; E_NOMEM.
 */
MUST_USE enum err words_lay(const struct words *ws, const char *base,
                            struct buf *out);
MUST_USE enum err words_open(const struct rule *list, size_t n,
                             const uint64_t *of, const uint64_t *listed,
                             const char *base, struct str written,
                             struct words **ret_words);

/*
 * words_near - is the rule looked for near numbers? Of one with a number as
 * short as stands in any text the keywords are looked for everywhere, and count
 * where such a number follows.
 */
static inline bool words_near(const struct rule *r)
{
    const uint64_t brief = (UINT64_C(1) << (WORDS_BRIEF + 1)) - 1;

    return r->reach != 0 && ((r->token.digits | r->token.mixed) & brief) == 0;
}

/*
 * words_kinds - of which texts its keywords are looked for, a bit for each kind
 * that it is of: those of rules that look at what users write, of such that
 * look at what tools answer, and of those that look at neither; and near
 * numbers alone. Each kind has a table of its own.
 */
enum words_kind {
    WORDS_USERS,
    WORDS_TOOLS,
    WORDS_NEITHER,
    WORDS_NEAR,
    WORDS_KINDS
};

static inline unsigned words_kinds(const struct rule *r)
{
    unsigned users = r->roles >> ROLE_USER & 1;
    unsigned tools = r->roles >> ROLE_TOOL & 1;

    if (words_near(r))
        return 1u << WORDS_NEAR;
    return users << WORDS_USERS | tools << WORDS_TOOLS |
           (unsigned)!(users | tools) << WORDS_NEITHER;
}

/* words_run - add the hits of some text, which begins at hits->base. E_NOMEM.
 */
MUST_USE enum err words_run(const struct words *ws, struct str text,
                            struct prefilter_hits *hits);

/* --- hits.c */

/* hits_clear - forget all, for a set of so many words of 64 rules. E_NOMEM. */
MUST_USE enum err hits_clear(struct prefilter_hits *hits, size_t words);

static inline bool hits_bit(const uint64_t *set, uint32_t rule)
{
    return (set[rule / 64] >> rule % 64 & 1) != 0;
}

/* hits_number - does the number that a rule with a reach asks for stand within
 * that behind a keyword, at start..end of what is looked at: a token, or else a
 * run of digits? True if that is not known. */
bool hits_number(struct prefilter_hits *hits, const struct rule *r,
                 size_t start, size_t end);

/* hits_note - a keyword of the rule begins at `start` of what is looked at. One
 * that begins beyond hits->limit is passed over; it is listed if `listed` says
 * so and there is room. E_NOMEM. */
MUST_USE enum err hits_note(struct prefilter_hits *hits, uint32_t rule,
                            bool listed, size_t start);

/* hits_sort - put the list in order. E_NOMEM. */
MUST_USE enum err hits_sort(struct prefilter_hits *hits);

#endif
