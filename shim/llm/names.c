#include "llm/path.h"

#include <stdlib.h>

/*
 * The words of a description by number. A key of a document is looked up once;
 * all that follows compares numbers. The hash folds case roughly (bit 0x20 of
 * every byte is set), so one search finds the word itself and the words that
 * equal it only without regard to case.
 */

#define NAME_MAX 64 /* longer keys are no words of a description */

static uint64_t load(const char *p, size_t n)
{
    uint64_t v = 0;

    memcpy(&v, p, n);
    return v | 0x2020202020202020u;
}

/* The first and the last eight bytes, which overlap in short names. */
static size_t name_hash(struct str s)
{
    uint64_t a, b;

    if (s.len >= 8) {
        a = load(s.ptr, 8);
        b = load(s.ptr + s.len - 8, 8);
    } else if (s.len >= 4) {
        a = load(s.ptr, 4);
        b = load(s.ptr + s.len - 4, 4);
    } else {
        a = load(s.ptr, s.len);
        b = 0;
    }
    a = (a + s.len) * 0x9e3779b97f4a7c15u;
    a ^= (a >> 32) ^ b * 0xc2b2ae3d27d4eb4fu;
    a *= 0x9e3779b97f4a7c15u;
    return (size_t)(a >> 32);
}

void path_names_free(struct path_names *names)
{
    if (names == NULL)
        return;
    free(names->list);
    free(names->flags);
    free(names->slots);
    free(names);
}

static enum err names_grow(struct path_names *names)
{
    size_t cap = names->cap == 0 ? 64 : names->cap * 2;
    struct str *list = realloc(names->list, cap * sizeof(*list));
    uint16_t *flags;

    if (list == NULL)
        return E_NOMEM;
    names->list = list;
    flags = realloc(names->flags, cap * sizeof(*flags));
    if (flags == NULL)
        return E_NOMEM;
    names->flags = flags;
    names->cap = cap;
    return OK;
}

enum err path_names_add(struct path_names *names, struct str name,
                        uint16_t *ret_id)
{
    enum err e;

    if (names->count == 0)
        names->count = 1; /* 0 is no name */
    for (size_t i = 1; i < names->count; i++) {
        if (str_eq(names->list[i], name)) {
            *ret_id = (uint16_t)i;
            return OK;
        }
    }
    if (names->count > NAME_ID || name.len == 0 || name.len > NAME_MAX)
        return E_LIMIT;
    if (names->count >= names->cap)
        if ((e = names_grow(names)))
            return e;
    names->list[names->count] = name;
    names->flags[names->count] = 0;
    *ret_id = (uint16_t)names->count++;
    return OK;
}

enum err path_names_seal(struct path_names *names)
{
    size_t n = 16;

    while (n < names->count * 2)
        n *= 2;
    names->slots = calloc(n, sizeof(*names->slots));
    if (names->slots == NULL)
        return E_NOMEM;
    names->slot_count = n;
    for (size_t i = 1; i < names->count; i++) {
        size_t at = name_hash(names->list[i]) & (n - 1);

        while (names->slots[at] != 0)
            at = (at + 1) & (n - 1);
        names->slots[at] = (uint16_t)i;
    }
    return OK;
}

/* U+017F and U+212A, which fold to s and k, become these letters. */
static struct str fold_odd(struct str key, char out[NAME_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < key.len; i++) {
        struct str rest = str_skip(key, i);
        char c = key.ptr[i];

        if (str_starts(rest, STR("\xc5\xbf"))) {
            c = 's';
            i += 1;
        } else if (str_starts(rest, STR("\xe2\x84\xaa"))) {
            c = 'k';
            i += 2;
        }
        if (n == NAME_MAX)
            return (struct str){0};
        out[n++] = c;
    }
    return (struct str){out, n};
}

/* Some byte is not ASCII. */
static bool has_high(struct str key)
{
    unsigned char all = 0;

    for (size_t i = 0; i < key.len; i++)
        all |= (unsigned char)key.ptr[i];
    return all >= 0x80;
}

uint16_t path_names_find(const struct path_names *names, struct str key)
{
    char room[NAME_MAX];
    uint16_t folded = 0, id;
    struct str word = key;
    size_t at, mask = names->slot_count - 1;

    if (key.len == 0 || key.len > 3 * NAME_MAX)
        return 0;
    if (has_high(key))
        word = fold_odd(key, room);
    if (word.len == 0 || word.len > NAME_MAX)
        return 0;
    for (at = name_hash(word) & mask; (id = names->slots[at]) != 0;
         at = (at + 1) & mask) {
        if (names->list[id].len != word.len)
            continue;
        if (str_eq(names->list[id], key))
            return (uint16_t)(id | names->flags[id]);
        if (folded == 0 && str_eq_nocase(names->list[id], word))
            folded = (uint16_t)(id | NAME_FOLDED);
    }
    return folded;
}
