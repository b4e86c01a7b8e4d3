#include "rules/ahead.h"

#include "detect/plain.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

/*
 * Text beyond ASCII has other spellings of letters, and characters of more
 * bytes than one: there nothing is said.
 */

#define WORD_LEAST 3u  /* bytes of one that is worth looking for */
#define RUN_LEAST  12u /* the same of a run */
#define SUFFIX     8u  /* bytes behind a keyword that still belong to it */

struct want want_word(const char *word, size_t n)
{
    struct want w = {.what = WANT_WORD, .end = (uint32_t)n, .count = 1};

    if (n < WORD_LEAST)
        return (struct want){0};
    w.least = n < WANT_BYTES ? (uint32_t)n : WANT_BYTES;
    for (size_t i = 0; i < w.least; i++)
        w.words[0][i] = to_lower(word[i]);
    return w;
}

struct want want_run(const struct guard *bytes, uint32_t n)
{
    if (n < RUN_LEAST || guard_stops(bytes, ' ') || guard_stops(bytes, '\n'))
        return (struct want){0};
    return (struct want){.what = WANT_RUN,
                         .end = n,
                         .least = n,
                         .run = *bytes,
                         .before = *bytes};
}

struct want want_beyond(void)
{
    return (struct want){
        .what = WANT_WORD, .end = 1, .least = WANT_BYTES, .edge = true};
}

void want_behind(struct want *w, const struct piece *p)
{
    w->start = piece_sum(w->start, p->least);
    w->end = piece_sum(w->end, p->most);
    guard_add(&w->before, &p->bytes);
}

static bool has_word(const struct want *w, const char *word)
{
    for (size_t i = 0; i < w->count; i++)
        if (memcmp(w->words[i], word, WANT_BYTES) == 0)
            return true;
    return false;
}

void want_either(struct want *w, const struct want *other)
{
    bool room = w->what == other->what && w->what != WANT_NOTHING;

    for (size_t i = 0; i < other->count && room; i++) {
        if (has_word(w, other->words[i]))
            continue;
        if ((room = w->count < WANT_WORDS))
            memcpy(w->words[w->count++], other->words[i], WANT_BYTES);
    }
    if (!room) {
        *w = (struct want){0};
        return;
    }
    w->start = other->start < w->start ? other->start : w->start;
    w->end = other->end > w->end ? other->end : w->end;
    w->least = other->least < w->least ? other->least : w->least;
    w->edge &= other->edge;
    guard_add(&w->run, &other->run);
    guard_add(&w->before, &other->before);
}

bool want_better(const struct want *a, const struct want *b)
{
    if (a->what != b->what)
        return a->what > b->what;
    if ((a->end > AHEAD_MOST) != (b->end > AHEAD_MOST))
        return a->end <= AHEAD_MOST;
    if (a->what == WANT_WORD && (a->count == 0 || b->count == 0))
        return a->count == 0;
    if (a->what == WANT_RUN && a->least == b->least)
        return a->end < b->end;
    return a->least >= b->least;
}

/* What a byte is. */
#define WIDE   1u  /* beyond ASCII */
#define STOP   2u  /* none that may be there */
#define FIRST  4u  /* the first of a word, */
#define SECOND 32u /* and the next one */
#define LETTER 8u  /* it can have no word right behind it */
#define RUN    16u

/* WANT_BYTES bytes, the first the lowest. */
static uint32_t word_at(const char *p)
{
    unsigned char b[WANT_BYTES];

    memcpy(b, p, sizeof(b));
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
           (uint32_t)b[3] << 24;
}

/* In lower case; of others than letters it does not matter what becomes. */
static uint32_t word_hash(uint32_t word)
{
    return (word | UINT32_C(0x20202020)) * UINT32_C(0x9e3779b1) >>
           (32 - AHEAD_BITS);
}

static uint32_t short_hash(uint32_t word)
{
    return word_hash(word << 8);
}

static bool has_bit(const uint64_t *bits, uint32_t i)
{
    return (bits[i / 64] >> i % 64 & 1) != 0;
}

/* Is it known where to end? What has no bound must end with a line or a
 * sentence. */
