#include "detect/markup.h"

#include "base/wide.h"
#include "detect/markup_style.h"

/*
 * One pass. What is in work is a tag at most; of elements that are not shown,
 * only the outermost is known, by its name, with the number of those of its
 * name that are open in it.
 */

struct attribute {
    struct str name, value;
};

struct tag {
    struct str name;
    bool close, hides, empty;
};

struct page {
    struct str text;
    struct textview *out; /* NULL: only its ends are asked for */
    size_t at;
    struct str within; /* name of the element that is not shown, or empty */
    size_t depth;
    size_t shown; /* of its text, what comes next begins here */
    /* What was looked for in vain is not looked for again: the ends of raw
     * text, and, up to these places, of titles. */
    bool no_script, no_style;
    size_t no_title[2][3];
    bool cut;     /* the end of the text told something: more would tell more */
    bool some;    /* and something is not shown */
    bool follows; /* it comes in pieces: of a script are only the tags */
    enum markup_raw raw; /* within one, then */
};

/* --- Bytes. */

static uint64_t bytes_of(uint64_t word, char c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x = word ^ ones * (unsigned char)c;

    return (x - ones) & ~x & ones << 7;
}

/* The next "<", "]" or "!". */
static size_t next_mark(struct str text, size_t at)
{
    uint64_t word;

    while (at + sizeof(word) <= text.len) {
        memcpy(&word, text.ptr + at, sizeof(word));
        if ((bytes_of(word, '<') | bytes_of(word, ']') | bytes_of(word, '!')) !=
            0)
            break;
        at += sizeof(word);
    }
    while (at < text.len && text.ptr[at] != '<' && text.ptr[at] != ']' &&
           text.ptr[at] != '!')
        at++;
    return at;
}

/* Of those at p, WIDE bytes and one behind them, the ones that may be of
 * something. */
static unsigned telling(const char *p)
{
    wide a = wide_at(p), b = wide_at(p + 1);
    wide tag = wide_letters(b) | (wide)((b == '/') | (b == '\\') | (b == '!'));
    wide title = (wide)((b == '(') | (b == ':'));

    return wide_mask(((wide)(a == '<') & tag) | ((wide)(a == ']') & title) |
                     (wide)((a == '!') & (b == '[')));
}

/* The next of those; at the end of the text, of any. */
static size_t next_telling(struct str text, size_t at)
{
    for (; at + WIDE < text.len; at += WIDE) {
        unsigned marks = telling(text.ptr + at);

        if (marks != 0)
            return at + (size_t)__builtin_ctz(marks);
    }
    return next_mark(text, at);
}

static bool is_end(struct page *p, size_t at)
{
    p->cut |= at >= p->text.len;
    return at >= p->text.len;
}

static char byte_at(struct page *p, size_t at)
{
    return is_end(p, at) ? 0 : p->text.ptr[at];
}

static size_t find_from(struct page *p, size_t at, struct str what)
{
    at = at < p->text.len ? at : p->text.len;
    at += str_find(str_skip(p->text, at), what);
    (void)is_end(p, at);
    return at;
}

/* --- Pieces. */

static enum err put_piece(struct page *p, size_t from, size_t to)
{
    struct str s = {p->text.ptr + from, to - from};
    enum err e;

    if (str_trim(s).len == 0)
        return OK;
    p->some = true;
    if (p->out == NULL)
        return OK;
    if ((e = textview_copy(p->out, s, from)))
        return e;
    return textview_put(p->out, STR("\n"), to, 0);
}

static enum err put_value(struct page *p, struct str value)
{
    size_t from = (size_t)(value.ptr - p->text.ptr);

    return put_piece(p, from, from + value.len);
}

/* Of the element that is not shown, the text up to `end`; `apart`: what follows
 * does not belong to the same word. */
static enum err put_text(struct page *p, size_t end, bool apart)
{
    struct str s;
    enum err e;

    if (p->within.len == 0 || end < p->shown)
        return OK;
    p->some |= end > p->shown;
    if (p->out == NULL)
        return OK;
    s = (struct str){p->text.ptr + p->shown, end - p->shown};
    if (s.len > 0 && (e = textview_copy(p->out, s, p->shown)))
        return e;
    return apart ? textview_put(p->out, STR("\n"), end, 0) : OK;
}

/* --- Tags. */

