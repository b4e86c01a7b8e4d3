#ifndef SP_LLM_TOOLNAME_H
#define SP_LLM_TOOLNAME_H

#include "llm/view.h"

/*
 * Whose arguments these are. In a document the name of the tool stands in an
 * object around them; in a stream it may have come in an event before, with
 * the keys that theirs have.
 */

/*
 * tool_around - the name of the tool in whose call a node of a document lies:
 * of the innermost object around it that has one, by the description. Walks
 * the document once. Its bytes are the document's or the arena's. False if
 * there is none, or if it cannot be told.
 */
bool tool_around(const struct provider *provider, enum view_phase what,
                 const struct json_doc *doc, struct arena *arena, uint32_t node,
                 struct str *ret_name);

#define TOOL_KEYS  8   /* around a name */
#define TOOL_NAMES 128 /* of one stream; what comes then is nobody's */
#define TOOL_NAME  128 /* bytes */

struct tool_names {
    struct tool_named {
        struct view_key keys[TOOL_KEYS];
        size_t key_count, len;
        char name[TOOL_NAME];
    } * list; /* owned */
    size_t count;
};

void tool_names_free(struct tool_names *t);
/* tool_names_note - a name with the keys around it. E_NOMEM. */
MUST_USE enum err tool_names_note(struct tool_names *t, struct str name,
                                  const struct view_key *keys, size_t n);
/* tool_names_of - for arguments with these keys; empty if not known. */
struct str tool_names_of(const struct tool_names *t,
                         const struct view_key *keys, size_t n);

#endif
