/*
 * ELF tables in memory.
 *
 * A reference to a function of another library is a relocation that names a
 * symbol by index. The symbol's name says what is wanted; a table in parallel
 * says in which version:
 *
 *     DT_JMPREL --> r_info --> DT_SYMTAB[i] --> DT_STRTAB   "SSL_write"
 *                        \---> DT_VERSYM[i] --> 5
 *     DT_VERNEED: libssl.so.3 { OPENSSL_3.0.0: index 5, ... }
 *
 * glibc adds the load address to most of these entries when it maps an object
 * (DT_SYMTAB, DT_STRTAB, DT_VERSYM, DT_JMPREL, DT_RELA, DT_GNU_HASH), but not
 * to DT_VERNEED and DT_VERDEF. An offset within an object is always smaller
 * than the address it was mapped to, so a value below the load address is one
 * that was not relocated; this also holds on systems that relocate none.
 *
 * Indices below 2 mean "no version". If the object is libssl calling itself
 * through its own PLT, the index is one of its DT_VERDEF.
 */
#include "hooks/elf.h"

#define VERSION_HIDDEN 0x8000 /* not the default version of the name */
#define VERSION_INDEX  0x7fff

static const void *elf_ptr(uintptr_t base, uintptr_t value)
{
    return (const void *)(value < base ? base + value : value);
}

enum err elf_open(struct elf *ret_elf, uintptr_t base, const ElfW(Dyn) * dyn)
{
    struct elf e = {.base = base};

    for (; dyn->d_tag != DT_NULL; dyn++) {
        const void *p = elf_ptr(base, (uintptr_t)dyn->d_un.d_ptr);
        size_t n = (size_t)dyn->d_un.d_val;

        if (dyn->d_tag == DT_SYMTAB)
            e.syms = p;
        else if (dyn->d_tag == DT_STRTAB)
            e.strs = p;
        else if (dyn->d_tag == DT_STRSZ)
            e.strs_size = n;
        else if (dyn->d_tag == DT_GNU_HASH)
            e.gnu = p;
        else if (dyn->d_tag == DT_HASH)
            e.sysv = p;
        else if (dyn->d_tag == DT_VERSYM)
            e.vers = p;
        else if (dyn->d_tag == DT_VERNEED)
            e.need = p;
        else if (dyn->d_tag == DT_VERNEEDNUM)
            e.need_count = n;
        else if (dyn->d_tag == DT_VERDEF)
            e.def = p;
        else if (dyn->d_tag == DT_VERDEFNUM)
            e.def_count = n;
        else if (dyn->d_tag == DT_JMPREL)
            e.rels[0].ptr = p;
        else if (dyn->d_tag == DT_PLTRELSZ)
            e.rels[0].len = n;
        else if (dyn->d_tag == DT_RELA)
            e.rels[1].ptr = p;
        else if (dyn->d_tag == DT_RELASZ)
            e.rels[1].len = n;
        else if (dyn->d_tag == DT_PLTREL && n != DT_RELA)
            return E_UNSUPPORTED;
    }
    if (!e.syms || !e.strs)
        return E_UNSUPPORTED;
    *ret_elf = e;
    return OK;
}

static bool name_is(const struct elf *e, const ElfW(Sym) * sym,
                    const char *name)
{
    return sym->st_name < e->strs_size &&
           elf_same(e->strs + sym->st_name, name);
}

/* Whether symbol i defines the name, for everyone and by default. */
static bool defines(const struct elf *e, uint32_t i, const char *name)
{
    const ElfW(Sym) *sym = &e->syms[i];
    int type = ELF64_ST_TYPE(sym->st_info);

    return sym->st_shndx != SHN_UNDEF &&
           (type == STT_FUNC || type == STT_OBJECT) &&
           !(e->vers && (e->vers[i] & VERSION_HIDDEN)) && name_is(e, sym, name);
}

