#include "detect/table.h"

#include "base/limits.h"

/*
 * From a number the lines above are looked at up to the head, and from there
 * all rows down to the end of the table, behind which the next number is asked
 * for. What is above was looked at already, or is a few lines, so that no line
 * is read more than a few times whatever the text holds.
 *
 *      name,passport no,town      <- head
 *      Ben,,Bonn                     above: LINES_ABOVE at most
 *      Kim,C48210735,Ulm          <- a number
 *      Ann,"C49301826",Kiel          rows
 */
#define LINE_MOST    1024u /* bytes of a row            */
#define LINES_ABOVE  8u    /* from a head to its number */
#define COLUMNS_MOST 64u
#define NAME_MOST    40u /* bytes of what a column is called */
#define NAME_WORDS   4u
#define CELL_MOST    64u
#define CELL_DIGITS  4u /* least so many */
#define HEAD_DIGITS  4u /* most so many  */

/* The lines of one table, and how they are parted. */
struct table {
    struct str text;
    char by;
    size_t fields;
    size_t row; /* where the first one begins */
    struct str names[COLUMNS_MOST];
};

/* Where the line ends that `at` is in. */
static size_t line_end(struct str text, size_t at)
{
    return at + str_find_byte(str_skip(text, at), '\n');
}

/* The line that begins there; of one that is too long as much as shows it. */
static struct str line_at(struct str text, size_t at)
{
    struct str most = str_head(str_skip(text, at), LINE_MOST + 1);

    return str_head(most, line_end(most, 0));
}

/* Where the line begins that `at` is in, but not before `from`. */
static size_t line_start(struct str text, size_t from, size_t at)
{
    const char *end =
        at == from ? NULL : memrchr(text.ptr + from, '\n', at - from);

    return end == NULL ? from : (size_t)(end - text.ptr) + 1;
}

/* Where the first field of a line ends: not at a sign in quotes. */
static size_t field_len(struct str line, char by)
{
    size_t n = str_find_byte(line, by);
    bool quoted = false;

    if (by == '|' || str_find_byte(str_head(line, n), '"') == n)
        return n;
    for (n = 0; n < line.len && (quoted || line.ptr[n] != by); n++)
        quoted ^= line.ptr[n] == '"';
    return n;
}

/* The next field of a line, and what is behind it; false at its end. */
static bool field_next(struct str *line, char by, struct str *ret_field)
{
    size_t n;

    if (line->ptr == NULL)
        return false;
    n = field_len(*line, by);
    *ret_field = str_head(*line, n);
    *line = n < line->len ? (struct str){line->ptr + n + 1, line->len - n - 1}
                          : (struct str){0};
    return true;
}

static size_t fields_of(struct str line, char by)
{
    struct str field;
    size_t n = 0;

    if (line.len > LINE_MOST || str_find_byte(line, by) == line.len)
        return 0;
    while (field_next(&line, by, &field))
        n++;
    return n;
}

static bool is_edge(char c)
{
    return is_white(c) || c == '"' || c == '\'' || c == '*' || c == '`';
}

/* Without blanks, quotes and marks at its ends. */
static struct str bare(struct str s)
{
    while (s.len > 0 && is_edge(s.ptr[0]))
        s = str_skip(s, 1);
    while (s.len > 0 && is_edge(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

static size_t digits_of(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += is_digit(s.ptr[i]);
    return n;
}

/* Short, few words and none of the signs of code. */
static bool is_name(struct str s)
{
    static const char code[] = "={}[]<>;\\";
    size_t blanks = 0;

    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != '\0' && strchr(code, s.ptr[i]) != NULL)
            return false;
        else
            blanks += is_white(s.ptr[i]);
    return s.len <= NAME_MOST && blanks < NAME_WORDS &&
           digits_of(s) <= HEAD_DIGITS;
}

/* Is the line a head? Sets the names of the columns. */
static bool is_head(struct table *t, struct str line)
{
    struct str field;

    for (size_t n = 0; field_next(&line, t->by, &field); n++)
        if (!is_name(t->names[n] = bare(field)))
            return false;
    return true;
}

/* Is there a head above the row at `at`, and behind `from`? */
static bool find_head(struct table *t, struct str row, size_t from, size_t at)
{
    size_t top = at;

    t->fields = fields_of(row, t->by);
    if (t->fields < 2 || t->fields > COLUMNS_MOST)
        return false;
    for (size_t n = 0; n < LINES_ABOVE && top > from; n++) {
        size_t above = line_start(t->text, from, top - 1);

        if (fields_of(line_at(t->text, above), t->by) != t->fields)
            break;
        top = above;
    }
    for (; top < at; top = t->row) {
        struct str line = line_at(t->text, top);

        t->row = top + line.len + 1;
        if (is_head(t, line))
            return true;
    }
    return false;
}

static enum err put_cell(const struct table *t, struct str name,
                         struct str cell, struct textview *out)
{
    size_t off = (size_t)(cell.ptr - t->text.ptr);
    enum err e;

    if (name.len == 0 || cell.len > CELL_MOST || digits_of(cell) < CELL_DIGITS)
        return OK;
    if ((e = textview_put(out, name, off, 0)) ||
        (e = textview_put(out, STR(": "), off, 0)) ||
        (e = textview_copy(out, cell, off)))
        return e;
    return textview_put(out, STR("\n"), off + cell.len, 0);
}

/* All rows below the head; *ret_end: behind the last. */
static enum err put_rows(const struct table *t, struct textview *out,
                         size_t *ret_end)
{
    size_t at = t->row;
    enum err e;

    while (at < t->text.len && out->bytes.len < LIM_VIEW_TABLE) {
        struct str line = line_at(t->text, at), rest = line, field;

        if (fields_of(line, t->by) != t->fields)
            break;
        for (size_t n = 0; field_next(&rest, t->by, &field); n++)
            if ((e = put_cell(t, t->names[n], bare(field), out)))
                return e;
        at += line.len + 1;
    }
    *ret_end = at;
    return OK;
}

/* The table with a number at `at`, if it is in one. */
static enum err put_table(struct str text, size_t at, size_t *done,
                          struct textview *out)
{
    static const char by[] = {'\t', ';', '|', ','};
    size_t start = line_start(text, *done, at);
    struct str row = line_at(text, start);
    struct table t; /* most find no head, and no names */

    t.text = text;
    for (size_t i = 0; i < ARRAY_LEN(by) && start > *done; i++) {
        t.by = by[i];
        if (find_head(&t, row, *done, start))
            return put_rows(&t, out, done);
    }
    *done = line_end(text, at) + 1;
    return OK;
}

enum err table_make(struct str text, const uint32_t *places, size_t n,
                    size_t step, struct textview *out)
{
    size_t done = 0; /* all before that is looked at */
    enum err e;

    textview_clear(out);
    for (size_t i = 0; i < n; i++) {
        size_t to = places[i] < text.len ? places[i] : text.len;
        size_t at = places[i] < step ? 0 : places[i] - step;

        for (at = at < done ? done : at; at < to; at++) {
            if (!is_digit(text.ptr[at]))
                continue;
            if ((e = put_table(text, at, &done, out)))
                return e;
            at = done - 1;
            if (out->bytes.len >= LIM_VIEW_TABLE)
                return OK;
        }
    }
    return OK;
}