static bool is_name(char c)
{
    switch (c) {
    case '<':
    case '>':
    case '/':
    case '=':
    case '"':
    case '\'':
    case '\\':
        return false;
    default:
        return (unsigned char)c > ' ';
    }
}

/* Of WIDE bytes those that are of no name. */
static unsigned nameless(wide v)
{
    return wide_mask((wide)((v <= ' ') | (v == '"') | (v == '\'') | (v == '/') |
                            ((wide)(v - '<') < 3) | (v == '\\')));
}

static struct str name_at(struct page *p)
{
    struct str s = str_skip(p->text, p->at);
    unsigned ends = 0;
    size_t n = 0;

    for (; s.len - n >= WIDE && ends == 0; n += WIDE)
        ends = nameless(wide_at(s.ptr + n));
    if (ends != 0)
        n += (size_t)__builtin_ctz(ends) - WIDE;
    while (ends == 0 && n < s.len && is_name(s.ptr[n]))
        n++;
    p->at += n;
    (void)is_end(p, p->at);
    return str_head(s, n);
}

static void skip_spaces(struct page *p)
{
    while (!is_end(p, p->at) && is_white(p->text.ptr[p->at]))
        p->at++;
}

/* The value behind "="; false if its quotes are not closed. */
static bool value_at(struct page *p, struct str *ret_value)
{
    char quote[3] = {0};
    struct str mark = {quote, 1};
    size_t from, end;

    if (byte_at(p, p->at) == '\\' && byte_at(p, p->at + 1) != 0) {
        quote[0] = '\\';
        mark.len = 2;
    }
    quote[mark.len - 1] = byte_at(p, p->at + mark.len - 1);
    if (quote[mark.len - 1] != '"' && quote[mark.len - 1] != '\'') {
        from = p->at;
        while (!is_end(p, p->at) && !is_white(p->text.ptr[p->at]) &&
               p->text.ptr[p->at] != '>')
            p->at++;
        *ret_value = (struct str){p->text.ptr + from, p->at - from};
        return true;
    }
    from = p->at + mark.len;
    end = find_from(p, from, mark);
    if (end == p->text.len)
        return false;
    p->at = end + mark.len;
    *ret_value = (struct str){p->text.ptr + from, end - from};
    return true;
}

/* The next attribute; false at the end of the tag, or what is none. */
static bool attribute_at(struct page *p, struct attribute *ret)
{
    *ret = (struct attribute){{0}, {0}};
    for (;;) {
        skip_spaces(p);
        if (p->at == p->text.len || p->text.ptr[p->at] == '>' ||
            p->text.ptr[p->at] == '<')
            return false;
        ret->name = name_at(p);
        if (ret->name.len > 0)
            break;
        /* "/", or a mark that belongs to nothing; \n of a string of JSON. */
        if (p->text.ptr[p->at] == '\\' && !is_end(p, p->at + 1) &&
            strchr("nrt", p->text.ptr[p->at + 1]) != NULL)
            p->at++;
        p->at++;
    }
    skip_spaces(p);
    if (byte_at(p, p->at) != '=')
        return true;
    p->at++;
    skip_spaces(p);
    return value_at(p, &ret->value);
}

static bool is_said(struct str tag, struct str name)
{
    static const struct str names[] = {
        STR_INIT("alt"),        STR_INIT("title"),
        STR_INIT("aria-label"), STR_INIT("aria-description"),
        STR_INIT("summary"),    STR_INIT("aria-valuetext")};

    if (str_eq_nocase(name, STR("content")))
        return str_eq_nocase(tag, STR("meta"));
    if (str_eq_nocase(name, STR("value")))
        return str_eq_nocase(tag, STR("input"));
    return is_among(name, names, ARRAY_LEN(names));
}

static bool hides(struct str tag, const struct attribute *a)
{
    if (a->name.len < 4 || a->name.len > 6) /* as most */
        return false;
    if (str_eq_nocase(a->name, STR("hidden")))
        return true;
    if (str_eq_nocase(tag, STR("font")))
        return str_eq_nocase(a->name, STR("size"))
                   ? style_is_nothing(a->value)
                   : str_eq_nocase(a->name, STR("color")) &&
                         style_is_white(a->value);
    if (str_eq_nocase(a->name, STR("style")))
        return style_hides(a->value);
    return str_eq_nocase(a->name, STR("class")) && class_hides(a->value);
}

