#include "detect/own_inside.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/wait.h"

/*
 * What is learnt while others search. Slots are never freed, so nobody waits
 * for a reader; a reader sees by the turn whether it read a slot while that was
 * written. One thread writes at a time. The lock names its process: a child
 * that was forked while a thread of its parent held it takes it over.
 */

#define TURNS     20000 /* a second; a writer takes some 50 us */
#define STALE_MAX 64    /* pieces forgotten whose bits are still set       */

static bool lock_take(struct own *o)
{
    int self = (int)getpid();

    for (unsigned i = 0; i < TURNS; i++) {
        int holder = 0;

        if (atomic_compare_exchange_strong(&o->lock, &holder, self))
            return true;
        if (holder != self &&
            atomic_compare_exchange_strong(&o->lock, &holder, self))
            return true;
        wait_turn(i);
    }
    return false;
}

bool learnt_form(const struct learnt *l, size_t i, struct form *ret_form,
                 unsigned *ret_turn)
{
    uint64_t words[FORM_WORDS];

    *ret_turn = atomic_load_explicit(&l->turn, memory_order_acquire);
    if (*ret_turn % 2 != 0 ||
        i >= atomic_load_explicit(&l->count, memory_order_relaxed))
        return false;
    for (size_t w = 0; w < FORM_WORDS; w++)
        words[w] = atomic_load_explicit(&l->forms[i][w], memory_order_relaxed);
    memcpy(ret_form, words, sizeof(*ret_form));
    return learnt_still(l, *ret_turn);
}

bool learnt_still(const struct learnt *l, unsigned turn)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&l->turn, memory_order_relaxed) == turn;
}

static bool same_print(const struct learnt *l, const unsigned char *print)
{
    uint64_t words[PRINT_LEN / 8];

    for (size_t w = 0; w < PRINT_LEN / 8; w++)
        words[w] = atomic_load(&l->print[w]);
    return !memcmp(words, print, PRINT_LEN);
}

/* ---- The index ---------------------------------------------------------- */

_Static_assert(LEARNT_ANCHORS < 0xffff, "references of two bytes");

/* The next of the chain. If that has moved all are looked at, from the first:
 * nothing is missed, and some come twice. */
static unsigned next_ref(const struct own *o, uint64_t anchor,
                         struct learnt_walk *w)
{
    unsigned end = atomic_load(&o->learnt_end) * SPELL_COUNT * ANCHORS, ref;

    if (!w->begun) {
        w->begun = true;
        w->turn = atomic_load(&o->index_turn);
        w->next = atomic_load(&o->heads[anchor % LEARNT_BUCKETS]);
        w->all = false;
    }
    if (!w->all &&
        (w->turn % 2 != 0 || atomic_load(&o->index_turn) != w->turn)) {
        w->all = true;
        w->next = 1;
    }
    ref = w->next;
    if (w->all)
        w->next += ref <= end;
    else if (ref != 0)
        w->next = atomic_load(&o->links[ref - 1]);
    return w->all && ref > end ? 0 : ref;
}

bool learnt_next(const struct own *o, uint64_t anchor, struct learnt_walk *w,
                 struct learnt_one *ret)
{
    unsigned ref;

    while ((ref = next_ref(o, anchor, w)) != 0) {
        size_t form = (ref - 1) / ANCHORS;

        ret->slot = &o->learnt[form / SPELL_COUNT];
        ret->which = (ref - 1) % ANCHORS;
        form %= SPELL_COUNT;
        if (atomic_load_explicit(&ret->slot->forms[form][ret->which],
                                 memory_order_relaxed) == anchor &&
            learnt_form(ret->slot, form, &ret->form, &ret->turn) &&
            ret->form.anchor[ret->which] == anchor)
            return true;
    }
    return false;
}

static void index_slot(struct own *o, unsigned slot)
{
    struct form f;
    unsigned turn;

    for (size_t n = 0; learnt_form(&o->learnt[slot], n, &f, &turn); n++)
        for (size_t a = 0; a < ANCHORS; a++) {
            size_t at = (slot * SPELL_COUNT + n) * ANCHORS + a;
            atomic_ushort *head = &o->heads[f.anchor[a] % LEARNT_BUCKETS];

            atomic_store(&o->links[at], atomic_load(head));
            atomic_store(head, (unsigned short)(at + 1));
        }
}

