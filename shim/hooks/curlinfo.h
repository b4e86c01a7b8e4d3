#ifndef SP_HOOKS_CURLINFO_H
#define SP_HOOKS_CURLINFO_H

#include "hooks/curlguard.h"

/*
 * What a program asks about a transfer that was led to us: about its connection
 * the twin knows, and URLs are shown as https.
 */

/* info_keep - a transfer with a twin is about to end: what will be asked for.
 */
void info_keep(struct guard *g);

/* info_forget - the next one begins, or the handle is gone. */
void info_forget(struct easy *e, const struct curl_lib *lib);

/* info_get - as curl_easy_getinfo. */
int info_get(const struct easy *e, const struct curl_lib *lib, int info,
             void *arg);

#endif
