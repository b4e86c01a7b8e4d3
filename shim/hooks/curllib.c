#include "hooks/curllib.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "hooks/elf.h"
#include "hooks/fork.h"
#include "hooks/real.h"

/* Added and never taken away: the handle keeps each loaded. Read without lock.
 */
static struct {
    pthread_mutex_t lock;
    _Atomic(struct curl_lib *) all[CURL_LIB_MAX];
    _Atomic unsigned count;
} libs = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Without a pointer in it, as in lib.c. */
static const struct entry {
    char name[28];
    uint16_t at;
    bool needed;
} entries[] = {
#define NEEDED(ret, member, name, args)                                        \
    {name, offsetof(struct curl_lib, member), true},
#define OPTIONAL(ret, member, name, args)                                      \
    {name, offsetof(struct curl_lib, member), false},
    CURL_NEEDED(NEEDED) CURL_OPTIONAL(OPTIONAL)};

/* The front of curl_version_info_data, of every age. */
struct version {
    int age;
    const char *version;
    unsigned number;
    const char *host;
    int features;
    const char *tls;
};

static struct curl_lib *known(const void *fn)
{
    unsigned count = atomic_load(&libs.count);

    for (unsigned i = 0; i < count; i++) {
        struct curl_lib *lib = atomic_load(&libs.all[i]);

        if (curl_lib_calls(lib, fn))
            return lib;
    }
    return NULL;
}

static void fill(struct curl_lib *lib, void *handle)
{
    lib->usable = true;
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        void *fn = real_in(handle, entries[i].name, NULL);

        if (fn && real_is_ours(fn))
            fn = NULL;
        memcpy((char *)lib + entries[i].at, &fn, sizeof(fn));
        if (!fn && entries[i].needed)
            lib->usable = false;
    }
}

/* The option setter is the caller's own, whoever else exports that name. */
static struct curl_lib *add(void *fn)
{
    unsigned count = atomic_load(&libs.count);
    struct curl_lib *lib = known(fn);
    struct link_map *map = NULL;
    Dl_info info;
    void *handle;

    if (lib)
        return lib;
    if (count == CURL_LIB_MAX ||
        !LIBC(dladdr1)(fn, &info, (void **)&map, RTLD_DL_LINKMAP) ||
        !(handle = real_handle(fn)))
        return NULL;
    if (!(lib = calloc(1, sizeof(*lib)))) {
        LIBC(dlclose)(handle);
        return NULL;
    }
    lib->map = map;
    real_extent(map, &lib->begin, &lib->end);
    fill(lib, handle);
    atomic_store(&libs.all[count], lib);
    atomic_store(&libs.count, count + 1);
    return lib;
}

struct curl_lib *curl_lib_of(const char *name, const void *from)
{
    void *fn = real_find(name, from);
    struct curl_lib *lib;

    if (!fn || (lib = known(fn)))
        return fn ? lib : NULL;
    fork_guard();
    pthread_mutex_lock(&libs.lock);
    lib = add(fn);
    pthread_mutex_unlock(&libs.lock);
    return lib;
}

/* --- its TLS library ----------------------------------------------------- */

/*
 * Whether the object has a relocation for one of the functions that the doors
 * interpose: a libcurl with a TLS library linked in has none.
 */
static bool asks_for(const struct curl_lib *lib, const char *name)
{
    const char *version;
    struct elf e;

    return !elf_open(&e, lib->map->l_addr, lib->map->l_ld) &&
           elf_wanted(&e, name, &version);
}

/*
 * `tls` as in "(OpenSSL/3.0.19) GnuTLS/3.7.9": of several the one in use has no
 * parentheses.
 */
static bool is_seen(const struct curl_lib *lib, struct str tls)
{
    static const struct {
        char tls[12], fn[20];
    } doors[] = {
        {"OpenSSL/", "SSL_write"},
        {"LibreSSL/", "SSL_write"},
        {"quictls/", "SSL_write"},
        {"GnuTLS/", "gnutls_record_send"},
    };

    while (tls.ptr) {
        struct str one = str_split(&tls, ' ');

        for (size_t i = 0; i < ARRAY_LEN(doors); i++)
            if (str_starts(one, str_of(doors[i].tls)))
                return asks_for(lib, doors[i].fn);
    }
    return false;
}

/* Asked at the first transfer: by then the program has chosen among several. */
bool curl_lib_seen(struct curl_lib *lib)
{
    int seen = atomic_load(&lib->seen);
    const struct version *v;

    if (seen == CURL_UNASKED && lib->version) {
        pthread_mutex_lock(&libs.lock);
        v = lib->version(0);
        seen =
            !v->tls || is_seen(lib, str_of(v->tls)) ? CURL_SEEN : CURL_UNSEEN;
        pthread_mutex_unlock(&libs.lock);
        atomic_store(&lib->seen, seen);
    }
    return seen != CURL_UNSEEN;
}

void curl_lib_fork_lock(void)
{
    pthread_mutex_lock(&libs.lock);
}

void curl_lib_fork_unlock(void)
{
    pthread_mutex_unlock(&libs.lock);
}
