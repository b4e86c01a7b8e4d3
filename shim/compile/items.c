#include "compile/items.h"

/* Groups in groups that are looked into; what is deeper is taken as it is. */
#define DEEPEST 32u

/* One character, class, escape or group, and how often it may stand there. */
struct item {
    struct str whole;  /* with its quantifier */
    struct str atom;   /* without */
    struct str inside; /* of a group that takes text: its alternatives */
    bool none;         /* takes no text: \b, $, (?=...), (?i) */
    bool no_end;       /* such a one that the end of a text fulfils */
    bool least_none;   /* may be left out */
    bool endless;      /* has no bound */
    bool sure;         /* gives nothing back: a+ possessively, (?>...) */
};

/* --- Into items. */

/* The bytes of a class at the front of s; a ] at its front is one of it. */
static size_t class_len(struct str s)
{
    size_t i = 1;

    i += i < s.len && s.ptr[i] == '^';
    i += i < s.len && s.ptr[i] == ']';
    for (; i < s.len && s.ptr[i] != ']'; i++) {
        if (s.ptr[i] == '\\') {
            i++;
        } else if (s.ptr[i] == '[' && i + 1 < s.len && s.ptr[i + 1] == ':') {
            struct str end = str_skip(s, i);
            size_t n = str_find(end, STR(":]"));

            i += n < end.len ? n + 1 : 0;
        }
    }
    return i < s.len ? i + 1 : s.len;
}

/* Of an escape at the front of s: \x{...}, \p{L} and their like too. */
static size_t escape_len(struct str s)
{
    if (s.len > 3 && s.ptr[2] == '{' &&
        str_find_byte(STR("xopPgkN"), s.ptr[1]) < 7)
        return str_find_byte(s, '}') + 1;
    return s.len < 2 ? s.len : 2;
}

static size_t group_len(struct str s)
{
    size_t depth = 0, i = 0;

    while (i < s.len) {
        struct str at = str_skip(s, i);

        i += at.ptr[0] == '\\'  ? escape_len(at)
             : at.ptr[0] == '[' ? class_len(at)
                                : 1;
        depth += at.ptr[0] == '(';
        if (at.ptr[0] == ')' && --depth == 0)
            return i;
    }
    return s.len;
}

