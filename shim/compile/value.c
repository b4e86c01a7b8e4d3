#include "compile/value.h"

/*
 * The pattern must be cheap, because it is tried at every place where a keyword
 * stands. It is anchored there; which word calls the value a key is decided at
 * the first one (an atomic group), so that the two gaps do not multiply:
 *
 *      (?<![A-Za-z0-9])
 *      (?i:airbrake)(?:
 *          SEPARATOR(?=NUMBER)           the value follows upon the name, or
 *        | (?>(?:[\]{]\r?\n)?[^\r\n]{0,48}?(?=...)(?i:[=:(]|key|token|...))
 *          (?s:.{0,64}?)(?<![A-Za-z0-9_]|HASH)(?=VALUE)(?!WORD)
 *      )(VALUE)={0,2}(?![A-Za-z0-9_+=-])
 *
 * What fails most often is asked first: the two letters that such a word begins
 * with, and the value itself before what it must not be.
 *
 * What a commit or a digest is called by (HASH) is no value, nor is a word: a
 * few letters alone, or such with - or _ between them. It is stepped over in
 * the gap, where it could be taken for a value and hide the true one behind it;
 * and no name (detect/name.h) is a finding. A value right behind the name (a
 * blank, `is`, a tag's end or the comma of a list between them) holds a digit
 * early, which the rest of a sentence does not. Of a section of a file, such as
 * [airbrake] or provider "airbrake" {, the next line counts as that of the
 * name.
 */
#define CALLED                                                                 \
    "key|token|secret|auth|access|api|pass|pwd|priv|cred|bearer|login|"        \
    "schlüssel|schluessel|sleutel|klucz|clave|chave|chiave"
#define CALLED_MOST 10                       /* characters of one */
#define CALLED_TWO  "[ktsapcbl][eoucpawrlh]" /* what those begin with */

/* Of a section's name, up to the next line. */
#define SECTION      "(?:[\"'`]?[ \\t]{0,4}[\\]{][ \\t]{0,4}\\r?\\n)?"
#define SECTION_MOST (1 + 4 + 1 + 4 + 2)

static const struct str front = STR_INIT("(?<![A-Za-z0-9])(?:");
static const struct str direct = STR_INIT(
    "(?:(?:[ \\t_-]{1,2}|[ \\t]{1,2}(?:is|ist|est|es)[ \\t]{1,2}[\"'`]?|"
    "[\"'`]?[ \\t]?[>,|][ \\t]?[\"'`]?)(?=[A-Za-z_-]{0,16}+[0-9])|");
static const struct str called =
    STR_INIT("(?>" SECTION "[^\\r\\n]{0,48}?"
             "(?=[=:(]|(?i:" CALLED_TWO "))(?i:[=:(]|" CALLED "))");
static const struct str gap =
    STR_INIT("(?s:.{0,64}?)"
             "(?<![A-Za-z0-9_]|/commit/|/blob/|/tree/|commit[ :=]|commit: |"
             "commit-hash: |sha(?:256|384|512)[:=-])");
static const struct str no_word =
    STR_INIT("(?!(?:(?:[A-Za-z]{0,24}+[_-]){1,12}+[A-Za-z]{0,24}+|"
             "[A-Za-z]{1,19}+)"
             "(?![A-Za-z0-9_-]|[.:+/=][A-Za-z0-9]))");
static const struct str back = STR_INIT(")={0,2}(?![A-Za-z0-9_+=-])");

/* Does the keyword itself call a value a key? */
static bool is_calling(struct str keyword)
{
    struct str words = STR(CALLED);

    if (keyword.len > 0 && memchr("=:(", keyword.ptr[keyword.len - 1], 3))
        return true;
    while (words.ptr != NULL) {
        struct str word = str_split(&words, '|');

        for (size_t i = 0; i + word.len <= keyword.len; i++)
            if (str_eq_nocase(str_head(str_skip(keyword, i), word.len), word))
                return true;
    }
    return false;
}

