#include "rules/token.h"

#include <stdlib.h>

#include "detect/plain.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

/* Noted; beyond, some thirty rules look for themselves. A megabyte of a log or
 * of a drawing has a good 100,000, one of hex digits with colons 350,000. */
#define TOKENS_MAX  524288u
#define TOKENS_KEEP 16384u /* so many more than most texts have */
#define PICK_STEP   8u     /* looked at at once */

/* The token at `at`: its end, and what it has. */
static size_t token_read(struct str text, size_t at, bool *letters,
                         bool *digits)
{
    *letters = *digits = false;
    for (; at < text.len && token_byte(text.ptr[at]); at++)
        *(is_digit(text.ptr[at]) ? digits : letters) = true;
    return at;
}

size_t token_next(const struct rule *r, struct str text, size_t from, bool open,
                  bool *ret_cut)
{
    size_t most = token_most(&r->token), end;
    bool letters, digits;

    *ret_cut = false;
    if (from > 0 && from < text.len && token_byte(text.ptr[from - 1]))
        from = token_read(text, from, &letters, &digits);
    for (; from < text.len; from = end) {
        if (!token_byte(text.ptr[from])) {
            end = from + 1;
            continue;
        }
        end = token_read(text, from, &letters, &digits);
        if (open && end == text.len) {
            *ret_cut = end - from <= most;
            return *ret_cut ? from : text.len;
        }
        if (digits && token_fits(&r->token, end - from, letters) &&
            token_then(r, text, end))
            return from;
    }
    return text.len;
}

void tokens_clear(struct tokens *tk, const struct token_want *want)
{
    *tk = (struct tokens){.want = want,
                          .list = tk->list,
                          .cap = tk->cap,
                          .groups = tk->groups,
                          .picked = tk->picked};
}

void tokens_free(struct tokens *tk)
{
    free(tk->list);
    free(tk->groups);
    free(tk->picked);
}

void tokens_rest(struct tokens *tk)
{
    if (tk->cap <= TOKENS_KEEP)
        return;
    tokens_free(tk);
    *tk = (struct tokens){.want = tk->want};
}

static enum err make_room(struct tokens *tk)
{
    size_t cap = tk->cap == 0 ? TOKEN_GROUP : tk->cap * 2;
    uint64_t *list, *picked;
    struct token_set *groups;

    if (tk->cap == TOKENS_MAX) {
        tk->partial = true;
        return OK;
    }
    if ((list = realloc(tk->list, cap * sizeof(*list))) != NULL)
        tk->list = list;
    groups = realloc(tk->groups, cap / TOKEN_GROUP * sizeof(*groups));
    if (groups != NULL)
        tk->groups = groups;
    picked = realloc(tk->picked, (cap + PICK_STEP) * sizeof(*picked));
    if (picked != NULL)
        tk->picked = picked;
    if (list == NULL || groups == NULL || picked == NULL)
        return E_NOMEM;
    tk->cap = cap;
    return OK;
}

enum err places_note(struct places *pl, size_t at)
{
    if (pl->count != 0 && pl->list[pl->count - 1] >= at)
        return OK;
    if (pl->count == pl->cap) {
        size_t cap = pl->cap == 0 ? 64 : pl->cap * 2;
        uint32_t *grown;

        if (pl->cap == TOKENS_MAX) {
            pl->everywhere = true;
            return OK;
        }
        grown = realloc(pl->list, cap * sizeof(*grown));
        if (grown == NULL)
            return E_NOMEM;
        pl->list = grown;
        pl->cap = cap;
    }
    pl->list[pl->count++] = (uint32_t)at;
    return OK;
}

void token_want_add(struct token_want *want, const struct rule *r)
{
    if (!token_any(&r->token))
        return;
    want->any = true;
    for (size_t c = 0; c < TOKEN_BYTES; c++) {
        char byte = (char)c;

        if (r->then.len != 0 &&
            (c == TOKEN_BYTES - 1 || !token_then(r, (struct str){&byte, 1}, 0)))
            continue;
        want->by[c].digits |= r->token.digits;
        want->by[c].mixed |= r->token.mixed;
    }
}

void token_want_ready(struct token_want *want)
{
    uint64_t found = 0;

    for (size_t c = 0; c < TOKEN_BYTES; c++)
        if (c == 0 || c == TOKEN_BYTES - 1 ||
            strchr(TOKEN_MARKS, (int)c) == NULL)
            found |= want->by[c].digits;
    want->brief = (found & (1u << 1 | 1u << 2)) == 0;
}

enum err tokens_add(struct tokens *tk, uint64_t entry)
{
    enum err e;

    if (tk->count == tk->cap && ((e = make_room(tk)) || tk->partial))
        return e;
    tk->list[tk->count++] = entry;
    return OK;
}

