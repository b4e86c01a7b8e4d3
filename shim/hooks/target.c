/*
 * What keeps LD_PRELOAD out of a program: no dynamic linker, another C
 * library's, another word size or processor, and rights gained by exec, under
 * which the linker ignores the list. `sallyport run` asks the same of its
 * program, with the room that a command has.
 *
 * Whatever exec would refuse is called covered: its own error is the answer.
 */
#include "hooks/target.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HEADERS     64  /* program headers looked at            */
#define SCRIPT_LINE 256 /* bytes of a #! line that Linux reads  */

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/*
 * The kernel's struct stat is libc's on LP64. With a path of "" the descriptor
 * itself is meant.
 */
static bool get_stat(int dir, const char *path, struct stat *ret_st)
{
    return syscall(SYS_newfstatat, dir, path, ret_st,
                   path[0] == '\0' ? AT_EMPTY_PATH : 0) == 0;
}

static bool read_at(int fd, void *to, size_t n, uint64_t off)
{
    return syscall(SYS_pread64, fd, to, n, (long)off) == (long)n;
}

static bool is_linker(struct str path)
{
    struct str base = str_base(path);

    return str_starts(base, STR("ld-linux")) ||
           str_starts(base, STR("ld64.so")) || str_starts(base, STR("ld.so"));
}

static enum target say(enum target t, const char *why, const char **ret_why)
{
    *ret_why = why;
    return t;
}

/* --- privileges ---------------------------------------------------------- */

/* Rights that this user does not have yet; caps of root's are no gain. */
static const char *gains(int fd, const struct stat *st)
{
    uid_t uid = (uid_t)syscall(SYS_getuid);
    gid_t gid = (gid_t)syscall(SYS_getgid);

    if ((st->st_mode & S_ISUID) && st->st_uid != uid)
        return "it is set-user-ID";
    if ((st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
        st->st_gid != gid)
        return "it is set-group-ID";
    if (uid != 0 && fd >= 0 &&
        syscall(SYS_fgetxattr, fd, "security.capability", NULL, 0) > 0)
        return "it has file capabilities";
    return NULL;
}

/* --- ELF files ----------------------------------------------------------- */

/* The dynamic linker a file asks for; empty where there is none. */
static bool read_interp(int fd, const ElfW(Ehdr) * head, char *text,
                        size_t size, struct str *ret_interp)
{
    ElfW(Phdr) ph;

    *ret_interp = (struct str){NULL, 0};
    for (size_t i = 0; i < head->e_phnum && i < HEADERS; i++) {
        if (!read_at(fd, &ph, sizeof(ph), head->e_phoff + i * sizeof(ph)))
            return false;
        if (ph.p_type != PT_INTERP)
            continue;
        if (ph.p_filesz == 0 || ph.p_filesz > size ||
            !read_at(fd, text, (size_t)ph.p_filesz, ph.p_offset))
            return false;
        *ret_interp = str_head(
            (struct str){text, (size_t)ph.p_filesz},
            str_find_byte((struct str){text, (size_t)ph.p_filesz}, '\0'));
        return true;
    }
    return true;
}

static enum target check_elf(int fd, struct str path, const char **ret_why)
{
    ElfW(Ehdr) head;
    char text[SCRIPT_LINE];
    struct str interp;

    if (!read_at(fd, &head, sizeof(head), 0))
        return TARGET_COVERED; /* exec will not run it */
    if (head.e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] ||
        head.e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] ||
        head.e_machine != __ehdr_start.e_machine)
        return say(TARGET_FOREIGN,
                   "it is built for another processor or word size", ret_why);
    if (head.e_phentsize != sizeof(ElfW(Phdr)) ||
        !read_interp(fd, &head, text, sizeof(text), &interp))
        return say(TARGET_UNCOVERED, "its ELF headers are damaged", ret_why);
    if (interp.len == 0)
        return is_linker(path)
                   ? TARGET_COVERED
                   : say(TARGET_UNCOVERED, "it is statically linked", ret_why);
    if (!is_linker(interp))
        return say(TARGET_FOREIGN, "its C library is not glibc", ret_why);
    return TARGET_COVERED;
}

