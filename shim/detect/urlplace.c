#include "detect/urlplace.h"

/*
 * Words are read as characters. Those that are not ASCII stand for a sign that
 * a host's name may be written with in their place (UTS 46 maps dots; the rest
 * is prudence), or for one of these.
 */
#define LETTER '\x80'
#define STOP   '\x81' /* a dot of CJK, which ends a sentence too */
#define OTHER  '\x82' /* what is in no word, as a comma */

static bool in_range(uint32_t code, uint32_t from, uint32_t to)
{
    return code >= from && code <= to;
}

/* Not a letter or sign of a word, nor what does not show. */
static bool is_punctuation(uint32_t code)
{
    return code == 0xa0 || code == 0xab || code == 0xbb ||     /* << >> */
           code == 0x60c || code == 0x61b || code == 0x61f ||  /* Arabic */
           code == 0x964 ||                                    /* danda */
           in_range(code, 0x2000, 0x200a) ||                   /* spaces */
           in_range(code, 0x2010, 0x2029) || code == 0x202f || /* dashes */
           in_range(code, 0x2030, 0x205f) ||                   /* quotes */
           in_range(code, 0x3000, 0x303f) ||                   /* of CJK */
           in_range(code, 0xfe30, 0xfe6f) ||                   /* and small */
           in_range(code, 0xff01, 0xff0f) ||                   /* and wide */
           in_range(code, 0xff1a, 0xff20) || in_range(code, 0xff3b, 0xff40) ||
           in_range(code, 0xff5b, 0xff65);
}

static char sign_of(uint32_t code)
{
    switch (code) {
    case 0x2024:
    case 0xfe52:
    case 0xff0e:
        return '.';
    case 0x3002:
    case 0xff61:
        return STOP;
    case 0x2044:
    case 0x2215:
    case 0x29f8:
    case 0xff0f:
        return '/';
    case 0xfe6b:
    case 0xff20:
        return '@';
    case 0xfe6a:
    case 0xff05:
        return '%';
    default:
        return is_punctuation(code) ? OTHER : LETTER;
    }
}

/* The character that a byte completes; false if it does not. */
static bool char_next(struct url_place *u, char byte, char *ret_c)
{
    unsigned char b = (unsigned char)byte;

    if (b < 0x80) {
        u->more = 0;
        *ret_c = byte;
        return true;
    }
    if (b >= 0xc0) {
        u->more = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
        u->code = b & (0x3fu >> u->more);
        return false;
    }
    u->code = u->code << 6 | (b & 0x3f);
    if (u->more > 1) {
        u->more--;
        return false;
    }
    *ret_c = u->more == 0 ? LETTER : sign_of(u->code);
    u->more = 0;
    return true;
}

static bool is_slash(char c)
{
    return c == '/' || c == '\\'; /* browsers take either */
}

/* May it stand in a name of a host? */
static bool in_host(char c)
{
    return is_alnum(c) || c == '-' || c == '_' || c == LETTER;
}

static bool ends_host(char c)
{
    return c == '/' || c == '?' || c == '#';
}

/* --- What was asked. */

void url_place_ask(struct url_place *u)
{
    if (u->asked != URL_ASKED)
        u->behind = 0;
    u->asked = url_place_in(u) ? URL_INSIDE : URL_ASKED;
}

bool url_place_asked(const struct url_place *u, bool *ret_inside)
{
    *ret_inside = u->asked == URL_INSIDE;
    return u->asked != URL_ASKED;
}

static void answer(struct url_place *u, bool inside)
{
    if (u->asked == URL_ASKED)
        u->asked = inside ? URL_INSIDE : URL_OUTSIDE;
}

void url_place_last(struct url_place *u)
{
    answer(u, false);
}

/* --- Words that are addresses by themselves. */

static void word_start(struct url_place *u, char opener)
{
    answer(u, false);
    u->opener = opener;
    u->url = u->dot = u->port = u->path = false;
    u->prev = 0;
    u->word_len = u->name_len = u->percent = u->escape = 0;
}

static void word_is_url(struct url_place *u)
{
    answer(u, true);
    u->url = true;
}

/* The word so far, which a colon follows. */
static bool is_scheme(const struct url_place *u)
{
    static const struct str schemes[] = {
        STR_INIT("http"),   STR_INIT("https"),      STR_INIT("ftp"),
        STR_INIT("ftps"),   STR_INIT("ws"),         STR_INIT("wss"),
        STR_INIT("mailto"), STR_INIT("data"),       STR_INIT("file"),
        STR_INIT("tel"),    STR_INIT("sms"),        STR_INIT("sftp"),
        STR_INIT("blob"),   STR_INIT("smb"),        STR_INIT("ldap"),
        STR_INIT("intent"), STR_INIT("javascript"), STR_INIT("vbscript"),
    };
    struct str word = {u->word, u->word_len};

    if (u->opener == '<') /* any scheme is one there (CommonMark, 6.5) */
        return u->word_len > 1;
    if (u->word_len > sizeof(u->word))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_eq(word, schemes[i]))
            return true;
    return false;
}

