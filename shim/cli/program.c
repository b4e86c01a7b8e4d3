/*
 * What keeps LD_PRELOAD out of a program (ld.so(8)): no dynamic linker at all,
 * another C library's dynamic linker, another word size or processor, and
 * privileges gained by exec, under which the linker ignores paths. And what
 * makes it useless: a TLS library within the program. A script is as its
 * interpreter is.
 */
#include "cli/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/inside.h"

#define SCRIPT_DEPTH 5   /* Linux follows four interpreters */
#define SCRIPT_LINE  256 /* bytes of a #! line it looks at  */
#define HEADERS      64  /* program headers looked at       */

/* --- Finding. */

static enum program_state look(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return errno == EACCES ? PROGRAM_DENIED : PROGRAM_MISSING;
    if (S_ISDIR(st.st_mode) || access(path, X_OK) != 0)
        return PROGRAM_DENIED;
    return PROGRAM_COVERED;
}

enum program_state program_find(const char *name, struct program *ret_program)
{
    const char *path = getenv("PATH");
    struct str rest = str_of(path == NULL ? "/bin:/usr/bin" : path);
    enum program_state state, worst = PROGRAM_MISSING;
    char found[sizeof(ret_program->path)];

    ret_program->why = NULL;
    snprintf(ret_program->path, sizeof(ret_program->path), "%s", name);
    if (strlen(name) >= sizeof(found) || name[0] == '\0')
        return PROGRAM_MISSING;
    if (strchr(name, '/') != NULL)
        return look(name);
    while (rest.ptr != NULL) {
        struct str dir = str_split(&rest, ':');
        int n;

        if (dir.len == 0) /* an empty entry is the current directory */
            dir = STR(".");
        n = snprintf(found, sizeof(found), "%.*s/%s", (int)dir.len, dir.ptr,
                     name);
        if (n < 0 || (size_t)n >= sizeof(found))
            continue;
        state = look(found);
        if (state == PROGRAM_COVERED) {
            memcpy(ret_program->path, found, sizeof(found));
            return state;
        }
        if (state == PROGRAM_DENIED)
            worst = state;
    }
    return worst;
}

/* --- ELF files. */

struct elf {
    unsigned char class, data;
    uint16_t machine;
    bool has_interp;
    char interp[256];
};

static bool read_at(int fd, void *to, size_t n, uint64_t off)
{
    return pread(fd, to, n, (off_t)off) == (ssize_t)n;
}

struct segment {
    uint32_t type;
    uint64_t off, size;
};

static bool read_segment(int fd, bool wide, uint64_t off,
                         struct segment *ret_segment)
{
    Elf64_Phdr p64;
    Elf32_Phdr p32;

    if (wide) {
        if (!read_at(fd, &p64, sizeof(p64), off))
            return false;
        *ret_segment = (struct segment){p64.p_type, p64.p_offset, p64.p_filesz};
        return true;
    }
    if (!read_at(fd, &p32, sizeof(p32), off))
        return false;
    *ret_segment = (struct segment){p32.p_type, p32.p_offset, p32.p_filesz};
    return true;
}

/* False for what is no ELF file that we can read. Another byte order than
 * ours is told by `data`; its other fields then mean nothing. */
static bool read_elf(int fd, struct elf *ret_elf)
{
    union {
        unsigned char ident[EI_NIDENT];
        Elf64_Ehdr e64;
        Elf32_Ehdr e32;
    } head;
    struct segment seg;
    uint64_t table;
    size_t count, size;
    bool wide;

    *ret_elf = (struct elf){0};
    if (!read_at(fd, &head.e32, sizeof(head.e32), 0) ||
        memcmp(head.ident, ELFMAG, SELFMAG) != 0)
        return false;
    wide = head.ident[EI_CLASS] == ELFCLASS64;
    if (wide && !read_at(fd, &head.e64, sizeof(head.e64), 0))
        return false;
    ret_elf->class = head.ident[EI_CLASS];
    ret_elf->data = head.ident[EI_DATA];
    ret_elf->machine = head.e32.e_machine; /* at one place in both */
    table = wide ? head.e64.e_phoff : head.e32.e_phoff;
    count = wide ? head.e64.e_phnum : head.e32.e_phnum;
    size = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    for (size_t i = 0; i < count && i < HEADERS; i++) {
        if (!read_segment(fd, wide, table + i * size, &seg))
            break;
        if (seg.type != PT_INTERP)
            continue;
        ret_elf->has_interp = true;
        if (seg.size >= sizeof(ret_elf->interp) ||
            !read_at(fd, ret_elf->interp, (size_t)seg.size, seg.off))
            return false;
        break;
    }
    return true;
}

