#include "hooks/hello.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err feed(struct hello *h, const uint8_t *data, size_t from,
                     size_t to)
{
    return hello_feed(h, (struct str){(const char *)data + from, to - from});
}

/*
 * However the bytes are cut in three, the same is read of them; what was read
 * stands in them; and what follows changes nothing.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hello whole = {0}, cut = {0};
    enum err e;
    size_t a, b;

    if (size < 2)
        return 0;
    a = data[size - 1] % (size + 1);
    b = a + data[size - 2] % (size - a + 1);
    e = feed(&whole, data, 0, size);
    if (feed(&cut, data, 0, a) == E_AGAIN && feed(&cut, data, a, b) == E_AGAIN)
        (void)!feed(&cut, data, b, size);
    if (memcmp(&whole, &cut, sizeof(whole)) != 0)
        __builtin_trap();
    if (e == OK && !hello_has_random(&whole))
        __builtin_trap();
    if (e != E_AGAIN && hello_feed(&cut, STR("\x16\x03\x01")) != e)
        __builtin_trap();
    return 0;
}
