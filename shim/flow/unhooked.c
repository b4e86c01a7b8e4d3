/*
 * The one hooked name that the engine's static libraries call: where the
 * kernel has no getrandom, libsodium's random source reads a device. The
 * engine's link sends that call here (--wrap), and from here it goes past the
 * shim: engine code never enters a hook.
 */
#include <sys/syscall.h>
#include <unistd.h>

ssize_t __wrap_read(int fd, void *p, size_t n);

ssize_t __wrap_read(int fd, void *p, size_t n)
{
    return syscall(SYS_read, fd, p, n);
}
