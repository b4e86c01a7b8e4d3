#include "rules/pack.h"

#include <stdlib.h>

#include "base/pack.h"
#include "detect/linear.h"
#include "base/utf8.h"
#include "detect/pseudonym.h"
#include "rules/inside.h"
#include "rules/key.h"

/*
 * The packed form: a version, the number of rules, of strings in all lists
 * and of nears, the rules with their fields in the order below, then the
 * exclusions. Rules and lists are counted ahead, so that a reader allocates
 * once.
 */

#define VERSION 16u

#define FLAG_KEYWORD_FIRST  1u
#define FLAG_WHOLE          2u
#define FLAG_NO_PLACEHOLDER 4u
#define FLAG_NO_NAME        8u
#define FLAG_NO_PUBLISHED   16u
#define FLAGS               32u

static bool is_ascii(struct str s)
{
    uint64_t any = 0, some = 0;

    for (; s.len >= sizeof(some); s = str_skip(s, sizeof(some))) {
        memcpy(&some, s.ptr, sizeof(some));
        any |= some;
    }
    some = 0;
    memcpy(&some, s.ptr, s.len);
    return ((any | some) & 0x8080808080808080u) == 0;
}

/* U+017F and U+212A, which a keyword must not hold: see prefilter.h. */
static bool has_fold(struct str s)
{
    return str_find(s, STR("\xc5\xbf")) != s.len ||
           str_find(s, STR("\xe2\x84\xaa")) != s.len;
}

static enum err check_nears(const struct rule *r)
{
    if (r->near_count > LIM_NEARS)
        return E_LIMIT;
    for (size_t i = 0; i < r->near_count; i++) {
        const struct near *n = &r->nears[i];

        if (n->match.len > LIM_PATTERN || n->within > LIM_NEAR)
            return E_LIMIT;
        if (n->within == 0 || n->sides == 0 ||
            n->sides > (NEAR_BEFORE | NEAR_AFTER))
            return E_SYNTAX;
    }
    return OK;
}

static enum err check_when(const struct when *w)
{
    for (size_t i = 0; i < ABOUT_COUNT; i++)
        if (w->about[i].count > LIM_RULE_LIST)
            return E_LIMIT;
    return OK;
}

static size_t when_strings(const struct when *w)
{
    size_t n = 0;

    for (size_t i = 0; i < ABOUT_COUNT; i++)
        n += w->about[i].count;
    return n;
}

static enum err check_lists(const struct rule *r)
{
    if (r->keyword_count > LIM_RULE_LIST || r->not_count > LIM_RULE_LIST ||
        r->tag_count > LIM_RULE_LIST)
        return E_LIMIT;
    for (size_t i = 0; i < r->keyword_count; i++) {
        struct str s = r->keywords[i];

        if (s.len > LIM_KEYWORD)
            return E_LIMIT;
        if (s.len == 0)
            return E_SYNTAX;
        /* A detector may say how characters begin. */
        if (r->detector == DETECTOR_PATTERN && !is_ascii(s) &&
            (!utf8_valid(s) || has_fold(s)))
            return E_SYNTAX;
    }
    for (size_t i = 0; i < r->not_count; i++)
        if (r->nots[i].len > LIM_PATTERN)
            return E_LIMIT;
    if (r->reveal_count > LIM_RULE_LIST || check_when(&r->when))
        return E_LIMIT;
    return check_nears(r);
}

/* What holds for every rule, packed or not. */
static enum err check_rule(const struct rule *r)
{
    struct linear model;

    if (r->match.len > LIM_PATTERN || r->end.len > LIM_PATTERN ||
        r->max_hold > LIM_HOLD_MAX)
        return E_LIMIT;
    if (r->score > LIM_SCORE || r->needs.len > LIM_PATTERN ||
        r->needs_within > LIM_NEEDS)
        return E_LIMIT;
    if (r->needs.len != 0 && !r->keyword_first)
        return E_SYNTAX;
    if ((r->detector == DETECTOR_LINEAR) != (r->model.len != 0) ||
        (r->model.len != 0 && (!r->whole || linear_load(r->model, &model))))
        return E_SYNTAX;
    if ((r->match.len == 0) == (r->detector == DETECTOR_PATTERN) ||
        !utf8_valid(r->put) || (r->dirs & ~DIRS_ALL) != 0 ||
        (r->roles & ~ROLES_ALL) != 0 || (r->parts & ~PARTS_ALL) != 0 ||
        (r->views & ~VIEWS_ALL) != 0)
        return E_SYNTAX;
    if ((r->keyword_first || r->reach != 0) && r->keyword_count == 0)
        return E_SYNTAX;
    if (r->keyword_first ? token_first(r)
                         : r->reach != 0) /* one beginning is enough */
        return E_SYNTAX;
    if (r->reach > LIM_REACH ||
        (r->reach != 0 && r->digits == 0 && !token_any(&r->token)))
        return E_SYNTAX;
    if (((r->token.digits | r->token.mixed) >> TOKEN_MOST >> 1) != 0 ||
        (token_first(r) && r->max_hold != 0 && r->max_hold <= TOKEN_MOST))
        return E_SYNTAX;
    if (r->action == ACTION_PSEUDONYM &&
        (!pseudonym_class_ok(r->class) || r->dirs != 1u << DIR_SEND))
        return E_SYNTAX;
    return check_lists(r);
}

