#include "detect/seams.h"

#include "base/wide.h"
#include "detect/seam_masks.h"

/*
 * Each kind reads on from its first byte as far as it may be a seam. A text
 * that goes on may end within; then nothing is said yet, which is no more than
 * SEAM_MOST bytes behind the first.
 */

/* A letter or digit, or a byte of any character that is not ASCII. */
static bool is_word(char c)
{
    return is_alnum(c) || (c & 0x80) != 0;
}

static bool is_letter_byte(char c)
{
    return is_alpha(c) || (c & 0x80) != 0;
}

static bool ends_line(char c)
{
    return c == '\n' || c == '\r' || c == '\t';
}

static bool word_before(struct str text, size_t at)
{
    return at > 0 && is_word(text.ptr[at - 1]);
}

static const struct seam none = {0, false};
static const struct seam cut = {0, true};

/* --- Tags. */

/* Elements that begin a line or a cell of their own (HTML 15.3.3), by their
 * first letter. */
#define BLOCKS_MOST 10
static const struct str blocks[26][BLOCKS_MOST] = {
    ['a' - 'a'] = {STR_INIT("address"), STR_INIT("article"), STR_INIT("aside")},
    ['b' - 'a'] = {STR_INIT("blockquote"), STR_INIT("body"), STR_INIT("br")},
    ['c' - 'a'] = {STR_INIT("caption")},
    ['d' - 'a'] = {STR_INIT("dd"), STR_INIT("details"), STR_INIT("dialog"),
                   STR_INIT("div"), STR_INIT("dl"), STR_INIT("dt")},
    ['f' - 'a'] = {STR_INIT("fieldset"), STR_INIT("figcaption"),
                   STR_INIT("figure"), STR_INIT("footer"), STR_INIT("form")},
    ['h' - 'a'] = {STR_INIT("h1"), STR_INIT("h2"), STR_INIT("h3"),
                   STR_INIT("h4"), STR_INIT("h5"), STR_INIT("h6"),
                   STR_INIT("head"), STR_INIT("header"), STR_INIT("hr"),
                   STR_INIT("html")},
    ['l' - 'a'] = {STR_INIT("legend"), STR_INIT("li")},
    ['m' - 'a'] = {STR_INIT("main")},
    ['n' - 'a'] = {STR_INIT("nav")},
    ['o' - 'a'] = {STR_INIT("ol"), STR_INIT("optgroup"), STR_INIT("option")},
    ['p' - 'a'] = {STR_INIT("p"), STR_INIT("pre")},
    ['s' - 'a'] = {STR_INIT("script"), STR_INIT("section"), STR_INIT("select"),
                   STR_INIT("style"), STR_INIT("summary")},
    ['t' - 'a'] = {STR_INIT("table"), STR_INIT("tbody"), STR_INIT("td"),
                   STR_INIT("textarea"), STR_INIT("tfoot"), STR_INIT("th"),
                   STR_INIT("thead"), STR_INIT("title"), STR_INIT("tr")},
    ['u' - 'a'] = {STR_INIT("ul")},
};

static bool is_block(struct str name)
{
    const struct str *of = blocks[to_lower(name.ptr[0]) - 'a'];

    for (size_t i = 0; i < BLOCKS_MOST && of[i].len != 0; i++)
        if (name.len == of[i].len && str_eq_nocase(name, of[i]))
            return true;
    return false;
}

/* A comment at the front of s, with its end. It ends at a <, as a tag does:
 * none is read over what the next is read over. */
static struct seam comment(struct str s, bool open)
{
    static const struct str begin = STR_INIT("<!--");
    struct str in = str_skip(s, begin.len);
    size_t end;

    if (!str_starts(s, begin))
        return open && str_starts(begin, s) ? cut : none;
    in = str_head(in, str_find_byte(in, '<'));
    end = str_find(in, STR("-->"));
    if (end < in.len)
        return (struct seam){begin.len + end + 3, false};
    return open && begin.len + in.len == s.len ? cut : none;
}

/* Of a tag, outside of quotes: its end, what begins a quoted value, and what no
 * attribute has, but an expression of code, or the next tag. */
static bool is_tag_sign(char c)
{
    return c == '"' || c == '<' || c == '>' || (c >= '&' && c <= ')') ||
           c == ';' || (c >= '{' && c <= '}');
}

