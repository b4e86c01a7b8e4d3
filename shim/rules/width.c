#include "rules/inside.h"

#include "base/utf8.h"
#include "rules/ahead.h"

/*
 * How many characters a match takes at the most, with what it looks at on both
 * sides, and what must stand in it: read off the pattern's text (PCRE2 10.42,
 * pcre2pattern(3)), item by item. Too much is no harm, it costs time; too
 * little would be. So whatever is not understood gives "not known".
 */

#define NESTED 32 /* groups in groups */

struct reading {
    struct str rest;
    uint32_t back; /* the most that is looked at before */
    unsigned depth;
    bool plain; /* letters are what they look like */
    bool bytes; /* the first of any text is wanted, not the text */
};

/* Where a part of a pattern is. */
struct place {
    bool front; /* nothing must be before it */
    bool edge;  /* no letter is right before it */
};

static bool read_choices(struct reading *rd, struct place at,
                         struct piece *ret);

static uint32_t times_of(uint32_t one, uint32_t times)
{
    uint64_t all = (uint64_t)one * times;

    return one == PIECE_FREE || all > PIECE_FREE ? PIECE_FREE : (uint32_t)all;
}

/* Is no letter of ASCII among them? */
static bool no_letters(const struct guard *bytes)
{
    const uint64_t letters = UINT64_C(0x07fffffe07fffffe);

    return (bytes->bits[1] & letters) == 0;
}

/* Is no letter right behind a piece, which stands so often at the least, if
 * none is right before it? */
static bool stays_apart(const struct piece *one, uint32_t least, bool before)
{
    if (one->most == 0)
        return before;
    return one->apart && (before || times_of(one->least, least) != 0);
}

/* One more, behind all of it. */
static void put_behind(struct piece *all, struct piece *one, uint32_t least,
                       uint32_t times)
{
    if (least != 0 && one->want.what != WANT_NOTHING) {
        want_behind(&one->want, all);
        if (want_better(&one->want, &all->want))
            all->want = one->want;
    }
    guard_add(&all->bytes, &one->bytes);
    all->apart = stays_apart(one, least, all->apart);
    all->least = piece_sum(all->least, times_of(one->least, least));
    all->most = piece_sum(all->most, times_of(one->most, times));
}

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

