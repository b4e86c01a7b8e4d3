#include "detect/common.h"

#define SIGNS_MOST 6

/* Of two that begin alike the longer one comes first. */
static const struct str words[] = {
    STR_INIT("password"),      STR_INIT("passwort"),
    STR_INIT("passwd"),        STR_INIT("pass"),
    STR_INIT("qwertz"),        STR_INIT("qwertyuiop"),
    STR_INIT("qwerty"),        STR_INIT("asdfghjkl"),
    STR_INIT("asdf"),          STR_INIT("letmein"),
    STR_INIT("welcome"),       STR_INIT("iloveyou"),
    STR_INIT("trustno"),       STR_INIT("dragon"),
    STR_INIT("monkey"),        STR_INIT("sunshine"),
    STR_INIT("princess"),      STR_INIT("football"),
    STR_INIT("baseball"),      STR_INIT("superman"),
    STR_INIT("master"),        STR_INIT("hunter"),
    STR_INIT("computer"),      STR_INIT("internet"),
    STR_INIT("administrator"), STR_INIT("admin"),
    STR_INIT("root"),          STR_INIT("guest"),
    STR_INIT("default"),       STR_INIT("secret"),
    STR_INIT("token"),         STR_INIT("key"),
    STR_INIT("test"),          STR_INIT("demo"),
    STR_INIT("postgres"),      STR_INIT("mysql"),
    STR_INIT("changeit"),      STR_INIT("super"),
    STR_INIT("login"),         STR_INIT("my"),
};

/* P4$$w0rd: the letter that a digit or a sign is written for. */
static char letter_of(char c)
{
    static const struct str from = STR_INIT("013457@$");
    static const struct str to = STR_INIT("oieastas");
    size_t at = str_find_byte(from, c);

    return at < from.len ? to.ptr[at] : to_lower(c);
}

/* The word at the beginning of s, as it may be written; 0 if there is none. */
static size_t word_here(struct str s)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t n = 0;

        while (n < words[i].len && n < s.len &&
               letter_of(s.ptr[n]) == words[i].ptr[n])
            n++;
        if (n == words[i].len)
            return n;
    }
    return 0;
}

bool is_common(struct str value)
{
    size_t signs = 0, known = 0;

    while (value.len > 0) {
        size_t n = word_here(value);

        if (n == 0 && (is_alpha(value.ptr[0]) || ++signs > SIGNS_MOST))
            return false;
        known += n;
        value = str_skip(value, n == 0 ? 1 : n);
    }
    return known > 0;
}
