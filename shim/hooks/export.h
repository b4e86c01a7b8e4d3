#ifndef SP_HOOKS_EXPORT_H
#define SP_HOOKS_EXPORT_H

/* A hook: what exports.map lists, and nothing else is visible. */
#define EXPORT __attribute__((visibility("default")))

/*
 * A large table of zeros that most programs never touch. All of these lie
 * behind the small variables, of which every start of every program writes
 * some: one page of memory then holds them, where each page more is a fault.
 */
#define TABLE __attribute__((section(".bss.tables")))

#endif
