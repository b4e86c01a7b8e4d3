#ifndef SP_DETECT_TOP_H
#define SP_DETECT_TOP_H

#include "base/str.h"

/*
 * is_top_level - is this label, in either case, what the last one of a host
 * name can be: a top-level domain that is delegated, or one that networks of
 * their own use (internal, local, lan)? So logo@2x.png and vue@next.js are no
 * addresses. Not those that are far more often the end of a file's or of a
 * unit's name (zip, mov, map, java, target). Names in Punycode (xn--) are not
 * looked up: false.
 */
bool is_top_level(struct str label);

#endif
