#include "hooks/curlmulti.h"

#include <errno.h>
#include <stdlib.h>

#include "hooks/curlcall.h"
#include "hooks/curltwin.h"
#include "hooks/net.h"

#define ROUNDS 8    /* a call of the program's moves us on so often at most */
#define WAIT   1000 /* ms; every transfer has something to wait for         */

/* CURLMOPT_MAX_HOST_CONNECTIONS and CURLMOPT_MAX_TOTAL_CONNECTIONS */
static const int limits[] = {7, 13};
#define LIMITS ARRAY_LEN(limits)

/* An end that was collected and not yet told. */
struct told {
    struct told *next;
    struct curl_msg msg;
};

struct multi {
    struct node node; /* key: the handle */
    void *handle;
    const struct curl_lib *lib;
    struct guard *guards;       /* linked by next */
    struct told *first, **last; /* owned          */
    int stopped;                /* twins taken out since the last count */
    long limit[LIMITS];         /* as the program set them; 0: none      */
    struct curl_msg shown;
};

static struct table multis;

/* --- records ------------------------------------------------------------- */

struct multi *multi_of(const void *handle)
{
    /* the node comes first */
    return (struct multi *)(void *)table_find(&multis, handle);
}

struct multi *multi_make(const struct curl_lib *lib, void *handle)
{
    struct multi *m = multi_of(handle);

    if (m || !(m = calloc(1, sizeof(*m))))
        return m;
    m->node.key = m->handle = handle;
    m->lib = lib;
    m->last = &m->first;
    if (table_add(&multis, &m->node) == &m->node)
        return m;
    free(m); /* out of memory */
    return NULL;
}

/* --- limits -------------------------------------------------------------- */

bool multi_limits(int option)
{
    for (size_t i = 0; i < LIMITS; i++)
        if (limits[i] == option)
            return true;
    return false;
}

/* What leads to us is no connection that the program meant. */
static int set_limit(const struct multi *m, size_t i)
{
    long more = 0;

    for (const struct guard *g = m->guards; g; g = g->next)
        more += g->twin != NULL;
    return m->lib->multi_setopt(m->handle, limits[i],
                                m->limit[i] > 0 ? m->limit[i] + more
                                                : m->limit[i]);
}

static void set_limits(const struct multi *m)
{
    for (size_t i = 0; i < LIMITS; i++)
        if (m->limit[i] > 0)
            (void)set_limit(m, i);
}

int multi_set(const struct curl_lib *lib, void *handle, int option, long value)
{
    struct multi *m = multi_make(lib, handle);
    int rc = CURLM_OUT_OF_MEMORY;

    for (size_t i = 0; m && i < LIMITS; i++)
        if (limits[i] == option) {
            m->limit[i] = value;
            rc = set_limit(m, i);
        }
    return rc;
}

/* --- transfers ----------------------------------------------------------- */

void multi_join(struct multi *m, struct guard *g)
{
    g->multi = m->handle;
    g->next = m->guards;
    m->guards = g;
    set_limits(m);
}

/* Its options are the program's again, and its twin is gone. */
static void release(struct multi *m, struct guard *g)
{
    struct guard **at = &m->guards;

    while (*at && *at != g)
        at = &(*at)->next;
    if (*at)
        *at = g->next;
    m->stopped += twin_runs(g->twin);
    guard_end(g->easy);
    set_limits(m);
}

static void forget(struct multi *m, const void *handle)
{
    struct told **at = &m->first;

    while (*at) {
        struct told *t = *at;

        if (t->msg.easy == handle || !handle) {
            *at = t->next;
            free(t);
        } else {
            at = &t->next;
        }
    }
    m->last = at;
}

void multi_leave(struct multi *m, const struct easy *e)
{
    forget(m, e->handle);
    if (e->guard && e->guard->multi == m->handle)
        release(m, e->guard);
}

void multi_drop(struct multi *m)
{
    while (m->guards)
        release(m, m->guards);
    forget(m, NULL);
    table_remove(&multis, &m->node);
    free(m);
}

/* --- ends ---------------------------------------------------------------- */

static struct guard *guard_of_twin(const struct multi *m, const void *handle)
{
    for (struct guard *g = m->guards; g; g = g->next)
        if (twin_is(g->twin, handle))
            return g;
    return NULL;
}

/* Without memory the program is not told: it then waits no longer than for a
 * transfer whose end it does not ask for. */
