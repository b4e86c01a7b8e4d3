#include "rules/inside.h"

#include <stdlib.h>

/*
 * Patterns are compiled when they are first needed. Two threads may do the same
 * work at the same time; the first to publish wins and the other's copy is
 * thrown away, so no lock is ever held in somebody else's process.
 *
 * The JIT takes longer than all else of a first verdict, and makes code for
 * each way to run a pattern. That which tells what more text would change is
 * made for streams, and for what looks at a part of a text; without it PCRE2
 * would fall back without a word to what is slow.
 */

#define TIMES_MOST 64u /* of an item of a pattern, that count */

static pcre2_compile_context *compile_context(void)
{
    pcre2_compile_context *ctx = pcre2_compile_context_create(NULL);

    if (ctx == NULL)
        return NULL;
    /* A pattern means the same whatever the library was built with. */
    pcre2_set_newline(ctx, PCRE2_NEWLINE_LF);
    pcre2_set_bsr(ctx, PCRE2_BSR_UNICODE);
    pcre2_set_max_pattern_length(ctx, LIM_PATTERN);
    return ctx;
}

/* Without the JIT. */
static enum err source_compile(struct str source, uint32_t options,
                               pcre2_code **ret_code,
                               struct pattern_error *reterr_why)
{
    pcre2_compile_context *ctx = compile_context();
    PCRE2_SIZE at = 0;
    int number = 0;
    pcre2_code *code;

    if (ctx == NULL)
        return E_NOMEM;
    code = pcre2_compile((PCRE2_SPTR)(source.len ? source.ptr : ""), source.len,
                         options | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &number,
                         &at, ctx);
    pcre2_compile_context_free(ctx);
    if (code == NULL) {
        if (number == PCRE2_ERROR_HEAP_FAILED)
            return E_NOMEM;
        *reterr_why = (struct pattern_error){number, at};
        return E_SYNTAX;
    }
    *ret_code = code;
    return OK;
}

enum err pattern_compile(struct str source, uint32_t options,
                         pcre2_code **ret_code, bool *ret_slow,
                         struct pattern_error *reterr_why)
{
    enum err e = source_compile(source, options, ret_code, reterr_why);

    if (!e)
        *ret_slow = pcre2_jit_compile(*ret_code, PCRE2_JIT_COMPLETE) != 0;
    return e;
}

/* One of a rule's; `open`: the text it is run on may go on. */
static enum err compile(struct str source, uint32_t options, bool open,
                        pcre2_code **ret_code, size_t *slow)
{
    struct pattern_error why;
    bool refused;
    enum err e;

    if ((e = pattern_compile(source, options, ret_code, &refused, &why)))
        return e;
    if (open)
        refused |= pcre2_jit_compile(*ret_code, PCRE2_JIT_PARTIAL_HARD) != 0;
    *slow += refused;
    return OK;
}

/* What PCRE2 knows about the first byte of a match; all bytes if nothing. */
static void first_set(const pcre2_code *code, bool first[256])
{
    uint32_t type = 0, unit = 0;
    const uint8_t *bitmap = NULL;

    pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &type);
    pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODEUNIT, &unit);
    pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &bitmap);
    if (type == 1 && unit < 0x80) {
        char c = to_lower((char)unit);

        first[unit] = true; /* whether it has case is not told */
        first[(unsigned char)c] = true;
        if (c >= 'a' && c <= 'z')
            first[c & 0x5f] = true;
        return;
    }
    for (size_t i = 0; i < 256; i++)
        first[i] = type == 1 ? i >= 0x80
                             : bitmap == NULL || (bitmap[i / 8] >> i % 8 & 1);
}

/* The same of an anchored pattern: PCRE2 knows it of what it searches for. */
static enum err first_anchored(struct str source, bool first[256])
{
    struct pattern_error why;
    pcre2_code *code;
    enum err e;

    if ((e = source_compile(source, 0, &code, &why)))
        return e;
    first_set(code, first);
    pcre2_code_free(code);
    return OK;
}

#define ROAM_BEGINS 4 /* bytes that text is made of: two letters */