static struct str base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return str_of(slash == NULL ? path : slash + 1);
}

/* Ourselves: what a covered program must be like. */
static bool read_own(struct elf *ret_elf)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && read_elf(fd, ret_elf);

    if (fd >= 0)
        close(fd);
    return good;
}

static enum program_state uncovered(struct program *p, enum program_state state,
                                    const char *why)
{
    p->why = why;
    return state;
}

static enum program_state check_elf(int fd, struct program *p)
{
    struct elf own, elf;
    struct stat st;
    const char *why;

    if (fstat(fd, &st) != 0 || !read_own(&own) || !read_elf(fd, &elf))
        return uncovered(p, PROGRAM_UNCOVERED, "its ELF headers are damaged");
    if (elf.class != own.class || elf.data != own.data ||
        elf.machine != own.machine)
        return uncovered(p, PROGRAM_FOREIGN,
                         "it is built for another processor or word size");
    if (!elf.has_interp)
        return uncovered(p, PROGRAM_UNCOVERED, "it is statically linked");
    if (str_starts(base_of(elf.interp), STR("ld-musl")))
        return uncovered(p, PROGRAM_FOREIGN,
                         "it is built for musl, not for glibc");
    if (own.has_interp && !str_eq(base_of(elf.interp), base_of(own.interp)))
        return uncovered(p, PROGRAM_FOREIGN,
                         "it has another dynamic linker than glibc's");
    if (st.st_mode & S_ISUID)
        return uncovered(p, PROGRAM_UNCOVERED, "it is set-user-ID");
    if ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
        return uncovered(p, PROGRAM_UNCOVERED, "it is set-group-ID");
    if (fgetxattr(fd, "security.capability", NULL, 0) > 0)
        return uncovered(p, PROGRAM_UNCOVERED, "it has file capabilities");
    if ((why = inside_tls(fd)) != NULL)
        return uncovered(p, PROGRAM_UNCOVERED, why);
    return PROGRAM_COVERED;
}

/* --- Scripts. */

/* The next word of a #! line; empty at its end. */
static struct str word_of(struct str *rest)
{
    size_t n = 0;
    struct str word;

    *rest = str_trim(*rest);
    while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\t')
        n++;
    word = str_head(*rest, n);
    *rest = str_skip(*rest, n);
    return word;
}

/* The NAME in what follows `env`: behind its options and settings. */
static struct str env_name(struct str rest)
{
    struct str word;

    do
        word = word_of(&rest);
    while (word.len > 0 &&
           (word.ptr[0] == '-' || str_find_byte(word, '=') < word.len));
    return word;
}

/* The program that runs a script, as the next to look into. */
static enum program_state follow(struct str line, struct program *p)
{
    char name[SCRIPT_LINE + 1];
    struct program next;
    struct str word;
    enum program_state state;

    line = str_head(line, str_find_byte(line, '\n'));
    word = word_of(&line);
    if (word.len == 0)
        return uncovered(p, PROGRAM_UNCOVERED, "its #! line names nothing");
    memcpy(name, word.ptr, word.len);
    name[word.len] = '\0';
    if (str_eq(base_of(name), STR("env")) && env_name(line).len > 0) {
        word = env_name(line);
        memcpy(name, word.ptr, word.len);
        name[word.len] = '\0';
    }
    if ((state = program_find(name, &next)) != PROGRAM_COVERED)
        return uncovered(p, state, "its interpreter is not there");
    memcpy(p->subject, next.path, sizeof(p->subject));
    return PROGRAM_COVERED;
}

enum program_state program_check(struct program *p)
{
    char line[SCRIPT_LINE];
    enum program_state state;

    memcpy(p->subject, p->path, sizeof(p->subject));
    for (int depth = 0; depth < SCRIPT_DEPTH; depth++) {
        int fd = open(p->subject, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
            return uncovered(p, PROGRAM_UNCOVERED, "it cannot be read");
        n = pread(fd, line, sizeof(line), 0);
        if (n >= SELFMAG && memcmp(line, ELFMAG, SELFMAG) == 0) {
            state = check_elf(fd, p);
            close(fd);
            return state;
        }
        close(fd);
        if (n < 2 || memcmp(line, "#!", 2) != 0)
            return uncovered(p, PROGRAM_UNCOVERED,
                             "it is neither an ELF program nor a script");
        state = follow((struct str){line + 2, (size_t)n - 2}, p);
        if (state != PROGRAM_COVERED)
            return state;
    }
    return uncovered(p, PROGRAM_UNCOVERED,
                     "its interpreters are scripts without end");
}
