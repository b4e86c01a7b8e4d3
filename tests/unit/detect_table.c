/*
 * The view of tables: each cell with a number behind the name of its column,
 * from the place that it has in the text.
 */
#include "detect/table.h"

#include <stdlib.h>

#include "base/limits.h"
#include "check.h"

#define STEP 16u

/* Numbers may be anywhere. */
static void make(struct str text, struct textview *out)
{
    size_t n = text.len / STEP + 1;
    uint32_t *places = malloc(n * sizeof(*places));

    CHECK(places != NULL);
    for (size_t i = 0; i < n; i++)
        places[i] = (uint32_t)((i + 1) * STEP);
    CHECK(table_make(text, places, n, STEP, out) == OK);
    free(places);
}

static const struct {
    const char *name, *text, *view;
} rows[] = {
    {"commas", "name,passport no\nKim,C48210735\nAnn,C49301826\n",
     "passport no: C48210735\npassport no: C49301826\n"},
    {"quotes", "\"name\",\"nr\"\r\n\"Kim, A.\",\"48210735\"\r\n",
     "nr: 48210735\n"},
    {"tabs and commas", "a,b\tid\nx,y\t48210735\n", "id: 48210735\n"},
    {"semicolons", "id;town\n48210735;Ulm", "id: 48210735\n"},
    {"bars",
     "| id | town |\n|----|:----|\n| 48210735 | Ulm |\n| **49301826** | |\n",
     "id: 48210735\nid: 49301826\n"},
    {"in a text", "As said:\n\nid,town\n48210735,Ulm\n\nid 1, town 48210735",
     "id: 48210735\n"},
    {"rows without a number", "id,town\n,Ulm\n,Kiel\n48210735,Bonn\n",
     "id: 48210735\n"},
    {"two tables", "a,b\n48210735,x\n\nc;d\nx;49301826\n",
     "a: 48210735\nd: 49301826\n"},
    {"a short number", "id,town\n482,Ulm\n", ""},
    {"another number of fields", "id,town\n48210735\n48210735,Ulm,x\n", ""},
    {"no head", "48210735,Ulm\n49301826,Kiel\n", ""},
    {"a sentence is none",
     "When all of them had come, they sat down\nand 48210735, too\n", ""},
    {"far below",
     "id,town\n,a\n,b\n,c\n,d\n,e\n,f\n,g\n,h\n,i\n,j\n,k\n,l\n,m\n,n\n,o\n"
     ",p\n,q\n,r\n48210735,Ulm\n",
     ""},
    {"one line", "id,48210735", ""},
    {"nothing", "", ""},
};

static void test_rows(void)
{
    struct textview v;

    textview_init(&v);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        make(str_of(rows[i].text), &v);
        if (!str_eq(buf_str(&v.bytes), str_of(rows[i].view)))
            printf("# %s\n", rows[i].name);
        CHECK(str_eq(buf_str(&v.bytes), str_of(rows[i].view)));
    }
    textview_free(&v);
}

/* What is found behind a name comes from the cell alone. */
static void test_span(void)
{
    struct str text = STR("name,id\nKim,48210735\n"), view;
    size_t start, end, id;
    struct textview v;

    textview_init(&v);
    make(text, &v);
    view = buf_str(&v.bytes);
    id = str_find(view, STR("48210735"));
    textview_span(&v, id, id + 8, &start, &end);
    CHECK(start == 12 && end == 20);
    textview_span(&v, 0, id + 8, &start, &end);
    CHECK(start == 12 && end == 20);
    textview_free(&v);
}

/* A long table is looked at as far as the limit says. */
static void test_long(void)
{
    struct textview v;
    struct buf text;

    textview_init(&v);
    buf_init(&text, 1 * MIB);
    CHECK(buf_add(&text, STR("id,town\n")) == OK);
    while (text.len < 512 * KIB)
        CHECK(buf_add(&text, STR("48210735,Ulm\n")) == OK);
    make(buf_str(&text), &v);
    CHECK(v.bytes.len >= LIM_VIEW_TABLE);
    CHECK(v.bytes.len < LIM_VIEW_TABLE + 1 * KIB);
    buf_free(&text);
    textview_free(&v);
}

int main(void)
{
    RUN(test_rows);
    RUN(test_span);
    RUN(test_long);
    return check_done();
}
