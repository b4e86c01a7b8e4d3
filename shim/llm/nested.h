#ifndef SP_LLM_NESTED_H
#define SP_LLM_NESTED_H

#include "json/inner.h"

/*
 * The texts in a string that is JSON itself, all of it at hand. It uses the
 * same reader as streams do, so both cut the same bytes into the same texts.
 */
struct nested {
    struct str outer;    /* borrowed */
    size_t pos;          /* all before it is read */
    size_t start;        /* of the open string; its end, if none is open: 0 */
    size_t num, num_end; /* structure that may hold numbers still */
    bool open, escaped, broken;
    struct json_inner inner;
};

struct nested_part {
    struct span at; /* in outer; strings without quotes; not empty */
    bool escaped;   /* a string with escapes */
    bool number;
    bool plain; /* no string: text behind the place where JSON ends */
};

/* nested_start - before the first part of `outer`, which is borrowed. */
struct nested nested_start(struct str outer);

/* nested_next - the next part; false at the end. Empty ones are left out. */
bool nested_next(struct nested *n, struct nested_part *ret_part);

/* number_byte - of these a number is made, without looking at their order. */
bool number_byte(char c);

/*
 * long_number - the first number in s from *pos on that has NUMBER_DIGITS or
 * more digits in a row; *pos moves behind it. False if there is none.
 */
#define NUMBER_DIGITS 9
bool long_number(struct str s, size_t *pos, struct span *ret_at);

#endif
