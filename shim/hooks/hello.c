/*
 * A ClientHello, field by field, from bytes that come in any pieces.
 *
 *   16 03 xx ll ll        the head of a record; the bytes below may go on in
 *                         any number of further ones
 *   01 ll ll ll           ClientHello, its length
 *   03 xx, random         32 bytes
 *   l session id          at most 32
 *   ll cipher suites
 *   l compression methods
 *   ll extensions         each: type, length, data; the name of the server is
 *                         in that of type 0: ll (list), 00 (a host's), ll, name
 *
 * Every length is held against what is left of the message, and a list must
 * fill what it stands in: what is read in two ways is not read.
 */
#include "hooks/hello.h"

#define HANDSHAKE    0x16
#define CLIENT_HELLO 1
#define RECORD_MAX   (1 << 14)
#define MESSAGE_MAX  (1 << 16) /* the largest seen have 4 KB */

enum step {
    TYPE, /* first: a reader starts zeroed */
    LENGTH,
    VERSION,
    RANDOM,
    ID_LEN,
    ID,
    SUITES_LEN,
    SUITES,
    METHODS_LEN,
    METHODS,
    ALL_LEN,
    EXT_TYPE,
    EXT_LEN,
    EXT,
    NAMES_LEN,
    LIST_LEN,
    NAME_TYPE,
    NAME_LEN,
    NAME,
};

/* --- records ------------------------------------------------------------- */

static enum err head_byte(struct hello *h, unsigned char c)
{
    static const unsigned char wanted[] = {HANDSHAKE, 3};

    if (h->head < sizeof(wanted) && c != wanted[h->head])
        return E_SYNTAX;
    h->size = (uint16_t)(h->size << 8 | c); /* the last two remain */
    if (++h->head < HELLO_FRONT)
        return E_AGAIN;
    h->head = 0;
    h->record = h->size;
    return h->size > 0 && h->size <= RECORD_MAX ? E_AGAIN : E_SYNTAX;
}

/* --- the message --------------------------------------------------------- */

/* The next field has n bytes, and the message must have them. */
static enum err go(struct hello *h, enum step step, size_t n)
{
    if (step > LENGTH) {
        if (n > h->rest)
            return E_SYNTAX;
        h->rest -= (uint32_t)n;
    }
    h->step = (uint8_t)step;
    h->left = (uint16_t)n;
    h->number = 0;
    return E_AGAIN;
}

static enum err go_extension(struct hello *h)
{
    return h->rest == 0 ? OK : go(h, EXT_TYPE, 2);
}

static enum err end_name(const struct hello *h)
{
    for (size_t i = 0; i < h->name_len; i++)
        if (h->name[i] <= ' ' || h->name[i] > '~')
            return E_SYNTAX;
    return OK;
}

/* A field is complete: which is next? */
static enum err next(struct hello *h)
{
    uint32_t n = h->number;

    switch ((enum step)h->step) {
    case TYPE:
        return n == CLIENT_HELLO ? go(h, LENGTH, 3) : E_SYNTAX;
    case LENGTH:
        h->rest = n;
        return n <= MESSAGE_MAX ? go(h, VERSION, 2) : E_SYNTAX;
    case VERSION:
        return n >> 8 == 3 ? go(h, RANDOM, HELLO_RANDOM) : E_SYNTAX;
    case RANDOM:
        return go(h, ID_LEN, 1);
    case ID_LEN:
        return n <= 32 ? go(h, ID, n) : E_SYNTAX;
    case ID:
        return go(h, SUITES_LEN, 2);
    case SUITES_LEN:
        return n > 0 && n % 2 == 0 ? go(h, SUITES, n) : E_SYNTAX;
    case SUITES:
        return go(h, METHODS_LEN, 1);
    case METHODS_LEN:
        return n > 0 ? go(h, METHODS, n) : E_SYNTAX;
    case METHODS:
        return h->rest == 0 ? OK : go(h, ALL_LEN, 2);
    case ALL_LEN:
        return n == h->rest ? go_extension(h) : E_SYNTAX;
    case EXT_TYPE:
        return go(h, n == 0 ? NAMES_LEN : EXT_LEN, 2);
    case EXT_LEN:
        return go(h, EXT, n);
    case EXT:
        return go_extension(h);
    case NAMES_LEN:
        h->inside = n;
        return n <= h->rest ? go(h, LIST_LEN, 2) : E_SYNTAX;
    case LIST_LEN:
        return n + 2 == h->inside ? go(h, NAME_TYPE, 1) : E_SYNTAX;
    case NAME_TYPE:
        return n == 0 ? go(h, NAME_LEN, 2) : E_SYNTAX;
    case NAME_LEN:
        return n > 0 && n <= HELLO_NAME && n + 5 == h->inside ? go(h, NAME, n)
                                                              : E_SYNTAX;
    case NAME:
        return end_name(h);
    }
    return E_INTERNAL;
}

static enum err message_byte(struct hello *h, unsigned char c)
{
    enum err e;

    h->record--;
    h->left--;
    if (h->step == RANDOM)
        h->random[HELLO_RANDOM - 1 - h->left % HELLO_RANDOM] = c;
    else if (h->step == NAME && h->name_len < HELLO_NAME)
        h->name[h->name_len++] = (char)c;
    else
        h->number = h->number << 8 | c;
    if (h->left > 0)
        return E_AGAIN;
    do /* a field may be empty */
        e = next(h);
    while (e == E_AGAIN && h->left == 0);
    return e;
}

enum err hello_feed(struct hello *h, struct str s)
{
    enum err e = h->done ? (enum err)h->result : E_AGAIN;

    if (h->step == TYPE)
        h->left = 1;
    for (size_t i = 0; i < s.len && e == E_AGAIN; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        e = h->record == 0 ? head_byte(h, c) : message_byte(h, c);
    }
    h->done = e != E_AGAIN;
    h->result = (uint8_t)e;
    return e;
}

bool hello_has_random(const struct hello *h)
{
    return h->step > RANDOM;
}
