#include "detect/link_use.h"

#include "detect/decode.h"

static const struct use loaded = {.kind = LINK_LOADED, .told = true};
static const struct use clicked = {.kind = LINK_CLICKED, .told = true};

static struct str drop_spaces(struct str s)
{
    while (s.len > 0 && (unsigned char)s.ptr[s.len - 1] <= ' ')
        s.len--;
    return s;
}

/* --- Markdown. */

static bool is_escaped(struct str s, size_t at)
{
    size_t n = 0;

    while (n < at && s.ptr[at - 1 - n] == '\\')
        n++;
    return n % 2 == 1;
}

/* The code that begins at the front, with its marks; 0 if it has no end. */
static size_t code_len(struct str s)
{
    size_t open = 0, i, run = 0;

    while (open < s.len && s.ptr[open] == '`')
        open++;
    for (i = open; i < s.len; i++) {
        run = s.ptr[i] == '`' ? run + 1 : 0;
        if (run == open && (i + 1 == s.len || s.ptr[i + 1] != '`'))
            return i + 1;
    }
    return 0;
}

/*
 * Does the label end with the text, behind its bracket, for sure? Brackets in
 * code, or behind a backslash, are none (CommonMark 0.31.2, 6.3); a mark that
 * closes code or an attribute in it may have been opened before it.
 */
static bool is_label(struct str s)
{
    size_t depth = 1, i = 0;

    while (i < s.len && depth > 0) {
        char c = s.ptr[i];
        size_t code = c == '`' ? code_len(str_skip(s, i)) : 1;

        if (code == 0 ||
            (c == '>' && i > 0 && strchr("\"'[", s.ptr[i - 1]) != NULL))
            return false;
        depth += c == '[';
        depth -= c == ']';
        i += c == '\\' ? 2 : code;
    }
    return depth == 1;
}

/* "[label" or "![label", without its "]": an image if that cannot be seen. */
static struct use label_use(struct str before)
{
    size_t depth = 1, i = before.len;

    while (i > 0 && depth > 0) {
        i--;
        if (is_escaped(before, i))
            continue;
        depth += before.ptr[i] == ']';
        depth -= before.ptr[i] == '[';
    }
    if (depth > 0 || (i > 0 && before.ptr[i - 1] == '!') ||
        !is_label(str_skip(before, i + 1)))
        return loaded;
    return clicked;
}

/* --- HTML. */

/* Is the tag that begins with the text's first bytes still open at its end? A
 * quote behind an equals sign hides what is in it. */
static bool is_open(struct str s)
{
    char quote = 0, last = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (quote != 0)
            quote = c == quote ? 0 : quote;
        else if (last == '=' && (c == '"' || c == '\''))
            quote = c;
        else if (c == '>')
            return false;
        last = is_white(c) ? last : c;
    }
    return quote == 0;
}

/* Does a tag of one of these names begin there? "svg:image" is image. */
static bool is_tag(struct str s, const struct str *names, size_t count)
{
    struct str name = str_skip(s, 1);
    size_t n = 0;

    while (n < name.len && is_alpha(name.ptr[n]))
        n++;
    if (n < name.len && name.ptr[n] == ':')
        name = str_skip(name, n + 1);
    for (size_t k = 0; k < count; k++)
        if (str_starts_nocase(name, names[k]) &&
            (name.len == names[k].len || !is_alnum(name.ptr[names[k].len])))
            return true;
    return false;
}

/* Is the end of the text within a tag of one of these names? */
static bool in_tag(struct str before, const struct str *names, size_t count)
{
    bool seen = false;
    size_t last = before.len;

    while (last > 0 && before.ptr[last - 1] != '<' &&
           before.ptr[last - 1] != '>')
        last--;
    for (size_t i = 0; i < before.len; i++)
        if (before.ptr[i] == '<') {
            struct str tag = str_skip(before, i);

            seen = true;
            if (is_tag(tag, names, count) &&
                (i + 1 == last || is_open(str_skip(tag, 1))))
                return true;
        }
    return !seen && last == 0; /* too far to be seen */
}

