#include "detect/keyfile.h"

static struct str rest_of(const struct keyfile *f)
{
    return (struct str){f->ptr + f->at, f->len - f->at};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct str trim_front(struct str s)
{
    while (s.len > 0 && is_blank(s.ptr[0]))
        s = str_skip(s, 1);
    return s;
}

static struct str trim(struct str s)
{
    s = trim_front(s);
    while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* The next word of *rest, which moves behind it; empty at the end. */
static struct str next_word(struct str *rest)
{
    size_t n = 0;
    struct str word;

    while (rest->len > 0 && is_blank(rest->ptr[0]))
        *rest = str_skip(*rest, 1);
    while (n < rest->len && !is_blank(rest->ptr[n]))
        n++;
    word = str_head(*rest, n);
    *rest = str_skip(*rest, n);
    return word;
}

/* ---- PEM ---------------------------------------------------------------- */

/* To the end of the line, or the two characters that stand for one. */
static size_t line_len(struct str s, size_t *ret_skip)
{
    size_t n = 0;

    for (; n < s.len && s.ptr[n] != '\n'; n++)
        if (s.ptr[n] == '\\' && n + 1 < s.len && s.ptr[n + 1] == 'n') {
            *ret_skip = n + 2;
            return n;
        }
    *ret_skip = n + 1;
    return n;
}

static struct str without_first(struct str body)
{
    struct str rest = body;
    size_t skip, lines = 0;

    while (rest.len > 0) {
        lines += line_len(rest, &skip) > 0;
        rest = str_skip(rest, skip);
    }
    (void)line_len(body, &skip);
    return lines > 2 ? str_skip(body, skip) : body;
}

bool keyfile_pem(struct str *text, struct str *ret_body)
{
    static const struct str begin = STR_INIT("-----BEGIN ");
    static const struct str dashes = STR_INIT("-----");

    for (;;) {
        struct str label;
        size_t skip, at = str_find(*text, begin);

        if (at == text->len)
            return false;
        *text = str_skip(*text, at + begin.len);
        label = str_head(*text, str_find(*text, dashes));
        *text = str_skip(*text, label.len + dashes.len);
        if (label.len > 64 || !str_ends(label, STR("PRIVATE KEY")))
            continue;
        (void)line_len(*text, &skip);
        *text = str_skip(*text, skip);
        *ret_body = str_head(*text, str_find(*text, dashes));
        *text = str_skip(*text, ret_body->len);
        *ret_body = without_first(*ret_body);
        return true;
    }
}

static bool next_pem(struct keyfile *f, struct keyfile_item *ret)
{
    struct str rest = rest_of(f);
    bool found = keyfile_pem(&rest, &ret->value);

    f->at = f->len - rest.len;
    ret->name = STR("private key");
    ret->secret = true;
    return found;
}

/* ---- JSON --------------------------------------------------------------- */

static size_t put_utf8(char *out, unsigned c)
{
    size_t n = 0;

    if (c < 0x80) {
        out[n++] = (char)c;
    } else if (c < 0x800) {
        out[n++] = (char)(0xc0 | c >> 6);
        out[n++] = (char)(0x80 | (c & 63));
    } else {
        out[n++] = (char)(0xe0 | c >> 12);
        out[n++] = (char)(0x80 | (c >> 6 & 63));
        out[n++] = (char)(0x80 | (c & 63));
    }
    return n;
}

/* \uXXXX at p, of which six bytes are there; halves of pairs stay apart. */
static bool hex4(const char *p, unsigned *ret)
{
    *ret = 0;
    for (size_t i = 2; i < 6; i++) {
        int v = hex_value(p[i]);

        if (v < 0)
            return false;
        *ret = *ret << 4 | (unsigned)v;
    }
    return true;
}

/* The string behind the quote at f->at, unescaped where it stands: it never
 * grows. */
static struct str json_string(struct keyfile *f)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    char *start = f->ptr + f->at + 1, *out = start;
    size_t i = f->at + 1;

