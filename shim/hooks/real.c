/*
 * Which function is the real one?
 *
 * The rule: bind as the dynamic linker would have bound this caller without
 * us. RTLD_NEXT alone is wrong where a library came by an RTLD_LOCAL dlopen;
 * "the caller's own handle first" is wrong where the global scope has the same
 * version. So, from the return address of the hook:
 *
 *   1. the caller's object, and the version its relocation asks for;
 *      without a relocation the pointer came from dlsym: what dlsym answered
 *   2. the global scope behind us, in that version
 *   3. the caller's own scope, in that version
 *   4. what dlsym has answered for this name, if always the same, or the one
 *      that the object of the call leads to; else the only loaded object that
 *      exports the name
 *   5. at each step an answer inside a shim is no answer
 *
 * What a relocation leads to is cached by (return address, name): a pointer
 * from dlsym may be called from one place (libffi) for several libraries. The
 * cache is read and written without locks: each slot is guarded by a sequence
 * number that is odd while it is being written. Code can be unloaded and other
 * code mapped at its address, and a pointer from dlsym is called from one place
 * (libffi) for several libraries; so an entry is good only while the dynamic
 * linker's count of unloaded objects, and ours of dlsym's answers, stand where
 * they stood. What only an object told is not cached.
 *
 * The functions of the dynamic linker themselves are exported by the shim, so
 * even a reference to dlvsym from here would end in our own. Their addresses
 * are read from libc's symbol table.
 */
#include "hooks/real.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/auxv.h>

#include "hooks/elf.h"
#include "hooks/fork.h"
#include "hooks/zeros.h"

/* A call in the last position would let our caller pass for the asker. */
#define NO_TAIL_CALL() __asm__ volatile("" ::: "memory")

/* --- the C library's own table ------------------------------------------- */

/* The head of the linker's list of objects, by the debugger's interface. */
static struct link_map *first_map(void)
{
    const ElfW(Phdr) *ph = (const void *)getauxval(AT_PHDR);
    size_t count = getauxval(AT_PHNUM);
    uintptr_t base = 0;
    const ElfW(Dyn) *dyn = NULL;

    for (size_t i = 0; ph && i < count; i++)
        if (ph[i].p_type == PT_PHDR)
            base = (uintptr_t)ph - (uintptr_t)ph[i].p_vaddr;
    for (size_t i = 0; ph && i < count; i++)
        if (ph[i].p_type == PT_DYNAMIC)
            dyn = (const void *)(base + (uintptr_t)ph[i].p_vaddr);
    for (; dyn && dyn->d_tag != DT_NULL; dyn++)
        if (dyn->d_tag == DT_DEBUG && dyn->d_un.d_ptr)
            return ((const struct r_debug *)dyn->d_un.d_ptr)->r_map;
    return NULL;
}

static struct link_map *map_of(const void *addr)
{
    struct link_map *map = NULL;
    Dl_info info;

    if (!LIBC(dladdr1)(addr, &info, (void **)&map, RTLD_DL_LINKMAP))
        return NULL;
    return map;
}

static bool map_is_libc(const struct link_map *map)
{
    const char *base = NULL;

    for (const char *p = map->l_name; p && *p; p++)
        if (*p == '/')
            base = p + 1;
    return base && elf_same(base, "libc.so.6");
}

const struct link_map *real_program(void)
{
    return first_map();
}

static struct link_map *libc_map(void)
{
    static _Atomic(struct link_map *) known;
    struct link_map *map = atomic_load(&known);

    if (map)
        return map;
    for (map = first_map(); map; map = map->l_next)
        if (map_is_libc(map))
            break;
    if (!map) /* no PT_DYNAMIC to be seen: ask for a function's object */
        map = map_of((const void *)(uintptr_t)&getauxval);
    atomic_store(&known, map);
    return map;
}

void *real_libc(const char *name)
{
    struct link_map *map = libc_map();
    struct elf e;

    if (!map || elf_open(&e, map->l_addr, map->l_ld))
        return NULL;
    return elf_find(&e, name);
}

void *real_once(_Atomic(void *) *at, const char *name)
{
    void *fn = atomic_load_explicit(at, memory_order_relaxed);

    if (!fn) {
        fn = real_libc(name);
        atomic_store_explicit(at, fn, memory_order_relaxed);
    }
    return fn;
}