static enum err pack_list(struct buf *out, const struct str *list, size_t n)
{
    enum err e;

    if ((e = pack_u32(out, (uint32_t)n)))
        return e;
    for (size_t i = 0; i < n; i++)
        if ((e = pack_str(out, list[i])))
            return e;
    return OK;
}

/* What is read of each, as bytes. */
static enum err pack_keys(struct buf *out, const struct rule *r,
                          struct rarity_table *often)
{
    unsigned char sets[FOLLOW_SETS][FOLLOW_BYTES];
    struct key keys[LIM_RULE_LIST];
    struct follows follows;
    enum err e;

    _Static_assert(sizeof(struct key) == 3, "the bytes that it has");
    keys_read(often, r, keys, &follows);
    for (size_t i = 0; i < follows.count; i++)
        follow_bytes(&follows.sets[i], sets[i]);
    e = pack_str(out, (struct str){(const char *)keys,
                                   r->keyword_count * sizeof(*keys)});
    return e ? e
             : pack_str(out, (struct str){(const char *)sets,
                                          follows.count * FOLLOW_BYTES});
}

/* Each as it is looked for. */
static enum err pack_keywords(struct buf *out, const struct rule *r,
                              struct rarity_table *often)
{
    char tidy[LIM_RULE_LIST][LIM_KEYWORD];
    struct str list[LIM_RULE_LIST];
    struct rule tidied = *r;
    enum err e;

    for (size_t i = 0; i < r->keyword_count; i++)
        list[i] = (struct str){tidy[i], keyword_tidy(r->keywords[i], tidy[i])};
    tidied.keywords = list;
    e = pack_list(out, list, r->keyword_count);
    return e ? e : pack_keys(out, &tidied, often);
}

static enum err pack_when(struct buf *out, const struct when *w)
{
    enum err e = OK;

    for (size_t i = 0; i < ABOUT_COUNT && !e; i++)
        e = pack_list(out, w->about[i].list, w->about[i].count);
    return e;
}

#define NEAR_SENTENCE 4u /* flags, besides the sides */
#define NEAR_UNLESS   8u

static enum err pack_nears(struct buf *out, const struct rule *r)
{
    enum err e;

    if ((e = pack_u32(out, (uint32_t)r->near_count)))
        return e;
    for (size_t i = 0; i < r->near_count; i++) {
        const struct near *n = &r->nears[i];
        uint32_t flags = n->sides | (n->sentence ? NEAR_SENTENCE : 0) |
                         (n->unless ? NEAR_UNLESS : 0);

        if ((e = pack_str(out, n->match)) || (e = pack_u32(out, n->within)) ||
            (e = pack_u32(out, flags)))
            return e;
    }
    return OK;
}

static enum err pack_rule(struct buf *out, const struct rule *r,
                          struct rarity_table *often)
{
    const struct str strings[] = {r->id,    r->name,  r->category, r->kind,
                                  r->put,   r->match, r->end,      r->then,
                                  r->model, r->needs};
    const uint32_t flags = (r->keyword_first ? FLAG_KEYWORD_FIRST : 0) |
                           (r->whole ? FLAG_WHOLE : 0) |
                           (r->no_placeholder ? FLAG_NO_PLACEHOLDER : 0) |
                           (r->no_name ? FLAG_NO_NAME : 0) |
                           (r->no_published ? FLAG_NO_PUBLISHED : 0);
    const uint32_t numbers[] = {
        r->dirs,
        r->roles,
        r->parts,
        (uint32_t)r->action,
        (uint32_t)r->severity,
        (uint32_t)r->on_hold_full,
        (uint32_t)r->reply,
        r->max_hold,
        r->group,
        r->digits,
        flags,
        r->entropy,
        (uint32_t)r->check,
        (uint32_t)r->token.digits,
        (uint32_t)(r->token.digits >> 32),
        (uint32_t)r->token.mixed,
        (uint32_t)(r->token.mixed >> 32),
        (uint32_t)r->confidence,
        r->reach,
        (uint32_t)r->detector,
        r->score,
        r->views,
        r->needs_within,
    };
    enum err e;

    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        if ((e = pack_str(out, strings[i])))
            return e;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if ((e = pack_u32(out, numbers[i])))
            return e;
    for (size_t i = 0; i < DETECTOR_OPTIONS; i++)
        if ((e = pack_u32(out, r->options[i])))
            return e;
    if ((e = pack_keywords(out, r, often)) ||
        (e = pack_list(out, r->nots, r->not_count)) ||
        (e = pack_list(out, r->tags, r->tag_count)) ||
        (e = pack_nears(out, r)) || (e = pack_when(out, &r->when)))
        return e;
    if ((e = pack_str(out, r->class)) ||
        (e = pack_list(out, r->reveal, r->reveal_count)) ||
        (e = front_pack(out, r)))
        return e;
    return OK;
}

