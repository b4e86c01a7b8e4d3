#include "act/vault.h"

#include <sodium/crypto_stream_xchacha20.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "base/wait.h"

/*
 * A ring of entries, the next place to be used going round, and chains of
 * those whose ids have the same low bits. What was given out again since the
 * ring last came by is left once.
 */

#define NONE     UINT16_MAX
#define CHAINS   8192u /* a power of two */
#define PROBES   65536u
#define CIPHERED 64u /* steps that a stretch of the cipher counts for */

struct entry {
    uint64_t id;
    uint64_t stamp; /* seconds: when it was last given out */
    unsigned char nonce[crypto_stream_xchacha20_NONCEBYTES];
    char *sealed; /* owned; NULL: the place is free */
    uint32_t len;
    uint16_t next; /* in its chain */
    uint16_t near; /* of those whose values begin alike: the next, or 0; */
                   /* one more than its place                           */
    uint32_t probe, tail; /* of its first bytes, and of its last */
    bool again, mixed;
    unsigned char class_len;
    char class[PSEUDONYM_CLASS];
    const struct rule *rule;
};

struct keys {
    unsigned char user[PSEUDONYM_KEY_LEN];
    unsigned char process[crypto_stream_xchacha20_KEYBYTES];
};

struct vault {
    struct keys *keys;  /* a page of its own */
    atomic_int lock;    /* the process that holds it, or 0 */
    uint64_t serial;    /* of what was sealed */
    struct entry *list; /* owned; NULL until needed */
    size_t bytes;       /* sealed, of all */
    uint16_t place;     /* next of the ring */
    uint16_t chains[CHAINS];
    uint64_t probe_key; /* random, so that nobody knows what collides */
    uint16_t *probes;   /* owned, as the list; by the upper half of probes */
};

static void forget_all(struct vault *v)
{
    v->list = NULL;
    v->bytes = v->place = 0;
    for (size_t i = 0; i < CHAINS; i++)
        v->chains[i] = NONE;
    v->probes = NULL;
}

enum err vault_new(const unsigned char key[PSEUDONYM_KEY_LEN],
                   struct vault **ret_vault)
{
    struct vault *v = calloc(1, sizeof(*v));
    enum err e;

    if (v == NULL)
        return E_NOMEM;
    v->keys = mmap(NULL, sizeof(*v->keys), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (v->keys == MAP_FAILED) {
        free(v);
        return E_NOMEM;
    }
    (void)madvise(v->keys, sizeof(*v->keys), MADV_DONTDUMP);
    memcpy(v->keys->user, key, sizeof(v->keys->user));
    forget_all(v);
    if ((e = random_fill(v->keys->process, sizeof(v->keys->process))) ||
        (e = random_fill(&v->probe_key, sizeof(v->probe_key)))) {
        vault_free(v);
        return e;
    }
    *ret_vault = v;
    return OK;
}

void vault_free(struct vault *v)
{
    if (v == NULL)
        return;
    for (size_t i = 0; v->list != NULL && i < LIM_VAULT_VALUES; i++)
        free(v->list[i].sealed);
    free(v->list);
    free(v->probes);
    explicit_bzero(v->keys, sizeof(*v->keys));
    (void)munmap(v->keys, sizeof(*v->keys));
    free(v);
}

const unsigned char *vault_key(const struct vault *v)
{
    return v->keys->user;
}

/* --- The lock. */

/*
 * A mutex that another thread held when the process was forked stays held for
 * ever. This one knows who holds it; what a process that is no more here has
 * left half done is forgotten, not looked at.
 */
static void vault_lock(struct vault *v)
{
    int self = (int)getpid(), holder = 0;
    unsigned turn = 0;

    while (!atomic_compare_exchange_strong_explicit(
        &v->lock, &holder, self, memory_order_acquire, memory_order_relaxed)) {
        if (holder != self && holder != 0) {
            if (atomic_compare_exchange_strong_explicit(&v->lock, &holder, self,
                                                        memory_order_acquire,
                                                        memory_order_relaxed)) {
                forget_all(v);
                return;
            }
        }
        holder = 0;
        wait_turn(turn++);
    }
}

static void vault_unlock(struct vault *v)
{
    atomic_store_explicit(&v->lock, 0, memory_order_release);
}

/* --- Entries. */

static uint64_t now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec;
}

static uint16_t *chain_of(struct vault *v, uint64_t id)
{
    return &v->chains[id % CHAINS];
}