/* --- files --------------------------------------------------------------- */

static int open_at(int dir, const char *path)
{
    return (int)syscall(SYS_openat, dir, path,
                        O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* The descriptor itself may be one that cannot be read (O_PATH). */
static int open_again(int fd)
{
    char path[sizeof("/proc/self/fd/") + 10] = "/proc/self/fd/";
    char digits[10];
    size_t n = sizeof(digits), at = sizeof("/proc/self/fd/") - 1;
    unsigned left = (unsigned)fd;

    do
        digits[--n] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    memcpy(path + at, digits + n, sizeof(digits) - n);
    path[at + sizeof(digits) - n] = '\0';
    return open_at(AT_FDCWD, path);
}

/* The program named by a #! line. */
static bool read_script(const char *head, size_t n, char ret_path[SCRIPT_LINE])
{
    struct str line = {head + 2, n - 2};
    size_t end = 0;

    line = str_trim(str_head(line, str_find_byte(line, '\n')));
    while (end < line.len && line.ptr[end] != ' ' && line.ptr[end] != '\t' &&
           line.ptr[end] != '\0')
        end++;
    if (end == 0)
        return false;
    memcpy(ret_path, line.ptr, end);
    ret_path[end] = '\0';
    return true;
}

/* One file; of a script, its interpreter's path. */
static enum target check_file(struct program p, char ret_script[SCRIPT_LINE],
                              const char **ret_why)
{
    bool self = p.path[0] == '\0';
    struct stat st;
    char head[SCRIPT_LINE];
    enum target t = TARGET_COVERED;
    const char *why;
    long n;
    int fd;

    if (!get_stat(p.dir, p.path, &st) || !S_ISREG(st.st_mode))
        return TARGET_COVERED;
    fd = self ? open_again(p.dir) : open_at(p.dir, p.path);
    if ((why = gains(fd, &st)) == NULL && fd < 0)
        why = "it cannot be read";
    if (why == NULL) {
        n = syscall(SYS_pread64, fd, head, sizeof(head), 0L);
        if (n >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
            t = check_elf(fd, str_of(p.path), ret_why);
        else if (n > 2 && memcmp(head, "#!", 2) == 0)
            (void)read_script(head, (size_t)n, ret_script);
    }
    if (fd >= 0)
        (void)syscall(SYS_close, fd);
    return why ? say(TARGET_UNCOVERED, why, ret_why) : t;
}

enum target target_check(struct program p, const char **ret_why)
{
    char script[SCRIPT_LINE] = "", further[SCRIPT_LINE] = "";
    int saved = errno;
    enum target t = check_file(p, script, ret_why);

    if (t == TARGET_COVERED && script[0] != '\0')
        t = check_file((struct program){AT_FDCWD, script}, further, ret_why);
    errno = saved;
    return t;
}

/* --- finding ------------------------------------------------------------- */

static bool runs(const char *path)
{
    struct stat st;

    return get_stat(AT_FDCWD, path, &st) && S_ISREG(st.st_mode) &&
           syscall(SYS_faccessat, AT_FDCWD, path, X_OK) == 0;
}

static bool join(struct str dir, struct str name, char ret_path[TARGET_PATH])
{
    if (dir.len + name.len + 2 > TARGET_PATH)
        return false;
    if (dir.len > 0) {
        memcpy(ret_path, dir.ptr, dir.len);
        ret_path[dir.len++] = '/';
    }
    memcpy(ret_path + dir.len, name.ptr, name.len);
    ret_path[dir.len + name.len] = '\0';
    return true;
}

bool target_find(const char *name, const char *path,
                 char ret_found[TARGET_PATH])
{
    struct str rest = str_of(path ? path : "/bin:/usr/bin");
    struct str file = str_of(name);
    int saved = errno;
    bool found = false;

    if (str_find_byte(file, '/') < file.len)
        return join((struct str){NULL, 0}, file, ret_found);
    while (!found && file.len > 0 && rest.ptr)
        found = join(str_split(&rest, ':'), file, ret_found) && runs(ret_found);
    errno = saved;
    return found;
}
