/*
 * The libcurl door. What libcurl says through OpenSSL or GnuTLS is seen at
 * their doors, so here nothing is looked at that they look at: the hooks keep
 * count of what the program has set on its handles, make sure that a transfer
 * to a model host is one that those doors see and that the host is verified,
 * and take over where a libcurl has another TLS library (curlguard.c).
 *
 * libcurl calls itself by these names: such a call passes.
 */
#include "hooks/curl.h"

#include "hooks/curlinfo.h"
#include "hooks/curlmulti.h"
#include "hooks/export.h"
#include "hooks/load.h"
#include "hooks/names.h"
#include "hooks/real.h"

#define ADDED_NOT 4 /* CURLM_INTERNAL_ERROR */

/* A call's library, and whether the call concerns us. */
struct entry {
    struct curl_lib *lib;
    bool ours;
};

static struct entry enter(const char *name, const void *from)
{
    struct curl_lib *lib = curl_lib_of(name, from);

    return (struct entry){lib, lib && !load_off() &&
                                   !curl_lib_calls(lib, from) &&
                                   !real_is_self(from)};
}

#define ENTER(fn) enter(NAME(fn), CALLER)
/* The real function, or the value with which this one fails. */
#define REAL(member, absent, ...)                                              \
    (in.lib && in.lib->member ? in.lib->member(__VA_ARGS__) : (absent))

/* --- easy handles -------------------------------------------------------- */

/* Variadic there; one word holds every kind of value on LP64. */
EXPORT int curl_easy_setopt(void *handle, int option, void *arg)
{
    struct entry in = ENTER(curl_easy_setopt);

    if (!in.ours || !handle || !easy_keeps(option))
        return REAL(setopt, CURL_UNKNOWN_OPTION, handle, option, arg);
    return easy_set(in.lib, handle, option, arg);
}

EXPORT int curl_easy_getinfo(void *handle, int info, void *arg)
{
    struct entry in = ENTER(curl_easy_getinfo);
    struct easy *e = in.ours ? easy_of(handle) : NULL;

    return e ? info_get(e, in.lib, info, arg)
             : REAL(getinfo, CURL_UNKNOWN_OPTION, handle, info, arg);
}

EXPORT int curl_easy_perform(void *handle)
{
    struct entry in = ENTER(curl_easy_perform);
    struct easy *e = in.ours ? easy_of(handle) : NULL;
    int rc;

    if (e && !e->guard && (rc = guard_begin(e, in.lib)))
        return rc;
    if (e && e->guard && !e->guard->multi)
        return multi_perform(in.lib, e);
    return REAL(perform, CURL_UNKNOWN_OPTION, handle);
}

EXPORT void *curl_easy_duphandle(void *handle)
{
    struct entry in = ENTER(curl_easy_duphandle);
    void *copy = REAL(dup, NULL, handle);
    const struct easy *e = in.ours && copy ? easy_of(handle) : NULL;

    if (!e)
        return copy;
    if (!easy_copy(e, copy)) { /* out of memory */
        in.lib->cleanup(copy);
        return NULL;
    }
    if (e->ward)
        guard_ward(easy_of(copy), in.lib);
    return copy;
}

/* A transfer in work is no longer ours to lead; libcurl forbids it anyway. */
static void end_transfer(struct easy *e)
{
    struct multi *m = e->guard ? multi_of(e->guard->multi) : NULL;

    if (m)
        multi_leave(m, e);
}

EXPORT void curl_easy_reset(void *handle)
{
    struct entry in = ENTER(curl_easy_reset);
    struct easy *e = in.ours ? easy_of(handle) : NULL;

    if (e) {
        end_transfer(e);
        info_forget(e, in.lib);
        easy_clear(e);
    }
    if (in.lib && in.lib->reset)
        in.lib->reset(handle);
}

EXPORT void curl_easy_cleanup(void *handle)
{
    struct entry in = ENTER(curl_easy_cleanup);
    struct easy *e = in.ours ? easy_of(handle) : NULL;

    if (e) {
        end_transfer(e);
        info_forget(e, in.lib);
    }
    if (in.lib && in.lib->cleanup)
        in.lib->cleanup(handle);
    if (e)
        easy_drop(e);
}