static struct entry *find(struct vault *v, uint64_t id, uint64_t now)
{
    if (v->list == NULL)
        return NULL;
    for (uint16_t i = *chain_of(v, id); i != NONE; i = v->list[i].next) {
        struct entry *e = &v->list[i];

        if (e->id == id)
            return now - e->stamp <= LIM_VAULT_AGE ? e : NULL;
    }
    return NULL;
}

/* Of the first bytes of a value, or of text. */
static uint32_t probe_of(const struct vault *v, const char *p)
{
    uint64_t word = 0;

    memcpy(&word, p, LIM_VAULT_FIND);
    return (uint32_t)(word * (v->probe_key | 1) >> 32);
}

static void drop(struct vault *v, struct entry *e)
{
    uint16_t *at = chain_of(v, e->id);

    while (&v->list[*at] != e)
        at = &v->list[*at].next;
    *at = e->next;
    if (e->len >= LIM_VAULT_FIND) {
        at = &v->probes[e->probe >> 16];
        while (&v->list[*at - 1] != e)
            at = &v->list[*at - 1].near;
        *at = e->near;
    }
    free(e->sealed);
    e->sealed = NULL;
    v->bytes -= e->len;
}

/* A place for a value of n bytes: free, or made so. */
static struct entry *make_room(struct vault *v, size_t n, uint64_t now)
{
    struct entry *e;

    for (;;) {
        e = &v->list[v->place];
        v->place = (uint16_t)((v->place + 1) % LIM_VAULT_VALUES);
        if (e->sealed != NULL && e->again && now - e->stamp <= LIM_VAULT_AGE) {
            e->again = false;
            continue;
        }
        if (e->sealed != NULL)
            drop(v, e);
        if (n <= LIM_VAULT_BYTES - v->bytes)
            return e;
    }
}

/* Either way. */
static void cipher(const struct vault *v, const struct entry *e, const char *in,
                   char *out)
{
    (void)crypto_stream_xchacha20_xor((unsigned char *)out,
                                      (const unsigned char *)in, e->len,
                                      e->nonce, v->keys->process);
}

/* No two values are sealed alike, nor by two processes that were one. */
static void set_nonce(struct vault *v, struct entry *e)
{
    uint64_t parts[3] = {v->serial++, (uint64_t)getpid(), e->id};

    _Static_assert(sizeof(parts) == sizeof(e->nonce), "all of the nonce");
    memcpy(e->nonce, parts, sizeof(parts));
}

static enum err add(struct vault *v, const struct rule *rule, struct str class,
                    struct str value, uint64_t id, uint64_t now)
{
    uint16_t *chain = chain_of(v, id);
    struct entry *e;
    char *sealed;

    if (v->list == NULL) {
        v->probes = calloc(PROBES, sizeof(*v->probes));
        if (v->probes == NULL)
            return E_NOMEM;
        v->list = calloc(LIM_VAULT_VALUES, sizeof(*v->list));
        if (v->list == NULL) {
            free(v->probes);
            v->probes = NULL;
            return E_NOMEM;
        }
    }
    sealed = malloc(value.len + 1);
    if (sealed == NULL)
        return E_NOMEM;
    e = make_room(v, value.len, now);
    *e = (struct entry){
        .id = id,
        .stamp = now,
        .sealed = sealed,
        .len = (uint32_t)value.len,
        .next = *chain,
        .class_len = (unsigned char)class.len,
        .rule = rule,
    };
    memcpy(e->class, class.ptr, class.len);
    set_nonce(v, e);
    cipher(v, e, value.ptr, sealed);
    *chain = (uint16_t)(e - v->list);
    if (value.len >= LIM_VAULT_FIND) {
        e->probe = probe_of(v, value.ptr);
        e->tail = probe_of(v, value.ptr + value.len - LIM_VAULT_FIND);
        e->near = v->probes[e->probe >> 16];
        v->probes[e->probe >> 16] = (uint16_t)(*chain + 1);
    }
    v->bytes += value.len;
    return OK;
}

/* Whether it is this value that it stands for. Turned around, for there is
 * room for what is sealed. */
static bool holds(const struct vault *v, const struct entry *e,
                  struct str class, struct str value, char *room)
{
    if (e->len != value.len ||
        !str_eq((struct str){e->class, e->class_len}, class))
        return false;
    cipher(v, e, value.ptr, room);
    return memcmp(room, e->sealed, value.len) == 0;
}

static bool same_reveal(const struct rule *a, const struct rule *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->reveal_count != b->reveal_count)
        return false;
    for (size_t i = 0; i < a->reveal_count; i++)
        if (!str_eq(a->reveal[i], b->reveal[i]))
            return false;
    return true;
}

