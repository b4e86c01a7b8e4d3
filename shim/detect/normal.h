#ifndef SP_DETECT_NORMAL_H
#define SP_DETECT_NORMAL_H

#include "base/utf8.h"
#include "detect/chars.h"
#include "detect/news.h"

/*
 * The views that are made character by character: a text goes in by pieces of
 * any length, and what comes out depends on the text alone.
 *
 *   always   controls, and with them the colours of a terminal, and what is
 *            invisible left out; exotic spaces as U+0020 or LF; NFKC; digits of
 *            any script, and hyphens, as those of ASCII; at most two marks on
 *            a character
 *   GAP      where something invisible stood between two letters, a space
 *   FOLD     full case folding (CaseFolding.txt), and I with and i without a
 *            dot as i
 *   NOMARK   the letters of Latin, Greek and Cyrillic without their marks
 */
#define NORMAL_GAP    1u
#define NORMAL_FOLD   2u
#define NORMAL_NOMARK 4u

/* Where in the source the other views differ from the clean one. */
struct normal_news {
    struct sites gaps, folds, marks;
};
void normal_news_clear(struct normal_news *n);
void normal_news_free(struct normal_news *n);

struct normal {
    unsigned what;
    struct chars *chars;      /* borrowed; NULL: none is kept            */
    struct normal_news *news; /* borrowed, for `what` 0; NULL: not asked */
    uint32_t before; /* the last character that came out, but marks    */
    bool gap;        /* something invisible stood behind it,           */
    size_t gap_start, gap_end; /* there                                  */
    /* What the view has that its source, regarded without case, has not. */
    bool changed;
    bool gapped;  /* GAP put a space, or would have                      */
    bool marked;  /* NOMARK took a mark off, or would have               */
    bool folded;  /* FOLD did, or would do, more than make letters small */
    size_t alone; /* bytes of characters that were taken by themselves  */
    size_t most;  /* of them and of the view's runs, or E_LIMIT; 0: any */
    struct normal_known *known; /* NULL: each character is worked out anew */
};

/* normal_begin - what is fed next stands behind this text, which the view has
 * as it is: marks go to its last character. */
void normal_begin(struct normal *n, struct str text);

/*
 * normal_feed - the characters of text from *pos on, as many as are decided:
 * all of them with `last`, else those before the last one that marks may
 * follow. *pos moves behind them. The text is valid UTF-8; its offsets are
 * those of the source less base.
 *
 * Errors as textview_put; E_LIMIT too if there are too many.
 */
MUST_USE enum err normal_feed(struct normal *n, struct str text, size_t base,
                              size_t *pos, bool last, struct textview *out);

/*
 * normal_make - the view of a whole text, or of part of one that stands at base
 * of it. n: what, chars, news and most are set, all else zero; it has the facts
 * then. Errors as normal_feed; *news is filled then as far as it went.
 */
MUST_USE enum err normal_make(struct normal *n, struct str text, size_t base,
                              struct textview *out);

#endif
