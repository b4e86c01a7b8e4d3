#include "rules/token.h"

#include <stdlib.h>

#define TOKENS_MAX 65536u /* noted; beyond, rules look for themselves */

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

static enum err make_room(struct tokens *tk)
{
    size_t cap = tk->cap == 0 ? 64 : tk->cap * 2;
    uint64_t *grown;

    if (tk->cap == TOKENS_MAX) {
        tk->partial = true;
        return OK;
    }
    grown = realloc(tk->list, cap * sizeof(*grown));
    if (grown == NULL)
        return E_NOMEM;
    tk->list = grown;
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

enum err tokens_add(struct tokens *tk, size_t start, size_t len, bool letters)
{
    enum err e;

    if (tk->count == tk->cap && ((e = make_room(tk)) || tk->partial))
        return e;
    tk->list[tk->count++] = (uint64_t)start << 8 | (letters ? 0x80 : 0) | len;
    *(letters ? &tk->seen.mixed : &tk->seen.digits) |= UINT64_C(1) << len;
    return OK;
}

enum err tokens_note(struct tokens *tk, struct str text, size_t digit)
{
    size_t start = digit;
    bool letters, digits;

    if (digit < tk->end || tk->partial)
        return OK; /* it is of the last one */
    while (start > tk->end && token_byte(text.ptr[start - 1]))
        start--;
    tk->end = token_read(text, start, &letters, &digits);
    if (!token_wanted(tk->want, text, tk->end, tk->end - start, letters))
        return OK;
    return tokens_add(tk, start, tk->end - start, letters);
}
