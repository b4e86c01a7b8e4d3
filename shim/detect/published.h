#ifndef SP_DETECT_PUBLISHED_H
#define SP_DETECT_PUBLISHED_H

#include "base/str.h"

/*
 * is_published - is this, byte for byte, a key that everybody has: that its
 * vendor ships in public sources or in an emulator? Known are digests, so that
 * no key stands in here.
 */
bool is_published(struct str value);

#endif
