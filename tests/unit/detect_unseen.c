/*
 * What is not seen, or not seen as it is. Of each text the first finding, whole
 * and as the front of a longer one: what may still change is not found yet.
 */
#include "detect/unseen.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "check.h"
#include "detect/invisible.h"
#include "detect/normal.h"
#include "rnd.h"

#define ZW "\u200b\u200c\u200d\u2060"

enum who {
    RUN_OF,
    ORDER,
    MARKS,
};

static void look(enum who who, struct str text, size_t from, bool open,
                 struct unseen *ret)
{
    if (who == RUN_OF)
        unseen_run(text, from, open, 8, ret);
    else if (who == ORDER)
        unseen_order(text, from, open, ret);
    else
        unseen_marks(text, from, 5, ret);
}

static const struct {
    const char *row;
    enum who who;
    const char *before, *found, *behind; /* found: NULL if nothing is */
} rows[] = {
    {"eight", RUN_OF, "a", ZW ZW, "b"},
    {"eight at the end", RUN_OF, "a\u00e9", ZW ZW, ""},
    {"seven", RUN_OF, "a" ZW "\u200b\u200c\u200d b", NULL, ""},
    {"seven and seven", RUN_OF,
     ZW "\u2063\u2064\ufeff"
        "x" ZW "\u00ad",
     NULL, ""},
    {"tags", RUN_OF, "x",
     "\U000e0069\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065\U000e0020"
     "\U000e0061",
     " y"},
    {"selectors", RUN_OF, "\U0001f600",
     "\ufe00\ufe01\U000e0110\U000e0111\U000e0112\U000e0113\ufe0f\U000e01ef",
     "."},
    {"fillers", RUN_OF, "",
     "\u115f\u1160\u3164\uffa0\u3164\u3164\u3164\u3164\u3164", "."},
    {"the longest flag", RUN_OF,
     "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e0030"
     "\U000e007f",
     NULL, ""},
    {"a family", RUN_OF,
     "\U0001f468\U0001f3fd\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468"
     "\U0001f3ff",
     NULL, ""},
    {"spaces are seen", RUN_OF,
     "\u200c \u200c\u00a0\u200c \u200c \u034f \u00ad \ufeff\u00a0\u200c", NULL,
     ""},

    {"override", ORDER, "a ", "\u202egpj.exe\u202c", " b"},
    {"to the end of the line", ORDER, "a", "\u202egpj.exe", "\nb\u202c"},
    {"one letter", ORDER, "a \u202eg\u202c b", NULL, ""},
    {"override of Hebrew", ORDER, "\u202e\u05e9\u05dc\u05d5\u05dd\u202c ab",
     NULL, ""},
    {"Hebrew with a name in it", ORDER,
     "\u202b\u05e9\u05dc API \u05d5\u05dd\u202c", NULL, ""},
    {"Hebrew, not closed", ORDER, "\u202b\u05e9\u05dc API\nok", NULL, ""},
    {"isolate, closed", ORDER, "say \u2067hello\u2069 now\n", NULL, ""},
    {"isolate, not closed", ORDER, "s = '", "\u2067 // a note'", "\nx"},
    {"embedding, not closed", ORDER, "s = '", "\u202b // a note'", "\n\u202c"},
    {"closed by another", ORDER, "", "\u202b ab\u2069", "\n"},
    {"an isolate ends what is in it", ORDER, "\u2067", "\u202e ab\u2069", "\n"},
    {"the first and the last of a line", ORDER, "/*",
     "\u202e } \u2066if (yes)\u2069 \u2066 begin\u202c */ \u202e ef", "\n"},
    {"a path", ORDER, "\u202aC:\\temp and \u2068Kim\u2069 \u200eok", NULL, ""},

    {"a heap", MARKS, "xe",
     "\u0301\u0302\u0303v\u0301\u0302\u0303\u0304i\u0301\u0302\u0303l "
     "e\u0301\u0302\u0303 ok e\u0301\u0302\u0303",
     " now and then"},
    {"four", MARKS,
     "e\u0301\u0302\u0303v\u0301\u0302\u0303\u0304i\u0301\u0302\u0303l "
     "e\u0301\u0302\u0303 ok",
     NULL, ""},
    {"marks on either side of a letter", MARKS,
     "e\u0301\u0302v\u0301 e\u0301\u0302\u0303v\u0301\u0302\u0303"
     "i\u0301\u0302\u0303l e\u0301\u0302\u0303 ok",
     NULL, ""},
    {"two marks", MARKS,
     "e\u0301\u0302v\u0301\u0302i\u0301\u0302l\u0301\u0302"
     "e\u0301\u0302v\u0301\u0302i\u0301\u0302",
     NULL, ""},
    {"too far apart", MARKS,
     "e\u0301\u0302\u0303 and so on, e\u0301\u0302\u0303 and so on, "
     "e\u0301\u0302\u0303 and so on, e\u0301\u0302\u0303 and so on, "
     "e\u0301\u0302\u0303 and so on",
     NULL, ""},
    {"Hebrew with all its marks", MARKS,
     "\u05d1\u05bc\u05b0\u05e8\u05b5\u05d0\u05e9\u05c1\u05b4\u0596\u05d9\u05ea"
     "\u05d1\u05bc\u05b8\u05e8\u05b8\u05a3\u05d0",
     NULL, ""},
    {"Thai", MARKS, "\u0e17\u0e35\u0e48\u0e19\u0e35\u0e49", NULL, ""},
};

