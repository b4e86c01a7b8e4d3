#include "llm/nested.h"

bool number_byte(char c)
{
    return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' ||
           c == 'E';
}

bool long_number(struct str s, size_t *pos, struct span *ret_at)
{
    size_t i = *pos;

    while (i < s.len) {
        size_t begin = i, run = 0, longest = 0;

        for (; i < s.len && number_byte(s.ptr[i]); i++) {
            run = is_digit(s.ptr[i]) ? run + 1 : 0;
            longest = run > longest ? run : longest;
        }
        if (longest >= NUMBER_DIGITS) {
            *pos = i;
            *ret_at = (struct span){(uint32_t)begin, (uint32_t)(i - begin)};
            return true;
        }
        i += i == begin;
    }
    *pos = i;
    return false;
}

struct nested nested_start(struct str outer)
{
    return (struct nested){.outer = outer};
}

/* The open string is [start, pos): a part, unless it is empty. */
static bool close_string(struct nested *n, struct nested_part *ret_part)
{
    bool some = n->open && n->pos > n->start;

    n->open = false;
    if (some)
        *ret_part = (struct nested_part){
            .at = {(uint32_t)n->start, (uint32_t)(n->pos - n->start)},
            .escaped = n->escaped,
        };
    return some;
}

/* Behind the place where JSON ends: the open string first, then the rest. */
static bool rest(struct nested *n, struct nested_part *ret_part)
{
    n->broken = true;
    if (close_string(n, ret_part))
        return true;
    if (n->pos >= n->outer.len)
        return false;
    *ret_part = (struct nested_part){
        .at = {(uint32_t)n->pos, (uint32_t)(n->outer.len - n->pos)},
        .plain = true,
    };
    n->pos = n->outer.len;
    return true;
}

static bool number_next(struct nested *n, struct nested_part *ret_part)
{
    struct str structure = str_head(n->outer, n->num_end);
    struct span at;

    if (n->num >= n->num_end || !long_number(structure, &n->num, &at))
        return false;
    *ret_part = (struct nested_part){.at = at, .number = true};
    return true;
}

bool nested_next(struct nested *n, struct nested_part *ret_part)
{
    struct inner_run run;

    while (!number_next(n, ret_part)) {
        struct str in = str_skip(n->outer, n->pos);
        size_t from = n->pos;

        if (n->broken || inner_next(&n->inner, &in, &run) != OK)
            return rest(n, ret_part);
        switch (run.kind) {
        case INNER_STRUCTURE:
            n->pos += run.src_len;
            n->num = from;
            n->num_end = n->pos;
            if (n->outer.ptr[n->pos - 1] == '"') {
                n->open = true;
                n->escaped = false;
                n->start = n->pos;
            }
            break;
        case INNER_TEXT:
            n->escaped |= n->outer.ptr[n->pos] == '\\';
            n->pos += run.src_len;
            break;
        case INNER_STRING_END: {
            bool some = close_string(n, ret_part);

            n->pos += run.src_len;
            if (some)
                return true;
            break;
        }
        }
    }
    return true;
}
