#ifndef SP_CLI_TOLD_H
#define SP_CLI_TOLD_H

#include "base/arena.h"
#include "base/kinds.h"
#include "json/tree.h"

/* What a line of an audit tells of an exchange (audit/record.h). */
struct told {
    enum action action;
    uint32_t score[2];    /* the highest of a text, by enum dir; 0: none */
    struct str condition; /* that decided, or empty; borrowed            */
    /* below: of told.c */
    struct json_doc doc;
    struct arena arena;
    uint32_t findings, at;
};

void told_init(struct told *t);
void told_free(struct told *t);

/*
 * told_read - one line, which stays until the next. False where it is none of
 * an exchange: audits have other lines too.
 */
bool told_read(struct told *t, struct str line);

/* told_next - the id of the rule of the next finding; false behind the last. */
bool told_next(struct told *t, struct str *ret_rule);

#endif
