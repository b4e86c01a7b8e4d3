#include "detect/markup.h"

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
    struct textview *out;
    size_t at;
    struct str within; /* name of the element that is not shown, or empty */
    size_t depth;
    size_t shown; /* of its text, what comes next begins here */
    /* What was looked for in vain is not looked for again: the ends of raw
     * text, and, up to these places, of titles. */
    bool no_script, no_style;
    size_t no_title[2][3];
};

/* --- Bytes. */

static bool is_among(struct str word, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(word, list[i]))
            return true;
    return false;
}

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

static char byte_at(const struct page *p, size_t at)
{
    return at < p->text.len ? p->text.ptr[at] : 0;
}

static size_t find_from(const struct page *p, size_t at, struct str what)
{
    at = at < p->text.len ? at : p->text.len;
    return at + str_find(str_skip(p->text, at), what);
}

/* --- Pieces. */

static enum err put_piece(struct page *p, size_t from, size_t to)
{
    struct str s = {p->text.ptr + from, to - from};
    enum err e;

    if (str_trim(s).len == 0)
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
    s = (struct str){p->text.ptr + p->shown, end - p->shown};
    if (s.len > 0 && (e = textview_copy(p->out, s, p->shown)))
        return e;
    return apart ? textview_put(p->out, STR("\n"), end, 0) : OK;
}

/* --- Styles. */

/* The next of "name: value;". */
static struct str next_style(struct str *rest, struct str *ret_name)
{
    struct str one = str_head(*rest, str_find_byte(*rest, ';'));
    size_t colon = str_find_byte(one, ':');

    *rest = str_skip(*rest, one.len + 1);
    *ret_name = str_trim(str_head(one, colon));
    return str_trim(str_skip(one, colon < one.len ? colon + 1 : colon));
}

/* 0, 0px, 0.0em, 0% and what is as good as that: up to 1px. */
static bool is_nothing(struct str v)
{
    bool zero = true;
    size_t i = 0, digits = 0;

    for (; i < v.len && (is_digit(v.ptr[i]) || v.ptr[i] == '.'); i++) {
        zero &= v.ptr[i] == '0' || v.ptr[i] == '.';
        digits += v.ptr[i] != '.';
    }
    if (digits == 0)
        return false;
    if (zero)
        return true;
    return str_eq_nocase(str_head(str_skip(v, i), 2), STR("px")) &&
           (v.ptr[0] == '0' || v.ptr[0] == '.' || (i == 1 && v.ptr[0] == '1'));
}

/* At least three digits behind a minus. */
static bool is_far(struct str v)
{
    size_t i = 1;

    if (v.len < 4 || v.ptr[0] != '-')
        return false;
    while (i < v.len && is_digit(v.ptr[i]))
        i++;
    return i >= 4;
}

static bool is_white_colour(struct str v)
{
    static const struct str whites[] = {
        STR_INIT("white"), STR_INIT("#fff"), STR_INIT("#ffffff"),
        STR_INIT("rgb(255,255,255)"), STR_INIT("rgb(255, 255, 255)")};

    return is_among(v, whites, ARRAY_LEN(whites));
}

static bool is_off(struct str name, struct str v)
{
    static const struct str sides[] = {
        STR_INIT("left"),        STR_INIT("top"),
        STR_INIT("right"),       STR_INIT("bottom"),
        STR_INIT("text-indent"), STR_INIT("margin-left"),
        STR_INIT("margin-top"),
    };

    if (is_among(name, sides, ARRAY_LEN(sides)))
        return is_far(v);
    if (str_eq_nocase(name, STR("clip")))
        return str_starts_nocase(v, STR("rect(0")) ||
               str_starts_nocase(v, STR("rect(1px"));
    if (str_eq_nocase(name, STR("clip-path")))
        return str_starts_nocase(v, STR("inset(50%")) ||
               str_starts_nocase(v, STR("inset(100%")) ||
               str_starts_nocase(v, STR("circle(0"));
    return str_eq_nocase(name, STR("transform")) &&
           str_starts_nocase(v, STR("scale(0")) && v.len > 7 && v.ptr[7] != '.';
}

