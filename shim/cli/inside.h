#ifndef SP_CLI_INSIDE_H
#define SP_CLI_INSIDE_H

/*
 * inside_tls - why a program's own calls to TLS go past a preloaded library, as
 * far as its section headers tell: it was made by Go, or it defines and exports
 * the functions of a TLS library (OpenSSL, BoringSSL, GnuTLS). The descriptor
 * is of an ELF program of our own word size and byte order. Static text; NULL
 * where nothing tells so, also where there are no section headers.
 */
const char *inside_tls(int fd);

#endif
