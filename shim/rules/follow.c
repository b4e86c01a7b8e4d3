#include "rules/key.h"

#include "base/utf8.h"
#include "rules/lead.h"
#include "rules/prefilter.h"
#include "rules/regex.h"
#include "rules/tail.h"

/*
 * What can stand behind a keyword in a match. For each way in which matches
 * begin (lead.h) the pattern's text behind the keyword is read up to the first
 * item that has to be there. Assertions, and what is not understood, allow more
 * than they do. Of a rule that has a run before its keywords it is what its
 * tail says (tail.h).
 */

#define NESTED 16 /* groups in groups */

/* What begins a part of a pattern. */
struct begins {
    struct guard bytes;
    struct guard next; /* what may stand where it goes on */
    bool word;         /* it goes on behind a byte of \w */
    bool plain;        /* letters are what they look like */
    bool nothing;      /* all of it so far may be empty */
};

static bool read_choices(struct str s, unsigned depth, struct begins *b);

/* What \b, or (?!...) of one item, allows to stand there. Of other assertions
 * that is anything. */
static struct guard read_nothing(struct str s, size_t len, bool word)
{
    struct guard g = {{0}};

    if (str_starts(s, STR("\\b")) && word) {
        guard_word(&g);
        return guard_others(&g);
    }
    if (!str_starts(s, STR("(?!")))
        return guard_all;
    s = str_head(str_skip(s, 3), len - 3);
    if (str_eq(s, STR("\\p{L})"))) {
        guard_range(&g, 'A', 'Z');
        guard_range(&g, 'a', 'z');
    } else if (guard_item(s, &g) + 1 != s.len) {
        return guard_all;
    }
    return guard_others(&g);
}

/* A group at the front of s, without what says how often; its length. 0: it is
 * not understood. */
static size_t read_group(struct str s, unsigned depth, struct begins *b)
{
    size_t len = pattern_item(s), head = pattern_group(s);

    if (len == 0 || head == 0 || head + 1 > len || depth == NESTED)
        return 0;
    s = str_head(str_skip(s, head), len - head - 1);
    return read_choices(s, depth + 1, b) ? len : 0;
}

/* How often the item before has to stand, and the length of what says so. None
 * of what cannot be read, which is met next. */
static size_t item_times(struct str s, uint32_t *ret_least)
{
    struct str rest = s;
    uint32_t most;
    bool whole;

    if (pattern_times(&rest, ret_least, &most, &whole))
        return s.len - rest.len;
    *ret_least = 0;
    return 0;
}

/* One item; its length. 0: it is not understood, and nothing is changed. */
static size_t read_item(struct str s, unsigned depth, struct begins *b)
{
    struct guard next = b->next, bytes = {{0}};
    bool group = s.ptr[0] == '(';
    size_t n =
        group ? read_group(s, depth, b) : guard_text(s, b->plain, &bytes);
    uint32_t least;

    if (n == 0)
        return 0;
    guard_keep(&bytes, &next);
    guard_add(&b->bytes, &bytes);
    b->nothing &= group;
    n += item_times(str_skip(s, n), &least);
    if (least == 0) {
        b->nothing = true;
        b->next = next;
    }
    return n;
}

static bool read_choice(struct str s, unsigned depth, struct begins *b)
{
    struct guard one;
    size_t n;

    while (s.len != 0 && b->nothing) {
        if ((n = pattern_nothing(s)) != 0) {
            one = read_nothing(s, n, b->word);
            guard_keep(&b->next, &one);
            if (pattern_repeats(str_skip(s, n)))
                return false;
        } else if ((n = read_item(s, depth, b)) == 0) {
            return false;
        }
        s = str_skip(s, n);
    }
    return true;
}