static size_t atom_len(struct str s)
{
    size_t n = 1;

    switch (s.ptr[0]) {
    case '\\':
        return escape_len(s);
    case '[':
        return class_len(s);
    case '(':
        return group_len(s);
    default:
        break;
    }
    while ((unsigned char)s.ptr[0] >= 0xc0 && n < s.len &&
           ((unsigned char)s.ptr[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* The next alternative of *rest, which moves behind it; as str_split does. */
static struct str next_alternative(struct str *rest)
{
    struct str s = *rest;
    size_t i = 0;

    while (i < s.len && s.ptr[i] != '|')
        i += atom_len(str_skip(s, i));
    i = i < s.len ? i : s.len;
    *rest = i == s.len ? (struct str){NULL, 0} : str_skip(s, i + 1);
    return str_head(s, i);
}

/* {n}, {n,} and {n,m}: its length, 0 if it is no quantifier. */
static size_t braces(struct str s, struct item *it)
{
    size_t i = 1, most;

    while (i < s.len && is_digit(s.ptr[i]))
        i++;
    if (i == 1 || i == s.len)
        return 0;
    it->least_none = str_eq(str_head(str_skip(s, 1), i - 1), STR("0"));
    most = i;
    if (s.ptr[i] == ',')
        for (most = ++i; i < s.len && is_digit(s.ptr[i]);)
            i++;
    if (i == s.len || s.ptr[i] != '}')
        return 0;
    it->endless = s.ptr[i - 1] == ',' && most == i;
    return i + 1;
}

static size_t quantifier(struct str s, struct item *it)
{
    size_t n = 0;

    if (s.len == 0)
        return 0;
    if (s.ptr[0] == '*' || s.ptr[0] == '+' || s.ptr[0] == '?') {
        it->least_none = s.ptr[0] != '+';
        it->endless = s.ptr[0] != '?';
        n = 1;
    } else if (s.ptr[0] == '{') {
        struct item one = {0};

        n = braces(s, &one);
        it->least_none = n != 0 && one.least_none;
        it->endless = n != 0 && one.endless;
    }
    if (n == 0 || n == s.len || (s.ptr[n] != '+' && s.ptr[n] != '?'))
        return n;
    it->sure = s.ptr[n] == '+';
    return n + 1;
}

/* What is between the parentheses of a group that takes text, without the signs
 * at its front; NULL if it takes none. */
static struct str group_inside(struct str s, bool *ret_sure)
{
    struct str in = str_skip(str_head(s, s.len - 1), 1);
    size_t n = 0;

    *ret_sure = false;
    if (str_starts(in, STR("?>")) || str_starts(in, STR("?|"))) {
        *ret_sure = in.ptr[1] == '>';
        return str_skip(in, 2);
    }
    if (str_starts(in, STR("?P<")) || str_starts(in, STR("?'")) ||
        (str_starts(in, STR("?<")) && in.len > 2 && in.ptr[2] != '=' &&
         in.ptr[2] != '!')) {
        n = str_find_byte(str_skip(in, 3), in.ptr[1] == '\'' ? '\'' : '>');
        return str_skip(in, n + 4);
    }
    if (!str_starts(in, STR("?")))
        return str_starts(in, STR("*")) ? (struct str){NULL, 0} : in;
    for (n = 1; n < in.len &&
                (in.ptr[n] == '-' || in.ptr[n] == '^' ||
                 (to_lower(in.ptr[n]) >= 'a' && to_lower(in.ptr[n]) <= 'z'));)
        n++; /* the options of (?i:...) */
    return n < in.len && in.ptr[n] == ':' ? str_skip(in, n + 1)
                                          : (struct str){NULL, 0};
}

static bool can_be_empty(struct str pattern, unsigned depth);

/* May the end of a text stand where this is, which takes no text? */
static bool fits_end(struct str atom)
{
    if (str_starts(atom, STR("(?=")))
        return can_be_empty(str_skip(str_head(atom, atom.len - 1), 3), 0);
    return !str_starts(atom, STR("\\B")) && !str_starts(atom, STR("^")) &&
           !str_starts(atom, STR("\\A")) && !str_starts(atom, STR("\\G"));
}

/* The item at the front of *rest, which moves behind it; false: none. */
static bool next_item(struct str *rest, struct item *ret_item)
{
    static const struct str none[] = {
        STR_INIT("$"),   STR_INIT("^"),   STR_INIT("\\b"),
        STR_INIT("\\B"), STR_INIT("\\A"), STR_INIT("\\z"),
        STR_INIT("\\Z"), STR_INIT("\\G"), STR_INIT("\\K")};
    struct item it = {0};
    struct str s = *rest;
    bool sure = false;

    if (s.len == 0)
        return false;
    it.atom = str_head(s, atom_len(s));
    if (it.atom.ptr[0] == '(' && it.atom.len > 1) {
        it.inside = group_inside(it.atom, &sure);
        it.none = it.inside.ptr == NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        it.none |= str_eq(it.atom, none[i]);
    it.no_end = it.none && fits_end(it.atom);
    s = str_skip(s, it.atom.len);
    s = str_skip(s, quantifier(s, &it));
    it.sure |= sure;
    it.whole = str_head(*rest, rest->len - s.len);
    *rest = s;
    *ret_item = it;
    return true;
}

/* --- What items take. */

/* May an item be left out, or take nothing? */
static bool can_miss(const struct item *it, unsigned depth)
{
    return it->no_end || it->least_none ||
           (it->inside.ptr != NULL && depth < DEEPEST &&
            can_be_empty(it->inside, depth + 1));
}

static bool row_can_be_empty(struct str row, unsigned depth)
{
    struct item it;

    while (next_item(&row, &it))
        if (!can_miss(&it, depth))
            return false;
    return true;
}

static bool can_be_empty(struct str pattern, unsigned depth)
{
    struct str rest = pattern.ptr == NULL ? STR("") : pattern;

    while (rest.ptr != NULL)
        if (row_can_be_empty(next_alternative(&rest), depth))
            return true;
    return false;
}

/* Does a negated class leave out blanks, and something besides? What it takes
 * ends with a word then, or before, as a URL does. */
static bool ends_soon(struct str class)
{
    return class.len > 5 && str_find(class, STR("\\s")) != class.len;
}

/* Is one character of nearly all kinds an atom? */
static bool is_wide(struct str atom)
{
    static const struct str wide[] = {
        STR_INIT("."),        STR_INIT("\\S"),      STR_INIT("\\D"),
        STR_INIT("\\W"),      STR_INIT("\\N"),      STR_INIT("\\X"),
        STR_INIT("\\C"),      STR_INIT("\\V"),      STR_INIT("\\H"),
        STR_INIT("[\\s\\S]"), STR_INIT("[\\S\\s]"), STR_INIT("[\\d\\D]"),
        STR_INIT("[\\D\\d]"), STR_INIT("[\\w\\W]"), STR_INIT("[\\W\\w]")};

    for (size_t i = 0; i < ARRAY_LEN(wide); i++)
        if (str_eq(atom, wide[i]))
            return true;
    return str_starts(atom, STR("[^")) && !ends_soon(atom);
}

/* Does an item take any character, each time anew? A group does if one of its
 * alternatives need have nothing but one. */
static bool takes_any(const struct item *it, unsigned depth)
{
    struct str rest = it->inside;

    if (is_wide(it->atom))
        return true;
    while (rest.ptr != NULL && depth < DEEPEST) {
        struct str row = next_alternative(&rest);
        struct item in;
        bool any = false, more = false;

        while (next_item(&row, &in)) {
            bool one = takes_any(&in, depth + 1);

            any |= one;
            more |= !one && !can_miss(&in, depth + 1);
        }
        if (any && !more)
            return true;
    }
    return false;
}

static struct str tail_of(struct str pattern, unsigned depth)
{
    struct str rest = pattern;

    while (rest.ptr != NULL && depth < DEEPEST) {
        struct str row = next_alternative(&rest), tail = STR("");
        struct item it;

        while (next_item(&row, &it)) {
            struct str here = it.endless && takes_any(&it, depth) ? it.whole
                              : it.inside.ptr != NULL
                                  ? tail_of(it.inside, depth + 1)
                                  : STR("");

            if (here.len != 0)
                tail = here;
            else if (!can_miss(&it, depth))
                tail = STR("");
        }
        if (tail.len != 0)
            return tail;
    }
    return STR("");
}

struct str items_open_tail(struct str pattern)
{
    return tail_of(pattern, 0);
}

/* --- Repeats of repeats. */

/* Need a turn of a group have nothing but an item without a bound? */
static bool turns_run_on(struct str inside, unsigned depth)
{
    struct str rest = inside;

    while (rest.ptr != NULL && depth < DEEPEST) {
        struct str row = next_alternative(&rest);
        struct item it;
        bool run = false, more = false;

        while (next_item(&row, &it)) {
            bool here = !it.sure &&
                        (it.endless || (it.inside.ptr != NULL &&
                                        turns_run_on(it.inside, depth + 1)));

            run |= here;
            more |= !here && !can_miss(&it, depth);
        }
        if (run && !more)
            return true;
    }
    return false;
}

static struct str blow_up(struct str pattern, unsigned depth)
{
    struct str rest = pattern;

    while (rest.ptr != NULL && depth < DEEPEST) {
        struct str row = next_alternative(&rest), in;
        struct item it;

        while (next_item(&row, &it)) {
            if (it.inside.ptr == NULL)
                continue;
            if (it.endless && !it.sure && turns_run_on(it.inside, depth))
                return it.whole;
            if ((in = blow_up(it.inside, depth + 1)).len != 0)
                return in;
        }
    }
    return STR("");
}

struct str items_blow_up(struct str pattern)
{
    return blow_up(pattern, 0);
}

/* --- Rows of letters. */

static bool is_of(struct str set, char c)
{
    return str_find_byte(set, c) < set.len;
}

/* Does a class name letters or digits, as far as its text shows? */
static bool names_letters(struct str class)
{
    for (size_t i = 1; i < class.len; i++) {
        struct str at = str_skip(class, i);

        if (str_starts(at, STR("[:"))) { /* of these, not [:punct:] and such */
            if (at.len > 2 && is_of(STR("adgluwx"), at.ptr[2]))
                return true;
            i += str_find(at, STR(":]"));
        } else if (at.ptr[0] == '\\') {
            if (at.len > 1 && is_of(STR("wdSDNpHV"), at.ptr[1]))
                return true;
            i += escape_len(at) - 1;
        } else if (is_alnum(at.ptr[0])) {
            return true;
        }
    }
    return false;
}

static bool takes_letters(struct str atom)
{
    if (atom.ptr[0] == '[')
        return names_letters(atom) != str_starts(atom, STR("[^"));
    if (atom.ptr[0] == '\\')
        return atom.len > 1 && is_of(STR("wdSDNXCpHV"), atom.ptr[1]);
    return atom.ptr[0] == '.';
}

struct str items_run(struct str *rest)
{
    while (rest->len > 0) {
        struct str often;
        struct item it;

        if (rest->ptr[0] == '(') {
            *rest = str_skip(*rest, 1);
            continue;
        }
        if (!next_item(rest, &it))
            break;
        often = str_skip(it.whole, it.atom.len);
        if (takes_letters(it.atom) && (it.endless || is_of(often, ',')))
            return it.whole;
    }
    return STR("");
}
