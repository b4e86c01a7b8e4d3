/*
 * A symbol is looked for in the program itself first, then in what is
 * preloaded. So a program that defines SSL_write calls its own, and ours never
 * hears of it. One that hides its TLS library cannot be told from one without.
 *
 *     section headers --> names: .note.go.buildid, .go.buildinfo
 *                     \-> .dynsym: {name, section it is defined in} ...
 */
#include "cli/inside.h"

#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/str.h"

/* The part of the file that a section names; empty if it lies outside. */
static struct str bytes_of(struct str file, const ElfW(Shdr) * section)
{
    if (section->sh_type == SHT_NOBITS || section->sh_offset > file.len ||
        section->sh_size > file.len - section->sh_offset)
        return STR("");
    return (struct str){file.ptr + section->sh_offset, section->sh_size};
}

/* A name of a string table; empty where it does not end. */
static struct str name_at(struct str table, size_t off)
{
    struct str rest = str_skip(table, off);
    size_t n = str_find_byte(rest, '\0');

    return n < rest.len ? str_head(rest, n) : STR("");
}

/* Copied out: a damaged file may have its tables at odd places. */
static bool section_at(struct str file, size_t i, ElfW(Shdr) * ret_section)
{
    ElfW(Ehdr) head;
    struct str rest;

    memcpy(&head, file.ptr, sizeof(head));
    if (head.e_shentsize != sizeof(*ret_section) || i >= head.e_shnum ||
        head.e_shoff > file.len)
        return false;
    rest = str_skip(file, head.e_shoff);
    if (rest.len / sizeof(*ret_section) <= i)
        return false;
    memcpy(ret_section, rest.ptr + i * sizeof(*ret_section),
           sizeof(*ret_section));
    return true;
}

static bool is_tls_name(struct str name)
{
    static const struct str names[] = {
        STR_INIT("SSL_write"),
        STR_INIT("SSL_CTX_new"),
        STR_INIT("gnutls_record_send"),
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(name, names[i]))
            return true;
    return false;
}

static bool defines_tls(struct str file, const ElfW(Shdr) * section)
{
    struct str symbols = bytes_of(file, section), names;
    ElfW(Shdr) strings;
    ElfW(Sym) symbol;

    if (!section_at(file, section->sh_link, &strings))
        return false;
    names = bytes_of(file, &strings);
    for (; symbols.len >= sizeof(symbol);
         symbols = str_skip(symbols, sizeof(symbol))) {
        memcpy(&symbol, symbols.ptr, sizeof(symbol));
        if (symbol.st_shndx != SHN_UNDEF &&
            is_tls_name(name_at(names, symbol.st_name)))
            return true;
    }
    return false;
}

static const char *look_inside(struct str file)
{
    ElfW(Shdr) section, strings;
    ElfW(Ehdr) head;
    struct str name;

    memcpy(&head, file.ptr, sizeof(head));
    if (!section_at(file, head.e_shstrndx, &strings))
        return NULL;
    for (size_t i = 0; section_at(file, i, &section); i++) {
        name = name_at(bytes_of(file, &strings), section.sh_name);
        if (str_eq(name, STR(".note.go.buildid")) ||
            str_eq(name, STR(".go.buildinfo")))
            return "it is a Go program, which has a TLS of its own";
        if (section.sh_type == SHT_DYNSYM && defines_tls(file, &section))
            return "it has a TLS library linked in";
    }
    return NULL;
}

const char *inside_tls(int fd)
{
    const char *why;
    struct stat st;
    void *map;

    if (fstat(fd, &st) != 0 || st.st_size < (off_t)sizeof(ElfW(Ehdr)))
        return NULL;
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return NULL;
    why = look_inside((struct str){map, (size_t)st.st_size});
    munmap(map, (size_t)st.st_size);
    return why;
}
