#include "rules/inside.h"

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

#define CANDIDATE  512
#define CANDIDATES 64
#define ROUNDS     512

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

/* The length of a class at the front of s with its brackets; 0: no end. */
static size_t class_len(struct str s)
{
    size_t i = 1;

    if (i < s.len && s.ptr[i] == '^')
        i++;
    if (i < s.len && s.ptr[i] == ']')
        i++;
    while (i < s.len && s.ptr[i] != ']') {
        if (s.ptr[i] == '[' && i + 1 < s.len && s.ptr[i + 1] == ':')
            i += str_find(str_skip(s, i), STR(":]")) + 2;
        else
            i += s.ptr[i] == '\\' ? 2 : 1;
    }
    return i < s.len ? i + 1 : 0;
}

size_t pattern_item(struct str s)
{
    size_t i = 0, depth = 0, n;

    do {
        if (i >= s.len)
            return 0;
        n = 1;
        if (s.ptr[i] == '\\')
            n = 2;
        else if (s.ptr[i] == '[' && (n = class_len(str_skip(s, i))) == 0)
            return 0;
        else if (s.ptr[i] == '(')
            depth++;
        else if (s.ptr[i] == ')')
            depth--;
        i += n;
    } while (depth != 0);
    return i <= s.len ? i : 0;
}

/*
 * The offset of a | outside of groups and classes; s.len if there is none,
 * UNREADABLE if the text is not understood.
 */
#define UNREADABLE SIZE_MAX
static size_t bar_at(struct str s)
{
    size_t i = 0;

    while (i < s.len && s.ptr[i] != '|') {
        size_t n = pattern_item(str_skip(s, i));

        if (n == 0)
            return UNREADABLE;
        i += n;
    }
    return i;
}

static bool is_quantified(struct str rest)
{
    return rest.len != 0 && (rest.ptr[0] == '?' || rest.ptr[0] == '*' ||
                             rest.ptr[0] == '+' || rest.ptr[0] == '{');
}

/* The length of a leading item that matches no text; 0 if there is none. */
static size_t zero_width(struct str s)
{
    static const struct str marks[] = {STR_INIT("(?=") /* keep first */,
                                       STR_INIT("(?!"), STR_INIT("(?<="),
                                       STR_INIT("(?<!")};
    size_t i = 2;

    if (str_starts(s, STR("^")))
        return 1;
    if (str_starts(s, STR("\\b")) || str_starts(s, STR("\\B")) ||
        str_starts(s, STR("\\A")))
        return 2;
    for (size_t k = 0; k < ARRAY_LEN(marks); k++)
        if (str_starts(s, marks[k]))
            return pattern_item(s);
    if (!str_starts(s, STR("(?")))
        return 0;
    while (i < s.len && s.ptr[i] != 0 && strchr("imsn-^", s.ptr[i]) != NULL)
        i++;
    return i < s.len && s.ptr[i] == ')' ? i + 1 : 0;
}

/* The length of what opens a plain group: "(", "(?:", "(?i:", "(?<name>". */
static size_t group_head(struct str s)
{
    size_t i = 2;

    if (!str_starts(s, STR("(?")))
        return str_starts(s, STR("(*")) ? 0 : 1;
    if (i < s.len && s.ptr[i] == 'P')
        i++;
    if (i < s.len && s.ptr[i] == '<') {
        i += str_find_byte(str_skip(s, i), '>') + 1;
        return i <= s.len ? i : 0;
    }
    while (i < s.len && s.ptr[i] != 0 && strchr("imsn-^", s.ptr[i]) != NULL)
        i++;
    return i < s.len && s.ptr[i] == ':' ? i + 1 : 0;
}

/* Replace the group at the front of s by each of its alternatives. */
static bool push_group(struct candidates *cs, struct str s)
{
    size_t len = pattern_item(s), head = group_head(s);
    struct str inner, rest = str_skip(s, len);

    if (len == 0 || head == 0 || head + 1 > len || is_quantified(rest))
        return false;
    inner = str_head(str_skip(s, head), len - head - 1);
    for (;;) {
        size_t bar = bar_at(inner);

        if (bar == UNREADABLE || !push(cs, str_head(inner, bar), rest))
            return false;
        if (bar >= inner.len)
            return true;
        inner = str_skip(inner, bar + 1);
    }
}

