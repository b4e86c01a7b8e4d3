#include "detect/own_inside.h"

#include <sodium/crypto_shorthash_siphash24.h>
#include <stdlib.h>

/*
 * The set: values as the prints and anchors of their spellings, an index of the
 * anchors, and a bit map in front of it that nearly all text fails at.
 */

#define BITS_MIN     17 /* 16 KiB of bit map: room for what is learnt  */
#define BITS_PER     32 /* of the map for each anchor                  */
#define PART_BITS    16 /* of the map for each window of parts         */
#define DISTINCT_MIN 6  /* different bytes of a piece                  */
#define PIECE        64 /* bytes that are cut off a long value at once */

_Static_assert(crypto_shorthash_siphash24_KEYBYTES <= OWN_KEY_LEN, "key");

struct str own_source_name(enum own_source s)
{
    static const struct str names[] = {
        [OWN_ENV] = STR_INIT("env"),
        [OWN_FILE] = STR_INIT("file"),
        [OWN_AUTH] = STR_INIT("auth"),
    };

    return names[s];
}

/* ---- Keyed hashes ------------------------------------------------------- */

uint64_t own_anchor(const struct own *o, uint64_t w)
{
    uint64_t hash = 0;

    (void)crypto_shorthash_siphash24(
        (unsigned char *)&hash, (const unsigned char *)&w, sizeof(w), o->key);
    return hash;
}

void own_print(const struct own *o, struct str bytes,
               unsigned char ret_print[PRINT_LEN])
{
    fingerprint(o->key, bytes, ret_print);
}

/* ---- Forms -------------------------------------------------------------- */

static size_t distinct(const char *p, size_t n)
{
    bool seen[256] = {0};
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        count += !seen[(unsigned char)p[i]];
        seen[(unsigned char)p[i]] = true;
    }
    return count;
}

/*
 * At its beginning, so that on a stream no more than that has to wait; one that
 * begins uniformly, where it is least like others. Of equals the last.
 */
static size_t anchor_place(const struct spelled *s)
{
    size_t best = 0, most = 0;

    if (distinct(s->bytes, SPELL_MIN) >= DISTINCT_MIN)
        return 0;
    for (size_t at = 0; at + SPELL_MIN <= s->len; at++) {
        size_t n = distinct(s->bytes + at, SPELL_MIN);

        if (n >= most) {
            most = n;
            best = at;
        }
    }
    return best;
}

static void make_form(const struct own *o, const struct spelled *s,
                      struct form *f)
{
    f->at = (uint16_t)anchor_place(s);
    f->len = (uint16_t)s->len;
    f->lead = (uint8_t)s->lead;
    f->tail = (uint8_t)s->tail;
    f->exact = s->exact;
    f->cut_front = s->cut_front;
    f->cut_back = s->cut_back;
    for (size_t i = 0; i < ANCHORS; i++) {
        uint64_t w = window_at(s->bytes + f->at + i);

        f->anchor[i] = own_anchor(o, w);
        f->bit[i] = (uint32_t)(w * o->mul >> (64 - BITS_MAX));
    }
    f->last = window_hash(o, window_at(s->bytes + s->len - WINDOW));
    own_print(o, (struct str){s->bytes, s->len}, f->print);
}

size_t own_forms(const struct own *o, struct str piece, enum spelling end,
                 struct form ret_forms[SPELL_COUNT])
{
    struct spelled s;
    size_t n = 0;

    if (distinct(piece.ptr, piece.len) < DISTINCT_MIN)
        return 0;
    for (unsigned i = 0; i < end; i++) {
        if (!spell(piece, (enum spelling)i, &s))
            continue;
        memset(&ret_forms[n], 0, sizeof(ret_forms[n]));
        ret_forms[n].spelling = (uint8_t)i;
        make_form(o, &s, &ret_forms[n++]);
    }
    explicit_bzero(&s, sizeof(s));
    return n;
}

/* Bytes of a line's end, for which settings have the two characters \n. */
static size_t line_end(struct str s)
{
    if (s.ptr[0] == '\n' || s.ptr[0] == '\r')
        return 1;
    return str_starts(s, STR("\\n")) ? 2 : 0;
}

