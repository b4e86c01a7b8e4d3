/*
 * What is known of a text beside its keywords, against the same thing counted
 * byte by byte: texts of digits, of what may stand between them and of what
 * ends a number, of all lengths around the 64 bytes of a step.
 */

#include <stdlib.h>

#include "check.h"
#include "rnd.h"
#include "rules/traits.h"

static size_t run_slowly(struct str s)
{
    size_t now = 0, best = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
            now++;
        else if (strchr(" -.()/", s.ptr[i]) == NULL)
            now = 0;
        best = now > best ? now : best;
    }
    return best;
}

static bool folds_slowly(struct str s)
{
    return str_find(s, STR("\xc5\xbf")) < s.len ||
           str_find(s, STR("\xe2\x84\xaa")) < s.len;
}

static bool wide_slowly(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return true;
    return false;
}

/* What the tests ask for: behind most bytes, so that some are left out. */
static const struct rule asked = {.token = {0x1fe, 0x3fe},
                                  .then = STR_INIT(" .-:")};

/* The same of numbers that are not brief, and of others before some marks. */
static const struct rule briefly[] = {
    {.token = {0x1f8, 0x3fe}},
    {.token = {6, 0}, .then = STR_INIT(TOKEN_MARKS)}};

static bool is_asked(const struct rule *rules, size_t n, struct str s,
                     size_t end, size_t len, bool letters)
{
    for (size_t i = 0; i < n; i++)
        if (token_fits(&rules[i].token, len, letters) &&
            token_then(&rules[i], s, end))
            return true;
    return false;
}

/* All tokens that are asked for, each where it begins; how many. */
static size_t tokens_slowly(const struct rule *rules, size_t rule_count,
                            struct str s, const struct tokens *tk)
{
    size_t n = 0, end;

    for (size_t i = 0; i < s.len; i = end + 1) {
        bool letters = false, digits = false;

        for (end = i; end < s.len && token_byte(s.ptr[end]); end++)
            *(is_digit(s.ptr[end]) ? &digits : &letters) = true;
        if (!digits || !is_asked(rules, rule_count, s, end, end - i, letters))
            continue;
        if (!CHECK(n < tk->count))
            return n;
        CHECK_INT(token_start(tk->list[n]), i);
        CHECK_INT(tk->list[n] & 0x7f, end - i);
        CHECK_INT((tk->list[n] & 0x80) != 0, letters);
        n++;
    }
    return n;
}

/* The same from the front, one by one, as streams do. */
static void check_next(struct str s, const struct tokens *tk)
{
    size_t at = 0, n = 0;
    bool cut;

    while ((at = token_next(&asked, s, at, false, &cut)) < s.len) {
        CHECK(!cut);
        if (!CHECK(n < tk->count))
            return;
        CHECK_INT(token_start(tk->list[n++]), at++);
    }
    CHECK_INT(n, tk->count);
    for (at = 0; at <= s.len; at++) { /* never from inside of one */
        size_t next = token_next(&asked, s, at, true, &cut);

        CHECK(next >= at &&
              (next == 0 || next >= s.len || !token_byte(s.ptr[next - 1])));
    }
}

/* What a rule picks of them, against each looked at by itself. */
static void check_picks(struct str s, struct tokens *tk)
{
    static const struct rule rules[] = {
        {.token = {0x1fe, 0x3fe}, .then = STR_INIT(" .-:")},
        {.token = {2, 0}},
        {.token = {0, 0x30}, .then = STR_INIT(".")},
        {.token = {0x100, 0}},
    };

    static const struct guard none = {{0}}, marks = {{UINT64_C(1) << '-' |
                                                      UINT64_C(1) << '.'}};

    for (size_t r = 0; r < 4 * ARRAY_LEN(rules); r++) {
        const struct rule *rule = &rules[r / 4];
        bool one = r % 2 != 0, two = r % 4 / 2 != 0;
        size_t n =
            tokens_pick(tk, rule, one ? &marks : &none, two ? &marks : &none);
        size_t k = 0;

        for (size_t i = 0; i < tk->count; i++) {
            size_t at = token_start(tk->list[i]);
            size_t end = at + (tk->list[i] & 0x7f);
            bool mark = at > 0 && strchr("-.", s.ptr[at - 1]) != NULL;

            if (token_entry_in(&rule->token, tk->list[i]) &&
                token_then(rule, s, end) && !(mark && one) &&
                !(mark && two && at > 1 && is_digit(s.ptr[at - 2])))
                CHECK(k < n && tk->picked[k++] == tk->list[i]);
        }
        CHECK_INT(n, k);
    }
}

/* Behind every digit with four before it in its run there is a place, not far.
 */
static void check_places(struct str s, const struct places *pl)
{
    size_t now = 0, k = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (is_digit(s.ptr[i]))
            now++;
        else if (strchr(" -.()/", s.ptr[i]) == NULL)
            now = 0;
        if (!is_digit(s.ptr[i]) || now < 5)
            continue;
        while (k < pl->count && pl->list[k] <= i)
            k++;
        CHECK(k < pl->count && pl->list[k] <= i + PLACE_STEP);
    }
}

