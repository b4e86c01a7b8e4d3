#ifndef SP_FLOW_PROMPT_H
#define SP_FLOW_PROMPT_H

#include "flow/exchange.h"
#include "llm/view.h"

/*
 * What an exchange's own system prompt says, so that its answer can be compared
 * with it. A request's texts are noted as they pass, borrowed, and learned from
 * when all of them are there: what the user or a tool said too is no secret.
 */
struct prompt_text {
    struct str text;
    bool system;
};

struct prompt_texts {
    struct prompt_text *list; /* owned */
    size_t count, cap;
};

/* prompt_clear - forget the texts; prompt_free - and the memory. */
void prompt_clear(struct prompt_texts *p);
void prompt_free(struct prompt_texts *p);

/* prompt_note - one text of a request. E_NOMEM. */
MUST_USE enum err prompt_note(struct prompt_texts *p, const struct seg *seg);

/* prompt_learn - to ex->known; nothing of a prompt that is short. E_NOMEM. */
MUST_USE enum err prompt_learn(const struct prompt_texts *p,
                               struct exchange *ex);

/* prompt_share - what the texts say that are no prompt is no secret of this
 * one: of one that was learned earlier. E_NOMEM. */
MUST_USE enum err prompt_share(const struct prompt_texts *p,
                               struct shingles *s);

#endif
