#include "rules/inside.h"

#include "base/utf8.h"
#include "rules/regex.h"

/*
 * How many characters a match takes at the most, with what it looks at on both
 * sides: read off the pattern's text (PCRE2 10.42, pcre2pattern(3)), item by
 * item. Too much is no harm, it costs time; too little would be. So whatever
 * has no bound, or is not understood, gives "not known".
 */

#define NESTED 32 /* groups in groups */

struct reading {
    struct str rest;
    uint32_t back; /* the most that is looked at before */
    unsigned depth;
};

static bool read_choices(struct reading *rd, uint32_t *ret_most);

static bool take(struct reading *rd, const char *front)
{
    struct str s = str_of(front);

    if (!str_starts(rd->rest, s))
        return false;
    rd->rest = str_skip(rd->rest, s.len);
    return true;
}

/* Of a name or a number in braces, what is behind it. */
static bool skip_to(struct reading *rd, char end)
{
    size_t at = str_find_byte(rd->rest, end);

    if (at == rd->rest.len)
        return false;
    rd->rest = str_skip(rd->rest, at + 1);
    return true;
}

/* Behind a backslash. What another place of the pattern or of the text decides
 * about is not known. */
static bool read_escape(struct reading *rd, uint32_t *ret_most)
{
    char c = rd->rest.len == 0 ? '\0' : rd->rest.ptr[0];
    size_t len = utf8_char(rd->rest);

    if (len == 0)
        return false;
    rd->rest = str_skip(rd->rest, len);
    *ret_most = 1;
    if (!is_alnum(c) || strchr("dDwWsShHvVnrtfea", c) != NULL)
        return true;
    if (c == 'R') {
        *ret_most = 2;
        return true;
    }
    if (strchr("bBAZz", c) != NULL) {
        *ret_most = 0;
        return true;
    }
    if (c == 'p' || c == 'P')
        return take(rd, "{") ? skip_to(rd, '}') : take(rd, "L");
    return c == 'x' && take(rd, "{") && skip_to(rd, '}');
}

/* "(?i)", "(?s-i:": how it goes on, by ret_group. Of x a pattern reads
 * otherwise than it looks. */
static bool read_options(struct reading *rd, bool *ret_group)
{
    size_t i = 0;

    while (i < rd->rest.len && rd->rest.ptr[i] != '\0' &&
           strchr("ims-", rd->rest.ptr[i]) != NULL)
        i++;
    rd->rest = str_skip(rd->rest, i);
    *ret_group = take(rd, ":");
    return *ret_group || take(rd, ")");
}

static bool read_inner(struct reading *rd, uint32_t *ret_most)
{
    if (rd->depth == NESTED)
        return false;
    rd->depth++;
    if (!read_choices(rd, ret_most) || !take(rd, ")"))
        return false;
    rd->depth--;
    return true;
}

/* What a match must not be followed by, or follow, holds no keyword. */
static bool skip_not(struct reading *rd)
{
    size_t len = 0;

    if (str_starts(rd->rest, STR("(?!")) || str_starts(rd->rest, STR("(?<!")))
        len = pattern_item(rd->rest);
    rd->rest = str_skip(rd->rest, len);
    return len != 0;
}

/* Behind a bracket that opens a group. */
static bool read_group(struct reading *rd, uint32_t *ret_most)
{
    bool group;
    uint32_t most;

    if (!take(rd, "?"))
        return !str_starts(rd->rest, STR("*")) && read_inner(rd, ret_most);
    if (take(rd, "=") || take(rd, ":") || take(rd, ">"))
        return read_inner(rd, ret_most);
    *ret_most = 0;
    if (take(rd, "<=")) {
        if (!read_inner(rd, &most))
            return false;
        rd->back = most > rd->back ? most : rd->back;
        return true;
    }
    if (take(rd, "<") || take(rd, "P<"))
        return skip_to(rd, '>') && read_inner(rd, ret_most);
    if (!read_options(rd, &group))
        return false;
    return !group || read_inner(rd, ret_most);
}

/* One item, without what says how often. */
static bool read_item(struct reading *rd, uint32_t *ret_most)
{
    size_t len;

    *ret_most = 0;
    if (skip_not(rd))
        return true;
    *ret_most = 1;
    if (take(rd, "\\"))
        return read_escape(rd, ret_most);
    if (take(rd, "("))
        return read_group(rd, ret_most);
    len = str_starts(rd->rest, STR("[")) ? pattern_item(rd->rest)
                                         : utf8_char(rd->rest);
    if (len == 0 || strchr("*+?{", rd->rest.ptr[0]) != NULL)
        return false;
    if (rd->rest.ptr[0] == '^' || rd->rest.ptr[0] == '$')
        *ret_most = 0;
    rd->rest = str_skip(rd->rest, len);
    return true;
}

static bool read_choice(struct reading *rd, uint32_t *ret_most)
{
    uint32_t least, times, one;
    bool whole;

    *ret_most = 0;
    while (rd->rest.len != 0 && rd->rest.ptr[0] != '|' &&
           rd->rest.ptr[0] != ')') {
        if (!read_item(rd, &one) ||
            !pattern_times(&rd->rest, &least, &times, &whole) ||
            times == TIMES_FREE ||
            (uint64_t)one * times + *ret_most > WIDTH_MOST)
            return false;
        *ret_most += one * times;
    }
    return true;
}

static bool read_choices(struct reading *rd, uint32_t *ret_most)
{
    uint32_t one;

    *ret_most = 0;
    do {
        if (!read_choice(rd, &one))
            return false;
        *ret_most = one > *ret_most ? one : *ret_most;
    } while (take(rd, "|"));
    return true;
}

struct width width_read(const struct rule *r)
{
    struct reading rd = {.rest = r->match};
    struct width w = {0};

    if (r->keyword_count == 0 || r->match.len == 0 ||
        !read_choices(&rd, &w.most) || rd.rest.len != 0)
        return (struct width){0};
    w.back = rd.back;
    return w;
}