    for (; i < f->len && f->ptr[i] != '"'; i++) {
        const char *simple;
        unsigned c;

        if (f->ptr[i] != '\\' || i + 1 == f->len) {
            *out++ = f->ptr[i];
            continue;
        }
        if (f->ptr[i + 1] == 'u' && i + 6 <= f->len && hex4(f->ptr + i, &c)) {
            out += put_utf8(out, c);
            i += 5;
            continue;
        }
        simple = f->ptr[++i] != '\0' ? strchr(from, f->ptr[i]) : NULL;
        *out++ = simple != NULL ? to[simple - from] : f->ptr[i];
    }
    f->at = i < f->len ? i + 1 : f->len;
    return (struct str){start, (size_t)(out - start)};
}

static bool next_json(struct keyfile *f, struct keyfile_item *ret)
{
    while (f->at < f->len) {
        struct str s, rest;

        if (f->ptr[f->at] != '"') {
            f->at++;
            continue;
        }
        s = json_string(f);
        rest = trim_front(rest_of(f));
        if (str_starts(rest, STR(":"))) {
            f->key = s;
            continue;
        }
        *ret = (struct keyfile_item){.name = f->key, .value = s};
        return true;
    }
    return false;
}

/* ---- netrc -------------------------------------------------------------- */

/* What is in quotes, as curl and Python read it, may have blanks. */
static struct str netrc_value(struct str *rest)
{
    struct str s = trim_front(*rest);
    size_t i = 1;

    if (!str_starts(s, STR("\"")))
        return next_word(rest);
    while (i < s.len && s.ptr[i] != '"' && s.ptr[i] != '\n')
        i += s.ptr[i] == '\\' ? 2 : 1;
    if (i >= s.len || s.ptr[i] != '"')
        return next_word(rest);
    *rest = str_skip(s, i + 1);
    return (struct str){s.ptr + 1, i - 1};
}

static bool next_netrc(struct keyfile *f, struct keyfile_item *ret)
{
    struct str rest = rest_of(f), word;

    while ((word = next_word(&rest)).len > 0)
        if (str_eq(word, STR("password")) || str_eq(word, STR("account"))) {
            ret->name = word;
            ret->value = netrc_value(&rest);
            ret->secret = true;
            f->at = f->len - rest.len;
            return true;
        }
    f->at = f->len;
    return false;
}

/* ---- Lines -------------------------------------------------------------- */

static struct str unquoted(struct str s)
{
    char quote = s.len > 0 ? s.ptr[0] : 0;
    size_t end;

    if (quote == '"' || quote == '\'') {
        end = str_find_byte(str_skip(s, 1), quote);
        return (struct str){s.ptr + 1, end};
    }
    /* a comment begins behind a blank */
    end = str_find(s, STR(" #"));
    return trim(str_head(s, end));
}

/* host:port:database:user:password of PostgreSQL's .pgpass */
static bool is_pgpass(struct str line, struct str *ret_password)
{
    for (int i = 0; i < 4; i++) {
        size_t colon = str_find_byte(line, ':');

        if (colon == line.len)
            return false;
        line = str_skip(line, colon + 1);
    }
    *ret_password = line;
    return str_find_byte(line, ' ') == line.len;
}

static bool read_line(struct str line, struct keyfile_item *ret)
{
    size_t equals = str_find_byte(line, '='), colon = str_find_byte(line, ':');
    size_t scheme = str_find(line, STR("://"));

    *ret = (struct keyfile_item){0};
    if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';' ||
        line.ptr[0] == '[')
        return false;
    if (scheme == colon && scheme < equals && scheme < line.len) {
        *ret = (struct keyfile_item){.value = line, .secret = true};
        return true;
    }
    if (equals == line.len && is_pgpass(line, &ret->value)) {
        ret->secret = true;
        return true;
    }
    if (str_starts(line, STR("export "))) {
        line = trim(str_skip(line, 7));
        equals = str_find_byte(line, '=');
        colon = str_find_byte(line, ':');
    }
    if (equals == line.len)
        equals = colon;
    if (equals == line.len)
        return false;
    ret->name = trim(str_head(line, equals));
    ret->value = unquoted(trim(str_skip(line, equals + 1)));
    return true;
}

#define LINES_MOST 4096 /* bytes of a value of several lines */

