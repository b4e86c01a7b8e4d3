#ifndef SP_COMPILE_LINKS_H
#define SP_COMPILE_LINKS_H

#include "compile/read.h"

/*
 * links_read - the reader of a policy's 'links', added to *list as host_allowed
 * (detect/host.h) takes it, each name as a browser would look it up:
 *
 *     links: {allow: ["*.example.com", "b\u00fccher.example"]}
 */
bool links_read(struct reader *r, const struct yaml_node *n, struct str *list);

#endif
