/* The same with the whole of OpenSSL in the program, which shows it. */
/* link: -rdynamic -l:libssl.a -l:libcrypto.a -ldl */
#include "prog_tls.c" /* NOLINT(bugprone-suspicious-include) */