/* A line, or some of it. */
bool own_piece(struct str *rest, struct str *ret_piece)
{
    while (rest->len > 0) {
        size_t n = 0, end = 0;

        while (n < rest->len && n <= SPELL_VALUE_MAX &&
               (end = line_end(str_skip(*rest, n))) == 0)
            n++;
        *ret_piece = str_head(*rest, n > SPELL_VALUE_MAX ? PIECE : n);
        *rest = str_skip(*rest, n > SPELL_VALUE_MAX ? PIECE : n + end);
        if (ret_piece->len >= SPELL_VALUE_MIN)
            return true;
    }
    return false;
}

/* ---- The set ------------------------------------------------------------ */

enum err own_new(const unsigned char key[OWN_KEY_LEN], struct own **ret_own)
{
    struct own *o = calloc(1, sizeof(*o));

    if (o == NULL)
        return E_NOMEM;
    memcpy(o->key, key, sizeof(o->key));
    memcpy(&o->mul, key + OWN_KEY_LEN - sizeof(o->mul), sizeof(o->mul));
    memcpy(&o->part_mul, key + OWN_KEY_LEN - 2 * sizeof(o->mul),
           sizeof(o->part_mul));
    o->mul |= 1;
    o->part_mul |= 1;
    arena_init(&o->names, LIM_OWN * (size_t)LIM_OWN_NAME);
    *ret_own = o;
    return OK;
}

static void wipe_free(void *p, size_t n)
{
    if (p != NULL)
        explicit_bzero(p, n);
    free(p);
}

void own_free(struct own *o)
{
    if (o == NULL)
        return;
    wipe_free(o->forms, o->cap * sizeof(*o->forms));
    wipe_free(o->values, o->value_cap * sizeof(*o->values));
    if (o->learnt != NULL)
        wipe_free(o->learnt, atomic_load(&o->learnt_end) * sizeof(*o->learnt));
    free((void *)o->heads);
    free((void *)o->links);
    part_table_free(&o->parts);
    for (size_t i = 0; i < atomic_load(&o->parted_count); i++)
        parted_free(atomic_load(&o->parted[i]));
    free((void *)o->part_maps);
    free(o->fixed);
    free(o->renewed);
    free(o->places);
    free((void *)o->bits);
    arena_free(&o->names);
    wipe_free(o, sizeof(*o));
}

enum err own_room(void **list, size_t count, size_t *cap, size_t size)
{
    size_t more = *cap == 0 ? 16 : *cap * 2;
    void *grown;

    if (count < *cap)
        return OK;
    grown = realloc(*list, more * size);
    if (grown == NULL)
        return E_NOMEM;
    *list = grown;
    *cap = more;
    return OK;
}

static bool has_value(const struct own *o, const unsigned char *print)
{
    for (size_t i = 0; i < o->value_count; i++)
        if (!memcmp(o->values[i].print, print, PRINT_LEN))
            return true;
    return false;
}

static enum err add_piece(struct own *o, struct str piece,
                          const struct value *about, bool in_parts)
{
    struct form forms[SPELL_COUNT];
    struct value v = *about;
    size_t before = o->count, n;
    enum err e = OK;

    own_print(o, piece, v.print);
    if (has_value(o, v.print))
        return OK;
    if (o->value_count >= LIM_OWN)
        return E_LIMIT;
    if ((e = own_room((void **)&o->values, o->value_count, &o->value_cap,
                      sizeof(*o->values))))
        return e;
    n = own_forms(o, piece,
                  o->value_count < LIM_OWN_RARE ? SPELL_COUNT : SPELL_ROT13,
                  forms);
    for (size_t i = 0; i < n && !e; i++) {
        e = own_room((void **)&o->forms, o->count, &o->cap, sizeof(*o->forms));
        if (e)
            break;
        forms[i].value = (uint32_t)o->value_count;
        if (forms[i].exact)
            atomic_store(&o->exact, true);
        o->forms[o->count++] = forms[i];
    }
    if (!e && n > 0) {
        if (in_parts)
            e = parts_add(o, &o->parts, piece, o->value_count, &v.letters);
        o->values[o->value_count++] = v;
        return e;
    }
    if (e)
        o->count = before;
    return e;
}

