#include "llm/path.h"

#include <stdlib.h>

/*
 * The words of a description by number. A key of a document is looked up once;
 * all that follows compares numbers. The hash folds case roughly (bit 0x20 of
 * every byte is set), so the word itself and the words that equal it only
 * without regard to case are met on the same way.
 */

static uint64_t load(const char *p, size_t n)
{
    uint64_t v = 0;

    memcpy(&v, p, n);
    return v;
}

/* The first and the last eight bytes, which overlap in short names. */
struct sketch {
    uint64_t first, last;
};

/* With their length they are all of a name of at most this many bytes. */
#define SKETCH_ALL 16

static inline struct sketch sketch_of(struct str s)
{
    const char *p = s.ptr;

    if (s.len >= 8)
        return (struct sketch){load(p, 8), load(p + s.len - 8, 8)};
    if (s.len >= 4)
        return (struct sketch){load(p, 4), load(p + s.len - 4, 4)};
    return (struct sketch){(uint64_t)(unsigned char)p[0] << 16 |
                               (uint64_t)(unsigned char)p[s.len / 2] << 8 |
                               (unsigned char)p[s.len - 1],
                           0};
}

/* Letters of both cases have one hash. */
static inline size_t sketch_hash(struct sketch k, size_t len)
{
    const uint64_t lower = 0x2020202020202020u;
    uint64_t a = ((k.first | lower) + len) * 0x9e3779b97f4a7c15u;

    a ^= (a >> 32) ^ (k.last | lower) * 0xc2b2ae3d27d4eb4fu;
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

/* The slot of a name, or the free one where it would stand. */
static struct path_slot *slot_of(const struct path_names *names,
                                 struct str name)
{
    struct sketch k = sketch_of(name);
    size_t mask = names->slot_count - 1;
    size_t at = sketch_hash(k, name.len) & mask;

    for (; names->slots[at].id != 0; at = (at + 1) & mask)
        if (str_eq(names->list[names->slots[at].id], name))
            break;
    return &names->slots[at];
}

static void slot_set(struct path_slot *slot, struct str name, size_t id)
{
    struct sketch k = sketch_of(name);

    *slot =
        (struct path_slot){k.first, k.last, (uint16_t)name.len, (uint16_t)id};
}

/* Room for twice as many names as there are. */
static enum err slots_grow(struct path_names *names)
{
    size_t n = names->slot_count == 0 ? 64 : names->slot_count * 2;

    free(names->slots);
    names->slots = calloc(n, sizeof(*names->slots));
    names->slot_count = names->slots == NULL ? 0 : n;
    if (names->slots == NULL)
        return E_NOMEM;
    for (size_t i = 1; i < names->count; i++)
        slot_set(slot_of(names, names->list[i]), names->list[i], i);
    return OK;
}

enum err path_names_add(struct path_names *names, struct str name,
                        uint16_t *ret_id)
{
    struct path_slot *slot;
    enum err e;

    if (names->count == 0)
        names->count = 1; /* 0 is no name */
    if (name.len == 0 || name.len > PATH_NAME)
        return E_LIMIT;
    if (names->count * 2 >= names->slot_count)
        if ((e = slots_grow(names)))
            return e;
    slot = slot_of(names, name);
    if (slot->id != 0) {
        *ret_id = slot->id;
        return OK;
    }
    if (names->count > NAME_ID)
        return E_LIMIT;
    if (names->count >= names->cap)
        if ((e = names_grow(names)))
            return e;
    names->list[names->count] = name;
    names->flags[names->count] = 0;
    slot_set(slot, name, names->count);
    *ret_id = (uint16_t)names->count++;
    return OK;
}

enum err path_names_seal(struct path_names *names)
{
    return names->slot_count > 0 ? OK : slots_grow(names);
}

/* U+017F and U+212A, which fold to s and k, become these letters. */
static struct str fold_odd(struct str key, char out[PATH_NAME])
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
        if (n == PATH_NAME)
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

/* The same without regard to case, for keys that are no name as they are. */
static __attribute__((noinline)) uint16_t
find_folded(const struct path_names *names, struct str key)
{
    char room[PATH_NAME];
    size_t at, mask = names->slot_count - 1;
    uint16_t id;

    if (has_high(key))
        key = fold_odd(key, room);
    if (key.len == 0 || key.len > PATH_NAME)
        return 0;
    at = sketch_hash(sketch_of(key), key.len) & mask;
    for (; (id = names->slots[at].id) != 0; at = (at + 1) & mask)
        if (str_eq_nocase(names->list[id], key))
            return (uint16_t)(id | NAME_FOLDED);
    return 0;
}

uint16_t path_names_find(const struct path_names *names, struct str key)
{
    size_t at, mask = names->slot_count - 1;
    struct sketch k;

    if (key.len == 0 || key.len > 3 * PATH_NAME)
        return 0;
    k = sketch_of(key);
    at = sketch_hash(k, key.len) & mask;
    for (; names->slots[at].id != 0; at = (at + 1) & mask) {
        const struct path_slot *slot = &names->slots[at];

        if (slot->len == key.len && slot->first == k.first &&
            slot->last == k.last &&
            (key.len <= SKETCH_ALL || str_eq(names->list[slot->id], key)))
            return (uint16_t)(slot->id | names->flags[slot->id]);
    }
    return find_folded(names, key);
}
