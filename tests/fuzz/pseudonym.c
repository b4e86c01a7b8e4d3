#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "detect/pseudonym.h"

/*
 * Pseudonyms in hostile text. The first byte of the input says how the text is
 * cut, the bytes 1 and 2 in the rest become a pseudonym and a number that pass
 * the check. However a text is cut, the same ones are found, with the same
 * addresses around them; nothing is found that begins before what
 * pseudonym_open told to keep; and what pseudonym_maybe rules out is not there.
 */

static const unsigned char key[PSEUDONYM_KEY_LEN] = "of the fuzzer";
static const struct str classes[] = {STR_INIT("EMAIL"), STR_INIT("IP")};

static struct str made(struct pseudonym *p, bool number)
{
    if (number)
        pseudonym_number(key, classes[0], STR("4111"), p);
    else
        pseudonym_make(key, classes[0], STR("joe@a.example"), p);
    return (struct str){p->text, p->len};
}

static bool text_of(const uint8_t *data, size_t size, struct buf *out)
{
    struct pseudonym p;

    for (size_t i = 0; i < size; i++)
        if (data[i] == 1 || data[i] == 2 ? buf_add(out, made(&p, data[i] == 2))
                                         : buf_add_byte(out, (char)data[i]))
            return false;
    return true;
}

#define MOST 512

struct found {
    struct pseudonym_at list[MOST];
    size_t count;
    uint64_t open; /* what was told to keep before the last piece */
};

static uint64_t begin_of(const struct pseudonym_at *at)
{
    struct str letters = {at->letters, at->letter_count};

    for (size_t i = 0; i < ARRAY_LEN(classes); i++)
        if (str_ends(letters, classes[i]))
            return at->end - PSEUDONYM_BODY - 1 - classes[i].len;
    return at->letter_count == 0 ? at->start : at->end;
}

static void add(struct found *f, const struct pseudonym_at *at, size_t size)
{
    if (at->start >= at->end || at->end > size || begin_of(at) < f->open ||
        at->letter_count > PSEUDONYM_CLASS)
        __builtin_trap();
    if (f->count < MOST)
        f->list[f->count++] = *at;
}

static void scan(struct str text, size_t step, struct found *f)
{
    struct pseudonym_scan s = {
        .key = key, .classes = classes, .class_count = ARRAY_LEN(classes)};
    struct pseudonym_at at;

    f->count = 0;
    f->open = 0;
    for (struct str rest = text; rest.len > 0;) {
        struct str piece = str_head(rest, step);

        rest = str_skip(rest, piece.len);
        while (pseudonym_next(&s, &piece, &at))
            add(f, &at, text.len);
        f->open = pseudonym_open(&s);
        if (f->open > s.pos)
            __builtin_trap();
    }
    while (pseudonym_last(&s, &at))
        add(f, &at, text.len);
}

static bool same(const struct found *a, const struct found *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct pseudonym_at *x = &a->list[i], *y = &b->list[i];

        if (x->start != y->start || x->end != y->end || x->id != y->id ||
            x->in_url != y->in_url || x->letter_count != y->letter_count ||
            memcmp(x->letters, y->letters, x->letter_count) != 0)
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct found whole, cut;
    struct buf text;

    buf_init(&text, MIB);
    if (size > 0 && text_of(data + 1, size - 1, &text)) {
        scan(buf_str(&text), SIZE_MAX, &whole);
        for (size_t step = 1; step <= 2; step++) {
            scan(buf_str(&text), step == 1 ? 1 : data[0] + 1u, &cut);
            if (!same(&whole, &cut))
                __builtin_trap();
        }
        if (whole.count > 0 && !pseudonym_maybe(buf_str(&text)))
            __builtin_trap();
    }
    buf_free(&text);
    return 0;
}
