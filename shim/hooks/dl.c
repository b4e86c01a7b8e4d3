/*
 * The C side of dlopen, dlmopen, dlsym and dlvsym (the stubs are in dlstub.S).
 *
 * Programs that open libssl by hand fetch each function by name and would
 * never meet our symbols; so dlsym hands out the hook where it would have
 * answered with the function. What it would have answered is remembered: for
 * such a caller it is the real one.
 *
 * Names of the C library are not substituted: a program that asks for its
 * "write" by name wants exactly that, and the hook on it serves only the
 * bookkeeping of net.c.
 *
 * What dlmopen opens in a namespace of its own has a C library of its own, and
 * none of what is preloaded: it runs unguarded, but for functions of a TLS
 * library that the program itself asks for by dlsym.
 */
#include "hooks/dl.h"

#include <dlfcn.h>

#include "hooks/curl.h"
#include "hooks/elf.h"
#include "hooks/load.h"
#include "hooks/names.h"
#include "hooks/gnutls.h"
#include "hooks/note.h"
#include "hooks/openssl.h"
#include "hooks/real.h"

void *dl_real_open, *dl_real_mopen, *dl_real_sym, *dl_real_vsym;
int dl_open_mask = ~RTLD_DEEPBIND;

#define NAME_DEFINE(fn) const char NAME(fn)[] = #fn;
NAME_LIST(NAME_DEFINE)

#define HOOK(fn) {NAME(fn), (void (*)(void))fn},

static const struct hook {
    const char *name;
    void (*fn)(void);
} hooks[] = {NAME_LIST(HOOK)};

static void *absent(void)
{
    return NULL;
}

static void *bound(const char *name)
{
    void *fn = real_libc(name);

    return fn ? fn : (void *)(uintptr_t)&absent;
}

void dl_bind(void)
{
    dl_real_open = bound("dlopen");
    dl_real_mopen = bound("dlmopen");
    dl_real_vsym = bound("dlvsym");
    dl_real_sym = bound("dlsym");
}

const char dl_refused[] =
    "refused by sallyport: a namespace of its own (dlmopen)";

int dl_admits(const char *file)
{
    struct uncovered u = {
        .exe = file ? file : "the program",
        .reason = "opened in a namespace of its own (dlmopen), where no "
                  "preloaded library is",
        .refused = load_refuses_uncovered(),
    };

    if (load_off())
        return 1;
    note_report(load_audit(), &u, /* anyway */ false);
    return !u.refused;
}

static const struct hook *find(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LEN(hooks); i++)
        if (elf_same(hooks[i].name, name))
            return &hooks[i];
    return NULL;
}

int dl_listed(const char *name)
{
    return find(name) && !load_off();
}

/* The hook in place of what was found, which is remembered. */
static void *substitute(const char *name, void *found, const void *from)
{
    const struct hook *hook = find(name);

    if (!found || !hook || real_is_ours(found) || real_is_own(found))
        return found;
    real_note(from, hook->name, found);
    return (void *)(uintptr_t)hook->fn;
}

void *dl_sym(void *handle, const char *name)
{
    void *(*sym)(void *, const char *);

    memcpy(&sym, &dl_real_sym, sizeof(sym));
    return substitute(name, sym(handle, name), CALLER);
}

void *dl_vsym(void *handle, const char *name, const char *version)
{
    void *(*vsym)(void *, const char *, const char *);

    memcpy(&vsym, &dl_real_vsym, sizeof(vsym));
    return substitute(name, vsym(handle, name, version), CALLER);
}
