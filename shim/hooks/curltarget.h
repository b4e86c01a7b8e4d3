#ifndef SP_HOOKS_CURLTARGET_H
#define SP_HOOKS_CURLTARGET_H

#include "hooks/curleasy.h"

/*
 * Where a transfer goes, as libcurl's own parser reads its URL.
 */
struct target {
    bool tls; /* its scheme stands for TLS from the first byte */
    bool https;
    char *host; /* owned                                         */
    uint16_t port;
    char *plain;  /* owned: an https URL with http in its place    */
    char *origin; /* owned: the same without user, path and query  */
};

/*
 * target_of_easy - where the handle goes; target_of_url - where a URL leads.
 *
 * OK        *ret is set, to be freed; plain and origin are NULL where the
 *           scheme is not https
 * E_SYNTAX  no URL that libcurl would take: it will say so by itself
 * E_UNSUPPORTED  a host whose name cannot be told
 * E_NOMEM
 */
MUST_USE enum err target_of_easy(const struct curl_lib *lib,
                                 const struct easy *e, struct target *ret);
MUST_USE enum err target_of_url(const struct curl_lib *lib, const char *url,
                                struct target *ret);
void target_free(struct target *t);

#endif
