#ifndef SP_DETECT_OWN_H
#define SP_DETECT_OWN_H

#include "detect/spelling.h"

/*
 * Values that must not be said, found in text without being kept: of each
 * spelling (detect/spelling.h) there is a keyed hash of eleven of its bytes,
 * its length, and a keyed print of all of it. What the hash points at is only
 * found if its print is the same, so that nothing else ever is.
 *
 *      text      ... the key is  sk - 0f 3a 9 1 ...
 *      squeezed  ...thekeyissk0f3a91...
 *                    |   |   |   |        every fourth place: a hash of eight
 *                                         bytes, looked up in a bit map
 *      spelling          sk0f3a91c7...
 *                          ||||           hashed at four places in a row, so
 *                                         that one of them meets the text's
 *
 * A long value is known in pieces: each is found for itself.
 */
struct own; /* owned by who made it */

#define OWN_KEY_LEN 32

/* Where a value comes from. */
enum own_source {
    OWN_ENV,
    OWN_FILE,
    OWN_AUTH, /* a credential in a request's head or query */
};

struct str own_source_name(enum own_source s);

/* What is known of a value, but for the value. */
struct own_about {
    enum own_source source;
    struct str name; /* of the variable, the file, the field */
    uint32_t value;  /* 1 + its index, of those that are known in parts; or 0 */
};

/* own_new - an empty set, under a key of its own that is copied. E_NOMEM. */
MUST_USE enum err own_new(const unsigned char key[OWN_KEY_LEN],
                          struct own **ret_own);
void own_free(struct own *o);

/*
 * own_add - one value, before own_ready. Its name is copied. A value of
 * fewer than SPELL_VALUE_MIN bytes, or a piece that is too uniform to tell,
 * is left out; one that is known already stays under its first name.
 *
 * E_LIMIT  over LIM_OWN values: this one, or the rest of it, is left out
 * E_NOMEM
 */
MUST_USE enum err own_add(struct own *o, struct str value,
                          enum own_source source, struct str name);

/* own_ready - nothing more is added; now it may be searched. E_NOMEM. */
MUST_USE enum err own_ready(struct own *o);

/*
 * own_learn - one value more, at any time and from any thread: of these only
 * the LIM_OWN_LEARNT last used pieces stay known. `name` is static.
 * E_AGAIN: others are learning, for too long; it has not been learnt. E_NOMEM.
 */
MUST_USE enum err own_learn(struct own *o, struct str value, const char *name);

/* own_forgot - was one forgotten for another? True once, then never more. */
bool own_forgot(struct own *o);

/* own_empty - nothing can be found. */
bool own_empty(const struct own *o);

/* own_count - pieces, those that were learnt aside; for tests. */
size_t own_count(const struct own *o);
/* own_size - bytes of memory; for tests and people who measure. */
size_t own_size(const struct own *o);

/* A place in a text where one stands. */
struct own_hit {
    size_t start, end;
    enum spelling spelling;
    struct own_about about; /* borrowed from the set */
};

/*
 * A search, with what it found. Large: kept by who searches often. One thread
 * at a time.
 */
struct own_search;
MUST_USE enum err own_search_new(struct own_search **ret_search);
void own_search_free(struct own_search *s);

/*
 * own_search_text - find all places in a text, which is borrowed for the call.
 * E_LIMIT  more than LIM_FINDINGS; E_NOMEM. An error is never "not there".
 */
MUST_USE enum err own_search_text(struct own_search *s, const struct own *o,
                                  struct str text);

/*
 * own_search_hit - of the places found last, which are in order and disjoint,
 * the first that begins at `from` or behind it; borrowed; NULL: none. Signs at
 * a value's own ends (a trailing =) belong to it, and so do the characters of
 * base64 that it shares with its neighbours. Of values that overlap the first
 * gives the name.
 */
const struct own_hit *own_search_hit(const struct own_search *s, size_t from);

/* Letters of a value, a bit for each. */
struct own_cover {
    uint64_t bits[2];
};

size_t own_covered(const struct own_cover *c);
/* own_cover_add - false if it adds nothing. */
bool own_cover_add(struct own_cover *to, const struct own_cover *more);

/* A part of a value: at least eight of its letters, in any spelling. */
struct own_part {
    uint16_t value;
    enum spelling spelling;
    size_t start, end; /* bytes of the text */
    struct own_cover cover;
};

