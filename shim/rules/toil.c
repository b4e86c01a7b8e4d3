#include "rules/inside.h"
#include "rules/regex.h"

/*
 * How much work a pattern may be, read off its text (PCRE2 10.42,
 * pcre2pattern(3)) item by item, where a try of it goes as wrong as it can:
 *
 *      send\b[^.!?]{0,60}\b(?:mails|files|keys)\b
 *      ^ at one place      ^ at 60 places
 *                          ^^^^^^^^^^^^^^^^^^^^ at 15 that end words, each
 *
 * What may stand up to n times is followed at n places. Of those few go on
 * behind a character, and more behind one of many or the end of a word. In
 * texts made of the rules' own tests and keywords, whole and cut, nineteen of
 * twenty patterns took no more nanoseconds for a try than is read here, and
 * four of 1,233 more than twice as many.
 */

#define NESTED    32   /* groups in groups */
#define MANY      24   /* for "any number" */
#define PLACES    160  /* an item is tried at, at the most */
#define BEHIND    16   /* of so many places one goes on behind a character, */
#define WIDE      3    /* ... behind one of a class of many,                */
#define WORDS     4    /* ... or behind the end of a word                   */
#define LIGHT     4    /* characters that a match passes for a step         */
#define PASSED    8    /* quarters of a step, and one for each bar, of a byte */
#define TOIL_MOST 2000 /* more can be read than any text was seen to take   */

struct reading {
    struct str rest;
    uint64_t taken; /* in steps of LIGHT */
    uint32_t reach; /* places where the item is tried */
    unsigned depth;
    struct {
        uint32_t reach, most; /* before it, and behind a choice that was read */
        bool apart; /* it looks about, and the match goes on from before it */
    } open[NESTED];
};

static uint32_t some_of(uint32_t places, uint32_t of)
{
    return places > of ? places / of : 1;
}

/* "(?i)" is no group, but what a group is read with. */
static bool read_open(struct reading *rd)
{
    static const struct str apart[] = {STR_INIT("(?="), STR_INIT("(?!"),
                                       STR_INIT("(?<="), STR_INIT("(?<!")};
    size_t i = 1;
    bool look = false;

    if (str_starts(rd->rest, STR("(*")))
        return false;
    for (size_t k = 0; k < ARRAY_LEN(apart); k++)
        look |= str_starts(rd->rest, apart[k]);
    if (str_starts(rd->rest, STR("(?("))) /* asks for a group */
        i = str_find_byte(rd->rest, ')') + 1;
    else if (!look && str_starts(rd->rest, STR("(?")))
        for (i = 2; i < rd->rest.len && rd->rest.ptr[i - 1] != ':' &&
                    rd->rest.ptr[i - 1] != '>' && rd->rest.ptr[i - 1] != '|';)
            if (rd->rest.ptr[i++] == ')') {
                rd->rest = str_skip(rd->rest, i);
                return true;
            }
    if (rd->depth == NESTED)
        return false;
    rd->open[rd->depth].reach = rd->reach;
    rd->open[rd->depth].most = 0;
    rd->open[rd->depth++].apart = look;
    rd->rest = str_skip(rd->rest, look ? apart[0].len : i);
    return true;
}

/* The item before, which was tried at so many places, of which so many go on
 * behind it, may stand so often. */
static bool read_often(struct reading *rd, uint32_t places, uint32_t of,
                       bool group)
{
    uint32_t least, most;
    bool whole;

    if (!pattern_times(&rd->rest, &least, &most, &whole))
        return false;
    if (most == TIMES_FREE)
        most = least + MANY;
    if (least > 0)
        places = some_of(places, of);
    if (most > 1)
        rd->taken += (uint64_t)LIGHT * places * (most - 1);
    if (least == most)
        return true;
    if (most > 1 && !whole && !group)
        places = places * most < PLACES ? places * most
                 : places > PLACES      ? places
                                        : PLACES;
    rd->reach = least > 0 && (whole || group) ? rd->reach : places;
    return true;
}

static bool read_close(struct reading *rd)
{
    uint32_t before, most;

    if (rd->depth == 0)
        return false;
    before = rd->open[--rd->depth].reach;
    most = rd->open[rd->depth].most;
    rd->rest = str_skip(rd->rest, 1);
    if (rd->open[rd->depth].apart) {
        rd->reach = before;
        return true;
    }
    rd->reach = rd->reach > most ? rd->reach : most;
    return read_often(rd, before, BEHIND, true);
}

static void read_bar(struct reading *rd)
{
    uint32_t before = 1;

    if (rd->depth != 0) {
        uint32_t *most = &rd->open[rd->depth - 1].most;

        *most = rd->reach > *most ? rd->reach : *most;
        before = rd->open[rd->depth - 1].reach;
    }
    rd->reach = before;
    rd->rest = str_skip(rd->rest, 1);
}

/* Are there many characters that the item takes? */
static bool is_wide(struct str item)
{
    if (item.ptr[0] == '[')
        return item.ptr[1] == '^' ||
               str_find_byte(str_head(item, item.len - 2), '-') < item.len - 2;
    return item.ptr[0] == '.' ||
           (item.ptr[0] == '\\' && strchr("wSD", item.ptr[1]) != NULL);
}

/* A character, a class or an escape. */
static bool read_item(struct reading *rd)
{
    size_t len = pattern_item(rd->rest);
    char c = rd->rest.ptr[0];
    uint32_t places = rd->reach, of;
    bool empty = c == '^' || c == '$';

    if (len == 0)
        return false;
    if (c == '\\') {
        c = rd->rest.ptr[1];
        empty = c == 'b' || c == 'B' || c == 'A' || c == 'Z' || c == 'z';
        if (strchr("pPxgk", c) != NULL && len < rd->rest.len &&
            rd->rest.ptr[len] == '{')
            len += str_find_byte(str_skip(rd->rest, len), '}') + 1;
    }
    if (len > rd->rest.len)
        return false;
    of = empty ? WORDS : is_wide(str_head(rd->rest, len)) ? WIDE : BEHIND;
    rd->rest = str_skip(rd->rest, len);
    rd->taken += empty || places > 1 ? (uint64_t)LIGHT * places : 1;
    rd->reach = some_of(places, of);
    return empty || read_often(rd, places, of, false);
}

static bool read_next(struct reading *rd)
{
    switch (rd->rest.ptr[0]) {
    case '(':
        return read_open(rd);
    case ')':
        return read_close(rd);
    case '|':
        read_bar(rd);
        return true;
    default:
        return read_item(rd);
    }
}

struct toil toil_read(struct str pattern)
{
    struct reading rd = {.rest = pattern, .reach = 1};
    struct toil toil = {.passed = PASSED};
    bool read = true;

    while (rd.rest.len != 0 && (read = read_next(&rd)))
        ;
    toil.tried = !read || rd.taken > (uint64_t)LIGHT * TOIL_MOST
                     ? TOIL_MOST
                     : (uint32_t)(rd.taken / LIGHT);
    for (size_t i = 0; i < pattern.len; i++)
        toil.passed += pattern.ptr[i] == '|';
    toil.passed /= 4;
    return toil;
}
