/* JSON in base64 in JSON: what is opened, what is refused, what is closed. */
#include "check.h"

#include "base/limits.h"
#include "failmalloc.h"
#include "llm/opened.h"

static struct str opens[] = {STR_INIT("bytes"), STR_INIT("in.body")};
static const struct provider provider = {.opens = opens, .open_count = 2};

struct row {
    const char *name;
    struct str body, opened; /* opened empty: nothing to be opened */
    enum err e;
};

/* eyJhIjoieCJ9 is {"a":"x"}, WzFd is [1], eyJhIjoiPz8/PiJ9 is {"a":"..."} with
 * three of ? and a > */
static const struct row rows[] = {
    {"a chunk", STR_INIT("{\"bytes\":\"eyJhIjoieCJ9\",\"p\":\"ab\"}"),
     STR_INIT("{\"bytes\":{\"a\":\"x\"},\"p\":\"ab\"}"), OK},
    {"deeper", STR_INIT("{\"in\":{\"x\":1,\"body\":\"WzFd\"}}"),
     STR_INIT("{\"in\":{\"x\":1,\"body\":[1]}}"), OK},
    {"both, in the other order",
     STR_INIT("{\"in\":{\"body\":\"WzFd\"},\"bytes\":\"eyJhIjoieCJ9\"}"),
     STR_INIT("{\"in\":{\"body\":[1]},\"bytes\":{\"a\":\"x\"}}"), OK},
    {"white space around", STR_INIT(" { \"bytes\" : \"WzFd\" } "),
     STR_INIT(" { \"bytes\" : [1] } "), OK},
    {"a slash", STR_INIT("{\"bytes\":\"eyJhIjoiPz8/PiJ9\"}"),
     STR_INIT("{\"bytes\":{\"a\":\"?\?\?>\"}}"), OK},
    {"an escape in its name", STR_INIT("{\"b\\u0079tes\":\"WzFd\"}"),
     STR_INIT("{\"b\\u0079tes\":[1]}"), OK},
    {"none there", STR_INIT("{\"delta\":{\"text\":\"x\"}}"), STR_INIT(""), OK},
    {"no string", STR_INIT("{\"bytes\":{\"a\":1},\"in\":7}"), STR_INIT(""), OK},
    {"only at its place", STR_INIT("{\"x\":{\"bytes\":\"WzFd\"}}"),
     STR_INIT(""), OK},
    {"an array around", STR_INIT("[\"WzFd\"]"), STR_INIT(""), OK},
    {"one of two stands there opened",
     STR_INIT("{\"in\":{\"body\":\"WzFd\"},\"bytes\":{\"a\":1}}"), STR_INIT(""),
     E_AMBIGUOUS},
    {"no base64", STR_INIT("{\"bytes\":\"W!Fd\"}"), STR_INIT(""), E_SYNTAX},
    {"a line end in it", STR_INIT("{\"bytes\":\"WzFd\\n\"}"), STR_INIT(""),
     E_SYNTAX},
    {"the other alphabet", STR_INIT("{\"bytes\":\"eyJhIjoiPz8_PiJ9\"}"),
     STR_INIT(""), E_SYNTAX},
    {"no padding", STR_INIT("{\"bytes\":\"WzFdIA\"}"), STR_INIT(""), E_SYNTAX},
    {"bits behind the end", STR_INIT("{\"bytes\":\"e31=\"}"), STR_INIT(""),
     E_SYNTAX},
    {"empty", STR_INIT("{\"bytes\":\"\"}"), STR_INIT(""), E_SYNTAX},
    {"no JSON in it", STR_INIT("{\"bytes\":\"aGVsbG8=\"}"), STR_INIT(""),
     E_SYNTAX},
    {"a string in it", STR_INIT("{\"bytes\":\"IngiIA==\"}"), STR_INIT(""),
     E_SYNTAX},
    {"two documents in it", STR_INIT("{\"bytes\":\"e30se30=\"}"), STR_INIT(""),
     E_SYNTAX},
    {"one that breaks out", STR_INIT("{\"bytes\":\"e30sIngiOjE=\"}"),
     STR_INIT(""), E_SYNTAX},
    {"a key twice in it", STR_INIT("{\"bytes\":\"eyJhIjoxLCJhIjoyfQ==\"}"),
     STR_INIT(""), E_AMBIGUOUS},
    {"a key twice", STR_INIT("{\"bytes\":\"WzFd\",\"bytes\":\"WzFd\"}"),
     STR_INIT(""), E_AMBIGUOUS},
    {"not JSON", STR_INIT("{\"bytes\":\"WzFd\""), STR_INIT(""), E_SYNTAX},
};

