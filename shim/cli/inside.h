#ifndef SP_CLI_INSIDE_H
#define SP_CLI_INSIDE_H

#include "cli/elf_file.h"

/*
 * What speaks TLS, or a protocol upon it, within an object: told by the name it
 * is known by, by what it shows to others, or by texts that such code carries.
 */
enum inside {
    INSIDE_NONE,
    INSIDE_OPENSSL, /* and what has its functions: LibreSSL, BoringSSL  */
    INSIDE_GNUTLS,
    INSIDE_NSS,
    INSIDE_OTHER, /* a TLS library of another interface                 */
    INSIDE_CURL,
    INSIDE_QUIC,
    INSIDE_JAVA,
    INSIDE_DOTNET,
    INSIDE_URING, /* sends and receives without libc */
    INSIDE_GO,
};

enum inside_how {
    INSIDE_SHARED,   /* it is that library                           */
    INSIDE_EXPORTED, /* linked into it, its functions shown to others */
    INSIDE_SYMTAB,   /* linked in, named for debuggers only          */
    INSIDE_HIDDEN,   /* linked in; texts tell so                     */
};

struct inside_view {
    enum inside what;
    enum inside_how how;
    const char *name, *sign; /* what it is, and what tells so; static */
    bool patchable; /* linked into a program, where our start redirects it */
};

/*
 * inside_look - what is in an object that lies at this path.
 */
struct inside_view inside_look(const struct elf_file *f, const char *path);

/*
 * inside_tls - why a program's own calls to TLS go past a preloaded library, as
 * far as its symbols tell: it was made by Go, or it defines and exports the
 * functions of a TLS library (BoringSSL, GnuTLS), but not the whole of OpenSSL,
 * whose calls are redirected (hooks/patch.h). Static text, with
 * the same in a word to *ret_gap; NULL where nothing tells so.
 */
const char *inside_tls(const struct elf_file *f, const char **ret_gap);

#endif
