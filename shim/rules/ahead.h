#ifndef SP_RULES_AHEAD_H
#define SP_RULES_AHEAD_H

#include "base/cpu.h"
#include "rules/regex.h"
#include "rules/rule.h"

/*
 * What must stand in a match, read off its pattern beyond what it begins with:
 * one of a few words, or a run of bytes as keys are made of.
 *
 *      (?i)\bignore\b[^.!?]{0,60}\b(?:instructions?|prompts?|orders?)\b
 *                                     inst           prom      orde
 *
 * That is looked for before the pattern is tried. Most of what keywords stand
 * in has none of it, and this says so in a tenth of the time.
 */
#define WANT_WORDS 48u
#define WANT_BYTES 4u /* of a word, that are looked for */
struct want {
    enum {
        WANT_NOTHING,
        WANT_WORD,
        WANT_RUN
    } what;
    uint32_t start;      /* characters from the front on, at the least */
    uint32_t end;        /* characters from the front up to its end, at most */
    uint32_t least;      /* bytes of the run, or of the shortest word */
    struct guard run;    /* of these */
    struct guard before; /* what stands up to its end, as far as it is ASCII */
    bool edge;           /* no letter is before a word */
    size_t count;
    char words[WANT_WORDS][WANT_BYTES]; /* lower case; short: behind it NUL */
};

/* want_word - a word of n bytes, nothing else. want_run - so many of these.
 * want_beyond - what is not ASCII: no word, for of such text nothing is said.
 */
struct want want_word(const char *word, size_t n);
struct want want_run(const struct guard *bytes, uint32_t n);
struct want want_beyond(void);

/*
 * What a part of a pattern matches: of so many characters at the most, or
 * PIECE_FREE, and of these bytes, as far as they are ASCII. (width.c)
 */
struct piece {
    uint32_t least, most;
    uint32_t back; /* the most that is looked at before it */
    struct guard bytes;
    bool apart; /* no letter is at its end */
    struct want want;
};
#define PIECE_FREE UINT32_MAX

static inline uint32_t piece_sum(uint32_t a, uint32_t b)
{
    return a > PIECE_FREE - b ? PIECE_FREE : a + b;
}

/* want_behind - what is wanted behind a piece. want_either - one or the other.
 * want_better - does a say more? */
void want_behind(struct want *w, const struct piece *p);
void want_either(struct want *w, const struct want *other);
bool want_better(const struct want *a, const struct want *b);

/* piece_read - of a whole pattern. keyed: the text that it begins with is not
 * wanted, for it is looked for elsewhere. False: not understood. */
bool piece_read(struct str pattern, bool keyed, struct piece *ret_piece);
/* behind_read - the same of what a pattern has behind its keyword; wanted is
 * the first byte that has to be one of few (tail.h), as a run of one. */
bool behind_read(struct str behind, struct piece *ret_piece);

#define AHEAD_MOST 320u /* bytes looked at */
#define AHEAD_BITS 12u  /* of a hash of a word */
struct ahead {
    struct want want;
    unsigned char kinds[256]; /* of each byte: what it may be (ahead.c) */
    uint64_t words[(1u << AHEAD_BITS) / 64];  /* of WANT_BYTES, as bits */
    uint64_t shorts[(1u << AHEAD_BITS) / 64]; /* of one less */
};

/* ahead_read - of a rule; want.what is WANT_NOTHING if it is of no use. */
void ahead_read(const struct rule *r, struct ahead *ret_ahead);

/* ahead_can - could a match begin at `at` of a whole text? *ret_seen: bytes
 * looked at. */
bool ahead_can(const struct ahead *a, struct str text, size_t at,
               size_t *ret_seen);

/* word_can - the same of s, for words; behind it are WANT_BYTES - 1 bytes more.
 * all: no match goes on behind s. */
bool word_can(const struct ahead *a, struct str s, bool all,
              enum cpu_step step);

/* within_read - the same of a pattern that is looked for in a part of a text;
 * nothing but words is known of it. within_first - before which place in
 * text[from, to) no match in there can have its word; `to`: there is none. What
 * follows in the text may tell otherwise of its last WANT_BYTES - 1 bytes. */
void within_read(struct str pattern, struct ahead *ret_ahead);
size_t within_first(const struct ahead *a, struct str text, size_t from,
                    size_t to);

#endif