void tokens_ready(struct tokens *tk)
{
    for (size_t from = 0, to; from < tk->count; from = to) {
        uint64_t lens[2] = {0}; /* without letters, and with */

        to = tk->count - from < TOKEN_GROUP ? tk->count : from + TOKEN_GROUP;
        for (size_t i = from; i < to; i++)
            lens[tk->list[i] >> 7 & 1] |= UINT64_C(1) << (tk->list[i] & 0x7f);
        tk->groups[from / TOKEN_GROUP] = (struct token_set){lens[0], lens[1]};
        tk->seen.digits |= lens[0];
        tk->seen.mixed |= lens[1];
    }
}

/* Those of a group list[from, to) whose length the rule asks for: into out, how
 * many. */
static size_t pick(const struct tokens *tk, const struct token_set *set,
                   size_t from, size_t to, uint64_t *out)
{
    size_t n = 0;

    for (; from < to; from++)
        if (token_entry_in(set, tk->list[from]))
            out[n++] = tk->list[from];
    return n;
}

#if CPU_AVX2
FOR_AVX512 static size_t pick_64(const struct tokens *tk,
                                 const struct token_set *set, size_t from,
                                 size_t to, uint64_t *out)
{
    const __m512i digits = _mm512_set1_epi64((int64_t)set->digits);
    const __m512i mixed = _mm512_set1_epi64((int64_t)set->mixed);
    size_t n = 0;

    for (; from < to; from += PICK_STEP) {
        __mmask8 mask =
            (__mmask8)(to - from < PICK_STEP ? (1u << (to - from)) - 1 : 0xff);
        __m512i one = _mm512_maskz_loadu_epi64(mask, tk->list + from);
        __mmask8 letters = _mm512_test_epi64_mask(one, _mm512_set1_epi64(0x80));
        __m512i lens = _mm512_mask_mov_epi64(digits, letters, mixed);
        __m512i len = _mm512_and_si512(one, _mm512_set1_epi64(0x7f));

        mask = _mm512_mask_test_epi64_mask(mask, _mm512_srlv_epi64(lens, len),
                                           _mm512_set1_epi64(1));
        _mm512_storeu_si512(out + n, _mm512_maskz_compress_epi64(mask, one));
        n += (unsigned)__builtin_popcount(mask);
    }
    return n;
}
#else
static size_t pick_64(const struct tokens *tk, const struct token_set *set,
                      size_t from, size_t to, uint64_t *out)
{
    return pick(tk, set, from, to, out);
}
#endif

/* Bytes, as bits: of all, none of which has to be asked whether it is ASCII. */
struct beside {
    uint64_t bits[4];
};

static struct beside beside_of(const struct guard *g)
{
    return (struct beside){{g->bits[0], g->bits[1]}};
}

/* What may stand behind a token: anything, or one of a few. */
static struct beside beside_then(struct str then)
{
    struct beside b = {{0}};

    if (then.len == 0)
        memset(&b, 0xff, sizeof(b));
    for (size_t i = 0; i < then.len; i++) {
        unsigned char c = (unsigned char)then.ptr[i];

        b.bits[c / 64] |= UINT64_C(1) << c % 64;
    }
    return b;
}

static inline uint64_t beside_bit(const struct beside *b, uint64_t byte)
{
    return b->bits[byte >> 6 & 3] >> (byte & 63);
}

size_t tokens_fit(struct tokens *tk, const struct token_set *set)
{
    size_t n = 0;

    for (size_t from = 0, to; from < tk->count; from = to) {
        const struct token_set *group = &tk->groups[from / TOKEN_GROUP];

        to = tk->count - from < TOKEN_GROUP ? tk->count : from + TOKEN_GROUP;
        if (((set->digits & group->digits) | (set->mixed & group->mixed)) == 0)
            continue;
        n += tk->step == CPU_64 ? pick_64(tk, set, from, to, tk->picked + n)
                                : pick(tk, set, from, to, tk->picked + n);
    }
    return n;
}

size_t tokens_pick(struct tokens *tk, const struct rule *r,
                   const struct guard *behind, const struct guard *digit)
{
    const struct beside then = beside_then(r->then), none = beside_of(behind);
    const struct beside number = beside_of(digit);
    size_t n = tk->fitted = tokens_fit(tk, &r->token), left = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t one = tk->picked[i], before = one >> 16;

        /* None with a branch, that mostly would be guessed wrong. */
        tk->picked[left] = one;
        left += beside_bit(&then, one >> 8) & ~beside_bit(&none, before) &
                ~(beside_bit(&number, before) & one >> 24) & 1;
    }
    return left;
}

enum err tokens_note(struct tokens *tk, struct str text, size_t digit)
{
    size_t start = digit;
    bool letters = false;

    if (digit < tk->end || tk->partial)
        return OK; /* it is of the last one */
    while (start > tk->end && token_byte(text.ptr[start - 1]))
        start--;
    tk->end = digit + plain_alnum(str_skip(text, digit));
    for (size_t i = start; i < tk->end && !letters; i++)
        letters = !is_digit(text.ptr[i]);
    if (!token_wanted(tk->want, text, tk->end, tk->end - start, letters))
        return OK;
    return tokens_add(tk, token_entry(text, start, tk->end - start, letters));
}
