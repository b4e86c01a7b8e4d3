#ifndef SP_HOOKS_LIB_H
#define SP_HOOKS_LIB_H

#include <stdatomic.h>
#include <sys/types.h>

#include "base/str.h"

/*
 * One loaded OpenSSL or GnuTLS: its functions by pointer, found by name. Two
 * libraries are never mixed: a session holds the table of the one that made it.
 *
 * Any function may be absent (NULL), but for those of LIB_NEEDED, or of
 * LIB_G_NEEDED for GnuTLS: an object that lacks one of them is not the library
 * as we know it, and is left alone.
 */
struct tls;
struct gnutls_session_int;
struct gnutls_range_st;
struct mbuffer_st;

/* gnutls_datum_t */
struct lib_datum {
    unsigned char *data;
    unsigned size;
};
struct ssl_st;
struct ssl_ctx_st;
struct bio_st;
struct bio_method_st;

/* X(result, member, "name", arguments) */
#define LIB_NEEDED(X)                                                          \
    X(int, write, "SSL_write", (struct ssl_st *, const void *, int))           \
    X(int, read, "SSL_read", (struct ssl_st *, void *, int))                   \
    X(int, peek, "SSL_peek", (struct ssl_st *, void *, int))                   \
    X(int, pending, "SSL_pending", (const struct ssl_st *))                    \
    X(int, do_handshake, "SSL_do_handshake", (struct ssl_st *))                \
    X(int, connect, "SSL_connect", (struct ssl_st *))                          \
    X(int, get_error, "SSL_get_error", (const struct ssl_st *, int))           \
    X(int, get_shutdown, "SSL_get_shutdown", (const struct ssl_st *))          \
    X(void, set_shutdown, "SSL_set_shutdown", (struct ssl_st *, int))          \
    X(int, shutdown, "SSL_shutdown", (struct ssl_st *))                        \
    X(int, clear, "SSL_clear", (struct ssl_st *))                              \
    X(int, in_before, "SSL_in_before", (const struct ssl_st *))                \
    X(void, free, "SSL_free", (struct ssl_st *))                               \
    X(void, set_connect_state, "SSL_set_connect_state", (struct ssl_st *))     \
    X(const char *, get_servername, "SSL_get_servername",                      \
      (const struct ssl_st *, int))                                            \
    X(int, get_rfd, "SSL_get_rfd", (const struct ssl_st *))

#define LIB_OPTIONAL(X)                                                        \
    X(int, write_ex, "SSL_write_ex",                                           \
      (struct ssl_st *, const void *, size_t, size_t *))                       \
    X(int, write_ex2, "SSL_write_ex2",                                         \
      (struct ssl_st *, const void *, size_t, uint64_t, size_t *))             \
    X(int, read_ex, "SSL_read_ex",                                             \
      (struct ssl_st *, void *, size_t, size_t *))                             \
    X(int, peek_ex, "SSL_peek_ex",                                             \
      (struct ssl_st *, void *, size_t, size_t *))                             \
    X(int, has_pending, "SSL_has_pending", (const struct ssl_st *))            \
    X(int, write_early_data, "SSL_write_early_data",                           \
      (struct ssl_st *, const void *, size_t, size_t *))                       \
    X(ssize_t, sendfile, "SSL_sendfile",                                       \
      (struct ssl_st *, int, off_t, size_t, int))                              \
    X(int, is_server, "SSL_is_server", (const struct ssl_st *))                \
    X(int, is_dtls, "SSL_is_dtls", (const struct ssl_st *))                    \
    X(int, is_init_finished, "SSL_is_init_finished", (const struct ssl_st *))  \
    X(size_t, client_random, "SSL_get_client_random",                          \
      (const struct ssl_st *, unsigned char *, size_t))                        \
    X(int, set_alpn, "SSL_set_alpn_protos",                                    \
      (struct ssl_st *, const unsigned char *, unsigned))                      \
    X(int, ctx_set_alpn, "SSL_CTX_set_alpn_protos",                            \
      (struct ssl_ctx_st *, const unsigned char *, unsigned))                  \
    X(struct ssl_ctx_st *, get_ctx, "SSL_get_SSL_CTX",                         \
      (const struct ssl_st *))                                                 \
    X(int, set_ex, "SSL_set_ex_data", (struct ssl_st *, int, void *))          \
    X(int, ctx_set_ex, "SSL_CTX_set_ex_data",                                  \
      (struct ssl_ctx_st *, int, void *))                                      \
    X(void *, ctx_get_ex, "SSL_CTX_get_ex_data",                               \
      (const struct ssl_ctx_st *, int))                                        \
    X(int, ex_index, "CRYPTO_get_ex_new_index",                                \
      (int, long, void *, void *, lib_dup_fn, lib_free_fn))                    \
    X(const struct bio_method_st *, bio_f_ssl, "BIO_f_ssl", (void))            \
    X(void, err_clear, "ERR_clear_error", (void))                              \
    X(unsigned long, err_peek, "ERR_peek_error", (void))                       \
    X(unsigned long, err_last, "ERR_peek_last_error", (void))                  \
    X(int, err_next_lib, "ERR_get_next_error_library", (void))                 \
    X(int, err_load, "ERR_load_strings", (int, struct lib_reason *))           \
    X(void, err_new, "ERR_new", (void))                                        \
    X(void, err_debug, "ERR_set_debug", (const char *, int, const char *))     \
    X(void, err_set, "ERR_set_error", (int, int, const char *, ...))           \
    X(void, err_put, "ERR_put_error", (int, int, int, const char *, int))