/* --- multi handles ------------------------------------------------------- */

static int add(const struct entry *in, void *multi, struct easy *e)
{
    struct multi *m;
    int rc;

    if (guard_begin(e, in->lib))
        return ADDED_NOT;
    if (!e->guard)
        return in->lib->multi_add(multi, e->handle);
    m = multi_make(in->lib, multi);
    rc = m ? in->lib->multi_add(multi, e->handle) : CURLM_OUT_OF_MEMORY;
    if (rc)
        guard_end(e);
    else
        multi_join(m, e->guard);
    return rc;
}

EXPORT int curl_multi_add_handle(void *multi, void *handle)
{
    struct entry in = ENTER(curl_multi_add_handle);
    struct easy *e = in.ours ? easy_of(handle) : NULL;

    if (e && !e->guard)
        return add(&in, multi, e);
    return REAL(multi_add, CURLM_BAD_HANDLE, multi, handle);
}

EXPORT int curl_multi_remove_handle(void *multi, void *handle)
{
    struct entry in = ENTER(curl_multi_remove_handle);
    struct multi *m = in.ours ? multi_of(multi) : NULL;
    struct easy *e = m ? easy_of(handle) : NULL;
    int rc = REAL(multi_remove, CURLM_BAD_HANDLE, multi, handle);

    if (e)
        multi_leave(m, e);
    return rc;
}

EXPORT int curl_multi_perform(void *multi, int *running)
{
    struct entry in = ENTER(curl_multi_perform);
    struct multi *m = in.ours ? multi_moving(multi) : NULL;

    return multi_moved(m, REAL(multi_perform, CURLM_BAD_HANDLE, multi, running),
                       running, false);
}

EXPORT int curl_multi_socket(void *multi, int fd, int *running)
{
    struct entry in = ENTER(curl_multi_socket);
    struct multi *m = in.ours ? multi_moving(multi) : NULL;

    return multi_moved(m,
                       REAL(multi_socket, CURLM_BAD_HANDLE, multi, fd, running),
                       running, true);
}

EXPORT int curl_multi_socket_action(void *multi, int fd, int what, int *running)
{
    struct entry in = ENTER(curl_multi_socket_action);
    struct multi *m = in.ours ? multi_moving(multi) : NULL;

    return multi_moved(
        m, REAL(multi_action, CURLM_BAD_HANDLE, multi, fd, what, running),
        running, true);
}

EXPORT int curl_multi_socket_all(void *multi, int *running)
{
    struct entry in = ENTER(curl_multi_socket_all);
    struct multi *m = in.ours ? multi_moving(multi) : NULL;

    return multi_moved(m,
                       REAL(multi_socket_all, CURLM_BAD_HANDLE, multi, running),
                       running, true);
}

EXPORT struct curl_msg *curl_multi_info_read(void *multi, int *left)
{
    struct entry in = ENTER(curl_multi_info_read);
    struct multi *m = in.ours ? multi_of(multi) : NULL;

    return m ? multi_read(m, left) : REAL(multi_info, NULL, multi, left);
}

/* Variadic as the other. */
EXPORT int curl_multi_setopt(void *multi, int option, void *arg)
{
    struct entry in = ENTER(curl_multi_setopt);

    if (!in.ours || !multi || !multi_limits(option) || curl_lib_seen(in.lib))
        return REAL(multi_setopt, CURLM_BAD_HANDLE, multi, option, arg);
    return multi_set(in.lib, multi, option, (long)(uintptr_t)arg);
}

EXPORT int curl_multi_cleanup(void *multi)
{
    struct entry in = ENTER(curl_multi_cleanup);
    struct multi *m = in.ours ? multi_of(multi) : NULL;

    if (m)
        multi_drop(m);
    return REAL(multi_cleanup, CURLM_BAD_HANDLE, multi);
}

/* --- fork ---------------------------------------------------------------- */

void curl_fork_lock(void)
{
    easy_fork_lock();
    multi_fork_lock();
    curl_lib_fork_lock();
}

void curl_fork_unlock(void)
{
    curl_lib_fork_unlock();
    multi_fork_unlock();
    easy_fork_unlock();
}
