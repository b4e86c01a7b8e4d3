#include "base/utf8.h"
#include "rules/inside.h"
#include "rules/lead.h"
#include "rules/regex.h"

/*
 * Does every match begin with a keyword? Read off the pattern's text, where it
 * is simple enough. Leading assertions and option settings are skipped; a group
 * or a small class at the front is replaced by each of its alternatives, until
 * every candidate begins with literal text:
 *
 *      \b(?:sk|rk)_[a-z]+   ->   sk_[a-z]+   rk_[a-z]+   ->   "sk_", "rk_"
 *
 * Each such text must have a keyword for its own beginning. Whatever is not
 * understood, or grows too large, gives "no", which only costs time later.
 */

#define CANDIDATE  (4 * KIB)
#define CANDIDATES 128
#define ROUNDS     4096

struct candidates {
    struct {
        char text[CANDIDATE];
        size_t len;
    } list[CANDIDATES];
    size_t count;
};

static bool push(struct candidates *cs, struct str a, struct str b)
{
    size_t n = cs->count;

    if (n == CANDIDATES || a.len + b.len > CANDIDATE)
        return false;
    if (a.len != 0)
        memcpy(cs->list[n].text, a.ptr, a.len);
    if (b.len != 0)
        memcpy(cs->list[n].text + a.len, b.ptr, b.len);
    cs->list[n].len = a.len + b.len;
    cs->count++;
    return true;
}

/* Replace the group at the front of s by each of its alternatives. */
static bool push_group(struct candidates *cs, struct str s)
{
    size_t len = pattern_item(s), head = pattern_group(s);
    struct str inner, rest = str_skip(s, len);

    if (len == 0 || head == 0 || head + 1 > len || pattern_repeats(rest))
        return false;
    inner = str_head(str_skip(s, head), len - head - 1);
    for (;;) {
        size_t bar = pattern_bar(inner);

        if (bar == PATTERN_UNREAD || !push(cs, str_head(inner, bar), rest))
            return false;
        if (bar >= inner.len)
            return true;
        inner = str_skip(inner, bar + 1);
    }
}

/* The same for a class of a few characters. */
static bool push_class(struct candidates *cs, struct str s)
{
    size_t len = pattern_class(s), n;

    if (len < 3 || pattern_repeats(str_skip(s, len)))
        return false;
    for (size_t i = 1; i + 1 < len; i += n) {
        char c = s.ptr[i];

        n = utf8_char(str_skip(s, i));
        if (n == 0 || (n == 1 && !is_alnum(c) && strchr("_'\"", c) == NULL))
            return false;
        if (!push(cs, (struct str){s.ptr + i, n}, str_skip(s, len)))
            return false;
    }
    return true;
}

/* The longest keyword that the literal text at the front begins with;
 * keyword_count if there is none. */
static size_t find_keyword(const struct rule *r, struct str s, bool gaps)
{
    char text[LIM_KEYWORD];
    struct str lead = {text, pattern_literal(s, gaps, text)};
    size_t best = r->keyword_count;

    for (size_t i = 0; i < r->keyword_count; i++) {
        struct str kw = r->keywords[i];
        bool ascii = kw.len != 0;

        for (size_t j = 0; j < kw.len; j++)
            ascii = ascii && (unsigned char)kw.ptr[j] < 0x80;
        if (ascii && kw.len <= lead.len &&
            str_eq_nocase(str_head(lead, kw.len), kw) &&
            (best == r->keyword_count || kw.len > r->keywords[best].len))
            best = i;
    }
    return best;
}

static bool has_keyword(const struct rule *r, struct str s)
{
    return find_keyword(r, s, false) < r->keyword_count;
}

/* An item's length, of a character's too if that has more bytes. */
static size_t item_len(struct str s)
{
    size_t n = s.len != 0 && (unsigned char)s.ptr[0] >= 0x80 ? utf8_char(s) : 0;

    return n != 0 ? n : pattern_item(s);
}