static const struct str links[] = {
    STR_INIT("link"),     STR_INIT("image"),
    STR_INIT("use"),      STR_INIT("base"),
    STR_INIT("feimage"),  STR_INIT("script"),
    STR_INIT("pattern"),  STR_INIT("lineargradient"),
    STR_INIT("mpath"),    STR_INIT("radialgradient"),
    STR_INIT("textpath"), STR_INIT("?xml-stylesheet"),
};
static const struct str animations[] = {STR_INIT("set"), STR_INIT("animate")};

static struct use attribute_use(struct str before)
{
    static const struct str names[] = {
        STR_INIT("srcset"),     STR_INIT("poster"), STR_INIT("imagesrcset"),
        STR_INIT("background"), STR_INIT("data"),   STR_INIT("action"),
        STR_INIT("formaction")};
    static const struct str ends[] = {STR_INIT("to"), STR_INIT("from"),
                                      STR_INIT("by"), STR_INIT("values")};
    struct use u = {.kind = LINK_CLICKED};
    size_t n = 0;
    struct str name;

    while (n < before.len && is_alnum(before.ptr[before.len - 1 - n]))
        n++;
    name = str_skip(before, before.len - n);
    before = str_head(before, before.len - n);
    if (str_ends_nocase(name, STR("src")))
        return loaded; /* lowsrc and dynsrc, too */
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(name, names[i]))
            return loaded;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (str_eq_nocase(name, ends[i]) && before.len > 0 &&
            str_find_byte(before, '<') < before.len &&
            in_tag(before, animations, ARRAY_LEN(animations)))
            return loaded;
    if (str_eq_nocase(name, STR("img")) && str_ends(before, STR("["))) {
        u = loaded;
        u.ends = "]";
        return u;
    }
    if (!str_eq_nocase(name, STR("href")))
        return u;
    return in_tag(before, links, ARRAY_LEN(links)) ? loaded : clicked;
}

/* Is it in a script that an element runs by itself, onerror="fetch('"? */
static bool in_handler(struct str before)
{
    static const struct str names[] = {
        STR_INIT("onerror"),  STR_INIT("onload"),  STR_INIT("onbegin"),
        STR_INIT("ontoggle"), STR_INIT("onfocus"), STR_INIT("onstart")};
    const char *tag = memrchr(before.ptr, '<', before.len);

    if (tag == NULL)
        return false;
    for (before = str_skip(before, (size_t)(tag - before.ptr) + 1);
         before.len > 8; before = str_skip(before, 1))
        for (size_t k = 0;
             to_lower(before.ptr[0]) == 'o' && k < ARRAY_LEN(names); k++)
            if (str_starts_nocase(before, names[k]))
                return true;
    return false;
}

/* Does a list of images follow, "srcset=" without its "="? */
static bool is_set(struct str before)
{
    return str_ends_nocase(drop_spaces(before), STR("srcset"));
}

/* Is the comma at the end that of an image and its size, "a.png 2x,"? Only
 * sets have such. */
static bool after_size(struct str before)
{
    struct str s = drop_spaces(str_head(before, before.len - 1));
    size_t n = 0;

    if (!str_ends(before, STR(",")) || s.len < 2 ||
        strchr("xw", s.ptr[s.len - 1]) == NULL)
        return false;
    s.len--;
    while (n < s.len &&
           (is_digit(s.ptr[s.len - 1 - n]) || s.ptr[s.len - 1 - n] == '.'))
        n++;
    return n > 0 && (n == s.len || is_white(s.ptr[s.len - 1 - n]));
}

/*
 * Behind other text of a quoted attribute: a further image of a srcset, and
 * where a meta element leads to, behind "0;url=" and its like. Within the bytes
 * that are looked back at.
 */
static struct use amid_use(struct str before)
{
    size_t i = before.len, n = 0;
    struct use u = {.kind = LINK_CLICKED};
    struct str name;

