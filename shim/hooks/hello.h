#ifndef SP_HOOKS_HELLO_H
#define SP_HOOKS_HELLO_H

#include "base/str.h"

#define HELLO_RANDOM 32
#define HELLO_NAME   255 /* bytes of a host's name; DNS has 253 */

/*
 * The bytes that must be there at once for a hello's beginning to be looked
 * at: the head of a record, which some libraries write by itself.
 */
#define HELLO_FRONT 5

/*
 * A reader of a TLS ClientHello (RFC 8446, 4.1.2; the same layout since TLS
 * 1.0) as it leaves in handshake records, which may cut it anywhere (5.1).
 * Starts zeroed; holds no pointer, so a copy of it is another reader at the
 * same place.
 */
struct hello {
    uint8_t step;     /* enum step of hello.c                    */
    uint8_t result;   /* enum err, once it is not E_AGAIN        */
    uint8_t head;     /* bytes read of a record's head           */
    uint8_t name_len; /* bytes read of the name                  */
    bool done;        /* `result` is final                       */
    uint16_t size;    /* what the record's head has told         */
    uint16_t record;  /* bytes left in the record; 0: its head   */
    uint16_t left;    /* bytes left in the field                 */
    uint32_t number;  /* what the field has told                 */
    uint32_t rest;    /* bytes of the message behind the field   */
    uint32_t inside;  /* bytes of the extension with the name    */
    unsigned char random[HELLO_RANDOM];
    char name[HELLO_NAME];
};

/*
 * hello_feed - the next bytes. Reads nothing behind the server's name
 * (RFC 6066, section 3) or, without one, behind the message.
 *
 * OK        it is known which name it has: hello_name
 * E_AGAIN   more is needed
 * E_SYNTAX  no ClientHello, or one that breaks its layout, or a name that is
 *           none of a host
 *
 * A result other than E_AGAIN is final. Of an encrypted ClientHello the outer
 * name is told; the inner one nobody but the server can read.
 */
MUST_USE enum err hello_feed(struct hello *h, struct str s);

/* hello_has_random - its random was read: what precedes it is a hello's. */
bool hello_has_random(const struct hello *h);

/* hello_name - after OK; empty where there is none. */
static inline struct str hello_name(const struct hello *h)
{
    return (struct str){h->name, h->name_len};
}

#endif
