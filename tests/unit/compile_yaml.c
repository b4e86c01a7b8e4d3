/* The tree over YAML: what is taken, what is refused, and with which place. */
#include "compile/yaml.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "check.h"
#include "failmalloc.h"

struct parsed {
    struct arena arena;
    struct diags diags;
    const struct yaml_node *root;
    enum err e;
};

static void parse(struct parsed *p, struct str text)
{
    arena_init(&p->arena, LIM_COMPILE);
    diags_init(&p->diags);
    p->root = NULL;
    p->e = yaml_parse(text, "f.yaml", &p->arena, &p->diags, &p->root);
}

static void drop(struct parsed *p)
{
    diags_free(&p->diags);
    arena_free(&p->arena);
}

static void test_tree(void)
{
    struct str text = STR("# words\n"
                          "a: 1\n"
                          "b: [x, \"2\", {c: d}]\n"
                          "e:\n"
                          "  - f: |\n"
                          "      one\n"
                          "      two\n");
    const struct yaml_node *n;
    struct parsed p;

    parse(&p, text);
    if (!CHECK_INT(p.e, OK)) {
        drop(&p);
        return;
    }
    CHECK_INT(p.root->kind, YAML_MAP);
    CHECK_INT(p.root->count, 3);
    n = yaml_get(p.root, STR("a"));
    CHECK_STR(n->text, "1");
    CHECK(n->plain);
    CHECK_INT(n->at.line, 2);
    CHECK_INT(n->at.column, 4);
    CHECK_INT(n->key->at.column, 1);
    n = yaml_get(p.root, STR("b"));
    CHECK_INT(n->kind, YAML_LIST);
    CHECK_INT(n->count, 3);
    CHECK_STR(n->child->next->text, "2");
    CHECK(!n->child->next->plain);
    CHECK_INT(n->child->next->next->kind, YAML_MAP);
    CHECK_INT(n->child->next->next->at.column, 13);
    n = yaml_get(p.root, STR("e"))->child;
    CHECK_STR(yaml_get(n, STR("f"))->text, "one\ntwo\n");
    CHECK_INT(yaml_get(n, STR("f"))->at.line, 5);
    CHECK(yaml_get(p.root, STR("z")) == NULL);
    CHECK(yaml_get(n->child, STR("z")) == NULL);
    drop(&p);
}

/* As editors of Windows write files. */
static void test_mark(void)
{
    struct parsed p;

    parse(&p, STR("\xef\xbb\xbf"
                  "a: 1\r\nb: 2\r\n"));
    if (CHECK_INT(p.e, OK)) {
        CHECK_INT(yaml_get(p.root, STR("a"))->key->at.column, 1);
        CHECK_STR(yaml_get(p.root, STR("b"))->text, "2");
    }
    drop(&p);
    parse(&p, STR("\xef\xbb\xbf"));
    CHECK_INT(p.e, E_SYNTAX);
    drop(&p);
}

