#include "cli/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/closure.h"
#include "json/text.h"

#define REASONS 3 /* that the verdict names */

static const char *const grade_names[] = {
    [GRADE_NOTE] = "note",         [GRADE_COVERED] = "covered",
    [GRADE_PARTLY] = "partly",     [GRADE_NOT] = "not covered",
    [GRADE_NEVER] = "not covered",
};

void report_add(struct report *r, enum grade grade, const char *name,
                const char *about, const char *format, ...)
{
    struct report_line line = {grade, name, strdup(about), NULL};
    struct report_line *grown;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&line.text, format, args);
    va_end(args);
    if (n < 0)
        line.text = NULL;
    grown = realloc(r->lines, (r->count + 1) * sizeof(*grown));
    if (grown != NULL)
        r->lines = grown;
    if (grown == NULL || line.about == NULL || line.text == NULL) {
        r->failed = true;
        free(line.about);
        free(line.text);
        return;
    }
    r->lines[r->count++] = line;
}

void report_count(struct report *r, const char *name, uint64_t value)
{
    if (r->counted < REPORT_COUNTS)
        r->counts[r->counted++] = (struct report_count){name, value};
}

void report_free(struct report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->lines[i].about);
        free(r->lines[i].text);
    }
    free(r->lines);
    *r = (struct report){0};
}

/* --- The verdict. */

static bool has_grade(const struct report *r, enum grade grade)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->lines[i].grade == grade)
            return true;
    return false;
}

enum grade report_verdict(const struct report *r)
{
    if (has_grade(r, GRADE_NEVER))
        return GRADE_NEVER;
    if (has_grade(r, GRADE_NOT))
        return has_grade(r, GRADE_COVERED) ? GRADE_PARTLY : GRADE_NOT;
    return has_grade(r, GRADE_PARTLY) ? GRADE_PARTLY : GRADE_COVERED;
}

/* Whether a line is a reason for the verdict. */
static bool is_reason(const struct report_line *line, enum grade verdict)
{
    if (verdict == GRADE_PARTLY)
        return line->grade == GRADE_NOT || line->grade == GRADE_PARTLY;
    return line->grade == verdict;
}

/* --- Text. */

/* A file's name is no text of ours: it must not make lines, or worse. */
static void make_plain(struct buf *out, size_t from)
{
    for (size_t i = from; i < out->len; i++)
        if ((unsigned char)out->ptr[i] < ' ' || out->ptr[i] == 0x7f)
            out->ptr[i] = '?';
}

/* One reason, behind those that were put before it. */
static enum err put_reason(const struct report_line *line, bool first,
                           struct buf *out)
{
    struct str about = base_name(line->about);
    enum err e;

    if ((e = buf_add(out, first ? STR(" ") : STR("; "))) ||
        (about.len > 0 &&
         ((e = buf_add(out, about)) || (e = buf_add_byte(out, ' ')))))
        return e;
    return buf_add(out, str_of(line->text));
}

static enum err put_verdict(const struct report *r, struct buf *out)
{
    enum grade verdict = report_verdict(r);
    size_t n = 0, from = out->len;
    enum err e;

    if ((e = buf_add(out, str_of(grade_names[verdict]))) ||
        (e = buf_add(out, STR(", because"))))
        return e;
    /* the worst first */
    for (int grade = GRADE_NEVER; grade > GRADE_NOTE; grade--)
        for (size_t i = 0; i < r->count; i++)
            if ((int)r->lines[i].grade == grade &&
                is_reason(&r->lines[i], verdict) && n++ < REASONS &&
                (e = put_reason(&r->lines[i], n == 1, out)))
                return e;
    if (n > REASONS && ((e = buf_add(out, STR("; and "))) ||
                        (e = buf_add_u64(out, n - REASONS)) ||
                        (e = buf_add(out, STR(" more")))))
        return e;
    if (n == 0 && (e = buf_add(out, STR(" it has no TLS library of its own"))))
        return e;
    make_plain(out, from);
    return buf_add_byte(out, '\n');
}