static bool is_not_shown(struct str name, struct str v)
{
    if (str_eq_nocase(name, STR("display")))
        return str_starts_nocase(v, STR("none"));
    if (str_eq_nocase(name, STR("visibility")))
        return str_starts_nocase(v, STR("hidden")) ||
               str_starts_nocase(v, STR("collapse"));
    if (str_eq_nocase(name, STR("font-size")) ||
        str_eq_nocase(name, STR("max-height")) ||
        str_eq_nocase(name, STR("max-width")))
        return is_nothing(v);
    if (str_eq_nocase(name, STR("opacity")))
        return is_nothing(v) && !(v.len > 2 && v.ptr[v.len - 1] != '0');
    return is_off(name, v);
}

/* Does this style, as an attribute has it, show nothing? */
static bool style_hides(struct str style)
{
    struct str name, value, colour = {0}, ground = {0};
    bool small = false, cut = false;

    while (style.len > 0) {
        value = next_style(&style, &name);
        /* "none !important" begins with what counts. */
        if (is_not_shown(name, value))
            return true;
        if (str_eq_nocase(name, STR("width")) ||
            str_eq_nocase(name, STR("height")))
            small |= is_nothing(value);
        if (str_eq_nocase(name, STR("overflow")))
            cut |= str_starts_nocase(value, STR("hidden"));
        if (str_eq_nocase(name, STR("color")))
            colour = value;
        if (str_eq_nocase(name, STR("background")) ||
            str_eq_nocase(name, STR("background-color")))
            ground = value;
    }
    if (small && cut)
        return true;
    if (str_starts_nocase(colour, STR("transparent")))
        return true;
    return colour.len > 0 && (ground.len > 0 ? str_eq_nocase(colour, ground)
                                             : is_white_colour(colour));
}

static bool class_hides(struct str classes)
{
    static const struct str names[] = {STR_INIT("hidden"),
                                       STR_INIT("hide"),
                                       STR_INIT("invisible"),
                                       STR_INIT("sr-only"),
                                       STR_INIT("visually-hidden"),
                                       STR_INIT("d-none"),
                                       STR_INIT("screen-reader-text")};

    while (classes.len > 0)
        if (is_among(str_split(&classes, ' '), names, ARRAY_LEN(names)))
            return true;
    return false;
}

/* --- Tags. */

static bool is_name(char c)
{
    return (unsigned char)c > ' ' && strchr("<>/=\"'\\", c) == NULL;
}

static struct str name_at(struct page *p)
{
    size_t from = p->at;

    while (p->at < p->text.len && is_name(p->text.ptr[p->at]))
        p->at++;
    return (struct str){p->text.ptr + from, p->at - from};
}

static void skip_spaces(struct page *p)
{
    while (p->at < p->text.len && is_white(p->text.ptr[p->at]))
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
        while (p->at < p->text.len && !is_white(p->text.ptr[p->at]) &&
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
        if (p->text.ptr[p->at] == '\\' && p->at + 1 < p->text.len &&
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
    if (str_eq_nocase(a->name, STR("hidden")))
        return true;
    if (str_eq_nocase(tag, STR("font")))
        return str_eq_nocase(a->name, STR("size"))
                   ? is_nothing(a->value)
                   : str_eq_nocase(a->name, STR("color")) &&
                         is_white_colour(a->value);
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
    while ((at = find_from(p, at, STR("</"))) < p->text.len &&
           !str_starts_nocase(str_skip(p->text, at + 2), t->name))
        at += 2;
    *none = at == p->text.len;
    p->at = *none ? p->at : at;
}

/* "<", "</" or, in a string of JSON, "<\/": where its name begins; or 0. */
static size_t name_begins(const struct page *p)
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
    if (name_begins(p) != 0)
        return take_tag(p);
    if (str_starts(str_skip(p->text, p->at), STR("<!--")))
        return take_comment(p);
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
    for (; at < p->text.len && p->text.ptr[at] != '\n'; at++)
        if (p->text.ptr[at] == last &&
            (at + 1 == p->text.len ||
             p->text.ptr[at + 1] == (link ? ')' : '\n'))) {
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

enum err markup_hidden(struct str text, struct textview *out)
{
    struct page p = {.text = text, .out = out};
    enum err e;

    textview_clear(out);
    while ((p.at = next_mark(text, p.at)) < text.len)
        if ((e = take_mark(&p)))
            return e;
    return put_text(&p, text.len, true);
}