/* --- what stands behind us, without the linker -------------------------- */

static struct link_map *own_map(void)
{
    extern const char __ehdr_start[] __attribute__((visibility("hidden")));
    struct link_map *map = first_map();

    while (map && map->l_addr != (uintptr_t)__ehdr_start)
        map = map->l_next;
    return map;
}

const char *real_self(void)
{
    const struct link_map *map = own_map();

    return map && map->l_name ? map->l_name : "";
}

/*
 * The objects a program starts with stand in the list in the order in which
 * names are looked up in them, libc near its end, and never leave it; what is
 * opened later comes behind.
 */
void *real_behind(const char *name)
{
    struct link_map *map = own_map();
    void *fn = NULL;
    struct elf e;

    while (!fn && map && !map_is_libc(map) && (map = map->l_next))
        if (!elf_open(&e, map->l_addr, map->l_ld))
            fn = elf_find(&e, name);
    return fn ? fn : real_libc(name);
}

/* --- the dynamic linker, by pointers ------------------------------------- */

struct linker {
    void *(*open)(const char *, int);
    void *(*sym)(void *, const char *);
    void *(*vsym)(void *, const char *, const char *);
};

static bool linker_get(struct linker *ret)
{
    static const char *const names[] = {"dlopen", "dlsym", "dlvsym"};
    static _Atomic(void *) known[ARRAY_LEN(names)];
    void *found[ARRAY_LEN(names)];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        found[i] = atomic_load(&known[i]);
        if (!found[i] && !(found[i] = real_libc(names[i])))
            return false;
        atomic_store(&known[i], found[i]);
    }
    memcpy(ret, found, sizeof(found));
    return true;
}

void *real_in(void *handle, const char *name, const char *version)
{
    struct linker ld;
    void *fn;

    if (!linker_get(&ld))
        return NULL;
    fn = version ? ld.vsym(handle, name, version) : ld.sym(handle, name);
    if (!fn)
        LIBC(dlerror)(); /* our question, not the host's: leave no message */
    NO_TAIL_CALL();
    return fn;
}

void *real_next(const char *name, const char *version)
{
    return real_in(RTLD_NEXT, name, version);
}

/*
 * The handle on exactly this object: what the linker finds by its name in our
 * namespace may be another one's twin.
 */
static void *handle_of(const struct link_map *map)
{
    struct linker ld;
    void *handle;

    if (!linker_get(&ld))
        return NULL;
    /* The main program has no name; the one dladdr gives is its argv[0]. */
    handle =
        ld.open(map->l_name[0] ? map->l_name : NULL, RTLD_LAZY | RTLD_NOLOAD);
    if (!handle)
        LIBC(dlerror)();
    else if (handle != (const void *)map) { /* glibc's handle is the map */
        LIBC(dlclose)(handle);
        handle = NULL;
    }
    NO_TAIL_CALL();
    return handle;
}

void *real_handle(const void *addr)
{
    struct link_map *map = map_of(addr);

    return map ? handle_of(map) : NULL;
}

void real_extent(const struct link_map *map, uintptr_t *ret_begin,
                 uintptr_t *ret_end)
{
    const ElfW(Ehdr) * eh;
    const ElfW(Phdr) * ph;
    struct link_map *same;
    Dl_info info;

    *ret_begin = *ret_end = 0;
    if (!LIBC(dladdr1)(map->l_ld, &info, (void **)&same, RTLD_DL_LINKMAP))
        return;
    eh = info.dli_fbase;
    ph = (const void *)((const char *)eh + eh->e_phoff);
    *ret_begin = (uintptr_t)eh;
    for (unsigned i = 0; i < eh->e_phnum; i++) {
        uintptr_t end = map->l_addr + ph[i].p_vaddr + ph[i].p_memsz;

        if (ph[i].p_type == PT_LOAD && end > *ret_end)
            *ret_end = end;
    }
}

static bool is_shim(const struct elf *e)
{
    return elf_find(e, "sallyport_marker") != NULL;
}