/* Anew, of all that is there: also of what a process that was forked in the
 * midst of it has left. */
static void index_build(struct own *o)
{
    unsigned turn = atomic_load(&o->index_turn) | 1;

    atomic_store(&o->index_turn, turn);
    for (size_t i = 0; i < LEARNT_BUCKETS; i++)
        atomic_store(&o->heads[i], 0);
    for (unsigned i = 0; i < atomic_load(&o->learnt_end); i++)
        index_slot(o, i);
    atomic_store(&o->index_turn, turn + 1);
}

/* ---- The bit map -------------------------------------------------------- */

/*
 * Without the bits of what was forgotten, or the map fills up in a process that
 * gets a new token every hour. No bit that is needed is ever 0.
 */
static void renew_bits(struct own *o)
{
    size_t words = ((size_t)1 << (64 - o->shift)) / 64;
    struct form f;
    unsigned turn;

    memcpy(o->renewed, o->fixed, words * sizeof(*o->renewed));
    for (size_t i = 0; i < atomic_load(&o->learnt_end); i++)
        for (size_t n = 0; learnt_form(&o->learnt[i], n, &f, &turn); n++)
            for (size_t a = 0; a < ANCHORS; a++)
                o->renewed[f.bit[a] / 64] |= UINT64_C(1) << f.bit[a] % 64;
    for (size_t w = 0; w < words; w++)
        atomic_store_explicit(&o->bits[w], o->renewed[w], memory_order_relaxed);
}

static void forget(struct own *o)
{
    int none = FORGOT_NONE;

    if (++o->stale % STALE_MAX == 0)
        renew_bits(o);
    (void)atomic_compare_exchange_strong(&o->forgot, &none, FORGOT_ONE);
}

static void write_form(struct own *o, struct learnt *l, size_t i,
                       struct form *f)
{
    uint64_t words[FORM_WORDS] = {0};

    for (size_t a = 0; a < ANCHORS; a++) {
        uint32_t bit = f->bit[a] >> (o->shift - 64 + BITS_MAX);

        f->bit[a] = bit;
        atomic_fetch_or(&o->bits[bit / 64], UINT64_C(1) << bit % 64);
    }
    if (f->exact)
        atomic_store(&o->exact, true);
    memcpy(words, f, sizeof(*f));
    for (size_t w = 0; w < FORM_WORDS; w++)
        atomic_store_explicit(&l->forms[i][w], words[w], memory_order_relaxed);
}

