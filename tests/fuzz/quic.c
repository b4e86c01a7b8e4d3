#include "hooks/quic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What lies behind a datagram's packet, or was there before, changes nothing.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = {(const char *)data, size};
    struct hello h = {0}, again = {0};
    uint64_t at = 0, at_again = 0;
    enum err e = quic_hello(all, &h, &at);

    if (e == OK && !hello_has_random(&h))
        __builtin_trap();
    if (e != quic_hello(all, &again, &at_again) || at != at_again ||
        memcmp(&h, &again, sizeof(h)) != 0)
        __builtin_trap();
    if (quic_is_initial(str_head(all, QUIC_FRONT), size) &&
        (size < 1200 || (data[0] & 0xc0) != 0xc0))
        __builtin_trap();
    return 0;
}
