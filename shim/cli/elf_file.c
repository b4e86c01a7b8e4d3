/*
 * ELF files.
 *
 *     ELF header --> program headers: LOAD   address <-> offset in the file
 *                                     INTERP the dynamic linker
 *                                     DYNAMIC --> NEEDED, SONAME, RUNPATH ...
 *                                             \-> hash tables --> symbols
 *                                             \-> relocations  --> symbols
 *                \-> section headers: .symtab and names, for debuggers; a
 *                    stripped file may lack them
 *
 * The dynamic section speaks of addresses; they become offsets through the LOAD
 * segments. A table whose length it does not tell reaches to the end of its
 * segment here: one that is shorter is read wrongly, but never out of bounds.
 * Structures are copied out, for a damaged file may have them at odd places.
 */
#include "cli/elf_file.h"

#include <elf.h>

#define SEGMENTS 256 /* program headers looked at */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OWN_DATA ELFDATA2LSB
#else
#define OWN_DATA ELFDATA2MSB
#endif
#define OWN_CLASS (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)

/* size bytes at off; false if not all of them are there. */
static bool copy_at(struct str s, uint64_t off, void *to, size_t size)
{
    if (off > s.len || size > s.len - off)
        return false;
    memcpy(to, s.ptr + off, size);
    return true;
}

/* The i-th of a table of elements; false behind its end. */
static bool element(struct str table, uint64_t i, void *to, size_t size)
{
    return i < table.len / size && copy_at(table, i * size, to, size);
}

static struct str part(struct str s, uint64_t off, uint64_t size)
{
    return off <= s.len && size <= s.len - off
               ? (struct str){s.ptr + off, (size_t)size}
               : (struct str){NULL, 0};
}

/* A string that ends within the table; empty where it does not. */
static struct str string_at(struct str table, uint64_t off)
{
    struct str rest = off < table.len ? str_skip(table, (size_t)off) : STR("");
    size_t n = str_find_byte(rest, '\0');

    return n < rest.len ? str_head(rest, n) : STR("");
}

/* --- Headers. */

struct str elf_file_at(const struct elf_file *f, uint64_t at)
{
    for (size_t i = 0; i < f->load_count; i++) {
        uint64_t into = at - f->loads[i].at;

        if (at >= f->loads[i].at && into < f->loads[i].size)
            return part(f->bytes, f->loads[i].off + into,
                        f->loads[i].size - into);
    }
    return (struct str){NULL, 0};
}

static void note_load(struct elf_file *f, const ElfW(Phdr) * p)
{
    uint64_t end = p->p_vaddr + p->p_memsz, size = p->p_filesz;

    if (end < p->p_vaddr || p->p_offset > f->bytes.len)
        return;
    if (size > f->bytes.len - p->p_offset) /* what is there of a cut file */
        size = f->bytes.len - p->p_offset;
    if (f->low == f->high || p->p_vaddr < f->low)
        f->low = p->p_vaddr;
    if (end > f->high)
        f->high = end;
    if (f->load_count == ELF_FILE_LOADS)
        return;
    f->loads[f->load_count].at = p->p_vaddr;
    f->loads[f->load_count].off = p->p_offset;
    f->loads[f->load_count++].size = size;
}

static enum err read_segments(struct elf_file *f, const ElfW(Ehdr) * head)
{
    struct str table;
    ElfW(Phdr) p;

    if (head->e_phnum == 0)
        return OK;
    if (head->e_phentsize != sizeof(p))
        return E_SYNTAX;
    table = part(f->bytes, head->e_phoff, (uint64_t)head->e_phnum * sizeof(p));
    if (table.ptr == NULL)
        return E_SYNTAX;
    for (size_t i = 0; i < SEGMENTS && element(table, i, &p, sizeof(p)); i++)
        if (p.p_type == PT_LOAD) {
            note_load(f, &p);
        } else if (p.p_type == PT_INTERP) {
            f->interp = string_at(part(f->bytes, p.p_offset, p.p_filesz), 0);
            if (f->interp.len == 0)
                return E_SYNTAX;
        } else if (p.p_type == PT_DYNAMIC) {
            f->dynamic = part(f->bytes, p.p_offset, p.p_filesz);
            f->dynamic_at = p.p_vaddr;
        }
    return OK;
}

static bool dyn_next(const struct elf_file *f, size_t *cursor,
                     ElfW(Dyn) * ret_dyn)
{
    return element(f->dynamic, (*cursor)++, ret_dyn, sizeof(*ret_dyn)) &&
           ret_dyn->d_tag != DT_NULL;
}

