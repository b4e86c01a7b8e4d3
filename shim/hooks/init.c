/*
 * The start of the shim. Hooks work before this has run: constructors of other
 * libraries call them. What is done here is done early, once, while the
 * process has one thread: reading the environment, binding what a signal
 * handler may need, and the care for fork.
 */
#include <pthread.h>

#include "hooks/lib.h"
#include "hooks/load.h"
#include "hooks/net.h"
#include "hooks/patch.h"
#include "hooks/real.h"
#include "hooks/session.h"

/*
 * What pthread_atfork takes for our name. The compiler's start files would
 * define it, but they bring four names to look up and code to run at start and
 * end of every program, for tables that we do not have.
 */
extern void *__dso_handle __attribute__((visibility("hidden")));
void *__dso_handle = &__dso_handle;

/* Sessions before the loading of the engine, as a first use takes them. */
static void fork_lock(void)
{
    session_fork_lock();
    load_fork_lock();
    lib_fork_lock();
    real_fork_lock();
}

static void fork_unlock(void)
{
    real_fork_unlock();
    lib_fork_unlock();
    load_fork_unlock();
    session_fork_unlock();
}

__attribute__((constructor)) static void init(void)
{
    net_bind();
    if (!load_off())
        (void)pthread_atfork(fork_lock, fork_unlock, fork_unlock);
    patch_program();
    load_early();
}
