#ifndef SP_DETECT_CHARS_H
#define SP_DETECT_CHARS_H

#include "base/str.h"

/*
 * What views ask of a character. A text has few different ones, and to work it
 * out takes long: it is kept of each that was asked for once.
 *
 * One that stays is itself in the clean view, unless one that joins it is
 * behind it; one that joins and stays is itself behind such a one, which then
 * stays, too (cluster_joins).
 */
#define CHAR_KNOWN  1u     /* of every one that was worked out            */
#define CHAR_STAYS  2u     /* see above                                   */
#define CHAR_CASED  4u     /* it stays, and folding its case changes it   */
#define CHAR_FAR    8u     /* the same, by more than making it small      */
#define CHAR_MARKED 16u    /* it stays, and NORMAL_NOMARK takes marks off */
#define CHAR_LETTER 32u    /* is_letter                                   */
#define CHAR_JOINS  64u    /* it belongs to the character before it       */
#define CHAR_UNSEEN 128u   /* it shows nothing: is_invisible              */
#define CHAR_MARK   256u   /* it takes no place of its own                */
#define CHAR_ORDER  512u   /* one of a few that have an order             */
#define CHAR_FIRST  1024u  /* it may be one with the next,                */
#define CHAR_SECOND 2048u  /* or with such a one before it                */
#define CHAR_BARES  4096u  /* NORMAL_NOMARK takes off what joins it       */
#define CHAR_ALIKE  8192u  /* it looks like a letter of Latin: disguise.h */
#define CHAR_LATIN  16384u /* it is one, or drawn from them               */

/* What one of one byte or two becomes in a view that is made character by
 * character, if nothing joins it: brief.h. */
#define BRIEF_KNOWN 1u /* of every one that was worked out              */
#define BRIEF_STOP                                                             \
    2u                     /* it goes by itself, but for an ESC that opens     \
                              nothing */
#define BRIEF_JOINS   4u   /* and with the one before it                    */
#define BRIEF_NONE    8u   /* it becomes nothing                            */
#define BRIEF_UNSEEN  16u  /* CHAR_UNSEEN; it is of these if nothing joins  */
#define BRIEF_LETTER  32u  /* is_letter                                     */
#define BRIEF_LAST    64u  /* and what it becomes ends in one               */
#define BRIEF_CHANGED 128u /* the facts of normal.h, with the next two:     */
#define BRIEF_FAR     256u /* folded                                        */
#define BRIEF_MARKED  512u
#define BRIEF_TWO     1024u /* its bytes                                     */
#define BRIEF_ALONE   2048u /* they are counted                              */
#define BRIEF_UNIT    13    /* 0: it is copied; or its len; from here on     */
#define BRIEF_MOST    5     /* bytes that one becomes                        */
struct brief {
    char bytes[BRIEF_MOST];
    unsigned char len;
    uint16_t is;
};

#define CHARS_KEPT  0x20000 /* most that are written; the rest is worked out */
#define CHARS_BRIEF 0x800   /* those of one byte or two */
#define CHARS_WAYS  8       /* of normal.h */
struct chars {              /* zero at the start */
    uint16_t of[CHARS_KEPT];
    struct brief briefs[CHARS_WAYS][CHARS_BRIEF];
};

/* chars_work_out - without what is kept. Never 0. */
unsigned chars_work_out(uint32_t cp);

/* chars_kind - the bits above of a character. c: NULL if nothing is kept. */
static inline unsigned chars_kind(struct chars *c, uint32_t cp)
{
    unsigned kind = c != NULL && cp < CHARS_KEPT ? c->of[cp] : 0;

    if (kind == 0) {
        kind = chars_work_out(cp);
        if (c != NULL && cp < CHARS_KEPT)
            c->of[cp] = (uint16_t)kind;
    }
    return kind;
}

/* is_letter - of any script. chars_letter - the same, by what is kept. */
bool is_letter(uint32_t cp);
static inline bool chars_letter(struct chars *c, uint32_t cp)
{
    return c == NULL ? is_letter(cp) : (chars_kind(c, cp) & CHAR_LETTER) != 0;
}

#endif
