#include "detect/urlplace.h"

static bool is_slash(char c)
{
    return c == '/' || c == '\\'; /* browsers take either */
}

/* --- Words that are addresses by themselves. */

/* The word so far, which a colon follows. */
static bool is_scheme(const struct url_place *u)
{
    static const struct str schemes[] = {
        STR_INIT("http"),   STR_INIT("https"), STR_INIT("ftp"),
        STR_INIT("ftps"),   STR_INIT("ws"),    STR_INIT("wss"),
        STR_INIT("mailto"), STR_INIT("data"),  STR_INIT("file"),
        STR_INIT("tel"),    STR_INIT("sms"),   STR_INIT("sftp"),
        STR_INIT("blob"),   STR_INIT("smb"),   STR_INIT("ldap"),
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
    if (is_slash(c) && is_slash(u->last))
        return true;
    if (c == ':')
        return is_scheme(u);
    if (c == '.')
        return u->word_len == 3 && memcmp(u->word, "www", 3) == 0;
    return u->dot && !u->other && (c == '/' || c == '?' || c == '#');
}

static void word_start(struct url_place *u, char opener)
{
    u->opener = opener;
    u->url = u->dot = u->other = false;
    u->word_len = 0;
}

static void word_add(struct url_place *u, char c)
{
    if (u->word_len < sizeof(u->word))
        u->word[u->word_len] = to_lower(c);
    if (u->word_len <= sizeof(u->word))
        u->word_len++;
    if (c == '.')
        u->dot |= is_alnum(u->last);
    else if (!is_alnum(c) && c != '-' && c != ':')
        u->other = true; /* ":" may stand before a port */
}

static void word_next(struct url_place *u, char c)
{
    bool quote = c == '"' || c == '\'' || c == '`';

    if (is_white(c) || c == '<') {
        word_start(u, c);
        return;
    }
    if (u->url) {
        if ((quote && c == u->opener) || (c == '>' && u->opener == '<'))
            word_start(u, 0);
        return;
    }
    if (begins_address(u, c))
        u->url = true;
    else if (quote || memchr("()[]{}|,;=>", c, 11) != NULL)
        word_start(u, c);
    else
        word_add(u, c);
}

/* --- Targets of Markdown. */

static void target_next(struct url_place *u, char c)
{
    bool escaped = u->escape;

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
    u->escape = c == '\\' && !u->escape;
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
