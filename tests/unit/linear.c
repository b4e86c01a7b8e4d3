#include "detect/linear.h"

#include <stdlib.h>

#include "check.h"

/* The score of made-up models, and what it is not asked about. */

static const char english[] =
    "You are to read this letter and then tell me what is in it, for I can "
    "not find my glasses. If it is from the bank, we will have to go there.";

static void empty_model(char *bytes, int32_t bias, uint32_t unit)
{
    memset(bytes, 0, LINEAR_BYTES);
    memcpy(bytes, LINEAR_MAGIC, 8);
    for (unsigned i = 0; i < 4; i++) {
        bytes[8 + i] = (char)((uint32_t)bias >> 8 * i);
        bytes[12 + i] = (char)(unit >> 8 * i);
    }
}

static void test_load(void)
{
    static char bytes[LINEAR_BYTES + 1];
    struct linear m;

    empty_model(bytes, -1500, 70000);
    bytes[LINEAR_HEAD + 7] = -5;
    CHECK_INT(linear_load((struct str){bytes, LINEAR_BYTES}, &m), OK);
    CHECK_INT(m.bias, -1500);
    CHECK_INT(m.unit, 70000);
    CHECK_INT(m.weights[7], -5);
    for (size_t n = 0; n < 20; n++)
        CHECK_INT(linear_load((struct str){bytes, n}, &m), E_SYNTAX);
    CHECK_INT(linear_load((struct str){bytes, LINEAR_BYTES - 1}, &m), E_SYNTAX);
    CHECK_INT(linear_load((struct str){bytes, LINEAR_BYTES + 1}, &m), E_SYNTAX);
    bytes[0] = 'X';
    CHECK_INT(linear_load((struct str){bytes, LINEAR_BYTES}, &m), E_SYNTAX);
}

/* One window: its features, as the sum of the weights sees them. */
static void test_score(void)
{
    static char bytes[LINEAR_BYTES];
    struct linear_window win;
    struct linear_walk walk;
    struct linear m;

    linear_walk_init(&walk, STR("Open the door"), 0);
    CHECK(linear_next(&walk, &win));
    CHECK_INT(win.count, 5); /* three words, two pairs */
    CHECK_INT(win.start, 0);
    CHECK_INT(win.end, 13);
    empty_model(bytes, 500, 1000000);
    bytes[LINEAR_HEAD + win.features[0]] = 100;
    CHECK_INT(linear_load((struct str){bytes, LINEAR_BYTES}, &m), OK);
    /* 100 times 0.5 and 1 * 100 / sqrt(5) = 44.72; then 0.01 of that. */
    CHECK_INT(linear_score(&m, &win), LINEAR_MOST);
    empty_model(bytes, 500, 10000);
    bytes[LINEAR_HEAD + win.features[0]] = 100;
    CHECK_INT(linear_load((struct str){bytes, LINEAR_BYTES}, &m), OK);
    CHECK_INT(linear_score(&m, &win), 1094);
    bytes[LINEAR_HEAD + win.features[0]] = -100;
    CHECK_INT(linear_score(&m, &win), 1005);
    CHECK(!linear_next(&walk, &win));
}

static void test_case_is_nothing(void)
{
    struct linear_window a, b;
    struct linear_walk walk;

    linear_walk_init(&walk, STR("open, the DOOR"), 0);
    CHECK(linear_next(&walk, &a));
    linear_walk_init(&walk, STR("  OPEN -- the door!"), 0);
    CHECK(linear_next(&walk, &b));
    CHECK_INT(a.count, b.count);
    CHECK(memcmp(a.features, b.features, a.count * sizeof(*a.features)) == 0);
}

/* Only English is judged. */
static void test_gate(void)
{
    static const struct {
        const char *text;
        bool judged;
    } rows[] = {
        {english, true},
        {"Caf\xc3\xa9 is the word that I have for it", true},
        {"Ich kann meine Brille nicht finden und lese den Brief nachher",
         false},
        {"\xd0\xaf \xd0\xbd\xd0\xb5 \xd0\xbc\xd0\xbe\xd0\xb3\xd1\x83 "
         "\xd0\xbd\xd0\xb0\xd0\xb9\xd1\x82\xd0\xb8 the \xd0\xbe\xd1\x87",
         false},
        {"int main void return printf argc argv char const static", false},
        {"1234 5678", false},
        {"", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct linear_window win = {0};
        struct linear_walk walk;

        CHECK_ROW(rows[i].text);
        linear_walk_init(&walk, str_of(rows[i].text), 0);
        CHECK_INT(linear_next(&walk, &win) && win.judged, rows[i].judged);
    }
    CHECK_ROW(NULL);
}

/* Windows overlap by half, end with the text, and each byte that is a letter is
 * in one. */
static void test_windows(void)
{
    char *text = malloc(64 * sizeof(english));
    struct linear_window win;
    struct linear_walk walk;
    size_t len = 0, upto = 0, count = 0;

    if (!CHECK(text != NULL))
        return;
    for (int i = 0; i < 40; i++) {
        memcpy(text + len, english, sizeof(english) - 1);
        len += sizeof(english) - 1;
        text[len++] = ' ';
    }
    linear_walk_init(&walk, (struct str){text, len}, 0);
    while (linear_next(&walk, &win)) {
        CHECK(win.start <= upto + 2);
        CHECK(win.end > upto);
        CHECK(win.count <= ARRAY_LEN(win.features));
        for (size_t i = 0; i < win.count; i++)
            CHECK(win.features[i] < LINEAR_WEIGHTS);
        upto = win.end;
        count++;
    }
    CHECK(upto + 3 >= len);
    CHECK(count > 30 && count < 60);
    free(text);
}

int main(void)
{
    RUN(test_load);
    RUN(test_score);
    RUN(test_case_is_nothing);
    RUN(test_gate);
    RUN(test_windows);
    return check_done();
}
