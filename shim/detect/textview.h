#ifndef SP_DETECT_TEXTVIEW_H
#define SP_DETECT_TEXTVIEW_H

#include "base/buf.h"

/*
 * A view is a text as somebody else reads it: without what cannot be seen, with
 * look-alikes as the letters they look like, decoded. Rules match on views;
 * what they find is reported, and rewritten, in the text itself, to which every
 * view has a map. A view is never sent.
 */
enum view_step {
    VIEW_TEXT,     /* the text                                             */
    VIEW_CLEAN,    /* nothing invisible, NFKC, plain digits (normal.h)     */
    VIEW_GAP,      /* the same, a space where that stood between letters   */
    VIEW_FOLD,     /* and full case folding                                */
    VIEW_SKELETON, /* look-alikes to Latin (disguise.h)                    */
    VIEW_NOMARK,   /* no marks on Latin, Greek and Cyrillic letters        */
    VIEW_JOINED,   /* s p a c e d letters together                         */
    VIEW_LEET,     /* d1g1ts as letters                                    */
    VIEW_ROT13,    /* ciphers of letters, this and those below (cipher.h)  */
    VIEW_REVERSED, /* each line from its end, or a secret of the program   */
    VIEW_HIDDEN,   /* what a page has and does not show (markup.h)         */
    VIEW_DECODED,  /* what is encoded in it, in any of the ways below      */
    /* Steps that a rule does not name one by one, but a finding does. */
    VIEW_ESCAPES, /* \u0041 \x41 \101 \n \"                                */
    VIEW_PERCENT,
    VIEW_ENTITIES, /* of HTML                                              */
    VIEW_QUOTED,   /* quoted-printable (RFC 2045, 6.7)                     */
    VIEW_SEAMS,    /* tags in words, strings put together (seams.h)        */
    VIEW_BASE64,   /* either alphabet                                      */
    VIEW_BASE32,
    VIEW_HEX,
    VIEW_DEFLATE,   /* gzip or zlib inside of base64                       */
    VIEW_TAGS,      /* U+E0020-E007E, which show nothing                   */
    VIEW_SELECTORS, /* bytes as variation selectors                        */
    VIEW_BIDI,      /* what a right-to-left override turns round           */
    VIEW_NUMBERS,   /* lists of the numbers of characters (lists.c)        */
    VIEW_MORSE,
    VIEW_CAESAR,  /* the letters moved by any other number of places     */
    VIEW_ATBASH,  /* the alphabet backwards                              */
    VIEW_ROT47,   /* all of ASCII that is seen, by 47 places             */
    VIEW_FLIPPED, /* each word from its end                              */
    VIEW_TABLE,   /* cells behind the names of their columns (table.h)   */
    VIEW_STEPS,
};
#define VIEW_NAMED (VIEW_DECODED + 1) /* those that a rule may name */
#define VIEWS_ALL  ((1u << VIEW_NAMED) - 1)
/* Those that cost even a text that has nothing unusual in it. */
#define VIEWS_FAR (1u << VIEW_ROT13 | 1u << VIEW_REVERSED)
/* Those of a rule that says nothing, of category injection and of any other. */
#define VIEWS_ORDERS (VIEWS_ALL & ~(VIEWS_FAR | 1u << VIEW_HIDDEN))
#define VIEWS_VALUES (1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_DECODED)

/* The name, as in rule files and audit lines ("base64"). */
struct str view_step_name(enum view_step step);

/*
 * views_whole - a set of views with those that they are made of: a view that
 * has nothing which the one before it had not is not looked at by itself, so
 * who looks at it must look there.
 */
unsigned views_whole(unsigned views);

/* Through which views something was found, in order; zeros: the text itself. */
#define CHAIN_MOST 8
struct chain {
    unsigned char steps[CHAIN_MOST];
};

/* chain_add - one step more; of a full chain the last step is replaced. */
void chain_add(struct chain *c, enum view_step step);
/* chain_len - the number of steps. */
size_t chain_len(const struct chain *c);

/*
 * Bytes of a view in a row that come from bytes of its source in the same way:
 * each `to` bytes from `from` bytes; or `back`: as many, from their end. It
 * ends where the next one begins.
 *
 *      source  A B C D E F G          dst 0, src 0, 1 from 1    ABC
 *      view    A B C x y              dst 3, src 3, 1 from 2    x (DE) y (FG)
 */
struct view_run {
    uint32_t dst, src, to;
    uint32_t from : 31, back : 1; /* there may be one for every character */
};

struct textview {
    struct buf bytes;
    struct view_run *runs; /* owned */
    size_t run_count, run_cap;
};

void textview_init(struct textview *v);
void textview_free(struct textview *v);
/* textview_clear - empty again. textview_rest - and memory over LIM_BUF_KEEP is
 * given back. */
void textview_clear(struct textview *v);
void textview_rest(struct textview *v);

/* textview_room - so many bytes and runs may be written behind those it has,
 * by who counts them then. E_LIMIT of bytes; E_NOMEM. */
MUST_USE enum err textview_room(struct textview *v, size_t bytes, size_t runs);

/*
 * textview_put - append bytes that stand for source[off..off+len).
 * textview_copy - append n bytes that are at source[off..) one by one.
 * textview_back - append them, the last character first.
 * E_LIMIT over LIM_VIEW_BYTES or LIM_VIEW_RUNS; E_NOMEM.
 */
MUST_USE enum err textview_put(struct textview *v, struct str bytes, size_t off,
                               size_t len);
MUST_USE enum err textview_copy(struct textview *v, struct str bytes,
                                size_t off);
MUST_USE enum err textview_back(struct textview *v, struct str bytes,
                                size_t off);

/*
 * Some bytes of a source, and what they stand for. Those that are kept stand
 * for themselves, but each of `ones` for the next `each` bytes, and each of
 * `twos`, with what is kept `each` bytes behind it, for twice as many.
 */
#define VIEW_UNITS 64u
struct view_units {
    char bytes[VIEW_UNITS];
    uint64_t kept, ones, twos;
    unsigned each;
};
/* textview_units - append those that are kept, from source[off..). Errors as
 * textview_put. */
MUST_USE enum err textview_units(struct textview *v, const struct view_units *u,
                                 size_t off);

/*
 * textview_span - where bytes start..end of the view come from, start < end.
 * What was left out of the view counts if it stands inside of them.
 */
void textview_span(const struct textview *v, size_t start, size_t end,
                   size_t *ret_start, size_t *ret_end);

/* textview_place - how many bytes of the view, whose places in its source only
 * move on, come from before `off` of that. */
size_t textview_place(const struct textview *v, size_t off);

#endif
