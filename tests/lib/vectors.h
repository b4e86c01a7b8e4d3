#ifndef SP_TESTS_VECTORS_H
#define SP_TESTS_VECTORS_H

/*
 * Cases that are directories: tests/vectors/ROOM/CASE/. A test program has one
 * function that runs the case at work; a new case needs no code. Names that
 * hold a dot are files that all cases of a room share.
 */

#include "base/buf.h"
#include "check.h"

/* The directory of the case at work. */
const char *vector_dir(void);

/*
 * Files, until the case ends; {NULL, 0} if there is none. A NUL follows the
 * bytes. vector_shared: the case's own, else the room's.
 */
struct str vector_file(const char *name);
struct str vector_shared(const char *name);
struct str vector_path(const char *path);

/* A number at the front of the file, in decimal; `none` without the file. */
uint64_t vector_number(const char *name, uint64_t none);

/*
 * vector_word - the next word of *rest, words being what white space stands
 * between; empty at the end.
 */
struct str vector_word(struct str *rest);

/* vector_add - append, or stop the program. */
void vector_add(struct buf *out, struct str s);
/* vector_say - the same with a format of printf. */
__attribute__((format(printf, 2, 3))) void vector_say(struct buf *out,
                                                      const char *format, ...);
/*
 * vector_quote - a text between quotes, on one line: \n \r \t \\ and \", other
 * control bytes as \x1f; bytes above 127 as they are if it is UTF-8, else \xff.
 */
void vector_quote(struct buf *out, struct str s);

/*
 * vector_step - how far apart the cuts of an every-split test are: 1 at both
 * ends of the input and everywhere in one of at most 1 KiB.
 */
size_t vector_step(size_t at, size_t len);

/* For vectors_main: the cases of a room in order, how many there are. */
size_t vectors_open(const char *room);
const char *vectors_begin(size_t i); /* its name */
void vectors_end(void);

/* vectors_main - run the cases, or those alone that are named. */
static inline int vectors_main(const char *room, void (*run)(void), int argc,
                               char **argv)
{
    size_t n = vectors_open(room);

    for (size_t i = 0; i < n; i++) {
        const char *name = vectors_begin(i);
        bool wanted = argc < 2;

        for (int k = 1; k < argc; k++)
            wanted |= strcmp(argv[k], name) == 0;
        if (wanted)
            check_run(run, name);
        vectors_end();
    }
    return n > 0 ? check_done() : 1;
}

#endif
