#ifndef TEST_IDROWS_H
#define TEST_IDROWS_H

#include "detect/validate.h"

/* Numbers, and whether their validator takes them. */
struct id_row {
    enum validator v;
    bool good;
    struct str value;
};

/* idrows_judged - each row is judged as it says. */
void idrows_judged(const struct id_row *rows, size_t n);

/* idrows_all - of each validator from `first` to before `end` there are numbers
 * that it takes and such that it does not. */
void idrows_all(const struct id_row *rows, size_t n, enum validator first,
                enum validator end);

/* idrows_mistyped - of v's good rows no single digit can be another, from the
 * byte `first` to before `end`. */
void idrows_mistyped(const struct id_row *rows, size_t n, enum validator v,
                     size_t first, size_t end);

/* idrows_odd - no value is too short, too long or too odd to be read. */
void idrows_odd(const struct id_row *rows, size_t n);

#endif
