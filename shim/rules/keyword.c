#include "rules/inside.h"

#include <stdlib.h>

#include "base/wide.h"
#include "rules/key.h"

/*
 * One rule's keywords at one place, in all the ways that PCRE2 reads them. Slow
 * beside the prefilter, and needed where that cannot say: on streams, behind a
 * full list of offsets, and in a text with a second spelling of s or k.
 */

bool keyword_gaps(struct str keyword)
{
    for (size_t i = 0; i < keyword.len; i++)
        if (keyword_gap(keyword, i))
            return true;
    return false;
}

size_t keyword_tidy(struct str keyword, char out[LIM_KEYWORD])
{
    bool front = true;
    size_t n = 0;

    for (size_t i = 0; i < keyword.len && n < LIM_KEYWORD; i++) {
        char c = keyword.ptr[i];

        front = front && is_white(c);
        if (front || !is_white(c))
            out[n++] = c;
        else if (!is_white(keyword.ptr[i - 1]))
            out[n++] = ' ';
    }
    return n;
}

bool keyword_is_tidy(struct str keyword)
{
    for (size_t i = key_front(keyword); i < keyword.len; i++)
        if (is_white(keyword.ptr[i]) && !keyword_gap(keyword, i))
            return false;
    return true;
}

/* White space at text[*at], as much as counts: false if that is too much. */
static bool pass_blanks(struct str text, size_t *at, size_t *blanks)
{
    for (++*at; *at < text.len && is_white(text.ptr[*at]); ++*at)
        if (++*blanks > KEYWORD_WIDE)
            return false;
    return true;
}

enum keyword_here keyword_at(struct str keyword, struct str text,
                             size_t *ret_len)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t at = 0, blanks = 0;

    for (size_t i = 0; i < keyword.len; i++) {
        char c = to_lower(keyword.ptr[i]);

        if (at == text.len)
            return KEYWORD_CUT;
        if (keyword_gap(keyword, i) && is_white(text.ptr[at])) {
            if (i + 1 == keyword.len) {
                at++;
                break;
            }
            if (!pass_blanks(text, &at, &blanks))
                return KEYWORD_NO;
        } else if (to_lower(text.ptr[at]) == c)
            at++;
        else if (c == 's' && text.len - at >= 2 && p[at] == 0xc5 &&
                 p[at + 1] == 0xbf)
            at += 2;
        else if (c == 'k' && text.len - at >= 3 && p[at] == 0xe2 &&
                 p[at + 1] == 0x84 && p[at + 2] == 0xaa)
            at += 3;
        else
            return KEYWORD_NO;
    }
    *ret_len = at;
    return KEYWORD_YES;
}

size_t second_len(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;

    if (s.len >= 2 && p[0] == 0xc5 && p[1] == 0xbf)
        return 2;
    return s.len >= 3 && p[0] == 0xe2 && p[1] == 0x84 && p[2] == 0xaa ? 3 : 0;
}

/* The next second spelling, and how long it is; s.len if there is none. */
static size_t second_next(struct str s, size_t *ret_len)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t i = 0;

    while (i < s.len) {
        if (s.len - i > WIDE) {
            wide v = wide_at(p + i), next = wide_at(p + i + 1);
            unsigned some = wide_mask((wide)((v == 0xc5) & (next == 0xbf)) |
                                      (wide)((v == 0xe2) & (next == 0x84)));

            if (some == 0) {
                i += WIDE;
                continue;
            }
            i += (size_t)__builtin_ctz(some);
        }
        if ((*ret_len = second_len(str_skip(s, i))) != 0)
            return i;
        i++;
    }
    return s.len;
}

static enum err second_add(struct folded *f, size_t lost)
{
    size_t cap = f->cap == 0 ? 16 : 2 * f->cap;

    if (f->count == f->cap) {
        struct second *more = realloc(f->list, cap * sizeof(*more));

        if (more == NULL)
            return E_NOMEM;
        f->list = more;
        f->cap = cap;
    }
    lost += f->count > 0 ? f->list[f->count - 1].lost : 0;
    f->list[f->count++] =
        (struct second){(uint32_t)f->text.len, (uint32_t)lost};
    return OK;
}

