#ifndef SP_FLOW_PSEUDONYMS_H
#define SP_FLOW_PSEUDONYMS_H

#include "act/vault.h"
#include "rules/restore.h"
#include "rules/rules.h"

/* The class of text that is no rule's: see flow/mask.h. */
#define PSEUDONYM_SHAPED STR("TOKEN")

/* What an engine needs for rules with `action: pseudonymize`. */
struct pseudonyms {
    struct vault *vault; /* owned; NULL: there is no such rule */
    struct str *classes; /* owned */
    struct restorer restorer;
    bool *told; /* owned; the key is this process's own, and that was told */
};

/*
 * pseudonyms_open - nothing, if no rule asks for it. key_file: a path, or
 * empty. The key is that of the file if it is a regular one of 32 bytes, of
 * this user and for nobody else, else one of this process's own.
 * E_NOMEM; E_INTERNAL without randomness.
 */
MUST_USE enum err pseudonyms_open(struct pseudonyms *p, const struct rules *rs,
                                  struct str key_file);
void pseudonyms_close(struct pseudonyms *p);

/* pseudonyms_restorer - NULL: there is none. */
static inline const struct restorer *
pseudonyms_restorer(const struct pseudonyms *p)
{
    return p->vault != NULL ? &p->restorer : NULL;
}

/* pseudonyms_name - may one of these letters, or a number, be restored? Of
 * other letters it is a name that has its form: thread_... */
bool pseudonyms_name(const struct pseudonyms *p, const struct pseudonym_at *at);

/* pseudonyms_tell - static words for the audit line of the first exchange in
 * which it matters that no key file could be used; else NULL. */
const char *pseudonyms_tell(const struct pseudonyms *p);

#endif
