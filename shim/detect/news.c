#include "detect/news.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "base/wide.h"

/* Of characters of one byte, parts do not touch. */
#define APART (2 * (NEWS_MARGIN + AROUND_WORD))

size_t around_front(struct str s, size_t least, size_t at, size_t margin)
{
    size_t from = at - least > margin ? at - margin : least;

    for (size_t n = 0; from > least && n < AROUND_WORD; n++, from--)
        if (is_white(s.ptr[from - 1]))
            return from;
    from = utf8_front(s, from);
    return from < least ? least : from;
}

size_t around_back(struct str s, size_t at, size_t margin)
{
    size_t to = s.len - at > margin ? at + margin : s.len;

    for (size_t n = 0; to < s.len && n < AROUND_WORD; n++, to++)
        if (is_white(s.ptr[to]))
            return to;
    return utf8_back(s, to);
}

/* Where a part begins, or ends, with a place at its edge. */
static size_t margin_front(struct str s, size_t at)
{
    return around_front(s, 0, utf8_rewind(s, utf8_front(s, at), NEWS_MARGIN),
                        0);
}

static size_t margin_back(struct str s, size_t at)
{
    return around_back(s, utf8_forth(s, utf8_back(s, at), NEWS_MARGIN), 0);
}

void sites_free(struct sites *p)
{
    free(p->list);
    *p = (struct sites){0};
}

enum err sites_note(struct sites *p, size_t from, size_t to)
{
    struct site *last = p->count > 0 ? &p->list[p->count - 1] : NULL;
    size_t cap = p->cap == 0 ? 16 : 2 * p->cap;

    if (last != NULL && (from <= last->to || from - last->to <= APART)) {
        last->to = to > last->to ? to : last->to;
        return OK;
    }
    if (p->count == p->cap) {
        struct site *more = realloc(p->list, cap * sizeof(*more));

        if (more == NULL)
            return E_NOMEM;
        p->list = more;
        p->cap = cap;
    }
    p->list[p->count++] = (struct site){from, to};
    return OK;
}

bool sites_next(const struct sites *p, size_t *i, struct str text,
                struct str *ret_part)
{
    size_t from, to;

    if (*i == p->count)
        return false;
    from = margin_front(text, p->list[*i].from);
    to = margin_back(text, p->list[*i].to);
    while (++*i < p->count && margin_front(text, p->list[*i].from) <= to)
        to = margin_back(text, p->list[*i].to);
    *ret_part = (struct str){text.ptr + from, to - from};
    return true;
}

struct str sites_around(struct str text, struct str part)
{
    size_t from = (size_t)(part.ptr - text.ptr);
    size_t to = margin_back(text, from + part.len);

    from = margin_front(text, from);
    return (struct str){text.ptr + from, to - from};
}

/* Which of WIDE bytes differ by more than case. */
static unsigned differ_mask(const char *a, const char *b)
{
    wide x = wide_at(a), y = wide_at(b), d = x ^ y;
    wide cased = wide_letters(x) & 0x20;

    return wide_mask((wide)(d != 0) & (wide)(d != cased));
}

/* Where two strings of n bytes differ by more than case; n if they do not. */
static size_t differ_at(const char *a, const char *b, size_t n)
{
    size_t i = 0;

    for (; n - i >= WIDE; i += WIDE) {
        unsigned some = differ_mask(a + i, b + i);

        if (some != 0)
            return i + (size_t)__builtin_ctz(some);
    }
    while (i < n && to_lower(a[i]) == to_lower(b[i]))
        i++;
    return i;
}

/* Behind the last place where they do; 0 if there is none. */
static size_t differ_end(const char *a, const char *b, size_t n)
{
    for (; n >= WIDE; n -= WIDE) {
        unsigned some = differ_mask(a + n - WIDE, b + n - WIDE);

        if (some != 0)
            return n - WIDE + 32 - (size_t)__builtin_clz(some);
    }
    while (n > 0 && to_lower(a[n - 1]) == to_lower(b[n - 1]))
        n--;
    return n;
}

/* The next bytes of the view that are news, with those that are of the same
 * part whatever stands between: none, where some were left out. */
static bool change_next(struct news *n, size_t *ret_from, size_t *ret_to)
{
    const struct textview *v = n->view;

    for (; n->run < v->run_count; n->run++) {
        const struct view_run *r = &v->runs[n->run];
        size_t end = n->run + 1 < v->run_count ? r[1].dst : v->bytes.len;
        size_t len = end - n->at, same;

        *ret_from = n->at;
        *ret_to = end;
        if (n->at == r->dst && r->src != n->end) {
            n->end = r->src;
            *ret_to = n->at;
            return true;
        }
        if (r->back || r->to != r->from) {
            n->end = r->src + (r->back ? r->from : len / r->to * r->from);
            n->at = end;
            n->run++;
            return true;
        }
        same = differ_at(v->bytes.ptr + n->at, n->source.ptr + n->end, len);
        n->at += same;
        n->end += same;
        if (same < len) {
            len = len - same < APART ? len - same : APART;
            len = differ_end(v->bytes.ptr + n->at, n->source.ptr + n->end, len);
            *ret_from = n->at;
            n->at += len;
            n->end += len;
            *ret_to = n->at;
            return true;
        }
    }
    *ret_from = *ret_to = n->at;
    if (n->end == n->source.len)
        return false;
    n->end = n->source.len;
    return true;
}

/*
 * Of a part the bytes need not be compared that stand between two changes near
 * each other. A run is one, or what is between two of them: it ends with one,
 * or before one, if it is not the last. *to moves behind those that end near.
 */
static void skip_near(struct news *n, size_t *to)
{
    const struct textview *v = n->view;
    size_t i = n->run, len;
    const struct view_run *r;

    while (i + 1 < v->run_count && v->runs[i + 1].dst - *to <= APART)
        *to = v->runs[++i].dst;
    if (i == n->run)
        return;
    n->run = i;
    n->at = *to;
    r = &v->runs[i - 1];
    len = *to - r->dst;
    n->end = r->src + (r->back ? r->from : len / r->to * r->from);
}

bool news_next(struct news *n, struct str *ret_part)
{
    struct str s = buf_str(&n->view->bytes);
    size_t from = n->from, to = n->to, start, end;
    bool some = n->some;

    n->some = false;
    while (change_next(n, &start, &end)) {
        if (some && start - to > APART &&
            margin_front(s, start) > margin_back(s, to)) {
            n->some = true;
            n->from = start;
            n->to = end;
            break;
        }
        from = some ? from : start;
        to = end;
        some = true;
        skip_near(n, &to);
    }
    if (!some)
        return false;
    from = margin_front(s, from);
    *ret_part = (struct str){s.ptr + from, margin_back(s, to) - from};
    return ret_part->len != 0;
}