bool rule_roams(const struct rule *r)
{
    bool first[256] = {false};
    struct run run = run_read(r);
    size_t begins = 0;

    if (r->detector != DETECTOR_PATTERN || r->keyword_count == 0 ||
        r->keyword_first || token_first(r) || run_placed(&run) ||
        run_windowed(&run) || first_anchored(r->match, first))
        return false;
    for (unsigned c = 0; c < 128; c++)
        begins += first[c] && (is_alnum((char)c) || is_white((char)c));
    return begins > ROAM_BEGINS;
}

/*
 * Of $ and \Z PCRE2 does not say that more text could decide otherwise. Most
 * that have one end with it: what is before must be there first.
 */
static bool tells_end(struct str pattern)
{
    return str_find_byte(pattern, '$') < pattern.len ||
           str_find(pattern, STR("\\Z")) < pattern.len;
}

/* Does it ask for more of what stands before it than \b and \B do? */
static bool tells_front(struct str pattern)
{
    for (size_t i = 0; i < pattern.len; i++) {
        struct str before = str_head(pattern, i), rest = str_skip(pattern, i);

        if (str_starts(rest, STR("(?<")) || str_starts(rest, STR("(*")) ||
            str_starts(rest, STR("\\A")) || str_starts(rest, STR("\\G")))
            return true;
        if (pattern.ptr[i] == '^' &&
            (!str_ends(before, STR("[")) || str_ends(before, STR("\\["))))
            return true;
    }
    return false;
}

static enum err compile_gate(struct str pattern, pcre2_code **ret_gate,
                             size_t *slow)
{
    struct str before = str_head(pattern, pattern.len - 1);

    if (tells_end(before) || !str_ends(pattern, STR("$")) ||
        str_ends(before, STR("\\")))
        return OK;
    return compile(before, PCRE2_USE_OFFSET_LIMIT, true, ret_gate, slow);
}

/* The number at the front, as of {16,80}; no more than TIMES_MOST. */
static uint32_t times_read(struct str s)
{
    uint32_t n = 0;

    for (size_t i = 0; i < s.len && is_digit(s.ptr[i]) && n < TIMES_MOST; i++)
        n = 10 * n + (uint32_t)(s.ptr[i] - '0');
    return n < TIMES_MOST ? n : TIMES_MOST;
}

static struct toil toil_read(struct str pattern)
{
    uint32_t bars = 0, times = 0;

    for (size_t i = 0; i < pattern.len; i++) {
        bars += pattern.ptr[i] == '|';
        if (pattern.ptr[i] == '{') {
            uint32_t n = times_read(str_skip(pattern, i + 1));

            times = n > times ? n : times;
        }
    }
    return (struct toil){.turn = 6 + bars / 16,
                         .passed = 3 + bars * 3 / 8 + times / 8};
}

/* The patterns that a match is checked with. */
static enum err compile_checks(const struct rule *r, struct code *c)
{
    enum err e;

    c->nots = calloc(r->not_count + 1, sizeof(*c->nots));
    c->nears = calloc(r->near_count + 1, sizeof(*c->nears));
    c->gates = calloc(r->near_count + 1, sizeof(*c->gates));
    c->toils = calloc(r->near_count + 1, sizeof(*c->toils));
    c->words = calloc(r->near_count + 1, sizeof(*c->words));
    if (c->nots == NULL || c->nears == NULL || c->gates == NULL ||
        c->toils == NULL || c->words == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < r->not_count; i++) {
        if ((e = compile(r->nots[i], 0, false, &c->nots[i], &c->slow)))
            return e;
        c->not_count++;
    }
    for (size_t i = 0; i < r->near_count; i++) {
        struct str match = r->nears[i].match;
        bool ends = tells_end(match);

        if ((e = compile(match, PCRE2_USE_OFFSET_LIMIT, !ends, &c->nears[i],
                         &c->slow)))
            return e;
        c->near_count++;
        c->toils[i] = toil_read(match);
        within_read(match, &c->words[i]);
        c->nears_front |= (unsigned)tells_front(match) << i;
        c->nears_end |= (unsigned)ends << i;
        if (ends && (e = compile_gate(match, &c->gates[i], &c->slow)))
            return e;
    }
    return OK;
}

static enum err index_new(const struct rule *r,
                          struct keyword_index **ret_index)
{
    struct keyword_index *index = malloc(sizeof(*index));

