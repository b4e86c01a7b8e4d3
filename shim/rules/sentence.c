#include "rules/sentence.h"

#define WORD_MOST 12 /* bytes before a stop */

/* Short forms of titles, numbers, firms and turns of speech, in the languages
 * most is written in; of one letter there are more. */
static const struct str forms[] = {
    /* English, and what many share */
    STR_INIT("Dr"), STR_INIT("Mr"), STR_INIT("Mrs"), STR_INIT("Ms"),
    STR_INIT("Prof"), STR_INIT("St"), STR_INIT("Jr"), STR_INIT("Sr"),
    STR_INIT("vs"), STR_INIT("cf"), STR_INIT("etc"), STR_INIT("al"),
    STR_INIT("No"), STR_INIT("Nos"), STR_INIT("Inc"), STR_INIT("Ltd"),
    STR_INIT("Co"), STR_INIT("Corp"), STR_INIT("Fig"), STR_INIT("fig"),
    STR_INIT("Vol"), STR_INIT("vol"), STR_INIT("pp"), STR_INIT("approx"),
    STR_INIT("incl"), STR_INIT("resp"), STR_INIT("dept"), STR_INIT("Dept"),
    /* German, Dutch */
    STR_INIT("Nr"), STR_INIT("nr"), STR_INIT("bzw"), STR_INIT("ca"),
    STR_INIT("usw"), STR_INIT("ggf"), STR_INIT("evtl"), STR_INIT("inkl"),
    STR_INIT("bzgl"), STR_INIT("vgl"), STR_INIT("Abs"), STR_INIT("Art"),
    STR_INIT("Hr"), STR_INIT("Tel"), STR_INIT("Str"), STR_INIT("bijv"),
    STR_INIT("mevr"), STR_INIT("dhr"),
    /* French, Italian, Spanish, Portuguese */
    STR_INIT("ex"), STR_INIT("env"), STR_INIT("art"), STR_INIT("Mme"),
    STR_INIT("Sig"), STR_INIT("sig"), STR_INIT("Dott"), STR_INIT("dott"),
    STR_INIT("ecc"), STR_INIT("Sra"), STR_INIT("Dra"), STR_INIT("Ud"),
    STR_INIT("Uds"), STR_INIT("n\xc3\xbam"), STR_INIT("p\xc3\xa1g"),
    /* Polish, Czech */
    STR_INIT("np"), STR_INIT("tzn"), STR_INIT("ul"), STR_INIT("nap\xc5\x99"),
    /* Russian */
    STR_INIT("\xd1\x83\xd0\xbb"), STR_INIT("\xd1\x81\xd1\x82\xd1\x80"),
    STR_INIT("\xd1\x80\xd1\x83\xd0\xb1")};

/* Of words, in any script. */
static bool is_letter(char c)
{
    return is_alpha(c) || (unsigned char)c >= 0x80;
}

/* One letter: J. Smith, z. B., e.g. But "I" is a word. */
static bool is_initial(struct str word)
{
    bool wide = word.len == 2 && (word.ptr[0] & 0x80) != 0;

    return wide || (word.len == 1 && word.ptr[0] != 'I');
}

/* Is the stop at `at` that of a short form, or one of several? */
static bool is_short(struct str text, size_t at)
{
    size_t from = at, least = at > WORD_MOST ? at - WORD_MOST : 0;
    struct str word;
    char before;

    if (at == 0)
        return false;
    if (text.ptr[at - 1] == '.')
        return true;
    while (from > least && is_letter(text.ptr[from - 1]))
        from--;
    word = (struct str){text.ptr + from, at - from};
    before = from > 0 ? text.ptr[from - 1] : ' ';
    if (word.len == 0 || is_letter(before) || is_digit(before))
        return false;
    if (is_initial(word))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (str_eq(word, forms[i]))
            return true;
    return false;
}

static bool is_stop(char c)
{
    return c == '.' || c == '!' || c == '?';
}

static bool is_closing(char c)
{
    return c == '"' || c == '\'' || c == ')' || c == ']';
}

/* Those behind which no blank must be: of Chinese and Japanese, wide and half
 * as wide; of Arabic and Urdu; of Devanagari. */
static bool ends_by_itself(struct str before)
{
    static const struct str marks[] = {
        STR_INIT("\xe3\x80\x82"), STR_INIT("\xef\xbc\x81"),
        STR_INIT("\xef\xbc\x9f"), STR_INIT("\xef\xbd\xa1"),
        STR_INIT("\xd8\x9f"),     STR_INIT("\xdb\x94"),
        STR_INIT("\xe0\xa5\xa4")};

    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_ends(before, marks[i]))
            return true;
    return false;
}

/* Does one end right before `at`? */
static bool ends_at(struct str text, size_t at)
{
    char c;

    if (at == 0 || at >= text.len)
        return false;
    c = text.ptr[at - 1];
    if ((unsigned char)c >= 0x80)
        return ends_by_itself(str_head(text, at));
    if (!is_white(text.ptr[at]))
        return false;
    if (c == '\n')
        return text.ptr[at] == '\n' || text.ptr[at] == '\r';
    for (size_t i = 0; i < 2 && at > 1 && is_closing(text.ptr[at - 1]); i++)
        at--;
    c = text.ptr[at - 1];
    return is_stop(c) && (c != '.' || !is_short(text, at - 1));
}

/* Bytes that one may end behind: of what is not ASCII the last. */
static const bool may_end[256] = {
    ['.'] = true,  ['!'] = true,  ['?'] = true,  ['"'] = true,  ['\''] = true,
    [')'] = true,  [']'] = true,  ['\n'] = true, [0x82] = true, [0x81] = true,
    [0x9f] = true, [0xa1] = true, [0x94] = true, [0xa4] = true,
};

size_t sentence_last(struct str text, size_t from, size_t at)
{
    for (; at > from; at--)
        if (may_end[(unsigned char)text.ptr[at - 1]] && ends_at(text, at))
            return at;
    return NOWHERE;
}

size_t sentence_first(struct str text, size_t from, size_t to)
{
    for (; from < to; from++)
        if (from > 0 && may_end[(unsigned char)text.ptr[from - 1]] &&
            ends_at(text, from))
            return from;
    return NOWHERE;
}
