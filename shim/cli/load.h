#ifndef SP_CLI_LOAD_H
#define SP_CLI_LOAD_H

#include "base/buf.h"
#include "compile/compile.h"

/*
 * A policy that is ready for use: the image in memory and in a file, for the
 * programs that are started under it.
 */
struct loaded {
    struct compile compile;
    char today[16];
    struct buf image;
    char path[4400]; /* of the image; empty if not asked for */
};

/*
 * load_policy - read, check and compile. rules: the policy's file, or NULL for
 * the default one. Errors are printed. Images are kept in a cache by a digest
 * of all that they are made of, so that a second run compiles nothing; with
 * need_path an image file is made even where there is no cache.
 *
 * False, and nothing to free, if there is no usable policy.
 */
bool load_policy(const char *rules, bool need_path, struct loaded *ret_loaded);
void loaded_free(struct loaded *l);

/* load_diags - print what a compilation found wrong, to stderr. */
void load_diags(struct compile *c);

/* load_today - the date for compile_options. */
void load_today(char ret_today[16]);

/* load_day - the same as rules know it: counted from 1970. */
uint32_t load_day(void);

/* load_explain - an error that is not in the diags, in words. */
const char *load_explain(enum err e);

#endif
