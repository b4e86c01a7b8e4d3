#ifndef SP_BASE_WAIT_H
#define SP_BASE_WAIT_H

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WAIT_YIELDS 64    /* turns that only yield                 */
#define WAIT_NS     50000 /* of each turn after those, at least    */

/*
 * wait_turn - for who waits for another thread's few microseconds, with the
 * number of its turns so far. Whoever only yields is never overtaken by a
 * thread of lower priority (sched(7)). By no function that pthread_cancel(3)
 * could end; errno stays.
 */
static inline void wait_turn(unsigned turn)
{
    const struct timespec nap = {0, WAIT_NS};
    int saved = errno;

    if (turn < WAIT_YIELDS)
        (void)sched_yield();
    else
        (void)syscall(SYS_nanosleep, &nap, NULL);
    errno = saved;
}

#endif