/* The same behind literal text, and for any item that may be there or not. */
static bool push_behind(struct candidates *cs, struct str before, struct str s)
{
    size_t first = cs->count, len = item_len(s);
    struct str rest = str_skip(s, len);
    uint32_t least, most;
    bool whole;

    if (str_starts(rest, STR("?"))) {
        if (!pattern_times(&rest, &least, &most, &whole) ||
            !push(cs, rest, (struct str){0}) ||
            !push(cs, str_head(s, len), rest))
            return false;
    } else if (s.ptr[0] == '(' ? !push_group(cs, s)
                               : s.ptr[0] != '[' || !push_class(cs, s)) {
        return false;
    }
    for (size_t k = first; k < cs->count; k++) {
        char *text = cs->list[k].text;

        if (cs->list[k].len + before.len > CANDIDATE)
            return false;
        memmove(text + before.len, text, cs->list[k].len);
        memcpy(text, before.ptr, before.len);
        cs->list[k].len += before.len;
    }
    return true;
}

/*
 * Alternatives, and a group in front, become candidates of their own: then
 * *ret_split. Else *s begins with what is matched. False if unreadable.
 */
static bool split_front(struct candidates *cs, struct str *s, bool *ret_split)
{
    size_t n = pattern_bar(*s);

    *ret_split = true;
    if (n == PATTERN_UNREAD)
        return false;
    if (n < s->len)
        return push(cs, str_head(*s, n), (struct str){0}) &&
               push(cs, str_skip(*s, n + 1), (struct str){0});
    while ((n = pattern_nothing(*s)) != 0)
        *s = str_skip(*s, n);
    if (str_starts(*s, STR("(")) &&
        !str_starts(str_skip(*s, pattern_item(*s)), STR("?")))
        return push_group(cs, *s);
    *ret_split = false;
    return true;
}

/* Do they differ, letters of either case and white space the same? */
static bool differ(char a, char b)
{
    return to_lower(a) != to_lower(b) && !(is_white(a) && is_white(b));
}

/* Can any keyword stand where the literal text at the front does? */
static bool is_possible(const struct rule *r, struct str s)
{
    char text[LIM_KEYWORD];
    size_t len = pattern_literal(s, true, text);

    for (size_t i = 0; i < r->keyword_count; i++) {
        struct str kw = str_head(r->keywords[i], len);
        size_t at = 0;

        while (at < kw.len && !differ(kw.ptr[at], text[at]))
            at++;
        if (at == kw.len)
            return true;
    }
    return false;
}

/* What is to be told, and whom. */
struct telling {
    const struct rule *r;
    bool promised;
    lead_told *told;
    void *into;
};

/* Deal with one candidate: more of them, or a yes. */
static bool reduce(struct candidates *cs, const struct telling *t, struct str s)
{
    bool split, ok = split_front(cs, &s, &split);
    bool wide = false;
    struct str behind;
    size_t keyword, n;
    char c;

    if (!ok || split)
        return ok;
    /* A literal may be enough before a class or a group behind it is. */
    keyword = find_keyword(t->r, s, t->promised);
    if (keyword < t->r->keyword_count) {
        t->told(t->into, keyword,
                pattern_behind(s, t->promised, t->r->keywords[keyword].len));
        return true;
    }
    for (behind = s; (n = pattern_letter(behind, t->promised, &c)) != 0;) {
        wide = wide || (unsigned char)c >= 0x80;
        behind = str_skip(behind, n);
    }
    /* No keyword that is ASCII stands there, then. */
    if (t->promised && (wide || !is_possible(t->r, s)))
        return true;
    return behind.len != 0 &&
           push_behind(cs, str_head(s, s.len - behind.len), behind);
}

/* Text that reads differently from what it looks like is not read. */
static bool is_odd(struct str match)
{
    return match.len == 0 || str_find(match, STR("\\Q")) != match.len ||
           str_find(match, STR("(?#")) != match.len;
}

bool lead_each(const struct rule *r, bool promised, lead_told *told, void *into)
{
    const struct telling t = {r, promised, told, into};
    struct candidates cs;

    cs.count = 0;
    if (r->keyword_count == 0 || is_odd(r->match) ||
        !push(&cs, r->match, (struct str){0}))
        return false;
    for (int round = 0; cs.count != 0; round++) {
        char text[CANDIDATE];
        struct str s = {text, cs.list[--cs.count].len};

        memcpy(text, cs.list[cs.count].text, s.len);
        if (round == ROUNDS || !reduce(&cs, &t, s))
            return false;
    }
    return true;
}

