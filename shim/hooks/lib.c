#include "hooks/lib.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "hooks/elf.h"
#include "hooks/fork.h"
#include "hooks/names.h"
#include "hooks/patch.h"
#include "hooks/real.h"
#include "hooks/session.h"
#include "hooks/tls.h"
#include "hooks/zeros.h"

/*
 * Libraries are added and never taken away: the handle keeps each loaded, and
 * OpenSSL keeps itself loaded anyway. So the list is read without a lock.
 */
static struct {
    pthread_mutex_t lock;
    _Atomic(struct lib *) all[LIB_MAX];
    _Atomic unsigned count;
} libs = {.lock = PTHREAD_MUTEX_INITIALIZER};

/*
 * Each function's name and place in struct lib. Without a pointer in it: each
 * would have to be set at every start of every program.
 */
static const struct entry {
    char name[40];
    uint16_t at;
    bool gnutls;
    bool needed;
} entries[] = {
#define ENTRY(member, name, gnutls, needed)                                    \
    {name, offsetof(struct lib, member), gnutls, needed},
#define O_NEEDED(ret, member, name, args)   ENTRY(member, name, false, true)
#define O_OPTIONAL(ret, member, name, args) ENTRY(member, name, false, false)
#define G_NEEDED(ret, member, name, args)   ENTRY(member, name, true, true)
#define G_OPTIONAL(ret, member, name, args) ENTRY(member, name, true, false)
    LIB_NEEDED(O_NEEDED) LIB_OPTIONAL(O_OPTIONAL) LIB_G_NEEDED(G_NEEDED)
        LIB_G_OPTIONAL(G_OPTIONAL)};

/* What ERR_PACK does: 3.x has 23 bits for the reason, 1.1.1 has 12 and 12. */
#define PACK_3(lib) ((unsigned long)(lib) << 23)
#define PACK_1(lib) ((unsigned long)(lib) << 24)

/*
 * Texts of our errors, given out as reasons 1, 2, ... The library keeps the
 * pointers for ever, so texts are kept too, and only so many different ones:
 * the last place is for all that come later.
 */
#define REASONS 64

struct reason {
    struct lib_reason row[2]; /* ends with a row of zeros */
    char *text;
};

static struct {
    pthread_mutex_t lock;
    _Atomic(void *) all; /* LIB_MAX times REASONS, once there is one */
} reasons = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- finding ------------------------------------------------------------- */

/*
 * In the object itself; else in what it needs (its own libcrypto); else, where
 * the object is another interposer and no library at all, behind us.
 */
static void *lookup(const struct lib *lib, const struct elf *e,
                    const char *name)
{
    void *fn = elf_find(e, name);

    if (!fn && lib->handle)
        fn = real_in(lib->handle, name, NULL);
    if (fn && real_is_ours(fn))
        fn = NULL;
    if (!fn &&
        !elf_find(e, lib->tls == &tls_openssl ? "SSL_new" : "gnutls_init"))
        fn = real_next(name, NULL);
    return patch_through(fn);
}

static void fill(struct lib *lib, const struct elf *e)
{
    lib->usable = true;
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        void *fn;

        if (entries[i].gnutls != (lib->tls == &tls_gnutls))
            continue;
        fn = lookup(lib, e, entries[i].name);
        memcpy((char *)lib + entries[i].at, &fn, sizeof(fn));
        if (!fn && entries[i].needed)
            lib->usable = false;
    }
    lib->session_slot = lib->alpn_slot = lib->error_lib = -1;
    if (!lib->usable)
        return;
    /* 0 and 1: the classes of SSL and of SSL_CTX objects in crypto.h */
    if (lib->ex_index && lib->set_ex)
        lib->session_slot =
            lib->ex_index(0, 0, NULL, NULL, session_ex_dup, session_ex_free);
    if (lib->ex_index && lib->ctx_set_ex && lib->ctx_get_ex)
        lib->alpn_slot = lib->ex_index(1, 0, NULL, NULL, NULL, NULL);
}

static void *member(const struct lib *lib, const char *name)
{
    void *fn = NULL;

    for (size_t i = 0; i < ARRAY_LEN(entries); i++)
        if (str_eq(str_of(entries[i].name), str_of(name)))
            memcpy(&fn, (const char *)lib + entries[i].at, sizeof(fn));
    return fn;
}

