/*
 * Pseudonyms by themselves: their form, how they are found in a text however
 * it is cut, which places are addresses, and the table of those given out.
 */
/* link: -lpthread */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/vault.h"
#include "check.h"
#include "failmalloc.h"

static const unsigned char key[PSEUDONYM_KEY_LEN] =
    "a key of thirty-two bytes, yes.";
static const unsigned char other_key[PSEUDONYM_KEY_LEN] = "another";
static const struct str classes[] = {STR_INIT("EMAIL"), STR_INIT("PERSON"),
                                     STR_INIT("MAIL")};

static struct str text_of(const struct pseudonym *p)
{
    return (struct str){p->text, p->len};
}

static struct pseudonym made(const char *class, const char *value)
{
    struct pseudonym p;

    pseudonym_make(key, str_of(class), str_of(value), &p);
    return p;
}

static void test_form(void)
{
    struct pseudonym p = made("EMAIL", "a@b.example");
    struct pseudonym again = made("EMAIL", "a@b.example");
    struct pseudonym other = made("MAIL", "a@b.example"), number, fresh;

    CHECK_INT(p.len, 5 + 1 + 14);
    CHECK(str_starts(text_of(&p), STR("EMAIL_")));
    for (size_t i = 6; i < p.len; i++)
        CHECK((p.text[i] >= 'a' && p.text[i] <= 'z') ||
              (p.text[i] >= '2' && p.text[i] <= '7'));
    CHECK_EQ(text_of(&again), text_of(&p));
    CHECK(!str_ends(text_of(&p), text_of(&other)));
    pseudonym_make(other_key, STR("EMAIL"), STR("a@b.example"), &fresh);
    CHECK(!str_eq(text_of(&fresh), text_of(&p)));
    pseudonym_number(key, STR("CARD"), STR("4111111111111111"), &number);
    CHECK_INT(number.len, PSEUDONYM_DIGITS);
    CHECK(number.text[0] == '9');
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void test_all_differ(void)
{
    static uint64_t ids[200000];

    for (size_t i = 0; i < ARRAY_LEN(ids); i += 2) {
        struct pseudonym p;
        char value[32];
        int n = snprintf(value, sizeof(value), "user%zu@b.example", i);

        pseudonym_make(key, STR("EMAIL"), (struct str){value, (size_t)n}, &p);
        ids[i] = p.id;
        pseudonym_make(key, STR("MAIL"), (struct str){value, (size_t)n}, &p);
        ids[i + 1] = p.id;
    }
    qsort(ids, ARRAY_LEN(ids), sizeof(ids[0]), by_id);
    for (size_t i = 1; i < ARRAY_LEN(ids); i++)
        CHECK(ids[i] != ids[i - 1]);
}

/* The ends of all that is found, "u" behind those in an address. */
static void found_in(struct str text, size_t cut, char *out, size_t size)
{
    struct pseudonym_scan s = {
        .key = key, .classes = classes, .class_count = ARRAY_LEN(classes)};
    struct str pieces[2] = {str_head(text, cut), str_skip(text, cut)};
    struct pseudonym_at at;
    size_t n = 0;

    out[0] = '\0';
    for (int i = 0; i < 2; i++)
        while (pseudonym_next(&s, &pieces[i], &at))
            n += (size_t)snprintf(out + n, size - n, "%d%s ", (int)at.end,
                                  at.in_url ? "u" : "");
    while (pseudonym_last(&s, &at))
        n += (size_t)snprintf(out + n, size - n, "%d%s ", (int)at.end,
                              at.in_url ? "u" : "");
}

/* $ stands for a pseudonym, # for a number, ~ for one in an address; and \1 for
 * a "#". */
static const char *const places[] = {
    "$",
    "x $ y",
    "($)",
    "$$",
    "$#$ # #",
    "a$b",
    "<$>",
    "mail: $.",
    "\"$\"",
    "Jane <$>",
    "$, $ and $",
    "1 # 2",
    "\xc3\xa9$\xc3\xa9",
    "**$**",
    "`$`",
    "_$_",
    "a [link](x) $",
    "and/or $",
    "e.g. $",
    "3.5 / $",
    "[note] ($)",
    "a < b $",
    "x <b>$</b>",
    "a\\ $",
    "f[0] $",
    "don't $",
    "{\"site\":\"https://a.example\",\"mail\":\"$\"}",
    "see https://a.example/x $",
    "<https://a.example>$",
    "EMAIL_ $",
    "XX$",
    "not a url: $",
    "// $",
    "C:\\dir $",
    "http $",
    /* addresses */
    "https://a.example/?q=~",
    "![i](https://a.example/~)",
    "[t](/x?~)",
    "![i](~)",
    "![i](<https://a.example/a b ~>)",
    "[t](a \"~\")",
    "![i](https://a.example/?q=\"~)",
    "[r]: ~\n",
    "[r]:\n  ~",
    "//a.example/~",
    "[r]: <https&colon;//a.example/~>",
    "![i](<https&colon;//a/)~>)",
    "<img src=~>",
    "<img src=\"~\">",
    "<a\nhref='~'>",
    "<img/src=~>",
    "<img alt='>' src=\"https&colon;&sol;&sol;a/~\">",
    "www.a.example/~",
    "a.example/?~",
    "a.example:80/~",
    "mailto:~",
    "HTTPS://a.example/~",
    "https:\\\\a.example\\~",
    "\\\\a.example\\~",
    "http:~",
    "<x-app:~>",
    "'https://a.example/\"~'",
    "[a](b(c)~)",
    "[a](b\\)~)",
    "data:text/html,~",
    "https://~.a.example/",
    "(https://a.example/~)",
    "[t]( \n ~)",
    /* and behind them */
    "[t](/x?~) $",
    "<img src=~> $",
    "[r]: ~ $",
    "https://a/~ $",
    "[t](/x?~\n\n$",
    "<img src=~\n \n$",
    "'https://a/~' $",
    "[a](b(c)~)$",
    /* known by what stands behind */
    "$.",
    "$. Please",
    "$...",
    "**$.** Please",
    "($.) \"$.\" '$.'",
    "$'s",
    "$\xe2\x80\x99s",
    "$, $; $! $? $: $",
    "\"$?\" ($?)",
    "$,$",
    "$|$",
    "$:$",
    "$-$_$+$",
    "$\xe2\x80\x94$",
    "$.\\n$.\\\"",
    "$\\nhttps://a.example/~",
    "{\"a\":\"$.\",\"b\":\"$/\"}",
    "&lt;$&gt; $&nbsp;$ $&\00139;s",
    "$ &amp; $",
    "$%",
    "$@ home",
    "Mr.$ e.g.$",
    "$\xe3\x80\x82\xe8\xb0\xa2\xe8\xb0\xa2",
    "\xe8\xa7\x81$\xef\xbc\x8chttps://a.example/x",
    "$\xef\xbc\x9f\xe8\xb0\xa2",
    "/home/$/notes.txt",
    "C:\\Users\\$\\docs.txt",
    "users/$/a.txt and/$",
    "~.a.example",
    "~.a.example/p $",
    "x~-y.a.example $",
    "~~.a.example",
    "$,~.a",
    "~_x.a",
    "**~**.a.example",
    "/home/~.old/x",
    "~\\.a.example",
    "~@a.example",
    "~@[192.0.2.1]",
    "~:8080/",
    "~:secret@a.example",
    "~/p",
    "~/~",
    "~?q",
    "~\001q",
    "$?\"~",
    "~\\/p",
    "~%2Ea",
    "~%40a",
    "~&\00146;a",
    "~&period;a",
    "~&commat;a",
    "~\\u002ea",
    "~\xe2\x80\x8b.a.example",
    "~\xef\xbc\x8e\x61",
    "~\xe3\x80\x82\x61",
    "~\xef\xbc\x8fp",
    "~\xef\xbc\xa0p",
    "~\xc3\xa9.\xc3\xa9",
    "<~.a.example/p>",
    "<~@a.example>",
    "#.",
    "# #.",
    /* and by more of what stands before */
    "https%3A%2F%2Fa.example%2F%3Fq%3D~",
    "a%2eexample%2f~ $",
    "https%253A%252F%252Fa~",
    "a_b.example/~",
    "\xc3\xa9.example/~",
    "a.\xc3\xa9/~",
    "a.example\xef\xbc\x8f~",
    "a\xe3\x80\x82host.example/~",
    "joe@a.example/~",
    "joe:x@a.example?subject=~",
    "host:8080/~",
    "[::1]:8080/~",
    "[2001:db8::1]/~",
    "192.0.2.1/~",
    "https:\\/\\/a.example\\/~",
    "\\u002f\\u002fa\\u002f~",
    "\\x2f\\x2fa~",
    "&sol;&sol;a/~",
    "https&colon;&\00147;&\00147;a~",
    "hxxps://a/~",
    "hxxps[:]//a[.]example/~",
    "javascript:f(~)",
    "vbscript:~",
    "the end.\\n$",
    "12:30 / $",
    "AT&T $",
    "100% $",
    "../$ ./$",
};

static void expand(const char *form, struct buf *out, char *want)
{
    struct pseudonym p = made("EMAIL", "a@b.example"), n;
    int at = 0;

    pseudonym_number(key, STR("CARD"), STR("1"), &n);
    buf_init(out, 4096);
    want[0] = '\0';
    for (; *form != '\0'; form++) {
        if (strchr("$~#", *form) == NULL) {
            CHECK(buf_add_byte(out, (char)(*form == 1 ? '#' : *form)) == OK);
            continue;
        }
        CHECK(buf_add(out, text_of(*form == '#' ? &n : &p)) == OK);
        at +=
            sprintf(want + at, "%d%s ", (int)out->len, *form == '~' ? "u" : "");
    }
}

static void test_places(void)
{
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        char want[256], got[256];
        struct buf text;

        check_state.row = places[i];
        expand(places[i], &text, want);
        for (size_t cut = 0; cut <= text.len; cut++) {
            found_in(buf_str(&text), cut, got, sizeof(got));
            if (!CHECK_EQ(str_of(got), str_of(want)))
                break;
        }
        CHECK(pseudonym_maybe(buf_str(&text)));
        buf_free(&text);
    }
    check_state.row = NULL;
}

