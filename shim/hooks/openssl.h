#ifndef SP_HOOKS_OPENSSL_H
#define SP_HOOKS_OPENSSL_H

#include <stdint.h>
#include <sys/types.h>

/*
 * The hooks on OpenSSL, with the prototypes of its manual. The code never
 * refers to the library's own functions: a program without it must start.
 */
struct ssl_st;
struct ssl_ctx_st;
struct bio_method_st;

int SSL_write(struct ssl_st *ssl, const void *p, int n);
int SSL_write_ex(struct ssl_st *ssl, const void *p, size_t n, size_t *written);
int SSL_write_ex2(struct ssl_st *ssl, const void *p, size_t n, uint64_t flags,
                  size_t *written);
int SSL_read(struct ssl_st *ssl, void *p, int n);
int SSL_read_ex(struct ssl_st *ssl, void *p, size_t n, size_t *got);
int SSL_peek(struct ssl_st *ssl, void *p, int n);
int SSL_peek_ex(struct ssl_st *ssl, void *p, size_t n, size_t *got);
int SSL_pending(const struct ssl_st *ssl);
int SSL_has_pending(const struct ssl_st *ssl);
int SSL_do_handshake(struct ssl_st *ssl);
int SSL_connect(struct ssl_st *ssl);
int SSL_write_early_data(struct ssl_st *ssl, const void *p, size_t n,
                         size_t *written);
ssize_t SSL_sendfile(struct ssl_st *ssl, int fd, off_t offset, size_t n,
                     int flags);
void SSL_free(struct ssl_st *ssl);
int SSL_clear(struct ssl_st *ssl);
void SSL_set_connect_state(struct ssl_st *ssl);
int SSL_shutdown(struct ssl_st *ssl);
int SSL_CTX_set_alpn_protos(struct ssl_ctx_st *ctx, const unsigned char *list,
                            unsigned n);
int SSL_set_alpn_protos(struct ssl_st *ssl, const unsigned char *list,
                        unsigned n);
const struct bio_method_st *BIO_f_ssl(void);

#endif