static void tell_nobody(void *into, size_t keyword, struct str behind)
{
    (void)into;
    (void)keyword;
    (void)behind;
}

bool rule_keyword_first(const struct rule *r)
{
    return lead_each(r, false, tell_nobody, NULL);
}

/* --- What may not stand before a match. */

/* What is in (?<!...): one class or one escape, nothing else. */
static bool guard_behind(struct guard *g, struct str s)
{
    if (s.len != 0 && s.ptr[0] == '\\')
        return guard_escape(g, s) == s.len;
    return s.len != 0 && s.ptr[0] == '[' && pattern_class(s) == s.len &&
           guard_class(g, s);
}

static bool keywords_are_words(const struct rule *r)
{
    struct guard word = {{0}};

    guard_word(&word);
    for (size_t i = 0; i < r->keyword_count; i++)
        if (!guard_stops(&word, (unsigned char)r->keywords[i].ptr[0]))
            return false;
    return true;
}

/* What the assertions at the front say. words: no match begins otherwise than
 * with a letter, a digit or _. */
static struct guard guard_front(struct str s, bool words)
{
    struct guard all = {{0}};
    size_t n;

    /* With a bar, they speak for one alternative only. */
    if (pattern_nothing(s) == 0 || pattern_bar(s) != s.len)
        return all;
    for (; (n = pattern_nothing(s)) != 0; s = str_skip(s, n)) {
        struct guard one = {{0}};

        if (str_starts(s, STR("\\b")) && words)
            guard_word(&one);
        else if (!str_starts(s, STR("(?<!")) ||
                 !guard_behind(&one,
                               str_head(str_skip(s, 4), n < 5 ? 0 : n - 5)) ||
                 pattern_repeats(str_skip(s, n)))
            continue;
        all.bits[0] |= one.bits[0];
        all.bits[1] |= one.bits[1];
    }
    return all;
}

struct guard guard_read(const struct rule *r)
{
    if (!r->keyword_first)
        return (struct guard){{0}};
    return guard_front(r->match, keywords_are_words(r));
}

/* Does each alternative of what is in the group at the front begin with a byte
 * that is no letter and no digit of ASCII, in any spelling? */
static bool is_signs(struct str s)
{
    size_t head = pattern_group(s), len = pattern_item(s), bar, n;
    char c;

    if (head == 0 || len <= head + 1 || pattern_repeats(str_skip(s, len)))
        return false;
    for (s = str_head(str_skip(s, head), len - head - 1);;
         s = str_skip(s, bar + 1)) {
        n = pattern_letter(s, false, &c);
        if (n == 0 || is_alnum(c) || second_len(s) != 0 ||
            pattern_repeats(str_skip(s, n)))
            return false;
        bar = pattern_bar(s);
        if (bar >= s.len)
            return bar == s.len;
    }
}

static bool is_word_lead(struct str s)
{
    return str_starts(s, STR(LEAD_WORD)) || is_signs(s);
}

/* Do all matches begin with a whole word, or with such a sign? */
static bool leads_word(struct str s)
{
    size_t head = pattern_group(s), len = pattern_item(s), bar;

    if (pattern_bar(s) != s.len)
        return false;
    if (str_starts(s, STR(LEAD_WORD)))
        return true;
    if (head == 0 || len <= head + 1 || pattern_repeats(str_skip(s, len)))
        return false;
    for (s = str_head(str_skip(s, head), len - head - 1);;
         s = str_skip(s, bar + 1)) {
        bar = pattern_bar(s);
        if (bar == PATTERN_UNREAD || !is_word_lead(str_head(s, bar)))
            return false;
        if (bar == s.len)
            return true;
    }
}

struct guard small_read(const struct rule *r)
{
    struct guard small = guard_read(r);

    if (r->keyword_first && !is_odd(r->match) && leads_word(r->match)) {
        guard_range(&small, '0', '9');
        guard_range(&small, 'A', 'Z');
        guard_range(&small, 'a', 'z');
    }
    return small;
}

/* --- What stands before the keyword. */

