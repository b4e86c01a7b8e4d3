#ifndef SP_CLI_CLOSURE_H
#define SP_CLI_CLOSURE_H

#include "cli/elf_file.h"

/*
 * What a program is made of: its file, the libraries that the dynamic linker
 * would map with it, and the modules that it is known to load later, each with
 * its libraries. Nothing of it is run.
 */
enum object_kind {
    OBJECT_PROGRAM,
    OBJECT_LIBRARY, /* needed by its parent        */
    OBJECT_MODULE,  /* loaded by the program later */
    OBJECT_MISSING, /* needed, and not found       */
};

struct object {
    char *path;    /* the name alone where it is missing */
    size_t parent; /* index; its own for the program     */
    enum object_kind kind;
    struct elf_file elf; /* zeroed where it is missing         */
};

struct closure {
    struct object *objects;
    size_t count, walked;
    struct str cache; /* of library paths; mapped           */
    bool cut;         /* there was more than LIM_OBJECTS    */
};

/*
 * closure_add - one file, which is mapped. Nothing happens if it is there
 * already. The parent of the first one does not count.
 *
 * E_UNSUPPORTED  it cannot be read; errno tells
 * E_SYNTAX       it is no ELF file of ours
 * E_LIMIT        LIM_OBJECTS are there; `cut` is set
 * E_NOMEM
 */
MUST_USE enum err closure_add(struct closure *c, const char *path,
                              size_t parent, enum object_kind kind);

/*
 * closure_put - append an object that is mapped already; its bytes belong to
 * the closure then. E_NOMEM, and E_LIMIT as above: they stay the caller's.
 */
MUST_USE enum err closure_put(struct closure *c, const char *path,
                              enum object_kind kind,
                              const struct elf_file *elf);

/*
 * closure_walk - add what the objects need, until nothing is new. Libraries are
 * looked for as ld.so(8) has it: RPATH, LD_LIBRARY_PATH of this process,
 * RUNPATH, the cache, the trusted directories. E_NOMEM.
 */
MUST_USE enum err closure_walk(struct closure *c);

void closure_free(struct closure *c);

/* base_name - what stands behind the last slash. */
struct str base_name(const char *path);

/*
 * map_path - the bytes of a regular file, to be freed by unmap. An empty file
 * gives the empty str. False, with errno, if it cannot be read.
 */
bool map_path(const char *path, struct str *ret_bytes);
bool map_fd(int fd, struct str *ret_bytes);
void unmap(struct str bytes);

#endif
