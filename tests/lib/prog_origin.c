/*
 * Opens "libfound.so", which only this program's own RUNPATH ($ORIGIN/found)
 * leads to; with "next" also asks for RTLD_NEXT from here, which must not be
 * the shim's hook but what comes behind this program: the first in the scope.
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