/* Follow one candidate up to its keyword or digit. */
static bool run_follow(const struct telling *t, struct str s, struct run *run)
{
    const struct rule *r = t->r;
    struct guard digit = {{0}};
    uint32_t least = 0, most = 0, lo, hi;
    bool whole;

    guard_range(&digit, '0', '9');
    while (r->keyword_count == 0 || !has_keyword(r, s)) {
        struct guard one = {{0}};

        size_t n = guard_item(s, &one);

        s = str_skip(s, n);
        if (n == 0 || !pattern_times(&s, &lo, &hi, &whole) ||
            hi == TIMES_FREE || pattern_repeats(s))
            return false;
        if (r->keyword_count == 0 && lo > 0 && guard_within(&one, &digit))
            break;
        if ((most += hi) > RUN_MOST)
            return false;
        least += lo;
        run->of.bits[0] |= one.bits[0];
        run->of.bits[1] |= one.bits[1];
    }
    run->most = most > run->most ? most : run->most;
    run->least = least < run->least ? least : run->least;
    if (r->keyword_count != 0) {
        size_t keyword = find_keyword(r, s, false);

        t->told(t->into, keyword,
                pattern_behind(s, false, r->keywords[keyword].len));
    }
    return true;
}

/* Deal with one candidate, as reduce() does. */
static bool run_reduce(struct candidates *cs, const struct telling *t,
                       struct str s, struct run *run)
{
    bool split, ok = split_front(cs, &s, &split);

    if (!ok || split)
        return ok;
    return run_follow(t, s, run);
}

struct run run_lead(const struct rule *r, lead_told *told, void *into)
{
    const struct telling t = {r, false, told, into};
    struct run run = {.least = RUN_MOST};
    struct candidates cs;

    cs.count = 0;
    if (r->keyword_first || token_first(r) || r->match.len == 0 ||
        !pattern_plain(r->match) || (r->keyword_count == 0 && r->digits == 0) ||
        !push(&cs, r->match, (struct str){0}))
        return (struct run){0};
    for (int round = 0; cs.count != 0; round++) {
        char text[CANDIDATE];
        struct str s = {text, cs.list[--cs.count].len};

        memcpy(text, cs.list[cs.count].text, s.len);
        if (round == ROUNDS || !run_reduce(&cs, &t, s, &run))
            return (struct run){0};
    }
    run.behind = guard_front(r->match, false);
    run.whole = guard_within(&run.of, &run.behind);
    run.before = r->keyword_count == 0 ? RUN_DIGIT : RUN_KEYWORD;
    return run;
}

/* What is in (?<!...): a digit and one of these. */
static bool guard_digit(struct guard *g, struct str s)
{
    struct guard first = {{0}}, digits = {{0}};
    size_t n = guard_item(s, &first),
           m = n == 0 ? 0 : guard_item(str_skip(s, n), g);

    guard_range(&digits, '0', '9');
    return m != 0 && n + m == s.len && guard_within(&digits, &first) &&
           guard_within(&first, &digits);
}

/* The same as guard_front, of two bytes. */
static struct guard guard_digits(struct str s)
{
    struct guard all = {{0}};
    size_t n;

    if (pattern_bar(s) != s.len)
        return all;
    for (; (n = pattern_nothing(s)) != 0; s = str_skip(s, n)) {
        struct guard one = {{0}};

        if (!str_starts(s, STR("(?<!")) || n < 5 ||
            pattern_repeats(str_skip(s, n)) ||
            !guard_digit(&one, str_head(str_skip(s, 4), n - 5)))
            continue;
        all.bits[0] |= one.bits[0];
        all.bits[1] |= one.bits[1];
    }
    return all;
}

enum sleep rule_sleep(const struct rule *r)
{
    const struct str *begins;

    if (r->keyword_first || token_first(r) ||
        detector_keywords(r->detector, &begins) > 0)
        return SLEEP_KEY;
    if (run_lead(r, tell_nobody, NULL).before == RUN_NONE)
        return SLEEP_NEVER;
    return run_sleeps(r) ? SLEEP_RUN : SLEEP_SHORT;
}

struct run run_read(const struct rule *r)
{
    struct run run = run_lead(r, tell_nobody, NULL);

    if (r->keyword_first)
        return run;
    if (token_first(r)) {
        run.behind = guard_front(r->match, true);
        run.digit = guard_digits(r->match);
    } else {
        run.width = width_read(r);
    }
    return run;
}
