#include "detect/own_inside.h"

#include <unistd.h>

#include "base/wait.h"

/*
 * What is learnt while others search. Slots are never freed, so nobody waits
 * for a reader; a reader sees by the turn whether it read a slot while that was
 * written. One thread writes at a time. The lock names its process: a child
 * that was forked while a thread of its parent held it takes it over.
 */

#define TURNS 20000 /* a second; a writer takes some 20 us */

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

/* Does any other form have an anchor there? */
static bool bit_needed(const struct own *o, uint32_t bit,
                       const struct learnt *but)
{
    struct form f;
    unsigned turn;

    for (size_t i = 0; i < o->count * ANCHORS; i++)
        if (o->forms[i / ANCHORS].bit[i % ANCHORS] == bit)
            return true;
    for (size_t i = 0; i < LIM_OWN_LEARNT; i++)
        for (size_t n = 0; &o->learnt[i] != but && n < SPELL_COUNT; n++)
            for (size_t a = 0;
                 learnt_form(&o->learnt[i], n, &f, &turn) && a < ANCHORS; a++)
                if (f.bit[a] == bit)
                    return true;
    return false;
}

/* Else the map fills up in a process that gets a new token every hour. */
static void forget_bits(struct own *o, const struct learnt *l)
{
    struct form f;
    unsigned turn;

    for (size_t n = 0; learnt_form(l, n, &f, &turn); n++)
        for (size_t a = 0; a < ANCHORS; a++)
            if (!bit_needed(o, f.bit[a], l))
                atomic_fetch_and(&o->bits[f.bit[a] / 64],
                                 ~(UINT64_C(1) << f.bit[a] % 64));
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

    forget_bits(o, l);
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

static enum err learn_piece(struct own *o, struct str piece, const char *name)
{
    struct form forms[SPELL_COUNT];
    unsigned char print[PRINT_LEN];
    struct learnt *l;
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
    n = own_forms(o, piece, forms);
    if (n == 0)
        return OK;
    if (!lock_take(o))
        return E_AGAIN;
    l = choose(o, print);
    if (!is_slot_of(l, print))
        write_slot(o, l, forms, n, print, name);
    atomic_store(&l->last_used, atomic_fetch_add(&o->ticks, 1));
    if (l == &o->learnt[atomic_load(&o->learnt_end)])
        atomic_fetch_add(&o->learnt_end, 1);
    atomic_store(&o->lock, 0);
    return OK;
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