bool real_is_ours(const void *addr)
{
    struct link_map *map = map_of(addr);
    struct elf e;

    return map && !elf_open(&e, map->l_addr, map->l_ld) && is_shim(&e);
}

bool real_is_own(const void *addr)
{
    static const char *const signs[] = {"SSL_new", "gnutls_init",
                                        "curl_easy_init"};
    const struct link_map *map = map_of(addr);
    struct elf e;

    if (!map || map != real_program() || elf_open(&e, map->l_addr, map->l_ld))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (elf_find(&e, signs[i]))
            return false;
    return true;
}

/* --- answers of dlsym ---------------------------------------------------- */

struct note {
    const struct link_map *asker;
    const char *name;
    void *fn;
};

static struct {
    pthread_mutex_t lock;
    _Atomic(void *) all; /* REAL_NOTES of them, once there is one */
    size_t next;
    _Atomic unsigned long long count; /* of all that came */
} notes = {.lock = PTHREAD_MUTEX_INITIALIZER};

void real_note(const void *from, const char *name, void *fn)
{
    struct note note = {map_of(from), name, fn};
    struct note *all = zeros_get(&notes.all, REAL_NOTES * sizeof(*all));
    size_t i;

    if (!all)
        return;
    fork_guard();
    pthread_mutex_lock(&notes.lock);
    for (i = 0; i < REAL_NOTES; i++)
        if (all[i].asker == note.asker && all[i].name == name &&
            all[i].fn == fn)
            break;
    if (i == REAL_NOTES) {
        i = notes.next++ % REAL_NOTES;
        atomic_fetch_add(&notes.count, 1);
    }
    all[i] = note;
    pthread_mutex_unlock(&notes.lock);
}

/*
 * Whether an object was made by the library that holds fn: OpenSSL's begin with
 * a version or a type, a context and the method, a table in libssl itself.
 */
#define OBJECT_WORDS 4

static bool leads_to(const void *object, const void *fn)
{
    const struct link_map *map = map_of(fn);
    const void *word[OBJECT_WORDS];

    if (!object || !map)
        return false;
    memcpy(word, object, sizeof(word));
    for (size_t i = 0; i < OBJECT_WORDS; i++)
        if (map_of(word[i]) == map)
            return true;
    return false;
}

/* What is asked of the notes: `any` asker, or this one. */
struct question {
    const struct link_map *asker;
    const char *name;
    const void *object;
    bool any;
    bool several; /* the answer is this object's alone */
};

#define ANSWERS 8 /* different ones that are told apart */

/*
 * The one answer given; of several the one that the object leads to. The
 * linker, which may be in the middle of a dlopen, is asked without our lock.
 */
static void *noted(struct question *q)
{
    const struct note *n = zeros_seen(&notes.all);
    void *fn[ANSWERS];
    size_t count = 0, k;

    if (!n)
        return NULL;
    pthread_mutex_lock(&notes.lock);
    for (size_t i = 0; i < REAL_NOTES && count < ANSWERS; i++, n++) {
        if (n->name != q->name || (!q->any && n->asker != q->asker))
            continue;
        for (k = 0; k < count && fn[k] != n->fn; k++)
            ;
        fn[k] = n->fn;
        count += k == count;
    }
    pthread_mutex_unlock(&notes.lock);
    for (k = count; count > 1 && k-- > 0;)
        if (!map_of(fn[k])) /* of a library that has gone */
            fn[k] = fn[--count];
    if (count < 2)
        return count ? fn[0] : NULL;
    q->several = true;
    for (k = 0; k < count; k++)
        if (leads_to(q->object, fn[k]))
            return fn[k];
    return NULL; /* no guess */
}

void real_fork_lock(void)
{
    pthread_mutex_lock(&notes.lock);
}

void real_fork_unlock(void)
{
    pthread_mutex_unlock(&notes.lock);
}

/* --- the only exporter --------------------------------------------------- */

struct exporter {
    const char *name;
    void *fn;
    unsigned count;
};

static int exporter_look(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct exporter *x = arg;

    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
        struct elf e;
        void *fn;

        if (ph->p_type != PT_DYNAMIC ||
            elf_open(&e, info->dlpi_addr,
                     (const void *)(info->dlpi_addr + ph->p_vaddr)))
            continue;
        fn = is_shim(&e) ? NULL : elf_find(&e, x->name);
        if (fn) {
            x->fn = fn;
            x->count++;
        }
    }
    return 0;
}

