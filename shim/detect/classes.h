#ifndef SP_DETECT_CLASSES_H
#define SP_DETECT_CLASSES_H

#include "base/cpu.h"
#include "detect/textview.h"

/*
 * What a text has that views can differ by. One pass, 64 bytes a step; of
 * a text with none of it, no view is made.
 */
#define CLASS_NONASCII 1u
#define CLASS_CONTROL  2u    /* C0 but for TAB, LF and CR, and DEL            */
#define CLASS_ESCAPE   4u    /* a backslash and u, U, x or three digits       */
#define CLASS_PERCENT  8u    /* % and two hex digits                          */
#define CLASS_ENTITY   16u   /* & with # or a letter behind                   */
#define CLASS_QUOTED   32u   /* = and two hex digits                          */
#define CLASS_RUN      64u   /* 16 and more of base64 or hex: decode_worth    */
#define CLASS_PAIRS    128u  /* pairs of hex digits in a row                  */
#define CLASS_SPACED   256u  /* five single letters in a row                  */
#define CLASS_LEET     512u  /* words that mix letters and digits             */
#define CLASS_SHORT    1024u /* a short escape that matters: escape_matters  */
#define CLASS_MIXED    2048u /* a sign that may be a letter, inside a word    */
#define CLASS_SEAM     4096u /* a seam: seams.h                              */
#define CLASS_NO_VIEW  (CLASS_SHORT | CLASS_MIXED) /* for them none is begun */

/* classes_of - the set of those that text has. What is not in it is not there;
 * what is in it may still come to nothing. classes_worth - *ret_worth is
 * decode_worth of the text, too. */
unsigned classes_of(struct str text);
unsigned classes_worth(struct str text, unsigned *ret_worth);

/*
 * classes_seamless - the same of what a stretch with seams alone (classes_next)
 * is without them, but for what it has as the stretch has it and another
 * stretch is for: what is no ASCII, controls, and runs that no seam stood in or
 * beside; and but for such escapes, if `escapes` does not ask for those.
 */
unsigned classes_seamless(const struct textview *v, bool escapes,
                          unsigned *ret_worth);

/*
 * classes_next - the next stretch of text that has any, with what stands around
 * it; false at the end. What is in a view of the text and not in the text
 * itself, and is no longer than a few hundred bytes, is in that view of one of
 * them. Those with seams alone, *ret_seams, are apart from the others: each
 * kind has an order of its own, and none touches another of its kind. Where
 * something else is near a seam it is in one of the others with it, so that of
 * these only what a text is without its seams is to be looked at. *p is zero
 * but for the text, and `step`.
 */
struct class_stretch {
    size_t from, to; /* to is 0: there is none */
    unsigned kinds;  /* the classes that it was begun for */
};
struct class_pass {
    struct str text;
    size_t at;
    unsigned found;
    unsigned sure;         /* classes with which no run matters */
    bool known;            /* what runs there are */
    bool all;              /* what is found once need not be found again */
    bool escaped;          /* CLASS_SHORT up to here */
    uint64_t escapes;      /* parts (classes_part) of it with escapes */
    uint64_t last_letters; /* masks of the step before */
    uint64_t last_words;   /* and digits */
    uint64_t last_code;
    uint64_t last_singles; /* letters alone */
    size_t leet;           /* behind the last word of that kind, or 0 */
    size_t leet_end;       /* of the word looked at last */
    bool is_leet;          /* what it is */
    size_t run;            /* characters of base64 up to here */
    unsigned worth;        /* what they may be: run_worth */
    unsigned runs;         /* what any may be */
    unsigned vain;         /* steps before they are sifted again */
    struct class_stretch seams, others; /* that may go on */
    struct class_stretch last;          /* of the others that ended */
    struct class_stretch ended[2];      /* for the next time */
    size_t ended_count;
    enum cpu_step step; /* of what the processor can */
};
bool classes_next(struct class_pass *p, struct str *ret_stretch,
                  bool *ret_seams);

/* classes_all - to the end of the text: p->found is what all of it has. */
void classes_all(struct class_pass *p);

/* classes_block - on to the end of the next block of so many bytes that has
 * any: p->found. False at the end. */
#define CLASS_BLOCK 256u
bool classes_block(struct class_pass *p);

/* classes_part - the length of each of 64 parts of a text of that length, by
 * which the pass tells where CLASS_ESCAPE and CLASS_SHORT are. */
size_t classes_part(size_t len);

#define CLASS_RUN_LEN 16 /* characters of a run, with its padding */

/*
 * escape_matters - of a backslash at `at`: is it the last of a short escape (\n
 * and the like) by which a view differs where rules look? Code is full of those
 * that do not: a line feed at the end of a string changes nothing. It does
 * before a word, which it would be part of, and a quotation mark does round a
 * key, and in front of a value.
 */
bool escape_matters(struct str text, size_t at);

/* joins_pairs - may it stand between two pairs of hex digits that go on? */
bool joins_pairs(char c);

#endif