    if (index == NULL)
        return E_NOMEM;
    keyword_index(r, index);
    *ret_index = index;
    return OK;
}

enum err code_new(const struct rule *r, enum code_use use,
                  struct code **ret_code)
{
    bool open = use == CODE_STREAM, placed = use == CODE_PLACED;
    struct code *c = calloc(1, sizeof(*c));
    /*
     * Such rules are only tried where a keyword, or a token, stands. PCRE2
     * would then look through thousands of bytes for one that a match must
     * have, again at every keyword.
     */
    uint32_t options = placed || r->keyword_first || token_first(r)
                           ? PCRE2_ANCHORED | PCRE2_NO_START_OPTIMIZE
                           : PCRE2_USE_OFFSET_LIMIT;
    uint32_t groups = 0;
    enum err e;

    if (c == NULL)
        return E_NOMEM;
    if (r->detector == DETECTOR_PATTERN) {
        if ((e = compile(r->match, options, open, &c->match, &c->slow)))
            goto out;
        c->toil = toil_read(r->match);
        c->needing = toil_read(r->needs);
        if (options & PCRE2_ANCHORED)
            ahead_read(r, &c->ahead);
        if (placed)
            tail_read(r, &c->tail);
        /* Of a group that the pattern lacks a match says not even that. */
        pcre2_pattern_info(c->match, PCRE2_INFO_CAPTURECOUNT, &groups);
    }
    if (r->group > groups) {
        e = E_INTERNAL;
        goto out;
    }
    if (r->end.len != 0 && (e = compile(r->end, 0, open, &c->end, &c->slow)))
        goto out;
    if ((e = compile_checks(r, c)))
        goto out;
    if (r->detector != DETECTOR_PATTERN)
        e = OK;
    else if (r->keyword_first)
        e = index_new(r, &c->index);
    else if (!token_first(r))
        first_set(c->match, c->first);
    else if (!(e = first_anchored(r->match, c->first)))
        head_read(r->match, &c->head);
    if (e)
        goto out;
    *ret_code = c;
    return OK;
out:
    code_free(c);
    return e == E_NOMEM ? E_NOMEM : E_INTERNAL;
}

void code_free(struct code *c)
{
    if (c == NULL)
        return;
    pcre2_code_free(c->match);
    pcre2_code_free(c->end);
    for (size_t i = 0; i < c->not_count; i++)
        pcre2_code_free(c->nots[i]);
    for (size_t i = 0; i < c->near_count; i++)
        pcre2_code_free(c->nears[i]);
    pcre2_code_free(atomic_load(&c->needs));
    for (size_t i = 0; i < c->near_count; i++)
        pcre2_code_free(c->gates[i]);
    free(c->nots);
    free(c->gates);
    free(c->toils);
    free(c->words);
    free(c->nears);
    free(c->index);
    free(c);
}

enum err code_needs(const struct rule *r, const struct code *c,
                    const pcre2_code **ret_needs)
{
    _Atomic(pcre2_code *) *place = &((struct code *)(uintptr_t)c)->needs;
    pcre2_code *code = atomic_load_explicit(place, memory_order_acquire);
    pcre2_code *none = NULL;
    size_t slow = 0;
    enum err e;

    if (code == NULL) {
        if ((e = compile(r->needs, 0, true, &code, &slow)))
            return e == E_NOMEM ? e : E_INTERNAL;
        if (!atomic_compare_exchange_strong(place, &none, code)) {
            pcre2_code_free(code);
            code = none;
        }
    }
    *ret_needs = code;
    return OK;
}

enum err rules_code(const struct rules *rs, const struct rule *r,
                    enum code_use use, const struct code **ret_code)
{
    _Atomic(struct code *) *place =
        &rs->code[(size_t)use * rs->count + r->index];
    struct code *c = atomic_load_explicit(place, memory_order_acquire);
    struct code *none = NULL;
    enum err e;

    if (c == NULL) {
        if ((e = code_new(r, use, &c)))
            return e;
        if (atomic_compare_exchange_strong(place, &none, c)) {
            atomic_fetch_add(&((struct rules *)(uintptr_t)rs)->slow, c->slow);
        } else {
            code_free(c);
            c = none;
        }
    }
    *ret_code = c;
    return OK;
}
