/*
 * A symbol is looked for in the program itself first, then in what is
 * preloaded. So a program that defines SSL_write calls its own, and ours never
 * hears of it. Where the functions are hidden, texts still tell: the labels of
 * the TLS 1.3 key schedule for key logs stand in every implementation, the
 * names of source files in most. Such texts are evidence, not proof.
 */
#include "cli/inside.h"

#include "cli/closure.h"

/* --- Libraries by their names. */

static const struct {
    struct str start; /* of the file's name or DT_SONAME */
    enum inside what;
    const char *name;
} libraries[] = {
    {STR_INIT("libssl.so"), INSIDE_OPENSSL, "OpenSSL"},
    {STR_INIT("libgnutls.so"), INSIDE_GNUTLS, "GnuTLS"},
    {STR_INIT("libssl3.so"), INSIDE_NSS, "NSS"},
    {STR_INIT("libmbedtls.so"), INSIDE_OTHER, "Mbed TLS"},
    {STR_INIT("libwolfssl.so"), INSIDE_OTHER, "wolfSSL"},
    {STR_INIT("libbearssl.so"), INSIDE_OTHER, "BearSSL"},
    {STR_INIT("libs2n.so"), INSIDE_OTHER, "s2n-tls"},
    {STR_INIT("librustls"), INSIDE_OTHER, "rustls"},
    {STR_INIT("libbotan-"), INSIDE_OTHER, "Botan"},
    {STR_INIT("libcurl.so"), INSIDE_CURL, "libcurl"},
    {STR_INIT("libcurl-"), INSIDE_CURL, "libcurl"},
    {STR_INIT("libngtcp2.so"), INSIDE_QUIC, "ngtcp2"},
    {STR_INIT("libquiche.so"), INSIDE_QUIC, "quiche"},
    {STR_INIT("libmsquic.so"), INSIDE_QUIC, "MsQuic"},
    {STR_INIT("liblsquic.so"), INSIDE_QUIC, "LSQUIC"},
    {STR_INIT("libjli.so"), INSIDE_JAVA, "Java"},
    {STR_INIT("libjvm.so"), INSIDE_JAVA, "Java"},
    {STR_INIT("libhostfxr.so"), INSIDE_DOTNET, ".NET"},
    {STR_INIT("libcoreclr.so"), INSIDE_DOTNET, ".NET"},
    {STR_INIT("liburing.so"), INSIDE_URING, "io_uring"},
};

static bool by_name(struct str name, struct inside_view *ret_view)
{
    for (size_t i = 0; i < ARRAY_LEN(libraries); i++)
        if (str_starts(name, libraries[i].start)) {
            *ret_view =
                (struct inside_view){libraries[i].what, INSIDE_SHARED,
                                     libraries[i].name, "its name", false};
            return true;
        }
    return false;
}

/* --- Linked in, with symbols. */

static const struct {
    struct str symbol;
    enum inside what;
    const char *name;
} symbols[] = {
    {STR_INIT("SSL_write"), INSIDE_OPENSSL, "OpenSSL or a relative of it"},
    {STR_INIT("SSL_CTX_new"), INSIDE_OPENSSL, "OpenSSL or a relative of it"},
    {STR_INIT("gnutls_record_send"), INSIDE_GNUTLS, "GnuTLS"},
    {STR_INIT("mbedtls_ssl_write"), INSIDE_OTHER, "Mbed TLS"},
    {STR_INIT("wolfSSL_write"), INSIDE_OTHER, "wolfSSL"},
};

/* As patch.c will see it in the running program. */
static bool is_patchable(const struct elf_file *f)
{
    static const struct str signs[] = {
        STR_INIT("SSL_write"),
        STR_INIT("SSL_read"),
        STR_INIT("SSL_peek"),
        STR_INIT("SSL_pending"),
        STR_INIT("SSL_new"),
        STR_INIT("SSL_CTX_new"),
        STR_INIT("TLS_client_method"),
        STR_INIT("BIO_new"),
        STR_INIT("OPENSSL_init_crypto"),
    };
    uint64_t at;

    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (!elf_file_symbol(f, signs[i], &at))
            return false;
    return f->machine == EM_X86_64;
}

