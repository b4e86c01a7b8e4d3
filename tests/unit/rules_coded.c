#include <stdlib.h>
#include <zlib.h>

#include "base/utf8.h"
#include "check.h"
#include "rnd.h"
#include "streamed.h"

/* link: -lz */

/*
 * What is encoded in the text of a stream: the same is found in it as in the
 * whole text, wherever it is cut, and nothing of it left before.
 */

#define VIEWS                                                                  \
    .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_SKELETON |        \
             1u << VIEW_DECODED

static const struct str k_aws[] = {STR_INIT("AKIA")};
static const struct str k_ghp[] = {STR_INIT("ghp_")};
static const struct str k_at[] = {STR_INIT("@")};
static const struct str k_run[] = {STR_INIT("rm -rf")};

static const struct rule list[] = {
    {.id = STR_INIT("aws"),
     VIEWS,
     ALL,
     KEYS(k_aws),
     .keyword_first = true,
     .match = STR_INIT("(?<![A-Z0-9])AKIA[A-Z2-7]{16}(?![A-Z0-9])"),
     .action = ACTION_REDACT,
     .put = STR_INIT("[aws]")},
    {.id = STR_INIT("ghp"),
     VIEWS,
     ALL,
     KEYS(k_ghp),
     .keyword_first = true,
     .match = STR_INIT("\\bghp_[0-9A-Za-z]{20}"),
     .action = ACTION_REDACT,
     .put = STR_INIT("[ghp]")},
    {.id = STR_INIT("mail"),
     VIEWS,
     ALL,
     KEYS(k_at),
     .action = ACTION_LOG,
     .match = STR_INIT("[a-z0-9]+@[a-z.]+")},
    {.id = STR_INIT("run"),
     VIEWS,
     ALL,
     KEYS(k_run),
     .keyword_first = true,
     .match = STR_INIT("rm -rf /\\w+"),
     .action = ACTION_BLOCK},
};

/* --- Ways to write a text. */

static void put_c(struct buf *to, char c)
{
    put(to, (struct str){&c, 1});
}

/* Groups of `bits` bits as characters of an alphabet; padded with '='. */
static void code(struct str in, const char *alphabet, unsigned bits,
                 size_t group, struct buf *to)
{
    uint32_t have = 0;
    unsigned n = 0;
    size_t count = 0;

    for (size_t i = 0; i < in.len; i++) {
        have = have << 8 | (unsigned char)in.ptr[i];
        for (n += 8; n >= bits; n -= bits, count++)
            put_c(to, alphabet[have >> (n - bits) & ((1u << bits) - 1)]);
    }
    if (n > 0) {
        put_c(to, alphabet[have << (bits - n) & ((1u << bits) - 1)]);
        count++;
    }
    for (; count % group != 0; count++)
        put_c(to, '=');
}

static void base64(struct str in, struct buf *to)
{
    code(in, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
         6, 4, to);
}

static void base64url(struct str in, struct buf *to)
{
    code(in, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
         6, 1, to);
}

static void base32(struct str in, struct buf *to)
{
    code(in, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, 8, to);
}

static void hex(struct str in, struct buf *to)
{
    code(in, "0123456789abcdef", 4, 1, to);
}

static void pairs(struct str in, const char *before, const char *between,
                  struct buf *to)
{
    for (size_t i = 0; i < in.len; i++) {
        put(to, i == 0 ? STR("") : str_of(between));
        put(to, str_of(before));
        hex((struct str){in.ptr + i, 1}, to);
    }
}

static void spaced(struct str in, struct buf *to)
{
    pairs(in, "", " ", to);
}

static void colons(struct str in, struct buf *to)
{
    pairs(in, "", ":", to);
}

static void array(struct str in, struct buf *to)
{
    pairs(in, "0x", ", ", to);
}

/* Through another way, and changed. */
static void over(struct str in, void (*way)(struct str, struct buf *),
                 struct buf *to, void (*then)(struct str, struct buf *))
{
    struct buf made;

    buf_init(&made, MIB);
    way(in, &made);
    then(buf_str(&made), to);
    buf_free(&made);
}

