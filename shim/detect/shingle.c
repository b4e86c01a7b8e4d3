#include "detect/shingle.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"

/*
 * The prompt is kept as letters. Of its shingles, the stretches of 24 letters,
 * a table keeps the place of one in every eight in a row: the one with the
 * least hash (winnowing; Schleimer, Wilkerson, Aiken 2003), so that whoever
 * copies 31 letters copies one that is kept:
 *
 *      prompt   y o u a r e h a l b e r d a c a r e f u l ...
 *                     [-- kept ------ ... ]
 *      text     ... h e s a i d y o u a r e h a l b e r d a c ...
 *                             <--[ found ]-->    and both ends by comparing
 *
 * The hash of the last 24 letters rolls along with the text. A hit is compared
 * with the prompt's letters, so a hash alone decides nothing.
 *
 * On a stream the beginning of a run must not leave before its first shingle is
 * complete. So bits are kept of all stretches of 4, 8 and 16 letters of the
 * prompt. `tail` letters at the end of the text may be the beginning of a run:
 *
 *      tail = tail + 1, but at most 3, 7, 15
 *             if the last 4, 8, 16 letters stand nowhere in the prompt
 *
 * This never is less than what truly equals a stretch of the prompt, unless
 * that has been found by then, and it is a handful of letters in text that has
 * nothing to do with it.
 */

#define WINDOW 1024 /* letters of the text at a time                  */
#define KEPT   64   /* of those before: a shingle, and the letters that it */
                    /* may have before it                             */

struct shingles {
    struct buf letters;
    uint64_t base, out; /* of the rolling hash; out: base to the 24th */
    uint64_t seed;
    uint64_t *words;   /* bit sets of letters: a word begins ...        */
    uint64_t *shared;  /* ... and it stands elsewhere too; owned, both  */
    uint32_t *table;   /* tag << 16 | place + 1, or 0; owned            */
    uint64_t *stretch; /* bits of stretches; owned, NULL until needed   */
    unsigned table_shift, stretch_shift;
    uint32_t word_count;
};

enum err shingles_new(uint64_t seed, struct shingles **ret_s)
{
    struct shingles *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return E_NOMEM;
    buf_init(&s->letters, LIM_PROMPT);
    s->seed = seed;
    s->base = (seed * UINT64_C(0x9e3779b97f4a7c15)) | 5;
    s->out = 1;
    for (int i = 0; i < SHINGLE; i++)
        s->out *= s->base;
    s->words = calloc(LIM_PROMPT / 64 + 1, sizeof(*s->words));
    if (s->words == NULL) {
        shingles_free(s);
        return E_NOMEM;
    }
    *ret_s = s;
    return OK;
}

void shingles_free(struct shingles *s)
{
    if (s == NULL)
        return;
    buf_wipe_free(&s->letters);
    free(s->words);
    free(s->shared);
    free(s->table);
    free(s->stretch);
    free(s);
}

static bool bit_of(const uint64_t *set, size_t i)
{
    return (set[i / 64] >> i % 64 & 1) != 0;
}

enum err shingles_add(struct shingles *s, struct str text)
{
    struct letters in = letters_start(text, 0);
    struct letter one;
    enum err e;

    while (s->letters.len < LIM_PROMPT && letter_next(&in, &one)) {
        if (one.word) {
            s->words[s->letters.len / 64] |= UINT64_C(1) << s->letters.len % 64;
            s->word_count++;
        }
        if ((e = buf_add_byte(&s->letters, (char)one.byte)))
            return e;
    }
    return OK;
}

uint32_t shingles_words(const struct shingles *s)
{
    return s->word_count;
}

/* --- The table. */

