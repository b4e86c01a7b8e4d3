#include "detect/link.h"

#include "detect/decode.h"
#include "detect/link_use.h"

/*
 * Where URLs begin is told by their scheme, or, where they have none, by what
 * stands before two slashes: WHATWG URL takes '\' for '/' and any number of
 * them behind "https:". What a URL is for is told by the bytes before it. Where
 * they tell that it is one, its head may be written with entities (CommonMark
 * 0.31.2, 2.5; HTML), and tabs and line ends in it are not there (WHATWG URL,
 * 4.4).
 */

/* A bracket, quote or equals sign, and two slashes of either kind. */
#define OPENERS(c)                                                             \
    STR_INIT(c "//"), STR_INIT(c "/\\"), STR_INIT(c "\\/"), STR_INIT(c "\\\\")
/*
 * The entities that a head can have first: a number, "&Tab;" and "&NewLine;".
 * Behind a whole scheme "&colon;" too; in place of one "&sol;" and "&bsol;".
 */
#define CODED(c)  STR_INIT(c "&#"), STR_INIT(c "&t"), STR_INIT(c "&n")
#define SCHEME(c) CODED(c), STR_INIT(c "&c")
#define CODERS(c) CODED(c), STR_INIT(c "&s"), STR_INIT(c "&b")

static const struct str begins[] = {
    STR_INIT("http:"), STR_INIT("https:"), STR_INIT("ftp:"), CODED("h"),
    CODED("ht"),       CODED("htt"),       CODED("f"),       CODED("ft"),
    SCHEME("http"),    SCHEME("https"),    SCHEME("ftp"),    OPENERS("("),
    OPENERS("\""),     OPENERS("'"),       OPENERS("="),     OPENERS("<"),
    CODERS("("),       CODERS("\""),       CODERS("'"),      CODERS("="),
    CODERS(" "),
};

#define PLAIN   3                       /* of them: whole schemes */
#define SCHEMES (PLAIN + 5 * 3 + 3 * 4) /* and schemes in entities */

size_t link_begins(const struct str **ret_list)
{
    *ret_list = begins;
    return ARRAY_LEN(begins);
}

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* --- Its end and its parts. */

/*
 * Does this byte end the URL? Within quotes only they do, for what is loaded
 * leaves out line ends (WHATWG URL, 4.4). A bracket ends a bare one: it may be
 * the image that a renderer sees there.
 */
static bool ends_url(const struct use *u, char c, size_t *depth)
{
    if (u->told && u->quote != 0)
        return c == u->quote || c == '<' || c == '>' ||
               (u->spaced && (unsigned char)c <= ' ');
    if ((unsigned char)c <= ' ' || c == 0x7f || strchr("<>\"`", c) != NULL ||
        (u->ends != NULL && strchr(u->ends, c) != NULL) ||
        (!u->told && (c == '[' || c == ']')))
        return true;
    *depth += c == '(';
    return c == ')' && (*depth)-- == 0;
}

/* Behind a bare URL stands what ends the sentence. */
static size_t without_marks(struct str text, size_t start, size_t end)
{
    while (end > start && strchr(".,;:!?*_'", text.ptr[end - 1]) != NULL)
        end--;
    return end;
}

/* Without name and password before it, and port behind it. */
static struct str host_of(struct str authority)
{
    size_t i;

    for (i = authority.len; i > 0 && authority.ptr[i - 1] != '@';)
        i--;
    authority = str_skip(authority, i);
    for (i = authority.len; i > 0 && is_digit(authority.ptr[i - 1]);)
        i--;
    return i > 0 && authority.ptr[i - 1] == ':' ? str_head(authority, i - 1)
                                                : authority;
}

/* --- Its head. */

#define HEAD_MOST 128 /* bytes of it, with entities */

/* The next character of a URL; 0 at the end of the text. */
static char head_char(struct str text, size_t *at)
{
    while (*at < text.len) {
        char c = text.ptr[*at];
        uint32_t cp = (unsigned char)c;
        size_t len = c == '&' ? entity_char(str_skip(text, *at), &cp) : 1;

        *at += len == 0 ? 1 : len;
        if (cp != '\t' && cp != '\n' && cp != '\r')
            return cp < 0x80 ? (char)cp : '?';
    }
    return 0;
}