static bool begins_address(const struct url_place *u, char c)
{
    if (is_slash(c) && is_slash(u->prev))
        return true;
    if (c == ':')
        return is_scheme(u);
    if (c == '.')
        return u->word_len == 3 && memcmp(u->word, "www", 3) == 0;
    if (u->path || !ends_host(c))
        return false;
    return u->dot || u->port || (u->opener == ']' && u->word_len == 0);
}

/* "%2F" and "\u002f" or "\x2f": signs of an address in other spelling, and in
 * no prose. */
static bool is_spelled(struct url_place *u, char c)
{
    bool hex = hex_value(c) >= 0;

    if (c == '%')
        u->percent = 1;
    else
        u->percent = hex && u->percent > 0 ? u->percent + 1 : 0;
    if (c == '\\')
        u->escape = 1;
    else if (u->escape == 1 && (c == 'u' || c == 'x'))
        u->escape = c == 'u' ? 2 : 4;
    else if ((u->escape == 2 || u->escape == 3) && c == '0')
        u->escape++;
    else
        u->escape = u->escape == 4 && c >= '2' && c <= '7' ? 5 : 0;
    return u->percent == 3 || u->escape == 5;
}

/* --- References of HTML: "&lt;" and the like are what they stand for, and no
 * other is known to be harmless. */

enum reference {
    REFERENCE_NONE,
    REFERENCE_BREAK, /* a sign that is in no word */
    REFERENCE_SIGN,
};

static enum reference reference_end(const struct url_place *u, char c)
{
    static const struct str breaks[] = {
        STR_INIT("lt"),    STR_INIT("gt"),     STR_INIT("quot"),
        STR_INIT("apos"),  STR_INIT("nbsp"),   STR_INIT("#39"),
        STR_INIT("#34"),   STR_INIT("#x27"),   STR_INIT("mdash"),
        STR_INIT("ndash"), STR_INIT("hellip"), STR_INIT("rsquo"),
        STR_INIT("lsquo"), STR_INIT("rdquo"),  STR_INIT("ldquo"),
    };
    struct str name = {u->name, u->name_len - 1};

    if (c != ';') /* a number needs none */
        return u->name[0] == '#' && name.len > 1 ? REFERENCE_SIGN
                                                 : REFERENCE_NONE;
    if (name.len == 0 || str_eq(name, STR("amp")))
        return REFERENCE_NONE;
    for (size_t i = 0; i < ARRAY_LEN(breaks) && name.len <= sizeof(u->name);
         i++)
        if (str_eq(name, breaks[i]))
            return REFERENCE_BREAK;
    return REFERENCE_SIGN;
}

static enum reference reference_next(struct url_place *u, char c)
{
    enum reference r = REFERENCE_NONE;

    if (u->name_len > 0 && (is_alnum(c) || (c == '#' && u->name_len == 1))) {
        if (u->name_len <= sizeof(u->name))
            u->name[u->name_len - 1] = c;
        if (u->name_len <= sizeof(u->name) + 1)
            u->name_len++;
        return REFERENCE_NONE;
    }
    if (u->name_len > 0)
        r = reference_end(u, c);
    u->name_len = c == '&';
    return r;
}

/* --- What follows something that waits. */

/* It is in the name of a host, or before one. */
static bool names_host(const struct url_place *u, char c)
{
    switch (u->prev) {
    case '.':
        return in_host(c);
    case STOP:
        return is_alnum(c);
    case '@':
        return in_host(c) || c == '[';
    case ':':
        return is_digit(c) || is_slash(c);
    default:
        return false;
    }
}

