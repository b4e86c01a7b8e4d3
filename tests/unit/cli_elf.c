#include "check.h"

#include <elf.h>
#include <stdlib.h>

#include "cli/closure.h"
#include "cli/elf_file.h"
#include "cli/inside.h"
#include "cli/ldcache.h"
#include "cli/report.h"
#include "failmalloc.h"

/* A function of this program that is exported for the tables to hold it. */
__attribute__((visibility("default"))) int exported_here(void);

int exported_here(void)
{
    return 7;
}

static struct str own_bytes(void)
{
    struct str bytes = {NULL, 0};

    CHECK(map_path("/proc/self/exe", &bytes));
    return bytes;
}

static bool needs(const struct elf_file *f, struct str wanted)
{
    struct str name;

    for (size_t i = 0; elf_file_needed(f, &i, &name);)
        if (str_eq(name, wanted))
            return true;
    return false;
}

static bool has_slot(const struct elf_file *f, struct str wanted)
{
    struct elf_slot slot;

    for (size_t i = 0; elf_file_slot(f, &i, &slot);)
        if (str_eq(slot.name, wanted) && slot.at >= f->low && slot.at < f->high)
            return true;
    return false;
}

/* This program, as the linker made it. */
static void test_own(void)
{
    struct str bytes = own_bytes();
    struct elf_file f;

    if (!CHECK_INT(elf_file_open(bytes, &f), OK))
        return;
    CHECK(f.native);
    CHECK(f.interp.len > 0 && f.interp.ptr[0] == '/');
    CHECK(f.dynamic.len > 0);
    CHECK(needs(&f, STR("libc.so.6")));
    CHECK(!needs(&f, STR("libc.so")));
    CHECK(has_slot(&f, STR("memcmp")) || has_slot(&f, STR("memmem")));
    CHECK(!has_slot(&f, STR("no_such_name_anywhere")));
    CHECK(elf_file_section(&f, STR(".dynsym")));
    CHECK(!elf_file_section(&f, STR(".go.buildinfo")));
    CHECK(elf_file_local(&f, STR("exported_here")));
    CHECK(elf_file_local(&f, STR("test_own")));
    CHECK(!elf_file_local(&f, STR("test_ow")));
    unmap(bytes);
}

/* libc, by both what is defined and what is not. */
static void test_symbols(void)
{
    struct closure c = {0};
    uint64_t at = 0;

    CHECK_INT(closure_add(&c, "/proc/self/exe", 0, OBJECT_PROGRAM), OK);
    CHECK_INT(closure_walk(&c), OK);
    for (size_t i = 0; i < c.count; i++) {
        const struct elf_file *f = &c.objects[i].elf;

        CHECK(c.objects[i].kind != OBJECT_MISSING);
        if (!str_eq(f->soname, STR("libc.so.6")))
            continue;
        CHECK(elf_file_symbol(f, STR("qsort"), &at));
        CHECK(at > f->low && at < f->high);
        CHECK(elf_file_symbol(f, STR("write"), &at));
        CHECK(!elf_file_symbol(f, STR("no_such_name_anywhere"), &at));
        CHECK(!elf_file_symbol(f, STR(""), &at));
    }
    CHECK(at != 0);
    CHECK(c.count >= 2 && !c.cut);
    closure_free(&c);
}

static void walk_all(const struct elf_file *f)
{
    struct elf_slot slot;
    struct str name;
    uint64_t at;

    for (size_t i = 0; elf_file_needed(f, &i, &name);)
        CHECK(name.len > 0);
    for (size_t i = 0; elf_file_slot(f, &i, &slot);)
        (void)slot;
    (void)elf_file_symbol(f, STR("SSL_write"), &at);
    (void)elf_file_local(f, STR("SSL_write"));
    (void)elf_file_section(f, STR(".go.buildinfo"));
    (void)inside_look(f, "x");
}

/*
 * A small file of which every byte matters: headers, a dynamic section with
 * both hash tables, one relocation, section headers.
 */
struct small {
    Elf64_Ehdr head;
    Elf64_Phdr segments[3];
    char interp[16];
    char strs[48];
    Elf64_Sym syms[3];
    uint32_t sysv[7];
    uint32_t gnu[10];
    Elf64_Rela rels[1];
    Elf64_Dyn dynamic[12];
    Elf64_Shdr sections[3];
};

#define AT(member) offsetof(struct small, member)