#define LIB_G_NEEDED(X)                                                        \
    X(ssize_t, g_send, "gnutls_record_send",                                   \
      (struct gnutls_session_int *, const void *, size_t))                     \
    X(ssize_t, g_recv, "gnutls_record_recv",                                   \
      (struct gnutls_session_int *, void *, size_t))                           \
    X(size_t, g_check_pending, "gnutls_record_check_pending",                  \
      (struct gnutls_session_int *))                                           \
    X(int, g_handshake, "gnutls_handshake", (struct gnutls_session_int *))     \
    X(int, g_bye, "gnutls_bye", (struct gnutls_session_int *, int))            \
    X(void, g_deinit, "gnutls_deinit", (struct gnutls_session_int *))          \
    X(int, g_server_name_get, "gnutls_server_name_get",                        \
      (struct gnutls_session_int *, void *, size_t *, unsigned *, unsigned))   \
    X(int, g_is_fatal, "gnutls_error_is_fatal", (int))

#define LIB_G_OPTIONAL(X)                                                      \
    X(ssize_t, g_send2, "gnutls_record_send2",                                 \
      (struct gnutls_session_int *, const void *, size_t, size_t, unsigned))   \
    X(ssize_t, g_send_range, "gnutls_record_send_range",                       \
      (struct gnutls_session_int *, const void *, size_t,                      \
       const struct gnutls_range_st *))                                        \
    X(ssize_t, g_send_file, "gnutls_record_send_file",                         \
      (struct gnutls_session_int *, int, off_t *, size_t))                     \
    X(ssize_t, g_send_early, "gnutls_record_send_early_data",                  \
      (struct gnutls_session_int *, const void *, size_t))                     \
    X(ssize_t, g_recv_seq, "gnutls_record_recv_seq",                           \
      (struct gnutls_session_int *, void *, size_t, unsigned char *))          \
    X(ssize_t, g_recv_packet, "gnutls_record_recv_packet",                     \
      (struct gnutls_session_int *, struct mbuffer_st **))                     \
    X(int, g_server_name_set, "gnutls_server_name_set",                        \
      (struct gnutls_session_int *, int, const void *, size_t))                \
    X(int, g_alpn_set, "gnutls_alpn_set_protocols",                            \
      (struct gnutls_session_int *, const struct lib_datum *, unsigned,        \
       unsigned))                                                              \
    X(void, g_random, "gnutls_session_get_random",                             \
      (struct gnutls_session_int *, struct lib_datum *, struct lib_datum *))   \
    X(int, g_version, "gnutls_protocol_get_version",                           \
      (struct gnutls_session_int *))

/* The callbacks of an ex_data slot; from_d is a pointer to the slot's value. */
#define lib_dup_fn  int (*)(void *, const void *, void *, int, long, void *)
#define lib_free_fn void (*)(void *, void *, void *, int, long, void *)

/* ERR_STRING_DATA */
struct lib_reason {
    unsigned long error;
    const char *text;
};

#define LIB_MEMBER(ret, member, name, args) ret(*member) args;

struct lib {
    LIB_NEEDED(LIB_MEMBER)
    LIB_OPTIONAL(LIB_MEMBER)
    LIB_G_NEEDED(LIB_MEMBER)
    LIB_G_OPTIONAL(LIB_MEMBER)

    const struct tls *tls; /* which of the two kinds it is                 */
    void *handle;          /* keeps it and its libcrypto loaded             */
    bool usable;           /* all that its kind needs is there              */
    bool patched;          /* in the program, reached by patch.c            */
    unsigned index;        /* its place among the libraries of the process  */
    uintptr_t begin, end;  /* where it lies                                 */
    int session_slot;      /* ex_data of SSL objects, or -1                 */
    int alpn_slot;         /* ex_data of SSL_CTX objects, or -1             */
    int error_lib;         /* number of our error library there, or -1      */
    struct lib_reason own_name[2]; /* and its name; ends with zeros        */
    const struct bio_method_st *bio_method; /* bio.c; NULL: not yet made   */
};

/* More libraries in one process than any program was seen to load. */
#define LIB_MAX 16

/*
 * lib_of - the library in which this caller's function of this name (one of
 * names.h) lives; `object` as of real_find_for. NULL if the function cannot be
 * found, if LIB_MAX is reached or without memory.
 */
struct lib *lib_of(const char *name, const void *from, const void *object);

/* lib_calls - whether a return address lies in the library: it calls itself. */
static inline bool lib_calls(const struct lib *lib, const void *from)
{
    return (uintptr_t)from - lib->begin < lib->end - lib->begin;
}

/*
 * lib_raise - put an entry with this text into the thread's error queue, of
 * the library that made the session: SSL_get_error then says SSL_ERROR_SSL and
 * the text is what ERR_reason_error_string gives. The text is copied.
 */
void lib_raise(struct lib *lib, const char *text);

/* lib_raise_code - put back an entry that was taken off, by its code. */
void lib_raise_code(const struct lib *lib, unsigned long code);

/* Held by a fork in progress. */
void lib_fork_lock(void);
void lib_fork_unlock(void);

#endif