static uint64_t mixed(uint64_t hash)
{
    hash = (hash ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return hash ^ hash >> 32;
}

static const unsigned char *prompt_at(const struct shingles *s, size_t at)
{
    return (const unsigned char *)s->letters.ptr + at;
}

/* The entry of a shingle, or the empty one where it would be. */
static uint32_t *entry(const struct shingles *s, uint64_t mix,
                       const unsigned char *shingle)
{
    uint32_t mask = UINT32_MAX >> s->table_shift, tag = (uint32_t)mix & 0xffff;
    uint32_t i = (uint32_t)(mix >> 32) & mask;

    for (;; i = (i + 1) & mask) {
        uint32_t *e = &s->table[i];

        if (*e == 0 ||
            (*e >> 16 == tag &&
             memcmp(prompt_at(s, (*e & 0xffff) - 1), shingle, SHINGLE) == 0))
            return e;
    }
}

/* Bits enough that numbers below one have `n` different values. */
static unsigned bits_for(size_t n)
{
    unsigned bits = 6;

    while ((size_t)1 << bits < n)
        bits++;
    return bits;
}

/* One entry more, unless it is there: how many. */
static size_t keep(struct shingles *s, uint64_t mix, size_t at)
{
    uint32_t *e = entry(s, mix, prompt_at(s, at));

    if (*e != 0)
        return 0;
    *e = (uint32_t)(mix & 0xffff) << 16 | (uint32_t)(at + 1);
    return 1;
}

/* The least hash of a window, if it ends at i and the last one's was `least`:
 * of equal ones the last, so that a row of them keeps few. */
static size_t window_least(const uint64_t *recent, size_t i, size_t least)
{
    size_t from = i - (SHINGLE_STEP - 1);

    if (least >= from)
        return recent[i % SHINGLE_STEP] <= recent[least % SHINGLE_STEP] ? i
                                                                        : least;
    for (least = from++; from <= i; from++)
        if (recent[from % SHINGLE_STEP] <= recent[least % SHINGLE_STEP])
            least = from;
    return least;
}

static void table_fill(struct shingles *s)
{
    size_t n = s->letters.len, room = ((size_t)1 << (32 - s->table_shift)) / 2;
    uint64_t recent[SHINGLE_STEP] = {0}, hash = 0;
    size_t least = 0;

    for (size_t i = 0; i < n && room > 0; i++) {
        size_t last = least;

        hash = hash * s->base + *prompt_at(s, i) + 1;
        if (i >= SHINGLE)
            hash -= (*prompt_at(s, i - SHINGLE) + UINT64_C(1)) * s->out;
        recent[i % SHINGLE_STEP] = mixed(hash);
        if (i + 1 < SHINGLE_SURE)
            continue;
        least = window_least(recent, i, least);
        if (least != last)
            room -= keep(s, recent[least % SHINGLE_STEP], least + 1 - SHINGLE);
    }
}

enum err shingles_seal(struct shingles *s)
{
    unsigned bits = bits_for(s->letters.len);

    s->table_shift = 32 - bits;
    s->table = calloc((size_t)1 << bits, sizeof(*s->table));
    s->shared = calloc(s->letters.len / 64 + 1, sizeof(*s->shared));
    if (s->table == NULL || s->shared == NULL)
        return E_NOMEM;
    table_fill(s);
    return OK;
}

/* --- Stretches. */

static uint64_t load(const unsigned char *p, size_t n)
{
    uint64_t v = 0;

    memcpy(&v, p, n);
    return v;
}

/* The bit of the stretch of 4, 8 or 16 letters that ends before `end`. */
static size_t stretch_bit(const struct shingles *s, const unsigned char *end,
                          size_t len)
{
    uint64_t v = load(end - (len < 8 ? len : 8), len < 8 ? len : 8);

    if (len == 16)
        v ^= mixed(load(end - 16, 8) + 1);
    return (size_t)(mixed((v ^ s->seed) * (2 * len + 1)) *
                        UINT64_C(0x9e3779b97f4a7c15) >>
                    s->stretch_shift);
}

static enum err stretch_make(struct shingles *s)
{
    unsigned bits = bits_for(s->letters.len * 32);

    if (s->stretch != NULL)
        return OK;
    s->stretch_shift = 64 - bits;
    s->stretch = calloc(((size_t)1 << bits) / 64, sizeof(*s->stretch));
    if (s->stretch == NULL)
        return E_NOMEM;
    for (size_t len = 4; len <= 16; len *= 2)
        for (size_t i = len; i <= s->letters.len; i++) {
            size_t bit = stretch_bit(s, prompt_at(s, i), len);

            s->stretch[bit / 64] |= UINT64_C(1) << bit % 64;
        }
    return OK;
}

/* --- The search. */

struct scan {
    struct shingles *s;
    struct letters in;
    unsigned char bytes[WINDOW];
    uint32_t at[WINDOW]; /* of each letter, its character in the text */
    size_t len, next;    /* letters in the window; those looked at     */
    size_t seen;         /* since the search began                     */
    uint64_t hash;
    size_t tail;
    struct shingle_run run; /* len is 0: none has begun */
};

/* More letters; false at the end of the text. */
static bool refill(struct scan *sc)
{
    if (sc->len > KEPT) {
        size_t from = sc->len - KEPT;

        memmove(sc->bytes, sc->bytes + from, KEPT);
        memmove(sc->at, sc->at + from, KEPT * sizeof(sc->at[0]));
        sc->len = sc->next = KEPT;
    }
    sc->len += letters_fill(&sc->in, sc->bytes + sc->len, sc->at + sc->len,
                            WINDOW - sc->len);
    return sc->next < sc->len;
}

/* Where the character ends that the letter before i is of; where it begins, if
 * the next letter is of the same. */
static size_t end_before(const struct scan *sc, size_t i)
{
    size_t at = sc->at[i - 1];

    if (i < sc->len && sc->at[i] == at)
        return at;
    return at + utf8_char(str_skip(sc->in.text, at));
}

static void tail_step(struct scan *sc)
{
    sc->tail += sc->tail < SHINGLE_SURE; /* a run has begun before */
    for (size_t len = 4; len <= 16 && len <= sc->seen; len *= 2) {
        size_t bit = stretch_bit(sc->s, sc->bytes + sc->next, len);

        if (!bit_of(sc->s->stretch, bit)) {
            sc->tail = sc->tail < len ? sc->tail : len - 1;
            return;
        }
    }
}

/* Do the last 24 letters stand in the prompt? Then a run has begun. */
static void run_begin(struct scan *sc, uint32_t found)
{
    size_t from = sc->next - SHINGLE, at = (found & 0xffff) - 1;
    size_t most = sc->seen - SHINGLE < at ? sc->seen - SHINGLE : at, more = 0;

    most = most < SHINGLE_STEP ? most : SHINGLE_STEP - 1;
    while (more < most &&
           sc->bytes[from - 1 - more] == *prompt_at(sc->s, at - 1 - more))
        more++;
    sc->run.start = sc->at[from - more];
    sc->run.at = (uint32_t)(at - more);
    sc->run.len = (uint32_t)(SHINGLE + more);
}

/* The letters up to the beginning of a run, or all there are. */
static void look(struct scan *sc, bool open)
{
    const struct shingles *s = sc->s;

    while (sc->next < sc->len) {
        uint32_t found = 0;

        sc->hash = sc->hash * s->base + sc->bytes[sc->next] + 1;
        if (sc->seen >= SHINGLE)
            sc->hash -= (sc->bytes[sc->next - SHINGLE] + UINT64_C(1)) * s->out;
        sc->next++;
        sc->seen++;
        if (open)
            tail_step(sc);
        if (sc->seen >= SHINGLE)
            found = *entry(s, mixed(sc->hash), sc->bytes + sc->next - SHINGLE);
        if (found != 0) {
            run_begin(sc, found);
            return;
        }
    }
}

/* The run goes on as long as letters are equal; false where it ends. */
static bool follow(struct scan *sc)
{
    for (; sc->next < sc->len; sc->next++, sc->run.len++) {
        size_t next = (size_t)sc->run.at + sc->run.len;

        if (sc->run.len >= SHINGLE_RUN || next == sc->s->letters.len ||
            *prompt_at(sc->s, next) != sc->bytes[sc->next])
            return false;
    }
    return true;
}

enum err shingles_find(struct shingles *s, struct str text, size_t from,
                       bool open, struct shingle_run *ret)
{
    struct scan sc;
    bool goes_on = true;
    enum err e;

    *ret = (struct shingle_run){.cursor = text.len};
    if (open && (e = stretch_make(s)))
        return e;
    sc.s = s;
    sc.in = letters_start(text, from);
    sc.len = sc.next = sc.seen = sc.tail = 0;
    sc.hash = 0;
    sc.run = *ret;
    while (goes_on && refill(&sc)) {
        if (sc.run.len == 0)
            look(&sc, open);
        if (sc.run.len != 0)
            goes_on = follow(&sc);
    }
    if (sc.run.len != 0 && (!goes_on || !open)) {
        *ret = sc.run;
        ret->found = true;
        ret->cursor = ret->end = end_before(&sc, sc.next);
    } else if (sc.run.len != 0) {
        ret->cursor = sc.run.start;
    } else if (open && sc.tail > 0) {
        ret->cursor = sc.at[sc.next - sc.tail];
    }
    return OK;
}

/* --- Counting. */

enum err shingles_share(struct shingles *s, struct str text)
{
    struct shingle_run run;
    size_t from = 0;
    enum err e;

    for (;;) {
        if ((e = shingles_find(s, text, from, false, &run)) || !run.found)
            return e;
        for (uint32_t i = run.at; i < run.at + run.len; i++)
            s->shared[i / 64] |= UINT64_C(1) << i % 64;
        from = run.cursor;
    }
}

uint32_t shingles_count(const struct shingles *s, const struct shingle_run *run,
                        uint64_t *covered, uint32_t *ret_fresh)
{
    uint64_t before = *covered;
    uint32_t words = 0;

    *ret_fresh = 0;
    for (size_t i = run->at; i < (size_t)run->at + run->len; i++) {
        uint64_t part = UINT64_C(1) << i * 64 / s->letters.len;

        if (!bit_of(s->words, i) || bit_of(s->shared, i))
            continue;
        words++;
        *ret_fresh += (before & part) == 0;
        *covered |= part;
    }
    return words;
}
