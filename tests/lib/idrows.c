#include "idrows.h"

#include "check.h"

void idrows_judged(const struct id_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!CHECK_INT(validate(rows[i].v, rows[i].value), rows[i].good)) {
            check_show("value", rows[i].value);
            check_show("validator", validator_name(rows[i].v));
        }
}

void idrows_all(const struct id_row *rows, size_t n, enum validator first,
                enum validator end)
{
    for (unsigned v = first; v < (unsigned)end; v++) {
        unsigned good = 0, bad = 0;

        CHECK_ROW(validator_name((enum validator)v).ptr);
        for (size_t i = 0; i < n; i++)
            if (rows[i].v == v)
                *(rows[i].good ? &good : &bad) += 1;
        CHECK(good > 0 && bad > 0);
    }
    CHECK_ROW(NULL);
}

static void mistype(const struct id_row *row, size_t at)
{
    struct str value = row->value;
    char text[100];

    memcpy(text, value.ptr, value.len);
    if (!is_digit(text[at]))
        return;
    for (char c = '0'; c <= '9'; c++) {
        text[at] = c;
        if (c != value.ptr[at] &&
            !CHECK(!validate(row->v, (struct str){text, value.len})))
            check_show("value", (struct str){text, value.len});
    }
}

void idrows_mistyped(const struct id_row *rows, size_t n, enum validator v,
                     size_t first, size_t end)
{
    for (size_t i = 0; i < n; i++)
        for (size_t at = first; rows[i].v == v && rows[i].good &&
                                at < rows[i].value.len && at < end;
             at++)
            mistype(&rows[i], at);
}

static void odd(enum validator v, struct str value)
{
    static const char marks[] = {0, ' ', 'Z', '\x80', '\xc3', ':', '%'};
    char text[120];

    for (size_t n = 0; n < value.len; n++)
        (void)validate(v, str_head(value, n));
    memcpy(text, value.ptr, value.len);
    for (size_t at = 0; at < value.len; at++) {
        for (size_t k = 0; k < sizeof(marks); k++) {
            text[at] = marks[k];
            (void)validate(v, (struct str){text, value.len});
        }
        text[at] = value.ptr[at];
    }
    memset(text + value.len, '7', sizeof(text) - value.len);
    (void)validate(v, (struct str){text, sizeof(text)});
}

void idrows_odd(const struct id_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (unsigned v = 0; v < VALID_COUNT; v++)
            odd((enum validator)v, rows[i].value);
}
