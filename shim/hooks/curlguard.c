/*
 * Transfers of libcurl that no TLS door sees.
 *
 * What libcurl writes and reads over TLS is seen where the TLS library is
 * (openssl.c, gnutls.c). There are libcurls with other TLS libraries. A
 * transfer of theirs to a model host is led to us, and a copy of it goes to the
 * host in its stead:
 *
 *   the program's handle                        its twin
 *   http over a local socket                    https, the true host
 *        |        ^                                 ^        |
 *        v        |                                 |        v
 *       [ conn: parse, judge, edit ] --request--> READFUNCTION
 *       [                          ] <--answer--- HEADER-, WRITEFUNCTION
 *
 * So libcurl itself forms the request and reads the answer: whatever sets the
 * body, the true bytes are judged, and a block is an answer with its code, in
 * curl_easy_perform as in a multi handle. The twin is a transfer in the same
 * multi handle and is driven by whoever drives that; the program never hears
 * of it.
 *
 * The same way without a twin answers a program that has switched off the
 * check of the host's certificate. And what cannot be led so (an open
 * connection given to the program, another protocol over TLS) is sent to a
 * socket where nobody listens: it fails to connect.
 */
#include "hooks/curlguard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "hooks/curlcall.h"
#include "hooks/curlinfo.h"
#include "hooks/curltwin.h"
#include "hooks/load.h"
#include "hooks/note.h"
#include "hooks/say.h"

/* Of CURLOPT_HTTP_VERSION and CURLOPT_ALTSVC_CTRL. */
enum {
    HTTP_1_1 = 2,
    HTTP_2_TLS = 4,
    HTTP_3 = 30,
    HTTP_3_ONLY = 31,
    ALTSVC_H1 = 8,
    ALTSVC_H3 = 32,
};

/* --- where it goes ------------------------------------------------------- */

enum way {
    WAY_FREE,    /* to its host; a door sees it if it has to        */
    WAY_WATCHED, /* the same, and the host is a model host          */
    WAY_LED,     /* to us, and on to the host                       */
    WAY_ANSWER,  /* to us, who refuse it                            */
    WAY_SHUT,    /* nowhere                                         */
};

static bool is_unverified(const struct easy *e)
{
    return easy_number(e, SLOT_VERIFYPEER) == 0 ||
           easy_number(e, SLOT_VERIFYHOST) == 0;
}

static bool is_watched(const struct engine_api *api, const struct engine *eng,
                       const struct target *t)
{
    return api ? api->engine_watches(eng, str_of(t->host), t->port)
               : load_refuses(str_of(t->host), t->port);
}

/* Without an engine whatever it would have to judge is refused. */
static bool refuses(const struct engine_api *api, const struct engine *eng,
                    enum doubt doubt)
{
    return !api || api->engine_refuses(eng, doubt);
}

/* Of this the engine hears nothing, so that it is said and noted here. */
static void tell(const char *why, bool refused)
{
    struct uncovered u = {
        .exe = load_program(), .reason = why, .refused = refused};

    if (refused)
        say_line("blocked", why, /* anyway */ false);
    (void)!note_uncovered(load_audit(), &u);
}

/* It cannot be led to us: shut, unless the policy lets such things pass. */
static enum way unseen(struct guard *g, bool refused)
{
    refused = refused || refuses(g->api, g->engine, DOUBT_BYTES);
    tell("a transfer of libcurl to a model host, which cannot be inspected",
         refused);
    return refused ? WAY_SHUT : WAY_FREE;
}

/* What is known of the transfer is set in *g, also where it goes free. */
static enum way choose(struct guard *g)
{
    const struct easy *e = g->easy;
    bool seen = curl_lib_seen(g->lib), refused;
    enum err err = target_of_easy(g->lib, e, &g->target);

    if (err == E_SYNTAX || (!err && !g->target.tls) ||
        (err == E_UNSUPPORTED && seen))
        return WAY_FREE;
    g->api = load_engine(&g->engine);
    if (err)
        return unseen(g, err == E_NOMEM);
    if (!is_watched(g->api, g->engine, &g->target))
        return WAY_FREE;
    g->unverified = is_unverified(e);
    refused = g->unverified && g->api && refuses(g->api, g->engine, DOUBT_PEER);
    if (seen && !refused)
        return WAY_WATCHED;
    if (!g->target.https || easy_number(e, SLOT_CONNECT_ONLY) != 0)
        return unseen(g, refused);
    return seen ? WAY_ANSWER : WAY_LED;
}