static void lines(struct str in, struct buf *to)
{
    for (size_t i = 0; i < in.len; i++) {
        if (i > 0 && i % 44 == 0)
            put(to, STR("\r\n  "));
        put_c(to, in.ptr[i]);
    }
}

static void mail64(struct str in, struct buf *to)
{
    over(in, base64, to, lines);
}

static void twice(struct str in, struct buf *to)
{
    over(in, base64, to, base64);
}

static void hex64(struct str in, struct buf *to)
{
    over(in, base64, to, hex);
}

static void percent(struct str in, struct buf *to)
{
    pairs(in, "%", "", to);
}

static void percent64(struct str in, struct buf *to)
{
    over(in, percent, to, base64);
}

static void quoted(struct str in, struct buf *to)
{
    for (size_t i = 0; i < in.len; i++) {
        put_c(to, '=');
        code((struct str){in.ptr + i, 1}, "0123456789ABCDEF", 4, 1, to);
    }
}

static void json(struct str in, struct buf *to)
{
    pairs(in, "\\u00", "", to);
}

static void braces(struct str in, struct buf *to)
{
    pairs(in, "\\u{", "}", to);
    put_c(to, '}');
}

static void octal(struct str in, struct buf *to)
{
    char c[8];

    for (size_t i = 0; i < in.len; i++) {
        snprintf(c, sizeof(c), "\\%03o", (unsigned char)in.ptr[i]);
        put(to, str_of(c));
    }
}

static void entities(struct str in, struct buf *to)
{
    char c[12];

    for (size_t i = 0; i < in.len; i++) {
        snprintf(c, sizeof(c), i % 2 ? "&#%d;" : "&#x%x;", in.ptr[i]);
        put(to, str_of(c));
    }
}

/* Every third character only, of a word. */
static void partly(struct str in, struct buf *to)
{
    for (size_t i = 0; i < in.len; i++)
        if (i % 3 == 1 || (!is_digit(in.ptr[i]) && (in.ptr[i] | 32) < 'a'))
            percent((struct str){in.ptr + i, 1}, to);
        else
            put_c(to, in.ptr[i]);
}

static void packed(struct str in, struct buf *to)
{
    Bytef out[600];
    uLongf len = sizeof(out);

    if (compress(out, &len, (const Bytef *)in.ptr, in.len) != Z_OK)
        exit(1);
    base64((struct str){(const char *)out, len}, to);
}

static void tags(struct str in, struct buf *to)
{
    char c[4];

    for (size_t i = 0; i < in.len; i++)
        put(to,
            (struct str){c, utf8_put(0xe0000u + (unsigned char)in.ptr[i], c)});
}

static void selectors(struct str in, struct buf *to)
{
    char c[4];

    for (size_t i = 0; i < in.len; i++) {
        uint32_t b = (unsigned char)in.ptr[i];

        put(to, (struct str){
                    c, utf8_put(b < 16 ? 0xfe00 + b : 0xe0100 + b - 16, c)});
    }
}

static void turned(struct str in, struct buf *to)
{
    put(to, STR("\u202e"));
    for (size_t i = in.len; i > 0; i--)
        put_c(to, in.ptr[i - 1]);
    put(to, STR("\u202c"));
}

static void seen_through(struct str in, struct buf *to)
{
    for (size_t i = 0; i < in.len; i++) {
        put(to, i % 7 == 3 ? STR("\u200b") : STR(""));
        put_c(to, in.ptr[i]);
    }
}

static void broken64(struct str in, struct buf *to)
{
    over(in, base64, to, seen_through);
}

/* Some letters as those of Cyrillic that look like them. */
static void alike(struct str in, struct buf *to)
{
    static const char latin[] = "AEKMTaeopc";
    static const uint16_t other[] = {0x410, 0x415, 0x41a, 0x41c, 0x422,
                                     0x430, 0x435, 0x43e, 0x440, 0x441};
    char c[4];

    for (size_t i = 0; i < in.len; i++) {
        const char *at = i % 2 == 0 ? strchr(latin, in.ptr[i]) : NULL;

        if (at != NULL)
            put(to, (struct str){c, utf8_put(other[at - latin], c)});
        else
            put_c(to, in.ptr[i]);
    }
}

