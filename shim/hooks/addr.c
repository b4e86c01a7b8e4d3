/*
 * Addresses of declared hosts.
 *
 * A socket is connected to an address, a policy speaks of names. So what
 * getaddrinfo answers for a declared name is kept: the name once, for good, and
 * a ring of addresses that point to it. Lookups come from connect, which a
 * signal handler may call: they take no lock. Names never change once their
 * count tells of them; an address is written with its name taken away before
 * and put back behind, so that a reader who meets it half written finds nobody.
 *
 * One address may stand for many hosts (a CDN). Once another name was resolved
 * to it, it belongs to no name any more: then the request says which is meant.
 */
#include "hooks/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "hooks/fork.h"
#include "hooks/zeros.h"

#define NAMES     64
#define ADDRESSES 512 /* a name of many addresses has some dozens */
#define SHARED    UINT32_MAX

/* An IPv6 address, or an IPv4 one as it is mapped there (RFC 4291, 2.5.5). */
struct place {
    uint64_t half[2];
};

struct name {
    char text[ADDR_NAME];
    size_t len;
};

struct known {
    _Atomic uint64_t half[2];
    _Atomic uint32_t name; /* its number and one; 0: none; SHARED */
};

struct table {
    _Atomic uint32_t name_count, ring_count;
    struct name names[NAMES];
    struct known ring[ADDRESSES];
};

static _Atomic(void *) table; /* a struct table, once there is a name */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of writers */

static bool place_of(const struct sockaddr *to, socklen_t len,
                     struct place *ret, uint16_t *ret_port)
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    unsigned char bytes[16] = {[10] = 0xff, 0xff};

    if (to && len >= sizeof(four) && to->sa_family == AF_INET) {
        memcpy(&four, to, sizeof(four));
        memcpy(bytes + 12, &four.sin_addr, 4);
        *ret_port = ntohs(four.sin_port);
    } else if (to && len >= sizeof(six) && to->sa_family == AF_INET6) {
        memcpy(&six, to, sizeof(six));
        memcpy(bytes, &six.sin6_addr, 16);
        *ret_port = ntohs(six.sin6_port);
    } else {
        return false;
    }
    memcpy(ret->half, bytes, sizeof(bytes));
    return true;
}

/* The address as a policy would write it, without brackets. */
static void spell(const struct place *at, char text[ADDR_NAME])
{
    unsigned char bytes[16];
    static const unsigned char mapped[12] = {[10] = 0xff, 0xff};

    memcpy(bytes, at->half, sizeof(bytes));
    if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
        (void)inet_ntop(AF_INET, bytes + 12, text, ADDR_NAME);
    else
        (void)inet_ntop(AF_INET6, bytes, text, ADDR_NAME);
}

/* --- learning, under the lock -------------------------------------------- */

/* The number of a name, kept from now on; 0 where there is no more room. */
static uint32_t number_of(struct table *t, struct str name)
{
    uint32_t count = atomic_load(&t->name_count);

    for (uint32_t i = 0; i < count; i++)
        if (str_eq_nocase((struct str){t->names[i].text, t->names[i].len},
                          name))
            return i + 1;
    if (count == NAMES)
        return 0;
    memcpy(t->names[count].text, name.ptr, name.len);
    t->names[count].len = name.len;
    atomic_store(&t->name_count, count + 1);
    return count + 1;
}

static bool is_at(const struct known *k, const struct place *at)
{
    return atomic_load_explicit(&k->half[0], memory_order_relaxed) ==
               at->half[0] &&
           atomic_load_explicit(&k->half[1], memory_order_relaxed) ==
               at->half[1];
}

static uint32_t used(const struct table *t)
{
    uint32_t count = atomic_load(&t->ring_count);

    return count < ADDRESSES ? count : ADDRESSES;
}

static void keep(struct table *t, const struct place *at, uint32_t number)
{
    uint32_t count = atomic_load(&t->ring_count);
    struct known *k = &t->ring[count % ADDRESSES];

    for (uint32_t i = 0; i < used(t); i++)
        if (is_at(&t->ring[i], at) && atomic_load(&t->ring[i].name) == number)
            return;
    atomic_store(&k->name, 0);
    atomic_store(&k->half[0], at->half[0]);
    atomic_store(&k->half[1], at->half[1]);
    atomic_store(&k->name, number);
    /* The count only tells how much is used: it never wraps to nothing. */
    atomic_store(&t->ring_count,
                 count + 1 < 2 * ADDRESSES ? count + 1 : ADDRESSES);
}

/* A name that is not declared has it too. */
static void share(struct table *t, const struct place *at)
{
    for (uint32_t i = 0; i < used(t); i++) {
        if (is_at(&t->ring[i], at)) {
            keep(t, at, SHARED);
            return;
        }
    }
}

void addr_learn(struct str name, const struct addrinfo *list)
{
    struct table *t = zeros_seen(&table);
    uint32_t number = 0;
    bool declared;

    if (name.len == 0 || name.len >= ADDR_NAME)
        return;
    declared = load_declares(name, 0) != DECLARED_NOT;
    if (declared)
        t = zeros_get(&table, sizeof(struct table));
    if (!t)
        return;
    fork_guard();
    pthread_mutex_lock(&lock);
    if (declared)
        number = number_of(t, name);
    for (; list; list = list->ai_next) {
        struct place at;
        uint16_t port;

        if (!place_of(list->ai_addr, list->ai_addrlen, &at, &port))
            continue;
        if (number)
            keep(t, &at, number);
        else if (!declared)
            share(t, &at);
    }
    pthread_mutex_unlock(&lock);
}

void addr_fork_lock(void)
{
    pthread_mutex_lock(&lock);
}

void addr_fork_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* --- asking -------------------------------------------------------------- */

/* Takes the name if the policy says more of it than of the one that stands. */
static void weigh(struct addr_place *p, const char *text, size_t len)
{
    enum load_declared how = load_declares((struct str){text, len}, p->port);

    if (how <= p->how)
        return;
    p->how = how;
    memcpy(p->name, text, len);
    p->name_len = len;
}

/* By the names that were resolved to it. */
static void weigh_names(struct addr_place *p, const struct place *at)
{
    const struct table *t = zeros_seen(&table);
    bool shared = false;

    for (uint32_t i = 0; t && i < used(t); i++) {
        const struct known *k = &t->ring[i];
        uint32_t number = atomic_load(&k->name);

        if (!number || !is_at(k, at) || atomic_load(&k->name) != number)
            continue;
        if (number == SHARED)
            shared = true;
        else
            weigh(p, t->names[number - 1].text, t->names[number - 1].len);
    }
    if (shared && p->how == DECLARED_HOST) {
        p->how = DECLARED_NOT;
        p->name_len = 0;
    }
}

bool addr_place(const struct sockaddr *to, socklen_t len,
                struct addr_place *ret_place)
{
    char text[ADDR_NAME];
    struct place at;

    ret_place->name_len = 0;
    ret_place->how = DECLARED_NOT;
    if (!place_of(to, len, &at, &ret_place->port))
        return false;
    weigh_names(ret_place, &at);
    spell(&at, text);
    weigh(ret_place, text, strlen(text));
    return true;
}
