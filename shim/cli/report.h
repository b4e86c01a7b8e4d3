#ifndef SP_CLI_REPORT_H
#define SP_CLI_REPORT_H

#include "base/buf.h"

/*
 * What `doctor` found, a line each, and the verdict that follows from them:
 *
 *     not covered  a line says that nothing is (NEVER), or some way out is not
 *                  covered (NOT) and none is
 *     partly       a way out is not covered, or only in part
 *     covered      else
 */
enum grade {
    GRADE_NOTE,
    GRADE_COVERED,
    GRADE_PARTLY,
    GRADE_NOT,
    GRADE_NEVER,
};

struct report_line {
    enum grade grade;
    const char *name; /* static: what is spoken of, in a word */
    char *about;      /* a path, a process; may be empty       */
    char *text;       /* what is found, and what to do         */
};

struct report_count {
    const char *name; /* static */
    uint64_t value;
};

#define REPORT_COUNTS 32

struct report {
    struct report_line *lines;
    size_t count;
    struct report_count counts[REPORT_COUNTS];
    size_t counted;
    bool failed; /* out of memory: lines are missing */
};

/* report_add - one line; the text in printf's manner. */
__attribute__((format(printf, 5, 6))) void
report_add(struct report *r, enum grade grade, const char *name,
           const char *about, const char *format, ...);

/* report_count - a number for --json and the text. Silent if there are many. */
void report_count(struct report *r, const char *name, uint64_t value);

/* report_verdict - COVERED, PARTLY, or NOT and NEVER, which mean the same. */
enum grade report_verdict(const struct report *r);

/*
 * report_put - the lines and, at the end, the verdict; as one JSON object with
 * `json`. `target` is what was asked for. E_NOMEM also where lines are missing;
 * E_LIMIT.
 */
MUST_USE enum err report_put(const struct report *r, const char *target,
                             bool json, struct buf *out);

void report_free(struct report *r);

#endif
