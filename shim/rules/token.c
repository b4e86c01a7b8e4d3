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

enum err tokens_add(struct tokens *tk, size_t start, size_t len, bool letters)
{
    enum err e;

    if (tk->count == tk->cap && ((e = make_room(tk)) || tk->partial))
        return e;
    tk->list[tk->count++] = token_entry(start, len, letters);
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

/* Is a match to be looked for there, as the bytes beside the token tell? */
static inline bool fits_beside(uint64_t entry, const struct guard *then,
                               const struct guard *behind,
                               const struct guard *digit, struct str text)
{
    size_t at = token_start(entry), end = token_end(entry);

    if (then != NULL &&
        (end == text.len || !guard_stops(then, (unsigned char)text.ptr[end])))
        return false;
    if (at == 0)
        return true;
    return !guard_stops(behind, (unsigned char)text.ptr[at - 1]) &&
           (at == 1 || !is_digit(text.ptr[at - 2]) ||
            !guard_stops(digit, (unsigned char)text.ptr[at - 1]));
}

size_t tokens_pick(struct tokens *tk, const struct rule *r,
                   const struct guard *behind, const struct guard *digit,
                   struct str text)
{
    struct guard then = {{0}};
    size_t n = 0, left = 0;

    for (size_t from = 0, to; from < tk->count; from = to) {
        const struct token_set *group = &tk->groups[from / TOKEN_GROUP];

        to = tk->count - from < TOKEN_GROUP ? tk->count : from + TOKEN_GROUP;
        if (((r->token.digits & group->digits) |
             (r->token.mixed & group->mixed)) == 0)
            continue;
        n += tk->step == CPU_64
                 ? pick_64(tk, &r->token, from, to, tk->picked + n)
                 : pick(tk, &r->token, from, to, tk->picked + n);
    }
    tk->fitted = n;
    for (size_t i = 0; i < r->then.len; i++) {
        unsigned char c = (unsigned char)r->then.ptr[i];

        then.bits[c / 64 % 2] |= UINT64_C(1) << c % 64;
    }
    for (size_t i = 0; i < n; i++) {
        tk->picked[left] = tk->picked[i];
        left += fits_beside(tk->picked[i], r->then.len == 0 ? NULL : &then,
                            behind, digit, text);
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
    return tokens_add(tk, start, tk->end - start, letters);
}
