#include <stdlib.h>

#include "base/utf8.h"
#include "check.h"

/* An independent reader: decodes, then looks at the value. 0: malformed. */
static size_t slow_char(const unsigned char *s, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need = s[0] < 0x80             ? 1
                  : (s[0] & 0xe0) == 0xc0 ? 2
                  : (s[0] & 0xf0) == 0xe0 ? 3
                  : (s[0] & 0xf8) == 0xf0 ? 4
                                          : 0;
    uint32_t cp = need == 1 ? s[0] : s[0] & (0x7fu >> need);

    if (need == 0 || need > len)
        return 0;
    for (size_t i = 1; i < need; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        cp = cp << 6 | (s[i] & 0x3f);
    }
    if (cp < least[need] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        return 0;
    return need;
}

static bool slow_valid(const unsigned char *s, size_t len)
{
    while (len > 0) {
        size_t n = slow_char(s, len);

        if (n == 0)
            return false;
        s += n;
        len -= n;
    }
    return true;
}

static void check_same(const unsigned char *s, size_t len)
{
    struct str text = {(const char *)s, len};

    CHECK_INT(utf8_valid(text), slow_valid(s, len));
    CHECK_INT(utf8_char(text), len == 0 ? 0 : slow_char(s, len));
}

/* Every lead byte with every second byte, and telling third and fourth ones. */
static void test_short(void)
{
    static const unsigned char next[] = {0x00, 'a',  0x7f, 0x80,
                                         0xa5, 0xbf, 0xc0, 0xff};

    for (unsigned v = 0; v < 0x10000; v++)
        for (size_t a = 0; a < ARRAY_LEN(next); a++)
            for (size_t b = 0; b < ARRAY_LEN(next); b++) {
                unsigned char s[] = {(unsigned char)(v >> 8), (unsigned char)v,
                                     next[a], next[b], 'z'};

                for (size_t len = b == 0 ? 0 : 4; len <= 5; len++)
                    check_same(s, len);
            }
}

/* Longer texts of bytes that often make characters. */
static void test_long(void)
{
    static const unsigned char alphabet[] = {'a',  0xc3, 0xa9, 0xe2, 0x82, 0xac,
                                             0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0,
                                             0xe0, 0xbf, 0xf4, 0x8f, 0xc2};
    uint64_t x = 0x9e3779b97f4a7c15;

    for (int round = 0; round < 300000; round++) {
        unsigned char s[24];
        size_t len = 0;

        do {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            s[len++] = alphabet[x % ARRAY_LEN(alphabet)];
        } while (len < sizeof(s) && x % 19 != 0);
        check_same(s, len);
    }
}

/* Every scalar value written, read and counted, between two ASCII letters. */
static void test_scalars(void)
{
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        char s[6] = "x";
        size_t n;

        if (cp == 0xd800)
            cp = 0xe000;
        n = utf8_put(cp, s + 1);
        s[n + 1] = 'y';
        CHECK(utf8_valid((struct str){s, n + 2}));
        CHECK_INT(utf8_char((struct str){s + 1, n + 1}), n);
        CHECK_INT(utf8_count((struct str){s, n + 2}), 3);
        for (size_t cut = 1; cut < n; cut++) {
            CHECK(!utf8_valid((struct str){s, cut + 1}));
            CHECK_INT(utf8_tail((struct str){s, cut + 1}), cut);
        }
        CHECK_INT(utf8_tail((struct str){s, n + 1}), 0);
    }
}

/* So many characters on and back, from each to each, as one goes by one. */
static void test_steps(void)
{
    static const char *const kinds[] = {"a", "\u00e9", "\u20ac", "\U0001f600"};
    char text[4 * 64];
    size_t at[65], n = 0;

    for (size_t i = 0; i < 64; i++) {
        struct str c = str_of(kinds[i < 20 ? 0 : i * 7 % 11 % 4]);

        at[i] = n;
        memcpy(text + n, c.ptr, c.len);
        n += c.len;
    }
    at[64] = n;
    for (size_t i = 0; i <= 64; i++)
        for (size_t k = i; k <= 64; k++) {
            struct str s = {text, n}, part = {text + at[i], at[k] - at[i]};

            CHECK_INT(utf8_count(part), (long long)(k - i));
            CHECK_INT(utf8_forth(s, at[i], k - i), (long long)at[k]);
            CHECK_INT(utf8_rewind(s, at[k], k - i), (long long)at[i]);
            CHECK_INT(utf8_forth(s, at[k], 64 - k + 1 + i), (long long)n);
            CHECK_INT(utf8_rewind(s, at[i], i + 1 + k), 0);
        }
}

int main(void)
{
    RUN(test_short);
    RUN(test_long);
    RUN(test_scalars);
    RUN(test_steps);
    return check_done();
}
