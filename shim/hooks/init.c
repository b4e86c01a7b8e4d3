/*
 * The start of the shim. Hooks work before this has run: constructors of other
 * libraries call them. What is done here is done early, once, while the
 * process has one thread: reading the environment and binding what a signal
 * handler may need.
 */
#include "hooks/load.h"
#include "hooks/net.h"
#include "hooks/patch.h"

__attribute__((constructor)) static void init(void)
{
    net_bind();
    load_settings();
    patch_program();
    load_early();
}