/* The GNU hash table: a Bloom filter (skipped here), buckets, chains. */
static uint32_t find_gnu(const struct elf *e, const char *name)
{
    uint32_t buckets = e->gnu[0], first = e->gnu[1], words = e->gnu[2];
    const uint32_t *bucket =
        e->gnu + 4 + words * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t *chain = bucket + buckets;
    uint32_t h = 5381, i;

    if (buckets == 0)
        return 0;
    for (const char *p = name; *p; p++)
        h = h * 33 + (unsigned char)*p;
    i = bucket[h % buckets];
    if (i < first)
        return 0;
    for (;; i++) {
        uint32_t link = chain[i - first];

        if ((link | 1) == (h | 1) && defines(e, i, name))
            return i;
        if (link & 1) /* the last of its chain */
            return 0;
    }
}

/* The older table: buckets and chains, the symbol's index is the link. */
static uint32_t find_sysv(const struct elf *e, const char *name)
{
    uint32_t buckets = e->sysv[0], chains = e->sysv[1];
    const uint32_t *bucket = e->sysv + 2, *chain = bucket + buckets;
    uint32_t h = 0, steps = 0;

    if (buckets == 0)
        return 0;
    for (const char *p = name; *p; p++) {
        h = (h << 4) + (unsigned char)*p;
        h = (h ^ (h >> 24 & 0xf0)) & 0x0fffffff;
    }
    for (uint32_t i = bucket[h % buckets]; i && i < chains; i = chain[i]) {
        if (defines(e, i, name))
            return i;
        if (++steps > chains)
            break;
    }
    return 0;
}

void *elf_find(const struct elf *e, const char *name)
{
    uint32_t i = e->gnu ? find_gnu(e, name) : e->sysv ? find_sysv(e, name) : 0;

    if (i == 0)
        return NULL;
    return (void *)(e->base + (uintptr_t)e->syms[i].st_value);
}

/* The name of version `index` in DT_VERNEED; NULL if it is not there. */
static const char *version_needed(const struct elf *e, unsigned index)
{
    const char *p = e->need;

    for (size_t i = 0; p && i < e->need_count; i++) {
        const ElfW(Verneed) *need = (const void *)p;
        const char *q = p + need->vn_aux;

        for (unsigned k = 0; k < need->vn_cnt; k++) {
            const ElfW(Vernaux) *aux = (const void *)q;

            if ((aux->vna_other & VERSION_INDEX) == index &&
                aux->vna_name < e->strs_size)
                return e->strs + aux->vna_name;
            q += aux->vna_next;
        }
        p += need->vn_next;
    }
    return NULL;
}

/* The same in DT_VERDEF; the first auxiliary entry is the name. */
static const char *version_defined(const struct elf *e, unsigned index)
{
    const char *p = e->def;

    for (size_t i = 0; p && i < e->def_count; i++) {
        const ElfW(Verdef) *def = (const void *)p;
        const ElfW(Verdaux) *aux = (const void *)(p + def->vd_aux);

        if ((def->vd_ndx & VERSION_INDEX) == index &&
            aux->vda_name < e->strs_size)
            return e->strs + aux->vda_name;
        p += def->vd_next;
    }
    return NULL;
}

static const char *version_of(const struct elf *e, size_t i)
{
    unsigned index = e->vers ? e->vers[i] & VERSION_INDEX : 0;
    const char *name;

    if (index < 2)
        return NULL;
    name = version_needed(e, index);
    return name ? name : version_defined(e, index);
}

bool elf_wanted(const struct elf *e, const char *name, const char **ret_version)
{
    for (size_t t = 0; t < ARRAY_LEN(e->rels); t++) {
        const ElfW(Rela) *rel = (const void *)e->rels[t].ptr;
        size_t count = rel ? e->rels[t].len / sizeof(*rel) : 0;

        for (size_t i = 0; i < count; i++) {
            size_t sym = ELF64_R_SYM(rel[i].r_info);

            if (sym && name_is(e, &e->syms[sym], name)) {
                *ret_version = version_of(e, sym);
                return true;
            }
        }
    }
    return false;
}