    while (i > 0 && before.ptr[i - 1] != '"' && before.ptr[i - 1] != '\'' &&
           before.ptr[i - 1] != '<' && before.ptr[i - 1] != '>')
        i--;
    if (i == 0 && after_size(before))
        return (struct use){.kind = LINK_LOADED, .told = true, .ends = "'"};
    if (i == 0)
        return u;
    name = drop_spaces(str_head(before, i - 1));
    if (!str_ends(name, STR("=")))
        return u;
    name = drop_spaces(str_head(name, name.len - 1));
    while (n < name.len && is_alpha(name.ptr[name.len - 1 - n]))
        n++;
    name = str_skip(name, name.len - n);
    if (str_eq_nocase(name, STR("content")))
        u.told = i < before.len && is_digit(before.ptr[i]) &&
                 (strchr(";,", before.ptr[before.len - 1]) != NULL ||
                  str_ends_nocase(before, STR("url=")));
    else
        u.told = str_ends(before, STR(",")) && is_set(name);
    if (u.told)
        u = (struct use){.kind = LINK_LOADED,
                         .told = true,
                         .quote = before.ptr[i - 1],
                         .spaced = true};
    return u;
}

/* --- CSS. */

#define NAME_MOST 48 /* bytes of a name that has escapes */

/* Does it end in a letter, or in an escape, which a blank may end? */
static bool ends_in_letter(struct str s, char letter)
{
    bool blank = s.len > 0 && is_white(s.ptr[s.len - 1]);
    char c;

    s = str_head(s, s.len - blank);
    c = s.len > 0 ? s.ptr[s.len - 1] : 0;
    return hex_value(c) >= 0 || (!blank && to_lower(c) == letter);
}

/* Does it end in the name, if each letter of it may be an escape? (CSS Syntax
 * 3, 4.3.7) */
static bool ends_in_name(struct str before, struct str name)
{
    char room[NAME_MOST];
    struct str s =
        str_skip(before, before.len > NAME_MOST ? before.len - NAME_MOST : 0);
    size_t n = 0, i = 0;

    if (str_ends_nocase(before, name))
        return true;
    if (!ends_in_letter(s, name.ptr[name.len - 1]) ||
        str_find_byte(s, '\\') == s.len)
        return false;
    while (i < s.len) {
        uint32_t cp = (unsigned char)s.ptr[i++];

        if (cp == '\\' && i < s.len) {
            size_t digits = hex_digits(str_skip(s, i), 6, &cp);

            if (digits == 0)
                cp = (unsigned char)s.ptr[i++];
            i += digits;
            i += digits > 0 && i < s.len && is_white(s.ptr[i]);
        }
        room[n++] = cp < 0x80 ? (char)cp : '?';
    }
    return str_ends_nocase((struct str){room, n}, name);
}

static struct str drop_comments(struct str s)
{
    while (str_ends(s = drop_spaces(s), STR("*/"))) {
        size_t i = s.len - 2;

        while (i > 1 && (s.ptr[i - 1] != '*' || s.ptr[i - 2] != '/'))
            i--;
        s = str_head(s, i > 1 ? i - 2 : 0);
    }
    return s;
}

/* A further image of an image-set. */
static bool in_image_set(struct str before)
{
    for (; before.len > 10; before = str_skip(before, 1))
        if (str_starts_nocase(before, STR("image-set(")))
            return memchr(before.ptr, '}', before.len) == NULL &&
                   memchr(before.ptr, ';', before.len) == NULL;
    return false;
}

/* --- Other markup. */

/* BBCode's "[img]", with or without a size. */
static bool is_bbcode(struct str before)
{
    size_t i = before.len;

    while (i > 0 && before.ptr[i - 1] != '[')
        i--;
    before = str_skip(before, i);
    return i > 0 && str_starts_nocase(before, STR("img")) && before.len > 3 &&
           strchr("] =", before.ptr[3]) != NULL;
}

/* \\includegraphics[width=3cm]{ without its last brace. */
static bool is_graphics(struct str before)
{
    if (str_ends(before, STR("]"))) {
        size_t i = before.len;

        while (i > 0 && before.ptr[i - 1] != '[')
            i--;
        before = str_head(before, i > 0 ? i - 1 : 0);
    }
    return str_ends(before, STR("\\includegraphics"));
}

