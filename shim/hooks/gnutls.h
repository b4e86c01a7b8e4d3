#ifndef SP_HOOKS_GNUTLS_H
#define SP_HOOKS_GNUTLS_H

#include <sys/types.h>

/*
 * The hooks on GnuTLS, with the prototypes of its manual. The code never refers
 * to the library's own functions: a program without it must start.
 */
struct gnutls_session_int;
struct gnutls_range_st;
struct mbuffer_st;
struct lib_datum;

ssize_t gnutls_record_send(struct gnutls_session_int *g, const void *p,
                           size_t n);
ssize_t gnutls_record_send2(struct gnutls_session_int *g, const void *p,
                            size_t n, size_t pad, unsigned flags);
ssize_t gnutls_record_send_range(struct gnutls_session_int *g, const void *p,
                                 size_t n, const struct gnutls_range_st *range);
ssize_t gnutls_record_send_file(struct gnutls_session_int *g, int fd,
                                off_t *offset, size_t n);
ssize_t gnutls_record_send_early_data(struct gnutls_session_int *g,
                                      const void *p, size_t n);
ssize_t gnutls_record_recv(struct gnutls_session_int *g, void *p, size_t n);
ssize_t gnutls_record_recv_seq(struct gnutls_session_int *g, void *p, size_t n,
                               unsigned char *seq);
ssize_t gnutls_record_recv_packet(struct gnutls_session_int *g,
                                  struct mbuffer_st **packet);
size_t gnutls_record_check_pending(struct gnutls_session_int *g);
int gnutls_handshake(struct gnutls_session_int *g);
int gnutls_server_name_set(struct gnutls_session_int *g, int type,
                           const void *name, size_t n);
int gnutls_alpn_set_protocols(struct gnutls_session_int *g,
                              const struct lib_datum *list, unsigned count,
                              unsigned flags);
int gnutls_bye(struct gnutls_session_int *g, int how);
void gnutls_deinit(struct gnutls_session_int *g);

#endif
