#ifndef SP_TESTS_AWSES_H
#define SP_TESTS_AWSES_H

#include "base/buf.h"

/*
 * AWS event streams, written and read without the code under test: the CRC is
 * computed bit by bit from its polynomial (IEEE 802.3).
 */

uint32_t awses_crc(struct str s);

/* awses_header - append a header of type 7 (a string). */
void awses_header(struct buf *out, const char *name, struct str value);

/* awses_put - append a message with raw headers. */
void awses_put(struct buf *out, struct str headers, struct str payload);

/* awses_event - the same with the three headers of Bedrock's events. */
void awses_event(struct buf *out, const char *type, struct str payload);

struct awses_message {
    struct str raw, headers, payload;
};

/* awses_take - the message in front of *in, which moves on behind it; false if
 * none is there, its lengths do not fit, or a CRC is wrong. */
bool awses_take(struct str *in, struct awses_message *ret);

#endif