static void keep(struct multi *m, const struct curl_msg *msg)
{
    struct told *t = calloc(1, sizeof(*t));

    if (!t)
        return;
    t->msg = *msg;
    *m->last = t;
    m->last = &t->next;
}

/* Everything that has ended: twins for us, the others for the program. */
static void collect(struct multi *m)
{
    struct curl_msg *real, msg;
    int left;

    while ((real = m->lib->multi_info(m->handle, &left))) {
        struct guard *g = guard_of_twin(m, real->easy);
        struct easy *e = g ? NULL : easy_of(real->easy);

        msg = *real;
        if (g && msg.msg == CURL_DONE) {
            twin_done(g->twin, msg.data.result);
            continue;
        }
        if (e && e->guard && msg.msg == CURL_DONE) {
            msg.data.result = guard_result(e->guard, msg.data.result);
            release(m, e->guard);
        }
        keep(m, &msg);
    }
}

struct curl_msg *multi_read(struct multi *m, int *left)
{
    struct told *t;
    int n = 0;

    collect(m);
    t = m->first;
    if (t) {
        m->shown = t->msg;
        m->first = t->next;
        if (!m->first)
            m->last = &m->first;
        free(t);
    }
    for (const struct told *rest = m->first; rest; rest = rest->next)
        n++;
    if (left)
        *left = n;
    return t ? &m->shown : NULL;
}

/* --- moving -------------------------------------------------------------- */

/* What twins write to their sockets is libcurl's own: see net.h. */
struct multi *multi_moving(const void *handle)
{
    struct multi *m = multi_of(handle);

    if (!m || !m->guards)
        return NULL;
    net_enter();
    return m;
}

/* Of libcurl's count of what runs: what the program knows nothing of. */
static int twins(struct multi *m)
{
    int n = m->stopped;

    for (const struct guard *g = m->guards; g; g = g->next)
        n += twin_runs(g->twin);
    m->stopped = 0;
    return n;
}

static bool pump(struct multi *m)
{
    bool begun = false;

    for (struct guard *g = m->guards; g; g = g->next)
        begun |= call_pump(g);
    return begun;
}

/*
 * A twin that has just been added has no socket yet for which the program could
 * wait: libcurl is called once more, for its timers at least.
 */
int multi_moved(struct multi *m, int rc, int *running, bool sockets)
{
    int saved = errno, count = running ? *running : 0;

    if (!m)
        return rc;
    for (int i = 0; i < ROUNDS && !rc && pump(m); i++)
        rc = sockets ? m->lib->multi_action(m->handle, CURL_TIMER, 0, &count)
                     : m->lib->multi_perform(m->handle, &count);
    collect(m);
    if (running && !rc)
        *running = count - twins(m);
    net_leave();
    errno = saved;
    return rc;
}

/* --- curl_easy_perform --------------------------------------------------- */

static bool is_done(struct multi *m, const struct easy *e, int *ret_result)
{
    const struct curl_msg *msg;

    while ((msg = multi_read(m, NULL)))
        if (msg->easy == e->handle && msg->msg == CURL_DONE) {
            *ret_result = msg->data.result;
            return true;
        }
    return false;
}

static int run(struct multi *m, const struct easy *e)
{
    int result = CURL_OUT_OF_MEMORY, running, rc;

    for (;;) {
        struct multi *moved = multi_moving(m->handle);

        rc = m->lib->multi_perform(m->handle, &running);
        rc = multi_moved(moved, rc, &running, false);
        if (rc || is_done(m, e, &result))
            return result;
        rc = m->lib->multi_wait(m->handle, NULL, 0, WAIT, NULL);
        if (rc)
            return result;
    }
}

int multi_perform(struct curl_lib *lib, struct easy *e)
{
    void *handle = lib->multi_init();
    struct multi *m = handle ? multi_make(lib, handle) : NULL;
    char *error = easy_pointer(e, SLOT_ERRORBUFFER);
    int result = CURL_OUT_OF_MEMORY;

    if (error)
        error[0] = '\0';
    if (m && !lib->multi_add(handle, e->handle)) {
        multi_join(m, e->guard);
        result = run(m, e);
        (void)lib->multi_remove(handle, e->handle);
    }
    if (m)
        multi_drop(m);
    if (e->guard)
        guard_end(e);
    if (handle)
        (void)lib->multi_cleanup(handle);
    return result;
}

/* --- fork ---------------------------------------------------------------- */

void multi_fork_lock(void)
{
    table_fork_lock(&multis);
}

void multi_fork_unlock(void)
{
    table_fork_unlock(&multis);
}