/* The same for a class of a few plain bytes. */
static bool push_class(struct candidates *cs, struct str s)
{
    size_t len = class_len(s);

    if (len < 3 || len > 10 || is_quantified(str_skip(s, len)))
        return false;
    for (size_t i = 1; i + 1 < len; i++) {
        char c = s.ptr[i];

        if ((to_lower(c) < 'a' || to_lower(c) > 'z') && !is_digit(c))
            return false;
        if (!push(cs, (struct str){s.ptr + i, 1}, str_skip(s, len)))
            return false;
    }
    return true;
}

/* The literal text at the front of s, unescaped; its length. */
static size_t literal(struct str s, char out[LIM_KEYWORD])
{
    size_t i = 0, n = 0;

    while (i < s.len && n < LIM_KEYWORD) {
        char c = s.ptr[i];

        if (c == '\\') { /* of escapes only those of punctuation */
            if (i + 1 == s.len || is_digit(s.ptr[i + 1]) ||
                (to_lower(s.ptr[i + 1]) >= 'a' &&
                 to_lower(s.ptr[i + 1]) <= 'z'))
                break;
            c = s.ptr[++i];
        } else if (c == 0 || strchr("[](){}.*+?|^$", c) != NULL) {
            break;
        }
        i++;
        if (is_quantified(str_skip(s, i)))
            break;
        out[n++] = c;
    }
    return n;
}

static bool has_keyword(const struct rule *r, struct str s)
{
    char text[LIM_KEYWORD];
    struct str lead = {text, literal(s, text)};

    for (size_t i = 0; i < r->keyword_count; i++) {
        struct str kw = r->keywords[i];
        bool ascii = kw.len != 0;

        for (size_t j = 0; j < kw.len; j++)
            ascii = ascii && (unsigned char)kw.ptr[j] < 0x80;
        if (ascii && kw.len <= lead.len &&
            str_eq_nocase(str_head(lead, kw.len), kw))
            return true;
    }
    return false;
}

/* The same for a group or class that has literal text before it. */
static bool push_behind(struct candidates *cs, struct str before, struct str s)
{
    size_t first = cs->count;

    if (!(s.ptr[0] == '(' ? push_group(cs, s) : push_class(cs, s)))
        return false;
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
    size_t n = bar_at(*s);

    *ret_split = true;
    if (n == UNREADABLE)
        return false;
    if (n < s->len)
        return push(cs, str_head(*s, n), (struct str){0}) &&
               push(cs, str_skip(*s, n + 1), (struct str){0});
    while ((n = zero_width(*s)) != 0)
        *s = str_skip(*s, n);
    if (str_starts(*s, STR("(")))
        return push_group(cs, *s);
    *ret_split = false;
    return true;
}

/* Deal with one candidate: more of them, or a yes. */
static bool reduce(struct candidates *cs, const struct rule *r, struct str s)
{
    bool split, ok = split_front(cs, &s, &split);

    if (!ok || split)
        return ok;
    /* A literal may be enough before a class or a group behind it is. */
    if (has_keyword(r, s))
        return true;
    if (str_starts(s, STR("[")))
        return push_class(cs, s);
    for (size_t i = 0; i < s.len && i < LIM_KEYWORD;) {
        struct str at = str_skip(s, i);
        size_t len = pattern_item(at);

        if (at.ptr[0] == '(' || at.ptr[0] == '[')
            return push_behind(cs, str_head(s, i), at);
        if (len == 0 || is_quantified(str_skip(at, len)))
            return false;
        i += len;
    }
    return false;
}

bool rule_keyword_first(const struct rule *r)
{
    struct candidates cs;

    cs.count = 0;
    /* Text that reads differently from what it looks like is not read. */
    if (r->keyword_count == 0 || r->match.len == 0 ||
        str_find(r->match, STR("\\Q")) != r->match.len ||
        str_find(r->match, STR("(?#")) != r->match.len ||
        !push(&cs, r->match, (struct str){0}))
        return false;
    for (int round = 0; cs.count != 0; round++) {
        char text[CANDIDATE];
        struct str s = {text, cs.list[--cs.count].len};

        memcpy(text, cs.list[cs.count].text, s.len);
        if (round == ROUNDS || !reduce(&cs, r, s))
            return false;
    }
    return true;
}

