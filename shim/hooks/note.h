#ifndef SP_HOOKS_NOTE_H
#define SP_HOOKS_NOTE_H

#include "base/str.h"

/*
 * A line of text on the stack, for places where nothing may be allocated: an
 * audit line of the shim's own, or a word to people. What no longer fits is
 * left out.
 */
#define NOTE_SIZE 2048
#define NOTE_WORD 256 /* bytes taken of one value */

struct note {
    size_t len;
    char text[NOTE_SIZE];
};

void note_add(struct note *n, struct str s);
void note_u64(struct note *n, uint64_t number);

/*
 * note_json - a JSON string, quoted (RFC 8259, section 7), of the first
 * NOTE_WORD bytes of s. Bytes that are not UTF-8 are written as '?'.
 */
void note_json(struct note *n, struct str s);

static inline struct str note_str(const struct note *n)
{
    return (struct str){n->text, n->len};
}

/* What the shim itself has to report of a program that is not guarded. */
struct uncovered {
    const char *exe;    /* what runs, or was to run      */
    const char *reason; /* for people, one line          */
    bool refused;       /* it was not started            */
};

/*
 * note_uncovered - one line in the audit file, if there is one. errno stays.
 * E_UNSUPPORTED  no audit file is named, or it cannot be written
 */
MUST_USE enum err note_uncovered(const char *audit, const struct uncovered *u);

/* TLS to a watched host that is not guarded. */
struct unseen {
    const char *exe; /* as it is named in the line */
    struct str host;
    uint16_t port;        /* 0: not known              */
    const char *protocol; /* "tls" or "quic"           */
    bool refused;         /* it did not leave          */
};

/* note_unseen - the same of such a connection. */
MUST_USE enum err note_unseen(const char *audit, const struct unseen *u);
/*
 * note_report - that line; where it cannot be written, or what is told was
 * refused, a word on stderr too. `anyway` as of say_line.
 */
void note_report(const char *audit, const struct uncovered *u, bool anyway);

#endif