enum err keyword_fold(struct str text, struct folded *f)
{
    size_t len, n;
    enum err e;

    buf_clear(&f->text);
    f->count = f->seen = 0;
    f->text.max = text.len;
    while ((n = second_next(text, &len)) < text.len) {
        if ((e = buf_add(&f->text, str_head(text, n))) ||
            (e = buf_add_byte(&f->text, len == 2 ? 's' : 'k')) ||
            (e = second_add(f, len - 1)))
            return e;
        text = str_skip(text, n + len);
    }
    return f->count == 0 ? OK : buf_add(&f->text, text);
}

void folded_free(struct folded *f)
{
    buf_wipe_free(&f->text);
    free(f->list);
    *f = (struct folded){.list = NULL};
}

static uint32_t second_bit(char c)
{
    return UINT32_C(1) << (to_lower(c) & 31);
}

/* The bytes that may stand behind the first of the keyword. */
static uint32_t seconds_of(struct str keyword)
{
    char c = keyword.len > 1 ? to_lower(keyword.ptr[1]) : 0;

    if (keyword.len < 2)
        return UINT32_MAX;
    if (is_white(c))
        return second_bit(' ') | second_bit('\t') | second_bit('\n') |
               second_bit('\v') | second_bit('\f') | second_bit('\r');
    return second_bit(c) | (c == 's' ? second_bit('\xc5') : 0) |
           (c == 'k' ? second_bit('\xe2') : 0);
}

void keyword_index(const struct rule *r, struct keyword_index *ret_index)
{
    struct keyword_index *ix = ret_index;

    memset(ix, 0, sizeof(*ix));
    for (size_t j = r->keyword_count; j > 0; j--) {
        char c = to_lower(r->keywords[j - 1].ptr[0]);

        ix->next[j - 1] = ix->first[(unsigned char)c];
        ix->first[(unsigned char)c] = (uint16_t)j;
        ix->seconds[(unsigned char)c] |= seconds_of(r->keywords[j - 1]);
        if (c >= 'a' && c <= 'z')
            ix->seconds[c & 0x5f] = ix->seconds[(unsigned char)c];
        if (c == 's')
            ix->seconds[0xc5] = UINT32_MAX;
        if (c == 'k')
            ix->seconds[0xe2] = UINT32_MAX;
    }
}

/* Does one of a chain begin at the front of text? */
static bool chain_here(const struct rule *r, const struct keyword_index *ix,
                       char c, struct str text, bool open)
{
    for (uint16_t j = ix->first[(unsigned char)c]; j != 0;
         j = ix->next[j - 1]) {
        size_t len;
        enum keyword_here here = keyword_at(r->keywords[j - 1], text, &len);

        if (here == KEYWORD_YES || (here == KEYWORD_CUT && open))
            return true;
    }
    return false;
}

size_t keyword_next(const struct rule *r, const struct keyword_index *index,
                    struct str text, size_t from, bool open)
{
    for (size_t i = from; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        struct str here = str_skip(text, i);

        if (index->seconds[c] == 0 ||
            (here.len > 1 &&
             (index->seconds[c] & second_bit(here.ptr[1])) == 0))
            continue;
        if (chain_here(r, index, to_lower((char)c), here, open) ||
            (c == 0xc5 && chain_here(r, index, 's', here, open)) ||
            (c == 0xe2 && chain_here(r, index, 'k', here, open)))
            return i;
    }
    return text.len;
}

size_t run_check(const struct run *run, struct str text, size_t q, size_t at)
{
    if (at - q > run->most)
        return run->whole ? RUN_NOWHERE : at - run->most;
    if (run->whole && q > 0 &&
        guard_stops(&run->behind, (unsigned char)text.ptr[q - 1]))
        return RUN_NOWHERE;
    return q;
}

size_t run_start(const struct run *run, struct str text, size_t at)
{
    size_t q = at;

    while (q > 0 && at - q <= run->most &&
           guard_stops(&run->of, (unsigned char)text.ptr[q - 1]))
        q--;
    return at - q < run->least ? RUN_NOWHERE : run_check(run, text, q, at);
}