static bool read_inner(struct reading *rd, struct place at, struct piece *ret)
{
    if (rd->depth == NESTED)
        return false;
    rd->depth++;
    if (!read_choices(rd, at, ret) || !take(rd, ")"))
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
static bool read_group(struct reading *rd, struct place at, struct piece *ret)
{
    bool group;

    if (!take(rd, "?"))
        return !str_starts(rd->rest, STR("*")) && read_inner(rd, at, ret);
    if (take(rd, "=")) {
        if (!read_inner(rd, at, ret))
            return false;
        ret->least = 0;
        return true;
    }
    if (take(rd, ":") || take(rd, ">"))
        return read_inner(rd, at, ret);
    if (take(rd, "<=")) {
        if (!read_inner(rd, at, ret))
            return false;
        rd->back = ret->most > rd->back ? ret->most : rd->back;
        *ret = (struct piece){0};
        return true;
    }
    if (take(rd, "<") || take(rd, "P<"))
        return skip_to(rd, '>') && read_inner(rd, at, ret);
    if (!read_options(rd, &group))
        return false;
    return !group || read_inner(rd, at, ret);
}

/* One item, without what says how often. */
static bool read_item(struct reading *rd, struct place at, struct piece *ret)
{
    struct guard bytes;
    size_t len;

    *ret = (struct piece){0};
    if (skip_not(rd))
        return true;
    if (take(rd, "("))
        return read_group(rd, at, ret);
    if (guard_text(rd->rest, rd->plain, &bytes) == 0)
        bytes = guard_all;
    ret->most = 1;
    if (take(rd, "\\")) {
        if (!read_escape(rd, &ret->most))
            return false;
    } else {
        len = str_starts(rd->rest, STR("[")) ? pattern_item(rd->rest)
                                             : utf8_char(rd->rest);
        if (len == 0 || strchr("*+?{", rd->rest.ptr[0]) != NULL)
            return false;
        if (rd->rest.ptr[0] == '^' || rd->rest.ptr[0] == '$')
            ret->most = 0;
        rd->rest = str_skip(rd->rest, len);
    }
    if (ret->most != 0)
        ret->bytes = bytes;
    ret->apart = no_letters(&bytes);
    ret->least = ret->most != 0;
    return true;
}

/* What is wanted of literal text. */
static struct want want_text(const struct reading *rd, const char *word,
                             size_t n, const struct guard *first)
{
    if (!rd->bytes)
        return want_word(word, n);
    return (struct want){.what = WANT_RUN, .end = 1, .least = 1, .run = *first};
}

/* Literal text at the front, if there is any. */
static bool read_word(struct reading *rd, struct place at, struct piece *ret)
{
    char word[LIM_KEYWORD];
    struct guard bytes, first = {{0}};
    size_t n = 0, len;

    *ret = (struct piece){0};
    while (n < sizeof(word) &&
           (len = pattern_letter(rd->rest, false, &word[n])) != 0 &&
           (unsigned char)word[n] < 0x80 &&
           guard_text(rd->rest, rd->plain, &bytes) == len) {
        first = n == 0 ? bytes : first;
        guard_add(&ret->bytes, &bytes);
        rd->rest = str_skip(rd->rest, len);
        n++;
    }
    ret->least = ret->most = (uint32_t)n;
    ret->apart = n != 0 && !is_alpha(word[n - 1]);
    if (n != 0 && !at.front) /* there it is the keyword */
        ret->want = want_text(rd, word, n, &first);
    ret->want.before = ret->bytes;
    ret->want.edge = at.edge;
    return n != 0;
}

/* What is wanted of one character, so often: of these bytes, or beyond ASCII.
 */
static struct want want_item(const struct guard *bytes, uint32_t least)
{
    return (bytes->bits[0] | bytes->bits[1]) == 0 ? want_beyond()
                                                  : want_run(bytes, least);
}

/* The next of them, and how often; a run of one kind of bytes is known by that.
 */
static bool read_next(struct reading *rd, struct place at, struct piece *ret,
                      uint32_t *ret_least, uint32_t *ret_times)
{
    bool group = str_starts(rd->rest, STR("(")), whole;

    *ret_least = *ret_times = 1;
    if (read_word(rd, at, ret))
        return true;
    if (!read_item(rd, at, ret) ||
        !pattern_times(&rd->rest, ret_least, ret_times, &whole))
        return false;
    if (!group && ret->most == 1 && !rd->bytes)
        ret->want = want_item(&ret->bytes, *ret_least);
    return true;
}

static bool read_choice(struct reading *rd, struct place at, struct piece *ret)
{
    uint32_t least, times;
    struct piece one;
    bool edge;

    *ret = (struct piece){.apart = true};
    while (rd->rest.len != 0 && rd->rest.ptr[0] != '|' &&
           rd->rest.ptr[0] != ')') {
        edge = str_starts(rd->rest, STR("\\b")) ||
               str_starts(rd->rest, STR("(?<!\\p{L})"));
        if (!read_next(rd, at, &one, &least, &times))
            return false;
        put_behind(ret, &one, least, times);
        at = (struct place){at.front && ret->least == 0,
                            edge || stays_apart(&one, least, at.edge)};
    }
    return true;
}

static bool read_choices(struct reading *rd, struct place at, struct piece *ret)
{
    struct piece one;

    if (!read_choice(rd, at, ret))
        return false;
    while (take(rd, "|")) {
        if (!read_choice(rd, at, &one))
            return false;
        ret->least = one.least < ret->least ? one.least : ret->least;
        ret->most = one.most > ret->most ? one.most : ret->most;
        ret->apart &= one.apart;
        guard_add(&ret->bytes, &one.bytes);
        want_either(&ret->want, &one.want);
    }
    return true;
}

bool piece_read(struct str pattern, bool keyed, struct piece *ret_piece)
{
    const struct place front = {.front = keyed};
    struct reading rd = {.rest = pattern, .plain = pattern_plain(pattern)};

    if (!read_choices(&rd, front, ret_piece) || rd.rest.len != 0)
        return false;
    ret_piece->back = rd.back;
    return true;
}

bool behind_read(struct str behind, struct piece *ret_piece)
{
    struct reading rd = {.rest = behind, .plain = true, .bytes = true};

    return read_choices(&rd, (struct place){0}, ret_piece) && rd.rest.len == 0;
}

struct width width_read(const struct rule *r)
{
    struct piece all;

    if (r->keyword_count == 0 || r->match.len == 0 ||
        !piece_read(r->match, true, &all) || all.most > WIDTH_MOST ||
        all.back > WIDTH_MOST)
        return (struct width){0};
    return (struct width){all.most, all.back};
}