enum err own_add(struct own *o, struct str value, enum own_source source,
                 struct str name)
{
    struct value v = {.source = source};
    bool one_line = str_find_byte(value, '\n') == value.len;
    struct str piece;
    enum err e;

    if (value.len < SPELL_VALUE_MIN)
        return OK;
    if ((e = arena_copy(&o->names, str_head(name, LIM_OWN_NAME), &v.name)))
        return e;
    while (own_piece(&value, &piece))
        if ((e = add_piece(o, piece, &v, one_line)))
            return e;
    return OK;
}

/* The bits are known of the largest map; a smaller one has their first. */
static enum err build_bits(struct own *o)
{
    unsigned log2 = BITS_MIN;

    while (log2 < BITS_MAX &&
           ((size_t)1 << log2) <
               o->count * ANCHORS * BITS_PER + o->parts.count * PART_BITS)
        log2++;
    o->bits = calloc(((size_t)1 << log2) / 64, sizeof(*o->bits));
    o->fixed = calloc(((size_t)1 << log2) / 64, sizeof(*o->fixed));
    o->renewed = calloc(((size_t)1 << log2) / 64, sizeof(*o->renewed));
    if (o->bits == NULL || o->fixed == NULL || o->renewed == NULL)
        return E_NOMEM;
    o->shift = 64 - log2;
    for (size_t i = 0; i < o->count; i++)
        for (size_t a = 0; a < ANCHORS; a++) {
            uint32_t bit = o->forms[i].bit[a] >> (BITS_MAX - log2);

            o->forms[i].bit[a] = bit;
            o->fixed[bit / 64] |= UINT64_C(1) << bit % 64;
        }
    return OK;
}

static enum err build_places(struct own *o)
{
    size_t size = 16;

    while (size < 2 * o->count * ANCHORS)
        size *= 2;
    o->places = calloc(size, sizeof(*o->places));
    if (o->places == NULL)
        return E_NOMEM;
    o->place_mask = size - 1;
    for (size_t i = 0; i < o->count * ANCHORS; i++) {
        uint64_t anchor = o->forms[i / ANCHORS].anchor[i % ANCHORS];
        size_t at = anchor & o->place_mask;

        while (o->places[at].ref != 0)
            at = (at + 1) & o->place_mask;
        o->places[at].anchor = anchor;
        o->places[at].ref = (uint32_t)i + 1;
    }
    return OK;
}

static enum err build_parts(struct own *o)
{
    size_t words = ((size_t)1 << (64 - o->shift)) / 64;
    enum err e;

    o->part_maps = calloc(2 * words, sizeof(*o->part_maps));
    if (o->part_maps == NULL)
        return E_NOMEM;
    if ((e = parts_place(&o->parts)))
        return e;
    parts_mark(o, &o->parts);
    return OK;
}

enum err own_ready(struct own *o)
{
    enum err e;

    if ((e = build_bits(o)) || (e = build_places(o)) || (e = build_parts(o)))
        return e;
    for (size_t i = 0; i < ((size_t)1 << (64 - o->shift)) / 64; i++)
        atomic_init(&o->bits[i], o->fixed[i]);
    o->learnt = calloc(LIM_OWN_LEARNT, sizeof(*o->learnt));
    o->heads = calloc(LEARNT_BUCKETS, sizeof(*o->heads));
    o->links = calloc(LEARNT_ANCHORS, sizeof(*o->links));
    return o->learnt != NULL && o->heads != NULL && o->links != NULL ? OK
                                                                     : E_NOMEM;
}

bool own_empty(const struct own *o)
{
    return o->count == 0 && atomic_load(&o->learnt_end) == 0;
}

size_t own_count(const struct own *o)
{
    return o->value_count;
}

size_t own_size(const struct own *o)
{
    return sizeof(*o) + o->cap * sizeof(*o->forms) +
           o->value_cap * sizeof(*o->values) + o->names.used +
           o->parts.cap * sizeof(*o->parts.list) +
           (o->parts.mask + 1) * sizeof(*o->parts.places) +
           (o->place_mask + 1) * sizeof(*o->places) +
           5 * ((size_t)1 << (64 - o->shift)) / 8 +
           LIM_OWN_LEARNT * sizeof(*o->learnt) +
           (LEARNT_BUCKETS + LEARNT_ANCHORS) * sizeof(*o->heads);
}

