#ifndef SP_COMPILE_READ_H
#define SP_COMPILE_READ_H

#include "compile/yaml.h"

struct define;

/*
 * From a tree to values, by tables: a map's keys are listed with the function
 * that reads each, and everything not listed is an error. A reader goes on
 * after an error, so that one run shows them all.
 */
struct reader {
    struct arena *arena; /* for what is read */
    struct diags *diags;
    enum err fatal;             /* E_NOMEM or E_LIMIT of the arena, else OK */
    struct define *defines;     /* read so far (define.h), the last one first */
    const struct str *keywords; /* of the rule that is read, if it has any */
    size_t keyword_count;
};

struct field {
    struct str key;
    bool required;
    /* False where the value was refused; the reason is then in diags. */
    bool (*read)(struct reader *r, const struct yaml_node *n, void *into);
};

/*
 * read_map - every value of a map through its field, in the table's order.
 * False if the node is no map, a key is not in the table, a required one is
 * missing, or a value was refused. The error at an unknown key names the one of
 * the table that it is nearest to.
 */
bool read_map(struct reader *r, const struct yaml_node *n,
              const struct field *fields, size_t count, void *into);

/* read_refuse - an error at a node; returns false. */
__attribute__((format(printf, 3, 4))) bool
read_refuse(struct reader *r, const struct yaml_node *n, const char *format,
            ...);

/*
 * The one of some keys that an unknown one was most likely to be: tried one by
 * one; the first of those that are as near. `best` is empty if each has more
 * than a third of its letters otherwise.
 */
struct nearest {
    struct str key, best;
    size_t apart;
};

static inline struct nearest nearest_of(struct str key)
{
    return (struct nearest){key, {NULL, 0}, SIZE_MAX};
}
void nearest_try(struct nearest *near, struct str key);

/* read_unknown - the error at an unknown key (or whatever it is called), with
 * the nearest known one; returns false. */
bool read_unknown(struct reader *r, const struct yaml_node *at,
                  const char *what, const struct nearest *near);

/* read_take - memory of the arena, zeroed; NULL (and r->fatal set) if none. */
void *read_take(struct reader *r, size_t n);

/* Kinds of node: false and an error if it is another. */
bool read_is(struct reader *r, const struct yaml_node *n, enum yaml_kind kind);

/* A scalar that is not empty. */
bool read_text(struct reader *r, const struct yaml_node *n,
               struct str *ret_text);
/* A scalar of letters, digits and . _ - that begins with a letter or digit. */
bool read_slug(struct reader *r, const struct yaml_node *n,
               struct str *ret_text);
/* true or false, without quotes. */
bool read_bool(struct reader *r, const struct yaml_node *n, bool *ret_value);
/* A decimal number from least to most. */
bool read_number(struct reader *r, const struct yaml_node *n, uint32_t least,
                 uint32_t most, uint32_t *ret_value);
/* A list of scalars that are not empty. */
bool read_texts(struct reader *r, const struct yaml_node *n,
                const struct str **ret_list, size_t *ret_count);
/* Has the list no more than LIM_RULE_LIST values? */
bool read_list_fits(struct reader *r, const struct yaml_node *n);

/* Names that a value may have: a name's number is its place among them. */
struct names {
    const char *what; /* one of them is called, in errors */
    unsigned count;
    struct str (*name)(unsigned i);
};
extern const struct names names_of_roles; /* base/kinds.h */
extern const struct names names_of_parts;

/* read_name - a name to its number. The error at another says which there
 * are. */
bool read_name(struct reader *r, const struct yaml_node *n,
               const struct names *names, unsigned *ret_i);

/* read_set - names to a set of bits, 1 << number, from one scalar or a list of
 * at least one. */
bool read_set(struct reader *r, const struct yaml_node *n,
              const struct names *names, unsigned *ret_set);

/* request, response or both, to a set of directions. */
bool read_dirs(struct reader *r, const struct yaml_node *n, unsigned *ret_dirs);

#endif