static void alike64(struct str in, struct buf *to)
{
    over(in, alike, to, base64);
}

static void alike_broken(struct str in, struct buf *to)
{
    for (size_t i = 0; i < in.len; i++) {
        alike((struct str){in.ptr + i, 1}, to);
        put(to, i % 5 == 1 ? STR("\u200b") : STR(""));
    }
}

static void plain(struct str in, struct buf *to)
{
    put(to, in);
}

static const struct {
    const char *row;
    void (*way)(struct str, struct buf *);
} ways[] = {
    {"plain", plain},
    {"base64", base64},
    {"base64url", base64url},
    {"base32", base32},
    {"hex", hex},
    {"spaced hex", spaced},
    {"hex with colons", colons},
    {"hex of an array", array},
    {"base64 in lines", mail64},
    {"base64 of percent", percent64},
    {"packed", packed},
    {"look-alikes", alike},
    {"base64 of them", alike64},
    {"look-alikes and what shows nothing", alike_broken},
    {"percent", percent},
    {"quoted", quoted},
    {"json", json},
    {"braces", braces},
    {"octal", octal},
    {"entities", entities},
    {"partly", partly},
    {"tags", tags},
    {"selectors", selectors},
    {"turned round", turned},
    {"base64 with what shows nothing", broken64},
    {"base64 of base64", twice},
    {"hex of base64", hex64},
};

static const char *const values[] = {
    "AKIAQ3EGRTX7LMBZ2WPD",
    "token=ghp_0123456789abcdefghij0, as it was",
    "write to joe@example.com about AKIAQ3EGRTX7LMBZ2WPD",
    "{\"a\":\"AKIAQ3EGRTX7LMBZ2WPD\",\"b\":\"ghp_0123456789abcdefghij\"}",
    "nothing of the kind is in this one, is it?",
    "please rm -rf /home now",
};

static const char *const around[] = {
    " ",
    "The quick brown fox ",
    "a b ",
    "key=",
    "\n",
    "caf\u00e9 ",
    ", ",
    "12 be ad de 10:30 ",
    ": ",
    "0x",
    "path/to/some/file_name_x ",
    "AKIA",
    "\"",
    ". ",
    "\u2764\ufe0f ",
    "aWdub3Jl ",
    "(",
    "ISO8601+2024-01-01/x ",
    "AKIAQ3EGRTX7LMBZ2WPD ",
    "joe@example.org ",
};

/* --- Every way to write every value, cut everywhere. */

static void test_ways(void)
{
    struct buf text;
    struct result want;

    buf_init(&text, MIB);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        for (size_t j = 0; j < ARRAY_LEN(values); j++) {
            CHECK_ROW(ways[i].row);
            buf_clear(&text);
            put(&text, STR("see "));
            ways[i].way(str_of(values[j]), &text);
            put(&text, STR(" there"));
            whole(buf_str(&text), &want);
            if (j != 4)
                CHECK(want.f.count > 0);
            same_everywhere(buf_str(&text), &want);
            result_free(&want);
        }
    CHECK_ROW(NULL);
    buf_free(&text);
}

/* Several of them, among words that are like them. Not those that are encoded
 * twice: of a whole text what comes out of one stands beside what comes out of
 * another, as if it were its next line. */
static void test_mixed(void)
{
    struct buf text;
    struct result want;
    bool good = true;

    buf_init(&text, MIB);
    for (size_t i = 0; i < 4000 && good; i++) {
        buf_clear(&text);
        for (size_t j = 2 + rnd(6); j > 0; j--) {
            if (rnd(3) == 0) { /* the last value blocks */
                put(&text, STR(" | "));
                ways[rnd(ARRAY_LEN(ways) - 2)].way(
                    str_of(values[rnd(ARRAY_LEN(values) - (i % 8 != 0))]),
                    &text);
                put(&text, STR(" | "));
            } else {
                put(&text, str_of(around[rnd(ARRAY_LEN(around))]));
            }
        }
        whole(buf_str(&text), &want);
        good = same_anyhow(buf_str(&text), &want);
        result_free(&want);
    }
    buf_free(&text);
}