enum err vault_issue(struct vault *v, const struct rule *rule, struct str class,
                     struct str value, bool number, struct pseudonym *ret_p)
{
    uint64_t now = now_seconds();
    struct entry *old;
    enum err e = OK;
    char *room;

    if (value.len > LIM_VAULT_VALUE)
        return E_LIMIT;
    (number ? pseudonym_number : pseudonym_make)(v->keys->user, class, value,
                                                 ret_p);
    room = malloc(value.len + 1);
    if (room == NULL)
        return E_NOMEM;
    vault_lock(v);
    old = find(v, ret_p->id, now);
    if (old == NULL) {
        e = add(v, rule, class, value, ret_p->id, now);
    } else if (holds(v, old, class, value, room)) {
        old->stamp = now;
        old->again = true;
        old->mixed |= !same_reveal(old->rule, rule);
    } else {
        e = E_AMBIGUOUS;
    }
    vault_unlock(v);
    free(room);
    return e;
}

/* --- The way back. */

static bool may_reveal(const struct entry *e, const struct str *tool)
{
    if (tool == NULL)
        return true;
    if (e->rule == NULL || e->mixed)
        return false;
    for (size_t i = 0; i < e->rule->reveal_count; i++)
        if (str_eq(e->rule->reveal[i], *tool))
            return true;
    return false;
}

static bool has_class(const struct entry *e, const struct pseudonym_at *at)
{
    struct str letters = {at->letters, at->letter_count};

    return at->letter_count == 0 ||
           str_ends(letters, (struct str){e->class, e->class_len});
}

bool vault_value(struct vault *v, const struct pseudonym_at *at,
                 const struct str *tool, struct pseudonym_at *ret_at,
                 struct buf *out)
{
    const struct entry *e;
    bool found;

    vault_lock(v);
    e = find(v, at->id, now_seconds());
    found = e != NULL && has_class(e, at) && may_reveal(e, tool) &&
            buf_reserve(out, e->len) == OK;
    if (found) {
        cipher(v, e, e->sealed, out->ptr + out->len);
        out->len += e->len;
        *ret_at = *at;
        if (at->letter_count > 0)
            ret_at->start += at->letter_count - e->class_len;
    }
    vault_unlock(v);
    return found;
}

/* --- Values in a text. */

/* Turned around as in holds, a stretch at a time. */
static bool stands_at(const struct vault *v, const struct entry *e,
                      struct str text, size_t *spent)
{
    unsigned char stream[256];
    size_t done = 0;

    /* Telephone numbers of a town begin alike. */
    if (e->len > text.len ||
        e->tail != probe_of(v, text.ptr + e->len - LIM_VAULT_FIND))
        return false;
    while (done < e->len) {
        size_t n = e->len - done;

        n = n < sizeof(stream) ? n : sizeof(stream);
        *spent += CIPHERED;
        (void)crypto_stream_xchacha20_xor_ic(
            stream, (const unsigned char *)text.ptr + done, n, e->nonce,
            done / 64, v->keys->process);
        if (memcmp(stream, e->sealed + done, n) != 0)
            return false;
        done += n;
    }
    return true;
}

/* The longest value that stands at the beginning of a text; NULL: none. */
static const struct entry *longest_at(const struct vault *v, struct str text,
                                      uint64_t now, size_t *spent)
{
    const struct entry *best = NULL;
    uint32_t probe = probe_of(v, text.ptr);

    for (uint16_t i = v->probes[probe >> 16]; i != 0; i = v->list[i - 1].near) {
        const struct entry *e = &v->list[i - 1];

        ++*spent;
        if (e->probe == probe && now - e->stamp <= LIM_VAULT_AGE &&
            (best == NULL || e->len > best->len) &&
            stands_at(v, e, text, spent))
            best = e;
    }
    return best;
}

bool vault_find(struct vault *v, struct str text, size_t from, size_t *spent,
                struct vault_at *ret_at)
{
    const struct entry *e = NULL;
    uint64_t now = now_seconds();

    vault_lock(v);
    for (; !e && v->list != NULL && from + LIM_VAULT_FIND <= text.len &&
           *spent <= LIM_VAULT_WORK;
         from++)
        if ((e = longest_at(v, str_skip(text, from), now, spent)) != NULL)
            *ret_at = (struct vault_at){from, from + e->len, e->rule};
    vault_unlock(v);
    return e != NULL;
}
