#include "hooks/hello.h"

/*
 *   0  16          record type: handshake
 *   1  03 xx       record version
 *   3  .. ..       record length
 *   5  01          handshake type: ClientHello
 *   6  .. .. ..    its length
 *   9  03 xx       version
 *  11  random
 */
struct str hello_random(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;

    if (s.len < HELLO_LEN || p[0] != 0x16 || p[1] != 3 || p[5] != 1 ||
        p[9] != 3)
        return (struct str){NULL, 0};
    return (struct str){s.ptr + 11, HELLO_RANDOM};
}

struct str hello_gather(const struct iovec *iov, size_t count,
                        char store[HELLO_LEN])
{
    size_t have = 0;

    if (count > 0 && iov[0].iov_len >= HELLO_LEN)
        return (struct str){iov[0].iov_base, HELLO_LEN};
    for (size_t i = 0; i < count && have < HELLO_LEN; i++) {
        size_t n = iov[i].iov_len;

        if (n > HELLO_LEN - have)
            n = HELLO_LEN - have;
        if (n > 0)
            memcpy(store + have, iov[i].iov_base, n);
        have += n;
    }
    return (struct str){store, have};
}
