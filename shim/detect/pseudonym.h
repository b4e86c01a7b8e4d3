#ifndef SP_DETECT_PSEUDONYM_H
#define SP_DETECT_PSEUDONYM_H

#include "detect/urlplace.h"

/*
 * Pseudonyms: what stands in a prompt in a value's place, and is the value
 * again in the answer.
 *
 *     EMAIL_k3vq7m2xw5hzae       a class, "_", and 14 letters and digits of
 *           |----------||        base32 (RFC 4648, section 6): 60 bits of a
 *             60 bits   10       keyed hash of class and value, 10 of a check
 *
 *     931415926535897            in a number's place: 15 digits, a 9 first;
 *                                36 bits of hash, 10 of check
 *
 * They are a function of key, class and value: the same in each turn, process
 * and restart. Their length is fixed, so that none is the beginning of another,
 * and without the key nobody finds a short value by trying, or makes one up
 * that passes the check.
 */
#define PSEUDONYM_KEY_LEN 32
#define PSEUDONYM_CLASS   16 /* letters of a class; two at least */
#define PSEUDONYM_BODY    14
#define PSEUDONYM_DIGITS  15 /* below 2^53: exact in every JSON reader */
#define PSEUDONYM_MAX     (PSEUDONYM_CLASS + 1 + PSEUDONYM_BODY)

struct pseudonym {
    uint64_t id; /* tells it from all others, whatever their class */
    size_t len;
    char text[PSEUDONYM_MAX];
};

/* pseudonym_class_ok - 2 to 16 letters A-Z. */
bool pseudonym_class_ok(struct str class);

/* pseudonym_make - of a value of a class that is ok. */
void pseudonym_make(const unsigned char key[PSEUDONYM_KEY_LEN],
                    struct str class, struct str value,
                    struct pseudonym *ret_p);

/* pseudonym_number - the same for a number's place. */
void pseudonym_number(const unsigned char key[PSEUDONYM_KEY_LEN],
                      struct str class, struct str value,
                      struct pseudonym *ret_p);

/* The place of one in a text. */
struct pseudonym_at {
    uint64_t start, end; /* of the whole: with `letters` for a class      */
    uint64_t id;
    char letters[PSEUDONYM_CLASS]; /* before the "_", in capitals: the class
                                      is one of their ends                 */
    size_t letter_count;           /* 0: a number                          */
    bool in_url;    /* or it may be, by what stands before and behind */
    uint64_t piece; /* where that begins, behind a blank, quote or bracket */
};

/* So many may wait for what is behind the first. */
#define PSEUDONYM_WAITING (1 + URL_BEHIND / (PSEUDONYM_DIGITS + 1))

/*
 * A reader of text that comes in pieces. `classes`, borrowed: those that
 * pseudonym_open waits for. Zeroed but for these and the key it stands at the
 * start of a text.
 */
struct pseudonym_scan {
    const unsigned char *key;
    const struct str *classes;
    size_t class_count;
    uint64_t pos; /* bytes read */
    struct url_place url;
    char letters[PSEUDONYM_CLASS]; /* the last of the run before pos */
    size_t letter_count;
    char word[PSEUDONYM_CLASS]; /* the letters before the "_" */
    size_t word_count;
    char body[PSEUDONYM_BODY];
    size_t body_count;
    bool in_body;
    char digits[PSEUDONYM_DIGITS];
    size_t digit_count; /* of the run before pos; one more: too many */
    struct pseudonym_at found[PSEUDONYM_WAITING];
    size_t taken, count; /* of these */
    uint64_t begin;      /* of the first of them that may be restored */
    uint64_t piece;      /* beginning of what no blank parts, before pos */
};

/*
 * pseudonym_next - the next text in *in, whose front is taken, that has the
 * form of a pseudonym and passes the check, when it is known whether it stands
 * in an address: mostly by the byte behind it, and that is URL_BEHIND away at
 * most. A number is known by the byte behind it. False when *in is used up.
 */
bool pseudonym_next(struct pseudonym_scan *s, struct str *in,
                    struct pseudonym_at *ret_at);

/* pseudonym_last - the text ends here: the next that did so, or waited for what
 * follows. At false the scan stands at the start of a text that begins at pos.
 */
bool pseudonym_last(struct pseudonym_scan *s, struct pseudonym_at *ret_at);

/*
 * pseudonym_carried - is it in the piece of one that stands for an address?
 * What is behind that would be a part of it. *address: where the last one that
 * does ended, 0 if there was none; pseudonym_said - `at` becomes this value.
 */
static inline bool pseudonym_carried(const struct pseudonym_at *at,
                                     uint64_t address)
{
    return address > at->piece;
}
void pseudonym_said(const struct pseudonym_at *at, struct str value,
                    uint64_t *address);

/* pseudonym_open - where the first pseudonym begins that waits for what
 * follows, or could begin that this completes; pos if none could. */
uint64_t pseudonym_open(const struct pseudonym_scan *s);

/*
 * pseudonym_maybe - false: there is none in this text. Looks at bytes only.
 */
bool pseudonym_maybe(struct str text);

#endif
