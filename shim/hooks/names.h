#ifndef SP_HOOKS_NAMES_H
#define SP_HOOKS_NAMES_H

/*
 * Symbol names as one string per name for the whole shim: the caches compare
 * them by address. NAME(x) is a hidden array that holds "x".
 */
#define NAME(fn) name_##fn

#define NAME_LIST(X)                                                           \
    X(SSL_write)                                                               \
    X(SSL_write_ex)                                                            \
    X(SSL_write_ex2)                                                           \
    X(SSL_read)                                                                \
    X(SSL_read_ex)                                                             \
    X(SSL_peek)                                                                \
    X(SSL_peek_ex)                                                             \
    X(SSL_pending)                                                             \
    X(SSL_has_pending)                                                         \
    X(SSL_do_handshake)                                                        \
    X(SSL_connect)                                                             \
    X(SSL_write_early_data)                                                    \
    X(SSL_sendfile)                                                            \
    X(SSL_free)                                                                \
    X(SSL_clear)                                                               \
    X(SSL_set_connect_state)                                                   \
    X(SSL_shutdown)                                                            \
    X(SSL_CTX_set_alpn_protos)                                                 \
    X(SSL_set_alpn_protos)                                                     \
    X(BIO_f_ssl)                                                               \
    X(gnutls_record_send)                                                      \
    X(gnutls_record_send2)                                                     \
    X(gnutls_record_send_range)                                                \
    X(gnutls_record_send_file)                                                 \
    X(gnutls_record_send_early_data)                                           \
    X(gnutls_record_recv)                                                      \
    X(gnutls_record_recv_seq)                                                  \
    X(gnutls_record_recv_packet)                                               \
    X(gnutls_record_check_pending)                                             \
    X(gnutls_handshake)                                                        \
    X(gnutls_server_name_set)                                                  \
    X(gnutls_alpn_set_protocols)                                               \
    X(gnutls_bye)                                                              \
    X(gnutls_deinit)                                                           \
    X(curl_easy_setopt)                                                        \
    X(curl_easy_perform)                                                       \
    X(curl_easy_getinfo)                                                       \
    X(curl_easy_duphandle)                                                     \
    X(curl_easy_reset)                                                         \
    X(curl_easy_cleanup)                                                       \
    X(curl_multi_add_handle)                                                   \
    X(curl_multi_remove_handle)                                                \
    X(curl_multi_perform)                                                      \
    X(curl_multi_socket)                                                       \
    X(curl_multi_socket_action)                                                \
    X(curl_multi_socket_all)                                                   \
    X(curl_multi_info_read)                                                    \
    X(curl_multi_cleanup)                                                      \
    X(curl_multi_setopt)

#define NAME_DECLARE(fn) extern const char NAME(fn)[];
NAME_LIST(NAME_DECLARE)

#endif
