#ifndef SP_DETECT_SHINGLE_H
#define SP_DETECT_SHINGLE_H

#include "detect/letters.h"

/*
 * Is a text a copy of a prompt, or of a part of one? Both are taken as letters
 * (letters.h), so case, marks and spaces do not matter, nor how words are
 * spaced. A run is a stretch of the text that equals one of the prompt; each of
 * SHINGLE_SURE letters or more is found, and none under SHINGLE letters.
 *
 * One thread at a time.
 */
struct shingles; /* owned by who made it */

#define SHINGLE      24 /* letters of a fingerprint      */
#define SHINGLE_STEP 8  /* one of so many in a row is kept */
#define SHINGLE_SURE (SHINGLE + SHINGLE_STEP - 1)
#define SHINGLE_RUN  1024 /* letters; a longer run is given in pieces */

/* shingles_new - seed: a secret, so that nobody can make texts that collide.
 * E_NOMEM. */
MUST_USE enum err shingles_new(uint64_t seed, struct shingles **ret_s);
/* shingles_free - NULL is allowed. The letters are wiped. */
void shingles_free(struct shingles *s);

/* shingles_add - a text of the prompt. Behind LIM_PROMPT letters nothing is
 * taken. E_NOMEM. */
MUST_USE enum err shingles_add(struct shingles *s, struct str text);
/* shingles_seal - the prompt is complete. E_NOMEM. */
MUST_USE enum err shingles_seal(struct shingles *s);
/* shingles_share - sealed: what stands in this text too is not the prompt's
 * alone, and does not count. E_NOMEM. */
MUST_USE enum err shingles_share(struct shingles *s, struct str text);
/* shingles_words - of the prompt. */
uint32_t shingles_words(const struct shingles *s);

struct shingle_run {
    bool found;
    size_t start, end; /* bytes of the text                          */
    uint32_t at, len;  /* letters of the prompt                      */
    size_t cursor;     /* where to go on: if found, at the end; else */
                       /* nothing that begins before it is a run     */
};

/*
 * shingles_find - the next run at or behind `from`, a character's start. With
 * `open` more text may follow: what could still become a run is none yet, and
 * ret->cursor is where it begins. The answer for a text does not depend on the
 * pieces in which it came, if `from` is always the last cursor.
 *
 * E_NOMEM.
 */
MUST_USE enum err shingles_find(struct shingles *s, struct str text,
                                size_t from, bool open,
                                struct shingle_run *ret);

/*
 * shingles_count - the words of a run that are the prompt's alone. *covered
 * remembers, for one text and from 0 on, which of 64 equal parts of the prompt
 * were in a run before; *ret_fresh counts the words that were not.
 */
uint32_t shingles_count(const struct shingles *s, const struct shingle_run *run,
                        uint64_t *covered, uint32_t *ret_fresh);

#endif