static void test_rows(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str a = str_of(rows[i].before), c = str_of(rows[i].behind);
        struct str b = str_of(rows[i].found == NULL ? "" : rows[i].found);
        struct unseen u;
        struct buf text;

        CHECK_ROW(rows[i].row);
        buf_init(&text, MIB);
        CHECK_INT(buf_add(&text, a), OK);
        CHECK_INT(buf_add(&text, b), OK);
        CHECK_INT(buf_add(&text, c), OK);
        look(rows[i].who, buf_str(&text), 0, false, &u);
        CHECK(u.found == (rows[i].found != NULL));
        if (u.found) {
            CHECK_INT(u.start, a.len);
            CHECK_INT(u.end, a.len + b.len);
            CHECK(u.cursor >= u.end);
            look(rows[i].who, buf_str(&text), u.cursor, false, &u);
            CHECK(!u.found);
        }
        CHECK_INT(u.cursor, text.len);
        buf_free(&text);
    }
    CHECK_ROW(NULL);
}

/* Of the front of a text: what is found is what all of it has, and nothing
 * that it has is passed over. */
static void test_fronts(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct unseen u;
        struct buf text;

        if (rows[i].found == NULL || rows[i].who == MARKS)
            continue;
        CHECK_ROW(rows[i].row);
        buf_init(&text, MIB);
        CHECK_INT(buf_add(&text, str_of(rows[i].before)), OK);
        CHECK_INT(buf_add(&text, str_of(rows[i].found)), OK);
        CHECK_INT(buf_add(&text, str_of(rows[i].behind)), OK);
        for (size_t n = 0; n <= text.len; n++) {
            look(rows[i].who, (struct str){text.ptr, n}, 0, true, &u);
            if (u.found) {
                CHECK_INT(u.start, strlen(rows[i].before));
                CHECK_INT(u.end - u.start, strlen(rows[i].found));
            } else {
                CHECK(u.cursor <= strlen(rows[i].before) || u.cursor == n);
                CHECK(u.cursor <= strlen(rows[i].before) ||
                      n <= strlen(rows[i].before));
            }
        }
        buf_free(&text);
    }
    CHECK_ROW(NULL);
}

/* --- Many bytes at once, and one character after the other. */

static const uint32_t some[] = {
    'a',    ' ',    0xad,   0x34f,   0x200b,  0x200e,  0x202b, 0x202e,
    0x2067, 0x2069, 0x202c, 0xe0041, 0x115f,  0xfeff,  0xffa0, 0x301,
    0x36f,  0x483,  0x48a,  0x1abf,  0x1dc1,  0x20d0,  0xfe20, 0x17c1,
    0x1014, 0x5d0,  0x2014, 0x4e00,  0x1f600, 0x1d173, '\n',   0x205f};

/* Of a few kinds, in runs, of which those of ASCII may be long. */
static struct str text_make(char *text, size_t most)
{
    size_t n = 0, count = rnd(most), again = 0;
    uint32_t few[4], cp = 0;

    for (size_t i = 0; i < ARRAY_LEN(few); i++)
        few[i] = some[rnd(ARRAY_LEN(some))];
    for (size_t i = 0; i < count; i++) {
        if (again == 0) {
            cp = few[rnd(ARRAY_LEN(few))];
            again = 1 + rnd(cp < 0x80 && rnd(4) == 0 ? 150 : 12);
        }
        again--;
        n += utf8_put(cp, text + n);
    }
    return (struct str){text, n};
}

static void plain_run(struct str text, size_t from, bool open, size_t least,
                      struct unseen *ret)
{
    size_t at = from, end = from, count = 0, len;

    for (; at < text.len; at = end) {
        uint32_t cp = utf8_next(str_skip(text, at), &len);

        for (count = 0, end = at; end + len <= text.len && is_invisible(cp);
             count++) {
            end += len;
            cp = utf8_next(str_skip(text, end), &len);
        }
        if (open && (end == text.len || end + len > text.len))
            break;
        if (count >= least) {
            *ret = (struct unseen){true, at, end, end};
            return;
        }
        end += end == at ? len : 0;
    }
    *ret = (struct unseen){.cursor = at < text.len ? at : text.len};
}

static bool same(const struct unseen *a, const struct unseen *b)
{
    return a->found == b->found && a->start == b->start && a->end == b->end &&
           a->cursor == b->cursor;
}