/* --- options ------------------------------------------------------------- */

/*
 * What is let go to a model host: nothing that TLS doors do not see, and no
 * wait for a word that cannot come, as the engine holds the request's head
 * until it has seen the body.
 */
static void narrow(struct easy *e, const struct curl_lib *lib)
{
    long version = easy_number(e, SLOT_HTTP_VERSION);
    long altsvc = easy_number(e, SLOT_ALTSVC_CTRL);

    (void)!easy_take(e, lib, OPT_EXPECT_WAIT, (const void *)1L);
    if (version == HTTP_3 || version == HTTP_3_ONLY)
        (void)!easy_take(e, lib, OPT_HTTP_VERSION,
                         (const void *)(long)HTTP_2_TLS);
    if (altsvc & ALTSVC_H3)
        (void)!easy_take(e, lib, OPT_ALTSVC_CTRL,
                         (const void *)((altsvc & ~ALTSVC_H3) | ALTSVC_H1));
}

/* Options that would lead the handle elsewhere, or see our socket. */
static int clear(struct guard *g)
{
    static const struct {
        enum curl_slot slot;
        int option;
    } all[] = {
        {SLOT_CURLU, OPT_CURLU},
        {SLOT_PRE_PROXY, OPT_PRE_PROXY},
        {SLOT_OPENSOCKET, OPT_OPENSOCKET},
        {SLOT_SOCKOPT, OPT_SOCKOPT},
        {SLOT_CLOSESOCKET, OPT_CLOSESOCKET},
    };
    int rc = CURL_OK;

    for (size_t i = 0; !rc && i < ARRAY_LEN(all); i++)
        if (easy_pointer(g->easy, all[i].slot))
            rc = easy_take(g->easy, g->lib, all[i].option, NULL);
    return rc;
}

static int allow_http(struct guard *g)
{
    const struct easy_value *v = &g->easy->value[SLOT_PROTOCOLS];

    if (v->option == OPT_PROTOCOLS_STR)
        return easy_take(g->easy, g->lib, v->option, "http,https");
    if (v->option)
        return easy_take(g->easy, g->lib, v->option,
                         (const void *)(v->number | 1 /* CURLPROTO_HTTP */));
    return CURL_OK;
}

/* `name` is our socket's. An empty proxy is none, whatever the environment. */
static int lead(struct guard *g, const char *name)
{
    struct easy *e = g->easy;
    const struct curl_lib *lib = g->lib;
    int rc;

    if ((rc = easy_take(e, lib, OPT_ABSTRACT_SOCKET, name)) ||
        (rc = easy_take(e, lib, OPT_PROXY, "")) ||
        (rc = easy_take(e, lib, OPT_HTTP_VERSION,
                        (const void *)(long)HTTP_1_1)) ||
        (rc = easy_take(e, lib, OPT_FORBID_REUSE, (const void *)1L)))
        return rc;
    if (g->shut)
        return clear(g);
    if ((rc = easy_take(e, lib, OPT_URL, g->target.plain)) ||
        (rc = allow_http(g)))
        return rc;
    return clear(g);
}

/* --- begin and end ------------------------------------------------------- */

static void guard_free(struct guard *g)
{
    call_close(g);
    twin_free(g->twin);
    target_free(&g->target);
    free(g);
}

void guard_end(struct easy *e)
{
    struct guard *g = e->guard;

    if (g->twin)
        info_keep(g);
    easy_give_back(e, g->lib);
    e->guard = NULL;
    guard_free(g);
}

/* A CURLcode. The twin is as the handle was before. */
static int arm(struct guard *g, bool sends)
{
    char name[CALL_NAME];

    if (!call_open(g, name))
        return CURL_COULDNT_CONNECT;
    if (sends && !(g->twin = twin_new(g)))
        return CURL_OUT_OF_MEMORY;
    if (g->shut)
        g->why = "Blocked by sallyport: this transfer to a model host cannot "
                 "be inspected";
    return lead(g, name);
}

