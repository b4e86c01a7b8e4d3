#include "rules/inside.h"
#include "rules/prefilter.h"

#include "check.h"
#include "keyed.h"
#include "rnd.h"

/*
 * Keywords that count before a number only: with their own rule's reach, as far
 * as that is known, beside a rule with a longer one; and not where a line ends
 * between them, but soon before the number.
 */

static bool listed(const struct prefilter_hits *hits, size_t at)
{
    for (size_t i = 0; i < hits->count; i++)
        if (hits->at[i] == at)
            return true;
    return false;
}

/* The length of the keyword that text begins with, or 0. */
static size_t begins(const struct rule *r, struct str text)
{
    size_t len;

    for (size_t k = 0; k < r->keyword_count; k++)
        if (keyword_at(r->keywords[k], text, &len) == KEYWORD_YES)
            return len;
    return 0;
}

/* Is what begins at `at` in the line of text[end], or soon behind its end? */
static bool is_there(struct str text, size_t end, size_t at)
{
    for (size_t i = end; i + REACH_LINE < at; i++)
        if (text.ptr[i] == '\n')
            return false;
    return true;
}

/* Does a token of so many digits begin up to `reach` behind text[i], where a
 * keyword of n bytes is? */
static bool token_follows(struct str text, size_t i, size_t n, size_t digits,
                          size_t reach)
{
    size_t len;

    for (size_t at = i; at < text.len && at - i <= reach; at += len) {
        len = 1;
        if (!is_digit(text.ptr[at]))
            continue;
        while (at + len < text.len && is_digit(text.ptr[at + len]))
            len++;
        if (len == digits && is_there(text, i + n, at) &&
            (at == 0 || strchr(" \n", text.ptr[at - 1]) != NULL))
            return true;
    }
    return false;
}

/* Has a run so many digits, or more, at a byte of text[from, to), and is it
 * there for what ends at `end`? */
static bool run_within(struct str text, size_t from, size_t to, size_t end,
                       size_t digits)
{
    size_t n = 0, first = 0;

    for (size_t i = 0; i < text.len && i < to; i++) {
        if (is_digit(text.ptr[i]))
            first = n++ == 0 ? i : first;
        else if (strchr(" -.()/", text.ptr[i]) == NULL)
            n = 0;
        if (i >= from && is_digit(text.ptr[i]) && n >= digits)
            return is_there(text, end, first);
    }
    return false;
}

/* Those of a token exactly; of a run of digits some may count in vain. */
static void check_numbers(const struct rule *r, struct str text,
                          const struct prefilter_hits *hits)
{
    for (size_t i = 0; i < text.len; i++) {
        size_t n = begins(r, str_skip(text, i));
        bool got = listed(hits, i);

        if (n == 0)
            CHECK(!got);
        else if (token_any(&r->token))
            CHECK_INT(got,
                      token_follows(text, i, n,
                                    (size_t)__builtin_ctzll(r->token.digits),
                                    r->reach));
        else if (got)
            CHECK(run_within(text, i < 3 * PLACE_STEP ? 0 : i - 3 * PLACE_STEP,
                             i + r->reach + PLACE_STEP + 1, text.len,
                             r->digits));
        else
            CHECK(!run_within(text, i, i + r->reach + 1, i + n, r->digits));
    }
}

static void check_rule(struct token_set token, uint32_t digits, uint32_t reach)
{
    static const struct str keys[] = {STR_INIT("year"), STR_INIT("yr")};
    static const struct str far[] = {STR_INIT("and")};
    static const char *const some[] = {"year ", "Yr ",    "yr",        "1999 ",
                                       "12 ",   "12345 ", "\xc5\xbf ", "and ",
                                       "and ",  "and\n "};
    struct rule list[] = {{.keywords = keys,
                           .keyword_count = ARRAY_LEN(keys),
                           .keyword_first = true,
                           .token = token,
                           .digits = digits,
                           .reach = reach},
                          {.keywords = far,
                           .keyword_count = ARRAY_LEN(far),
                           .keyword_first = true,
                           .token = token,
                           .digits = digits,
                           .reach = 150}};
    static const struct guard no_guards[2];
    static const struct run no_runs[2];
    static const uint64_t all[] = {3};
    struct prefilter_hits hits = {0};
    struct prefilter *pf;
    struct keyed keyed_by;

    keyed(&keyed_by, list, ARRAY_LEN(list));
    if (!CHECK_INT(prefilter_new(list, 2, all, no_guards, no_runs, &pf), OK))
        return;
    for (int round = 0; round < 3000; round++) {
        char text[200];
        size_t n = 0;

        while (n < sizeof(text) - 8) {
            const char *s = some[rnd(ARRAY_LEN(some))];

            memcpy(text + n, s, strlen(s));
            n += strlen(s);
        }
        if (CHECK_INT(prefilter_begin(pf, (struct str){text, n}, &hits), OK) &&
            CHECK_INT(prefilter_next(pf, (struct str){text, n}, &hits), OK))
            check_numbers(&list[0], (struct str){text, n}, &hits);
    }
    prefilter_hits_free(&hits);
    prefilter_free(pf);
}

static void test_any_number(void)
{
    check_rule((struct token_set){1u << 4, 0}, 0, 24);
    check_rule((struct token_set){1u << 4, 0}, 0, 100); /* as any text has */
}

static void test_tokens(void)
{
    check_rule((struct token_set){1u << 5, 0}, 0, 24);
    check_rule((struct token_set){1u << 5, 0}, 0, 100);
}

static void test_runs(void)
{
    check_rule((struct token_set){0}, 5, 24);
    check_rule((struct token_set){0}, 5, 100);
}

int main(void)
{
    RUN(test_any_number);
    RUN(test_tokens);
    RUN(test_runs);
    return check_done();
}