/* ---- A sweep ------------------------------------------------------------ */

struct sweep sweep_all(const struct own *o, struct str bytes, bool exact)
{
    return (struct sweep){
        .own = o,
        .bytes = bytes.ptr,
        .len = bytes.len,
        .exact = exact,
        .end = bytes.len < WINDOW ? 0 : bytes.len - WINDOW + 1,
    };
}

/* The first window from s->at on that a bit map lets through. */
static bool find_window(struct sweep *s)
{
    const struct own *o = s->own;
    size_t at = s->at;

    while (at < s->end &&
           !bit_is_set(o, window_bit(o, window_at(s->bytes + at))))
        at += STRIDE;
    s->at = at;
    return at < s->end;
}

/* The same where parts count: windows of these are in two maps. */
static bool find_either(struct sweep *s)
{
    const struct own *o = s->own;

    for (; s->at < s->end; s->at += STRIDE) {
        uint64_t w = window_at(s->bytes + s->at);

        if (bit_is_set(o, window_bit(o, w)) ||
            (part_bit(o, w, 0) && part_bit(o, w, 1)))
            return true;
    }
    return false;
}

/* Does the form stand where its anchor does? */
static bool stands(const struct sweep *s, const struct form *f, size_t which,
                   size_t *ret_start)
{
    unsigned char print[PRINT_LEN];
    size_t before = f->at + which;

    if (f->exact != s->exact || s->at < before ||
        f->len > s->len - (s->at - before))
        return false;
    *ret_start = s->at - before;
    if (window_hash(s->own, window_at(s->bytes + *ret_start + f->len -
                                      WINDOW)) != f->last)
        return false;                    /* keys of one maker begin alike */
    for (size_t a = 0; a < ANCHORS; a++) /* cheaper than a print */
        if (own_anchor(s->own, window_at(s->bytes + *ret_start + f->at + a)) !=
            f->anchor[a])
            return false;
    own_print(s->own, (struct str){s->bytes + *ret_start, f->len}, print);
    return !memcmp(print, f->print, PRINT_LEN);
}

static bool next_place(struct sweep *s, struct swept *ret)
{
    const struct own *o = s->own;

    while (o->places[s->place].ref != 0) {
        const struct place *p = &o->places[s->place];
        const struct form *f = &o->forms[(p->ref - 1) / ANCHORS];

        s->place = (s->place + 1) & o->place_mask;
        if (p->anchor != s->anchor ||
            !stands(s, f, (p->ref - 1) % ANCHORS, &ret->start))
            continue;
        ret->form = *f;
        ret->len = f->len;
        ret->about = own_about_of(o, f->value);
        return true;
    }
    return false;
}

static bool next_learnt(struct sweep *s, struct swept *ret)
{
    struct learnt_one one;

    while (learnt_next(s->own, s->anchor, &s->learnt, &one)) {
        ret->form = one.form;
        ret->len = one.form.len;
        ret->about = own_about_learnt(s->own, one.slot);
        if (stands(s, &one.form, one.which, &ret->start) &&
            learnt_still(one.slot, one.turn))
            return true;
    }
    return false;
}

bool sweep_next(struct sweep *s, struct swept *ret)
{
    for (;;) {
        if (!s->busy) {
            if (!(s->parts ? find_either(s) : find_window(s)))
                return false;
            s->busy = true;
            s->anchor = own_anchor(s->own, window_at(s->bytes + s->at));
            s->place = s->anchor & s->own->place_mask;
            s->learnt = (struct learnt_walk){.begun = false};
            s->part_walk = (struct part_walk){.begun = false};
        }
        ret->part = NULL;
        if (next_place(s, ret) || next_learnt(s, ret))
            return true;
        if (s->parts &&
            (ret->part = part_at(s->own, s->anchor, &s->part_walk)) != NULL)
            return true;
        s->busy = false;
        s->at += STRIDE;
    }
}