/* Behind "/" and the like there is something that only ends a sentence. */
static bool ends_word(char c)
{
    return c == OTHER || c == STOP ||
           memchr("\"'`()[]{}<>|,;:!*.", c, 18) != NULL;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* The quote, or bracket, in which the word stands ends. */
static bool closes(const struct url_place *u, char c)
{
    return (is_quote(c) && c == u->opener) || (c == '>' && u->opener == '<');
}

/*
 * The host's name has ended with the last character. Somewhere before the word
 * was a path already; or what waits was first in it, and is a host's name if
 * the path has something.
 */
static void path_next(struct url_place *u, char c)
{
    bool escaped = u->prev == '\\' && is_alnum(c);

    if (!escaped && !ends_host(u->prev))
        return;
    if (u->asked == URL_ASKED && !u->path && !closes(u, c)) {
        answer(u, !ends_word(c));
        u->url = true; /* for what follows: it may have been a host's */
    }
    answer(u, false);
    u->path = true;
}

static void host_next(struct url_place *u, char c)
{
    u->port = u->prev == ':' ? is_digit(c) : u->port && is_digit(c);
    if (u->path)
        return;
    u->dot |=
        (c == '.' && in_host(u->prev)) || (u->prev == STOP && is_alnum(c));
}

static void word_add(struct url_place *u, char c)
{
    if (u->word_len < sizeof(u->word))
        u->word[u->word_len] = to_lower(c);
    if (u->word_len <= sizeof(u->word))
        u->word_len++;
    host_next(u, c);
    u->prev = c;
}

/* A break as JSON writes it. */
static bool is_json_break(const struct url_place *u, char c)
{
    return u->prev == '\\' && (c == 'n' || c == 'r' || c == 't');
}

static void word_more(struct url_place *u, char c)
{
    enum reference r = reference_next(u, c);

    if (begins_address(u, c) || is_spelled(u, c) || r == REFERENCE_SIGN ||
        (u->asked == URL_ASKED && names_host(u, c))) {
        word_is_url(u);
        return;
    }
    if (is_json_break(u, c) || r == REFERENCE_BREAK) {
        word_start(u, 0);
        return;
    }
    path_next(u, c);
    if (u->url)
        return;
    if (u->prev == STOP && !is_alnum(c))
        word_start(u, 0);
    if (is_quote(c) || c == OTHER || memchr("()[]{}|,;=>", c, 11) != NULL)
        word_start(u, c);
    else
        word_add(u, c == '#' && u->prev == '&' ? '&' : c); /* no fragment */
}

static void word_next(struct url_place *u, char byte)
{
    char c;

    if (u->asked == URL_ASKED && ++u->behind > URL_BEHIND)
        word_is_url(u);
    if (!char_next(u, byte, &c))
        return;
    if (is_white(c) || c == '<') {
        word_start(u, c);
    } else if (u->url) {
        if (closes(u, c))
            word_start(u, 0);
    } else {
        word_more(u, c);
    }
}

/* --- Targets of Markdown. */

static void target_next(struct url_place *u, char c)
{
    bool escaped = u->escaped;

    switch (u->target) {
    case URL_NO_TARGET:
        if (u->last != ']' || (c != '(' && c != ':'))
            return;
        u->target = c == '(' ? URL_TARGET_START : URL_REFERENCE_START;
        u->depth = 0;
        return;
    case URL_REFERENCE_START:
        if (!is_white(c))
            u->target = c == '<' ? URL_REFERENCE_ANGLE : URL_REFERENCE;
        return;
    case URL_REFERENCE:
        if (is_white(c))
            u->target = URL_NO_TARGET;
        return;
    case URL_REFERENCE_ANGLE:
        if (!escaped && (c == '>' || c == '\n'))
            u->target = URL_NO_TARGET;
        return;
    case URL_TARGET_START:
        if (is_white(c))
            return;
        u->target = c == '<' ? URL_TARGET_ANGLE : URL_TARGET;
        break;
    case URL_TARGET_ANGLE:
        if (!escaped && (c == '>' || c == '\n'))
            u->target = URL_TARGET; /* and a title may follow */
        return;
    case URL_TARGET:
        break;
    }
    if (escaped)
        return;
    if (c == '(')
        u->depth++;
    else if (c == ')' && u->depth-- == 0)
        u->target = URL_NO_TARGET;
}

/* --- Tags of HTML. */

static void tag_next(struct url_place *u, char c)
{
    switch (u->tag) {
    case URL_NO_TAG:
        if (u->last == '<' && is_alnum(c) && !is_digit(c))
            u->tag = URL_TAG_NAME;
        return;
    case URL_TAG_NAME:
        if (is_white(c) || c == '/')
            u->tag = URL_TAG;
        else if (!is_alnum(c) && c != '-' && c != ':')
            u->tag = URL_NO_TAG;
        return;
    case URL_TAG_EQUALS:
        if (c == '"' || c == '\'') {
            u->tag = URL_TAG_QUOTED;
            u->tag_quote = c;
        } else if (!is_white(c)) {
            u->tag = c == '>' ? URL_NO_TAG : URL_TAG;
        }
        return;
    case URL_TAG:
        if (c == '>')
            u->tag = URL_NO_TAG;
        else if (c == '=')
            u->tag = URL_TAG_EQUALS;
        return;
    case URL_TAG_QUOTED:
        if (c == u->tag_quote)
            u->tag = URL_TAG;
        return;
    }
}

void url_place_next(struct url_place *u, char c)
{
    word_next(u, c);
    target_next(u, c);
    tag_next(u, c);
    u->escaped = c == '\\' && !u->escaped;
    if (c == '\n' && u->blank) {
        u->target = URL_NO_TARGET;
        u->tag = URL_NO_TAG;
    }
    u->blank = c == '\n' || (u->blank && is_white(c));
    u->last = c;
}

bool url_place_in(const struct url_place *u)
{
    return u->url || u->target != URL_NO_TARGET || u->tag >= URL_TAG;
}