static void *only_exporter(const char *name)
{
    struct exporter x = {.name = name};

    LIBC(dl_iterate_phdr)(exporter_look, &x);
    return x.count == 1 ? x.fn : NULL;
}

/* --- the steps ----------------------------------------------------------- */

static void *usable(void *fn)
{
    return fn && !real_is_ours(fn) ? fn : NULL;
}

static void *in_scope_of(const struct link_map *map, const char *name,
                         const char *version)
{
    void *handle = handle_of(map), *fn;

    if (!handle)
        return NULL;
    fn = usable(real_in(handle, name, version));
    LIBC(dlclose)(handle);
    return fn;
}

static void *find(struct question *q)
{
    const char *version = NULL;
    bool bound = false;
    struct elf e;
    void *fn;

    if (q->asker && !elf_open(&e, q->asker->l_addr, q->asker->l_ld))
        bound = elf_wanted(&e, q->name, &version);
    q->any = q->asker == NULL;
    if (!bound && (fn = noted(q)))
        return fn;
    if ((fn = usable(real_next(q->name, version))))
        return fn;
    if (q->asker && (fn = in_scope_of(q->asker, q->name, version)))
        return fn;
    q->any = true;
    if ((fn = noted(q)))
        return fn;
    return only_exporter(q->name);
}

/* --- the cache ----------------------------------------------------------- */

#define CACHE_SLOTS 256 /* direct-mapped; a clash costs one search */

struct slot {
    _Atomic uint32_t seq; /* odd while written */
    _Atomic(const void *) from;
    _Atomic(const char *) name;
    _Atomic(void *) fn;
    _Atomic unsigned long long stamp;
};

static _Atomic(void *) cache; /* CACHE_SLOTS of them, once one is used */

static struct slot *slot_of(const char *name, const void *from)
{
    struct slot *all = zeros_get(&cache, CACHE_SLOTS * sizeof(*all));
    uint64_t h = (uint64_t)(uintptr_t)from * 0x9e3779b97f4a7c15u;

    h ^= (uint64_t)(uintptr_t)name * 0xc2b2ae3d27d4eb4fu;
    return all ? &all[h >> 56] : NULL;
}

static bool slot_read(struct slot *s, const char *name, const void *from,
                      unsigned long long stamp, void **ret_fn)
{
    uint32_t seq = atomic_load(&s->seq);
    void *fn = atomic_load(&s->fn);
    bool hit = atomic_load(&s->from) == from && atomic_load(&s->name) == name &&
               atomic_load(&s->stamp) == stamp;

    if (!hit || (seq & 1) || atomic_load(&s->seq) != seq)
        return false;
    *ret_fn = fn;
    return true;
}

static void slot_write(struct slot *s, const char *name, const void *from,
                       unsigned long long stamp, void *fn)
{
    uint32_t seq = atomic_load(&s->seq);

    if ((seq & 1) || !atomic_compare_exchange_strong(&s->seq, &seq, seq + 1))
        return; /* another thread is at it */
    atomic_store(&s->from, from);
    atomic_store(&s->name, name);
    atomic_store(&s->fn, fn);
    atomic_store(&s->stamp, stamp);
    atomic_store(&s->seq, seq + 2);
}

static int unloads_look(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    *(unsigned long long *)arg = info->dlpi_subs;
    return 1; /* the first object is enough */
}

void *real_find_for(const char *name, const void *from, const void *object)
{
    struct slot *s = slot_of(name, from);
    struct question q = {.name = name, .object = object};
    unsigned long long stamp = 0;
    void *fn;

    LIBC(dl_iterate_phdr)(unloads_look, &stamp);
    stamp += atomic_load(&notes.count);
    if (s && slot_read(s, name, from, stamp, &fn))
        return fn;
    q.asker = map_of(from);
    fn = find(&q);
    /* A library may still come: its absence is not remembered. */
    if (s && fn && !q.several)
        slot_write(s, name, from, stamp, fn);
    return fn;
}

void *real_find(const char *name, const void *from)
{
    return real_find_for(name, from, NULL);
}