/* What the head at `at` is: a scheme and any number of slashes, or two slashes.
 * *ret_name is behind them; false if it is none. */
static bool head_at(struct str text, size_t at, size_t *ret_name)
{
    static const struct str schemes[] = {STR_INIT("http"), STR_INIT("https"),
                                         STR_INIT("ftp")};
    char word[6];
    struct str scheme = {word, 0};
    size_t next = at, slashes = 0;
    bool known = false;
    char c;

    while (is_alpha(c = head_char(text, &next)) && scheme.len < sizeof(word))
        word[scheme.len++] = to_lower(c);
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        known |= str_eq(scheme, schemes[i]);
    if (scheme.len > 0 && (c != ':' || !known))
        return false;
    at = scheme.len > 0 ? next : at;
    for (next = at; is_slash(head_char(text, &next)); slashes++)
        at = next;
    *ret_name = at;
    return scheme.len > 0 || slashes >= 2;
}

/* --- The search. */

/* Does it begin with an entity, or have one in its scheme? */
static bool is_coded(size_t begin)
{
    return begin >= PLAIN && begins[begin].ptr[begins[begin].len - 2] == '&';
}

/* Which of `begins` stands there; their number if none. *ret_cut: the text ends
 * in one. */
static size_t begin_at(struct str text, size_t at, bool *ret_cut)
{
    struct str rest = str_skip(text, at);
    char before = at > 0 ? text.ptr[at - 1] : ' ';
    char first = to_lower(rest.ptr[0]);

    for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
        if (begins[i].ptr[0] != first || (i < SCHEMES && is_alnum(before)))
            continue;
        if (str_starts_nocase(rest, begins[i]))
            return i;
        *ret_cut |=
            rest.len < begins[i].len && str_starts_nocase(begins[i], rest);
    }
    return ARRAY_LEN(begins);
}

/* The first two bytes of all that may be one have a bit in common. */
enum {
    IN_H = 1,
    IN_F = 2,
    IN_OPEN = 4,
    IN_SPACE = 8
};

static const unsigned char firsts[256] = {
    ['h'] = IN_H,    ['H'] = IN_H,    ['f'] = IN_F,     ['F'] = IN_F,
    ['('] = IN_OPEN, ['"'] = IN_OPEN, ['\''] = IN_OPEN, ['='] = IN_OPEN,
    ['<'] = IN_OPEN, [' '] = IN_SPACE};
static const unsigned char seconds[256] = {['t'] = IN_H | IN_F,
                                           ['T'] = IN_H | IN_F,
                                           ['/'] = IN_OPEN,
                                           ['\\'] = IN_OPEN,
                                           ['&'] = IN_H | IN_F | IN_OPEN |
                                                   IN_SPACE};

/* The last byte may be the first of one that is cut off. */
static bool may_begin(struct str text, size_t at)
{
    unsigned char c = (unsigned char)text.ptr[at];

    return at + 1 == text.len
               ? firsts[c] != 0
               : (firsts[c] & seconds[(unsigned char)text.ptr[at + 1]]) != 0;
}

/*
 * A URL begins at *at: is it one, and where does it end? False: no, and *at is
 * where to look on, never again over the same bytes.
 */
static bool link_at(struct str text, size_t *at, size_t begin, bool open,
                    struct link *ret)
{
    size_t start = *at + (begin >= SCHEMES), name, end, path, depth = 0;
    size_t back = start < LINK_LOOK_BACK ? start : LINK_LOOK_BACK;
    bool cut = open && text.len - start < HEAD_MOST;
    struct str head = str_head(text, start + HEAD_MOST);
    struct use u;

