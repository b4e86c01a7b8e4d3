#ifndef SP_DETECT_LINEAR_H
#define SP_DETECT_LINEAR_H

#include "base/err.h"
#include "base/str.h"

/*
 * A linear score of English text: weights of its words and pairs of words,
 * each hashed into a table of bytes, summed over a window. It knows no more
 * than the texts that it was trained with (`sallyport calibrate --train`), and
 * does not carry over to others of another style: see the README.
 *
 *     "SPLINR1\n"  bias: int32, 1/1000  unit: uint32, 1/1000000  weights: int8
 *
 * in little endian. The score of a window of n features is
 *     1000 + 100 * (bias + unit * (sum of weights) / sqrt(n)),
 * within 0 to LINEAR_MOST; 1000 is the border that training draws.
 */
#define LINEAR_WEIGHTS 16384u
#define LINEAR_HEAD    16u
#define LINEAR_BYTES   (LINEAR_HEAD + LINEAR_WEIGHTS)
#define LINEAR_MAGIC   "SPLINR1\n"
#define LINEAR_MOST    2000u
#define LINEAR_WORDS   64u /* of one window; the next begins half of it on */

struct linear {
    const signed char *weights; /* borrowed; LINEAR_WEIGHTS of them */
    int32_t bias;
    uint32_t unit;
};

/* linear_load - borrowed from the bytes. E_SYNTAX: no such model. */
MUST_USE enum err linear_load(struct str bytes, struct linear *ret_model);

struct linear_word {
    uint32_t hash;
    uint32_t start, end;    /* bytes of the text               */
    uint32_t latin, others; /* letters, up to the next word    */
    bool common;            /* one of those English is made of */
};

/*
 * One window of a text. Judged is only what is English: of its letters nine in
 * ten are Latin, and of its words one in ten is of the commonest; on anything
 * else the score means nothing.
 */
struct linear_window {
    size_t start, end;
    bool judged;
    size_t count; /* features, the indexes of their weights */
    uint16_t features[2 * LINEAR_WORDS];
};

/* A walk through the windows of a text. */
struct linear_walk {
    struct str text;
    size_t at; /* read so far */
    struct linear_word words[LINEAR_WORDS];
    size_t count;
    bool begun, ended;
};

/* linear_walk_init - text, which is valid UTF-8 under 4 GiB, is borrowed. */
void linear_walk_init(struct linear_walk *w, struct str text, size_t from);
/* linear_next - the next window; false at the end. */
bool linear_next(struct linear_walk *w, struct linear_window *ret_window);

/* linear_score - of a window, 0 to LINEAR_MOST. */
uint32_t linear_score(const struct linear *m, const struct linear_window *w);

#endif