/* The library, if known already, whose function of this name is fn. */
static struct lib *known(const char *name, void *fn)
{
    unsigned count = atomic_load(&libs.count);

    for (unsigned i = 0; i < count; i++) {
        struct lib *lib = atomic_load(&libs.all[i]);

        if (member(lib, name) == patch_through(fn))
            return lib;
    }
    return NULL;
}

static struct lib *add(const char *name, void *fn)
{
    unsigned count = atomic_load(&libs.count);
    struct lib *lib = known(name, fn);
    struct link_map *map = NULL;
    Dl_info info;
    struct elf e;

    if (lib)
        return lib;
    if (count == LIB_MAX ||
        !LIBC(dladdr1)(fn, &info, (void **)&map, RTLD_DL_LINKMAP) ||
        elf_open(&e, map->l_addr, map->l_ld) ||
        !(lib = calloc(1, sizeof(*lib))))
        return NULL;
    lib->index = count;
    lib->tls =
        str_starts(str_of(name), STR("gnutls_")) ? &tls_gnutls : &tls_openssl;
    lib->handle = real_handle(fn);
    real_extent(map, &lib->begin, &lib->end);
    lib->patched = patch_is_made(fn);
    fill(lib, &e);
    atomic_store(&libs.all[count], lib);
    atomic_store(&libs.count, count + 1);
    return lib;
}

struct lib *lib_of(const char *name, const void *from, const void *object)
{
    void *fn = real_find_for(name, from, object);
    struct lib *lib;

    if (!fn)
        return NULL;
    if ((lib = known(name, fn)))
        return lib;
    fork_guard();
    pthread_mutex_lock(&libs.lock);
    lib = add(name, fn);
    pthread_mutex_unlock(&libs.lock);
    return lib;
}

void lib_fork_lock(void)
{
    pthread_mutex_lock(&libs.lock);
    pthread_mutex_lock(&reasons.lock);
}

void lib_fork_unlock(void)
{
    pthread_mutex_unlock(&reasons.lock);
    pthread_mutex_unlock(&libs.lock);
}

/* --- errors -------------------------------------------------------------- */

/* The reason number of a text; 0 if it could not be made known. */
static int reason_of(struct lib *lib, const char *text)
{
    struct reason *of =
        zeros_get(&reasons.all, LIB_MAX * REASONS * sizeof(*of));
    int i;

    if (!of)
        return 0;
    of += (size_t)lib->index * REASONS;
    pthread_mutex_lock(&reasons.lock);
    if (lib->error_lib < 0 && lib->err_next_lib && lib->err_load) {
        struct lib_reason *row = lib->own_name;

        lib->error_lib = lib->err_next_lib();
        row[0].error =
            lib->err_set ? PACK_3(lib->error_lib) : PACK_1(lib->error_lib);
        row[0].text = "sallyport";
        lib->err_load(lib->error_lib, row);
    }
    for (i = 0; i < REASONS; i++) {
        if (!of[i].text || str_eq(str_of(of[i].text), str_of(text)))
            break;
    }
    if (i == REASONS)
        i = REASONS - 1;
    if (!of[i].text && lib->error_lib >= 0) {
        char *copy = LIBC(strdup)(text);

        of[i].row[0] = (struct lib_reason){
            (unsigned long)i + 1, copy ? copy : "refused by sallyport"};
        of[i].text = copy;
        lib->err_load(lib->error_lib, of[i].row);
    }
    pthread_mutex_unlock(&reasons.lock);
    return lib->error_lib < 0 ? 0 : i + 1;
}

void lib_raise(struct lib *lib, const char *text)
{
    int reason = reason_of(lib, text);

    if (!reason)
        return;
    if (lib->err_new && lib->err_set) {
        lib->err_new();
        if (lib->err_debug)
            lib->err_debug("sallyport", 0, "");
        lib->err_set(lib->error_lib, reason, NULL);
    } else if (lib->err_put) {
        lib->err_put(lib->error_lib, 0, reason, "sallyport", 0);
    }
}

void lib_raise_code(const struct lib *lib, unsigned long code)
{
    if (lib->err_new && lib->err_set) {
        lib->err_new();
        lib->err_set((int)(code >> 23 & 0xff), (int)(code & 0x7fffff), NULL);
    } else if (lib->err_put) {
        lib->err_put((int)(code >> 24 & 0xff), (int)(code >> 12 & 0xfff),
                     (int)(code & 0xfff), "sallyport", 0);
    }
}