/* Jira's and Textile's !URL!. */
static bool is_bang(struct str before)
{
    struct str s = str_head(before, before.len > 0 ? before.len - 1 : 0);

    return str_ends(before, STR("!")) &&
           (s.len == 0 || is_white(s.ptr[s.len - 1]));
}

/* Images of AsciiDoc, reStructuredText, wikis, LaTeX and the like. `wide`: with
 * the blanks before the URL. */
static struct use markup_use(struct str before, struct str wide)
{
    static const struct {
        struct str end;
        const char *ends;
    } rows[] = {
        {STR_INIT("image::"), "["},   {STR_INIT("figure::"), NULL},
        {STR_INIT("video::"), "["},   {STR_INIT("audio::"), "["},
        {STR_INIT("include::"), "["}, {STR_INIT("{image}"), NULL},
        {STR_INIT("{figure}"), NULL}, {STR_INIT("[[file:"), "]|"},
        {STR_INIT("[[image:"), "]|"}, {STR_INIT("![["), "]|"},
        {STR_INIT("{{"), "}|"},
    };
    struct use u = loaded;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_ends_nocase(before, rows[i].end)) {
            u.ends = rows[i].ends;
            return u;
        }
    if (str_ends(before, STR("]")) && is_bbcode(before))
        u.ends = "[";
    else if (str_ends_nocase(wide, STR("image:")))
        u.ends = "[";
    else if (is_bang(wide))
        u.ends = "!|";
    else if (str_ends(before, STR("{")) &&
             is_graphics(drop_spaces(str_head(before, before.len - 1))))
        u.ends = "}";
    else
        u = (struct use){.kind = LINK_CLICKED};
    return u;
}

/* An image in a node of Mermaid, A@{ img: "..." }. */
static bool in_node(struct str before)
{
    size_t i = before.len;

    while (i > 0 && before.ptr[i - 1] != '{' && before.ptr[i - 1] != '}')
        i--;
    return i > 1 && before.ptr[i - 1] == '{' && before.ptr[i - 2] == '@';
}

/* --- All. */

#define SEEN_LEAST 16 /* bytes before blanks; of less the front may be off */

/* Without the quote that may stand before the URL. */
static struct use use_of(struct str before, struct str wide, char quote)
{
    char last = before.len > 0 ? before.ptr[before.len - 1] : 0;
    struct str front = str_head(before, before.len - (last != 0));

    if (last == '(' && (ends_in_name(front, STR("url")) ||
                        ends_in_name(front, STR("image-set"))))
        return loaded;
    if (last == '(' && str_ends(front, STR("]")))
        return label_use(str_head(front, front.len - 1));
    if (last == ':' && str_ends(front, STR("]")))
        return loaded;
    if (last == ':' && quote == '"' && str_ends(front, STR("img")) &&
        in_node(front))
        return loaded;
    if (ends_in_name(before, STR("@import")) ||
        (last == ',' && in_image_set(before)))
        return loaded;
    if (last == '=' && !str_ends_nocase(front, STR("url")))
        return attribute_use(drop_spaces(front));
    if (last == ',' || last == ';' || last == '=')
        return amid_use(before);
    if (quote == 0 && last != 0 && strchr(":]}[{!", last) != NULL)
        return markup_use(before, wide);
    return (struct use){.kind = LINK_CLICKED};
}

struct use link_use(struct str before)
{
    struct str wide = before;
    bool cut = before.len == LINK_LOOK_BACK;
    struct use u;
    char quote = 0;

    before = drop_spaces(before);
    if (before.len > 0 && strchr("\"'<", before.ptr[before.len - 1]) != NULL) {
        quote = before.ptr[before.len - 1];
        before = drop_spaces(str_head(before, before.len - 1));
    }
    before = drop_comments(before);
    u = before.len < SEEN_LEAST && cut ? loaded /* too far to be seen */
                                       : use_of(before, wide, quote);
    if (!u.told && in_handler(before))
        u = loaded;
    if (quote != 0 || !u.spaced)
        u.quote = quote == '<' ? '>' : quote;
    before = str_head(before, before.len - (before.len > 0));
    u.spaced |= quote != 0 && is_set(before);
    return u;
}