/* What the rules have in all, so that a reader allocates once. */
struct counted {
    size_t strings, nears;
};

static enum err check_all(const struct rule *list, size_t n,
                          const struct exclusion *ex, size_t ex_n,
                          struct counted *ret_all)
{
    struct counted all = {0};
    size_t bytes = 0;
    enum err e;

    if (n > LIM_RULES || ex_n > LIM_EXCLUSIONS)
        return E_LIMIT;
    for (size_t i = 0; i < n; i++) {
        if ((e = check_rule(&list[i])))
            return e;
        all.strings +=
            list[i].keyword_count + list[i].not_count + list[i].tag_count;
        all.strings += when_strings(&list[i].when);
        all.nears += list[i].near_count;
        all.strings += list[i].reveal_count;
        for (size_t j = 0; j < list[i].keyword_count; j++)
            bytes += list[i].keywords[j].len;
    }
    for (size_t i = 0; i < ex_n; i++) {
        if (ex[i].value.len > LIM_PATTERN ||
            (ex[i].print.len != 0 && ex[i].print.len != EXCLUDED_PRINT) ||
            check_when(&ex[i].when))
            return E_LIMIT;
        all.strings += when_strings(&ex[i].when);
    }
    if (bytes > LIM_KEYWORD_ALL)
        return E_LIMIT;
    *ret_all = all;
    return OK;
}

enum err rules_pack(const struct rule *list, size_t n,
                    const struct exclusion *ex, size_t ex_n, struct buf *out)
{
    struct counted all = {0};
    struct rarity_table often;
    enum err e;

    if ((e = check_all(list, n, ex, ex_n, &all)))
        return e;
    rarity_table(&often);
    if ((e = pack_u32(out, VERSION)) || (e = pack_u32(out, (uint32_t)n)) ||
        (e = pack_u32(out, (uint32_t)all.strings)) ||
        (e = pack_u32(out, (uint32_t)all.nears)))
        return e;
    for (size_t i = 0; i < n; i++)
        if ((e = pack_rule(out, &list[i], &often)))
            return e;
    if ((e = pack_u32(out, (uint32_t)ex_n)))
        return e;
    for (size_t i = 0; i < ex_n; i++)
        if ((e = pack_u32(out, ex[i].rule)) ||
            (e = pack_str(out, ex[i].value)) ||
            (e = pack_str(out, ex[i].print)) ||
            (e = pack_u32(out, ex[i].until)) ||
            (e = pack_u32(out, ex[i].dirs)) ||
            (e = pack_u32(out, ex[i].roles)) ||
            (e = pack_u32(out, ex[i].parts)) ||
            (e = pack_when(out, &ex[i].when)))
            return e;
    return OK;
}

/* --- The way back. */

struct reader {
    struct str in;
    struct str *strings; /* where the next list goes */
    size_t left;         /* places there */
    struct near *nears;  /* the same */
    size_t nears_left;
};

static enum err read_list(struct reader *rd, const struct str **ret_list,
                          size_t *ret_n)
{
    uint32_t n;
    enum err e;

    if ((e = unpack_u32(&rd->in, &n)))
        return e;
    if (n > rd->left)
        return E_SYNTAX;
    *ret_list = rd->strings;
    *ret_n = n;
    for (uint32_t i = 0; i < n; i++) {
        if ((e = unpack_str(&rd->in, rd->strings)))
            return e;
        rd->strings++;
        rd->left--;
    }
    return OK;
}

static enum err read_keywords(struct reader *rd, struct rule *r)
{
    struct str keys, sets;
    enum err e;