static void test_rows(void)
{
    struct opener o;

    opener_init(&o);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf opened, closed;
        bool some;

        CHECK_ROW(rows[i].name);
        buf_init(&opened, MIB);
        buf_init(&closed, MIB);
        CHECK_INT(opened_make(&o, &provider, rows[i].body, &opened, &some),
                  rows[i].e);
        CHECK_EQ(buf_str(&opened), rows[i].opened);
        CHECK(some == (rows[i].opened.len > 0));
        if (some) {
            CHECK_INT(opened_close(&o, &provider, buf_str(&opened), &closed),
                      OK);
            CHECK_EQ(buf_str(&closed), rows[i].body);
        }
        buf_free(&opened);
        buf_free(&closed);
    }
    CHECK_ROW(NULL);
    opener_free(&o);
}

/* An escape in the literal goes when it is written anew. */
static void test_escaped(void)
{
    struct str body = STR("{\"bytes\":\"eyJhIjoiPz8\\/PiJ9\"}");
    struct opener o;
    struct buf out;
    bool some;

    opener_init(&o);
    buf_init(&out, MIB);
    CHECK_INT(opened_make(&o, &provider, body, &out, &some), OK);
    CHECK_EQ(buf_str(&out), STR("{\"bytes\":{\"a\":\"?\?\?>\"}}"));
    buf_clear(&out);
    CHECK_INT(
        opened_close(&o, &provider, STR("{\"bytes\":{\"a\":\"?\"}}"), &out),
        OK);
    CHECK_EQ(buf_str(&out), STR("{\"bytes\":\"eyJhIjoiPyJ9\"}"));
    CHECK_INT(opened_close(&o, &provider, STR("{\"a\":1}"), &out), E_INTERNAL);
    buf_free(&out);
    opener_free(&o);
}

static void test_limit_and_memory(void)
{
    struct str body = STR("{\"bytes\":\"eyJhIjoieCJ9\",\"p\":\"ab\"}");

    for (size_t n = 1;; n++) {
        struct opener o;
        struct buf out;
        bool some;
        enum err e;

        opener_init(&o);
        buf_init(&out, 28);
        failmalloc_at(n, FAIL_ONE);
        e = opened_make(&o, &provider, body, &out, &some);
        if (failmalloc_off()) {
            CHECK_INT(e, E_NOMEM);
            CHECK_INT(out.len, 0);
        }
        opener_free(&o);
        buf_free(&out);
        if (e != E_NOMEM) {
            CHECK_INT(e, OK);
            break;
        }
    }
    for (size_t max = 27; max < 29; max++) {
        struct opener o;
        struct buf out;
        bool some;

        opener_init(&o);
        buf_init(&out, max);
        CHECK_INT(opened_make(&o, &provider, body, &out, &some),
                  max == 28 ? OK : E_LIMIT);
        CHECK_INT(out.len, max == 28 ? 28 : 0);
        opener_free(&o);
        buf_free(&out);
    }
}

int main(void)
{
    RUN(test_rows);
    RUN(test_escaped);
    RUN(test_limit_and_memory);
    return check_done();
}
