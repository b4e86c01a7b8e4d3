#include "detect/placeholder.h"

/*
 * A list of words, a few shapes and two measures. Real values pass all of it:
 * a random string holds "example" about once in 10^9.
 */

#define RUN_PERCENT 60 /* of the value in one ascending or equal run */

/* Lower case. What manuals and templates write where a secret goes. */
static const struct str words[] = {
    STR_INIT("example"),     STR_INIT("sample"),     STR_INIT("placeholder"),
    STR_INIT("dummy"),       STR_INIT("changeme"),   STR_INIT("change_me"),
    STR_INIT("change-me"),   STR_INIT("replaceme"),  STR_INIT("replace_me"),
    STR_INIT("replace-me"),  STR_INIT("redacted"),   STR_INIT("your-"),
    STR_INIT("your_"),       STR_INIT("yourkey"),    STR_INIT("yourtoken"),
    STR_INIT("yourapi"),     STR_INIT("yoursecret"), STR_INIT("yourpassword"),
    STR_INIT("my-secret"),   STR_INIT("my_secret"),  STR_INIT("my-api-key"),
    STR_INIT("my_api_key"),  STR_INIT("key-here"),   STR_INIT("key_here"),
    STR_INIT("keyhere"),     STR_INIT("token-here"), STR_INIT("token_here"),
    STR_INIT("secret-here"), STR_INIT("insert-"),    STR_INIT("insert_"),
    STR_INIT("not-a-real"),  STR_INIT("notreal"),    STR_INIT("not_real"),
    STR_INIT("xxxx"),        STR_INIT("****"),       STR_INIT("...."),
    STR_INIT("0000000000"),  STR_INIT("1234567890"), STR_INIT("deadbeef"),
    STR_INIT("foobar"),      STR_INIT("abcdefghij"), STR_INIT("no-key-"),
    STR_INIT("not-needed"),  STR_INIT("not_needed"),
};

/* What follows upon the first byte of each of them: one of two, or one twice. A
 * random string has few such pairs. */
static const char second[128][2] = {
    ['*'] = {'*', '*'}, ['.'] = {'.', '.'}, ['0'] = {'0', '0'},
    ['1'] = {'2', '2'}, ['a'] = {'b', 'b'}, ['c'] = {'h', 'h'},
    ['d'] = {'u', 'e'}, ['e'] = {'x', 'x'}, ['f'] = {'o', 'o'},
    ['i'] = {'n', 'n'}, ['k'] = {'e', 'e'}, ['m'] = {'y', 'y'},
    ['n'] = {'o', 'o'}, ['p'] = {'l', 'l'}, ['r'] = {'e', 'e'},
    ['s'] = {'a', 'e'}, ['t'] = {'o', 'o'}, ['x'] = {'x', 'x'},
    ['y'] = {'o', 'o'},
};

/* Does one of them begin there? */
static bool word_begins(struct str s)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_starts_nocase(s, words[i]))
            return true;
    return false;
}

static bool has_word(struct str s)
{
    for (size_t i = 0; i + 1 < s.len; i++) {
        unsigned char c = (unsigned char)to_lower(s.ptr[i]);
        char next = to_lower(s.ptr[i + 1]);

        if (c < 128 && (next == second[c][0] || next == second[c][1]) &&
            next != '\0' && word_begins(str_skip(s, i)))
            return true;
    }
    return false;
}

static bool between(struct str s, struct str open, struct str close)
{
    return s.len > open.len + close.len && str_starts(s, open) &&
           str_ends(s, close);
}

/* <token>, ${TOKEN}, {{ token }}, %TOKEN%, $TOKEN, [token] */
static bool is_template(struct str s)
{
    size_t i = 1;

    if (between(s, STR("<"), STR(">")) || between(s, STR("${"), STR("}")) ||
        between(s, STR("{{"), STR("}}")) || between(s, STR("%"), STR("%")) ||
        between(s, STR("["), STR("]")) || between(s, STR("$("), STR(")")))
        return true;
    if (s.len < 2 || s.ptr[0] != '$')
        return false;
    while (i < s.len && (s.ptr[i] == '_' || is_digit(s.ptr[i]) ||
                         (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')))
        i++;
    return i == s.len;
}

/* The longest run in which each byte is `step` more than the one before. */
static size_t longest_run(struct str s, int step)
{
    size_t best = 0, now = 0;

    for (size_t i = 0; i < s.len; i++) {
        now = i > 0 && to_lower(s.ptr[i]) - to_lower(s.ptr[i - 1]) == step
                  ? now + 1
                  : 1;
        best = now > best ? now : best;
    }
    return best;
}

bool is_placeholder(struct str value)
{
    if (value.len == 0 || is_template(value))
        return true;
    if (has_word(value))
        return true;
    if (value.len < 4)
        return false;
    return longest_run(value, 0) * 100 >= value.len * RUN_PERCENT ||
           longest_run(value, 1) * 100 >= value.len * RUN_PERCENT;
}
