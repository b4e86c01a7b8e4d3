#include "rules/near.h"

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_of(const char *set, char c)
{
    return c != 0 && strchr(set, c) != NULL;
}

static bool in_char(struct str text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
}

static size_t char_before(struct str text, size_t at)
{
    do
        at--;
    while (at > 0 && in_char(text, at));
    return at;
}

static size_t char_behind(struct str text, size_t at)
{
    do
        at++;
    while (in_char(text, at));
    return at;
}

/* Of what a word is made, in any script. */
static bool is_word(char c)
{
    return token_byte(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Does a sentence end right before `at`, as what stands there and before it
 * tells? Sees three bytes of the past, and those of closing quotes. */
static bool sentence_ends(struct str text, size_t at)
{
    struct str before = str_head(text, at);

    if (at == 0 || at >= text.len)
        return false;
    if (str_ends(before, STR("\xe3\x80\x82")) ||
        str_ends(before, STR("\xef\xbc\x81")) ||
        str_ends(before, STR("\xef\xbc\x9f")))
        return true;
    if (!is_blank(text.ptr[at]))
        return false;
    if (text.ptr[at - 1] == '\n')
        return text.ptr[at] == '\n' || text.ptr[at] == '\r';
    for (size_t i = 0; i < 2 && before.len > 1; i++)
        before.len -= is_of("\"')]", before.ptr[before.len - 1]);
    return is_of(".!?", before.ptr[before.len - 1]);
}

/* Where the text begins that is looked at before `from`. */
static size_t window_start(const struct near *n, struct str text, size_t from)
{
    size_t at = from, word;

    for (uint32_t i = 0; i < n->within; i++) {
        if (at == 0 || (n->sentence && sentence_ends(text, at)))
            return at;
        at = char_before(text, at);
    }
    word = at;
    while (at > 0 && is_word(text.ptr[at]) && is_word(text.ptr[at - 1]) &&
           word - at < NEAR_WORD)
        at = char_before(text, at);
    return at;
}

/* Where it ends behind `from`; *ret_cut where the text ends before that. */
static size_t window_end(const struct near *n, struct str text, size_t from,
                         bool *ret_cut)
{
    size_t at = from, word;

    *ret_cut = false;
    for (uint32_t i = 0; i < n->within && at < text.len; i++) {
        if (n->sentence && sentence_ends(text, at))
            return at;
        at = char_behind(text, at);
    }
    word = at;
    while (at < text.len && at > from && is_word(text.ptr[at]) &&
           is_word(text.ptr[at - 1]) && at - word < NEAR_WORD)
        at = char_behind(text, at);
    *ret_cut = at == text.len;
    return at;
}

static size_t near_reach(const struct rule *r, unsigned side)
{
    size_t most = 0;

    for (size_t i = 0; i < r->near_count; i++) {
        size_t n = 4 * (size_t)r->nears[i].within + NEAR_WORD + 4;

        if ((r->nears[i].sides & side) != 0 && n > most)
            most = n;
    }
    return most;
}

size_t near_before(const struct rule *r)
{
    return near_reach(r, NEAR_BEFORE);
}

size_t near_after(const struct rule *r)
{
    return near_reach(r, NEAR_AFTER);
}

/* Is it in the text at from..to? */
static enum err look(const struct search *s, struct scratch *sc, size_t i,
                     size_t from, size_t to, bool *ret_found)
{
    struct str part = {s->text.ptr + from, to - from};
    enum hit hit = HIT_NONE;
    enum err e = OK;

    if (part.len > 0)
        e = pattern_run(s->code->nears[i], sc, part, 0, false, &hit);
    *ret_found = hit == HIT_MATCH;
    return e;
}

/* The past first: most of the time it decides, and it never has to wait. */
enum err near_holds(const struct search *s, struct scratch *sc, size_t start,
                    size_t end, bool *ret_yes, bool *ret_open)
{
    const struct rule *r = s->rule;
    unsigned found = 0;
    bool cut, yes = false;
    enum err e;

    *ret_yes = *ret_open = false;
    for (size_t i = 0; i < r->near_count; i++) {
        const struct near *n = &r->nears[i];

        if (!(n->sides & NEAR_BEFORE))
            continue;
        if ((e = look(s, sc, i, window_start(n, s->text, start), start, &yes)))
            return e;
        if (yes ? n->unless : !n->unless && !(n->sides & NEAR_AFTER))
            return OK;
        found |= (unsigned)yes << i;
    }
    for (size_t i = 0; i < r->near_count; i++) {
        const struct near *n = &r->nears[i];
        size_t to;

        if (!(n->sides & NEAR_AFTER) || (found >> i & 1) != 0)
            continue;
        to = window_end(n, s->text, end, &cut);
        if (s->open && cut) {
            *ret_open = true;
            continue;
        }
        if ((e = look(s, sc, i, end, to, &yes)))
            return e;
        if (yes == n->unless) {
            *ret_open = false;
            return OK;
        }
    }
    *ret_yes = !*ret_open;
    return OK;
}