static unsigned tag_signs(wide v)
{
    return wide_mask((wide)((v == '"') | ((wide)(v - '&') < 4) |
                            ((wide)(v - ';') < 2) | (v == '>') |
                            ((wide)(v - '{') < 3)));
}

/* The first of those from `at` on; and, in a value, where that may end. */
static size_t tag_sign(struct str s, size_t at)
{
    for (; s.len - at >= WIDE; at += WIDE) {
        unsigned signs = tag_signs(wide_at(s.ptr + at));

        if (signs != 0)
            return at + (size_t)__builtin_ctz(signs);
    }
    while (at < s.len && !is_tag_sign(s.ptr[at]))
        at++;
    return at;
}

static size_t value_end(struct str s, size_t at, char quote)
{
    for (; s.len - at >= WIDE; at += WIDE) {
        wide v = wide_at(s.ptr + at);
        unsigned ends =
            wide_mask((wide)((v == (unsigned char)quote) | (v == '<')));

        if (ends != 0)
            return at + (size_t)__builtin_ctz(ends);
    }
    while (at < s.len && s.ptr[at] != quote && s.ptr[at] != '<')
        at++;
    return at;
}

/* Where a tag whose name ends at `at` ends. */
static struct seam tag_end(struct str s, size_t at, bool open)
{
    while ((at = tag_sign(s, at)) < s.len) {
        char c = s.ptr[at];

        if (c == '>')
            return (struct seam){at + 1, false};
        if (c != '"' && c != '\'')
            return none;
        at = value_end(s, at + 1, c);
        if (at < s.len && s.ptr[at] == '<')
            return none;
        at += at < s.len;
    }
    return open ? cut : none;
}

/* One tag or comment that stands within a line; s is as long as a seam may be,
 * or ends where more is to come. *closing: an end of something. */
static struct seam tag(struct str s, bool open, bool *closing)
{
    size_t at = 1, from;

    if (s.len < 3)
        return open ? cut : none;
    *closing = s.ptr[1] == '/' || s.ptr[1] == '!';
    if (s.ptr[1] == '!')
        return comment(s, open);
    from = at += *closing;
    if (!is_alpha(s.ptr[at]))
        return none;
    while (at < s.len && is_alnum(s.ptr[at]))
        at++;
    if (at == s.len)
        return open ? cut : none;
    if ((!is_white(s.ptr[at]) && s.ptr[at] != '/' && s.ptr[at] != '>') ||
        is_block((struct str){s.ptr + from, at - from}))
        return none;
    return tag_end(s, at, open);
}

/* A word that a tag may be in, or that goes on behind it in the next line: what
 * is written \n ends in a letter before it is read. */
static bool tag_behind_word(struct str text, size_t at)
{
    for (size_t n = 0; n < 2 && at > 0 && ends_line(text.ptr[at - 1]); n++)
        at--;
    return word_before(text, at);
}

/* Tags and comments in a row. */
static struct seam tags(struct str text, size_t at, bool near, bool last)
{
    struct str s = str_head(str_skip(text, at), SEAM_MOST);
    bool open = !last && s.len < SEAM_MOST, ends = false, closing;
    size_t len = 0;

    if (!near && !tag_behind_word(text, at))
        return none;
    while (len < s.len && s.ptr[len] == '<') {
        struct seam one = tag(str_skip(s, len), open, &closing);

        if (one.cut)
            return cut;
        if (one.len == 0)
            break;
        ends = ends || closing;
        len += one.len;
        if (near)
            break;
    }
    if (near || len == 0)
        return (struct seam){len, false};
    if (len == s.len)
        return open ? cut : ends ? (struct seam){len, false} : none;
    return ends || is_word(s.ptr[len]) ? (struct seam){len, false} : none;
}

/* --- Emphasis. */

/* Do letters stand on both sides of a mark of n bytes, and on one side two?
 * Else it is a power or a product: 2**31, x**y. *ret_cut: what follows tells.
 */
static bool within_word(struct str text, size_t at, size_t n, bool *ret_cut)
{
    struct str behind = str_skip(text, at + n);
    bool two = at > 1 && is_letter_byte(text.ptr[at - 2]);

    *ret_cut = !two && behind.len == 1;
    return at > 0 && is_letter_byte(text.ptr[at - 1]) && behind.len > 0 &&
           is_letter_byte(behind.ptr[0]) &&
           (two || (behind.len > 1 && is_letter_byte(behind.ptr[1])));
}