    if ((e = read_list(rd, &r->keywords, &r->keyword_count)) ||
        (e = unpack_str(&rd->in, &keys)) || (e = unpack_str(&rd->in, &sets)))
        return e;
    if (keys.len != r->keyword_count * sizeof(*r->keys))
        return E_SYNTAX;
    r->keys = (const struct key *)keys.ptr;
    r->follows = (const unsigned char *)sets.ptr;
    for (size_t i = 0; i < r->keyword_count; i++) {
        if (!keyword_is_tidy(r->keywords[i]) ||
            r->keys[i].set > sets.len / FOLLOW_BYTES ||
            !key_fits(r->keywords[i], r->keys[i].at))
            return E_SYNTAX;
    }
    return OK;
}

static enum err read_when(struct reader *rd, struct when *w)
{
    enum err e = OK;

    for (size_t i = 0; i < ABOUT_COUNT && !e; i++)
        e = read_list(rd, &w->about[i].list, &w->about[i].count);
    return e;
}

static enum err read_u64(struct reader *rd, uint64_t *ret_n)
{
    uint32_t low, high;
    enum err e;

    if ((e = unpack_u32(&rd->in, &low)) || (e = unpack_u32(&rd->in, &high)))
        return e;
    *ret_n = (uint64_t)high << 32 | low;
    return OK;
}

static enum err read_numbers(struct reader *rd, struct rule *r)
{
    uint32_t action, severity, hold, reply, flags, check, confidence, detector;
    enum err e;

    if ((e = unpack_u32(&rd->in, &r->dirs)) ||
        (e = unpack_u32(&rd->in, &r->roles)) ||
        (e = unpack_u32(&rd->in, &r->parts)) ||
        (e = unpack_below(&rd->in, ACTION_BLOCK + 1, &action)) ||
        (e = unpack_below(&rd->in, SEVERITY_CRITICAL + 1, &severity)) ||
        (e = unpack_below(&rd->in, HOLD_COUNT, &hold)) ||
        (e = unpack_below(&rd->in, REPLY_COUNT, &reply)) ||
        (e = unpack_u32(&rd->in, &r->max_hold)) ||
        (e = unpack_u32(&rd->in, &r->group)) ||
        (e = unpack_u32(&rd->in, &r->digits)) ||
        (e = unpack_below(&rd->in, FLAGS, &flags)) ||
        (e = unpack_u32(&rd->in, &r->entropy)) ||
        (e = unpack_below(&rd->in, VALID_COUNT, &check)) ||
        (e = read_u64(rd, &r->token.digits)) ||
        (e = read_u64(rd, &r->token.mixed)) ||
        (e = unpack_below(&rd->in, CONFIDENCE_COUNT, &confidence)) ||
        (e = unpack_u32(&rd->in, &r->reach)) ||
        (e = unpack_below(&rd->in, DETECTOR_COUNT, &detector)) ||
        (e = unpack_u32(&rd->in, &r->score)) ||
        (e = unpack_below(&rd->in, VIEWS_ALL + 1, &r->views)) ||
        (e = unpack_u32(&rd->in, &r->needs_within)))
        return e;
    for (size_t i = 0; i < DETECTOR_OPTIONS; i++)
        if ((e = unpack_u32(&rd->in, &r->options[i])))
            return e;
    r->action = (enum action)action;
    r->severity = (enum severity)severity;
    r->on_hold_full = (enum hold_action)hold;
    r->reply = (enum reply)reply;
    r->check = (enum validator)check;
    r->confidence = (enum confidence)confidence;
    r->detector = (enum detector)detector;
    r->keyword_first = (flags & FLAG_KEYWORD_FIRST) != 0;
    r->whole = (flags & FLAG_WHOLE) != 0;
    r->no_placeholder = (flags & FLAG_NO_PLACEHOLDER) != 0;
    r->no_name = (flags & FLAG_NO_NAME) != 0;
    r->no_published = (flags & FLAG_NO_PUBLISHED) != 0;
    return OK;
}

static enum err read_nears(struct reader *rd, struct rule *r)
{
    uint32_t n, flags;
    enum err e;

    if ((e = unpack_u32(&rd->in, &n)))
        return e;
    if (n > rd->nears_left)
        return E_SYNTAX;
    r->nears = rd->nears;
    r->near_count = n;
    for (uint32_t i = 0; i < n; i++) {
        struct near *one = rd->nears++;

        rd->nears_left--;
        if ((e = unpack_str(&rd->in, &one->match)) ||
            (e = unpack_u32(&rd->in, &one->within)) ||
            (e = unpack_below(&rd->in, 2 * NEAR_UNLESS, &flags)))
            return e;
        one->sides = flags & (NEAR_BEFORE | NEAR_AFTER);
        one->sentence = (flags & NEAR_SENTENCE) != 0;
        one->unless = (flags & NEAR_UNLESS) != 0;
    }
    return OK;
}

