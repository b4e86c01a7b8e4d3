/*
 * Opens "libfound.so" (so_early.c under another name), to which only this
 * program's own RUNPATH ($ORIGIN/found) leads.
 */
/* link: -Wl,--enable-new-dtags,-rpath,$ORIGIN/found */
#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
    void *lib = dlopen("libfound.so", RTLD_NOW);
    int (*done)(void) = NULL;

    if (!lib) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    *(void **)&done = dlsym(lib, "early_done");
    return done && done() ? 0 : 1;
}
