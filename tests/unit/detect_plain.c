#include "detect/plain.h"

#include "check.h"
#include "page_end.h"
#include "rnd.h"

/* What is passed over, against a look at each byte. */

static bool is_beyond(unsigned char c)
{
    return c > 0x7e || (c < ' ' && strchr("\t\n\r", c) == NULL) || c == 0;
}

static bool is_sign(unsigned char c)
{
    return c != 0 && strchr("@$0134578", c) != NULL;
}

/* Two of a row, what parts them and what follows; or is that not seen? */
static bool may_be_row(struct str s, size_t i)
{
    for (size_t n = 1; n <= 4; n++)
        if (i + n >= s.len || (unsigned char)s.ptr[i + n] >= 0x80)
            return true;
    for (size_t gap = 1; gap <= 2; gap++)
        if (is_alnum(s.ptr[i + 1 + gap]))
            return s.ptr[i + 1] == s.ptr[i + 2 + gap];
    return false;
}

static size_t words(struct str s, bool *within)
{
    for (size_t i = 0; i < s.len; i++) {
        bool before = i > 0 ? is_alnum(s.ptr[i - 1]) : *within;
        bool behind = i + 1 < s.len && is_alnum(s.ptr[i + 1]);

        if ((unsigned char)s.ptr[i] >= 0x80 ||
            (is_alnum(s.ptr[i]) && !before && !behind && may_be_row(s, i))) {
            *within = before;
            return i;
        }
    }
    *within = s.len > 0 ? is_alnum(s.ptr[s.len - 1]) : *within;
    return s.len;
}

static void check_masks(struct str s)
{
    struct leet_masks m = leet_look(s);

    for (size_t i = 0; i < LEET_STEP; i++) {
        unsigned kind = (m.letters >> i & 1 ? LEET_LETTER : 0) |
                        (m.signs >> i & 1 ? LEET_SIGN : 0) |
                        (m.digits >> i & 1 ? LEET_DIGIT : 0) |
                        (m.far >> i & 1 ? LEET_FAR : 0);

        CHECK_INT(kind, i < s.len ? leet_kind(s.ptr[i]) : 0);
    }
}

static void check_text(struct str bytes)
{
    struct str s = page_end(bytes);
    bool within = rnd(2), is = within;
    size_t at = 0, letters = 0, high = 0;

    while (at < s.len && !is_beyond((unsigned char)s.ptr[at]))
        at++;
    CHECK_INT(plain_ascii(s), at);
    for (at = 0; at < s.len && !is_sign((unsigned char)s.ptr[at]);)
        at++;
    CHECK_INT(plain_sign(s), at);
    for (at = 0;
         at < s.len && (leet_kind(s.ptr[at]) & (LEET_LETTER | LEET_SIGN)) != 0;)
        at++;
    CHECK_INT(plain_leet(s), at);
    check_masks(s);
    for (at = 0; at < s.len && is_alnum(s.ptr[at]);)
        at++;
    CHECK_INT(plain_alnum(s), at);
    for (at = 0; at < s.len; at++) {
        letters += is_alpha(s.ptr[at]);
        high += (unsigned char)s.ptr[at] > 0x7f;
    }
    CHECK_INT(plain_letters(s), letters);
    CHECK_INT(plain_high(s), high);
    CHECK_INT(plain_words(s, &within), words(s, &is));
    CHECK_INT(within, is);
}

/* By the tables, what each byte is. */
static void test_kinds(void)
{
    for (unsigned c = 0; c < 256; c++) {
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z', near;
        unsigned kind = is_sign((unsigned char)c) ? LEET_SIGN : 0;
        int hex = c >= '0' && c <= '9' ? (int)c - '0' : -1;

        near = letter && (c | 0x20) <= 'f';
        if (letter)
            kind = LEET_LETTER | (near ? 0 : LEET_FAR);
        else if (c == '2' || c == '6' || c == '9')
            kind = LEET_DIGIT;
        CHECK_INT(leet_kind((char)c), kind);
        CHECK_INT(hex_value((char)c), near ? (int)(c | 0x20) - 'a' + 10 : hex);
    }
}

/* Each byte, everywhere, in each of these. */
static void test_each_byte(void)
{
    static const char *const around[] = {"ab cd", "a.b", "  ", "aB3d"};
    char bytes[100];

    for (size_t k = 0; k < ARRAY_LEN(around); k++)
        for (unsigned c = 0; c < 256; c++)
            for (size_t at = 0; at < 80; at++) {
                size_t n = strlen(around[k]), len = at + 1 + rnd(20);

                for (size_t i = 0; i < len; i++)
                    bytes[i] = around[k][i % n];
                bytes[at] = (char)c;
                check_text((struct str){bytes, len});
            }
}

static void test_random(void)
{
    static const char few[] = "abcZ09 .,\n-@$\x7f\x01\xc3\xa9";
    char bytes[200];

    for (unsigned turn = 0; turn < 40000; turn++) {
        size_t len = rnd(sizeof(bytes)), most = 2 + rnd(sizeof(few) - 2);

        for (size_t i = 0; i < len; i++)
            bytes[i] = rnd(30) != 0 ? "ab"[rnd(2)] : few[rnd((uint32_t)most)];
        check_text((struct str){bytes, len});
    }
}

/* More letters than a byte counts. */
static void test_letters(void)
{
    static char bytes[16 * 600];

    memset(bytes, 'z', sizeof(bytes));
    for (size_t len = sizeof(bytes) - 200; len < sizeof(bytes); len++)
        CHECK_INT(plain_letters((struct str){bytes, len}), len);
}

int main(void)
{
    RUN(test_letters);
    RUN(test_kinds);
    RUN(test_each_byte);
    RUN(test_random);
    return check_done();
}
