#ifndef SP_DETECT_DECODE_H
#define SP_DETECT_DECODE_H

#include "detect/textview.h"

/*
 * What a text has in it in encoded form. There are two kinds. Of one, a
 * character is written as an escape and the text goes on round it: the view is
 * the text with those characters, as far as it is near to one. Of the other, a
 * run of characters has to be taken as a whole: the view is what comes out of
 * all the runs, with a line feed behind each, and what is found in it comes
 * from the whole run. Nobody says that a run is one, so that it counts only if
 * it gives text: nine tenths of it printable, with letters or a number in it.
 */
struct makeup {       /* of decoded bytes */
    size_t all, good; /* bytes, and those of them that can be printed */
    size_t letters, digits;
};

#define GIVEN_LINES 4
struct decoding {
    struct buf raw;      /* what one run gives; owned */
    struct buf inflated; /* what is packed in one; owned */
    /* What may still be decoded of the text in hand. */
    size_t parts, bytes;
    size_t unescaped; /* bytes of views without the escapes */
    size_t work;      /* bytes that inflating may still read and write */
    bool capped;      /* more was there */
    unsigned enough;  /* a set of steps: one is enough, others are elsewhere */
    /* Parts of the text in hand (classes_part) that a view without backslashes
     * may begin in; 0: not known. */
    uint64_t escapes;
    /* Of the text in hand, what is known of its runs (runs.c): of the last in
     * each step of four, and of the last that goes on in lines behind it, which
     * the short ones among those must not push out. */
    struct given {
        size_t at, end; /* the run, as far as it is taken together */
        struct makeup of;
    } given[GIVEN_LINES + 1];
    struct {
        size_t from, to;
    } lines; /* the last that go together */
};

void decoding_init(struct decoding *d);
void decoding_free(struct decoding *d);
/* decoding_start - LIM_VIEW_PARTS, and four times len bytes up to LIM_VIEW_OUT,
 * and a few more; without its escapes a text is not longer than it was, and may
 * be read so up to LIM_VIEW_UNESCAPED. */
void decoding_start(struct decoding *d, size_t len);
/* decoding_forget - what is known of the text in hand: there is another. */
void decoding_forget(struct decoding *d);
/* decoding_rest - most of the memory that a large text took is given back. */
void decoding_rest(struct decoding *d);

/*
 * decode - the view of a text; empty where it has nothing of the kind. `how` is
 * one of VIEW_ESCAPES to VIEW_MORSE. Errors as textview_put.
 */
MUST_USE enum err decode(struct decoding *d, enum view_step how,
                         struct str text, struct textview *out);

/* decode_worth - of VIEW_BASE64 to VIEW_DEFLATE those that a text may have
 * something of, as a set: one look at all its runs. classes: of the text.
 * run_worth - the same of one run (classes.h), but for those that are known. */
unsigned decode_worth(struct str text, unsigned classes);
unsigned run_worth(struct str run, unsigned known);

/*
 * run_next - the next run of characters of base64, of either alphabet, at or
 * behind *from: CLASS_RUN_LEN of them at least, its padding counted. That is
 * not part of *ret_run; *from moves behind the run. False at the end.
 */
bool run_next(struct str text, size_t *from, struct str *ret_run);
/* run_padding - characters of padding of a run that ends at `at`; 0 to 2. */
size_t run_padding(struct str text, size_t at);

/* escapes_enough_of - the kinds of escapes that a text has enough of for a
 * view, as a set: only VIEW_PERCENT, VIEW_ENTITIES and VIEW_QUOTED need more
 * than one.
 */
unsigned escapes_enough_of(struct str text);

/* Parts of it, by kind: escapes.c, runs.c, hidden.c, lists.c and morse.c. */
MUST_USE enum err decode_escapes(struct decoding *d, enum view_step how,
                                 struct str text, struct textview *out);
MUST_USE enum err decode_runs(struct decoding *d, enum view_step how,
                              struct str text, struct textview *out);
MUST_USE enum err decode_hidden(struct decoding *d, enum view_step how,
                                struct str text, struct textview *out);
MUST_USE enum err decode_lists(struct decoding *d, struct str text,
                               struct textview *out);
MUST_USE enum err decode_morse(struct decoding *d, struct str text,
                               struct textview *out);

/*
 * Lists of numbers and Morse in a text that comes in pieces: *_begin tells
 * where the first may begin, text.len if none does; `before` is the byte before
 * the text, or 0. *_end tells how far the one at the front of a text goes; 0 is
 * not known yet, which it always is with `last`. *ret_some: as much as one
 * needs to say something.
 */
