#ifndef SP_DETECT_LETTERS_H
#define SP_DETECT_LETTERS_H

#include "base/str.h"

/*
 * What is left of a text when case, spaces and marks are taken away: letters
 * and digits as bytes of UTF-8, so that "Do NOT - ever", "d o n o t e v e r"
 * and "do not ever" are the same. Case is folded in ASCII, Latin, Greek and
 * Cyrillic.
 */
struct letter {
    size_t start, end; /* of its character, in the text    */
    unsigned char byte;
    bool word; /* a word begins with it; of a script that does not part
                  words, every second character begins one             */
    bool last; /* the last byte of its character         */
};

struct letters {
    struct str text;
    size_t at;
    bool gap, odd;
    char bytes[4]; /* of the character in work */
    size_t count, taken, start;
    bool begins;
};

/* letters_start - text is borrowed, valid UTF-8; `at` a character's start. */
struct letters letters_start(struct str text, size_t at);
/* letter_next - the next one; false at the end of the text. */
bool letter_next(struct letters *l, struct letter *ret_letter);

/*
 * letters_fill - as many letters as there are, at most max: their bytes, and of
 * each the offset of its character in the text, which is below 4 GiB. Returns
 * how many; 0 at the end of the text.
 */
size_t letters_fill(struct letters *l, unsigned char *ret_bytes,
                    uint32_t *ret_at, size_t max);

#endif