/* --- What may not stand before a match. */

static void guard_range(struct guard *g, unsigned from, unsigned to)
{
    for (unsigned c = from; c <= to && c < 0x80; c++)
        g->bits[c / 64] |= UINT64_C(1) << c % 64;
}

static void guard_word(struct guard *g)
{
    guard_range(g, '0', '9');
    guard_range(g, 'A', 'Z');
    guard_range(g, 'a', 'z');
    guard_range(g, '_', '_');
}

/* One \w \d \s \n \r \t or escaped punctuation; false for another. */
static bool guard_escape(struct guard *g, char c)
{
    if (c == 'w') {
        guard_word(g);
    } else if (c == 'd') {
        guard_range(g, '0', '9');
    } else if (c == 's') {
        guard_range(g, '\t', '\r');
        guard_range(g, ' ', ' ');
    } else if (c == 'n' || c == 'r' || c == 't') {
        unsigned byte = c == 'n' ? '\n' : c == 'r' ? '\r' : '\t';

        guard_range(g, byte, byte);
    } else if (is_alnum(c)) {
        return false;
    } else {
        guard_range(g, (unsigned char)c, (unsigned char)c);
    }
    return true;
}

/* The bytes of a class like [A-Za-z0-9_.-]; false if it has more to it. */
static bool guard_class(struct guard *g, struct str s)
{
    if (s.len < 3 || s.ptr[1] == '^' || s.ptr[1] == ']')
        return false;
    for (size_t i = 1; i + 1 < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        unsigned char to = i + 3 < s.len ? (unsigned char)s.ptr[i + 2] : 0;

        if (c == '[' || c >= 0x80)
            return false;
        if (c == '\\') {
            if (!guard_escape(g, s.ptr[++i]) || s.ptr[i + 1] == '-')
                return false;
        } else if (i + 3 < s.len && s.ptr[i + 1] == '-') {
            if (to == '\\' || to == '[' || to >= 0x80)
                return false;
            guard_range(g, c, to);
            i += 2;
        } else {
            guard_range(g, c, c);
        }
    }
    return true;
}

