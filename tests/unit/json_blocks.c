#include <stdlib.h>

#include "base/limits.h"
#include "check.h"
#include "json/scan.h"
#include "json/text.h"
#include "json/tree.h"
#include "page_end.h"
#include "rnd.h"

/* Long strings full of escapes, read in blocks and one unit after the other. */

#define LONGEST 900u

/* The inside of a string: how long. Now and then it has what none may have. */
static size_t fill(char *to, size_t most, bool bad)
{
    static const char *const some[] = {
        "\\n", "\\\\", "\\\"", "\\t", "\\u00e9", "\xc3\xa9", "\\ud83d\\ude00"};
    uint32_t plain = 1 + rnd(90);
    size_t n = 0;

    while (n + 12 < most) {
        const char *s = some[rnd(ARRAY_LEN(some))];

        for (uint32_t i = rnd(plain); i > 0 && n + 12 < most; i--)
            to[n++] = (char)('a' + rnd(26));
        if (bad && rnd(20) == 0)
            s = rnd(2) == 0 ? "\\q" : "\x01";
        for (size_t i = rnd(8) == 0 ? 5 : 1; i > 0 && n + 12 < most; i--) {
            memcpy(to + n, s, strlen(s));
            n += strlen(s);
        }
    }
    return n;
}

/* Unit by unit; false if there is one that none is. */
static bool slowly(struct str raw, struct buf *out)
{
    while (raw.len > 0) {
        struct unit u;

        if ((unsigned char)raw.ptr[0] < 0x20 || unit_next(&raw, &u))
            return false;
        CHECK_INT(buf_add(out, (struct str){u.text, u.text_len}), OK);
    }
    return true;
}

static void check_string(struct str inside)
{
    struct str literal = page_end(inside), text, raw;
    struct json_doc doc;
    struct buf want, got;
    bool good;

    raw = str_head(str_skip(literal, 2), literal.len - 4);
    buf_init(&want, LONGEST);
    buf_init(&got, LONGEST);
    json_doc_init(&doc);
    good = slowly(raw, &want);
    if (CHECK_INT(json_parse(&doc, literal) == OK, good) && good) {
        CHECK_INT(json_text_buf(raw, &got), OK);
        text = buf_str(&got);
        CHECK_EQ(text, buf_str(&want));
        CHECK_INT(doc.nodes[1].len, raw.len);
    }
    json_doc_free(&doc);
    buf_free(&want);
    buf_free(&got);
}

static void check_strings(bool bad)
{
    char bytes[LONGEST];

    for (int round = 0; round < 4000; round++) {
        size_t n = 2 + fill(bytes + 2, 20 + rnd(LONGEST - 40), bad);

        memcpy(bytes, "[\"", 2);
        memcpy(bytes + n, "\"]", 2);
        check_string((struct str){bytes, n + 2});
    }
}

static void test_good(void)
{
    check_strings(false);
}

static void test_bad(void)
{
    check_strings(true);
}

int main(void)
{
    RUN(test_good);
    RUN(test_bad);
    return check_done();
}