static enum err read_rule(struct reader *rd, struct rule *r)
{
    struct str *const strings[] = {&r->id,    &r->name,  &r->category, &r->kind,
                                   &r->put,   &r->match, &r->end,      &r->then,
                                   &r->model, &r->needs};
    enum err e;

    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        if ((e = unpack_str(&rd->in, strings[i])))
            return e;
    if ((e = read_numbers(rd, r)) || (e = read_keywords(rd, r)) ||
        (e = read_list(rd, &r->nots, &r->not_count)) ||
        (e = read_list(rd, &r->tags, &r->tag_count)) ||
        (e = read_nears(rd, r)) || (e = read_when(rd, &r->when)))
        return e;
    if ((e = unpack_str(&rd->in, &r->class)) ||
        (e = read_list(rd, &r->reveal, &r->reveal_count)))
        return e;
    return OK;
}

static int order_exclusions(const void *a, const void *b)
{
    const struct exclusion *x = a, *y = b;

    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static enum err read_exclusions(struct reader *rd, struct unpacked *all)
{
    uint32_t n;
    enum err e;

    if ((e = unpack_u32(&rd->in, &n)))
        return e;
    if (n > LIM_EXCLUSIONS)
        return E_LIMIT;
    all->ex = calloc((size_t)n + 1, sizeof(*all->ex));
    if (all->ex == NULL)
        return E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct exclusion *x = &all->ex[i];

        if ((e = unpack_below(&rd->in, (uint32_t)all->count, &x->rule)) ||
            (e = unpack_str(&rd->in, &x->value)) ||
            (e = unpack_str(&rd->in, &x->print)) ||
            (e = unpack_u32(&rd->in, &x->until)) ||
            (e = unpack_u32(&rd->in, &x->dirs)) ||
            (e = unpack_u32(&rd->in, &x->roles)) ||
            (e = unpack_u32(&rd->in, &x->parts)) ||
            (e = read_when(rd, &x->when)))
            return e;
    }
    all->ex_count = n;
    qsort(all->ex, n, sizeof(*all->ex), order_exclusions);
    return rd->in.len == 0 ? OK : E_SYNTAX;
}

static enum err read_all(struct reader *rd, struct unpacked *all)
{
    uint32_t version, n, strings, nears;
    struct counted counted;
    enum err e;

    if ((e = unpack_u32(&rd->in, &version)) || (e = unpack_u32(&rd->in, &n)) ||
        (e = unpack_u32(&rd->in, &strings)) ||
        (e = unpack_u32(&rd->in, &nears)))
        return e;
    if (version != VERSION)
        return E_SYNTAX;
    if (n > LIM_RULES)
        return E_LIMIT;
    /* Each takes so many bytes at least. */
    if (strings > rd->in.len / 4 || nears > rd->in.len / 12)
        return E_SYNTAX;
    all->list = calloc((size_t)n + 1, sizeof(*all->list));
    all->strings = calloc((size_t)strings + 1, sizeof(*all->strings));
    all->nears = calloc((size_t)nears + 1, sizeof(*all->nears));
    all->guards = calloc((size_t)n + 1, sizeof(*all->guards));
    all->runs = calloc((size_t)n + 1, sizeof(*all->runs));
    if (all->list == NULL || all->strings == NULL || all->nears == NULL ||
        all->guards == NULL || all->runs == NULL)
        return E_NOMEM;
    rd->nears = all->nears;
    rd->nears_left = nears;
    rd->strings = all->strings;
    rd->left = strings;
    all->count = n;
    for (uint32_t i = 0; i < n; i++) {
        if ((e = read_rule(rd, &all->list[i])) ||
            (e = front_unpack(&rd->in, &all->list[i], &all->guards[i],
                              &all->runs[i])))
            return e;
        all->list[i].index = i;
    }
    if ((e = read_exclusions(rd, all)))
        return e;
    return check_all(all->list, all->count, all->ex, all->ex_count, &counted);
}

enum err unpack_rules(struct str packed, struct unpacked *ret_all)
{
    struct reader rd = {.in = packed};
    struct unpacked all = {0};
    enum err e = read_all(&rd, &all);

    if (e) {
        unpacked_free(&all);
        return e;
    }
    *ret_all = all;
    return OK;
}

void unpacked_free(struct unpacked *all)
{
    free(all->list);
    free(all->strings);
    free(all->nears);
    free(all->guards);
    free(all->runs);
    free(all->ex);
    *all = (struct unpacked){0};
}