    *ret = (struct link){.start = start, .cursor = *at};
    *at = start + (begin < SCHEMES ? begins[begin].len : 0);
    if (!cut && is_coded(begin) && !head_at(head, start, &name))
        return false; /* most of them, and what is before costs more */
    u = link_use((struct str){text.ptr + start - back, back});
    ret->kind = u.kind;
    name = *at;
    if (!u.told &&
        (begin >= PLAIN || (name < text.len && !is_slash(text.ptr[name]))))
        return false;
    if (u.told && cut)
        return true;
    if (u.told && !head_at(head, start, &name))
        return false;
    while (name < text.len && is_slash(text.ptr[name]))
        name++;
    for (path = name; path < text.len; path++)
        if (strchr("/\\?#", text.ptr[path]) != NULL ||
            ends_url(&u, text.ptr[path], &depth))
            break;
    if (path == text.len && open)
        return true;
    *at = path > *at ? path : *at;
    ret->host = host_of(str_head(str_skip(text, name), path - name));
    /* An escape of HTML, Markdown or CSS: the host may be another one. */
    ret->odd = (path < text.len && text.ptr[path] == '\\') ||
               memchr(text.ptr + name, '&', path - name) != NULL;
    if (ret->host.len == 0)
        return false;
    for (end = path; end < text.len && !ends_url(&u, text.ptr[end], &depth);)
        end++;
    if (end == text.len && open)
        return true;
    ret->cursor = end;
    ret->end = u.told ? end : without_marks(text, start, end);
    ret->rest =
        str_head(str_skip(text, path), ret->end > path ? ret->end - path : 0);
    ret->found = true;
    return true;
}

void link_find(struct str text, size_t from, bool open, struct link *ret)
{
    size_t at = from, tried = 0;

    while (at < text.len) {
        bool cut = false;
        size_t begin;

        if (!may_begin(text, at)) {
            at++;
            continue;
        }
        tried++;
        begin = begin_at(text, at, &cut);
        if (begin == ARRAY_LEN(begins)) {
            if (cut && open)
                break;
            at++;
        } else if (link_at(text, &at, begin, open, ret)) {
            ret->tried = tried;
            return;
        }
    }
    *ret = (struct link){.cursor = at, .tried = tried};
}

/* --- What it says. */

struct said {
    size_t len, upper, lower, digits, hex, spaces, joints, run, longest;
};

static void said_byte(struct said *s, unsigned char c)
{
    bool joint = c == '-' || c == '_' || c == '.' || c == ' ' || c == '+';
    bool mark = c < 0x80 && !is_alnum((char)c);

    s->len++;
    s->upper += c >= 'A' && c <= 'Z';
    s->lower += c >= 'a' && c <= 'z';
    s->digits += c >= '0' && c <= '9';
    s->hex += hex_value((char)c) >= 0;
    s->spaces += c == ' ' || c == '+' || c == '\n';
    s->joints += joint;
    s->run = mark ? 0 : s->run + 1;
    s->longest = s->run > s->longest ? s->run : s->longest;
}

#define HASH_MOST 64 /* hex digits of the longest name of a file  */
#define RUN_LEAST 20 /* letters and digits in a row               */
#define WORDS     4  /* that somebody put there                   */

/* Does hex stand for text? Of the first bytes. */
static bool hex_is_text(struct str s)
{
    size_t n = s.len / 2 < 16 ? s.len / 2 : 16, good = 0;

    for (size_t i = 0; i < n; i++) {
        int c = hex_value(s.ptr[2 * i]) << 4 | hex_value(s.ptr[2 * i + 1]);

        good += c == '\n' || (c >= ' ' && c < 0x7f);
    }
    return n >= 8 && good == n;
}

/* How much of one piece between the marks of a URL is data. */
static size_t said_data(const struct said *s, struct str raw, bool query)
{
    if (s->spaces + 1 >= WORDS || (query && s->joints + 1 > WORDS))
        return s->len;
    if (s->longest < RUN_LEAST)
        return 0;
    if (s->hex + s->joints == s->len)
        return (s->len > HASH_MOST || (s->joints == 0 && hex_is_text(raw))) &&
                       s->digits != s->len
                   ? s->len
                   : 0;
    if (s->digits > 0 && s->upper + s->lower > 0)
        return s->len;
    return s->longest >= 2 * RUN_LEAST ? s->len : 0;
}