static void fill_head(struct small *s)
{
    memcpy(s->head.e_ident, ELFMAG, SELFMAG);
    s->head.e_ident[EI_CLASS] = ELFCLASS64;
    s->head.e_ident[EI_DATA] = ELFDATA2LSB;
    s->head.e_machine = EM_X86_64;
    s->head.e_phoff = AT(segments);
    s->head.e_phentsize = sizeof(Elf64_Phdr);
    s->head.e_phnum = 3;
    s->head.e_shoff = AT(sections);
    s->head.e_shentsize = sizeof(Elf64_Shdr);
    s->head.e_shnum = 3;
    s->head.e_shstrndx = 2;
    s->segments[0] = (Elf64_Phdr){
        .p_type = PT_LOAD, .p_filesz = sizeof(*s), .p_memsz = sizeof(*s)};
    s->segments[1] = (Elf64_Phdr){.p_type = PT_INTERP,
                                  .p_offset = AT(interp),
                                  .p_filesz = sizeof(s->interp)};
    s->segments[2] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
                                  .p_offset = AT(dynamic),
                                  .p_vaddr = AT(dynamic),
                                  .p_filesz = sizeof(s->dynamic)};
}

static void fill_tables(struct small *s, bool gnu)
{
    const Elf64_Dyn dynamic[] = {
        {DT_STRTAB, {AT(strs)}},
        {DT_STRSZ, {sizeof(s->strs)}},
        {DT_SYMTAB, {AT(syms)}},
        {gnu ? DT_GNU_HASH : DT_HASH, {gnu ? AT(gnu) : AT(sysv)}},
        {DT_JMPREL, {AT(rels)}},
        {DT_PLTRELSZ, {sizeof(s->rels)}},
        {DT_NEEDED, {1}},
        {DT_SONAME, {9}},
        {DT_RUNPATH, {17}},
        {DT_NULL, {0}},
    };
    const uint32_t sysv[] = {1, 3, 2, 0, 0, 0, 0}; /* one bucket: symbol 2 */
    uint32_t hash = 5381;

    memcpy(s->dynamic, dynamic, sizeof(dynamic));
    memcpy(s->sysv, sysv, sizeof(sysv));
    for (const char *p = "SSL_write"; *p != '\0'; p++)
        hash = hash * 33 + (unsigned char)*p;
    s->gnu[0] = 1;        /* bucket */
    s->gnu[1] = 2;        /* first symbol */
    s->gnu[2] = 1;        /* word of the filter */
    s->gnu[6] = 2;        /* the bucket */
    s->gnu[7] = hash | 1; /* the chain's end */
    s->rels[0] = (Elf64_Rela){.r_offset = 0x40,
                              .r_info = ELF64_R_INFO(1, R_X86_64_JUMP_SLOT)};
}

static void fill_small(struct small *s, bool gnu)
{
    static const char strs[] = "\0libx.so\0liby.so\0$ORIGIN\0read\0SSL_write";

    memset(s, 0, sizeof(*s));
    fill_head(s);
    fill_tables(s, gnu);
    memcpy(s->interp, "/lib/ld.so", 11);
    memcpy(s->strs, strs, sizeof(strs));
    s->syms[1].st_name = 25;
    s->syms[2] = (Elf64_Sym){.st_name = 30,
                             .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                             .st_shndx = 1,
                             .st_value = 0x99};
    s->sections[1] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
                                  .sh_offset = AT(syms),
                                  .sh_size = sizeof(s->syms),
                                  .sh_link = 2};
    s->sections[2] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
                                  .sh_offset = AT(strs),
                                  .sh_size = sizeof(s->strs)};
}

static void check_small(bool gnu)
{
    struct elf_slot slot = {0};
    struct small s;
    struct elf_file f;
    struct str name;
    uint64_t at = 0;
    size_t i = 0;

    fill_small(&s, gnu);
    if (!CHECK_INT(elf_file_open((struct str){(char *)&s, sizeof(s)}, &f), OK))
        return;
    CHECK_STR(f.interp, "/lib/ld.so");
    CHECK_STR(f.soname, "liby.so");
    CHECK_STR(f.runpath, "$ORIGIN");
    CHECK_INT(f.rpath.len, 0);
    CHECK(elf_file_needed(&f, &i, &name));
    CHECK_STR(name, "libx.so");
    CHECK(!elf_file_needed(&f, &i, &name));
    CHECK(elf_file_symbol(&f, STR("SSL_write"), &at));
    CHECK_INT(at, 0x99);
    CHECK(!elf_file_symbol(&f, STR("read"), &at));
    i = 0;
    CHECK(elf_file_slot(&f, &i, &slot));
    CHECK_STR(slot.name, "read");
    CHECK(slot.lazy && slot.at == 0x40);
    CHECK(!elf_file_slot(&f, &i, &slot));
    CHECK(elf_file_local(&f, STR("SSL_write")));
    CHECK_INT(inside_look(&f, "prog").how, INSIDE_EXPORTED);
}

