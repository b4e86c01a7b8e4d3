#include "hooks/fork.h"

#include <pthread.h>
#include <stdatomic.h>

#include "hooks/curl.h"
#include "hooks/lib.h"
#include "hooks/load.h"
#include "hooks/real.h"
#include "hooks/session.h"
#include "hooks/sock.h"

/*
 * What pthread_atfork takes for our name. The compiler's start files would
 * define it, but they bring four names to look up and code to run at start and
 * end of every program, for tables that we do not have. Weak, because programs
 * that test these files have the start files.
 */
extern void *__dso_handle __attribute__((visibility("hidden"), weak));
void *__dso_handle = &__dso_handle;

/* Records before the loading of the engine, as a first use takes them. */
static void fork_lock(void)
{
    curl_fork_lock();
    session_fork_lock();
    sock_fork_lock();
    load_fork_lock();
    lib_fork_lock();
    real_fork_lock();
}

static void fork_unlock(void)
{
    real_fork_unlock();
    lib_fork_unlock();
    load_fork_unlock();
    sock_fork_unlock();
    session_fork_unlock();
    curl_fork_unlock();
}

void fork_guard(void)
{
    static atomic_bool begun;

    if (!atomic_load_explicit(&begun, memory_order_relaxed) &&
        !atomic_exchange(&begun, true))
        (void)pthread_atfork(fork_lock, fork_unlock, fork_unlock);
}
