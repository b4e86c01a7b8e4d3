#include <sodium.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "check.h"
#include "detect/decode.h"
#include "rnd.h"

/*
 * Runs of base64 that go on in lines. All of it is taken from the first line on
 * from which what is left is text; beside that stands what is counted here for
 * every line anew.
 */

#define LINE  57 /* bytes, 76 characters */
#define MOST  40
#define TURNS 3000

/* Bytes that begin like text in each line, as they must to be looked at, with
 * so much behind that which is none, and characters that lines cut. */
static size_t make(unsigned char *bytes, size_t lines)
{
    size_t n = LINE * (lines - 1) + 24 + rnd(LINE - 24);
    uint32_t bad = rnd(9), wide = rnd(3);

    for (size_t i = 0; i < n; i++) {
        bytes[i] = (unsigned char)('a' + rnd(26));
        if (i % LINE >= 24 && rnd(20) < bad && i > n / 4 * rnd(3))
            bytes[i] = (unsigned char)(rnd(2) == 0 ? rnd(32) : 0x80 + rnd(128));
    }
    for (size_t i = LINE; wide != 0 && i + 2 < n; i += LINE)
        memcpy(bytes + i - wide, "\xe6\x98\xaf", 3);
    return n;
}

static bool is_text(const unsigned char *bytes, size_t n)
{
    struct str s = {(const char *)bytes, n};
    size_t good = 0;

    while (s.len > 0) {
        size_t len = utf8_char(s);
        char c = s.ptr[0];

        if (len > 1 || (len == 1 && ((c >= ' ' && c != 0x7f) || c == '\n' ||
                                     c == '\r' || c == '\t')))
            good += len;
        s = str_skip(s, len == 0 ? 1 : len);
    }
    return good * 10 >= n * 9;
}

static size_t encode(const unsigned char *bytes, size_t n, char *text)
{
    static const char ends[][4] = {"\n", "\r\n", "\n  "};
    const char *end = ends[rnd(3)];
    size_t len = 0;

    for (size_t i = 0; i < n; i += LINE) {
        if (i > 0)
            len += (size_t)sprintf(text + len, "%s", end);
        sodium_bin2base64(text + len, 2 * LINE, bytes + i,
                          n - i < LINE ? n - i : LINE,
                          sodium_base64_VARIANT_ORIGINAL);
        len += strlen(text + len);
    }
    return len;
}

static void test_lines(void)
{
    static unsigned char bytes[LINE * MOST];
    static char text[3 * sizeof(bytes)];
    struct decoding d;
    struct textview view;
    size_t taken = 0, later = 0;

    decoding_init(&d);
    textview_init(&view);
    for (size_t turn = 0; turn < TURNS; turn++) {
        size_t lines = 2 + rnd(MOST - 2), line = 0;
        size_t n = make(bytes, lines), len = encode(bytes, n, text);

        decoding_start(&d, len);
        if (!CHECK_INT(decode(&d, VIEW_BASE64, (struct str){text, len}, &view),
                       OK))
            break;
        while (line * LINE < n &&
               !is_text(bytes + line * LINE, n - line * LINE))
            line++;
        taken += line < lines;
        later += line > 0 && line < lines;
        /* A line that is not the last may be text by itself. */
        if (line == lines) {
            CHECK(view.bytes.len == 0);
            continue;
        }
        if (!CHECK_INT(view.bytes.len, n - line * LINE + 1))
            continue;
        for (size_t i = 0; i + 1 < view.bytes.len; i++)
            CHECK(view.bytes.ptr[i] == '?' ||
                  view.bytes.ptr[i] == (char)bytes[line * LINE + i]);
    }
    CHECK(taken > TURNS / 4 && later > TURNS / 20);
    textview_free(&view);
    decoding_free(&d);
}

/*
 * Lines that go together, none of which is text with those behind it; among
 * them lines that begin like text a character later, and so are alone. However
 * many begin, all of it is decoded as often as there are steps, not as lines.
 */
static void test_among_lines(void)
{
    static char text[MIB + 1];
    static const char *const lines[] = {
        "dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZywgYW5k\n",
        "AdGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZywgYW5\n",
    };
    const size_t line = strlen(lines[0]);
    clock_t start = clock();
    struct decoding d;
    struct textview view;

    for (size_t i = 0; i + line < sizeof(text); i += line)
        memcpy(text + i, lines[i / line % 6 != 0], line);
    decoding_init(&d);
    textview_init(&view);
    decoding_start(&d, sizeof(text));
    CHECK_INT(decode(&d, VIEW_BASE64, (struct str){text, strlen(text)}, &view),
              OK);
    CHECK(clock() - start < 2 * CLOCKS_PER_SEC);
    textview_free(&view);
    decoding_free(&d);
}

/* Streams that give much and no text: what is done for them is bounded. */
static void test_packed(void)
{
    /* zlib: a stored block of 32 zero bytes, and no end. */
    static const char unit[] = "eAEAIADf/wAAAAAAAAAAAAAAAAAAAAAAAAAA"
                               "AAAAAAAAAAAAAAAA ";
    static char text[512 * KIB];
    struct decoding d;
    struct textview view;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = unit[i % (sizeof(unit) - 1)];
    decoding_init(&d);
    textview_init(&view);
    for (size_t len = sizeof(text); len > KIB; len /= 64) {
        decoding_start(&d, len);
        d.work = 64 * KIB;
        CHECK_INT(decode(&d, VIEW_DEFLATE, (struct str){text, len}, &view), OK);
        CHECK(view.bytes.len == 0);
        CHECK(d.capped == (len > 64 * KIB));
    }
    textview_free(&view);
    decoding_free(&d);
}

int main(void)
{
    RUN(test_lines);
    RUN(test_among_lines);
    RUN(test_packed);
    return check_done();
}