static enum err put_text(const struct report *r, struct buf *out)
{
    char head[64], count[64];
    enum err e;

    for (size_t i = 0; i < r->count; i++) {
        const struct report_line *line = &r->lines[i];
        size_t from = out->len;
        bool apart = line->about[0] != '\0' && line->text[0] != '\0';

        snprintf(head, sizeof(head), "%-12s %-12s ", line->name,
                 grade_names[line->grade]);
        if ((e = buf_add(out, str_of(head))) ||
            (e = buf_add(out, str_of(line->about))) ||
            (apart && (e = buf_add(out, STR(" ")))) ||
            (e = buf_add(out, str_of(line->text))))
            return e;
        make_plain(out, from);
        if ((e = buf_add_byte(out, '\n')))
            return e;
    }
    for (size_t i = 0; i < r->counted; i++) {
        snprintf(count, sizeof(count), "%-12s %-12s %llu\n", r->counts[i].name,
                 "count", (unsigned long long)r->counts[i].value);
        if ((e = buf_add(out, str_of(count))))
            return e;
    }
    return put_verdict(r, out);
}

/* --- JSON. */

/* A key, behind what stands before it; then its string. */
static enum err put_member(struct buf *out, const char *before,
                           const char *value)
{
    enum err e;

    if ((e = buf_add(out, str_of(before))))
        return e;
    return json_put_string(out, str_of(value));
}

static enum err put_lines(const struct report *r, struct buf *out)
{
    enum err e;

    for (size_t i = 0; i < r->count; i++) {
        const struct report_line *line = &r->lines[i];

        if ((e = put_member(
                 out, i == 0 ? "{\"name\":" : ",{\"name\":", line->name)) ||
            (e = put_member(out, ",\"grade\":", grade_names[line->grade])) ||
            (e = put_member(out, ",\"about\":", line->about)) ||
            (e = put_member(out, ",\"text\":", line->text)) ||
            (e = buf_add_byte(out, '}')))
            return e;
    }
    return OK;
}

/* A reason as the text has it. */
static enum err put_because(const struct report_line *line, bool first,
                            struct buf *out)
{
    struct buf text;
    enum err e;

    buf_init(&text, out->max);
    if ((e = put_reason(line, true, &text)) == OK &&
        (first || (e = buf_add_byte(out, ',')) == OK))
        e = json_put_string(out, str_skip(buf_str(&text), 1));
    buf_free(&text);
    return e;
}

static enum err put_json(const struct report *r, const char *target,
                         struct buf *out)
{
    enum grade verdict = report_verdict(r);
    bool first = true;
    enum err e;

    if ((e = put_member(out, "{\"version\":1,\"target\":", target)) ||
        (e = put_member(out, ",\"verdict\":", grade_names[verdict])) ||
        (e = buf_add(out, STR(",\"because\":["))))
        return e;
    for (size_t i = 0; i < r->count; i++)
        if (is_reason(&r->lines[i], verdict)) {
            if ((e = put_because(&r->lines[i], first, out)))
                return e;
            first = false;
        }
    if ((e = buf_add(out, STR("],\"lines\":["))) || (e = put_lines(r, out)) ||
        (e = buf_add(out, STR("],\"counters\":{"))))
        return e;
    for (size_t i = 0; i < r->counted; i++)
        if ((e = put_member(out, i == 0 ? "" : ",", r->counts[i].name)) ||
            (e = buf_add_byte(out, ':')) ||
            (e = buf_add_u64(out, r->counts[i].value)))
            return e;
    return buf_add(out, STR("}}\n"));
}

enum err report_put(const struct report *r, const char *target, bool json,
                    struct buf *out)
{
    if (r->failed)
        return E_NOMEM;
    return json ? put_json(r, target, out) : put_text(r, out);
}
