#ifndef SP_FLOW_INSPECT_H
#define SP_FLOW_INSPECT_H

#include "act/splice.h"
#include "flow/exchange.h"
#include "flow/prompt.h"
#include "json/tree.h"
#include "llm/opened.h"
#include "llm/view.h"

/*
 * Judging one whole body: JSON is taken apart into its texts, each is scanned
 * in its own scope, and what has to change becomes edits of the original
 * bytes.
 */

struct joined;   /* flow/joined.h */
struct gathered; /* flow/gathered.h */
#define JOINED_ROWS 3

/* What judging needs for itself; one a connection, reused by its messages. */
struct tools {
    struct scratch *scratch; /* owned                               */
    struct json_doc doc;
    struct view view;
    struct arena arena; /* unescaped texts of the document in work */
    struct arena puts;  /* what edits put; lives as long as they do */
    struct findings findings;
    struct prompt_texts said;           /* of the request in work */
    struct joined *joined[JOINED_ROWS]; /* owned; flow/joined.h */
    struct gathered *gathered;          /* owned; flow/gathered.h */
    struct buf clean;                   /* see exchange_new */
    struct opener opener;
    struct buf opened;  /* of the body in work: llm/opened.h   */
    bool is_opened;     /* the places of edits are in that     */
    struct edit *edits; /* owned                               */
    size_t edit_count, edit_cap;
    size_t redactions;       /* edits that a finding asked for       */
    size_t sought;           /* steps of looking for known values    */
    uint64_t spare;          /* steps of rules: scratch_share        */
    bool planted;            /* a canary, in the body in work  */
    bool unsorted;           /* a pseudonym was restored             */
    struct json_doc numbers; /* one by one: flow/mask.c        */
};

/* tools_init - E_NOMEM. To be freed after an error too. */
MUST_USE enum err tools_init(struct tools *t, const struct engine *eng);
void tools_free(struct tools *t);

/* A body to be judged. */
struct inspect {
    const struct engine *eng;
    enum dir dir;
    struct str host;
    const struct provider *provider; /* NULL: the exchange's                */
    bool json;                       /* else one plain text                 */
    enum part part;                  /* of such a text                      */
    struct str body;                 /* decoded content                     */
    size_t base;      /* where that stands in the body that is edited        */
    bool plants;      /* its first system text may get a canary              */
    struct span skip; /* of JSON: texts in here are not looked at            */
};

/*
 * inspect_body - findings and facts go to the exchange, edits to t->edits,
 * sorted and disjoint, their places in in->body. What cannot be judged becomes
 * a condition of the exchange; the caller then looks at exchange_blocked. With
 * a condition that passes the edits are those found until then.
 */
void inspect_body(struct tools *t, const struct inspect *in,
                  struct exchange *ex);

/* inspect_begin - no edits: a new body, of which several stretches follow. */
void inspect_begin(struct tools *t);

/* inspect_more - the same of a further stretch: its edits are added. */
void inspect_more(struct tools *t, const struct inspect *in,
                  struct exchange *ex);

/*
 * inspect_edit - one edit more, at a place in in->body. What it puts is
 * borrowed for as long as there are edits: further stretches reuse t->arena.
 * E_NOMEM.
 */
MUST_USE enum err inspect_edit(struct tools *t, const struct inspect *in,
                               struct span at, struct str put);

/* inspect_note - what was found in a text goes to the exchange; if an earlier
 * request had that text there, as something that was told before. */
void inspect_note(const struct tools *t, const struct scope *scope,
                  struct str text, struct exchange *ex);

/* inspect_sort - the edits of several stretches, by their places. */
void inspect_sort(struct tools *t);

#endif