static void test_only_what_passes_the_check(void)
{
    struct pseudonym p = made("EMAIL", "a@b.example"), n;
    char got[256];

    pseudonym_number(key, STR("CARD"), STR("1"), &n);
    for (size_t i = 6; i < p.len; i++) { /* any other letter in any place */
        char was = p.text[i];
        unsigned passed = 0;

        for (char c = 'a'; c <= 'z'; c++) {
            p.text[i] = c;
            found_in(text_of(&p), 0, got, sizeof(got));
            passed += got[0] != '\0';
        }
        p.text[i] = was;
        CHECK(passed <= 2); /* itself, and one by chance */
    }
    for (size_t i = 0; i < p.len; i++) /* case is no matter */
        p.text[i] = to_lower(p.text[i]);
    found_in(text_of(&p), 0, got, sizeof(got));
    CHECK_EQ(str_of(got), STR("20 "));
    found_in(str_head(text_of(&p), p.len - 1), 0, got, sizeof(got));
    CHECK_EQ(str_of(got), STR(""));
    n.text[PSEUDONYM_DIGITS - 1] ^= 1;
    found_in(text_of(&n), 0, got, sizeof(got));
    CHECK_EQ(str_of(got), STR(""));
}

/* What a stream must hold back, and nothing more. */
static void test_open(void)
{
    static const struct {
        const char *text;
        size_t held;
    } rows[] = {
        {"", 0},
        {"hello ", 0},
        {"the", 1},
        {"theE", 1},
        {"ema", 3},
        {"EMAIL", 5},
        {"EMAIL_", 6},
        {"email_ab", 8},
        {"XEMAIL_ab", 8},
        {"email_ab!", 0},
        {"EMAIL_abcdefghijklm", 19},
        {"OTHER_ab", 0},
        {"OTHER_perso", 5},
        {"x9", 1},
        {"8", 0},
        {"12345", 0},
        {"9123", 4},
        {"89123", 0},
        {"912345678901234", 15},
        {"9123456789012345", 0},
        {"remail", 5},
        {"PERSON EM", 2},
        {"_", 0},
        {"\xc3\xa9m", 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct pseudonym_scan s = {
            .key = key, .classes = classes, .class_count = ARRAY_LEN(classes)};
        struct str text = str_of(rows[i].text);
        struct pseudonym_at at;

        check_state.row = rows[i].text;
        CHECK(!pseudonym_next(&s, &text, &at));
        CHECK_INT(s.pos - pseudonym_open(&s), rows[i].held);
    }
    check_state.row = NULL;
}

/* --- The table. */

static struct vault *vault_of(const unsigned char *k)
{
    struct vault *v = NULL;

    if (!CHECK(vault_new(k, &v) == OK))
        exit(1);
    return v;
}

/* What a text stands for in a vault; "" if it stays. */
static struct str value_of(struct vault *v, struct str text,
                           const struct str *tool)
{
    static char room[256];
    struct pseudonym_scan s = {.key = vault_key(v)};
    struct pseudonym_at at, exact;
    struct buf out;
    size_t n = 0;

    buf_init(&out, sizeof(room));
    if ((pseudonym_next(&s, &text, &at) || pseudonym_last(&s, &at)) &&
        vault_value(v, &at, tool, &exact, &out)) {
        n = out.len;
        memcpy(room, out.ptr, n);
    }
    buf_free(&out);
    return (struct str){room, n};
}

static void test_only_what_was_given_out(void)
{
    struct vault *v = vault_of(key), *w = vault_of(key),
                 *x = vault_of(other_key);
    struct str value = STR("a@b.example"), email = STR("EMAIL");
    struct pseudonym p, q;

    p = made("EMAIL", "a@b.example");
    CHECK_EQ(value_of(v, text_of(&p), NULL), STR(""));
    CHECK(vault_issue(v, NULL, email, value, false, &q) == OK);
    CHECK_EQ(text_of(&q), text_of(&p)); /* as any process of that user */
    CHECK_EQ(value_of(v, text_of(&p), NULL), value);
    CHECK_EQ(value_of(w, text_of(&p), NULL), STR(""));
    CHECK(vault_issue(w, NULL, email, value, false, &q) == OK);
    CHECK_EQ(value_of(w, text_of(&p), NULL), value);
    CHECK(vault_issue(x, NULL, email, value, false, &q) == OK);
    CHECK_EQ(value_of(x, text_of(&p), NULL), STR(""));
    p.text[0] = 'e';
    CHECK_EQ(value_of(v, text_of(&p), NULL), value);
    p.text[0] = 'F';
    CHECK_EQ(value_of(v, text_of(&p), NULL), STR(""));
    vault_free(v);
    vault_free(w);
    vault_free(x);
    vault_free(NULL);
}

static void test_numbers(void)
{
    struct vault *v = vault_of(key);
    struct str value = STR("4111111111111111"), card = STR("CARD");
    struct pseudonym p, q;

    CHECK(vault_issue(v, NULL, card, value, true, &p) == OK);
    CHECK_INT(p.len, PSEUDONYM_DIGITS);
    CHECK_EQ(value_of(v, text_of(&p), NULL), value);
    CHECK(vault_issue(v, NULL, card, value, false, &q) == OK);
    CHECK(str_starts(text_of(&q), STR("CARD_")));
    CHECK_EQ(value_of(v, text_of(&q), NULL), value);
    vault_free(v);
}

static void test_tools(void)
{
    static const struct str mail[] = {STR_INIT("send_mail"), STR_INIT("crm")};
    struct rule some = {.reveal = mail, .reveal_count = 2},
                none = {.reveal_count = 0};
    struct str value = STR("a@b.example"), email = STR("EMAIL");
    struct str good = STR("crm"), bad = STR("fetch"), nobody = STR("");
    struct vault *v = vault_of(key);
    struct pseudonym p;

    CHECK(vault_issue(v, &some, email, value, false, &p) == OK);
    CHECK_EQ(value_of(v, text_of(&p), &good), value);
    CHECK_EQ(value_of(v, text_of(&p), &bad), STR(""));
    CHECK_EQ(value_of(v, text_of(&p), &nobody), STR(""));
    CHECK_EQ(value_of(v, text_of(&p), NULL), value);
    CHECK(vault_issue(v, &none, email, value, false, &p) == OK);
    CHECK_EQ(value_of(v, text_of(&p), &good), STR("")); /* both must say so */
    vault_free(v);
}

static void test_bounds(void)
{
    static char big[LIM_VAULT_VALUE + 1];
    struct vault *v = vault_of(key);
    struct str email = STR("EMAIL");
    struct pseudonym first, p;
    char name[32];

    memset(big, 'x', sizeof(big));
    CHECK(vault_issue(v, NULL, email, (struct str){big, sizeof(big)}, false,
                      &p) == E_LIMIT);
    CHECK(vault_issue(v, NULL, email, (struct str){big, sizeof(big) - 1}, false,
                      &p) == OK);
    CHECK(vault_issue(v, NULL, email, STR("first"), false, &first) == OK);
    for (unsigned i = 0; i < 3 * LIM_VAULT_VALUES; i++) {
        int n = snprintf(name, sizeof(name), "%u", i);

        CHECK(vault_issue(v, NULL, email, (struct str){name, (size_t)n}, false,
                          &p) == OK);
        if (i < LIM_VAULT_VALUES) /* in use: it is left */
            CHECK(vault_issue(v, NULL, email, STR("first"), false, &first) ==
                  OK);
        if (i == LIM_VAULT_VALUES)
            CHECK_EQ(value_of(v, text_of(&first), NULL), STR("first"));
    }
    CHECK_EQ(value_of(v, text_of(&p), NULL), str_of(name));
    CHECK_EQ(value_of(v, text_of(&first), NULL), STR(""));
    for (unsigned i = 0; i < 1000; i++) { /* as bytes allow */
        big[0] = (char)i;
        big[1] = (char)(i >> 8);
        CHECK(vault_issue(v, NULL, email, (struct str){big, sizeof(big) - 1},
                          false, &p) == OK);
    }
    vault_free(v);
}

/* Values and keys stand nowhere in what the table holds. */
static void test_a_child_has_it_too(void)
{
    struct vault *v = vault_of(key);
    struct str email = STR("EMAIL");
    struct pseudonym p, q;
    int status = 0;
    pid_t child;

    CHECK(vault_issue(v, NULL, email, STR("a@b.example"), false, &p) == OK);
    child = fork();
    if (child == 0) {
        bool good =
            str_eq(value_of(v, text_of(&p), NULL), STR("a@b.example")) &&
            vault_issue(v, NULL, email, STR("c@d.example"), false, &q) == OK &&
            str_eq(value_of(v, text_of(&q), NULL), STR("c@d.example"));

        _exit(good ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    q = made("EMAIL", "c@d.example");
    CHECK_EQ(value_of(v, text_of(&q), NULL), STR(""));
    vault_free(v);
}

struct work {
    struct vault *v;
    unsigned bad;
};

static void *issue_and_ask(void *with)
{
    struct work *w = with;

    for (unsigned i = 0; i < 3000; i++) {
        struct pseudonym_scan s = {.key = vault_key(w->v)};
        struct pseudonym_at at, exact;
        struct pseudonym p;
        struct buf out;
        char name[32];
        struct str value, in;

        value = (struct str){name, (size_t)snprintf(name, sizeof(name),
                                                    "u%u@b.example", i % 97)};
        buf_init(&out, 64);
        w->bad += vault_issue(w->v, NULL, STR("EMAIL"), value, false, &p) != OK;
        in = text_of(&p);
        w->bad += !(pseudonym_next(&s, &in, &at) || pseudonym_last(&s, &at)) ||
                  !vault_value(w->v, &at, NULL, &exact, &out) ||
                  !str_eq(buf_str(&out), value);
        buf_free(&out);
    }
    return NULL;
}

/* Also while the process forks: no child waits for a lock of its parent. */
static void test_threads(void)
{
    struct work work[4] = {0};
    pthread_t threads[4];
    struct vault *v = vault_of(key);
    int status;

    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        work[i].v = v;
        CHECK(pthread_create(&threads[i], NULL, issue_and_ask, &work[i]) == 0);
    }
#ifndef __SANITIZE_THREAD__
    for (unsigned i = 0; i < 50; i++) {
        pid_t child = fork();

        if (child == 0) {
            struct pseudonym p;

            alarm(20);
            _exit(vault_issue(v, NULL, STR("EMAIL"), STR("x"), false, &p) == OK
                      ? 0
                      : 1);
        }
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
#endif
    (void)status;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT(work[i].bad, 0);
    }
    vault_free(v);
}

/* Values as they are, wherever they stand, the longest first. */
static void test_find(void)
{
    struct vault *v = vault_of(key);
    struct str email = STR("EMAIL"), text;
    static char big[5000];
    size_t spent = 0;
    struct rule rule = {0};
    struct pseudonym p;
    struct vault_at at;

    text = STR("xa@b.example.org a@b.exampl");
    CHECK(!vault_find(v, text, 0, &spent, &at));
    CHECK(vault_issue(v, &rule, email, STR("a@b.example"), false, &p) == OK);
    CHECK(vault_issue(v, NULL, email, STR("a@b.example.org"), false, &p) == OK);
    CHECK(vault_issue(v, NULL, email, STR("short"), false, &p) == OK);
    CHECK(vault_find(v, text, 0, &spent, &at) && at.start == 1 &&
          at.end == 16 && at.rule == NULL);
    CHECK(!vault_find(v, text, 2, &spent, &at));
    CHECK(vault_find(v, STR("a@b.example"), 0, &spent, &at) && at.start == 0 &&
          at.end == 11 && at.rule == &rule);
    CHECK(!vault_find(v, STR("a short word"), 0, &spent, &at));
    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = (char)('a' + i % 26 + i / 2600);
    CHECK(vault_issue(v, NULL, email, (struct str){big, sizeof(big)}, false,
                      &p) == OK);
    CHECK(vault_find(v, (struct str){big, sizeof(big)}, 0, &spent, &at) &&
          at.end == sizeof(big));
    CHECK(!vault_find(v, (struct str){big, sizeof(big) - 1}, 0, &spent, &at));
    big[4999] ^= 1;
    CHECK(!vault_find(v, (struct str){big, sizeof(big)}, 0, &spent, &at));
    for (unsigned i = 0; i < 2000; i++) { /* which begin alike */
        char name[32];
        int n = snprintf(name, sizeof(name), "+49 30 9018%04u", i);

        CHECK(vault_issue(v, NULL, email, (struct str){name, (size_t)n}, false,
                          &p) == OK);
    }
    CHECK(vault_find(v, STR("call +49 30 90180007, or"), 0, &spent, &at) &&
          at.start == 5 && at.end == 20);
    CHECK(!vault_find(v, STR("call +49 30 90182007, or"), 0, &spent, &at));
    vault_free(v);
}

/* Alike but for the middle, and a text that is like all of them everywhere. */
static void test_find_bounded(void)
{
    struct vault *v = vault_of(key);
    static char text[256 * KIB];
    struct vault_at at;
    struct pseudonym p;
    size_t spent = 0;

    for (unsigned i = 0; i < 4000; i++) {
        char name[32];
        int n = snprintf(name, sizeof(name), "aaaaaa%06uaaaaaa", i);

        CHECK(vault_issue(v, NULL, STR("EMAIL"), (struct str){name, (size_t)n},
                          false, &p) == OK);
    }
    CHECK(vault_find(v, STR(" aaaaaa000123aaaaaa "), 0, &spent, &at) &&
          at.start == 1 && at.end == 19);
    CHECK(spent < LIM_VAULT_WORK / 100);
    memset(text, 'a', sizeof(text));
    memcpy(text + sizeof(text) - 18, "aaaaaa000123aaaaaa", 18);
    CHECK(!vault_find(v, (struct str){text, sizeof(text)}, 0, &spent, &at));
    CHECK(spent > LIM_VAULT_WORK && spent < LIM_VAULT_WORK + MIB);
    vault_free(v);
}

static void test_no_memory(void)
{
    for (size_t n = 1;; n++) {
        struct vault *v = NULL;
        struct pseudonym p;
        enum err e;

        failmalloc_at(n, FAIL_ONE);
        e = vault_new(key, &v);
        if (!e)
            e = vault_issue(v, NULL, STR("EMAIL"), STR("a@b"), false, &p);
        if (!failmalloc_off()) {
            CHECK_INT(e, OK);
            CHECK_EQ(value_of(v, text_of(&p), NULL), STR("a@b"));
            vault_free(v);
            break;
        }
        CHECK_INT(e, E_NOMEM);
        vault_free(v);
    }
}

int main(void)
{
    RUN(test_form);
    RUN(test_all_differ);
    RUN(test_places);
    RUN(test_only_what_passes_the_check);
    RUN(test_open);
    RUN(test_only_what_was_given_out);
    RUN(test_numbers);
    RUN(test_tools);
    RUN(test_bounds);
    RUN(test_find);
    RUN(test_find_bounded);
    RUN(test_a_child_has_it_too);
    RUN(test_threads);
    RUN(test_no_memory);
    return check_done();
}