/* What is in (?<!...): one class or one escape, nothing else. */
static bool guard_behind(struct guard *g, struct str s)
{
    if (s.len == 2 && s.ptr[0] == '\\')
        return guard_escape(g, s.ptr[1]);
    return s.len != 0 && s.ptr[0] == '[' && class_len(s) == s.len &&
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
    if (zero_width(s) == 0 || bar_at(s) != s.len)
        return all;
    for (; (n = zero_width(s)) != 0; s = str_skip(s, n)) {
        struct guard one = {{0}};

        if (str_starts(s, STR("\\b")) && words)
            guard_word(&one);
        else if (!str_starts(s, STR("(?<!")) ||
                 !guard_behind(&one,
                               str_head(str_skip(s, 4), n < 5 ? 0 : n - 5)) ||
                 is_quantified(str_skip(s, n)))
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

/* --- What stands before the keyword. */

/* One class, escape or plain byte at the front of s; its length, 0: another. */
static size_t run_item(struct str s, struct guard *one)
{
    if (s.len == 0)
        return 0;
    if (s.ptr[0] == '[') {
        size_t len = class_len(s);

        return len != 0 && guard_class(one, str_head(s, len)) ? len : 0;
    }
    if (s.ptr[0] == '\\')
        return s.len > 1 && guard_escape(one, s.ptr[1]) ? 2 : 0;
    if (s.ptr[0] <= 0 || strchr("](){}.*+?|^$", s.ptr[0]) != NULL)
        return 0;
    guard_range(one, (unsigned char)s.ptr[0], (unsigned char)s.ptr[0]);
    return 1;
}

static size_t number(struct str s, uint32_t *ret_n)
{
    size_t i = 0;

    *ret_n = 0;
    for (; i < s.len && i < 4 && is_digit(s.ptr[i]); i++)
        *ret_n = *ret_n * 10 + (uint32_t)(s.ptr[i] - '0');
    return i;
}

/* How often the item before s may stand, and the length of what says so. */
static bool run_times(struct str s, uint32_t *least, uint32_t *most,
                      size_t *ret_len)
{
    size_t i = 0, n;

    *least = *most = 1;
    if (s.len != 0 && s.ptr[0] == '?') {
        *least = 0;
        i = 1;
    } else if (s.len != 0 && s.ptr[0] == '{') {
        if ((n = number(str_skip(s, 1), least)) == 0)
            return false;
        i = 1 + n;
        *most = *least;
        if (i < s.len && s.ptr[i] == ',') {
            if ((n = number(str_skip(s, i + 1), most)) == 0)
                return false;
            i += 1 + n;
        }
        if (i >= s.len || s.ptr[i++] != '}')
            return false;
    } else if (is_quantified(s)) {
        return false;
    }
    if (i != 0 && i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '?'))
        i++;
    *ret_len = i;
    return !is_quantified(str_skip(s, i));
}

/* Follow one candidate up to its keyword or digit. */
static bool run_follow(const struct rule *r, struct str s, struct run *run)
{
    struct guard digit = {{0}};
    uint32_t least = 0, most = 0, lo, hi;
    size_t n, len;

    guard_range(&digit, '0', '9');
    while (r->keyword_count == 0 || !has_keyword(r, s)) {
        struct guard one = {{0}};

        if ((n = run_item(s, &one)) == 0 ||
            !run_times(str_skip(s, n), &lo, &hi, &len))
            return false;
        if (r->keyword_count == 0 && lo > 0 && guard_within(&one, &digit))
            break;
        if ((most += hi) > RUN_MOST)
            return false;
        least += lo;
        run->of.bits[0] |= one.bits[0];
        run->of.bits[1] |= one.bits[1];
        s = str_skip(s, n + len);
    }
    run->most = most > run->most ? most : run->most;
    run->least = least < run->least ? least : run->least;
    return true;
}

/* Deal with one candidate, as reduce() does. */
static bool run_reduce(struct candidates *cs, const struct rule *r,
                       struct str s, struct run *run)
{
    bool split, ok = split_front(cs, &s, &split);

    if (!ok || split)
        return ok;
    return run_follow(r, s, run);
}

/* No option is set anywhere: bytes are what they look like. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i + 2 < s.len; i++)
        if (s.ptr[i] == '(' && s.ptr[i + 1] == '?' &&
            (s.ptr[i + 2] == 0 || strchr(":=!<", s.ptr[i + 2]) == NULL))
            return false;
    return str_find(s, STR("\\Q")) == s.len && str_find(s, STR("(*")) == s.len;
}

/* The run itself: RUN_NONE of a rule that begins with what it is tried at. */
static struct run run_before(const struct rule *r)
{
    struct run run = {.least = RUN_MOST};
    struct candidates cs;

    cs.count = 0;
    if (r->keyword_first || token_first(r) || r->match.len == 0 ||
        !is_plain(r->match) || (r->keyword_count == 0 && r->digits == 0) ||
        !push(&cs, r->match, (struct str){0}))
        return (struct run){0};
    for (int round = 0; cs.count != 0; round++) {
        char text[CANDIDATE];
        struct str s = {text, cs.list[--cs.count].len};

        memcpy(text, cs.list[cs.count].text, s.len);
        if (round == ROUNDS || !run_reduce(&cs, r, s, &run))
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
    size_t n = run_item(s, &first),
           m = n == 0 ? 0 : run_item(str_skip(s, n), g);

    guard_range(&digits, '0', '9');
    return m != 0 && n + m == s.len && guard_within(&digits, &first) &&
           guard_within(&first, &digits);
}

/* The same as guard_front, of two bytes. */
static struct guard guard_digits(struct str s)
{
    struct guard all = {{0}};
    size_t n;

    if (bar_at(s) != s.len)
        return all;
    for (; (n = zero_width(s)) != 0; s = str_skip(s, n)) {
        struct guard one = {{0}};

        if (!str_starts(s, STR("(?<!")) || n < 5 ||
            is_quantified(str_skip(s, n)) ||
            !guard_digit(&one, str_head(str_skip(s, 4), n - 5)))
            continue;
        all.bits[0] |= one.bits[0];
        all.bits[1] |= one.bits[1];
    }
    return all;
}

struct run run_read(const struct rule *r)
{
    struct run run = run_before(r);

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