static void check_step(struct str s, enum cpu_step step)
{
    struct token_want want = {.any = false}, nothing = want;
    struct tokens tk = {.want = &want}, none = {.want = &nothing};
    struct places pl = {.digits = 5};
    struct traits t = {0};

    token_want_add(&want, &asked);
    token_want_ready(&want);
    CHECK(!want.brief);
    if (!CHECK_INT(traits_of(s, 1000, &none, &pl, step, &t), OK) ||
        !CHECK_INT(none.count, 0))
        return;
    CHECK_INT(t.digits, run_slowly(s));
    CHECK_INT(t.folds, folds_slowly(s));
    CHECK_INT(t.wide, wide_slowly(s));
    free(pl.list);
    pl = (struct places){.digits = 5};
    CHECK_INT(traits_of(s, 9, &tk, &pl, step, &t), OK);
    check_places(s, &pl);
    free(pl.list);
    CHECK((t.digits < 9 ? t.digits : 9) ==
          (run_slowly(s) < 9 ? run_slowly(s) : 9));
    CHECK_INT(tk.count, tokens_slowly(&asked, 1, s, &tk));
    check_next(s, &tk);
    check_picks(s, &tk);
    tokens_free(&tk);
}

static void check_briefly(struct str s, enum cpu_step step)
{
    struct token_want want = {.any = false};
    struct tokens tk = {.want = &want};
    struct places pl = {0};
    struct traits t = {0};

    for (size_t i = 0; i < ARRAY_LEN(briefly); i++)
        token_want_add(&want, &briefly[i]);
    token_want_ready(&want);
    CHECK(want.brief);
    CHECK_INT(traits_of(s, 9, &tk, &pl, step, &t), OK);
    CHECK_INT(tk.count, tokens_slowly(briefly, ARRAY_LEN(briefly), s, &tk));
    tokens_free(&tk);
}

static void check(struct str s)
{
    for (enum cpu_step step = CPU_1; step <= cpu_step(); step++) {
        check_step(s, step);
        check_briefly(s, step);
    }
}

static void test_mixed(void)
{
    static const char *const kinds[] = {
        "0123456789",
        "0 1-2.3(4)5/6",
        "12 ab",
        "a1 .",
        "12   ;:-a.",
        "9:/ ",
        "\x80\xc5 1",
        "aB3C5. ",
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz 1"};
    char text[500];

    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (size_t n = 0; n < 2000; n++) {
            size_t len = n % sizeof(text); /* tokens in more than one group */

            for (size_t i = 0; i < len; i++)
                text[i] = kinds[k][rnd(strlen(kinds[k]))];
            CHECK_ROW(kinds[k]);
            check((struct str){text, len});
        }
}

/* Longer than what is looked at at once: numbers here and there in it, some of
 * which go on for steps with nothing but what may stand between digits. */
static void test_long(void)
{
    static const char *const kinds[] = {"1",    "22",          "x7",   "4821",
                                        "a1b2", "0171 482 10", "\x80", "y"};
    static char text[9000];

    for (size_t n = 0; n < 100; n++) {
        size_t len = sizeof(text) - rnd(5000), sparse = 1 + rnd(300);

        memset(text, n % 3 == 0 ? ' ' : n % 3 == 1 ? 'x' : ';', len);
        for (size_t at = rnd(sparse); at < len; at += 1 + rnd(sparse)) {
            const char *kind = kinds[rnd(ARRAY_LEN(kinds))];
            size_t k = strlen(kind) < len - at ? strlen(kind) : len - at;

            memcpy(text + at, kind, k);
        }
        check((struct str){text, len});
    }
}

static bool has_folds(struct str s)
{
    struct token_want nothing = {.any = false};
    struct tokens none = {.want = &nothing};
    struct places pl = {0};
    struct traits t = {0};

    CHECK_INT(traits_of(s, 9, &none, &pl, cpu_step(), &t), OK);
    return t.folds;
}

/* A second spelling at every place, in texts of every length; and any byte
 * beyond ASCII. */
static void test_folds(void)
{
    static const char *const folds[] = {"\xc5\xbf", "\xe2\x84\xaa", "\x80"};
    char text[140];

    for (size_t f = 0; f < ARRAY_LEN(folds); f++)
        for (size_t len = strlen(folds[f]); len < sizeof(text); len++)
            for (size_t at = 0; at + strlen(folds[f]) <= len; at++) {
                memset(text, 'x', len);
                memcpy(text + at, folds[f], strlen(folds[f]));
                check((struct str){text, len});
            }
    memset(text, 'x', sizeof(text));
    CHECK(!has_folds((struct str){text, sizeof(text)}));
    CHECK(!has_folds(STR("caf\xc3\xa9 \xc5\xa1 \xe2\x84\xa2")));
}

/* More tokens than are listed: said so. */
static void test_many_tokens(void)
{
    const struct rule one = {.token = {2, 0}};
    struct token_want want = {.any = false};
    struct tokens tk = {.want = &want};
    struct places pl = {.digits = 1};
    size_t len = 1200000;
    char *text = malloc(len);
    struct traits t;

    token_want_add(&want, &one);
    for (size_t i = 0; text != NULL && i < len; i++)
        text[i] = i % 2 ? ' ' : '7';
    CHECK_INT(traits_of((struct str){text, len}, 9, &tk, &pl, cpu_step(), &t),
              OK);
    CHECK(tk.partial);
    CHECK(pl.count == len / PLACE_STEP || pl.everywhere);
    free(pl.list);
    tokens_free(&tk);
    free(text);
}

int main(void)
{
    RUN(test_mixed);
    RUN(test_long);
    RUN(test_folds);
    RUN(test_many_tokens);
    return check_done();
}
