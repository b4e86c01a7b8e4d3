#include "hooks/curlinfo.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "hooks/curltwin.h"

/* CURLINFO_: the kind of the value, and a number. */
enum {
    TEXT = 0x100000,
    NUMBER = 0x200000,
    SECONDS = 0x300000,
    POINTER = 0x400000,
    MICROSECONDS = 0x600000,
    EFFECTIVE_URL = TEXT + 1,
    REDIRECT_URL = TEXT + 31,
};

/* What only the twin can know. */
static const int of_twin[] = {
    NUMBER + 13,       /* SSL_VERIFYRESULT       */
    NUMBER + 22,       /* HTTP_CONNECTCODE       */
    NUMBER + 40,       /* PRIMARY_PORT           */
    NUMBER + 42,       /* LOCAL_PORT             */
    NUMBER + 47,       /* PROXY_SSL_VERIFYRESULT */
    NUMBER + 48,       /* PROTOCOL               */
    NUMBER + 59,       /* PROXY_ERROR            */
    TEXT + 32,         /* PRIMARY_IP             */
    TEXT + 41,         /* LOCAL_IP               */
    TEXT + 49,         /* SCHEME                 */
    POINTER + 34,      /* CERTINFO               */
    POINTER + 43,      /* TLS_SESSION            */
    POINTER + 45,      /* TLS_SSL_PTR            */
    SECONDS + 4,       /* NAMELOOKUP_TIME        */
    SECONDS + 5,       /* CONNECT_TIME           */
    SECONDS + 33,      /* APPCONNECT_TIME        */
    MICROSECONDS + 51, /* NAMELOOKUP_TIME_T      */
    MICROSECONDS + 52, /* CONNECT_TIME_T         */
    MICROSECONDS + 56, /* APPCONNECT_TIME_T      */
};

static bool is_of_twin(int info)
{
    for (size_t i = 0; i < ARRAY_LEN(of_twin); i++)
        if (of_twin[i] == info)
            return true;
    return false;
}

/* Where a URL of ours leads to, unless it is the one the transfer began with.
 */
static char *shown(const struct guard *g, int info)
{
    struct str ours = str_of(g->target.plain), url;
    char *text = NULL;
    struct buf b;

    if (g->lib->getinfo(g->easy->handle, info, &text) || !text)
        return NULL;
    url = str_of(text);
    if (str_eq(url, ours) || !str_starts(url, STR("http://")))
        return NULL;
    buf_init(&b, LIM_HEAD);
    if (buf_add(&b, STR("https://")) || buf_add(&b, str_skip(url, 7)) ||
        buf_add_byte(&b, '\0'))
        buf_free(&b);
    return b.ptr;
}

void info_keep(struct guard *g)
{
    struct easy *e = g->easy;

    info_forget(e, g->lib);
    e->past.url = shown(g, EFFECTIVE_URL);
    e->past.next_url = shown(g, REDIRECT_URL);
    e->past.twin = twin_leave(g->twin);
}

void info_forget(struct easy *e, const struct curl_lib *lib)
{
    free(e->past.url);
    free(e->past.next_url);
    if (e->past.twin)
        lib->cleanup(e->past.twin);
    memset(&e->past, 0, sizeof(e->past));
}

int info_get(const struct easy *e, const struct curl_lib *lib, int info,
             void *arg)
{
    char *url = info == EFFECTIVE_URL  ? e->past.url
                : info == REDIRECT_URL ? e->past.next_url
                                       : NULL;
    void *twin =
        e->guard && e->guard->twin ? twin_handle(e->guard->twin) : e->past.twin;

    if (url && arg) {
        *(char **)arg = url;
        return CURL_OK;
    }
    return lib->getinfo(twin && is_of_twin(info) ? twin : e->handle, info, arg);
}
