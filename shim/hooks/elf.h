#ifndef SP_HOOKS_ELF_H
#define SP_HOOKS_ELF_H

#include <link.h>

#include "base/str.h"

/*
 * Reading the tables of an object that the dynamic linker has mapped: which
 * symbols it defines, and which version of a name it asks for. No allocation,
 * no lock, no call into the dynamic linker: safe before any constructor ran
 * and in a signal handler. The object must stay mapped during the call.
 */
struct elf {
    uintptr_t base;          /* l_addr                                     */
    const ElfW(Sym) * syms;  /* DT_SYMTAB                                  */
    const char *strs;        /* DT_STRTAB                                  */
    size_t strs_size;        /* DT_STRSZ                                   */
    const uint32_t *gnu;     /* DT_GNU_HASH, or NULL                       */
    const uint32_t *sysv;    /* DT_HASH, or NULL                           */
    const ElfW(Half) * vers; /* DT_VERSYM, or NULL                         */
    const void *need;        /* DT_VERNEED, or NULL                        */
    size_t need_count;       /* DT_VERNEEDNUM                              */
    const void *def;         /* DT_VERDEF, or NULL                         */
    size_t def_count;        /* DT_VERDEFNUM                               */
    struct str rels[2];      /* DT_JMPREL and DT_RELA, as bytes            */
};

/*
 * elf_same - strcmp's equality, in a loop of our own. A sanitizer's runtime
 * puts itself in strcmp's place and calls dlsym, a hook, before it is ready to
 * be called.
 */
static inline bool elf_same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/*
 * elf_open - find the tables of an object from its load address and dynamic
 * section (l_addr and l_ld of its link map).
 *
 * E_UNSUPPORTED  no symbol or string table, or relocations without addends
 */
MUST_USE enum err elf_open(struct elf *ret_elf, uintptr_t base,
                           const ElfW(Dyn) * dyn);

/*
 * elf_find - the address of a function or object that the object defines under
 * this name, in its default version; NULL where it does not, and for indirect
 * functions, whose address is not in the table.
 */
void *elf_find(const struct elf *e, const char *name);

/*
 * elf_wanted - whether the object has a relocation against this name, and with
 * which version. *ret_version is set only when true is returned: NULL where
 * the reference carries no version, else a string in the object's own table.
 */
bool elf_wanted(const struct elf *e, const char *name,
                const char **ret_version);

#endif