static bool is_bounded(const struct want *w)
{
    return w->end <= AHEAD_MOST ||
           (w->what == WANT_WORD &&
            (!guard_stops(&w->before, '.') || !guard_stops(&w->before, '\n')));
}

/* The longest keyword. */
static uint32_t keyword_most(const struct rule *r)
{
    size_t most = 0;

    for (size_t i = 0; i < r->keyword_count; i++)
        most = r->keywords[i].len > most ? r->keywords[i].len : most;
    return (uint32_t)most;
}

/* In either case. */
static void put_letter(struct ahead *a, char c, unsigned kind)
{
    a->kinds[(unsigned char)c] |= (unsigned char)kind;
    if (c >= 'a' && c <= 'z')
        a->kinds[c & 0x5f] |= (unsigned char)kind;
}

static void put_words(struct ahead *a)
{
    for (size_t i = 0; i < a->want.count; i++) {
        const char *word = a->want.words[i];
        uint32_t v = word_at(word);
        bool whole = word[WANT_BYTES - 1] != '\0';
        uint32_t h = whole ? word_hash(v) : short_hash(v);

        (whole ? a->words : a->shorts)[h / 64] |= UINT64_C(1) << h % 64;
        put_letter(a, word[0], FIRST);
        put_letter(a, word[1], SECOND);
    }
}

static void put_kinds(struct ahead *a)
{
    for (unsigned c = 0; c < sizeof(a->kinds); c++) {
        unsigned kind = c >= 0x80 ? WIDE | SECOND : 0;

        if (kind == 0 && !guard_stops(&a->want.before, (unsigned char)c))
            kind = STOP;
        if (guard_stops(&a->want.run, (unsigned char)c))
            kind |= RUN;
        if (a->want.edge && is_alpha((char)c))
            kind |= LETTER;
        a->kinds[c] |= (unsigned char)kind;
    }
}

void ahead_read(const struct rule *r, struct ahead *ret_ahead)
{
    struct ahead *a = ret_ahead;
    struct piece all;

    *a = (struct ahead){0};
    if (!piece_read(r->match, true, &all) || !is_bounded(&all.want) ||
        all.want.end <= keyword_most(r) + SUFFIX) /* it is a part of that */
        return;
    a->want = all.want;
    put_words(a);
    put_kinds(a);
}

/* Is it one of the words, as far as hashes tell? */
static bool is_word(const struct ahead *a, uint32_t v)
{
    return has_bit(a->words, word_hash(v)) ||
           (a->want.least < WANT_BYTES && has_bit(a->shorts, short_hash(v)));
}

/* The first place in s where one may begin, or a byte that tells more or less
 * than that: WIDE, STOP. s.len: none. There are WANT_BYTES - 1 more bytes. */
static size_t word_first_1(const struct ahead *a, struct str s)
{
    unsigned kind = 0, before, next = a->kinds[(unsigned char)s.ptr[0]];

    for (size_t i = 0; i < s.len; i++) {
        before = kind;
        kind = next;
        next = a->kinds[(unsigned char)s.ptr[i + 1]];
        if ((kind & (WIDE | STOP)) != 0)
            return i;
        if ((kind & FIRST) != 0 && (next & SECOND) != 0 && i >= a->want.start &&
            (before & LETTER) == 0 && is_word(a, word_at(s.ptr + i)))
            return i;
    }
    return s.len;
}

#if CPU_AVX2
/* Which of 64 bytes are of a kind, and which are beyond ASCII. */
struct kinds {
    __m512i of;
    uint64_t high;
};

FOR_AVX512 static inline struct kinds kinds_at(const struct ahead *a,
                                               const char *p, uint64_t in)
{
    __m512i v = _mm512_maskz_loadu_epi8(in, p);

    return (struct kinds){
        _mm512_permutex2var_epi8(_mm512_loadu_si512(a->kinds), v,
                                 _mm512_loadu_si512(a->kinds + 64)),
        _mm512_movepi8_mask(v)};
}

FOR_AVX512 static inline uint64_t is_kind(const struct kinds *k, unsigned kind)
{
    return _mm512_test_epi8_mask(k->of, _mm512_set1_epi8((char)kind));
}

/* The first of these bytes that a word begins at, the one at p the lowest bit;
 * 64 if there is none. */
