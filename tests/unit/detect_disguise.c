#include "detect/disguise.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "check.h"
#include "detect/normal.h"
#include "rnd.h"

/* link: -l:libutf8proc.a */

/*
 * Words of a whole text that disguise nothing are passed in one go: its
 * skeleton must be that which comes out word by word.
 */

static const uint32_t strange[] = {0x111,   0x131,   0xf8,  0x256, 0x430,
                                   0x435,   0x43e,   0x3bf, 0x3c1, 0x1d00,
                                   0x1f170, 0x1f1e6, 0x13a0};
static const uint32_t plain[] = {
    0xe9,   0x1ea1, 0x142,   0x436,   0x44f, 0x3c9,  0x3bb, 0x17c1,
    0x1780, 0x4e00, 0x20000, 0x1f600, 0x301, 0x200b, 0x1,   '\n'};

/* Of Latin mostly, or of any. */
static struct str text_make(char *text, size_t most)
{
    size_t n = 0, count = rnd(most), kind = rnd(4);

    for (size_t i = 0; i < count; i++) {
        size_t of = rnd(kind == 0 ? 40 : kind == 1 ? 12 : 5);
        uint32_t cp = of == 0   ? strange[rnd(ARRAY_LEN(strange))]
                      : of == 1 ? plain[rnd(ARRAY_LEN(plain))]
                      : of == 2 ? ' '
                                : 'a' + rnd(26) - (rnd(6) == 0 ? 0x28 : 0);

        n += utf8_put(cp, text + n);
    }
    return (struct str){text, n};
}

static bool is_of_word(uint32_t cp)
{
    return cp < 0x80 ? is_alnum((char)cp)
                     : is_letter(cp) || (skeleton_kind(cp) & CHAR_ALIKE) != 0;
}

struct letters {
    size_t latin, other, alike, strange, mixed, others;
};

static void count_text(struct str text, struct letters *all)
{
    size_t len;

    for (; text.len > 0; text = str_skip(text, len)) {
        uint32_t cp = utf8_next(text, &len);
        bool latin = (skeleton_kind(cp) & CHAR_LATIN) != 0 && cp < 0x1f000;

        if (is_letter(cp))
            *(latin ? &all->latin : &all->other) += 1;
    }
}

/* Is the word at the front of the text another in the view? */
static bool word_changes(struct str text, struct letters *all, size_t *ret_len)
{
    struct letters n = {0};
    size_t len = 0;

    for (*ret_len = 0; *ret_len < text.len; *ret_len += len) {
        uint32_t cp = utf8_next(str_skip(text, *ret_len), &len);
        unsigned kind = skeleton_kind(cp);
        bool alike = (kind & CHAR_ALIKE) != 0;

        if (!is_of_word(cp))
            break;
        if (is_digit((char)cp) && cp < 0x80)
            continue;
        if ((kind & CHAR_LATIN) != 0) {
            n.latin++;
            n.strange += alike;
        } else {
            n.other++;
            n.alike += alike;
        }
    }
    if (n.strange > 0 || (n.latin > 0 && n.alike > 0)) {
        all->mixed++;
        return true;
    }
    all->others += n.other > n.alike;
    return n.alike > 0 && n.alike == n.other &&
           (all->latin >= 9 * all->other || all->mixed > all->others);
}

static struct chars chars;
static struct textview view;

/* Each character is in the view, as itself or as a letter of Latin. */
static void check_text(struct str text)
{
    struct letters all = {0};
    size_t at = 0, len, word = 0;
    bool changed = false, any = false, is = false;
    struct str made;

    CHECK_INT(skeleton_make(rnd(4) == 0 ? NULL : &chars, text, &view, &changed),
              OK);
    count_text(text, &all);
    made = buf_str(&view.bytes);
    for (; at < text.len; at += len) {
        struct str rest = str_skip(text, at);
        uint32_t cp = utf8_next(rest, &len);

        if (at >= word) {
            is = word_changes(rest, &all, &word);
            word += at + (word == 0 ? len : 0);
            any |= is;
        }
        if (!changed)
            continue;
        if (is && (skeleton_kind(cp) & CHAR_ALIKE) != 0) {
            CHECK(made.len > 0 && is_alnum(made.ptr[0]));
            made = str_skip(made, 1);
        } else {
            CHECK(str_starts(made, str_head(rest, len)));
            made = str_skip(made, len);
        }
    }
    CHECK(any == changed && (!changed || made.len == 0));
}

static void test_plain_way(void)
{
    static char text[4 * 400];

    for (unsigned turn = 0; turn < 40000; turn++)
        check_text(text_make(text, turn % 50 == 0 ? 400 : 60));
}

static bool has_signs(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x80 && s.ptr[i] != ' ' &&
            !is_alnum(s.ptr[i]))
            return true;
    return false;
}

/* What streams count on (rules/side.c): in no view does a letter beyond ASCII
 * become a sign. */
static void test_letters(void)
{
    static const unsigned ways[] = {0, NORMAL_GAP, NORMAL_FOLD,
                                    NORMAL_FOLD | NORMAL_NOMARK};
    char text[] = "ab cd ____";
    bool changed;

    for (uint32_t cp = 0x80; cp < 0x32000; cp++) {
        struct str s = {text, 6 + utf8_put(cp, text + 6)};

        if ((chars_work_out(cp) & (CHAR_LETTER | CHAR_JOINS)) != CHAR_LETTER)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
            struct normal n = {.what = ways[i], .chars = &chars};

            CHECK_INT(normal_make(&n, s, 0, &view), OK);
            CHECK(!has_signs(buf_str(&view.bytes)));
        }
        CHECK_INT(skeleton_make(&chars, s, &view, &changed), OK);
        CHECK(!changed || !has_signs(buf_str(&view.bytes)));
    }
}

int main(void)
{
    textview_init(&view);
    RUN(test_plain_way);
    RUN(test_letters);
    textview_free(&view);
    return check_done();
}