static struct seam marks(struct str text, size_t at, bool near, bool last)
{
    char c = text.ptr[at];
    struct str s = str_skip(text, at);
    size_t n = 1, most = c == '*' ? 3 : 2;
    bool before = word_before(text, at), behind, open = false;

    while (n < s.len && n <= most && s.ptr[n] == c)
        n++;
    if (n > most || (at > 0 && text.ptr[at - 1] == c) || (!near && !before))
        return none;
    if (n == s.len && !last)
        return cut;
    behind = n < s.len && is_word(s.ptr[n]);
    if (near ? !before && !behind : !within_word(text, at, n, &open))
        return open && !last ? cut : none;
    if (c == '_' && (!near || (n == 1 && before == behind)))
        return none; /* of a name */
    return (struct seam){n, false};
}

/* --- Strings. */

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

static size_t blanks(struct str s)
{
    size_t n = 0;

    while (n < s.len && is_white(s.ptr[n]))
        n++;
    return n;
}

/* What puts two strings together; nothing does, too. */
static size_t joiner(struct str s)
{
    switch (s.len > 0 ? s.ptr[0] : 0) {
    case '+':
    case '.':
    case '&':
        return 1;
    case '|':
    case '<':
        return s.len > 1 && s.ptr[1] == s.ptr[0] ? 2 : 0;
    default:
        return 0;
    }
}

/* May the string that ends before `at` end in a piece of a text? What an escape
 * stands for is none of its letters. Of a sum, a blank or a sign may be. */
static bool piece_before(struct str text, size_t at, bool plus)
{
    if (word_before(text, at))
        return at < 2 || text.ptr[at - 2] != '\\';
    return at > 0 && memchr(plus ? "_- /:" : "_-", text.ptr[at - 1],
                            plus ? 5 : 2) != NULL;
}

/* 'a' + 'b' is a sum, if nothing more is put behind it. */
static struct seam letters(struct str text, size_t at, struct str s, size_t n,
                           bool open)
{
    size_t end = n + 3;

    if (at < 2 || text.ptr[at - 2] != '\'' || s.ptr[0] != '\'')
        return (struct seam){n + 1, false};
    if (end >= s.len)
        return open ? cut : none;
    if (s.ptr[n + 2] != '\'')
        return (struct seam){n + 1, false};
    end += blanks(str_skip(s, end));
    if (end + 1 >= s.len && open)
        return cut;
    return joiner(str_skip(s, end)) != 0 ? (struct seam){n + 1, false} : none;
}

static struct seam strings(struct str text, size_t at, bool near, bool last)
{
    struct str s = str_head(str_skip(text, at), SEAM_MOST);
    bool open = !last && s.len < SEAM_MOST, plus, tight;
    size_t n = 1, op, gap;

    n += gap = blanks(str_skip(s, n));
    if (n + 1 >= s.len && open)
        return cut;
    op = joiner(str_skip(s, n));
    plus = op != 0 && s.ptr[n] == '+';
    tight = plus || (op != 0 && s.ptr[n] == '.') || (op == 0 && gap == 0);
    if (!piece_before(text, at, plus) || (!near && !tight))
        return none;
    if (op != 0)
        n += op + blanks(str_skip(s, n + op));
    if (n + 1 >= s.len)
        return open ? cut : none;
    if (!is_quote(s.ptr[n]) || (op == 0 && gap == 0 && s.ptr[n] != s.ptr[0]))
        return none;
    if (!is_word(s.ptr[n + 1]) && (!near || s.ptr[n + 1] != ' '))
        return none;
    return plus ? letters(text, at, s, n, open) : (struct seam){n + 1, false};
}

/* --- Lines. */

static struct seam hyphen(struct str text, size_t at, bool last)
{
    struct str s = str_head(str_skip(text, at), SEAM_MOST);
    size_t n = 1;

    if (at == 0 || !is_alpha(text.ptr[at - 1]))
        return none;
    n += n < s.len && s.ptr[n] == '\r';
    if (n >= s.len)
        return last ? none : cut;
    if (s.ptr[n] != '\n')
        return none;
    n++;
    while (n < s.len && (s.ptr[n] == ' ' || s.ptr[n] == '\t'))
        n++;
    if (n == s.len)
        return last || n == SEAM_MOST ? none : cut;
    return s.ptr[n] >= 'a' && s.ptr[n] <= 'z' ? (struct seam){n, false} : none;
}