/* All of them begin where b says. */
static bool read_choices(struct str s, unsigned depth, struct begins *b)
{
    const struct begins from = *b;

    b->nothing = false;
    b->next = (struct guard){{0}};
    for (;;) {
        size_t bar = pattern_bar(s);
        struct begins one = from;

        if (bar == PATTERN_UNREAD ||
            !read_choice(str_head(s, bar), depth, &one)) {
            *b = from;
            return false;
        }
        guard_add(&b->bytes, &one.bytes);
        if (one.nothing)
            guard_add(&b->next, &one.next);
        b->nothing |= one.nothing;
        if (bar >= s.len)
            return true;
        s = str_skip(s, bar + 1);
    }
}

/* What stands behind a keyword: of these bytes so many at the least. */
struct follow {
    struct guard bytes;
    uint32_t least;
};

/* What the pattern's text says. word: the keyword ends with a byte of \w. */
static struct follow read_behind(struct str s, bool word, bool plain)
{
    struct begins b = {
        .next = guard_all, .word = word, .plain = plain, .nothing = true};
    struct follow f = {0};
    size_t n = s.len == 0 ? 0 : guard_text(s, plain, &f.bytes);

    if (n != 0)
        item_times(str_skip(s, n), &f.least);
    if (f.least != 0)
        return f;
    f.least = read_choice(s, 0, &b) && !b.nothing;
    f.bytes = b.bytes;
    if (f.least == 0) /* whatever is not understood begins where it goes on */
        guard_add(&f.bytes, &b.next);
    return f;
}

struct following {
    const struct rule *r;
    struct follow list[LIM_RULE_LIST]; /* of each keyword */
    bool seen[LIM_RULE_LIST];
    bool plain; /* letters are what they look like */
};

static void follow_one(void *into, size_t keyword, struct str behind)
{
    struct following *f = into;
    struct str text = f->r->keywords[keyword];
    char last = text.ptr[text.len - 1];
    struct follow one =
        read_behind(behind, is_alnum(last) || last == '_', f->plain);
    struct follow *all = &f->list[keyword];

    if (is_white(last)) /* there may be more of it */
        one = (struct follow){.bytes = guard_all};
    if (!f->seen[keyword] || one.least < all->least)
        all->least = one.least;
    f->seen[keyword] = true;
    guard_add(&all->bytes, &one.bytes);
}

/* The same of all keywords of a rule that has a tail. */
static bool follow_tail(struct following *f)
{
    struct tail t;

    tail_read(f->r, &t);
    for (size_t i = 0; t.keyword != 0 && i < f->r->keyword_count; i++) {
        f->list[i] = (struct follow){tail_bytes(&t), t.start + 1};
        f->seen[i] = true;
    }
    return t.keyword != 0;
}

/* The number of a set, from 1 on; 0: there is no more room. */
static unsigned char add_set(struct follows *to, const struct guard *bytes)
{
    size_t i = 0;

    while (i < to->count && (!guard_within(&to->sets[i], bytes) ||
                             !guard_within(bytes, &to->sets[i])))
        i++;
    if (i == FOLLOW_SETS)
        return 0;
    to->sets[i] = *bytes;
    to->count = i < to->count ? to->count : i + 1;
    return (unsigned char)(i + 1);
}

void follows_read(const struct rule *r, struct key *keys,
                  struct follows *ret_follows)
{
    struct following f = {.r = r, .plain = pattern_plain(r->match)};
    bool all =
        r->keyword_first ? lead_each(r, true, follow_one, &f) : follow_tail(&f);

    ret_follows->count = 0;
    for (size_t i = 0; i < r->keyword_count; i++) {
        keys[i].set = keys[i].least = 0;
        if (!all || !f.seen[i] || guard_within(&guard_all, &f.list[i].bytes))
            continue;
        keys[i].set = add_set(ret_follows, &f.list[i].bytes);
        if (keys[i].set != 0)
            keys[i].least = f.list[i].least < FOLLOW_MOST
                                ? (unsigned char)f.list[i].least
                                : FOLLOW_MOST;
    }
}