/*
 * own_search_want - parts are only looked for in this text, by its place and
 * length; those of the one before are forgotten.
 *
 * own_search_part - number i of the parts in it, of values in which nobody
 * would see words; NULL: no more. Each of eleven letters or more is found that
 * is no part of a hit, as far as there are no more than LIM_OWN_GATHER; those
 * that say nothing new have only half of that room. Of values that were learnt
 * only the first LIM_OWN_PARTED pieces are known so.
 *
 * own_search_left_out - there were more.
 */
void own_search_want(struct own_search *s, struct str text);
const struct own_part *own_search_part(const struct own_search *s, size_t i);
bool own_search_left_out(const struct own_search *s);

/* ---- A text that goes on ------------------------------------------------ */

/*
 * Of a stream nothing is found that is not looked for at its beginning, or the
 * end of any text would have to wait. So what is found there is less than in a
 * whole text:
 *
 *  - a spelling of which the first SPELL_MIN bytes are uniform is left out;
 *  - between two bytes of it no more than 32 stand that do not count;
 *  - the first eight that count stand in one word, or in pieces of one or two:
 *    of prose no more waits than the end of its last word;
 *  - signs before it stay, and so does a character of base64 that it shares
 *    with what stands before it.
 */
struct own_open {
    bool found;
    size_t start, end; /* bytes of the text                                 */
    size_t cursor;     /* where to go on; if not found, nothing that begins */
                       /* before it is a value                              */
    enum spelling spelling;
    struct own_about about; /* borrowed from the set */
};

/*
 * own_open_find - the next one that begins at or behind `from`, a character's
 * start. With `open` more text may follow. What it finds, if `from` is always
 * the last cursor, does not depend on the pieces in which the text came. Less
 * than 4 GiB.
 */
void own_open_find(struct own_search *s, const struct own *o, struct str text,
                   size_t from, bool open, struct own_open *ret);

/* ---- Texts that follow one another -------------------------------------- */

/* A stretch of one of the texts. */
struct own_piece {
    uint32_t text; /* number, as given */
    size_t start, end;
};

#define OWN_PIECES SPELL_MAX /* of one hit: texts that it is cut over */

/*
 * The end of what was said so far, squeezed and as it is: enough of it that
 * what goes on in the next text is seen.
 */
struct own_join;
MUST_USE enum err own_join_new(struct own_join **ret_join);
void own_join_free(struct own_join *j);
/* own_join_clear - forget: nothing was said yet. Wipes. */
void own_join_clear(struct own_join *j);

/* own_join_text - the text with this number follows; borrowed until the next
 * call of it. Of its first 4 GiB. */
void own_join_text(struct own_join *j, const struct own *o, struct str text,
                   uint32_t number);

/*
 * own_join_next - the next value that begins in an earlier text and ends in
 * this one, and where it stands in each: ret_pieces has room for OWN_PIECES.
 * False: no more.
 */
bool own_join_next(struct own_join *j, struct own_about *ret_about,
                   struct own_piece *ret_pieces, size_t *ret_count);

/* ---- Parts, in any order ------------------------------------------------- */

/*
 * The parts of one request. A value is told if all of it but an eighth is
 * there, in one part or several; each may be written in a way of its own.
 */
struct own_gather;
MUST_USE enum err own_gather_new(struct own_gather **ret_gather);
void own_gather_free(struct own_gather *g);
/* own_gather_clear - a new request: nothing was said yet. */
void own_gather_clear(struct own_gather *g);

/* own_gather_add - one part, in the text with this number; false if it is not
 * kept: there are too many, see own_search_part. */
bool own_gather_add(struct own_gather *g, const struct own_part *part,
                    uint32_t number);

/*
 * own_gather_next - the next value that is told by now, with what was said of
 * it in the requests before (see own_gather_end), and its parts in this one
 * that were not given yet: ret_pieces has room for OWN_PIECES. now_ns: a clock
 * that goes forward. False: no more.
 */
bool own_gather_next(struct own_gather *g, const struct own *o, uint64_t now_ns,
                     struct own_about *ret_about, struct own_piece *ret_pieces,
                     size_t *ret_count);

/*
 * own_gather_end - the request leaves: what it said of values that are not told
 * is remembered for LIM_OWN_HOURS, as bits that say which letters, not what
 * they are.
 */
void own_gather_end(struct own_gather *g, struct own *o, uint64_t now_ns);

#endif