struct seam seam_at(struct str text, size_t at, bool near, bool last)
{
    switch (text.ptr[at]) {
    case '<':
        return tags(text, at, near, last);
    case '*':
    case '_':
        return marks(text, at, near, last);
    case '"':
    case '\'':
    case '`':
        return strings(text, at, near, last);
    case '-':
        return hyphen(text, at, last);
    default:
        return none;
    }
}

/* Of two strings it begins at the end of the first. */
size_t seam_start(struct str text, size_t at)
{
    char second = at + 1 < text.len ? text.ptr[at + 1] : 0;
    size_t end = second == '.' ? at + 1 : at, from = end;

    if (second == '<' || second == '*')
        return at + 1;
    if (text.ptr[at] != '+' && second != '.')
        return at;
    while (from > 0 && end - from < SEAM_MOST && is_white(text.ptr[from - 1]))
        from--;
    return from > 0 ? from - 1 : at;
}

#define STEP 64u

/* The two bytes, by the first of them, of STEP bytes; one more is behind. */
static uint64_t masks_of(const char *p)
{
#if CPU_AVX2
    if (cpu_avx512())
        return seams_512(p);
#endif
    return seams_look(p);
}

static uint64_t nears_of(const char *p)
{
#if CPU_AVX2
    if (cpu_avx512())
        return nears_512(p);
#endif
    return nears_look(p);
}

/* STEP bytes from `at` on with those on both sides, of which the text may not
 * have all. */
static const char *step_at(struct str text, size_t at, char rest[STEP + 2])
{
    size_t from = at == 0 ? 0 : at - 1, n = text.len - from;

    if (at > 0 && text.len - at > STEP)
        return text.ptr + at;
    n = n < STEP + 2 ? n : STEP + 2;
    memset(rest, ' ', STEP + 2);
    memcpy(rest + (at == 0), text.ptr + from, n - (at == 0 && n == STEP + 2));
    return rest + 1;
}

/* The length of the one near another at `at`: most are a mark by itself. */
static inline size_t near_len(struct str text, size_t at)
{
    char c = text.ptr[at];

    if ((c == '*' || c == '_') && at > 0 && at + 1 < text.len &&
        text.ptr[at - 1] != c && text.ptr[at + 1] != c) {
        bool before = is_word(text.ptr[at - 1]);
        bool behind = is_word(text.ptr[at + 1]);

        return c == '*' ? before | behind : before ^ behind;
    }
    return seam_at(text, at, true, true).len;
}

/* Those of the step that `at` is in; *step keeps them. */
static inline uint64_t step_nears(struct seam_step *step, struct str text,
                                  size_t at)
{
    size_t from = at - at % STEP;
    char rest[STEP + 2];

    if (!step->known || step->at != from)
        *step =
            (struct seam_step){from, nears_of(step_at(text, from, rest)), true};
    return step->mask & UINT64_MAX << (at - from);
}

size_t seam_near(struct seam_step *step, struct str text, size_t from,
                 size_t to, size_t *ret_len)
{
    for (size_t at = from; at < to; at += STEP - at % STEP)
        for (uint64_t m = step_nears(step, text, at); m != 0; m &= m - 1) {
            size_t here = step->at + (size_t)__builtin_ctzll(m);

            if (here >= to)
                return to;
            *ret_len = near_len(text, here);
            if (*ret_len != 0)
                return here;
        }
    return to;
}

size_t seam_next(struct str text, size_t from)
{
    for (size_t at = from == 0 ? 0 : from - 1; at < text.len; at += STEP) {
        const char *p = text.ptr + at;
        char rest[STEP + 1];

        if (text.len - at <= STEP) {
            memset(rest, ' ', sizeof(rest));
            p = memcpy(rest, p, text.len - at);
        }
        for (uint64_t m = masks_of(p); m != 0; m &= m - 1) {
            size_t start = seam_start(text, at + (size_t)__builtin_ctzll(m));

            if (start >= from && start < text.len &&
                seam_begins(text.ptr[start]))
                return start;
        }
    }
    return text.len;
}