static bool by_export(const struct elf_file *f, struct inside_view *ret_view)
{
    uint64_t at;

    for (size_t i = 0; i < ARRAY_LEN(symbols); i++)
        if (elf_file_symbol(f, symbols[i].symbol, &at)) {
            *ret_view = (struct inside_view){
                symbols[i].what, INSIDE_EXPORTED, symbols[i].name,
                symbols[i].symbol.ptr, is_patchable(f)};
            return true;
        }
    return false;
}

static bool by_symtab(const struct elf_file *f, struct inside_view *ret_view)
{
    for (size_t i = 0; i < ARRAY_LEN(symbols); i++)
        if (elf_file_local(f, symbols[i].symbol)) {
            *ret_view = (struct inside_view){symbols[i].what, INSIDE_SYMTAB,
                                             symbols[i].name,
                                             symbols[i].symbol.ptr, false};
            return true;
        }
    return false;
}

/* --- Linked in, by its texts. */

static bool has(const struct elf_file *f, struct str text)
{
    return f->bytes.len > 0 &&
           memmem(f->bytes.ptr, f->bytes.len, text.ptr, text.len) != NULL;
}

/* The most telling first: Bun, for one, is all of the next two as well. */
static const struct {
    struct str text;
    enum inside what;
    const char *name;
} texts[] = {
    {STR_INIT("---- Bun! ----"), INSIDE_OTHER, "Bun, with BoringSSL"},
    {STR_INIT("boringssl"), INSIDE_OTHER, "BoringSSL"},
    {STR_INIT("BoringSSL"), INSIDE_OTHER, "BoringSSL"},
    {STR_INIT("ssl/ssl_lib.c"), INSIDE_OPENSSL, "OpenSSL"},
    {STR_INIT("rustls"), INSIDE_OTHER, "rustls"},
    {STR_INIT("wolfSSL"), INSIDE_OTHER, "wolfSSL"},
    {STR_INIT("mbedtls"), INSIDE_OTHER, "Mbed TLS"},
    {STR_INIT("mbed TLS"), INSIDE_OTHER, "Mbed TLS"},
    {STR_INIT("gnutls"), INSIDE_GNUTLS, "GnuTLS"},
    {STR_INIT("s2n_"), INSIDE_OTHER, "s2n-tls"},
};

static bool by_text(const struct elf_file *f, struct inside_view *ret_view)
{
    static const struct str label = STR_INIT("CLIENT_TRAFFIC_SECRET_0");

    if (!has(f, label)) {
        if (has(f, STR("ssl/ssl_lib.c"))) /* older, or without key logs */
            *ret_view = (struct inside_view){INSIDE_OPENSSL, INSIDE_HIDDEN,
                                             "OpenSSL", "ssl/ssl_lib.c", false};
        else if (has(f, STR("hostfxr_main"))) /* what starts a .NET program */
            *ret_view = (struct inside_view){INSIDE_DOTNET, INSIDE_HIDDEN,
                                             ".NET", "hostfxr_main", false};
        return ret_view->what != INSIDE_NONE;
    }
    *ret_view = (struct inside_view){INSIDE_OTHER, INSIDE_HIDDEN,
                                     "a TLS library", label.ptr, false};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (has(f, texts[i].text)) {
            *ret_view =
                (struct inside_view){texts[i].what, INSIDE_HIDDEN,
                                     texts[i].name, texts[i].text.ptr, false};
            break;
        }
    return true;
}

/* --- All of it. */

static bool is_go(const struct elf_file *f)
{
    return elf_file_section(f, STR(".note.go.buildid")) ||
           elf_file_section(f, STR(".go.buildinfo"));
}

struct inside_view inside_look(const struct elf_file *f, const char *path)
{
    struct inside_view view = {INSIDE_NONE, INSIDE_SHARED, "", "", false};

    if (is_go(f))
        return (struct inside_view){INSIDE_GO, INSIDE_HIDDEN, "Go",
                                    "its build note", false};
    if (!by_name(base_name(path), &view) && !by_name(f->soname, &view) &&
        !by_export(f, &view) && !by_symtab(f, &view))
        (void)by_text(f, &view);
    return view;
}

const char *inside_tls(const struct elf_file *f, const char **ret_gap)
{
    struct inside_view view;

    if (is_go(f)) {
        *ret_gap = "go";
        return "it is a Go program, which has a TLS of its own";
    }
    if (!by_export(f, &view) || view.patchable)
        return NULL;
    *ret_gap = "linked-in";
    return "it has a TLS library linked in";
}