/* Behind "<" or "</", at a letter. The tag's attributes go to the view. */
static enum err tag_at(struct page *p, struct tag *t)
{
    struct attribute a;
    enum err e;

    t->name = name_at(p);
    p->at = attributes_end(p->text, p->at);
    while (attribute_at(p, &a)) {
        t->hides |= hides(t->name, &a);
        if (a.value.len > 0 && is_said(t->name, a.name) &&
            (e = put_value(p, a.value)))
            return e;
    }
    /* "/>" closes a component, and no element of HTML. */
    t->empty = p->text.ptr[p->at - 1] == '/' && t->name.ptr[0] <= 'Z';
    if (byte_at(p, p->at) == '>')
        p->at++;
    return OK;
}

static bool is_void(struct str name)
{
    static const struct str voids[] = {
        STR_INIT("area"),  STR_INIT("base"),   STR_INIT("br"),
        STR_INIT("col"),   STR_INIT("embed"),  STR_INIT("hr"),
        STR_INIT("img"),   STR_INIT("input"),  STR_INIT("link"),
        STR_INIT("meta"),  STR_INIT("source"), STR_INIT("track"),
        STR_INIT("param"), STR_INIT("wbr")};

    return is_among(name, voids, ARRAY_LEN(voids));
}

/* Tags that stand in the midst of words. */
static bool is_inline(struct str name)
{
    static const struct str names[] = {
        STR_INIT("b"),      STR_INIT("i"),    STR_INIT("u"),
        STR_INIT("s"),      STR_INIT("em"),   STR_INIT("strong"),
        STR_INIT("span"),   STR_INIT("a"),    STR_INIT("font"),
        STR_INIT("small"),  STR_INIT("big"),  STR_INIT("sub"),
        STR_INIT("sup"),    STR_INIT("code"), STR_INIT("mark"),
        STR_INIT("strike"), STR_INIT("wbr"),  STR_INIT("tt")};

    return is_among(name, names, ARRAY_LEN(names));
}

/* A tag inside of what is not shown: it may be the end of that. */
static enum err tag_within(struct page *p, const struct tag *t, size_t start)
{
    bool same = str_eq_nocase(t->name, p->within), ends;
    enum err e;

    if (same && t->close)
        p->depth--;
    else if (same && !t->empty)
        p->depth++;
    ends = p->depth == 0;
    if ((e = put_text(p, start, ends || !is_inline(t->name))))
        return e;
    p->shown = p->at;
    if (ends)
        p->within = STR("");
    return OK;
}

/* What is no markup but in name: to its end, if there is one. */
static void skip_raw(struct page *p, const struct tag *t)
{
    bool script = str_eq_nocase(t->name, STR("script"));
    bool *none = script ? &p->no_script : &p->no_style;
    size_t at = p->at;

    if (t->close || *none || (!script && !str_eq_nocase(t->name, STR("style"))))
        return;
    if (p->follows && p->within.len == 0 && !t->hides) {
        p->raw = script ? MARKUP_SCRIPT : MARKUP_STYLE;
        return;
    }
    while ((at = find_from(p, at, STR("</"))) < p->text.len &&
           !str_starts_nocase(str_skip(p->text, at + 2), t->name))
        at += 2;
    *none = at == p->text.len;
    p->at = *none ? p->at : at;
}

/* "<", "</" or, in a string of JSON, "<\/": where its name begins; or 0. */
static size_t name_begins(struct page *p)
{
    size_t at = p->at + 1;

    at += byte_at(p, at) == '\\' && byte_at(p, at + 1) == '/';
    at += byte_at(p, at) == '/';
    return is_alpha(byte_at(p, at)) ? at : 0;
}

static enum err take_tag(struct page *p)
{
    size_t start = p->at, name = name_begins(p);
    struct tag t = {.close = p->text.ptr[name - 1] == '/'};
    enum err e;

    p->at = name;
    if (p->within.len > 0) {
        /* Its text first, then what its attributes say. */
        if ((e = put_text(p, start, false)))
            return e;
        p->shown = start;
    }
    if ((e = tag_at(p, &t)))
        return e;
    skip_raw(p, &t);
    if (p->within.len > 0)
        return tag_within(p, &t, start);
    if (str_eq_nocase(t.name, STR("template")) ||
        str_eq_nocase(t.name, STR("noscript")))
        t.hides = true;
    if (t.close || t.empty || !t.hides || is_void(t.name))
        return OK;
    p->within = t.name;
    p->depth = 1;
    p->shown = p->at;
    return OK;
}

