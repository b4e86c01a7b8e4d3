#include "check.h"
#include "detect/classes.h"
#include "detect/decode.h"
#include "rnd.h"

/*
 * An escape stands for the same character wherever it stands: in a row of
 * others, among letters, and at the very end of a text; and what comes out of
 * it comes from all of it.
 */

#define TURNS 4000
#define MOST  96 /* pieces of a text: all of it is near an escape */

static const struct piece {
    const char *in, *out;
} escapes[] =
    {
        {"\\x41", "A"},
        {"\\x7A", "z"},
        {"\\\\x41", "A"},
        {"\\x{41}", "A"},
        {"\\u0041", "A"},
        {"\\u{e9}", "\u00e9"},
        {"\\u00e9", "\u00e9"},
        {"\\u65E5", "\u65e5"},
        {"\\xc3\\xa9", "\u00e9"},
        {"\\xc3\\\\xa9", "\u00e9"},
        {"\\x0a", "\n"},
        {"\\xe6\\x97\\xa5", "\u65e5"},
        {"\\xf0\\x9f\\x98\\x80", "\U0001f600"},
        {"\\ud83d\\ude00", "\U0001f600"},
        {"\\U0001f600", "\U0001f600"},
        {"\\udc00", "?"},
        {"\\xff", "?"},
        {"\\xC1", "?"},
        {"\\101", "A"},
        {"\\303\\251", "\u00e9"},
},
  percents[] =
      {
          {"%41", "A"},         {"%7a", "z"},
          {"%C3%a9", "\u00e9"}, {"%E6%97%A5", "\u65e5"},
          {"%ff", "?"},         {"%d0%b6", "\u0436"},
},
  quoted[] =
      {
          {"=3D", "="}, {"=C3=A9", "\u00e9"}, {"=F0=9F=98=80", "\U0001f600"},
          {"=E9", "?"}, {"=d0=b6", "\u0436"}, {"=3D=10", "=\x10"},
          {"=\n", ""},  {"=\r\n", ""},
},
  others[] = {
      /* which are none */
      {" ", " "},         {"word ", "word "},
      {"\\x4.", "\\x4."}, {"\\u004 ", "\\u004 "},
      {"\\xg0", "\\xg0"}, {"%4 ", "%4 "},
      {"=g1", "=g1"},     {"\u00e9", "\u00e9"},
};

static const struct kind {
    enum view_step how;
    const struct piece *list;
    size_t count;
} kinds[] = {
    {VIEW_ESCAPES, escapes, ARRAY_LEN(escapes)},
    {VIEW_PERCENT, percents, ARRAY_LEN(percents)},
    {VIEW_QUOTED, quoted, ARRAY_LEN(quoted)},
};

static struct decoding decoding;
static struct textview view;

static void check_text(const struct kind *k)
{
    char in[MOST * 16] = "", out[MOST * 16] = "";
    struct {
        size_t in, out, in_end, out_end;
    } at[MOST];
    size_t n = 0, i = 0, o = 0, count = 4 + rnd(MOST - 4), start, end;

    for (; n < count; n++) {
        const struct piece *p = n < 4 || rnd(2) == 0
                                    ? &k->list[rnd(k->count)]
                                    : &others[rnd(ARRAY_LEN(others))];

        at[n].in = i;
        at[n].out = o;
        i += (size_t)sprintf(in + i, "%s", p->in);
        o += (size_t)sprintf(out + o, "%s", p->out);
        at[n].in_end = i;
        at[n].out_end = o;
    }
    decoding_start(&decoding, i);
    if (!CHECK_INT(decode(&decoding, k->how, str_of(in), &view), OK) ||
        !CHECK_EQ(buf_str(&view.bytes), str_of(out)))
        return;
    for (size_t j = 0; j < n; j++) {
        if (at[j].out == at[j].out_end)
            continue;
        textview_span(&view, at[j].out, at[j].out_end, &start, &end);
        CHECK_INT(start, at[j].in);
        CHECK_INT(end, at[j].in_end);
    }
}

static void test_anywhere(void)
{
    decoding_init(&decoding);
    textview_init(&view);
    for (size_t turn = 0; turn < TURNS; turn++)
        check_text(&kinds[turn % ARRAY_LEN(kinds)]);
    decoding_free(&decoding);
    textview_free(&view);
}

/* A text with few escapes: where they are is told by the class pass. */
static struct str few_escapes(char *text, size_t size)
{
    static const char *const some[] = {
        "\\n\"",       "\\nword", "\\\\\\\\nx", "\\x41", "\\u0041",
        "\\\\\\\\x41", "\\\":",   "\\\"a",      "\\ ",   "\\101",
        "\\",          "\\\\",    "\\_",        "\\/a"};
    size_t n = 0, apart = 1 + rnd(4000);

    while (n + 40 < size) {
        size_t blank = rnd(3) == 0 ? rnd(4) : rnd(apart);
        const char *one = some[rnd(ARRAY_LEN(some))];

        blank = blank < size - n - 40 ? blank : size - n - 40;
        memset(text + n, rnd(9) == 0 ? '\\' : 'w', blank);
        n += blank;
        memcpy(text + n, one, strlen(one));
        n += strlen(one);
    }
    return (struct str){text, n};
}

static void check_parts(struct str text, struct textview *other)
{
    struct class_pass pass = {.text = text, .step = cpu_step()};
    struct str stretch;
    bool seams;

    while (classes_next(&pass, &stretch, &seams))
        ;
    decoding_start(&decoding, text.len);
    if (!CHECK_INT(decode(&decoding, VIEW_ESCAPES, text, &view), OK) ||
        pass.escapes == 0) {
        CHECK(view.bytes.len == 0);
        return;
    }
    decoding_start(&decoding, text.len);
    decoding.escapes = pass.escapes;
    if (!CHECK_INT(decode(&decoding, VIEW_ESCAPES, text, other), OK) ||
        !CHECK(str_eq(buf_str(&other->bytes), buf_str(&view.bytes))) ||
        !CHECK_INT(other->run_count, view.run_count))
        check_show("text", text);
}

static void test_parts(void)
{
    static char text[64 << 10];
    struct textview other;

    textview_init(&other);
    for (size_t turn = 0; turn < 2000; turn++)
        check_parts(few_escapes(text, turn < 1000 ? 2 << 10 : sizeof(text)),
                    &other);
    textview_free(&other);
}

int main(void)
{
    RUN(test_anywhere);
    RUN(test_parts);
    return check_done();
}
