#include "detect/respell.h"

#include "base/utf8.h"
#include "detect/look.h"
#include "detect/normal.h"
#include "detect/plain.h"

#define SINGLES 5
#define GAP     2  /* characters between them, at most */
#define OTHERS  16 /* in a row among the first of them */
#define SIGNS   16 /* bytes before the first letter that may be of them */

/* What is looked at. */
struct part {
    struct chars *chars;
    struct str text;
    bool last; /* nothing follows it */
};

static bool is_word(const struct part *p, size_t at, size_t *ret_len)
{
    uint32_t cp;

    *ret_len = 1;
    if ((unsigned char)p->text.ptr[at] < 0x80)
        return is_alnum(p->text.ptr[at]);
    cp = utf8_next(str_skip(p->text, at), ret_len);
    return chars_letter(p->chars, cp);
}

/* What stands behind the character before `at`, and before the next letter or
 * digit; empty if that is not short. False: what follows will tell. */
static bool gap_behind(const struct part *p, size_t at, struct str *ret_gap)
{
    size_t start = at, len;

    *ret_gap = STR("");
    for (size_t n = 0; at < p->text.len && !is_word(p, at, &len); n++) {
        if (n == GAP || p->text.ptr[at] == '\n')
            return true;
        at += len;
    }
    *ret_gap = (struct str){p->text.ptr + start, at - start};
    return p->last || at < p->text.len;
}

/* Does it begin with the gap, which is short? */
static inline bool gap_at(struct str rest, struct str gap)
{
    if (rest.len < gap.len)
        return false;
    for (size_t i = 0; i < gap.len; i++)
        if (rest.ptr[i] != gap.ptr[i])
            return false;
    return true;
}

/* May the gap stand at the front of what is to come behind `rest`? */
static bool gap_open(struct str rest, struct str gap, bool last)
{
    return !last && rest.len < gap.len && str_starts(gap, rest);
}

/* A letter that others follow at once begins a word and is none of them. */
static enum look single_at(const struct part *p, size_t at, bool *ret_letter,
                           size_t *ret_len)
{
    bool word = is_word(p, at, ret_len);
    struct str rest = str_skip(p->text, at + *ret_len);
    size_t len;

    *ret_letter = word && !is_digit(p->text.ptr[at]);
    if (!word)
        return LOOK_YES;
    if (rest.len == 0 && !p->last)
        return LOOK_OPEN;
    return rest.len > 0 && is_word(p, at + *ret_len, &len) ? LOOK_NO : LOOK_YES;
}

/*
 * Characters of any kind with the gap behind each, from `at` on: are there
 * letters enough among them? If not, *ret_last is the last of them.
 */
static enum look singles_at(const struct part *p, size_t at, struct str gap,
                            size_t *ret_last)
{
    size_t letters = 0, others = 0, len;

    while (at < p->text.len) {
        bool letter;
        enum look one = single_at(p, at, &letter, &len);
        struct str rest;

        if (one != LOOK_YES)
            return one;
        letters += letter;
        others = letter ? 0 : others + 1;
        *ret_last = at;
        rest = str_skip(p->text, at + len);
        if (letters == SINGLES)
            return LOOK_YES;
        if (gap_open(rest, gap, p->last))
            return LOOK_OPEN;
        if (others == OTHERS || !gap_at(rest, gap))
            return LOOK_NO;
        at += len + gap.len;
    }
    return p->last ? LOOK_NO : LOOK_OPEN;
}

/* Do such characters begin here? If not, *ret_last is the last of those that
 * do, and `at` if not even one does. */
static enum look joined_at(const struct part *p, size_t at, struct str *ret_gap,
                           size_t *ret_last)
{
    size_t len;

    *ret_last = at;
    if (!is_word(p, at, &len))
        return LOOK_NO;
    if (!gap_behind(p, at + len, ret_gap))
        return LOOK_OPEN;
    if (ret_gap->len == 0)
        return LOOK_NO;
    return singles_at(p, at, *ret_gap, ret_last);
}

bool joined_begins(struct str text, size_t at)
{
    const struct part p = {NULL, text, true};
    struct str gap;
    size_t last;

    return joined_at(&p, at, &gap, &last) == LOOK_YES;
}

static bool is_sign(char c)
{
    return c > ' ' && !is_alnum(c);
}

/* A sign before the first letter may be one of them. */
static size_t joined_start(struct str text, size_t from, size_t first,
                           struct str gap)
{
    size_t at = first;

    while (at > from + gap.len && first - at + gap.len < SIGNS &&
           str_starts(str_skip(text, at - gap.len), gap) &&
           is_sign(text.ptr[at - gap.len - 1]))
        at -= gap.len + 1;
    return at;
}

/* Where the signs begin that may be of those that come at `at`. */
static size_t signs_before(const struct part *p, size_t from, size_t at)
{
    size_t first = at, len;

    for (size_t to = at; to > from && at - to < SIGNS;) {
        if (is_alnum(p->text.ptr[to - 1]))
            break;
        to = utf8_front(p->text, to - 1);
        if (is_word(p, to, &len))
            break;
        if (is_sign(p->text.ptr[to]))
            first = to;
    }
    return first;
}

/* Past words, to the first letter or digit that may be by itself, or the end.
 */
