#include "check.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "hooks/elf.h"

/* A function of this program that is exported for the table to hold it. */
__attribute__((visibility("default"))) int exported_here(void);

int exported_here(void)
{
    return 7;
}

static bool open_map(const void *addr, struct elf *e)
{
    struct link_map *map = NULL;
    Dl_info info;

    return dladdr1(addr, &info, (void **)&map, RTLD_DL_LINKMAP) && map &&
           elf_open(e, map->l_addr, map->l_ld) == OK;
}

/* In libc every name is where the dynamic linker says it is. */
static void test_find(void)
{
    static const char *const names[] = {"malloc", "qsort", "dlsym", "dlvsym",
                                        "dlopen", "read",  "write"};
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    struct elf e;

    CHECK(libc != NULL);
    CHECK(open_map(dlsym(libc, "qsort"), &e));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        CHECK(elf_find(&e, names[i]) == dlsym(libc, names[i]));
    CHECK(elf_find(&e, "no_such_name_anywhere") == NULL);
    CHECK(elf_find(&e, "") == NULL);
    dlclose(libc);
}

static void test_find_sysv(void)
{
    /* one bucket, symbols 1 and 2 in its chain; 2 is hidden by version */
    static const char strs[] = "\0alpha\0beta\0gamma";
    static const ElfW(Sym) syms[] = {
        {0},
        {.st_name = 1,
         .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
         .st_shndx = 1,
         .st_value = 0x10},
        {.st_name = 7,
         .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
         .st_shndx = 1,
         .st_value = 0x20},
        {.st_name = 12,
         .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
         .st_shndx = SHN_UNDEF},
    };
    static const ElfW(Half) vers[] = {0, 2, 0x8003, 2};
    static const uint32_t hash[] = {1, 4, 1, 0, 2, 3, 0};
    struct elf e = {.base = 0x1000,
                    .syms = syms,
                    .strs = strs,
                    .strs_size = sizeof(strs),
                    .sysv = hash,
                    .vers = vers};

    CHECK(elf_find(&e, "alpha") == (void *)0x1010);
    CHECK(elf_find(&e, "beta") == NULL);
    CHECK(elf_find(&e, "gamma") == NULL);
    CHECK(elf_find(&e, "delta") == NULL);
}

/* This program asks for getenv, in the version libc had at its start. */
static void test_wanted(void)
{
    const char *version = "none";
    struct elf e;

    CHECK(getenv("no such variable") == NULL);
    CHECK(open_map((const void *)(uintptr_t)&exported_here, &e));
    CHECK(elf_wanted(&e, "getenv", &version));
    CHECK(version && !strncmp(version, "GLIBC_2.", 8));
    version = "none";
    CHECK(!elf_wanted(&e, "SSL_write", &version));
    CHECK(!strcmp(version, "none"));
}

static void test_open(void)
{
    static const ElfW(Dyn) empty[] = {{.d_tag = DT_NULL}};
    static const ElfW(Dyn) rel[] = {{.d_tag = DT_SYMTAB, .d_un.d_ptr = 1},
                                    {.d_tag = DT_STRTAB, .d_un.d_ptr = 1},
                                    {.d_tag = DT_PLTREL, .d_un.d_val = DT_REL},
                                    {.d_tag = DT_NULL}};
    struct elf e;

    CHECK_INT(elf_open(&e, 0, empty), E_UNSUPPORTED);
    CHECK_INT(elf_open(&e, 0, rel), E_UNSUPPORTED);
}

int main(void)
{
    RUN(test_find);
    RUN(test_find_sysv);
    RUN(test_wanted);
    RUN(test_open);
    return check_done();
}