static enum err take_comment(struct page *p)
{
    size_t start = p->at, from = start + 4,
           end = find_from(p, from, STR("-->"));
    enum err e;

    if ((e = put_text(p, start, false)) || (e = put_piece(p, from, end)))
        return e;
    p->at = end + 3 < p->text.len ? end + 3 : p->text.len;
    p->shown = p->at;
    return OK;
}

static enum err take_angle(struct page *p)
{
    struct str rest = str_skip(p->text, p->at);

    if (name_begins(p) != 0)
        return take_tag(p);
    if (str_starts(rest, STR("<!--")))
        return take_comment(p);
    p->cut |= str_starts(STR("<!--"), rest);
    p->at++;
    return OK;
}

/* --- Markdown. */

/* "![": up to "](", if no other bracket or line stands between. */
static enum err take_image(struct page *p)
{
    size_t from = p->at + 2, at = from;

    p->at += 2;
    while (at < p->text.len && p->text.ptr[at] != '[' &&
           p->text.ptr[at] != ']' &&
           !str_starts(str_skip(p->text, at), STR("\n\n")))
        at++;
    if (byte_at(p, at) != ']')
        return OK;
    p->at = at;
    return put_piece(p, from, at);
}

/* The end of a title that opens with this mark, before the end of its line. */
static bool title_end(struct page *p, size_t at, char open, bool link,
                      size_t *ret_end)
{
    static const char opens[] = "(\"'", closes[] = ")\"'";
    const char *kind = open == 0 ? NULL : strchr(opens, open);
    size_t *none;
    char last;

    if (kind == NULL)
        return false;
    last = closes[kind - opens];
    none = &p->no_title[link][kind - opens];
    if (at < *none)
        return false;
    for (; !is_end(p, at) && p->text.ptr[at] != '\n'; at++)
        if (p->text.ptr[at] == last &&
            (is_end(p, at + 1) || p->text.ptr[at + 1] == (link ? ')' : '\n'))) {
            *ret_end = at;
            return true;
        }
    *none = at;
    return false;
}

/* "](" or "]:": what stands in quotes or brackets behind the target. */
static enum err take_title(struct page *p)
{
    bool link = p->text.ptr[p->at + 1] == '(';
    size_t at = p->at + 2, end;

    p->at = at;
    while (byte_at(p, at) == ' ')
        at++;
    while (at < p->text.len && !is_white(p->text.ptr[at]) &&
           p->text.ptr[at] != ')' && p->text.ptr[at] != ']')
        at++;
    if (byte_at(p, at) != ' ')
        return OK;
    while (byte_at(p, at) == ' ')
        at++;
    p->at = at;
    if (!title_end(p, at + 1, byte_at(p, at), link, &end))
        return OK;
    p->at = end;
    return put_piece(p, at + 1, end);
}

static enum err take_mark(struct page *p)
{
    char c = p->text.ptr[p->at], next = byte_at(p, p->at + 1);

    if (c == '<')
        return take_angle(p);
    if (c == '!' && next == '[' && p->within.len == 0)
        return take_image(p);
    if (c == ']' && (next == '(' || next == ':') && p->within.len == 0)
        return take_title(p);
    p->at++;
    return OK;
}

/* --- A page. */

enum err markup_hidden(struct str text, struct textview *out)
{
    struct page p = {.text = text, .out = out};
    enum err e;

    textview_clear(out);
    while ((p.at = next_telling(text, p.at)) < text.len)
        if ((e = take_mark(&p)))
            return e;
    return put_text(&p, text.len, true);
}

/* --- Followed, as it comes. */

size_t markup_mark(struct str text)
{
    return next_mark(text, 0);
}

static struct str raw_name(enum markup_raw raw)
{
    return raw == MARKUP_SCRIPT ? STR("script") : STR("style");
}

