#ifndef SP_WIRE_EVENTSTREAM_H
#define SP_WIRE_EVENTSTREAM_H

#include "base/buf.h"

/*
 * AWS event streams (application/vnd.amazon.eventstream): one binary message
 * after another, all numbers big-endian.
 *
 *   0      4             8           12                           total - 4
 *   | total | headers len | prelude CRC | headers ... | payload ... | CRC |
 *
 * The prelude's CRC is over its first 8 bytes, the last one over all before it;
 * both are the CRC-32 of zlib. A header is the length of its name in one byte,
 * the name, a type byte, and a value that the type gives a length to.
 *
 * Source: Smithy, "Amazon Event Stream Specification"; the limits on headers
 * (128 KiB) and payload are of the same page.
 */

enum es_type { /* of a header's value */
    ES_TRUE,
    ES_FALSE,
    ES_BYTE,
    ES_SHORT,
    ES_INTEGER,
    ES_LONG,
    ES_BYTES,
    ES_STRING,
    ES_TIMESTAMP,
    ES_UUID,
    ES_TYPE_COUNT,
};

struct es_header {
    struct str name;
    enum es_type type;
    struct str value; /* as it stands there, without its length */
};

struct es_message {
    struct str raw;     /* all bytes, CRC included                      */
    struct str headers; /* in raw; well-formed: see es_header_next      */
    struct str payload; /* in raw                                       */
    size_t payload_off; /* its offset                                   */
};

#define ES_PRELUDE 12 /* bytes before the headers */
#define ES_CRC     4  /* bytes behind the payload */

struct es {
    struct buf held; /* owned: a message split over reads          */
    size_t total;    /* length of the message in held; 0: unknown  */
    bool given;      /* held has been given out: clear it first    */
    enum err failed;
};

/* es_init - a reader for messages of at most max bytes. No allocation. */
void es_init(struct es *s, size_t max);
void es_free(struct es *s);

/*
 * es_next - the next message. Takes bytes from the front of *in, at most up to
 * the message's end. All that *ret borrows holds until the next call, and no
 * longer than the input. Raw bytes, message after message, are the input again.
 *
 * OK           *ret is set; both CRCs are right
 * E_AGAIN      *in is used up
 * E_LIMIT      the message is longer than max; over LIM_ES_HEADERS headers
 * E_SYNTAX     a wrong CRC; lengths that leave no room for each other; a header
 *              with an empty name, an unknown type or a value that ends behind
 *              the headers; a name or string that is not UTF-8
 * E_AMBIGUOUS  two headers of one name
 * E_NOMEM
 * An error is final. Lengths are refused as soon as the prelude is there.
 */
MUST_USE enum err es_next(struct es *s, struct str *in, struct es_message *ret);

/*
 * es_end - the stream has ended: OK at the end of a message, E_SYNTAX inside of
 * one, the earlier error after one.
 */
MUST_USE enum err es_end(struct es *s);

/*
 * es_begins - bytes that begin an event stream, whatever their type says: a
 * prelude with a right CRC.
 */
bool es_begins(struct str s);

/*
 * es_header_next - the next header of a message; takes it from the front of
 * *headers. False at the end.
 */
bool es_header_next(struct str *headers, struct es_header *ret);

/*
 * es_header_get - the value of the string header of that name; the empty str if
 * there is none. Names are compared byte by byte.
 */
struct str es_header_get(struct str headers, struct str name);

/*
 * es_seal - a message whose payload has been changed within `bytes`: its total
 * length and both CRCs are written anew. E_INTERNAL: shorter than a message.
 */
MUST_USE enum err es_seal(char *bytes, size_t len);

/*
 * es_put - append a message with string headers, which are `count` pairs of
 * name and value. E_LIMIT of a name (255) or a value (32767); errors as
 * buf_add. On error nothing is appended.
 */
MUST_USE enum err es_put(const struct str (*headers)[2], size_t count,
                         struct str payload, struct buf *out);

#endif
