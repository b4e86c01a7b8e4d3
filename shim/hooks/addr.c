#include "hooks/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>

#include "hooks/export.h"
#include "hooks/load.h"
#include "hooks/real.h"
#include "hooks/zeros.h"

#define NAME_MAX_DNS 253

/* The front of an IPv4 address in its IPv6 form. */
static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

struct entry {
    _Atomic size_t len; /* of the name; 0 while it is written, or none */
    unsigned char ip[16];
    char name[NAME_MAX_DNS];
};

static _Atomic(void *) entries; /* ADDR_ENTRIES of them, once one is learned */

static _Atomic size_t learned; /* entries written so far */

bool addr_of(const struct sockaddr *sa, socklen_t len, struct addr *ret_addr)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (!sa || len < sizeof(sa->sa_family))
        return false;
    if (sa->sa_family == AF_INET && len >= sizeof(v4)) {
        memcpy(&v4, sa, sizeof(v4));
        memcpy(ret_addr->ip, mapped, sizeof(mapped));
        memcpy(ret_addr->ip + sizeof(mapped), &v4.sin_addr, 4);
        ret_addr->port = ntohs(v4.sin_port);
        return true;
    }
    if (sa->sa_family == AF_INET6 && len >= sizeof(v6)) {
        memcpy(&v6, sa, sizeof(v6));
        memcpy(ret_addr->ip, &v6.sin6_addr, sizeof(ret_addr->ip));
        ret_addr->port = ntohs(v6.sin6_port);
        return true;
    }
    return false;
}

struct str addr_text(const struct addr *a, char store[ADDR_TEXT])
{
    bool v4 = memcmp(a->ip, mapped, sizeof(mapped)) == 0;

    if (!LIBC(inet_ntop)(v4 ? AF_INET : AF_INET6, v4 ? a->ip + 12 : a->ip,
                         store, ADDR_TEXT))
        return (struct str){NULL, 0};
    return str_of(store);
}

bool addr_next(const struct addr *a, size_t *at, struct str *ret_name)
{
    const struct entry *all = zeros_seen(&entries);

    while (all && *at < ADDR_ENTRIES) {
        const struct entry *e = &all[(*at)++];
        size_t len = atomic_load_explicit(&e->len, memory_order_acquire);

        if (len > 0 && memcmp(e->ip, a->ip, sizeof(e->ip)) == 0) {
            *ret_name = (struct str){e->name, len};
            return true;
        }
    }
    return false;
}

static bool is_known(const struct addr *a, struct str name)
{
    struct str other;

    for (size_t at = 0; addr_next(a, &at, &other);)
        if (str_eq(name, other))
            return true;
    return false;
}

void addr_learn(struct str name, const struct addrinfo *list)
{
    struct entry *all;
    struct addr a;

    if (name.len == 0 || name.len > NAME_MAX_DNS ||
        !(all = zeros_get(&entries, ADDR_ENTRIES * sizeof(*all))))
        return;
    for (; list; list = list->ai_next) {
        struct entry *e;

        if (!addr_of(list->ai_addr, list->ai_addrlen, &a) || is_known(&a, name))
            continue;
        e = &all[atomic_fetch_add(&learned, 1) % ADDR_ENTRIES];
        atomic_store(&e->len, 0);
        memcpy(e->ip, a.ip, sizeof(e->ip));
        memcpy(e->name, name.ptr, name.len);
        atomic_store_explicit(&e->len, name.len, memory_order_release);
    }
}

/* --- the hook ------------------------------------------------------------ */

/* Only the type is taken from the name: no reference to it remains. */
static __typeof__(&getaddrinfo) find_real(void)
{
    static _Atomic(void *) real;
    void *fn = atomic_load_explicit(&real, memory_order_relaxed);

    if (!fn) {
        fn = real_next("getaddrinfo", NULL);
        if (!fn)
            fn = real_libc("getaddrinfo");
        atomic_store(&real, fn);
    }
    return (__typeof__(&getaddrinfo))(uintptr_t)fn;
}

EXPORT int getaddrinfo(const char *restrict node, const char *restrict service,
                       const struct addrinfo *restrict hints,
                       struct addrinfo **restrict list)
{
    int rc = find_real()(node, service, hints, list);
    int saved = errno;

    if (rc == 0 && node && !load_off() && load_watches_now(str_of(node), 0))
        addr_learn(str_of(node), *list);
    errno = saved;
    return rc;
}
