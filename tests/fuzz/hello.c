#include "hooks/hello.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * However the bytes are cut in three, the front gathered is the front, and the
 * random is found in it as in the whole.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *p = (char *)(uintptr_t)data, store[HELLO_LEN];
    struct str whole = {p, size}, random = hello_random(whole), front;
    size_t a, b;

    if (size < 2)
        return 0;
    a = data[size - 1] % (size + 1);
    b = a + data[size - 2] % (size - a + 1);
    struct iovec iov[] = {{p, a}, {p + a, b - a}, {p + b, size - b}};

    front = hello_gather(iov, 3, store);
    if (!str_eq(front, str_head(whole, HELLO_LEN)))
        __builtin_trap();
    if (!str_eq(hello_random(front), random))
        __builtin_trap();
    if (random.len != 0 && random.len != HELLO_RANDOM)
        __builtin_trap();
    return 0;
}
