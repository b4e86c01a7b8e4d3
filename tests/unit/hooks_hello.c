#include "check.h"

#include "hooks/hello.h"

/* A hello in the making. */
static struct {
    unsigned char b[4096];
    size_t n;
} m;

static void byte(unsigned c)
{
    m.b[m.n++] = (unsigned char)c;
}

static void two(size_t n)
{
    byte((unsigned)(n >> 8));
    byte((unsigned)(n & 255));
}

static void bytes(size_t n, unsigned c)
{
    while (n-- > 0)
        byte(c);
}

static void extension(unsigned type, size_t n)
{
    two(type);
    two(n);
    bytes(n, 0x55);
}

static void server_name(const char *name)
{
    size_t n = strlen(name);

    two(0);
    two(n + 5);
    two(n + 3);
    byte(0);
    two(n);
    memcpy(m.b + m.n, name, n);
    m.n += n;
}

/* The message without extensions' length and what they are. */
static void begin(void)
{
    m.n = 0;
    byte(1);
    bytes(3, 0);
    two(0x303);
    for (unsigned i = 0; i < HELLO_RANDOM; i++)
        byte(0xa0 + i);
    byte(32);
    bytes(32, 0x77);
    two(6);
    bytes(6, 0x13);
    byte(1);
    byte(0);
}

/* Where the extensions begin, in front of their length. */
#define ALL (4 + 2 + HELLO_RANDOM + 33 + 8 + 2)

static void end(void)
{
    size_t n = m.n - 4;

    m.b[2] = (unsigned char)(n >> 8);
    m.b[3] = (unsigned char)n;
    if (m.n > ALL) {
        m.b[ALL] = (unsigned char)((m.n - ALL - 2) >> 8);
        m.b[ALL + 1] = (unsigned char)(m.n - ALL - 2);
    }
}

/* What a browser sends in 2026: a large key share in front of nothing. */
static void make(const char *name, size_t before, size_t behind)
{
    begin();
    two(0);
    if (before)
        extension(51, before);
    if (name)
        server_name(name);
    if (behind)
        extension(41, behind);
    end();
}

/* In records of at most n bytes. */
static size_t wrap(unsigned char *out, size_t n)
{
    size_t done = 0, len = 0;

    while (done < m.n) {
        size_t part = m.n - done < n ? m.n - done : n;

        out[len++] = 0x16;
        out[len++] = 3;
        out[len++] = done ? 3 : 1;
        out[len++] = (unsigned char)(part >> 8);
        out[len++] = (unsigned char)part;
        memcpy(out + len, m.b + done, part);
        len += part;
        done += part;
    }
    return len;
}

static unsigned char wire[65536];

static enum err feed_one(struct hello *h, size_t from, size_t to)
{
    /* exactly its size, so that the address sanitizer sees a step too far */
    return hello_feed(h, (struct str){(const char *)wire + from, to - from});
}

/* Whole, byte by byte, and cut in two at every place: the same. */
static void check_wire(size_t len, enum err want, const char *name)
{
    struct hello whole = {0}, slow = {0};

    CHECK_INT(feed_one(&whole, 0, len), want);
    CHECK(str_eq(hello_name(&whole), str_of(name)) || want != OK);
    for (size_t i = 0; i < len && !slow.done; i++)
        (void)!feed_one(&slow, i, i + 1);
    CHECK(memcmp(&whole, &slow, sizeof(slow)) == 0);
    for (size_t cut = 0; cut <= len; cut++) {
        struct hello h = {0};

        if (feed_one(&h, 0, cut) == E_AGAIN)
            (void)!feed_one(&h, cut, len);
        CHECK(memcmp(&whole, &h, sizeof(h)) == 0);
    }
}

