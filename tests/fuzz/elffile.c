/*
 * Any bytes as an ELF file, and as a cache of library paths: all that is found
 * lies within them.
 */
#include <stdint.h>
#include <stdlib.h>

#include "cli/elf_file.h"
#include "cli/inside.h"
#include "cli/ldcache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct str all, struct str s)
{
    if (s.len > 0 && (s.ptr < all.ptr || s.ptr + s.len > all.ptr + all.len))
        abort();
}

static void walk(const struct elf_file *f)
{
    struct elf_slot slot;
    struct str name;
    uint64_t at;

    inside(f->bytes, f->interp);
    inside(f->bytes, f->soname);
    inside(f->bytes, f->rpath);
    inside(f->bytes, f->runpath);
    for (size_t i = 0; elf_file_needed(f, &i, &name);)
        inside(f->bytes, name);
    for (size_t i = 0; elf_file_slot(f, &i, &slot);)
        inside(f->bytes, slot.name);
    if (elf_file_symbol(f, STR("SSL_write"), &at))
        inside(f->bytes, elf_file_at(f, at));
    (void)inside_look(f, "program");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = {(const char *)data, size}, path;
    struct elf_file f;

    if (elf_file_open(all, &f) == OK)
        walk(&f);
    for (size_t i = 0; ldcache_next(all, STR("libc.so.6"), &i, &path);)
        inside(all, path);
    return 0;
}
