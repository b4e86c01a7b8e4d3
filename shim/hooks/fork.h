#ifndef SP_HOOKS_FORK_H
#define SP_HOOKS_FORK_H

/*
 * fork_guard - before one of the shim's locks is first taken: from now on a
 * fork waits for all of them, and the child finds them free
 * (pthread_atfork(3)).
 *
 * Not at the start of the program: most never take a lock of ours, and what
 * libc does for it costs more than the rest of their start does for us. And
 * where an allocator has such handlers too, ours run before them then, in the
 * order in which the locks are taken.
 */
void fork_guard(void);

#endif
