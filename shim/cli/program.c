/*
 * What keeps LD_PRELOAD out of a program (ld.so(8)): no dynamic linker at all,
 * another C library's dynamic linker, another word size or processor, and
 * privileges gained by exec, under which the linker ignores paths. And what
 * makes it useless: a TLS library within the program. A script is as its
 * interpreter is.
 */
#include "cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/closure.h"
#include "cli/inside.h"

#define SCRIPT_DEPTH 5   /* Linux follows four interpreters */
#define SCRIPT_LINE  256 /* bytes of a #! line it looks at  */

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

    ret_program->why = ret_program->gap = NULL;
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

const char *program_missing(const char *name)
{
    if (strchr(name, '/') == NULL && access(name, F_OK) == 0)
        return "not found along PATH; with ./ before it, it is the file here";
    return "not found";
}

/* --- ELF files. */

/* Ourselves: what a covered program must be like. */
static bool read_own(struct elf_file *ret_elf)
{
    struct str bytes;

    if (!map_path("/proc/self/exe", &bytes))
        return false;
    if (elf_file_open(bytes, ret_elf) == OK)
        return true;
    unmap(bytes);
    return false;
}

static enum program_state uncovered(struct program *p, enum program_state state,
                                    const char *gap, const char *why)
{
    p->why = why;
    p->gap = gap;
    return state;
}

static enum program_state check_kind(const struct elf_file *own,
                                     const struct elf_file *elf,
                                     struct program *p)
{
    if (elf->class != own->class || elf->data != own->data ||
        elf->machine != own->machine)
        return uncovered(p, PROGRAM_FOREIGN, "processor",
                         "it is built for another processor or word size");
    if (elf->interp.len == 0)
        return uncovered(p, PROGRAM_UNCOVERED, "static",
                         "it is statically linked");
    if (str_starts(str_base(elf->interp), STR("ld-musl")))
        return uncovered(p, PROGRAM_FOREIGN, "musl",
                         "it is built for musl, not for glibc");
    if (own->interp.len > 0 &&
        !str_eq(str_base(elf->interp), str_base(own->interp)))
        return uncovered(p, PROGRAM_FOREIGN, "linker",
                         "it has another dynamic linker than glibc's");
    return PROGRAM_COVERED;
}

static enum program_state check_rights(int fd, struct program *p)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return uncovered(p, PROGRAM_UNCOVERED, "unreadable",
                         "it cannot be read");
    if (st.st_mode & S_ISUID)
        return uncovered(p, PROGRAM_UNCOVERED, "setuid", "it is set-user-ID");
    if ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
        return uncovered(p, PROGRAM_UNCOVERED, "setgid", "it is set-group-ID");
    if (fgetxattr(fd, "security.capability", NULL, 0) > 0)
        return uncovered(p, PROGRAM_UNCOVERED, "capabilities",
                         "it has file capabilities");
    return PROGRAM_COVERED;
}

static enum program_state check_elf(int fd, struct str bytes, struct program *p)
{
    struct elf_file own, elf;
    enum program_state state;

    if (elf_file_open(bytes, &elf) || !read_own(&own))
        return uncovered(p, PROGRAM_UNCOVERED, "damaged",
                         "its ELF headers are damaged");
    state = check_kind(&own, &elf, p);
    unmap(own.bytes);
    if (state == PROGRAM_COVERED)
        state = check_rights(fd, p);
    if (state == PROGRAM_COVERED &&
        (p->why = inside_tls(&elf, &p->gap)) != NULL)
        state = PROGRAM_UNCOVERED;
    return state;
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

/*
 * The NAME in what follows `env`: behind its options and settings. With -S the
 * rest is taken apart, and may hold options again.
 */
static struct str env_name(struct str rest)
{
    static const struct str split[] = {STR_INIT("-S"), STR_INIT("-vS"),
                                       STR_INIT("--split-string=")};

    for (;;) {
        struct str word = word_of(&rest);

        for (size_t i = 0; i < ARRAY_LEN(split); i++)
            if (str_starts(word, split[i]))
                word = str_skip(word, split[i].len);
        if (str_eq(word, STR("-u")) || str_eq(word, STR("-C")))
            (void)word_of(&rest); /* its argument */
        else if (word.len > 0 && word.ptr[0] != '-' &&
                 str_find_byte(word, '=') == word.len)
            return word;
        if (rest.len == 0)
            return STR("");
    }
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
        return uncovered(p, PROGRAM_UNCOVERED, "script",
                         "its #! line names nothing");
    if (str_eq(str_base(word), STR("env")) && env_name(line).len > 0)
        word = env_name(line);
    memcpy(name, word.ptr, word.len);
    name[word.len] = '\0';
    if ((state = program_find(name, &next)) != PROGRAM_COVERED)
        return uncovered(p, state, "script", "its interpreter is not there");
    memcpy(p->subject, next.path, sizeof(p->subject));
    return PROGRAM_COVERED;
}

/* A file of our own or a script; the latter's interpreter is to be next. */
static enum program_state check_file(int fd, struct program *p, bool *ret_more)
{
    struct str bytes;
    enum program_state state;

    *ret_more = false;
    if (!map_fd(fd, &bytes))
        return uncovered(p, PROGRAM_UNCOVERED, "unreadable",
                         "it cannot be read");
    if (str_starts(bytes, STR(ELFMAG))) {
        state = check_elf(fd, bytes, p);
    } else if (str_starts(bytes, STR("#!"))) {
        state = follow(str_skip(str_head(bytes, SCRIPT_LINE), 2), p);
        *ret_more = state == PROGRAM_COVERED;
    } else {
        state = uncovered(p, PROGRAM_UNCOVERED, "script",
                          "it is neither an ELF program nor a script");
    }
    unmap(bytes);
    return state;
}

enum program_state program_check(struct program *p)
{
    memcpy(p->subject, p->path, sizeof(p->subject));
    p->why = p->gap = NULL;
    for (int depth = 0; depth < SCRIPT_DEPTH; depth++) {
        int fd = open(p->subject, O_RDONLY | O_CLOEXEC);
        enum program_state state;
        bool more;

        if (fd < 0)
            return uncovered(p, PROGRAM_UNCOVERED, "unreadable",
                             "it cannot be read");
        state = check_file(fd, p, &more);
        close(fd);
        if (!more)
            return state;
    }
    return uncovered(p, PROGRAM_UNCOVERED, "script",
                     "its interpreters are scripts without end");
}