/* One piece at the front of *rest, decoded; *rest moves behind it. */
static size_t piece_data(struct str *rest, const char *marks, bool *query)
{
    struct said s = {.len = 0};
    struct str raw = *rest;
    size_t i = 0;

    for (; i < raw.len && strchr(marks, raw.ptr[i]) == NULL; i++) {
        unsigned char c = (unsigned char)raw.ptr[i];

        if (c == '%' && i + 2 < raw.len && hex_value(raw.ptr[i + 1]) >= 0 &&
            hex_value(raw.ptr[i + 2]) >= 0) {
            c = (unsigned char)(hex_value(raw.ptr[i + 1]) << 4 |
                                hex_value(raw.ptr[i + 2]));
            i += 2;
        }
        said_byte(&s, c);
    }
    raw = str_head(raw, i);
    *rest = str_skip(*rest, i);
    i = said_data(&s, raw, *query);
    if (rest->len > 0) {
        /* Words of a fragment are the name of a heading. */
        *query = (*query || rest->ptr[0] == '?') && rest->ptr[0] != '#';
        *rest = str_skip(*rest, 1);
    }
    return i;
}

/* p1, p2, p3; a, b, c: does one follow the other? */
static bool counts_on(struct str before, struct str name)
{
    size_t n = name.len, from = n, old = 0, new = 0;

    while (from > 0 && n - from < 4 && is_digit(name.ptr[from - 1]))
        from--;
    if (from == n)
        return n == 1 && before.len == 1 && name.ptr[0] == before.ptr[0] + 1;
    if (before.len < from || before.len > n || before.len == from ||
        !str_starts(before, str_head(name, from)))
        return false;
    for (size_t i = from; i < n; i++)
        new = new * 10 + (size_t)(name.ptr[i] - '0');
    for (size_t i = from; i < before.len; i++) {
        if (!is_digit(before.ptr[i]))
            return false;
        old = old * 10 + (size_t)(before.ptr[i] - '0');
    }
    return new == old + 1;
}

#define COUNTED 5 /* parameters in a row that are one value in pieces */

/* What a query has in parameters that count on. */
static size_t counted_data(struct str query)
{
    struct str before = STR("");
    size_t most = 0, sum = 0, run = 0;

    query = str_head(query, str_find_byte(query, '#'));
    while (query.len > 0) {
        struct str one = str_split(&query, '&');
        size_t eq = str_find_byte(one, '=');
        struct str name = str_head(one, eq);
        bool on = run > 0 && counts_on(before, name);

        run = on ? run + 1 : 1;
        sum = (on ? sum : 0) + str_skip(one, eq + 1).len;
        most = run >= COUNTED && sum > most ? sum : most;
        before = name;
    }
    return most;
}

#define QUERY_LONG 200 /* bytes: whatever it is made of */
#define LABELS     100 /* the same of a host's labels */

static size_t host_data(struct str host)
{
    size_t most = 0, total = host.len;
    bool query = false;

    while (host.len > 0) {
        size_t n = piece_data(&host, ".", &query);

        most = n > most ? n : most;
    }
    return total >= LABELS && most == 0 ? total : most;
}

#define ESCAPES 12 /* of CSS, one behind the other but for some letters */

/* What a path or query has that is written in them. */
static size_t escaped_data(struct str rest)
{
    size_t n = 0;

    for (size_t i = 0; i + 1 < rest.len; i++)
        n += rest.ptr[i] == '\\' && hex_value(rest.ptr[i + 1]) >= 0;
    return n >= ESCAPES ? rest.len : 0;
}

size_t link_data(const struct link *l)
{
    size_t most = host_data(l->host), q = str_find_byte(l->rest, '?');
    struct str rest = l->rest;
    size_t counted, escaped = escaped_data(rest);
    bool query = false;

    most = escaped > most ? escaped : most;
    while (rest.len > 0) {
        size_t n = piece_data(&rest, "/\\?#&;=,", &query);

        most = n > most ? n : most;
    }
    counted = counted_data(str_skip(l->rest, q + 1));
    most = counted > most ? counted : most;
    return l->rest.len - q >= QUERY_LONG && most < QUERY_LONG ? l->rest.len - q
                                                              : most;
}