static void test_plain_runs(void)
{
    static char bytes[4 * 200 + 8];

    for (unsigned turn = 0; turn < 60000; turn++) {
        struct str text = text_make(bytes, 200);
        size_t from = utf8_back(text, text.len > 0 ? rnd(text.len) : 0);
        size_t least = 8 + rnd(5);
        struct unseen a, b;
        bool open = rnd(2) == 0;

        if (open && text.len > from) /* it may end within a character */
            text.len -= rnd(text.len - from < 3 ? text.len - from : 3);
        unseen_run(text, from, open, least, &a);
        plain_run(text, from, open, least, &b);
        CHECK(same(&a, &b));
    }
}

static bool has_mark(uint32_t cp)
{
    return (cp >= 0x300 && cp <= 0x36f) || (cp >= 0x483 && cp <= 0x489) ||
           (cp >= 0x1ab0 && cp <= 0x1aff) || (cp >= 0x1dc0 && cp <= 0x1dff) ||
           (cp >= 0x20d0 && cp <= 0x20ff) || (cp >= 0xfe20 && cp <= 0xfe2f);
}

/* The first heap, and nothing else that counts. */
static void plain_marks(struct str text, struct unseen *ret)
{
    size_t marks = 0, first = 0, len;

    *ret = (struct unseen){.cursor = text.len};
    for (size_t at = 0; at < text.len; at += len) {
        bool mark = has_mark(utf8_next(str_skip(text, at), &len));

        if (mark && marks++ == 0)
            first = at;
        if (!mark && marks >= 3)
            break;
        marks = mark ? marks : 0;
    }
    ret->found = marks >= 3;
    ret->start = marks >= 3 ? first : 0;
}

static void test_plain_marks(void)
{
    static char bytes[4 * 200];

    for (unsigned turn = 0; turn < 60000; turn++) {
        struct str text = text_make(bytes, 200);
        struct unseen a, b;

        unseen_marks(text, 0, 1, &a);
        plain_marks(text, &b);
        CHECK(a.found == b.found && a.start == b.start);
    }
}

/* What is before the first that may begin one does not matter. */
static void test_plain_order(void)
{
    static char bytes[4 * 200];

    for (unsigned turn = 0; turn < 60000; turn++) {
        struct str text = text_make(bytes, 200);
        bool open = rnd(2) == 0;
        struct unseen a, b;
        size_t at = 0, len;

        for (; at < text.len; at += len) {
            uint32_t cp = utf8_next(str_skip(text, at), &len);

            if (cp == 0x202b || cp == 0x202e || cp == 0x2067)
                break;
        }
        unseen_order(text, 0, open, &a);
        unseen_order(text, at, open, &b);
        CHECK(same(&a, &b));
    }
}

/* A megabyte of what it begins with is read a few times at most: the places
 * where a look ends move on. */
static void test_hostile(void)
{
    static const char *const all[] = {
        "\u202e",
        "\u2067",
        "\u202b\u202c",
        "\u2067\u2069",
        "\u202ea\n",
        "\u202eab\n",
        "\u200b",
        "\u200b\u200b\u200b\u200b\u200b\u200b\u200b ",
        "e\u0301\u0302\u0303",
        "\u0301",
        "\xf3\xa0",
        "\xe2\x80",
        "\xff",
    };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (unsigned who = RUN_OF; who <= MARKS; who++) {
            struct unseen u = {.cursor = 0};
            struct buf text;
            size_t most = 0;

            CHECK_ROW(all[i]);
            buf_init(&text, 2 * MIB);
            while (text.len < MIB)
                CHECK_INT(buf_add(&text, str_of(all[i])), OK);
            while (u.cursor < text.len && most++ < MIB) {
                size_t last = u.cursor;

                look((enum who)who, buf_str(&text), last, false, &u);
                CHECK(u.cursor > last || !u.found);
                if (!u.found)
                    break;
            }
            CHECK(most < MIB);
            CHECK_INT(u.cursor, text.len);
            buf_free(&text);
        }
    CHECK_ROW(NULL);
}

/* Every character that shows nothing begins with one of those, and each of them
 * is the beginning of one. */
static void test_begins(void)
{
    static bool used[256];
    const struct str *list;
    size_t n = unseen_run_begins(&list);

    CHECK(n <= ARRAY_LEN(used));
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        char bytes[4];
        struct str s = {bytes, 0};
        bool begins = false;

        if ((cp >= 0xd800 && cp <= 0xdfff) || !is_invisible(cp))
            continue;
        s.len = utf8_put(cp, bytes);
        for (size_t i = 0; i < n; i++)
            if (str_starts(s, list[i]))
                used[i] = begins = true;
        if (!CHECK(begins))
            fprintf(stderr, "U+%04X\n", (unsigned)cp);
    }
    for (size_t i = 0; i < n; i++)
        CHECK(used[i]);
}

int main(void)
{
    RUN(test_begins);
    RUN(test_rows);
    RUN(test_fronts);
    RUN(test_plain_runs);
    RUN(test_plain_marks);
    RUN(test_plain_order);
    RUN(test_hostile);
    return check_done();
}
