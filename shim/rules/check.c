#include "rules/inside.h"

#include <stdlib.h>
#include <time.h>

#include "base/utf8.h"

/*
 * What a rule must be before it may go into an image. First the pattern's text
 * is read for what cannot be matched piece by piece, then it is compiled, then
 * run against texts that are meant to hurt it: its own literal pieces and their
 * bytes repeated, alone and behind one another.
 */

#define HOSTILE      (64 * KIB)
#define HOSTILE_MSEC 250 /* a pattern of linear time needs about one */
/*
 * A short text first. What is linear takes some 10 us on it; what takes less
 * than SHORT_USEC would stay far under HOSTILE_MSEC on the long one even if it
 * were quadratic (8 * 8 times as long), so most patterns need no long text.
 */
#define HOSTILE_SHORT (HOSTILE / 8)
/* So many times as long must the long one take, for a build that is slow by
 * itself, as one with sanitizers, is not told by the time alone. */
#define GROWTH     24
#define SHORT_USEC 500
#define USUAL      8
#define PIECES     (USUAL + 10)
#define GROUPS     63 /* places in the match data */
#define DEPTH      250

static enum err say(struct buf *why, const char *what, const char *text)
{
    buf_clear(why);
    if (buf_add(why, str_of(what)) || buf_add(why, str_of(text)))
        buf_clear(why); /* a message that is cut short is still a no */
    return E_SYNTAX;
}

/* --- Reading the pattern. */

struct walk {
    struct str s;
    size_t i;
    size_t depth;
    bool behind[DEPTH]; /* is this group a lookbehind, or in one? */
};

static bool next_is(const struct walk *w, const char *text)
{
    return str_starts(str_skip(w->s, w->i), str_of(text));
}

static const char *bad_escape(struct walk *w)
{
    char c = w->i + 1 < w->s.len ? w->s.ptr[w->i + 1] : 0;

    if (next_is(w, "\\Q")) {
        w->i += str_find(str_skip(w->s, w->i), STR("\\E")) + 2;
        return NULL;
    }
    if (next_is(w, "\\g<") || next_is(w, "\\g'"))
        return "recursion (\\g<...>)";
    w->i += 2;
    if (c == 'G')
        return "\\G";
    if (c == 'K')
        return "\\K";
    return c == 'C' ? "\\C" : NULL;
}

static bool is_recursion(const struct walk *w)
{
    size_t at = w->i + 2;
    char c = at < w->s.len ? w->s.ptr[at] : 0;
    char d = at + 1 < w->s.len ? w->s.ptr[at + 1] : 0;

    return c == 'R' || c == '&' || is_digit(c) || (c == 'P' && d == '>') ||
           ((c == '+' || c == '-') && is_digit(d));
}

static const char *bad_group(struct walk *w)
{
    bool inside = w->depth != 0 && w->behind[w->depth - 1];
    bool behind = next_is(w, "(?<=") || next_is(w, "(?<!");

    if (next_is(w, "(*"))
        return "a verb or (*...) group";
    if (next_is(w, "(?C"))
        return "a callout";
    if (next_is(w, "(?") && is_recursion(w))
        return "recursion";
    if (next_is(w, "(?#")) {
        w->i += str_find_byte(str_skip(w->s, w->i), ')') + 1;
        return NULL;
    }
    if (behind && inside)
        return "a lookbehind in a lookbehind";
    if (w->depth == DEPTH)
        return "too many groups in groups";
    w->behind[w->depth++] = inside || behind;
    w->i++;
    return NULL;
}

static void skip_class(struct walk *w)
{
    w->i++;
    if (next_is(w, "^"))
        w->i++;
    if (next_is(w, "]"))
        w->i++;
    while (w->i < w->s.len && !next_is(w, "]")) {
        if (next_is(w, "\\Q"))
            w->i += str_find(str_skip(w->s, w->i), STR("\\E")) + 2;
        else if (next_is(w, "\\"))
            w->i += 2;
        else if (next_is(w, "[:"))
            w->i += str_find(str_skip(w->s, w->i), STR(":]")) + 2;
        else
            w->i++;
    }
    w->i++;
}

