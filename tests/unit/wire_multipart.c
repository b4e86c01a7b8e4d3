/* Forms: boundaries, heads, contents, and what two readers could differ on. */
#include "check.h"

#include "base/buf.h"
#include "base/limits.h"
#include "wire/multipart.h"

/* --- Boundaries. */

#define FORM "multipart/form-data"
#define B70                                                                    \
    "1234567890123456789012345678901234567890123456789012345678901234567890"

static void test_boundary(void)
{
    static const struct {
        struct str type, want;
        enum err e;
    } rows[] = {
        {STR_INIT(FORM "; boundary=b"), STR_INIT("b"), OK},
        {STR_INIT("Multipart/Form-Data ;Boundary=b"), STR_INIT("b"), OK},
        {STR_INIT(FORM ";boundary=\"b\""), STR_INIT("b"), OK},
        {STR_INIT(FORM ";boundary=\"a b\""), STR_INIT("a b"), OK},
        {STR_INIT(FORM ";boundary=\"=_:?/(b),.+'\""), STR_INIT("=_:?/(b),.+'"),
         OK},
        {STR_INIT(FORM "; charset=utf-8; boundary=b;"), STR_INIT("b"), OK},
        {STR_INIT(FORM "; x=\"a;boundary=c\"; boundary=b"), STR_INIT("b"), OK},
        {STR_INIT(FORM "; boundary=" B70), STR_INIT(B70), OK},
        {STR_INIT(FORM "; boundary=" B70 "1"), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM "; boundary=\"b \""), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM "; boundary="), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM "; boundary=\"\""), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM "; boundary=a=b"), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM "; boundary=a b"), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM "; boundary=\"a*b\""), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM "; boundary=\"a\0b\""), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM "; boundary=\"b"), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM "; boundary=\"b\"c"), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM "; boundary"), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM), STR_INIT(""), E_SYNTAX},
        {STR_INIT(FORM ", " FORM "; boundary=b"), STR_INIT(""), E_UNSUPPORTED},
        {STR_INIT(FORM "; boundary=\"b\\\"\""), STR_INIT(""), E_AMBIGUOUS},
        {STR_INIT(FORM "; boundary=b; boundary=b"), STR_INIT(""), E_AMBIGUOUS},
        {STR_INIT(FORM "; boundary=b; BOUNDARY=c"), STR_INIT(""), E_AMBIGUOUS},
        {STR_INIT(FORM "; boundary*=utf-8''b"), STR_INIT(""), E_AMBIGUOUS},
        {STR_INIT(FORM "; boundary=b; boundary*0=c"), STR_INIT(""),
         E_AMBIGUOUS},
        {STR_INIT("multipart/mixed; boundary=b"), STR_INIT(""), E_UNSUPPORTED},
        {STR_INIT("text/plain"), STR_INIT(""), E_UNSUPPORTED},
        {STR_INIT(""), STR_INIT(""), E_UNSUPPORTED},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str got = {0};

        CHECK_ROW(rows[i].type.ptr);
        CHECK_INT(multipart_boundary(rows[i].type, &got), rows[i].e);
        CHECK_EQ(got, rows[i].want);
    }
    CHECK_ROW(NULL);
}

/* --- Parts: "name=content;", "name/filename=content;", and then the error. */

static void add(struct buf *b, struct str s)
{
    CHECK_INT(buf_add(b, s), OK);
}

static enum err run(struct str boundary, struct str body, struct buf *out)
{
    struct multipart m;
    struct part_at p;
    enum err e;

    multipart_init(&m, boundary, body);
    while ((e = multipart_next(&m, &p)) == OK) {
        add(out, p.name);
        if (p.filename.ptr != NULL) {
            add(out, STR("/"));
            add(out, p.filename);
        }
        if (p.extended.ptr != NULL) {
            add(out, STR("*"));
            add(out, p.extended);
        }
        add(out, STR("="));
        add(out, p.content);
        add(out, STR(";"));
        CHECK(p.content.ptr >= body.ptr &&
              p.content.ptr + p.content.len <= body.ptr + body.len);
    }
    CHECK((m.why != NULL) == (e != E_AGAIN));
    CHECK_INT(multipart_next(&m, &p), e == E_AGAIN ? E_AGAIN : E_SYNTAX);
    return e;
}