/* The lines that are further in than the one before them. */
static struct str indented(struct str rest)
{
    size_t n = 0;

    while (n < rest.len && is_white(rest.ptr[n])) {
        struct str line = str_skip(rest, n);

        line.len = str_find_byte(line, '\n');
        n += line.len + (n + line.len < rest.len);
    }
    return trim(str_head(rest, n));
}

/* What `value`, the last of its line, begins, and does not end there: a quoted
 * string, or a block of YAML. Empty if it does neither. */
static struct str on_lines(struct str value, struct str behind)
{
    size_t marks =
        str_starts(value, STR("\"\"\"")) || str_starts(value, STR("\'\'\'"))
            ? 3
            : 1;
    struct str mark = str_head(value, marks), all;
    size_t end;

    behind.len = behind.len < LINES_MOST ? behind.len : LINES_MOST;
    if (value.len > 0 && value.len < 4 && strchr("|>", value.ptr[0]) != NULL)
        return indented(behind);
    if (value.len == 0 || strchr("\"'", value.ptr[0]) == NULL)
        return STR("");
    all =
        (struct str){value.ptr, (size_t)(behind.ptr - value.ptr) + behind.len};
    all = str_skip(all, marks);
    end = str_find(all, mark);
    return end < all.len && all.ptr + end > value.ptr + value.len
               ? trim(str_head(all, end))
               : STR("");
}

/* Where the value of a line begins, with its quote. */
static struct str with_quote(struct str line, struct str value)
{
    size_t at = value.ptr == NULL ? line.len : (size_t)(value.ptr - line.ptr);

    at -= at > 0 && at < line.len && strchr("\"'", line.ptr[at - 1]) != NULL;
    return str_skip(line, at);
}

static bool next_line(struct keyfile *f, struct keyfile_item *ret)
{
    if (f->more.len > 0) {
        *ret = (struct keyfile_item){.name = f->key, .value = f->more};
        f->more.len = 0;
        return true;
    }
    while (f->at < f->len) {
        struct str rest = rest_of(f);
        struct str line = str_head(rest, str_find_byte(rest, '\n'));

        f->at += line.len < rest.len ? line.len + 1 : line.len;
        if (read_line(trim(line), ret)) {
            f->key = ret->name;
            f->more = on_lines(with_quote(trim(line), ret->value), rest_of(f));
            return true;
        }
    }
    return false;
}

/* ---- All ---------------------------------------------------------------- */

static enum keyfile_kind kind_of(struct str s)
{
    struct str rest = s, word = next_word(&rest);

    if (str_starts(word, STR("{")) || str_starts(word, STR("[{")))
        return KEYFILE_JSON;
    if (str_find(s, STR("-----BEGIN ")) < s.len &&
        str_find_byte(str_head(s, str_find(s, STR("-----BEGIN "))), '=') ==
            str_find(s, STR("-----BEGIN ")))
        return KEYFILE_PEM;
    if (str_eq(word, STR("machine")) || str_eq(word, STR("default")))
        return KEYFILE_NETRC;
    if (word.len > 0 && next_word(&rest).len == 0 &&
        str_find_byte(word, '=') + 2 >= word.len &&
        str_find_byte(word, ':') == word.len)
        return KEYFILE_WORD;
    return KEYFILE_LINES;
}

void keyfile_start(struct keyfile *f, char *ptr, size_t len)
{
    *f = (struct keyfile){.ptr = ptr, .len = len};
    f->kind = kind_of((struct str){ptr, len});
}

bool keyfile_next(struct keyfile *f, struct keyfile_item *ret_item)
{
    struct str rest = rest_of(f);

    *ret_item = (struct keyfile_item){0};
    switch (f->kind) {
    case KEYFILE_JSON:
        return next_json(f, ret_item);
    case KEYFILE_PEM:
        return next_pem(f, ret_item);
    case KEYFILE_NETRC:
        return next_netrc(f, ret_item);
    case KEYFILE_WORD:
        ret_item->value = trim(rest);
        ret_item->secret = true;
        f->at = f->len;
        return ret_item->value.len > 0;
    case KEYFILE_LINES:
        break;
    }
    return next_line(f, ret_item);
}