/* What in the pattern cannot be used on streams; NULL if nothing. */
static const char *not_for_streams(struct str source)
{
    struct walk w = {.s = source};
    const char *bad = NULL;

    while (w.i < w.s.len && bad == NULL) {
        switch (w.s.ptr[w.i]) {
        case '\\':
            bad = bad_escape(&w);
            break;
        case '[':
            skip_class(&w);
            break;
        case '(':
            bad = bad_group(&w);
            break;
        case ')':
            w.depth -= w.depth != 0;
            w.i++;
            break;
        default:
            w.i++;
        }
    }
    return bad;
}

/* --- Compiling. */

/* Does the JIT work here at all? A host may forbid it. */
static bool jit_works(void)
{
    struct pattern_error why;
    pcre2_code *code;
    bool slow = true;

    if (pattern_compile(STR("a"), 0, &code, &slow, &why))
        return false;
    pcre2_code_free(code);
    return !slow;
}

static enum err check_facts(const pcre2_code *code, const struct rule *r,
                            const char *what, struct buf *why)
{
    uint32_t behind = 0, empty = 0;

    pcre2_pattern_info(code, PCRE2_INFO_MAXLOOKBEHIND, &behind);
    pcre2_pattern_info(code, PCRE2_INFO_MATCHEMPTY, &empty);
    if (empty)
        return say(why, what, ": can match the empty string");
    if (!r->whole && behind > LIM_LOOKBEHIND)
        return say(why, what, ": a lookbehind of more than 63 characters");
    return OK;
}

static enum err check_pattern(struct str source, const struct rule *r,
                              const char *what, struct buf *why,
                              uint32_t *ret_groups)
{
    struct pattern_error bad;
    pcre2_code *code;
    unsigned char text[128];
    const char *forbidden = r->whole ? NULL : not_for_streams(source);
    bool slow;
    enum err e;

    if (source.len > LIM_PATTERN) {
        (void)say(why, what, ": over 16 KiB");
        return E_LIMIT;
    }
    if (!utf8_valid(source))
        return say(why, what, ": not valid UTF-8");
    if (forbidden != NULL) {
        e = say(why, what, ": cannot be matched on streams: ");
        return buf_add(why, str_of(forbidden)) ? E_NOMEM : e;
    }
    if ((e = pattern_compile(source, 0, &code, &slow, &bad))) {
        if (e != E_SYNTAX)
            return e;
        pcre2_get_error_message(bad.number, text, sizeof(text));
        (void)say(why, what, ": ");
        if (buf_add(why, str_of((const char *)text)) ||
            buf_add(why, STR(" at offset ")) || buf_add_u64(why, bad.at))
            return E_NOMEM;
        return E_SYNTAX;
    }
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, ret_groups);
    if (slow && jit_works())
        e = say(why, what, ": the JIT does not take it");
    else
        e = check_facts(code, r, what, why);
    pcre2_code_free(code);
    return e;
}

enum err rule_pattern_check(const struct rule *r, struct buf *why)
{
    uint32_t groups = 0, unused = 0;
    struct rule plain = {.whole = true}; /* a finding is a whole text */
    enum err e;

    if ((r->match.len == 0) == (r->detector == DETECTOR_PATTERN))
        return say(why, "match", ": is empty");
    if (r->end.len != 0 && (e = check_pattern(r->end, r, "end", why, &unused)))
        return e;
    if (r->needs.len != 0 &&
        (e = check_pattern(r->needs, &plain, "needs", why, &unused)))
        return e;
    for (size_t i = 0; i < r->not_count; i++)
        if ((e = check_pattern(r->nots[i], &plain, "not", why, &unused)))
            return e;
    for (size_t i = 0; i < r->near_count; i++)
        if ((e = check_pattern(r->nears[i].match, &plain,
                               r->nears[i].unless ? "unless" : "near", why,
                               &unused)))
            return e;
    if (r->detector == DETECTOR_PATTERN &&
        (e = check_pattern(r->match, r, "match", why, &groups)))
        return e;
    if (r->group > groups || r->group > GROUPS)
        return say(why, "group", ": the pattern has no such group");
    return OK;
}

/* --- Hostile texts. */

struct pieces {
    struct str list[PIECES]; /* the first USUAL are those of any pattern */
    size_t count;
    char texts[1024]; /* of the others */
    size_t used;
    char tail[258]; /* ends every text */
    char next[258]; /* the same, each on a line of its own */
    size_t tail_len;
};