static void test_names(void)
{
    static const size_t records[] = {16384, 1400, 100, 43, 7, 1};

    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        make("api.openai.com", 0, 300);
        check_wire(wrap(wire, records[i]), OK, "api.openai.com");
        make("api.openai.com", 1300, 300);
        check_wire(wrap(wire, records[i]), OK, "api.openai.com");
        make(NULL, 100, 100);
        check_wire(wrap(wire, records[i]), OK, "");
        make(NULL, 0, 0);
        check_wire(wrap(wire, records[i]), OK, "");
        begin(); /* no list of extensions at all */
        end();
        check_wire(wrap(wire, records[i]), OK, "");
    }
}

static void test_random(void)
{
    size_t len;

    make("a.test", 0, 0);
    len = wrap(wire, 16384);
    for (size_t n = 0; n <= len; n++) {
        struct hello h = {0};

        (void)!feed_one(&h, 0, n);
        CHECK_INT(hello_has_random(&h), n >= 11 + HELLO_RANDOM);
        if (hello_has_random(&h))
            CHECK(memcmp(h.random, wire + 11, HELLO_RANDOM) == 0);
    }
}

/* The name is known before the end, and nothing behind it counts. */
static void test_behind(void)
{
    struct hello h = {0};
    size_t len;

    make("a.test", 0, 1000);
    len = wrap(wire, 16384);
    CHECK_INT(feed_one(&h, 0, len - 1000), OK);
    CHECK_INT(hello_feed(&h, STR("anything")), OK);
    CHECK(str_eq(hello_name(&h), STR("a.test")));
}

/* One byte of a good hello changed. */
static void test_damaged(void)
{
    enum {
        NAME_EXT = 5 + ALL + 2
    };
    static const struct {
        const char *row;
        size_t at;
        unsigned char put;
    } rows[] = {
        {"content type", 0, 0x17},
        {"record version", 1, 2},
        {"empty record", 4, 0},
        {"message type", 5, 2},
        {"a message without end", 6, 1},
        {"a message too short", 8, 20},
        {"version", 9, 2},
        {"session id", 43, 33},
        {"odd suites", 77, 7},
        {"suites beyond the end", 76, 0x7f},
        {"no method", 84, 0},
        {"methods beyond the end", 84, 255},
        {"extensions too short", 5 + ALL + 1, 1},
        {"extensions too long", 5 + ALL, 1},
        {"name's extension too short", NAME_EXT + 3, 4},
        {"name's extension beyond the end", NAME_EXT + 2, 1},
        {"list too short", NAME_EXT + 5, 1},
        {"list too long", NAME_EXT + 5, 12},
        {"not a host", NAME_EXT + 6, 1},
        {"empty name", NAME_EXT + 8, 0},
        {"name too short", NAME_EXT + 8, 5},
        {"name too long", NAME_EXT + 8, 7},
        {"name beyond the end", NAME_EXT + 7, 255},
        {"NUL in the name", NAME_EXT + 10, 0},
        {"line end in the name", NAME_EXT + 10, '\n'},
        {"not ASCII", NAME_EXT + 10, 0xc3},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t len;

        check_state.row = rows[i].row;
        make("a.test", 0, 0);
        len = wrap(wire, 16384);
        CHECK(wire[rows[i].at] != rows[i].put);
        wire[rows[i].at] = rows[i].put;
        check_wire(len, E_SYNTAX, NULL);
    }
    check_state.row = NULL;
}

static void test_long_name(void)
{
    char name[300];

    memset(name, 'x', sizeof(name));
    name[HELLO_NAME] = '\0';
    make(name, 0, 0);
    check_wire(wrap(wire, 16384), OK, name);
    name[HELLO_NAME] = 'x';
    name[HELLO_NAME + 1] = '\0';
    make(name, 0, 0);
    check_wire(wrap(wire, 16384), E_SYNTAX, NULL);
}

int main(void)
{
    RUN(test_names);
    RUN(test_random);
    RUN(test_behind);
    RUN(test_damaged);
    RUN(test_long_name);
    return check_done();
}