static void write_slot(struct own *o, struct learnt *l, struct form *forms,
                       size_t n, const unsigned char *print, const char *name)
{
    unsigned turn = atomic_load(&l->turn) | 1;
    uint64_t words[PRINT_LEN / 8];

    if (atomic_load(&l->count) > 0)
        forget(o);
    atomic_store_explicit(&l->turn, turn, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (size_t i = 0; i < n; i++)
        write_form(o, l, i, &forms[i]);
    memcpy(words, print, PRINT_LEN);
    for (size_t w = 0; w < PRINT_LEN / 8; w++)
        atomic_store_explicit(&l->print[w], words[w], memory_order_relaxed);
    atomic_store_explicit(&l->name, name, memory_order_relaxed);
    atomic_store_explicit(&l->count, (unsigned)n, memory_order_relaxed);
    atomic_store_explicit(&l->turn, turn + 1, memory_order_release);
}

/* The slot that holds it, or one that was never used, or the one that has not
 * been for the longest. */
static struct learnt *choose(struct own *o, const unsigned char *print)
{
    unsigned end = atomic_load(&o->learnt_end);
    struct learnt *oldest = &o->learnt[0];

    for (unsigned i = 0; i < end; i++) {
        struct learnt *l = &o->learnt[i];

        if (same_print(l, print) && atomic_load(&l->count) > 0 &&
            atomic_load(&l->turn) % 2 == 0)
            return l;
        if (atomic_load(&l->last_used) < atomic_load(&oldest->last_used))
            oldest = l;
    }
    return end < LIM_OWN_LEARNT ? &o->learnt[end] : oldest;
}

static bool is_slot_of(const struct learnt *l, const unsigned char *print)
{
    return atomic_load(&l->turn) % 2 == 0 && atomic_load(&l->count) > 0 &&
           same_print(l, print);
}

/* ---- In parts ------------------------------------------------------------ */

void parted_free(struct parted *p)
{
    if (p != NULL)
        part_table_free(&p->parts);
    free(p);
}

/* The piece as the next of those that are known in parts; NULL if there is no
 * room, or nothing to know. */
static enum err make_parted(const struct own *o, struct str piece,
                            const unsigned char *print, const char *name,
                            struct parted **ret)
{
    size_t next = atomic_load(&o->parted_count);
    struct parted *p;
    enum err e;

    *ret = NULL;
    if (next == LIM_OWN_PARTED)
        return OK;
    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return E_NOMEM;
    p->value.source = OWN_AUTH;
    p->value.name = str_of(name);
    memcpy(p->value.print, print, PRINT_LEN);
    if ((e = parts_add(o, &p->parts, piece, 0, &p->value.letters)) ||
        (e = parts_place(&p->parts)) || p->parts.count == 0) {
        parted_free(p);
        return e;
    }
    *ret = p;
    return OK;
}

static bool is_parted(const struct own *o, const unsigned char *print)
{
    for (size_t i = 0; i < atomic_load(&o->parted_count); i++)
        if (!memcmp(atomic_load(&o->parted[i])->value.print, print, PRINT_LEN))
            return true;
    return false;
}

struct own_about own_about_learnt(const struct own *o, const struct learnt *l)
{
    struct own_about about = {OWN_AUTH, str_of(atomic_load(&l->name)), 0};

    for (size_t i = 0; i < atomic_load(&o->parted_count); i++)
        if (same_print(l, atomic_load(&o->parted[i])->value.print))
            about.value = (uint32_t)(LIM_OWN + i + 1);
    return about;
}

/* Takes it; others may have added some since it was made. */
static void add_parted(struct own *o, struct parted *p)
{
    size_t n = atomic_load(&o->parted_count);

    if (p == NULL || n == LIM_OWN_PARTED || is_parted(o, p->value.print)) {
        parted_free(p);
        return;
    }
    for (size_t i = 0; i < p->parts.count; i++)
        p->parts.list[i].value = (uint16_t)(LIM_OWN + n);
    parts_mark(o, &p->parts);
    atomic_store(&o->parted[n], p);
    atomic_store(&o->parted_count, (unsigned)n + 1);
}

static enum err learn_piece(struct own *o, struct str piece, const char *name)
{
    struct form forms[SPELL_COUNT];
    unsigned char print[PRINT_LEN];
    struct parted *parted;
    struct learnt *l;
    enum err e;
    size_t n;

    own_print(o, piece, print);
    for (size_t i = 0; i < o->value_count; i++)
        if (!memcmp(o->values[i].print, print, PRINT_LEN))
            return OK;
    l = choose(o, print);
    if (is_slot_of(l, print)) {
        atomic_store(&l->last_used, atomic_fetch_add(&o->ticks, 1));
        return OK;
    }
    n = own_forms(o, piece, SPELL_COUNT, forms);
    if (n == 0)
        return OK;
    if ((e = make_parted(o, piece, print, name, &parted)))
        return e;
    if (!lock_take(o)) {
        parted_free(parted);
        return E_AGAIN;
    }
    add_parted(o, parted);
    l = choose(o, print);
    if (!is_slot_of(l, print)) {
        write_slot(o, l, forms, n, print, name);
        if (l == &o->learnt[atomic_load(&o->learnt_end)])
            atomic_fetch_add(&o->learnt_end, 1);
        index_build(o);
    }
    atomic_store(&l->last_used, atomic_fetch_add(&o->ticks, 1));
    atomic_store(&o->lock, 0);
    return OK;
}

bool own_forgot(struct own *o)
{
    int one = FORGOT_ONE;

    return atomic_compare_exchange_strong(&o->forgot, &one, FORGOT_TOLD);
}

enum err own_learn(struct own *o, struct str value, const char *name)
{
    struct str piece;
    enum err e;

    while (own_piece(&value, &piece))
        if ((e = learn_piece(o, piece, name)))
            return e;
    return OK;
}
