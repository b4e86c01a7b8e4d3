#ifndef SP_RULES_VIEWING_H
#define SP_RULES_VIEWING_H

#include <sodium/crypto_shorthash_siphash24.h>

#include "detect/decode.h"
#include "detect/leet.h"
#include "detect/normal.h"
#include "rules/look.h"

/*
 * What the views of one text are made and scanned with (views.c), which is kept
 * for the next one.
 */

#define DONE  64        /* decoded texts that are known again: the last */
#define SHORT (4 * KIB) /* a text up to this length is taken as a whole */

struct level {
    struct textview decoded; /* the text, but of level 0 */
    struct textview clean;
    struct look text, best; /* best: what is decoded: clean if it differs */
    unsigned classes;
    unsigned next;  /* how it is to be decoded next */
    unsigned worth; /* of `best`, if it is known: classes_worth */
    bool sifted;
    bool seen;    /* all of it: nothing is left out of the clean view */
    bool escaped; /* scan_unescaped is going to read its escapes */
};

struct viewing {
    const struct rules *rs;
    struct scratch *sc;
    const struct scopes *at;
    unsigned views;  /* that anybody looks at here */
    unsigned apart;  /* who does not look at what is decoded */
    unsigned within; /* of a decoded text: its rules look at this too */
    bool coded;    /* of the text itself there is only what is encoded in it */
    unsigned only; /* if not 0: no others look, at any view of it */
    uint32_t seg;
    struct str whole; /* the text */
    size_t base;      /* of the stretch that is looked at, in what follows */
    unsigned enough;  /* escapes_enough_of, where that is a part of one */
    bool seams;       /* it is begun for seams alone: classes_next */
    struct textview hidden;
    struct textview unescaped;
    /* The text in work is the first of these views of the next, and so on, of
     * the whole; NULL: it is the whole. */
    const struct textview *under[2];
    bool unescaping;  /* one of them is without escapes */
    uint64_t escapes; /* parts of the whole with some, if it is read so */
    struct findings *out;
    size_t first;
    struct findings found; /* of the view in work; owned */
    struct done {
        unsigned char hash[crypto_shorthash_siphashx24_BYTES];
        uint64_t start, end; /* where it comes from */
    } done[DONE];            /* decoded from what was decoded */
    size_t done_count;
    /* Of the hashes: nobody is to make two texts of one. */
    unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
    size_t left; /* bytes of views that may still be looked at */
    size_t kept; /* and with what is read again so many more */
    struct decoding decoding;
    struct normal_news news; /* of the text in work */
    struct sites ells;       /* the same, of its view in leet */
    struct textview made;
    struct level levels[LIM_VIEW_DEPTH + 1];
};

/* viewing_need - what there is of it, or new. E_NOMEM; E_INTERNAL as
 * random_fill. viewing_rest - of what a large text took, most is given back. */
MUST_USE enum err viewing_need(struct scratch *sc, struct viewing **ret_vw);
void viewing_rest(struct viewing *vw);

/* viewing_span - where a finding in a view comes from, and through which; false
 * if that is nothing of the text. */
bool viewing_span(const struct viewing *vw, const struct look *l,
                  struct finding *f);

/* is_wanted - do any rules look at a view of the text in work? */
static inline bool is_wanted(const struct viewing *vw, enum view_step step)
{
    return (vw->views >> step & 1) != 0;
}

/* is_whole - is a view of a text of that length looked at as a whole? */
static inline bool is_whole(const struct viewing *vw, size_t len)
{
    return len <= SHORT || (vw->views & VIEWS_FAR) != 0;
}

/*
 * scan_look - what the rules of a view find in it. scan_news - the same of a
 * view of a text that was looked at: of a long one in what is new in it.
 * scan_made - of the one in `made`. Errors as rules_scan.
 */
MUST_USE enum err scan_look(struct viewing *vw, const struct look *l,
                            enum view_step step);
MUST_USE enum err scan_news(struct viewing *vw, const struct look *l,
                            enum view_step step);
MUST_USE enum err scan_made(struct viewing *vw, const struct look *of,
                            enum view_step step);

/* view_takes - steps of a view that is made: so many for each byte of its
 * source, more for each that is not of ASCII. pieces_take - so many for each
 * piece of what was made of it. Errors as steps_take. */
MUST_USE enum err view_takes(const struct viewing *vw, struct str source,
                             unsigned each, unsigned wide);
MUST_USE enum err pieces_take(const struct viewing *vw,
                              const struct textview *made, unsigned each);

/*
 * guises_scan - all views of a text but what is decoded, which are made
 * character by character or word by word; what is to be decoded is v->best
 * then. turned_scan - the ciphers alone: rules that look at one look at all of
 * them. Errors as rules_scan.
 */
MUST_USE enum err guises_scan(struct viewing *vw, struct level *v);
MUST_USE enum err turned_scan(struct viewing *vw, const struct look *of);

#endif