static unsigned first_word(const struct ahead *a, const char *p, uint64_t mask)
{
    for (; mask != 0; mask &= mask - 1)
        if (is_word(a, word_at(p + __builtin_ctzll(mask))))
            return (unsigned)__builtin_ctzll(mask);
    return 64;
}

FOR_AVX512 static size_t word_first_64(const struct ahead *a, struct str s)
{
    uint64_t letter = 0;

    for (size_t at = 0; at < s.len; at += 64) {
        const char *p = s.ptr + at;
        uint64_t in = first_bits(s.len - at);
        struct kinds k = kinds_at(a, p, in), next = kinds_at(a, p + 1, in);
        uint64_t stops = (k.high | is_kind(&k, STOP)) & in;
        uint64_t letters = is_kind(&k, LETTER), first;
        unsigned i;

        first = is_kind(&k, FIRST) & (is_kind(&next, SECOND) | next.high) & in &
                _blsmsk_u64(stops) & ~(letters << 1 | letter);
        if (a->want.start > at)
            first &= a->want.start - at < 64
                         ? UINT64_MAX << (a->want.start - at)
                         : 0;
        if ((i = first_word(a, p, first & ~stops)) < 64)
            return at + i;
        if (stops != 0)
            return at + (unsigned)__builtin_ctzll(stops);
        letter = letters >> 63;
    }
    return s.len;
}
#endif

static size_t word_first(const struct ahead *a, struct str s,
                         enum cpu_step step)
{
#if CPU_AVX2
    if (step == CPU_64)
        return word_first_64(a, s);
#endif
    (void)step;
    return word_first_1(a, s);
}

bool word_can(const struct ahead *a, struct str s, bool all, enum cpu_step step)
{
    size_t i = word_first(a, s, step);

    return i == s.len ? !all : (a->kinds[(unsigned char)s.ptr[i]] & STOP) == 0;
}

/* The same at the end of a text. */
static bool can_word_last(const struct ahead *a, struct str s)
{
    char copy[AHEAD_MOST + WANT_BYTES] = {0};

    memcpy(copy, s.ptr, s.len);
    return word_can(a, (struct str){copy, s.len}, true, cpu_step());
}

static bool can_run(const struct ahead *a, struct str s)
{
    size_t from = a->want.start, least = a->want.least;

    if (plain_ascii(s) < s.len)
        return true;
    while (s.len >= from && s.len - from >= least) {
        size_t i = from + least;

        while (i > from && (a->kinds[(unsigned char)s.ptr[i - 1]] & RUN) != 0)
            i--;
        if (i == from)
            return true;
        from = i;
    }
    return false;
}

bool ahead_can(const struct ahead *a, struct str text, size_t at,
               size_t *ret_seen)
{
    uint32_t end = a->want.end;
    struct str rest = str_skip(text, at),
               s = str_head(rest, end < AHEAD_MOST ? end : AHEAD_MOST);

    *ret_seen = s.len;
    if (a->want.what == WANT_RUN)
        return can_run(a, s);
    return rest.len - s.len < WANT_BYTES
               ? can_word_last(a, s)
               : word_can(a, s, s.len == end, cpu_step());
}

void within_read(struct str pattern, struct ahead *ret_ahead)
{
    struct ahead *a = ret_ahead;
    struct piece all;

    *a = (struct ahead){0};
    if (!piece_read(pattern, false, &all) || all.want.what != WANT_WORD)
        return;
    a->want = all.want;
    a->want.start = 0;
    a->want.before = guard_all;
    put_words(a);
    put_kinds(a);
}

size_t within_first(const struct ahead *a, struct str text, size_t from,
                    size_t to)
{
    size_t whole =
        text.len - (text.len < WANT_BYTES ? text.len : WANT_BYTES - 1);
    char last[2 * WANT_BYTES] = {0};

    if (from < whole) {
        size_t end = to < whole ? to : whole;
        size_t at =
            from + word_first(a, (struct str){text.ptr + from, end - from},
                              cpu_step());

        if (at < end || end == to)
            return at;
        from = end;
    }
    memcpy(last, text.ptr + from, text.len - from);
    return from + word_first(a, (struct str){last, to - from}, cpu_step());
}
