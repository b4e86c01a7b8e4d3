#ifndef SP_HOOKS_DL_H
#define SP_HOOKS_DL_H

#include "base/str.h"

/*
 * The parts of dlopen, dlmopen, dlsym and dlvsym that the assembler stubs of
 * dlstub.S need from C. All symbols are hidden.
 */

/* The true functions; NULL until dl_bind. Read by the stubs. */
extern void *dl_real_open, *dl_real_mopen, *dl_real_sym, *dl_real_vsym;

/* What is kept of dlopen's flags: all but RTLD_DEEPBIND, unless configured. */
extern int dl_open_mask;

/* dl_bind - set the four pointers; never leaves one NULL. */
void dl_bind(void);

/*
 * dl_admits - 1 if this file may be opened in another namespace of the dynamic
 * linker's, which is told, else 0. dl_refused: a name that no file has, for the
 * linker to fail with.
 */
int dl_admits(const char *file);
extern const char dl_refused[];

/* dl_listed - 1 if a hook of this name is handed out by dlsym, else 0. */
int dl_listed(const char *name);

/*
 * dl_sym, dl_vsym - what dlsym and dlvsym answer for a real handle and a
 * listed name: the hook, if the true lookup finds something; else NULL.
 */
void *dl_sym(void *handle, const char *name);
void *dl_vsym(void *handle, const char *name, const char *version);

#endif
