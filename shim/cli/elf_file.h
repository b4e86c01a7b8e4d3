#ifndef SP_CLI_ELF_FILE_H
#define SP_CLI_ELF_FILE_H

#include <link.h>

#include "base/str.h"

/*
 * Reading an ELF file as the dynamic linker would (elf(5), and the generic ABI
 * chapters 4 and 5): by its program headers and dynamic section, so that a file
 * without section headers reads the same. The bytes may be anybody's: every
 * offset is checked against them. No I/O, no allocation; all that is returned
 * is borrowed from the bytes given.
 */
#define ELF_FILE_LOADS                                                         \
    32 /* mapped segments looked at; real files have 2 to 6 */

struct elf_file {
    struct str bytes;
    unsigned char class, data; /* EI_CLASS, EI_DATA                          */
    uint16_t machine, type;    /* e_machine, e_type                          */
    bool native;         /* of our own word size and byte order; the rest    */
                         /* is filled in only for those                      */
    struct str interp;   /* PT_INTERP; ptr is NULL where there is none       */
    struct str dynamic;  /* PT_DYNAMIC; ptr is NULL where there is none      */
    uint64_t dynamic_at; /* its address                                      */
    uint64_t low, high;  /* addresses of all segments: [low, high)           */
    struct str soname, rpath, runpath; /* empty where there is none           */
    struct str strs, syms, gnu, sysv;  /* DT_STRTAB, SYMTAB, GNU_HASH, HASH   */
    struct str rels[2];                /* DT_JMPREL, DT_RELA                  */
    struct {
        uint64_t at, off, size;
    } loads[ELF_FILE_LOADS];
    size_t load_count;
};

/*
 * elf_file_open - read the headers. The bytes must stay while f is used.
 *
 * E_SYNTAX  no ELF file, or its headers lie outside of it
 */
MUST_USE enum err elf_file_open(struct str bytes, struct elf_file *ret_f);

/* elf_file_needed - the next DT_NEEDED name. *cursor starts at 0. */
bool elf_file_needed(const struct elf_file *f, size_t *cursor,
                     struct str *ret_name);

/*
 * elf_file_symbol - the address, as in the file, of a function or object that
 * the file defines under this name for others. False where it does not.
 */
bool elf_file_symbol(const struct elf_file *f, struct str name,
                     uint64_t *ret_at);

/*
 * elf_file_local - whether .symtab, which only debuggers read, has a defined
 * function of this name. Needs section headers.
 */
bool elf_file_local(const struct elf_file *f, struct str name);

/* elf_file_section - whether a section has this name. */
bool elf_file_section(const struct elf_file *f, struct str name);

/*
 * A place that the dynamic linker fills with the address of a named symbol.
 */
struct elf_slot {
    struct str name;
    uint64_t at; /* address in the file's own numbers */
    bool lazy;   /* of DT_JMPREL: perhaps filled at the first call */
};

/*
 * elf_file_slot - the next place. *cursor starts at 0.
 */
bool elf_file_slot(const struct elf_file *f, size_t *cursor,
                   struct elf_slot *ret_slot);

/* elf_file_at - the file's bytes from an address to its segment's end. */
struct str elf_file_at(const struct elf_file *f, uint64_t at);

#endif