#define CD   "Content-Disposition: form-data; name="
#define X    "\r\n"
#define NAME CD "\"a\"" X X
#define END  X "--b--" X

struct row {
    const char *name;
    struct str body, want;
    enum err e;
};

static const struct row rows[] = {
    {"one", STR_INIT("--b" X NAME "1" END), STR_INIT("a=1;"), E_AGAIN},
    {"two", STR_INIT("--b" X NAME "1" X "--b" X NAME "2" END),
     STR_INIT("a=1;a=2;"), E_AGAIN},
    {"no line end behind", STR_INIT("--b" X NAME "1" X "--b--"),
     STR_INIT("a=1;"), E_AGAIN},
    {"an empty line before", STR_INIT(X "--b" X NAME "1" END), STR_INIT("a=1;"),
     E_AGAIN},
    {"nothing in it", STR_INIT("--b" X NAME END), STR_INIT("a=;"), E_AGAIN},
    {"lines in it", STR_INIT("--b" X NAME "1" X X "2\n3\r4" END),
     STR_INIT("a=1\r\n\r\n2\n3\r4;"), E_AGAIN},
    {"a line end last", STR_INIT("--b" X NAME "1" X END), STR_INIT("a=1\r\n;"),
     E_AGAIN},
    {"the boundary inside a line", STR_INIT("--b" X NAME "x--b y--b--" END),
     STR_INIT("a=x--b y--b--;"), E_AGAIN},
    {"dashes that are none", STR_INIT("--b" X NAME "--a" X "--" END),
     STR_INIT("a=--a\r\n--;"), E_AGAIN},
    {"NUL", STR_INIT("--b" X NAME "1\0002" END), STR_INIT("a=1\0002;"),
     E_AGAIN},
    {"a file",
     STR_INIT("--b" X CD "f; filename=\"x y.txt\"" X
              "Content-Type: text/plain" X X "1" END),
     STR_INIT("f/x y.txt=1;"), E_AGAIN},
    {"order and case",
     STR_INIT("--b" X "content-type:text/plain" X
              "CONTENT-DISPOSITION:Form-Data;FILENAME=x;"
              "Name=f" X X "1" END),
     STR_INIT("f/x=1;"), E_AGAIN},
    {"a name with a semicolon", STR_INIT("--b" X CD "\"a;b=c\"" X X "1" END),
     STR_INIT("a;b=c=1;"), E_AGAIN},
    {"a backslash", STR_INIT("--b" X CD "f; filename=\"C:\\x\"" X X "1" END),
     STR_INIT("f/C:\\x=1;"), E_AGAIN},
    {"filename*", STR_INIT("--b" X CD "f; filename*=utf-8''a%20b" X X "1" END),
     STR_INIT("f*utf-8''a%20b=1;"), E_AGAIN},
    {"its true length",
     STR_INIT("--b" X CD "f" X "Content-Length: 2" X X "12" END),
     STR_INIT("f=12;"), E_AGAIN},
    {"binary",
     STR_INIT("--b" X CD "f" X "Content-Transfer-Encoding: binary" X X "1" END),
     STR_INIT("f=1;"), E_AGAIN},
    {"other fields", STR_INIT("--b" X CD "f" X "X-A: b" X X "1" END),
     STR_INIT("f=1;"), E_AGAIN},
    /* borders */
    {"text before", STR_INIT("x" X "--b" X NAME "1" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"two empty lines before", STR_INIT(X X "--b" X NAME "1" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"a space before", STR_INIT(" --b" X NAME "1" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"text behind", STR_INIT("--b" X NAME "1" END "x"), STR_INIT(""),
     E_AMBIGUOUS},
    {"text behind the dashes", STR_INIT("--b" X NAME "1" X "--b--x"),
     STR_INIT(""), E_AMBIGUOUS},
    {"a third dash", STR_INIT("--b" X NAME "1" X "--b---" X), STR_INIT(""),
     E_AMBIGUOUS},
    {"a part behind the end",
     STR_INIT("--b" X NAME "1" END "--b" X NAME "2" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"spaces behind a boundary",
     STR_INIT("--b" X NAME "1" X "--b  " X NAME "2" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"a tab behind a boundary", STR_INIT("--b\t" X NAME "1" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"LF behind a boundary", STR_INIT("--b" X NAME "1" X "--b\n" NAME "2" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"LF before a boundary", STR_INIT("--b" X NAME "1\n--b" X NAME "2" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"CR before a boundary", STR_INIT("--b" X NAME "1\r--b" X NAME "2" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"LF before the last", STR_INIT("--b" X NAME "1\n--b--" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"a longer boundary", STR_INIT("--b" X NAME "1" X "--bc" X "2" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"a longer boundary's end", STR_INIT("--b" X NAME "1" X "--bc--" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"a boundary where the content begins", STR_INIT("--b" X NAME "--b--" X),
     STR_INIT(""), E_AMBIGUOUS},
    {"no last boundary", STR_INIT("--b" X NAME "1" X "--b" X NAME "2"),
     STR_INIT("a=1;"), E_SYNTAX},
    {"half a last boundary", STR_INIT("--b" X NAME "1" X "--b-"), STR_INIT(""),
     E_AMBIGUOUS},
    {"no part", STR_INIT("--b--" X), STR_INIT(""), E_SYNTAX},
    {"nothing", STR_INIT(""), STR_INIT(""), E_AMBIGUOUS},
    {"another boundary", STR_INIT("--c" X NAME "1" X "--c--"), STR_INIT(""),
     E_AMBIGUOUS},
    /* heads */
    {"no head", STR_INIT("--b" X X "1" END), STR_INIT(""), E_SYNTAX},
    {"no name", STR_INIT("--b" X "Content-Disposition: form-data" X X "1" END),
     STR_INIT(""), E_SYNTAX},
    {"no disposition", STR_INIT("--b" X "Content-Type: text/plain" X X "1" END),
     STR_INIT(""), E_SYNTAX},
    {"another disposition",
     STR_INIT("--b" X "Content-Disposition: attachment; name=a" X X "1" END),
     STR_INIT(""), E_SYNTAX},
    {"two dispositions", STR_INIT("--b" X CD "a" X CD "c" X X "1" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"two names", STR_INIT("--b" X CD "a; name=c" X X "1" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"two file names",
     STR_INIT("--b" X CD "a; filename=c; FileName=d" X X "1" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"a name in pieces", STR_INIT("--b" X CD "a; name*0=c" X X "1" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"a coded name", STR_INIT("--b" X CD "a; name*=utf-8''c" X X "1" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"an escaped quote", STR_INIT("--b" X CD "\"a\\\"; filename=c" X X "1" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"an open quote", STR_INIT("--b" X CD "\"a" X X "1" END), STR_INIT(""),
     E_SYNTAX},
    {"two types",
     STR_INIT("--b" X CD "a" X "Content-Type: text/plain" X
              "Content-Type: text/html" X X "1" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"a folded line",
     STR_INIT("--b" X "Content-Disposition: form-data;" X " name=a" X X
              "1" END),
     STR_INIT(""), E_SYNTAX},
    {"a space before the colon",
     STR_INIT("--b" X "Content-Disposition : form-data; name=a" X X "1" END),
     STR_INIT(""), E_SYNTAX},
    {"LF in the head", STR_INIT("--b" X CD "a\nX: y" X X "1" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"LF behind the head", STR_INIT("--b" X CD "a\n\n1" END), STR_INIT(""),
     E_SYNTAX},
    {"CR in the head", STR_INIT("--b" X CD "a\rX: y" X X "1" END), STR_INIT(""),
     E_SYNTAX},
    {"NUL in the head", STR_INIT("--b" X CD "\"a\0\"" X X "1" END),
     STR_INIT(""), E_SYNTAX},
    {"no UTF-8 in the head", STR_INIT("--b" X CD "\"\xff\"" X X "1" END),
     STR_INIT(""), E_SYNTAX},
    {"a head without an end", STR_INIT("--b" X CD "a" X), STR_INIT(""),
     E_SYNTAX},
    {"a boundary as a field", STR_INIT("--b" X CD "a" X "--b: x" X X "1" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"a boundary in the head", STR_INIT("--b" X CD "a" X "--b" X X "1" END),
     STR_INIT(""), E_AMBIGUOUS},
    /* contents */
    {"parts within a part",
     STR_INIT("--b" X CD "a" X "Content-Type: multipart/mixed; boundary=c" X X
              "--c" X X "1" X "--c--" END),
     STR_INIT(""), E_UNSUPPORTED},
    {"base64",
     STR_INIT("--b" X CD "a" X "Content-Transfer-Encoding: base64" X X
              "MQ==" END),
     STR_INIT(""), E_UNSUPPORTED},
    {"quoted-printable",
     STR_INIT("--b" X CD "a" X "content-transfer-encoding:quoted-printable" X X
              "=31" END),
     STR_INIT(""), E_UNSUPPORTED},
    {"gzip", STR_INIT("--b" X CD "a" X "Content-Encoding: gzip" X X "1" END),
     STR_INIT(""), E_UNSUPPORTED},
    {"a length too short",
     STR_INIT("--b" X CD "f" X "Content-Length: 1" X X "12" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"a length too long",
     STR_INIT("--b" X CD "f" X "Content-Length: 9" X X "12" END), STR_INIT(""),
     E_AMBIGUOUS},
    {"a length that is none",
     STR_INIT("--b" X CD "f" X "Content-Length: 0x2" X X "12" END),
     STR_INIT(""), E_AMBIGUOUS},
    {"two lengths",
     STR_INIT("--b" X CD "f" X "Content-Length: 2" X "Content-Length: 2" X X
              "12" END),
     STR_INIT(""), E_AMBIGUOUS},
};

static void test_parts(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf out;

        CHECK_ROW(rows[i].name);
        buf_init(&out, 4096);
        CHECK_INT(run(STR("b"), rows[i].body, &out), rows[i].e);
        CHECK_EQ(buf_str(&out), rows[i].want);
        buf_free(&out);
    }
    CHECK_ROW(NULL);
}

/* Cut off anywhere a body is refused, but at its two ends. */
static void test_truncated(void)
{
    struct str body =
        STR("--b" X NAME "1" X "--b" X CD "f; filename=x" X X "2" END);

    for (size_t n = 0; n < body.len; n++) {
        struct buf out;

        buf_init(&out, 4096);
        CHECK((run(STR("b"), str_head(body, n), &out) == E_AGAIN) ==
              (n == body.len - 2));
        buf_free(&out);
    }
}

static void test_long_boundary(void)
{
    struct buf out;

    buf_init(&out, 4096);
    CHECK_INT(run(STR(B70), STR("--" B70 X NAME "1" X "--" B70 "--"), &out),
              E_AGAIN);
    CHECK_EQ(buf_str(&out), STR("a=1;"));
    buf_free(&out);
}

static void test_limits(void)
{
    for (size_t more = 0; more < 2; more++) {
        struct buf body, out;

        buf_init(&body, MIB);
        buf_init(&out, MIB);
        for (size_t i = 0; i < LIM_PARTS + more; i++)
            add(&body, STR("--b" X NAME "1" X));
        add(&body, STR("--b--"));
        CHECK_INT(run(STR("b"), buf_str(&body), &out),
                  more ? E_LIMIT : E_AGAIN);
        buf_clear(&body);
        add(&body, STR("--b" X CD "a" X "X: "));
        while (body.len < 5 + LIM_PART_HEAD - 4 + more)
            add(&body, STR("x"));
        add(&body, STR(X X "1" END));
        CHECK_INT(run(STR("b"), buf_str(&body), &out),
                  more ? E_LIMIT : E_AGAIN);
        buf_free(&body);
        buf_free(&out);
    }
}

int main(void)
{
    RUN(test_boundary);
    RUN(test_parts);
    RUN(test_truncated);
    RUN(test_long_boundary);
    RUN(test_limits);
    return check_done();
}
