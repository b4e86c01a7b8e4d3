#ifndef SP_COMPILE_FILES_H
#define SP_COMPILE_FILES_H

#include "compile/compile.h"

/* One file that is read: where it came from, and its tree. */
enum source_kind {
    SOURCE_ANY,      /* named on the command line */
    SOURCE_INCLUDE,  /* a policy or a pack        */
    SOURCE_PROVIDER, /* a provider description    */
};

struct source {
    const char *path; /* as shown in errors */
    enum source_kind kind;
    const struct source *parent; /* who included it; NULL for the first */
    struct place named;          /* where */
    uint64_t dev, ino;
    const struct yaml_node *root;
    struct source *next;
};

/*
 * files_add - queue the file `name` that `from` names in its node `n`. Looked
 * for beside `from`, then in the search path; an absolute name is taken as it
 * is. False (with an error) where it is nowhere, or includes itself; true and
 * nothing queued where it has been already.
 */
bool files_add(struct compile *c, const struct source *from,
               const struct yaml_node *n, struct str name,
               enum source_kind kind);

/* files_first - queue the file of the command line. */
bool files_first(struct compile *c, const char *path);

/*
 * files_provider - queue an installed description by its id, from the search
 * path; `n` named it. False where there is none.
 */
bool files_provider(struct compile *c, const struct source *from,
                    const struct yaml_node *n, struct str id);

/* files_installed - queue every providers/NAME.yaml of the search path, those
 * of an earlier directory instead of later ones of the same name. */
bool files_installed(struct compile *c);

/* files_find - the path of the file `name` that `from` names in its node `n`,
 * looked for as in files_add; NULL (with an error) where there is none. */
const char *files_find(struct compile *c, const struct source *from,
                       const struct yaml_node *n, struct str name);

/* files_text - all of a file, as a part of what the image is made of. False
 * (with an error) where it cannot be read or is over the buffer's limit. */
bool files_text(struct compile *c, const char *path, struct buf *text);

/* files_read - the tree of a queued file. */
bool files_read(struct compile *c, struct source *s);

#endif
