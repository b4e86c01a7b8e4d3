#include "wire/h2guard.h"

#include <setjmp.h>

/*
 * The thread's innermost guarded call. Initial-exec: no allocation at the first
 * access, which may be in a thread of anybody's.
 */
static __thread jmp_buf *innermost __attribute__((tls_model("initial-exec")));

bool h2guard_run(void (*work)(void *arg), void *arg)
{
    jmp_buf *volatile outer = innermost;
    jmp_buf here;
    volatile bool whole = false;

    if (_setjmp(here) == 0) {
        innermost = &here;
        work(arg);
        whole = true;
    }
    innermost = outer;
    return whole;
}

/*
 * The linker's names for what --wrap takes away and puts in its place. Weak:
 * where it is not told so, as for fuzzing, a failed assertion is to be seen.
 */
_Noreturn void __real___assert_fail(const char *what, const char *file,
                                    unsigned line, const char *function)
    __attribute__((weak));
_Noreturn void __wrap___assert_fail(const char *what, const char *file,
                                    unsigned line, const char *function);

_Noreturn void __wrap___assert_fail(const char *what, const char *file,
                                    unsigned line, const char *function)
{
    if (innermost != NULL)
        longjmp(*innermost, 1);
    __real___assert_fail(what, file, line, function);
}

/*
 * A function of the library's that prints is not position-independent in
 * Debian's archive: it takes the address of libc's stderr. Nobody calls it;
 * the reference is sent here (--wrap=stderr).
 */
extern void *__wrap_stderr;
void *__wrap_stderr;