static void test_small(void)
{
    check_small(true);
    check_small(false);
}

/* Each cut, and each byte with each of its bits turned, in memory that ends
 * with the file. */
static void test_hostile(void)
{
    struct elf_file f;
    struct small s;

    for (int gnu = 0; gnu < 2; gnu++) {
        fill_small(&s, gnu != 0);
        for (size_t n = 0; n <= sizeof(s); n++) {
            char *copy = malloc(n + (n == 0));

            memcpy(copy, &s, n);
            if (elf_file_open((struct str){copy, n}, &f) == OK)
                walk_all(&f);
            free(copy);
        }
        for (size_t n = 0; n < 8 * sizeof(s); n++) {
            char *copy = malloc(sizeof(s));

            memcpy(copy, &s, sizeof(s));
            copy[n / 8] = (char)(copy[n / 8] ^ 1 << n % 8);
            if (elf_file_open((struct str){copy, sizeof(s)}, &f) == OK)
                walk_all(&f);
            free(copy);
        }
    }
}

static void test_foreign(void)
{
    struct elf_file f;
    struct small s;
    struct str bytes = {(char *)&s, sizeof(s)};

    fill_small(&s, true);
    s.head.e_ident[EI_CLASS] = ELFCLASS32;
    CHECK_INT(elf_file_open(bytes, &f), OK);
    CHECK(!f.native && f.class == ELFCLASS32 && f.machine == EM_X86_64);
    fill_small(&s, true);
    s.head.e_ident[EI_DATA] = ELFDATA2MSB;
    CHECK_INT(elf_file_open(bytes, &f), OK);
    CHECK(!f.native);
    fill_small(&s, true);
    s.head.e_phoff = sizeof(s);
    CHECK_INT(elf_file_open(bytes, &f), E_SYNTAX);
    CHECK_INT(elf_file_open(STR("#!/bin/sh\n"), &f), E_SYNTAX);
}

/* --- The cache of libraries. */

static size_t put_cache(char *out)
{
    static const char strings[] = "\0libx.so.1\0/opt/libx.so.1\0/usr/libx.so.1";
    const uint32_t entries[2][6] = {{3, 97, 107, 0, 0, 0},
                                    {3, 97, 122, 0, 0, 0}};
    uint32_t count = 2;

    memset(out, 0, 48);
    memcpy(out, "glibc-ld.so.cache1.1", 20);
    memcpy(out + 20, &count, sizeof(count));
    memcpy(out + 48, entries, sizeof(entries));
    memcpy(out + 96, strings, sizeof(strings));
    return 96 + sizeof(strings);
}

static void test_cache(void)
{
    char bytes[256];
    struct str cache = {bytes, put_cache(bytes)}, path;
    size_t i = 0;

    CHECK(ldcache_next(cache, STR("libx.so.1"), &i, &path));
    CHECK_STR(path, "/opt/libx.so.1");
    CHECK(ldcache_next(cache, STR("libx.so.1"), &i, &path));
    CHECK_STR(path, "/usr/libx.so.1");
    CHECK(!ldcache_next(cache, STR("libx.so.1"), &i, &path));
    i = 0;
    CHECK(!ldcache_next(cache, STR("libx.so"), &i, &path));
    for (size_t n = 0; n < cache.len; n++) {
        char *copy = malloc(n + (n == 0));

        memcpy(copy, bytes, n);
        i = 0;
        while (ldcache_next((struct str){copy, n}, STR("libx.so.1"), &i, &path))
            CHECK(path.ptr >= copy && path.ptr + path.len < copy + n);
        free(copy);
    }
}

/* --- Memory that runs out. */

static void test_nth_allocation(void)
{
    for (size_t n = 1;; n++) {
        struct closure c = {0};
        struct report r = {0};
        enum err e;

        failmalloc_at(n, FAIL_FROM);
        if ((e = closure_add(&c, "/proc/self/exe", 0, OBJECT_PROGRAM)) == OK)
            e = closure_walk(&c);
        report_add(&r, GRADE_NOTE, "a", "b", "%d", 1);
        if (!failmalloc_off()) {
            CHECK(e == OK && !r.failed && r.count == 1);
            closure_free(&c);
            report_free(&r);
            break;
        }
        CHECK(r.failed || r.count == 1);
        CHECK(e == OK || e == E_NOMEM);
        CHECK(e == E_NOMEM || r.failed);
        closure_free(&c);
        report_free(&r);
    }
}

int main(void)
{
    RUN(test_own);
    RUN(test_symbols);
    RUN(test_small);
    RUN(test_hostile);
    RUN(test_foreign);
    RUN(test_cache);
    RUN(test_nth_allocation);
    return check_done();
}
