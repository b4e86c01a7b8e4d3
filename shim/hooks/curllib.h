#ifndef SP_HOOKS_CURLLIB_H
#define SP_HOOKS_CURLLIB_H

#include <link.h>

#include "base/str.h"

/*
 * The libcurls of the process: there can be several, each with a TLS library of
 * its own. Handles are void pointers here as they are in curl/easy.h.
 */

/* CURLMsg */
struct curl_msg {
    int msg; /* CURL_DONE is 1, and there is no other */
    void *easy;
    union {
        void *whatever;
        int result;
    } data;
};
#define CURL_DONE 1

/* Of CURLcode, CURLMcode and CURLUcode. */
#define CURL_OK              0
#define CURL_COULDNT_CONNECT 7
#define CURL_OUT_OF_MEMORY   27
#define CURL_UNKNOWN_OPTION  48
#define CURL_RECURSIVE       93
#define CURLM_BAD_HANDLE     1
#define CURLM_OUT_OF_MEMORY  3
#define CURL_TIMER           (-1) /* CURL_SOCKET_TIMEOUT: no socket */

/* Without these nothing can be guarded here; the others may be missing. */
#define CURL_NEEDED(X)                                                         \
    X(int, setopt, "curl_easy_setopt", (void *, int, ...))                     \
    X(int, getinfo, "curl_easy_getinfo", (void *, int, ...))                   \
    X(int, perform, "curl_easy_perform", (void *))                             \
    X(void *, dup, "curl_easy_duphandle", (void *))                            \
    X(void, reset, "curl_easy_reset", (void *))                                \
    X(void, cleanup, "curl_easy_cleanup", (void *))                            \
    X(int, pause, "curl_easy_pause", (void *, int))                            \
    X(void *, multi_init, "curl_multi_init", (void))                           \
    X(int, multi_add, "curl_multi_add_handle", (void *, void *))               \
    X(int, multi_remove, "curl_multi_remove_handle", (void *, void *))         \
    X(int, multi_perform, "curl_multi_perform", (void *, int *))               \
    X(int, multi_wait, "curl_multi_wait",                                      \
      (void *, void *, unsigned, int, int *))                                  \
    X(int, multi_action, "curl_multi_socket_action",                           \
      (void *, int, int, int *))                                               \
    X(struct curl_msg *, multi_info, "curl_multi_info_read", (void *, int *))  \
    X(int, multi_setopt, "curl_multi_setopt", (void *, int, ...))              \
    X(int, multi_cleanup, "curl_multi_cleanup", (void *))                      \
    X(void *, version, "curl_version_info", (int))                             \
    X(void *, slist_add, "curl_slist_append", (void *, const char *))          \
    X(void, slist_free, "curl_slist_free_all", (void *))                       \
    X(void *, url, "curl_url", (void))                                         \
    X(void *, url_dup, "curl_url_dup", (void *))                               \
    X(void, url_cleanup, "curl_url_cleanup", (void *))                         \
    X(int, url_get, "curl_url_get", (void *, int, char **, unsigned))          \
    X(int, url_set, "curl_url_set", (void *, int, const char *, unsigned))     \
    X(void, free, "curl_free", (void *))

#define CURL_OPTIONAL(X)                                                       \
    X(int, multi_socket, "curl_multi_socket", (void *, int, int *))            \
    X(int, multi_socket_all, "curl_multi_socket_all", (void *, int *))

#define CURL_MEMBER(ret, member, name, args) ret(*member) args;

enum curl_seen {
    CURL_UNASKED,
    CURL_SEEN,
    CURL_UNSEEN,
};

struct curl_lib {
    CURL_NEEDED(CURL_MEMBER)
    CURL_OPTIONAL(CURL_MEMBER)
    bool usable; /* all that is needed is there                 */
    const struct link_map *map;
    uintptr_t begin, end; /* where it lies                               */
    _Atomic int seen;     /* enum curl_seen                              */
};

/* More libcurls in one process than any program was seen to load. */
#define CURL_LIB_MAX 8

/*
 * curl_lib_of - the libcurl in which this caller's function of this name (one
 * of names.h) lives. NULL if the function cannot be found, if CURL_LIB_MAX is
 * reached or without memory.
 */
struct curl_lib *curl_lib_of(const char *name, const void *from);

/* curl_lib_calls - whether a return address lies in it: it calls itself. */
static inline bool curl_lib_calls(const struct curl_lib *lib, const void *from)
{
    return (uintptr_t)from - lib->begin < lib->end - lib->begin;
}

/*
 * curl_lib_seen - whether what it says over TLS passes the hooks on a TLS
 * library: it uses OpenSSL or GnuTLS, and takes them from the dynamic linker.
 */
bool curl_lib_seen(struct curl_lib *lib);

/* Held by a fork in progress. */
void curl_lib_fork_lock(void);
void curl_lib_fork_unlock(void);

#endif