size_t numbers_begin(struct str text, char before);
size_t numbers_end(struct str text, bool last, bool *ret_some);
size_t morse_begin(struct str text);
size_t morse_end(struct str text, bool last, bool *ret_some);

/*
 * escape_group_next - the next part of a text that stands among escapes with
 * backslashes which are near each other, some of them short ones that matter
 * (escape_matters): the text without its escapes has all of that part, and of
 * what is round it as much as a match may reach. False if there is none; *g is
 * zero at the start.
 *
 *      ....\n....\n....\t....\n....\n....
 *          |      |      |      |
 *          first  from   to     last
 */
struct escape_group {
    size_t from, to;
    size_t at; /* looked at up to there */
};
bool escape_group_next(struct escape_group *g, struct str text);

/*
 * The same of a text that comes in pieces, of one kind of escapes: how many
 * there are is not known then, and it goes on round them for ever. text may
 * begin before *pos, which moves behind what is decided: all with `last`.
 *
 * escaped_next - is there an escape that is looked for? *pos is at it then, or
 * at what may be one as soon as this one is read: %\u0034\u0031, <b\u003e.
 * escaped_feed - errors as textview_put; the offsets of text are those of the
 * source less base.
 */
struct escaped {
    bool some;  /* there was one         */
    size_t end; /* of the last, there    */
};
struct escaped_at {
    enum view_step how;
    size_t at, len;
    bool near; /* it is none but for that */
};
struct escaped_for {
    unsigned kinds; /* a set of steps */
    bool last;      /* the text ends where it does */
    /* What is no seam by itself: is it one as if it was near another? *ret_cut:
     * what is to come will tell. */
    bool (*near)(const void *with, size_t at, bool last, bool *ret_cut);
    const void *with;
};
bool escaped_next(const struct escaped_for *what, struct str text, size_t *pos,
                  struct escaped_at *ret);
/* escaped_cut - what is at `at`, up to where *pos of escaped_feed moved: is it
 * cut off by the end of the text? escaped_some - may a kind of escapes have one
 * that begins in s? */
bool escaped_cut(const struct escaped *x, enum view_step how, struct str text,
                 size_t base, size_t at);
bool escaped_some(enum view_step how, struct str s);
MUST_USE enum err escaped_feed(struct escaped *x, enum view_step how,
                               struct str text, size_t base, size_t *pos,
                               bool last, struct textview *out);
/* Bytes before and behind an escape that a match with it may reach. */
#define ESCAPE_NEAR 384u

/* hex_digits - how many hex digits are at the front of s, up to `most`, which
 * is 8 or less; and their value. */
size_t hex_digits(struct str s, size_t most, uint32_t *ret_value);

/* entity_char - the character that the entity at the front of s ("&") stands
 * for, of those that matter here, and its length; 0 and '&' if there is none.
 */
size_t entity_char(struct str s, uint32_t *ret_cp);

/* escape_is_long - does an escape that is not \n or the like stand at the front
 * of s, which is a backslash? */
bool escape_is_long(struct str s);

/*
 * quoted_is_value - is what looks like an escape of quoted-printable at the
 * front of s more likely a number or an id? It is read where others are near.
 * quoted_cut - does that depend on what is behind s?
 */
bool quoted_is_value(struct str s);
bool quoted_cut(struct str s);

/* escapes_enough - of VIEW_PERCENT, VIEW_ENTITIES and VIEW_QUOTED: does a text
 * have as many as decode asks for? */
bool escapes_enough(enum view_step how, struct str text);

/* makeup_of - of the characters of s that begin before `to`. */
struct makeup makeup_of(struct str s, size_t to);
bool makeup_is_text(const struct makeup *m);
/* decode_fits - may so many bytes still be decoded, as one part? */
bool decode_fits(const struct decoding *d, size_t len);

/*
 * decode_part - d->raw is what the bytes off..off+len stand for: appended, with
 * what is no UTF-8 as '?', if it looks like text. *ret_taken says so.
 * decode_text - the same where it is known that it does.
 */
MUST_USE enum err decode_part(struct decoding *d, size_t off, size_t len,
                              struct textview *out, bool *ret_taken);
MUST_USE enum err decode_text(struct decoding *d, size_t off, size_t len,
                              struct textview *out, bool *ret_taken);

#endif