static bool is_plain(char c)
{
    return c != 0 && strchr("\\[](){}.*+?|^$", c) == NULL;
}

/*
 * A pattern is not even tried where a byte that it needs is missing, so each
 * text ends with all of the pattern's plain bytes, kept apart by others. What
 * does not pass the end of a line would find them there, so they are also tried
 * on lines of their own.
 */
static void make_tail(struct pieces *p, struct str source)
{
    bool seen[256] = {false};

    p->tail_len = 0;
    for (size_t i = source.len; i > 0; i--) {
        unsigned char c = (unsigned char)source.ptr[i - 1];

        bool escaped =
            i > 1 && source.ptr[i - 2] == '\\' && !token_byte((char)c);

        if (seen[c] || c >= 0x80 || (!is_plain((char)c) && !escaped))
            continue;
        seen[c] = true;
        p->tail[p->tail_len] = 1;
        p->next[p->tail_len++] = '\n';
        p->tail[p->tail_len] = p->next[p->tail_len] = (char)c;
        p->tail_len++;
    }
}

/* The end of what begins at i and stands for no text: the head of a group, or
 * a count in braces; else i. */
static size_t skip_syntax(struct str p, size_t i)
{
    size_t end = i;

    if (p.ptr[i] == '(' && i + 1 < p.len && p.ptr[i + 1] == '?') {
        while (end < p.len && strchr(":=!>)", p.ptr[end]) == NULL)
            end++;
        return end < p.len ? end + (p.ptr[end] != ')') : i;
    }
    if (p.ptr[i] == '{' && i + 1 < p.len && is_digit(p.ptr[i + 1])) {
        end += str_find_byte(str_skip(p, i), '}');
        return end < p.len ? end + 1 : i;
    }
    return i;
}

/* The text that stands at i for itself: its bytes at `to`, its length in the
 * pattern in *ret_len; 0 if there is none. */
static size_t literal(struct str p, size_t i, char to[4], size_t *ret_len)
{
    static const char names[] = "tnrfve", bytes[] = "\t\n\r\f\v\x1b";
    struct str rest = str_skip(p, i);
    const char *name;
    size_t n;

    *ret_len = 1;
    if (rest.ptr[0] == '\\' && rest.len > 1) {
        *ret_len = 2;
        name = rest.ptr[1] == 0 ? NULL : strchr(names, rest.ptr[1]);
        to[0] = name != NULL ? bytes[name - names] : rest.ptr[1];
        return name != NULL || !token_byte(rest.ptr[1]);
    }
    n = (unsigned char)rest.ptr[0] < 0x80 ? is_plain(rest.ptr[0])
                                          : utf8_char(rest);
    memcpy(to, rest.ptr, n);
    *ret_len = n > 0 ? n : 1;
    return n;
}

/* One more, unless it is there already. */
static void piece_add(struct pieces *p, const char *text, size_t len)
{
    struct str piece = {p->texts + p->used, len};

    if (len == 0 || p->count == PIECES || len > sizeof(p->texts) - p->used)
        return;
    memcpy(p->texts + p->used, text, len);
    for (size_t i = 0; i < p->count; i++)
        if (str_eq(p->list[i], piece))
            return;
    p->used += len;
    p->list[p->count++] = piece;
}

/*
 * The literal pieces of a pattern, and bytes that classes like. Of a piece that
 * has more than one character the last one too: what is repeated is that.
 */
static void collect(struct pieces *p, struct str source)
{
    static const struct str usual[USUAL] = {
        STR_INIT("a"), STR_INIT("A"), STR_INIT("0"),  STR_INIT(" "),
        STR_INIT("-"), STR_INIT("."), STR_INIT("\n"), STR_INIT("aA0-"),
    };
    char run[64], one[4];
    size_t len = 0, last = 0, i = 0;

    memcpy(p->list, usual, sizeof(usual));
    p->count = USUAL;
    p->used = 0;
    while (i < source.len && p->count < PIECES) {
        size_t n, end = skip_syntax(source, i), taken = end - i;

        n = taken > 0 ? 0 : literal(source, i, one, &taken);
        i += taken;
        if (n > 0 && len + n <= sizeof(run)) {
            memcpy(run + len, one, n);
            last = n;
            len += n;
            if (i < source.len)
                continue;
        }
        piece_add(p, run, len);
        piece_add(p, run + len - (len > 0 ? last : 0), len > 0 ? last : 0);
        len = 0;
    }
    make_tail(p, source);
}