static size_t pass_words(const struct part *p, size_t at, bool *within)
{
    size_t len, next;

    while (at < p->text.len) {
        bool word;

        if ((unsigned char)p->text.ptr[at] < 0x80) {
            at += plain_words(str_skip(p->text, at), within);
            if (at == p->text.len || (unsigned char)p->text.ptr[at] < 0x80)
                break;
        }
        word = is_word(p, at, &len);
        if (word && !*within) {
            if (at + len == p->text.len || !is_word(p, at + len, &next))
                break;
            len += next;
        }
        *within = word;
        at += len;
    }
    return at;
}

/* The next that are to be joined begin at *ret_start, with what is before them
 * from `from` on; false: none do, up to *at. */
static bool joined_next(struct joined *j, const struct part *p, size_t from,
                        size_t *at, size_t *ret_start)
{
    struct str gap;
    size_t last, len;

    for (;;) {
        enum look is;

        *at = pass_words(p, *at, &j->within);
        if (*at == p->text.len)
            return false;
        is = j->within ? LOOK_NO : joined_at(p, *at, &gap, &last);
        if (is == LOOK_OPEN)
            return false;
        if (is == LOOK_YES) {
            memcpy(j->gap, gap.ptr, gap.len);
            j->gap_len = gap.len;
            *ret_start = joined_start(p->text, from, *at, gap);
            return true;
        }
        /* None that begins further on in them has more letters, but for the
         * last: something else may stand behind that. */
        if (!j->within && last > *at) {
            *at = last;
            continue;
        }
        j->within = is_word(p, *at, &len);
        *at += len;
    }
}

bool joined_plain(struct joined *j, struct str text, size_t *pos, bool last)
{
    const struct part p = {j->chars, text, last};
    size_t from = *pos, at = from;

    if (joined_next(j, &p, from, &at, pos)) {
        j->within = false;
        return true;
    }
    *pos = last ? at : signs_before(&p, from, at);
    return false;
}

/*
 * One more word of such letters behind the one that ends at `at`: a blank, with
 * the gap before it or without, and a letter that the gap is behind.
 * *ret_taken: the blank and the letter.
 */
static enum look word_behind(const struct part *p, size_t at, struct str gap,
                             struct str *ret_taken)
{
    struct str rest = str_skip(p->text, at), behind;
    size_t blank = at + (gap_at(rest, gap) ? gap.len : 0), len;
    enum look is;
    bool letter;

    if (blank < p->text.len && !is_white(p->text.ptr[blank]))
        return LOOK_NO;
    if (blank + 1 >= p->text.len)
        return p->last ? LOOK_NO : LOOK_OPEN;
    is = single_at(p, blank + 1, &letter, &len);
    if (is != LOOK_YES || !letter)
        return is == LOOK_OPEN ? LOOK_OPEN : LOOK_NO;
    *ret_taken = (struct str){p->text.ptr + blank, 1 + len};
    behind = str_skip(p->text, blank + 1 + len);
    return gap_at(behind, gap)              ? LOOK_YES
           : gap_open(behind, gap, p->last) ? LOOK_OPEN
                                            : LOOK_NO;
}

/* Those behind the one that ends at *at, as far as is known. */
static enum err put_joined(struct joined *j, const struct part *p, size_t base,
                           size_t *at, struct textview *out)
{
    struct str gap = {j->gap, j->gap_len};
    enum err e;

    for (;;) {
        struct str rest = str_skip(p->text, *at), word;
        size_t next = *at + gap.len, len;
        enum look is;
        bool letter;

        if (gap_open(rest, gap, p->last) ||
            (!p->last && rest.len == gap.len && gap_at(rest, gap)))
            return OK;
        is = word_behind(p, *at, gap, &word);
        if (is == LOOK_OPEN)
            return OK;
        if (is == LOOK_YES) {
            size_t from = (size_t)(word.ptr - p->text.ptr);

            if ((e = textview_copy(out, word, base + from)))
                return e;
            *at = from + word.len;
            continue;
        }
        is = gap_at(rest, gap) && next < p->text.len
                 ? single_at(p, next, &letter, &len)
                 : LOOK_NO;
        if (is == LOOK_OPEN)
            return OK;
        if (is == LOOK_NO) {
            j->on = false;
            j->within = true;
            return OK;
        }
        if ((e = textview_copy(out, str_head(str_skip(p->text, next), len),
                               base + next)))
            return e;
        *at = next + len;
    }
}

enum err joined_feed(struct joined *j, struct str text, size_t base,
                     size_t *pos, bool last, struct textview *out)
{
    const struct part p = {j->chars, text, last};
    size_t at = *pos, from = at, start, len;
    enum err e;

    for (;;) {
        if (j->on) {
            if ((e = put_joined(j, &p, base, &at, out)))
                return e;
            from = at;
        }
        if (j->on || !joined_next(j, &p, from, &at, &start))
            break;
        (void)is_word(&p, start, &len);
        at = start + len;
        if ((e = textview_copy(out, (struct str){text.ptr + from, at - from},
                               base + from)))
            return e;
        j->on = j->changed = true;
    }
    if (!last && !j->on)
        at = signs_before(&p, from, at);
    *pos = at;
    return textview_copy(out, (struct str){text.ptr + from, at - from},
                         base + from);
}

enum err joined_make(struct chars *chars, struct str text, struct textview *out,
                     bool *ret_changed)
{
    struct joined j = {.chars = chars};
    size_t pos = 0;
    enum err e;

    textview_clear(out);
    *ret_changed = joined_plain(&j, text, &pos, true);
    if (!*ret_changed)
        return OK;
    e = textview_copy(out, str_head(text, pos), 0);
    return e ? e : joined_feed(&j, text, 0, &pos, true, out);
}
