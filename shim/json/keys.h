#ifndef SP_JSON_KEYS_H
#define SP_JSON_KEYS_H

/* Part of json/tree.c: the check that an object's keys differ. */

#include "json/tree.h"

/*
 * keys_check - the object's keys are all different once unescaped. Its next
 * must be set.
 *
 * E_AMBIGUOUS  the key node *reterr_key (set only then) equals an earlier one
 * E_NOMEM
 */
MUST_USE enum err keys_check(struct json_doc *doc, uint32_t object,
                             uint32_t *reterr_key);

#endif
