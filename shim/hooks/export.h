#ifndef SP_HOOKS_EXPORT_H
#define SP_HOOKS_EXPORT_H

/* A hook: what exports.map lists, and nothing else is visible. */
#define EXPORT __attribute__((visibility("default")))

#endif