/* The tables first, then the strings that lie in one of them. */
static void read_dynamic(struct elf_file *f)
{
    uint64_t strs_size = 0, sizes[2] = {0, 0};
    ElfW(Dyn) d;

    for (size_t i = 0; dyn_next(f, &i, &d);) {
        struct str at = elf_file_at(f, d.d_un.d_ptr);

        if (d.d_tag == DT_STRTAB)
            f->strs = at;
        else if (d.d_tag == DT_STRSZ)
            strs_size = d.d_un.d_val;
        else if (d.d_tag == DT_SYMTAB)
            f->syms = at;
        else if (d.d_tag == DT_GNU_HASH)
            f->gnu = at;
        else if (d.d_tag == DT_HASH)
            f->sysv = at;
        else if (d.d_tag == DT_JMPREL)
            f->rels[0] = at;
        else if (d.d_tag == DT_PLTRELSZ)
            sizes[0] = d.d_un.d_val;
        else if (d.d_tag == DT_RELA)
            f->rels[1] = at;
        else if (d.d_tag == DT_RELASZ)
            sizes[1] = d.d_un.d_val;
    }
    f->strs = str_head(f->strs, (size_t)strs_size);
    f->rels[0] = str_head(f->rels[0], (size_t)sizes[0]);
    f->rels[1] = str_head(f->rels[1], (size_t)sizes[1]);
    for (size_t i = 0; dyn_next(f, &i, &d);)
        if (d.d_tag == DT_SONAME)
            f->soname = string_at(f->strs, d.d_un.d_val);
        else if (d.d_tag == DT_RPATH)
            f->rpath = string_at(f->strs, d.d_un.d_val);
        else if (d.d_tag == DT_RUNPATH)
            f->runpath = string_at(f->strs, d.d_un.d_val);
}

enum err elf_file_open(struct str bytes, struct elf_file *ret_f)
{
    struct elf_file f = {.bytes = bytes};
    ElfW(Ehdr) head;
    enum err e;

    if (bytes.len < sizeof(Elf32_Ehdr) ||
        memcmp(bytes.ptr, ELFMAG, SELFMAG) != 0)
        return E_SYNTAX;
    f.class = (unsigned char)bytes.ptr[EI_CLASS];
    f.data = (unsigned char)bytes.ptr[EI_DATA];
    f.native = f.class == OWN_CLASS && f.data == OWN_DATA;
    /* at one place in both classes */
    memcpy(&f.machine, bytes.ptr + offsetof(Elf32_Ehdr, e_machine),
           sizeof(f.machine));
    memcpy(&f.type, bytes.ptr + offsetof(Elf32_Ehdr, e_type), sizeof(f.type));
    if (f.native) {
        if (!copy_at(bytes, 0, &head, sizeof(head)))
            return E_SYNTAX;
        if ((e = read_segments(&f, &head)))
            return e;
        read_dynamic(&f);
    }
    *ret_f = f;
    return OK;
}

bool elf_file_needed(const struct elf_file *f, size_t *cursor,
                     struct str *ret_name)
{
    ElfW(Dyn) d;

    while (dyn_next(f, cursor, &d)) {
        struct str name;

        if (d.d_tag != DT_NEEDED)
            continue;
        name = string_at(f->strs, d.d_un.d_val);
        if (name.len == 0)
            continue;
        *ret_name = name;
        return true;
    }
    return false;
}

/* --- Symbols by name. */

static bool defines(const struct elf_file *f, uint32_t i, struct str name,
                    uint64_t *ret_at)
{
    ElfW(Sym) s;
    int type;

    if (!element(f->syms, i, &s, sizeof(s)))
        return false;
    type = ELF64_ST_TYPE(s.st_info);
    if (s.st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_OBJECT) ||
        !str_eq(string_at(f->strs, s.st_name), name))
        return false;
    *ret_at = s.st_value;
    return true;
}

static bool word(struct str table, uint64_t i, uint32_t *ret_word)
{
    return element(table, i, ret_word, sizeof(*ret_word));
}

/* A Bloom filter (skipped), buckets, chains whose last link is odd. */
static bool find_gnu(const struct elf_file *f, struct str name,
                     uint64_t *ret_at)
{
    uint32_t buckets, first, words, h = 5381, i, link;
    uint64_t bucket, chain;

    if (!word(f->gnu, 0, &buckets) || !word(f->gnu, 1, &first) ||
        !word(f->gnu, 2, &words) || buckets == 0)
        return false;
    for (size_t k = 0; k < name.len; k++)
        h = h * 33 + (unsigned char)name.ptr[k];
    bucket = 4 + (uint64_t)words * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    chain = bucket + buckets;
    if (!word(f->gnu, bucket + h % buckets, &i) || i < first)
        return false;
    for (; word(f->gnu, chain + (i - first), &link); i++) {
        if ((link | 1) == (h | 1) && defines(f, i, name, ret_at))
            return true;
        if ((link & 1) || i == UINT32_MAX)
            return false;
    }
    return false;
}

