#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

enum err random_fill(void *to, size_t n)
{
    char *p = to;
    size_t have = 0;

    while (have < n) {
        ssize_t got = getrandom(p + have, n - have, 0);

        if (got < 0 && errno != EINTR)
            return E_INTERNAL;
        have += got > 0 ? (size_t)got : 0;
    }
    return OK;
}
