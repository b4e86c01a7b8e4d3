#ifndef SP_HOOKS_CURLGUARD_H
#define SP_HOOKS_CURLGUARD_H

#include "flow/api.h"
#include "hooks/curltarget.h"

/*
 * A transfer of libcurl to a model host that no TLS door would see, or that
 * must not be made. curlguard.c tells how it is done.
 */
struct twin; /* hooks/curltwin.h */

#define GUARD_TEXT 256 /* CURL_ERROR_SIZE */

struct guard {
    struct guard *next; /* of the same multi handle */
    struct easy *easy;
    struct curl_lib *lib;
    void *multi; /* in which the transfer is */
    struct target target;
    bool unverified;              /* the program does not check who answers   */
    bool shut;                    /* nothing is let through, nor answered     */
    const struct engine_api *api; /* NULL: refuse without an engine */
    struct engine *engine;

    int listener, fd;  /* our side of the local socket; -1: none */
    struct conn *conn; /* of the connection `fd`                 */
    struct str answer; /* the rest of load_answer                */
    bool ending;       /* what is queued for the program is all  */
    bool ended;        /* and it has been told                   */
    struct twin *twin; /* owned; NULL: nothing can be sent       */
    const char *why;   /* static; for people, where no answer is given */
};

/*
 * guard_begin - before a transfer of this handle: where it goes is looked at,
 * and its options are made such that it is seen by a door or by us. Afterwards
 * easy->guard is set if it is led to us. A CURLcode: not 0 where it must not be
 * made at all.
 */
MUST_USE int guard_begin(struct easy *e, struct curl_lib *lib);

/*
 * guard_end - the transfer is done, or given up: the handle gets its options
 * back. It may still be in its multi handle.
 */
void guard_end(struct easy *e);

/*
 * guard_result - what the program is told of its transfer's end, a CURLcode;
 * the cause goes into its error buffer.
 */
int guard_result(struct guard *g, int result);

/*
 * guard_ward - transfers that are let go can be redirected to a model host.
 * libcurl asks before each request; its question leads back to the handle.
 */
void guard_ward(struct easy *e, struct curl_lib *lib);

#endif