struct out {
    char *p;
    size_t len;
};

static void put(struct out *o, struct str s)
{
    if (o->p != NULL && s.len > 0)
        memcpy(o->p + o->len, s.ptr, s.len);
    o->len += s.len;
}

/* Has it groups that are counted, or looks back at one? */
static bool has_groups(struct str value)
{
    for (size_t i = 0; i + 1 < value.len; i++) {
        char c = value.ptr[i], d = value.ptr[i + 1];

        if ((c == '(' && d != '?') || (c == '\\' && is_digit(d)))
            return true;
        if (str_starts(str_skip(value, i), STR("(?<")) ||
            str_starts(str_skip(value, i), STR("(?P")) ||
            str_starts(str_skip(value, i), STR("(?'")))
            return true;
        i += c == '\\';
    }
    return false;
}

/* The gap before the value. */
static void put_gap(struct out *o, struct str value)
{
    put(o, gap);
    if (!has_groups(value)) {
        put(o, STR("(?="));
        put(o, value);
        put(o, STR(")"));
    }
    put(o, no_word);
}

/* The keywords that call, or those that do not, as alternatives. */
static bool put_words(struct out *o, const struct rule *rule, bool calling)
{
    bool any = false;

    for (size_t i = 0; i < rule->keyword_count; i++) {
        struct str s = rule->keywords[i];

        if (is_calling(s) != calling)
            continue;
        put(o, any ? STR("|") : STR("(?i:"));
        any = true;
        for (size_t k = 0; k < s.len; k++) {
            if (strchr("\\[](){}.*+?|^$", s.ptr[k]) != NULL)
                put(o, STR("\\"));
            put(o, str_head(str_skip(s, k), 1));
        }
    }
    if (any)
        put(o, STR(")"));
    return any;
}

static void put_pattern(struct out *o, const struct rule *rule,
                        struct str value)
{
    bool calling;

    put(o, front);
    if ((calling = put_words(o, rule, true)))
        put_gap(o, value);
    put(o, calling ? STR("|") : STR(""));
    if (put_words(o, rule, false)) {
        put(o, direct);
        put(o, called);
        put_gap(o, value);
        put(o, STR(")"));
    } else if (calling) {
        o->len--; /* the bar */
    }
    put(o, STR(")("));
    put(o, value);
    put(o, back);
}

/*
 * Whatever keyword it is of, the value itself must be there: behind the longest
 * of them, all that may stand between, and nothing of a longer word.
 */
#define BETWEEN (SECTION_MOST + 48 + CALLED_MOST + 64)

static void put_needs(struct out *o, struct str value)
{
    put(o, STR("(?<![A-Za-z0-9])("));
    put(o, value);
    put(o, back);
}

static bool needs_value(struct reader *r, struct str value, struct rule *rule)
{
    struct out o = {0};

    put_needs(&o, value);
    if ((o.p = read_take(r, o.len + 1)) == NULL)
        return false;
    o.len = 0;
    put_needs(&o, value);
    rule->needs = (struct str){o.p, o.len};
    rule->needs_within = 0;
    for (size_t i = 0; i < rule->keyword_count; i++)
        if (rule->keywords[i].len > rule->needs_within)
            rule->needs_within = (uint32_t)rule->keywords[i].len;
    rule->needs_within += BETWEEN;
    return true;
}

bool value_pattern(struct reader *r, struct str value, struct rule *rule)
{
    struct out o = {0};

    put_pattern(&o, rule, value); /* to learn its length */
    if ((o.p = read_take(r, o.len + 1)) == NULL)
        return false;
    o.len = 0;
    put_pattern(&o, rule, value);
    rule->match = (struct str){o.p, o.len};
    rule->group = 1;
    rule->keyword_first = true;
    rule->no_name = true;
    return needs_value(r, value, rule);
}
