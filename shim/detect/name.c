#include "detect/name.h"

/*
 * The words of a value are what - and _ separate, and in each of these the
 * parts that a capital begins. Random letters break this order soon: a digit
 * stands before a small letter, or a third one follows two.
 */

#define SHORT        20 /* letters: below, they are a word */
#define WORD_MOST    24
#define WORDS_LEAST  3 /* between - or _, where there are digits too */
#define DIGITS_UPPER 5
#define DIGITS_CAMEL 3
#define WORD         4 /* letters; such words make up half of a name */
#define LONG_WORD    5 /* of which it has two */
#define CAPITALS     6 /* XMLHttpRequest */

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_joint(char c)
{
    return c == '-' || c == '_';
}

struct signs {
    size_t upper, lower, digit, joint, other;
    size_t longest; /* stretch without a joint */
};

static struct signs signs_of(struct str s)
{
    struct signs m = {0};
    size_t run = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        m.upper += is_upper(c);
        m.lower += is_lower(c);
        m.digit += is_digit(c);
        m.joint += is_joint(c);
        run = is_joint(c) ? 0 : run + 1;
        m.longest = run > m.longest ? run : m.longest;
    }
    m.other = s.len - m.upper - m.lower - m.digit - m.joint;
    return m;
}

static size_t count(struct str s, bool (*is)(char c))
{
    size_t n = 0;

    while (n < s.len && is(s.ptr[n]))
        n++;
    return n;
}

/* Are all words two small letters or more, then up to two digits? */
static bool is_lower_words(struct str s)
{
    while (s.len > 0) {
        size_t letters = count(s, is_lower);
        size_t digits = count(str_skip(s, letters), is_digit);

        s = str_skip(s, letters + digits);
        if (letters < 2 || digits > 2 || (s.len > 0 && !is_joint(s.ptr[0])))
            return false;
        s = str_skip(s, 1);
    }
    return true;
}

/* Is each word in one case, or does it begin with its only capital? */
static bool is_plain_words(struct str s)
{
    while (s.len > 0) {
        size_t capitals = count(s, is_upper);
        size_t small = count(str_skip(s, capitals), is_lower);

        s = str_skip(s, capitals + small);
        if ((capitals > 1 && small > 0) || capitals + small > WORD_MOST ||
            (s.len > 0 && !is_joint(s.ptr[0])))
            return false;
        s = str_skip(s, 1);
    }
    return true;
}

/* HTTPServer2, V1, Words: capitals, small letters, up to two digits. */
static bool is_camel(struct str s)
{
    size_t len = s.len, words = 0, in_words = 0;
    bool begins = true;

    while (s.len > 0) {
        size_t capitals = count(s, is_upper);
        size_t small = count(str_skip(s, capitals), is_lower);
        size_t digits = count(str_skip(s, capitals + small), is_digit);

        if (capitals > CAPITALS || digits > 2 || small > WORD_MOST ||
            (capitals == 0 && !(begins && small > 1)))
            return false;
        words += capitals > 0 && small + 1 >= LONG_WORD;
        in_words += small + 1 >= WORD ? small + (capitals > 0) : 0;
        s = str_skip(s, capitals + small + digits);
        begins = s.len > 0 && is_joint(s.ptr[0]);
        if (begins)
            s = str_skip(s, 1);
    }
    return words >= 2 && in_words * 2 >= len;
}

/* Words between - or _: such as have a few digits must be more. */
static bool is_joined(const struct signs *m, struct str s)
{
    if (m->joint == 0)
        return false;
    if (m->digit == 0)
        return is_plain_words(s);
    if (m->joint + 1 < WORDS_LEAST || m->longest > WORD_MOST)
        return false;
    return (m->lower == 0 && m->digit <= DIGITS_UPPER) ||
           (m->upper == 0 && is_lower_words(s));
}

bool is_name(struct str value)
{
    struct signs m = signs_of(value);

    if (m.other > 0)
        return false;
    if (m.digit == 0 && m.joint == 0 && value.len < SHORT)
        return true;
    return is_joined(&m, value) || (m.digit <= DIGITS_CAMEL && is_camel(value));
}