/* `once`, then a and b by turns up to the full length, then the tail. */
struct hostile {
    struct str once, a, b, tail;
};

static struct str fill(char *text, const struct hostile *h, size_t max)
{
    char *turns = text + h->once.len;
    size_t one = h->a.len + h->b.len, have = one;
    size_t all = (max - h->once.len) / one * one;

    memcpy(text, h->once.ptr, h->once.len);
    memcpy(turns, h->a.ptr, h->a.len);
    memcpy(turns + h->a.len, h->b.ptr, h->b.len);
    for (size_t more; have < all; have += more) { /* what is there, again */
        more = have < all - have ? have : all - have;
        memcpy(turns + have, turns, more);
    }
    memcpy(turns + all, h->tail.ptr, h->tail.len);
    return (struct str){text, h->once.len + all + h->tail.len};
}

static int64_t cpu_usec(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static enum err search_all(const struct rule *r, const struct code *code,
                           struct scratch *sc, struct str text)
{
    struct search s = {.rule = r, .code = code, .text = text};
    enum hit hit = HIT_MATCH;
    size_t start, end;
    enum err e = OK;

    while (!e && hit == HIT_MATCH)
        e = search_next(&s, sc, &hit, &start, &end);
    if (!e && code->end != NULL)
        e = pattern_run(code->end, sc, text, 0, false, &hit);
    return e;
}

struct trial {
    const struct rule *rule;
    const struct code *code;
    struct scratch *scratch;
    char *text; /* room for HOSTILE bytes, two pieces and the tail */
    struct buf *why;
};

static enum err run_one(struct trial *t, const struct hostile *h)
{
    int64_t start = cpu_usec(), took, brief;
    enum err e = search_all(t->rule, t->code, t->scratch,
                            fill(t->text, h, HOSTILE_SHORT));

    took = brief = cpu_usec() - start;
    if (!e && took > SHORT_USEC) {
        start = cpu_usec();
        e = search_all(t->rule, t->code, t->scratch, fill(t->text, h, HOSTILE));
        took = cpu_usec() - start;
    }
    if (e == E_LIMIT)
        (void)say(t->why, "match",
                  ": reaches the match limit on a hostile text");
    if (!e && took > HOSTILE_MSEC * 1000 && took > GROWTH * brief) {
        (void)say(t->why, "match", ": takes quadratic time on a hostile text");
        return E_LIMIT;
    }
    return e;
}

static enum err run_hostile(struct trial *t)
{
    const struct str none = STR(""), usual = STR("a");
    struct pieces p;
    struct str tail, next;
    enum err e;

    collect(&p, t->rule->match);
    tail = (struct str){p.tail, p.tail_len};
    next = (struct str){p.next, p.tail_len};
    for (size_t i = 0; i < p.count; i++) {
        struct str a = p.list[i];

        if ((e = run_one(t, &(struct hostile){none, a, none, tail})) ||
            (e = run_one(t, &(struct hostile){a, usual, none, next})))
            return e;
        for (size_t j = 0; i >= USUAL && j < p.count; j++) {
            struct str b = p.list[j];

            if ((e = run_one(t, &(struct hostile){a, b, none, tail})) ||
                (e = run_one(t, &(struct hostile){none, a, b, tail})))
                return e;
        }
    }
    return OK;
}

static enum err check_speed(const struct rule *r, struct buf *why)
{
    struct scratch *sc = NULL;
    struct code *code = NULL;
    char *text = malloc(HOSTILE + 2 * LIM_PATTERN + sizeof(struct pieces));
    enum err e = E_NOMEM;

    if (text == NULL)
        return E_NOMEM;
    if ((e = scratch_new(&sc)) || (e = code_new(r, CODE_WHOLE, &code)))
        goto out;
    e = run_hostile(&(struct trial){r, code, sc, text, why});
out:
    free(text);
    scratch_free(sc);
    code_free(code);
    return e;
}

enum err rule_compile_check(const struct rule *r, struct buf *why)
{
    enum err e = rule_pattern_check(r, why);

    return e ? e : check_speed(r, why);
}