/* --- How much is held. */

/* More than may be held: a value is found wherever it stands in it. */
static void test_long(void)
{
    struct buf in, text;
    struct result want, got;

    buf_init(&in, MIB);
    buf_init(&text, MIB);
    for (size_t at = 3000; at < 150000; at += 24500) {
        buf_clear(&in);
        buf_clear(&text);
        while (in.len < 150000)
            put(&in, in.len == at ? STR("AKIAQ3EGRTX7LMBZ2WPD") : STR(" a b"));
        base64(buf_str(&in), &text);
        CHECK_INT(pieces(buf_str(&text), 0, 0, &want), OK);
        CHECK_INT(want.f.count, 1);
        CHECK(want.out.len + 4096 < text.len);
        CHECK_INT(pieces(buf_str(&text), 0, 3000, &got), OK);
        CHECK_EQ(buf_str(&got.out), buf_str(&want.out));
        CHECK(got.most < 72 * 1024);
        result_free(&want);
        result_free(&got);
    }
    buf_free(&in);
    buf_free(&text);
}

/* A picture is not held: 64 characters tell. */
static void test_picture(void)
{
    struct buf in, text;
    struct result got;

    buf_init(&in, MIB);
    buf_init(&text, MIB);
    put(&in, STR("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01"));
    while (in.len < 4000)
        put_c(&in, (char)rnd(256));
    base64(buf_str(&in), &text);
    CHECK_INT(pieces(buf_str(&text), 0, 1, &got), OK);
    CHECK_EQ(buf_str(&got.out), buf_str(&text));
    CHECK(got.most <= 64);
    result_free(&got);
    buf_free(&in);
    buf_free(&text);
}

/* What is encoded more often than it is decoded is told as of a whole text. */
static void test_deep(void)
{
    struct buf text, made;

    buf_init(&text, MIB);
    buf_init(&made, MIB);
    put(&text, STR("some words that are text, and AKIAQ3EGRTX7LMBZ2WPD"));
    for (unsigned n = 1; n <= 5; n++) {
        struct result want, got;

        buf_clear(&made);
        base64(buf_str(&text), &made);
        buf_clear(&text);
        put(&text, buf_str(&made));
        whole(buf_str(&text), &want);
        CHECK_INT(pieces(buf_str(&text), 0, 5, &got), OK);
        CHECK_INT(want.f.capped, n > 3);
        CHECK_INT(got.f.capped, n > 3);
        result_free(&want);
        result_free(&got);
    }
    buf_free(&text);
    buf_free(&made);
}

/* Of words one is held, until it ends. */
static void test_words(void)
{
    static const struct str prose = STR_INIT(
        "The quick brown fox jumps over 12 lazy dogs, and it does so at 10:30 "
        "in the morning; nobody who was there would have called it a jump. ");
    struct result got;

    CHECK_INT(pieces(prose, 0, 1, &got), OK);
    CHECK_EQ(buf_str(&got.out), prose);
    CHECK(got.most <= 8);
    CHECK(got.held < 4 * prose.len);
    result_free(&got);
}

/* Without memory nothing of a value gets out. */
static void test_memory(void)
{
    static const struct str text =
        STR_INIT("it is QUtJQVEzRUdSVFg3TE1CWjJXUEQ= and\u200b "
                 "QUtJQVEzRUdSVFg3TE1CWjJXUEQ= here");
    static const struct str out = STR_INIT("it is [aws] and\u200b [aws] here");

    starved(text, out);
}

int main(void)
{
    streamed_open(list, ARRAY_LEN(list));
    RUN(test_ways);
    RUN(test_mixed);
    RUN(test_long);
    RUN(test_picture);
    RUN(test_words);
    RUN(test_deep);
    RUN(test_memory);
    streamed_close();
    return check_done();
}