int guard_begin(struct easy *e, struct curl_lib *lib)
{
    struct guard *g;
    enum way way;
    int rc;

    info_forget(e, lib);
    easy_give_back(e, lib);
    if (!lib->usable)
        return CURL_OK;
    if (!(g = calloc(1, sizeof(*g))))
        return CURL_OUT_OF_MEMORY;
    *g = (struct guard){.easy = e, .lib = lib, .listener = -1, .fd = -1};
    way = choose(g);
    g->shut = way == WAY_SHUT;
    if (way >= WAY_LED) {
        e->guard = g;
        rc = arm(g, way == WAY_LED && g->api);
        if (rc)
            guard_end(e);
        return rc;
    }
    if (way == WAY_WATCHED)
        narrow(e, lib);
    if (!curl_lib_seen(lib) || is_unverified(e))
        guard_ward(e, lib);
    guard_free(g);
    return CURL_OK;
}

int guard_result(struct guard *g, int result)
{
    char *to = easy_pointer(g->easy, SLOT_ERRORBUFFER);
    const char *why = g->why, *twin_why = "";
    int failed = g->twin ? twin_failed(g->twin, &twin_why) : CURL_OK;

    if (result == CURL_OK)
        return result;
    if (!why && failed) {
        why = twin_why;
        result = failed;
    }
    if (!why && g->conn && g->api->conn_state(g->conn) == CONN_FAILED)
        why = g->api->conn_why(g->conn);
    if (to && why && *why) {
        struct str text = str_head(str_of(why), GUARD_TEXT - 1);

        memcpy(to, text.ptr, text.len);
        to[text.len] = '\0';
    }
    return result;
}

/* --- redirects ----------------------------------------------------------- */

#define INFO_URL 0x100001 /* CURLINFO_EFFECTIVE_URL: of the request in work */

/* Why the request that is about to be sent has to stay; NULL: it may go. */
static const char *stays(const struct easy *e)
{
    const struct curl_lib *lib = e->ward;
    const struct engine_api *api;
    struct engine *engine = NULL;
    struct target t = {0};
    const char *why = NULL;
    bool seen = curl_lib_seen(e->ward);
    char *url = NULL;
    enum err err;

    if (e->guard || (seen && !is_unverified(e)) ||
        lib->getinfo(e->handle, INFO_URL, &url) || !url)
        return NULL;
    err = target_of_url(lib, url, &t);
    if (err == E_SYNTAX || (!err && !t.tls)) {
        target_free(&t);
        return NULL;
    }
    api = load_engine(&engine);
    if (err || is_watched(api, engine, &t)) {
        if (!seen && refuses(api, engine, DOUBT_BYTES))
            why = "a redirect of libcurl to a model host, where it cannot be "
                  "inspected";
        else if (!err && is_unverified(e) && refuses(api, engine, DOUBT_PEER))
            why = "a redirect of libcurl to a model host, which is not "
                  "verified";
    }
    target_free(&t);
    return why;
}

static int before_request(void *handle, char *host, char *own, int port,
                          int own_port)
{
    const struct easy *e = easy_of(handle);
    int (*next)(void *, char *, char *, int, int);
    const char *why = e && e->ward ? stays(e) : NULL;
    void *fn;

    if (why) {
        tell(why, /* refused */ true);
        return 1; /* CURL_PREREQFUNC_ABORT */
    }
    if (!e)
        return 0;
    fn = easy_pointer(e, SLOT_PREREQ);
    if (!fn)
        return 0;
    memcpy(&next, &fn, sizeof(next));
    return next(easy_pointer(e, SLOT_PREREQ_DATA), host, own, port, own_port);
}

void guard_ward(struct easy *e, struct curl_lib *lib)
{
    const void *fn = (const void *)(uintptr_t)&before_request;

    if (!lib->setopt(e->handle, OPT_PREREQ, fn) &&
        !lib->setopt(e->handle, OPT_PREREQ_DATA, e->handle))
        e->ward = lib;
}
