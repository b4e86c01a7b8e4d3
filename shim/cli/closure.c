/*
 * The libraries of a program.
 *
 * The dynamic linker walks the objects breadth first and looks for each
 * DT_NEEDED name that no mapped object has been found by. So do we: the list of
 * objects is the queue, `walked` its front. A name with a slash is a path; all
 * others are looked for in these places, in this order (ld.so(8)):
 *
 *     DT_RPATH of the object, of the one that needs it, and so on up to the
 *         program, unless the object has a DT_RUNPATH
 *     LD_LIBRARY_PATH
 *     DT_RUNPATH of the object
 *     /etc/ld.so.cache
 *     the trusted directories
 *
 * A file for another processor is passed over, as the dynamic linker does.
 */
#include "cli/closure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/ldcache.h"

#if defined(__x86_64__)
#define MULTIARCH "x86_64-linux-gnu"
#define PLATFORM  "x86_64"
#elif defined(__aarch64__)
#define MULTIARCH "aarch64-linux-gnu"
#define PLATFORM  "aarch64"
#else
#define MULTIARCH "."
#define PLATFORM  ""
#endif

#define PATH_SIZE 4096

struct str base_name(const char *path)
{
    return str_base(str_of(path));
}

/* --- Files. */

bool map_fd(int fd, struct str *ret_bytes)
{
    struct stat st;
    void *map;

    if (fstat(fd, &st) != 0)
        return false;
    if (!S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        return false;
    }
    *ret_bytes = STR("");
    if (st.st_size == 0)
        return true;
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return false;
    *ret_bytes = (struct str){map, (size_t)st.st_size};
    return true;
}

bool map_path(const char *path, struct str *ret_bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error;
    bool good;

    if (fd < 0)
        return false;
    good = map_fd(fd, ret_bytes);
    error = errno;
    close(fd);
    errno = error;
    return good;
}

void unmap(struct str bytes)
{
    if (bytes.len > 0)
        munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
}

/* --- The list. */

static enum err append(struct closure *c, const struct object *o)
{
    struct object *grown;

    if (c->count == LIM_OBJECTS) {
        c->cut = true;
        return E_LIMIT;
    }
    grown = realloc(c->objects, (c->count + 1) * sizeof(*grown));
    if (grown == NULL)
        return E_NOMEM;
    c->objects = grown;
    c->objects[c->count++] = *o;
    return OK;
}

/* By the name it is asked for, or the one it has for itself. */
static bool is_there(const struct closure *c, struct str name)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct object *o = &c->objects[i];

        if (str_eq(str_of(o->path), name) ||
            (o->kind != OBJECT_PROGRAM &&
             (str_eq(base_name(o->path), name) ||
              (o->elf.soname.len > 0 && str_eq(o->elf.soname, name)))))
            return true;
    }
    return false;
}

static enum err open_object(const char *path, struct elf_file *ret_elf)
{
    struct str bytes;
    enum err e;

    if (!map_path(path, &bytes))
        return E_UNSUPPORTED;
    if ((e = elf_file_open(bytes, ret_elf)) == OK && !ret_elf->native)
        e = E_SYNTAX;
    if (e != OK)
        unmap(bytes);
    return e;
}

static enum err put(struct closure *c, const char *path, struct object o)
{
    enum err e;

    if ((o.path = strdup(path)) == NULL)
        return E_NOMEM;
    if ((e = append(c, &o)) != OK)
        free(o.path);
    return e;
}

enum err closure_put(struct closure *c, const char *path, enum object_kind kind,
                     const struct elf_file *elf)
{
    return put(c, path, (struct object){.kind = kind, .elf = *elf});
}

enum err closure_add(struct closure *c, const char *path, size_t parent,
                     enum object_kind kind)
{
    struct object o = {.parent = parent, .kind = kind};
    enum err e;

    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->objects[i].path, path) == 0)
            return OK;
    if (kind != OBJECT_MISSING && (e = open_object(path, &o.elf)))
        return e;
    if (c->count > 0 && o.elf.bytes.len > 0 &&
        o.elf.machine != c->objects[0].elf.machine)
        e = E_SYNTAX;
    else
        e = put(c, path, o);
    if (e != OK)
        unmap(o.elf.bytes);
    return e;
}

void closure_free(struct closure *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->objects[i].path);
        unmap(c->objects[i].elf.bytes);
    }
    free(c->objects);
    unmap(c->cache);
    *c = (struct closure){0};
}

/* --- The search. */

/* Where an object lies, for $ORIGIN. */
static void put_origin(const char *path, char *ret_dir)
{
    char *real = realpath(path, NULL);
    const char *from = real == NULL ? path : real;
    const char *slash = strrchr(from, '/');
    int n = slash == NULL ? 0 : (int)(slash - from);

    snprintf(ret_dir, PATH_SIZE, "%.*s", n, from);
    free(real);
}