/* Buckets and chains; the symbol's index is the link. */
static bool find_sysv(const struct elf_file *f, struct str name,
                      uint64_t *ret_at)
{
    uint32_t buckets, chains, h = 0, i;

    if (!word(f->sysv, 0, &buckets) || !word(f->sysv, 1, &chains) ||
        buckets == 0)
        return false;
    for (size_t k = 0; k < name.len; k++) {
        h = (h << 4) + (unsigned char)name.ptr[k];
        h = (h ^ (h >> 24 & 0xf0)) & 0x0fffffff;
    }
    if (!word(f->sysv, 2 + (uint64_t)(h % buckets), &i))
        return false;
    if (chains > f->sysv.len / sizeof(chains)) /* a chain may be a ring */
        chains = (uint32_t)(f->sysv.len / sizeof(chains));
    for (uint32_t steps = 0; i != 0 && steps < chains; steps++) {
        if (defines(f, i, name, ret_at))
            return true;
        if (!word(f->sysv, 2 + (uint64_t)buckets + i, &i))
            return false;
    }
    return false;
}

bool elf_file_symbol(const struct elf_file *f, struct str name,
                     uint64_t *ret_at)
{
    return f->gnu.ptr != NULL ? find_gnu(f, name, ret_at)
                              : find_sysv(f, name, ret_at);
}

bool elf_file_slot(const struct elf_file *f, size_t *cursor,
                   struct elf_slot *ret_slot)
{
    size_t first = f->rels[0].len / sizeof(ElfW(Rela));
    ElfW(Rela) r;
    ElfW(Sym) s;

    for (;; ++*cursor) {
        bool lazy = *cursor < first;

        if (!element(f->rels[lazy ? 0 : 1], lazy ? *cursor : *cursor - first,
                     &r, sizeof(r)))
            return false;
        if (ELF64_R_SYM(r.r_info) == 0 ||
            !element(f->syms, ELF64_R_SYM(r.r_info), &s, sizeof(s)))
            continue;
        *ret_slot =
            (struct elf_slot){string_at(f->strs, s.st_name), r.r_offset, lazy};
        ++*cursor;
        return true;
    }
}

/* --- Section headers. */

static bool section_at(const struct elf_file *f, size_t i,
                       ElfW(Shdr) * ret_section)
{
    ElfW(Ehdr) head;

    if (!f->native || !copy_at(f->bytes, 0, &head, sizeof(head)) ||
        head.e_shentsize != sizeof(*ret_section) || i >= head.e_shnum ||
        head.e_shoff > f->bytes.len)
        return false;
    return element(str_skip(f->bytes, head.e_shoff), i, ret_section,
                   sizeof(*ret_section));
}

static struct str section_bytes(const struct elf_file *f,
                                const ElfW(Shdr) * section)
{
    return section->sh_type == SHT_NOBITS
               ? (struct str){NULL, 0}
               : part(f->bytes, section->sh_offset, section->sh_size);
}

bool elf_file_section(const struct elf_file *f, struct str name)
{
    ElfW(Shdr) section, names;
    ElfW(Ehdr) head;

    if (!copy_at(f->bytes, 0, &head, sizeof(head)) ||
        !section_at(f, head.e_shstrndx, &names))
        return false;
    for (size_t i = 0; section_at(f, i, &section); i++)
        if (str_eq(string_at(section_bytes(f, &names), section.sh_name), name))
            return true;
    return false;
}

bool elf_file_local(const struct elf_file *f, struct str name)
{
    ElfW(Shdr) section, strings;
    ElfW(Sym) s;

    for (size_t i = 0; section_at(f, i, &section); i++) {
        struct str syms = section_bytes(f, &section), names;

        if (section.sh_type != SHT_SYMTAB ||
            !section_at(f, section.sh_link, &strings))
            continue;
        names = section_bytes(f, &strings);
        for (size_t k = 0; element(syms, k, &s, sizeof(s)); k++) {
            /* one compare for most, before the string's end is looked for */
            if (s.st_shndx != SHN_UNDEF &&
                ELF64_ST_TYPE(s.st_info) == STT_FUNC &&
                str_starts(str_skip(names, s.st_name), name) &&
                str_eq(string_at(names, s.st_name), name))
                return true;
        }
    }
    return false;
}
