/*
 * The hooked names that the engine and its static libraries call: the engine
 * closes its files, and where the kernel has no getrandom, libsodium's random
 * source reads a device. The engine's link sends these calls here (--wrap), and
 * from here they go past the shim: engine code never enters a hook.
 */
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t __wrap_read(int fd, void *p, size_t n);
int __wrap_close(int fd);
int __wrap_fcntl(int fd, int command, ...);

ssize_t __wrap_read(int fd, void *p, size_t n)
{
    return syscall(SYS_read, fd, p, n);
}

int __wrap_close(int fd)
{
    return (int)syscall(SYS_close, fd);
}

int __wrap_fcntl(int fd, int command, ...)
{
    va_list args;
    void *arg;

    va_start(args, command);
    arg = va_arg(args, void *);
    va_end(args);
    return (int)syscall(SYS_fcntl, fd, command, arg);
}