static void test_refused(void)
{
    static const struct {
        const char *name, *text, *error;
    } rows[] = {
        {"empty", "", "f.yaml:1:1: error: the file is empty\n"},
        {"only words", "# nothing\n", "f.yaml:1:1: error: the file is empty\n"},
        {"twice", "a: 1\nb: 2\na: 3\n",
         "f.yaml:3:1: error: the key 'a' stands here twice (first in line "
         "1)\n"},
        {"twice, one quoted", "a: 1\n\"a\": 3\n",
         "f.yaml:2:1: error: the key 'a' stands here twice (first in line "
         "1)\n"},
        {"anchor", "a: &x 1\n",
         "f.yaml:1:4: error: anchors are not supported\n"},
        {"anchor on a map", "a: &x {b: 1}\n",
         "f.yaml:1:4: error: anchors are not supported\n"},
        {"alias", "a: *x\n", "f.yaml:1:4: error: aliases are not supported\n"},
        {"tag", "a: !!str 1\n", "f.yaml:1:4: error: tags are not supported\n"},
        {"own tag", "a: !x [1]\n",
         "f.yaml:1:4: error: tags are not supported\n"},
        {"two documents", "a: 1\n---\nb: 2\n",
         "f.yaml:2:1: error: a second document in one file\n"},
        {"a list as key", "? [a, b]\n: 1\n",
         "f.yaml:1:3: error: a key must be a plain word\n"},
        {"a tab", "a:\n\tb: 1\n",
         "f.yaml:2:1: error: while scanning for the next token: found "
         "character that cannot start any token\n"},
        {"not closed", "a: [1, 2\n",
         "f.yaml:2:1: error: while parsing a flow sequence: did not find "
         "expected ',' or ']'\n"},
        {"control byte", "a: \x01\n",
         "f.yaml:1:4: error: control characters are not allowed\n"},
        {"bad UTF-8", "a: \xff\n",
         "f.yaml:1:4: error: invalid leading UTF-8 octet\n"},
        {"a pattern in double quotes", "a: \"\\d+\"\n",
         "f.yaml:1:5: error: while parsing a quoted scalar: found unknown "
         "escape character: patterns go into 'single quotes'\n"},
        {"half a pair", "a: \"\\ud800\"\n",
         "f.yaml:1:7: error: while parsing a quoted scalar: found invalid "
         "Unicode character escape code\n"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct parsed p;

        CHECK_ROW(rows[i].name);
        parse(&p, str_of(rows[i].text));
        CHECK_INT(p.e, E_SYNTAX);
        CHECK(p.root == NULL);
        CHECK_EQ(diags_text(&p.diags), str_of(rows[i].error));
        drop(&p);
    }
    CHECK_ROW(NULL);
}

/* n times a piece; the caller frees. */
static char *repeat(const char *piece, size_t n)
{
    size_t len = strlen(piece);
    char *text = malloc(len * n + 1);

    for (size_t i = 0; text != NULL && i < n; i++)
        memcpy(text + i * len, piece, len);
    if (text != NULL)
        text[len * n] = '\0';
    return text;
}

static void test_bounds(void)
{
    static const struct {
        const char *name, *piece;
        size_t n;
        enum err e;
    } rows[] = {
        {"deep, in a flow", "[", 100000, E_LIMIT},
        {"deep, in blocks", "- ", 100000, E_LIMIT},
        {"many values", "- 1\n", LIM_YAML_NODES, E_LIMIT},
    };
    char keys[LIM_YAML_KEYS * 16 + 32], *at = keys;
    struct parsed p;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = repeat(rows[i].piece, rows[i].n);

        CHECK_ROW(rows[i].name);
        parse(&p, str_of(text));
        CHECK_INT(p.e, rows[i].e);
        CHECK_INT(p.diags.count, 1);
        drop(&p);
        free(text);
    }
    CHECK_ROW("many keys");
    for (unsigned i = 0; i <= LIM_YAML_KEYS; i++)
        at += snprintf(at, 16, "k%u: 1\n", i);
    parse(&p, str_of(keys));
    CHECK_INT(p.e, E_LIMIT);
    drop(&p);
    CHECK_ROW(NULL);
}

/* Every prefix of a file is read or refused, never worse. */
static void test_cut(void)
{
    struct str text = STR("a: {b: [\"c\\n\", 'd'], e: |\n  f\n}\ng:\n- h\n");

    for (size_t n = 0; n <= text.len; n++) {
        struct parsed p;

        parse(&p, str_head(text, n));
        CHECK((p.e == OK) == (p.diags.count == 0));
        drop(&p);
    }
}

static void test_diags(void)
{
    struct diags d;
    struct place at = {"f", 3, 4};

    diags_init(&d);
    diag_add(&d, at, "a\n%s", "\x1b[1m");
    CHECK_STR(diags_text(&d), "f:3:4: error: a??[1m\n");
    for (int i = 0; i < 60; i++)
        diag_add(&d, at, "%0*d", 3000, i);
    CHECK_INT(d.count, 61);
    CHECK(str_ends(diags_text(&d), STR("\nand 11 more errors\n")));
    CHECK(str_ends(diags_text(&d), STR("\nand 11 more errors\n")));
    diags_free(&d);
}

static void test_nomem(void)
{
    for (size_t n = 1; n < 100; n++) {
        struct parsed p;

        failmalloc_at(n, FAIL_ONE);
        parse(&p, STR("a: [1, {b: c}]\nd: \"x\"\n"));
        drop(&p);
        if (!failmalloc_off()) {
            CHECK_INT(p.e, OK);
            return;
        }
        CHECK_INT(p.e, E_NOMEM);
    }
    CHECK(!"it ends");
}

int main(void)
{
    RUN(test_tree);
    RUN(test_mark);
    RUN(test_refused);
    RUN(test_bounds);
    RUN(test_cut);
    RUN(test_diags);
    RUN(test_nomem);
    return check_done();
}
