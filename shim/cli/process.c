/*
 * Which files are in a process, and where.
 *
 *     7f10c2a00000-7f10c2a28000 r--p 00000000 08:01 3412   /lib/.../libc.so.6
 *     7f10c2a28000-7f10c2b9d000 r-xp 00028000 08:01 3412   /lib/.../libc.so.6
 *
 * A line with offset 0 starts an object; the program headers of the file tell
 * how far it goes, for the same file may be mapped twice (dlmopen). The file
 * itself is opened through map_files, which still leads to one that has been
 * removed, else through the root directory of the process, which may not be
 * ours.
 *
 * The dynamic linker keeps a list of what it has mapped for debuggers, one for
 * each namespace: DT_DEBUG of the program leads to the first, which has all
 * that a preload reaches.
 */
#include "cli/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"

#define LINKS      4096 /* objects of one namespace that are followed */
#define NAMESPACES 16   /* as many as glibc has                       */

/* --- Reading /proc. */

static int open_proc(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Its size is 0, so it is read to its end. */
static enum err read_proc(pid_t pid, const char *name, struct buf *out)
{
    int fd = open_proc(pid, name), error;
    enum err e = OK;
    ssize_t n = 0;

    if (fd < 0)
        return E_UNSUPPORTED;
    while ((e = buf_reserve(out, 4 * KIB)) == OK) {
        n = read(fd, out->ptr + out->len, out->cap - out->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        out->len += (size_t)n;
    }
    error = errno;
    close(fd);
    errno = error;
    return e != OK ? e : n < 0 ? E_UNSUPPORTED : OK;
}

static bool read_hex(struct str *rest, char end, uint64_t *ret_n)
{
    uint64_t n = 0;
    size_t i = 0;

    for (; i < rest->len && i < 16 && hex_value(rest->ptr[i]) >= 0; i++)
        n = n << 4 | (uint64_t)hex_value(rest->ptr[i]);
    if (i == 0 || i == rest->len || rest->ptr[i] != end)
        return false;
    *rest = str_skip(*rest, i + 1);
    *ret_n = n;
    return true;
}

struct region {
    uint64_t start, end, off;
    bool runs; /* executable */
    struct str path;
};

/* Of a line of maps; false for memory without a file. */
static bool read_region(struct str line, struct region *ret_region)
{
    struct str rights;

    if (!read_hex(&line, '-', &ret_region->start) ||
        !read_hex(&line, ' ', &ret_region->end))
        return false;
    rights = str_split(&line, ' ');
    ret_region->runs = rights.len > 2 && rights.ptr[2] == 'x';
    if (!read_hex(&line, ' ', &ret_region->off))
        return false;
    (void)str_split(&line, ' '); /* the device */
    (void)str_split(&line, ' '); /* the inode  */
    ret_region->path = str_trim(line);
    return ret_region->path.len > 0 && ret_region->path.ptr[0] == '/';
}

/* --- Objects. */

static const struct str removed = STR_INIT(" (deleted)");

static bool map_region(const struct process *p, const struct region *at,
                       struct str *ret_bytes)
{
    char path[4096 + 64];

    snprintf(path, sizeof(path), "/proc/%ld/map_files/%llx-%llx", (long)p->pid,
             (unsigned long long)at->start, (unsigned long long)at->end);
    if (map_path(path, ret_bytes))
        return true;
    if (str_ends(at->path, removed))
        return false;
    snprintf(path, sizeof(path), "/proc/%ld/root%.*s", (long)p->pid,
             (int)at->path.len, at->path.ptr);
    return map_path(path, ret_bytes);
}

/* Whether code of the region's file runs at its place. */
static bool has_code(struct str maps, const struct region *first,
                     const struct place *place)
{
    struct region r;

    while (maps.ptr != NULL)
        if (read_region(str_split(&maps, '\n'), &r) && r.runs &&
            str_eq(r.path, first->path) && r.start >= place->low &&
            r.start < place->high)
            return true;
    return false;
}

static enum err put_object(struct process *p, const struct region *r,
                           const struct elf_file *elf, struct place place)
{
    struct place *grown;
    struct str path = r->path;
    char text[4096];
    enum err e;

    place.gone = str_ends(path, removed);
    if (place.gone)
        path.len -= removed.len;
    snprintf(text, sizeof(text), "%.*s", (int)path.len, path.ptr);
    grown = realloc(p->places, (p->objects.count + 1) * sizeof(*grown));
    if (grown == NULL)
        return E_NOMEM;
    p->places = grown;
    p->places[p->objects.count] = place;
    if ((e = closure_put(
             &p->objects, text,
             strcmp(text, p->exe) == 0 ? OBJECT_PROGRAM : OBJECT_LIBRARY, elf)))
        return e;
    return OK;
}

/* The object that a region starts, if it is code. */
static enum err add_object(struct process *p, struct str maps,
                           const struct region *r)
{
    struct place place = {0};
    struct elf_file elf;
    struct str bytes;
    enum err e;

    if (process_at(p, r->start) < p->objects.count || !map_region(p, r, &bytes))
        return OK;
    if (elf_file_open(bytes, &elf) || !elf.native || elf.load_count == 0) {
        unmap(bytes);
        return OK;
    }
    place.bias = r->start - (elf.loads[0].at - elf.loads[0].off);
    place.low = place.bias + elf.low;
    place.high = place.bias + elf.high;
    if (!has_code(maps, r, &place)) {
        unmap(bytes);
        return OK;
    }
    if ((e = put_object(p, r, &elf, place)) != OK)
        unmap(bytes);
    return e == E_LIMIT ? OK : e;
}

static enum err read_objects(struct process *p)
{
    struct str maps, rest;
    struct region r;
    struct buf text;
    enum err e;

    buf_init(&text, LIM_REPORT);
    if ((e = read_proc(p->pid, "maps", &text)) == OK && text.len == 0) {
        errno = ESRCH; /* a thread of the kernel, or one that has ended */
        e = E_UNSUPPORTED;
    }
    maps = rest = buf_str(&text);
    while (e == OK && rest.ptr != NULL)
        if (read_region(str_split(&rest, '\n'), &r) && r.off == 0)
            e = add_object(p, maps, &r);
    buf_free(&text);
    return e;
}

size_t process_at(const struct process *p, uint64_t at)
{
    size_t i = 0;

    while (i < p->objects.count &&
           (at < p->places[i].low || at >= p->places[i].high))
        i++;
    return i;
}

/* --- Memory. */

bool process_read(const struct process *p, uint64_t at, void *to, size_t n)
{
    return p->memory >= 0 && at <= INT64_MAX &&
           pread(p->memory, to, n, (off_t)at) == (ssize_t)n;
}

bool process_text(const struct process *p, uint64_t at, char *to, size_t size)
{
    for (size_t n = 0; n + 1 < size; n++)
        if (!process_read(p, at + n, to + n, 1))
            return false;
        else if (to[n] == '\0')
            return true;
    to[size - 1] = '\0';
    return true;
}

/* --- Namespaces of the dynamic linker. */

/* struct r_debug_extended of link.h, which glibc has from 2.35 on. */
struct debug {
    struct r_debug base;
    uint64_t next; /* of the next namespace, if r_version is over 1 */
};

static uint64_t find_debug(const struct process *p, size_t i)
{
    const struct elf_file *elf = &p->objects.objects[i].elf;
    ElfW(Dyn) d;

    for (size_t k = 0; k < elf->dynamic.len / sizeof(d); k++)
        if (process_read(p, p->places[i].bias + elf->dynamic_at + k * sizeof(d),
                         &d, sizeof(d)) &&
            d.d_tag == DT_DEBUG)
            return d.d_un.d_ptr;
    return 0;
}

/* Marks the objects of one list. */
static void mark_apart(struct process *p, uint64_t at, bool apart)
{
    struct link_map map;

    for (int n = 0; at != 0 && n < LINKS; n++) {
        if (!process_read(p, at, &map, sizeof(map)))
            return;
        for (size_t i = 0; i < p->objects.count; i++)
            if (p->places[i].bias == map.l_addr)
                p->places[i].apart = apart;
        at = (uint64_t)(uintptr_t)map.l_next;
    }
}

static void read_namespaces(struct process *p)
{
    uint64_t at = 0, first = 0;
    struct debug d;

    for (size_t i = 0; i < p->objects.count && at == 0; i++)
        at = find_debug(p, i);
    if (at == 0 || !process_read(p, at, &d, sizeof(d.base)))
        return;
    first = (uint64_t)(uintptr_t)d.base.r_map;
    for (int n = 1; d.base.r_version > 1 && n < NAMESPACES; n++) {
        if (!process_read(p, at, &d, sizeof(d)) || d.next == 0)
            break;
        at = d.next;
        if (!process_read(p, at, &d, sizeof(d.base)))
            break;
        mark_apart(p, (uint64_t)(uintptr_t)d.base.r_map, true);
    }
    mark_apart(p, first, false); /* the linker itself is in all of them */
}

/* --- The process. */

static bool has_filter(pid_t pid)
{
    struct buf text;
    struct str s, filter = STR("\nSeccomp:\t2\n");
    bool found = false;

    buf_init(&text, 64 * KIB);
    if (read_proc(pid, "status", &text) == OK) {
        s = buf_str(&text);
        found = str_find(s, filter) < s.len;
    }
    buf_free(&text);
    return found;
}

enum err process_open(pid_t pid, struct process *ret_p)
{
    struct process p = {.pid = pid, .memory = -1};
    char link[64];
    ssize_t n;
    enum err e;

    snprintf(link, sizeof(link), "/proc/%ld/exe", (long)pid);
    n = readlink(link, p.exe, sizeof(p.exe) - 1);
    if (n < 0)
        return E_UNSUPPORTED;
    if (str_ends((struct str){p.exe, (size_t)n}, removed))
        n -= (ssize_t)removed.len;
    p.exe[n] = '\0';
    p.memory = open_proc(pid, "mem");
    buf_init(&p.environ, LIM_REPORT);
    if ((e = read_objects(&p)) != OK) {
        process_close(&p);
        return e;
    }
    (void)!read_proc(pid, "environ", &p.environ); /* or without it */
    read_namespaces(&p);
    p.confined = has_filter(pid);
    *ret_p = p;
    return OK;
}

void process_close(struct process *p)
{
    int error = errno;

    closure_free(&p->objects);
    free(p->places);
    buf_free(&p->environ);
    if (p->memory >= 0)
        close(p->memory);
    errno = error;
}

struct str process_env(const struct process *p, struct str name)
{
    struct str rest = buf_str(&p->environ);

    while (rest.ptr != NULL) {
        struct str one = str_split(&rest, '\0');

        if (str_starts(one, name) && one.len > name.len &&
            one.ptr[name.len] == '=')
            return str_skip(one, name.len + 1);
    }
    return (struct str){NULL, 0};
}

/* --- Descendants. */

/* "pid (name) state parent ..."; the name may hold anything. */
static bool read_stat(struct relative *who)
{
    struct str text, name, rest;
    uint64_t parent;
    struct buf out;
    size_t close;
    bool good = false;

    buf_init(&out, 128 * KIB);
    if (read_proc(who->pid, "stat", &out) == OK) {
        text = buf_str(&out);
        close = text.len;
        while (close > 0 && text.ptr[close - 1] != ')')
            close--;
        name = str_skip(str_head(text, close > 0 ? close - 1 : 0),
                        str_find_byte(text, '(') + 1);
        rest = str_skip(text, close + 1);
        (void)str_split(&rest, ' '); /* the state */
        good = str_u64(str_split(&rest, ' '), &parent) == OK &&
               parent <= INT32_MAX;
        if (good)
            who->parent = (pid_t)parent;
        snprintf(who->name, sizeof(who->name), "%.*s", (int)name.len, name.ptr);
    }
    buf_free(&out);
    return good;
}

static enum err list_all(struct relative **ret_list, size_t *ret_count)
{
    DIR *dir = opendir("/proc");
    struct relative *list = NULL, *grown;
    struct dirent *d;
    size_t count = 0;
    enum err e = OK;

    while (dir != NULL && (d = readdir(dir)) != NULL) {
        struct relative who = {0};
        uint64_t pid;

        if (str_u64(str_of(d->d_name), &pid) || pid > INT32_MAX)
            continue;
        who.pid = (pid_t)pid;
        if (!read_stat(&who))
            continue;
        if ((grown = realloc(list, (count + 1) * sizeof(*list))) == NULL) {
            e = E_NOMEM;
            break;
        }
        list = grown;
        list[count++] = who;
    }
    if (dir != NULL)
        closedir(dir);
    if (e != OK) {
        free(list);
        return e;
    }
    *ret_list = list;
    *ret_count = count;
    return OK;
}

static void look_for(struct relative *who, struct str file)
{
    struct str rest;
    struct buf text;
    struct region r;

    buf_init(&text, LIM_REPORT);
    who->known = read_proc(who->pid, "maps", &text) == OK && text.len > 0;
    rest = buf_str(&text);
    while (!who->guarded && rest.ptr != NULL)
        if (read_region(str_split(&rest, '\n'), &r)) {
            if (str_ends(r.path, removed))
                r.path.len -= removed.len;
            who->guarded = str_ends(r.path, file);
        }
    buf_free(&text);
}

enum err process_family(pid_t pid, struct str file, struct relative **ret_list,
                        size_t *ret_count)
{
    struct relative *list = NULL;
    size_t count = 0, kin = 0;
    enum err e = list_all(&list, &count);

    if (e != OK)
        return e;
    /* Kin moves to the front; each brings its own children in turn. */
    for (size_t next = 0; next == 0 || next <= kin; next++) {
        pid_t parent = next == 0 ? pid : list[next - 1].pid;

        for (size_t i = kin; i < count; i++)
            if (list[i].parent == parent) {
                struct relative who = list[i];

                list[i] = list[kin];
                list[kin++] = who;
            }
    }
    for (size_t i = 0; i < kin; i++)
        look_for(&list[i], file);
    *ret_list = list;
    *ret_count = kin;
    return OK;
}