/* Of what is no markup but in name, only the end is. */
static bool stays_raw(struct page *p)
{
    struct str rest = str_skip(p->text, p->at), name = raw_name(p->raw);

    if (!str_starts(rest, STR("</"))) {
        p->cut |= str_starts(STR("</"), rest);
        return true;
    }
    rest = str_skip(rest, 2);
    if (str_starts_nocase(rest, name)) {
        p->raw = MARKUP_NONE;
        return false;
    }
    p->cut |= str_starts_nocase(name, rest);
    return true;
}

/* One step; *ret_more: it was not the end of the text. */
static enum err follow(struct page *p, bool *ret_more)
{
    p->at = next_mark(p->text, p->at);
    *ret_more = !is_end(p, p->at);
    if (!*ret_more)
        return OK;
    if (p->raw == MARKUP_NONE || !stays_raw(p))
        return take_mark(p);
    p->at++;
    return OK;
}

static void titles_copy(size_t to[2][3], const size_t of[2][3], size_t gone)
{
    for (size_t i = 0; i < 6; i++)
        to[i / 3][i % 3] =
            of[i / 3][i % 3] > gone ? of[i / 3][i % 3] - gone : 0;
}

/* Is nothing shown before the next mark, behind what was not? */
static bool goes_on(struct page *p)
{
    size_t at = p->at;

    if (!p->some)
        return false;
    while (!is_end(p, at) && is_white(p->text.ptr[at]))
        at++;
    return !is_end(p, at) && strchr("<]!", p->text.ptr[at]) != NULL &&
           p->text.ptr[at] != 0;
}

static struct page page_at(const struct markup *m, struct str text)
{
    struct page p = {.text = text,
                     .at = m->at,
                     .within = str_at(text, m->within),
                     .depth = m->depth,
                     .shown = m->shown,
                     .some = m->some,
                     .follows = true,
                     .raw = m->raw};

    titles_copy(p.no_title, m->no_title, 0);
    return p;
}

static void page_keep(struct markup *m, const struct page *p)
{
    m->at = p->at;
    m->within = (struct span){0};
    if (p->within.len > 0)
        m->within = (struct span){(uint32_t)(p->within.ptr - p->text.ptr),
                                  (uint32_t)p->within.len};
    m->depth = p->depth;
    m->shown = p->shown;
    m->some = p->some;
    m->raw = p->raw;
    titles_copy(m->no_title, p->no_title, 0);
}

/* One step more; false where the end of the text forbids it. *ret_ended: none
 * is needed. */
static bool step_on(struct markup *m, struct page *p, bool last,
                    bool *ret_ended)
{
    struct page before;
    bool more;

    p->cut = false;
    if (p->at > 0 && p->within.len == 0) {
        m->whole = p->at;
        m->raw_behind = p->raw;
        *ret_ended = !goes_on(p) && (last || !p->cut);
        if (*ret_ended || (p->cut && !last))
            return false;
    }
    before = *p;
    p->cut = false;
    *ret_ended = follow(p, &more) != OK; /* without a view nothing fails */
    if (more && p->cut && !last) {
        *p = before;
        return false;
    }
    *ret_ended |= !more && last;
    return more && !*ret_ended;
}

bool markup_ends(struct markup *m, struct str text, bool last)
{
    struct page p = page_at(m, text);
    bool ended;

    while (step_on(m, &p, last, &ended))
        ;
    page_keep(m, &p);
    return ended;
}

bool markup_in_tag(const struct markup *m, struct str text)
{
    struct page p = {.text = text};

    return m->at == 0 && m->raw == MARKUP_NONE && str_starts(text, STR("<")) &&
           (name_begins(&p) != 0 || str_starts(text, STR("<!--")));
}

bool markup_back(struct markup *m)
{
    m->at = m->whole;
    m->raw = m->raw_behind;
    return m->whole > 0;
}

enum err markup_ended(const struct markup *m, struct str text,
                      struct textview *out)
{
    struct page p = {
        .text = text, .out = out, .follows = true, .raw = m->begun};
    bool more = true;
    enum err e;

    textview_clear(out);
    titles_copy(p.no_title, m->no_title, 0);
    while (more && p.at < m->at)
        if ((e = follow(&p, &more)))
            return e;
    return put_text(&p, m->at, true);
}

void markup_skip(struct markup *m, size_t n)
{
    m->at = 0;
    m->within = (struct span){0};
    m->depth = m->shown = m->whole = 0;
    m->some = false;
    m->begun = m->raw;
    titles_copy(m->no_title, m->no_title, n);
}