/* One directory of a path list with its $ORIGIN, $LIB and $PLATFORM. */
static bool expand(struct str dir, const char *origin, char *ret_dir)
{
    static const struct str names[] = {STR_INIT("ORIGIN"), STR_INIT("LIB"),
                                       STR_INIT("PLATFORM")};
    const struct str values[] = {str_of(origin), STR("lib/" MULTIARCH),
                                 STR(PLATFORM)};
    size_t n = 0;

    while (dir.len > 0) {
        struct str put = str_head(dir, 1), next = str_skip(dir, 1);

        for (size_t i = 0; dir.ptr[0] == '$' && i < ARRAY_LEN(names); i++) {
            bool braced = next.len > 0 && next.ptr[0] == '{';
            struct str name = str_skip(next, braced);

            if (!str_starts(name, names[i]))
                continue;
            name = str_skip(name, names[i].len);
            put = values[i];
            next = str_skip(name, braced);
            break;
        }
        if (put.len >= PATH_SIZE - n)
            return false;
        memcpy(ret_dir + n, put.ptr, put.len);
        n += put.len;
        dir = next;
    }
    ret_dir[n] = '\0';
    return true;
}

/* A name that an object needs. */
struct want {
    struct closure *c;
    size_t parent;
    struct str name;
    enum err e; /* what adding the found file gave */
};

static bool try(struct want *w, const char *path)
{
    enum err e = closure_add(w->c, path, w->parent, OBJECT_LIBRARY);

    if (e == E_UNSUPPORTED || e == E_SYNTAX)
        return false;
    w->e = e;
    return true;
}

/* A list of directories that object `owner` or the environment gives. */
static bool try_list(struct want *w, size_t owner, struct str list)
{
    char origin[PATH_SIZE], dir[PATH_SIZE], path[2 * PATH_SIZE];

    put_origin(w->c->objects[owner].path, origin);
    while (list.len > 0) {
        size_t n = 0;

        while (n < list.len && list.ptr[n] != ':' && list.ptr[n] != ';')
            n++;
        if (n > 0 && expand(str_head(list, n), origin, dir)) {
            snprintf(path, sizeof(path), "%s/%.*s", dir, (int)w->name.len,
                     w->name.ptr);
            if (try(w, path))
                return true;
        }
        list = str_skip(list, n + 1);
    }
    return false;
}

static bool try_rpaths(struct want *w)
{
    size_t i = w->parent;

    if (w->c->objects[i].elf.runpath.len > 0)
        return false;
    for (size_t steps = 0; steps < w->c->count; steps++) {
        struct object o = w->c->objects[i];

        if (o.elf.runpath.len == 0 && o.elf.rpath.len > 0 &&
            try_list(w, i, o.elf.rpath))
            return true;
        if (o.parent == i)
            break;
        i = o.parent;
    }
    return false;
}

static bool try_cache(struct want *w)
{
    char path[PATH_SIZE];
    struct str found;

    for (size_t i = 0; ldcache_next(w->c->cache, w->name, &i, &found);) {
        snprintf(path, sizeof(path), "%.*s", (int)found.len, found.ptr);
        if (try(w, path))
            return true;
    }
    return false;
}

static enum err find(struct want *w)
{
    static const struct str trusted =
        STR_INIT("/lib/" MULTIARCH ":/usr/lib/" MULTIARCH
                 ":/lib64:/usr/lib64:/lib:/usr/lib");
    char text[PATH_SIZE];

    snprintf(text, sizeof(text), "%.*s", (int)w->name.len, w->name.ptr);
    if (memchr(w->name.ptr, '/', w->name.len) != NULL) {
        if (try(w, text))
            return w->e;
    } else if (try_rpaths(w) ||
               try_list(w, w->parent, str_of(getenv("LD_LIBRARY_PATH"))) ||
               try_list(w, w->parent, w->c->objects[w->parent].elf.runpath) ||
               try_cache(w) || try_list(w, w->parent, trusted)) {
        return w->e;
    }
    return closure_add(w->c, text, w->parent, OBJECT_MISSING);
}

enum err closure_walk(struct closure *c)
{
    struct want w = {.c = c};

    if (c->cache.ptr == NULL && !map_path("/etc/ld.so.cache", &c->cache))
        c->cache = STR("");
    for (; c->walked < c->count; c->walked++)
        for (size_t i = 0;
             elf_file_needed(&c->objects[c->walked].elf, &i, &w.name);) {
            enum err e = OK;

            w.parent = c->walked;
            if (!is_there(c, w.name) && (e = find(&w)) != OK && e != E_LIMIT)
                return e;
        }
    return OK;
}
