#include "detect/opening.h"

#include "base/utf8.h"
#include "check.h"
#include "detect/classes.h"
#include "page_end.h"
#include "rnd.h"

/*
 * Where encoded text may begin in a run, by all steps that the processor has:
 * every place is told from which what is decoded, byte by byte, may be text.
 */

static unsigned value_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789";
    const char *at = strchr(digits, c);

    return c == '/' || c == '_'   ? 63
           : c == '+' || c == '-' ? 62
                                  : (unsigned)(at - digits);
}

static size_t decoded(struct str s, char out[24])
{
    size_t n = 0;
    uint32_t bits = 0;

    for (size_t i = 0; i < s.len && i < OPENING_TRIED; i++) {
        bits = bits << 6 | value_of(s.ptr[i]);
        if (i % 4 != 0)
            out[n++] = (char)(bits >> (6 - i % 4 * 2) & 0xff);
    }
    return n;
}

/* Is less than a sixth of it no text? The last character may be cut. */
static bool opens_well(struct str s)
{
    char bytes[24];
    size_t all = decoded(s, bytes), bad = 0;

    for (size_t i = 0, n; i < all; i += n == 0 ? 1 : n) {
        char c = bytes[i];

        n = utf8_char((struct str){bytes + i, all - i});
        if (n == 0 && all - i < 4)
            break;
        bad += n == 0 || c == 0x7f ||
               (n == 1 && (unsigned char)c < ' ' && c != '\n' && c != '\r' &&
                c != '\t');
    }
    return bad * 6 <= all;
}

static bool is_mixed(struct str s)
{
    bool upper = false, lower = false, digit = false;

    for (size_t i = 0; i < s.len && i < 64; i++) {
        upper |= s.ptr[i] >= 'A' && s.ptr[i] <= 'Z';
        lower |= s.ptr[i] >= 'a' && s.ptr[i] <= 'z';
        digit |= is_digit(s.ptr[i]);
    }
    return upper + lower + digit > 1;
}

static size_t found, passed, tried;

static void check_one(struct str bytes)
{
    struct str run = page_end(bytes);
    uint32_t set = openings_of(run, CPU_1);

    for (enum cpu_step step = CPU_32; step <= cpu_step(); step++)
        CHECK_INT(openings_of(run, step), set);
    CHECK(is_mixed(run) || set == 0);
    for (size_t at = 0; at < OPENING_TRIED; at++) {
        bool may = at < 4 || (at < run.len && value_of(run.ptr[at - 1]) > 61);
        bool is = is_mixed(run) && may && run.len >= at + (at < 4 ? 12 : 16) &&
                  opens_well(str_skip(run, at));

        CHECK(!is || (set >> at & 1) != 0);
        CHECK(may || (set >> at & 1) == 0);
        found += is;
        passed += (set >> at & 1) != 0;
        tried += may && run.len >= at + OPENING_LEAST;
    }
}

/* Bytes of a text, some of them none, as base64 has them. */
static size_t encode(char *out, size_t len, unsigned bad)
{
    static const char *const of[] = {"e", "\n", "\xc3\xa9", "\xe6\x98\xaf",
                                     "\xf0\x9f\x99\x82"};
    static const char alphabets[2][65] = {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
    const char *digits = alphabets[rnd(2)];
    unsigned char bytes[100];
    size_t n = 0, to = rnd(20), which = rnd(ARRAY_LEN(of) + 1);

    for (size_t i = 0; i < 75; i++) {
        const char *c = of[which < ARRAY_LEN(of) ? which : rnd(ARRAY_LEN(of))];

        for (; *c != '\0'; c++)
            bytes[n++] =
                rnd(100) < bad ? (unsigned char)rnd(256) : (unsigned char)*c;
        if (n > 90)
            break;
    }
    for (size_t i = 0; i < to; i++) /* what stands before it */
        out[i] = digits[rnd(rnd(2) ? 64 : 26)];
    for (size_t i = 0; i + 3 <= n && to + 4 <= len; i += 3) {
        uint32_t bits =
            (uint32_t)(bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]);

        for (int k = 18; k >= 0; k -= 6)
            out[to++] = digits[bits >> k & 63];
    }
    return to;
}

static void test_random(void)
{
    char run[100];

    for (unsigned turn = 0; turn < 60000; turn++) {
        size_t n = encode(run, sizeof(run), rnd(3) * rnd(30));
        size_t from = rnd(5), len;

        if (n <= from)
            continue;
        len = 1 + rnd(rnd(2) ? (uint32_t)(n - from) : 40);
        check_one((struct str){run + from, len < n - from ? len : n - from});
    }
    CHECK(found > 20000 && found < passed && passed < tried / 2);
}

int main(void)
{
    RUN(test_random);
    return check_done();
}
