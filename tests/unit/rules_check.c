#include "rules/rule.h"

#include "check.h"

/* What the compiler of rule files refuses, and what it reads off patterns. */

static struct rule rule_of(const char *match)
{
    return (struct rule){.id = STR_INIT("x"),
                         .match = str_of(match),
                         .dirs = DIRS_ALL,
                         .roles = ROLES_ALL,
                         .parts = PARTS_ALL,
                         .action = ACTION_REDACT};
}

static void test_patterns(void)
{
    static const struct {
        const char *match;
        enum err stream, whole;
        const char *why; /* part of it, on streams */
    } rows[] = {
        {"dog", OK, OK, ""},
        {"", E_SYNTAX, E_SYNTAX, "empty"},
        {"(", E_SYNTAX, E_SYNTAX, "offset 1"},
        {"a*", E_SYNTAX, E_SYNTAX, "empty string"},
        {"(?=a)", E_SYNTAX, E_SYNTAX, "empty string"},
        {"\\Ga", E_SYNTAX, OK, "\\G"},
        {"a\\Kb", E_SYNTAX, OK, "\\K"},
        {"a\\Cb", E_SYNTAX, E_SYNTAX, "\\C"},
        {"a(?C1)b", E_SYNTAX, OK, "callout"},
        {"(*UCP)a", E_SYNTAX, OK, "verb"},
        {"a(*SKIP)b", E_SYNTAX, OK, "verb"},
        {"(*pla:a)ab", E_SYNTAX, OK, "verb"},
        {"\\((?R)?\\)", E_SYNTAX, E_LIMIT, "recursion"},
        {"(a)(?1)", E_SYNTAX, OK, "recursion"},
        {"(?<n>a)(?&n)", E_SYNTAX, OK, "recursion"},
        {"(?<n>a)(?P>n)", E_SYNTAX, OK, "recursion"},
        {"(a)\\g<1>", E_SYNTAX, OK, "recursion"},
        {"(a)(?-1)", E_SYNTAX, OK, "recursion"},
        {"(?-i)a", OK, OK, ""},
        {"(?<=(?<!b)a)c", E_SYNTAX, OK, "lookbehind in a lookbehind"},
        {"(?<=a)b(?<!cb)", OK, OK, ""},
        {"(?<=(?=a)a)b", OK, OK, ""},
        {"(?<=(?:x(?<=x)))b", E_SYNTAX, OK, "lookbehind in a lookbehind"},
        {"(?<=.{63})a", OK, OK, ""},
        {"(?<=.{64})a", E_SYNTAX, OK, "63"},
        {"[(*)]+\\(\\*", OK, OK, ""},
        {"[]\\G(?R]+", E_SYNTAX, E_SYNTAX, ""}, /* \G in a class is an error */
        {"[](?R]+x", OK, OK, ""},
        {"[[:alpha:](?R)]x", OK, OK, ""},
        {"\\Q(?R)\\G\\Ex", OK, OK, ""},
        {"\\\\Gx", OK, OK, ""},
        {"(?#(?R x)a", OK, OK, ""},
        {"(\\w)\\1", OK, OK, ""},
        {"(?:(?:a+)+)+b", E_LIMIT, E_LIMIT, "hostile"},
        {"(?:a|a)*b", E_LIMIT, E_LIMIT, "hostile"},
        {"(?:_+)+z", E_LIMIT, E_LIMIT, "hostile"},
        {"(?:\\t+)+z", E_LIMIT, E_LIMIT, "hostile"},
        {"(?:\\$+)+z", E_LIMIT, E_LIMIT, "hostile"},
        {"(?:(?:é)+)+z", E_LIMIT, E_LIMIT, "hostile"},
        {"ab\\([^)]*\\([^)]*\\)x", E_LIMIT, E_LIMIT, "hostile"},
        {"x(?:[a-z]|\\s)*y\\d", E_LIMIT, E_LIMIT, "hostile"},
        {"dog.*.*.*x", E_LIMIT, E_LIMIT, "hostile"},
        {"dog[^\\n]*a[^\\n]*[^\\n]*x", E_LIMIT, E_LIMIT, "hostile"},
        {"dog.{0,90}x", OK, OK, ""},
        {"x[\\s\\S]{0,500}?y", OK, OK, ""},
        {"(?i)password\\s*[:=]\\s*\\S{3,40}", OK, OK, ""},
        {"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}\\.[A-Za-z]{2,24}", OK, OK,
         ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rule r = rule_of(rows[i].match);
        struct buf why;

        CHECK_ROW(rows[i].match);
        buf_init(&why, 1000);
        CHECK_INT(rule_compile_check(&r, &why), rows[i].stream);
        if (rows[i].stream != OK) {
            struct str part = str_of(rows[i].why);

            CHECK(why.len != 0);
            if (!CHECK(part.len == 0 ||
                       str_find(buf_str(&why), part) != why.len))
                check_show("why", buf_str(&why));
        }
        r.whole = true;
        CHECK_INT(rule_compile_check(&r, &why), rows[i].whole);
        buf_free(&why);
    }
    CHECK_ROW(NULL);
}

static void test_other_fields(void)
{
    static const struct str nots[] = {STR_INIT("fine"), STR_INIT("[")};
    struct buf why;
    struct rule r = rule_of("(a)b");

    buf_init(&why, 1000);
    r.group = 1;
    CHECK_INT(rule_compile_check(&r, &why), OK);
    r.group = 2;
    CHECK_INT(rule_compile_check(&r, &why), E_SYNTAX);
    CHECK(str_starts(buf_str(&why), STR("group")));
    r.group = 0;
    r.end = STR("x*");
    CHECK_INT(rule_compile_check(&r, &why), E_SYNTAX);
    CHECK(str_starts(buf_str(&why), STR("end")));
    r.end = STR("x+");
    r.nots = nots;
    r.not_count = 1;
    CHECK_INT(rule_compile_check(&r, &why), OK);
    r.not_count = 2;
    CHECK_INT(rule_compile_check(&r, &why), E_SYNTAX);
    CHECK(str_starts(buf_str(&why), STR("not")));
    r = rule_of("a");
    r.match = STR("\xff");
    CHECK_INT(rule_compile_check(&r, &why), E_SYNTAX);
    buf_free(&why);
}

static void test_keyword_first(void)
{
    static const struct {
        const char *match;
        bool yes;
    } rows[] = {
        {"sk-[a-z]+", true},
        {"\\bsk-[a-z]+", true},
        {"(?<![a-z0-9])sk-[a-z]+", true},
        {"(?i)\\bSK-ant", true},
        {"(?i:sk-)ant", true},
        {"(?:sk|rk)_(?:live|test)_\\w+", true},
        {"[sr]k_(?:live|test)_\\w+", true},
        {"(sk|rk)_\\w+", true},
        {"(?<key>sk|rk)_\\w+", true},
        {"sk-\\w+|rk_\\w+", true},
        {"ghp\\_x", true},
        {"xx\\.y|sk-", true},
        {"a?sk-", false},
        {"sk-|", false},
        {"(?:sk-)?abc", false},
        {"(?:sk-|zz)abc", false},
        {"sk?-", false},
        {"s", false},
        {"sk", false},
        {"\\w+sk-", false},
        {".sk-", false},
        {"[sr]+k_", false},
        {"[^s]k_", false},
        {"[s-t]k_", false},
        {"\\Qsk-\\E", false},
        {"(?x) sk-", false},
        {"(?x)sk-", false},
        {"sk-[[:alnum:]]+|foo", false},
        {"sk-[[:alnum:]]+|rk_", true},
        {"sk-[]|]+|foo", false},
        {"sk-[]|]+|rk_", true},
        {"(?:sk-", false},
        {"", false},
    };
    static const struct str keys[] = {STR_INIT("sk-"), STR_INIT("SK_"),
                                      STR_INIT("rk_"), STR_INIT("ghp_"),
                                      STR_INIT("xx.")};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rule r = rule_of(rows[i].match);

        CHECK_ROW(rows[i].match);
        CHECK(!rule_keyword_first(&r));
        r.keywords = keys;
        r.keyword_count = ARRAY_LEN(keys);
        CHECK_INT(rule_keyword_first(&r), rows[i].yes);
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    RUN(test_patterns);
    RUN(test_other_fields);
    RUN(test_keyword_first);
    return check_done();
}
