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
    if ((picked = realloc(tk->picked, cap * sizeof(*picked))) != NULL)
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

static void set_add(struct token_set *set, size_t len, bool letters)
{
    *(letters ? &set->mixed : &set->digits) |= UINT64_C(1) << len;
}

enum err tokens_add(struct tokens *tk, size_t start, size_t len, bool letters)
{
    struct token_set *group;
    enum err e;

    if (tk->count == tk->cap && ((e = make_room(tk)) || tk->partial))
        return e;
    group = &tk->groups[tk->count / TOKEN_GROUP];
    if (tk->count % TOKEN_GROUP == 0)
        *group = (struct token_set){0};
    tk->list[tk->count++] = (uint64_t)start << 8 | (letters ? 0x80 : 0) | len;
    set_add(group, len, letters);
    set_add(&tk->seen, len, letters);
    return OK;
}

size_t tokens_pick(struct tokens *tk, const struct rule *r, struct str text)
{
    size_t n = 0;

    for (size_t from = 0, to; from < tk->count; from = to) {
        const struct token_set *group = &tk->groups[from / TOKEN_GROUP];

        to = tk->count - from < TOKEN_GROUP ? tk->count : from + TOKEN_GROUP;
        if (((r->token.digits & group->digits) |
             (r->token.mixed & group->mixed)) == 0)
            continue;
        for (size_t i = from; i < to; i++)
            if (token_entry_fits(r, text, tk->list[i]))
                tk->picked[n++] = tk->list[i];
    }
    return n;
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
