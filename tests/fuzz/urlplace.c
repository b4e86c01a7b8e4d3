#include <string.h>

#include "base/str.h"
#include "detect/urlplace.h"

/*
 * Where addresses are in hostile text. Whatever stands before: a blank line
 * ends all of it, an address begins behind that, and the second half of a text
 * is read the same from a copy of the state.
 */

static void feed(struct url_place *u, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        url_place_next(u, s.ptr[i]);
        if (u->word_len > sizeof(u->word) + 1)
            __builtin_trap();
    }
}

static void must(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* What is an address wherever it stands behind a blank line. */
static const struct str addresses[] = {
    STR_INIT("https://a"), STR_INIT("HTTP://a.b/c"), STR_INIT("//host/"),
    STR_INIT("mailto:"),   STR_INIT("[a](b"),        STR_INIT("![a](<b c"),
    STR_INIT("[a]: b"),    STR_INIT("<img src=a"),   STR_INIT("a.example/b"),
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct url_place u = {0}, v, w;

    feed(&u, str_head(text, size / 2));
    v = u;
    feed(&u, str_skip(text, size / 2));
    feed(&v, str_skip(text, size / 2));
    must(url_place_in(&u) == url_place_in(&v));
    feed(&u, STR("\n\n"));
    must(!url_place_in(&u));
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        w = u;
        feed(&w, addresses[i]);
        must(url_place_in(&w));
        feed(&w, STR("\n\n"));
        must(!url_place_in(&w));
    }
    return 0;
}
