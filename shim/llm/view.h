#ifndef SP_LLM_VIEW_H
#define SP_LLM_VIEW_H

#include "base/arena.h"
#include "json/text.h"
#include "json/tree.h"
#include "llm/describe.h"

/*
 * A view lists, in document order, what of a JSON body matters: the texts, the
 * facts, the end marks. Every string is a text unless the description calls it
 * opaque; what no path names gets the default role and PART_OTHER. So do
 *
 *   keys     of 4 or more bytes that are no word of the description: PART_KEY
 *   numbers  with 9 or more digits in a row (a card number sent as a number)
 *
 * A string that is JSON text itself (tool arguments) gives one text for each
 * string in it, keys included, and for each long number; what stands behind a
 * place where it ceases to be JSON is one more text.
 */

enum view_phase {
    VIEW_REQUEST,
    VIEW_RESPONSE,
    VIEW_EVENT
};

/* One stretch of text and the way back to its place in the body. */
struct seg {
    struct str text;   /* valid UTF-8, not empty; borrowed from the body where
                          it holds no escape, else from the arena            */
    struct span raw;   /* the literal in the body, without quotes            */
    struct str outer;  /* nested: the text of the literal `raw`              */
    struct span inner; /* nested: the literal within `outer`, without quotes */
    uint32_t node;     /* in the document                                    */
    uint16_t msg;      /* index in the outermost array around it, else 0     */
    uint16_t chan;     /* index in the next inner array, else 0              */
    enum role role;
    enum part part;
    bool escaped;       /* raw holds escapes                                */
    bool nested;        /* inside of JSON in a string                       */
    bool inner_plain;   /* nested: behind the place where it ceases to be   */
                        /* JSON                                             */
    bool inner_escaped; /* nested: the inner literal holds escapes          */
    bool number;        /* a number: nothing may be put in its place        */
};

/* A member that tells channels apart, of an object around the value. */
struct view_key {
    uint64_t path;   /* hash of the place of its object, and its name */
    uint64_t value;  /* hash of the value as written                  */
    uint64_t number; /* the value if it is a whole number, else 0     */
    bool zero;       /* it is 0: no other channel than one without it */
};

enum item_kind {
    ITEM_TEXT,
    ITEM_FACT,
    ITEM_END,
    ITEM_BLANK, /* to be replaced by `value` if the body is edited */
    ITEM_TYPE,  /* `value` names a kind that the description does not know */
    ITEM_MEDIA, /* `value` is media in base64; not a text */
};

struct view_item {
    enum item_kind kind;
    const struct pattern *pattern; /* NULL: a text that no path names */
    struct seg seg;                /* TEXT; of the others raw, node       */
    enum fact fact;                /* FACT                                */
    struct str value; /* FACT: a string's text, or the literal of a number,
                         true or false (null gives no item). BLANK: what to
                         put at `raw`, which then is the whole value but for
                         a string's quotes                                */
    const struct view_key *keys; /* VIEW_EVENT: of all objects around it; */
    size_t key_count;            /* borrowed until the next call          */
    uint64_t path;               /* VIEW_EVENT: hash of the value's place */
    struct str unknown; /* TEXT that no path names: the outermost member that
                           leads to it of which the description has not heard,
                           as it is written; empty if there is none        */
    bool piece; /* VIEW_EVENT, TEXT: appended to a channel. So is what nobody
                   knows: to the channel of its place                      */
};

/*
 * A value of an event that may change without any other change of its items:
 * its name is neither looked at by a filter nor a channel key.
 */
enum slot_kind {
    SLOT_TEXT,   /* a string that is an item, a piece of a channel; may become
                    any other that is not empty                            */
    SLOT_STRING, /* a string that is no text; any other                    */
    SLOT_NUMBER, /* at most SLOT_DIGITS digits and nothing else; any other */
};

#define SLOT_DIGITS 8 /* longer numbers may be texts */
#define VIEW_SLOTS  8

struct view_slot {
    struct span raw; /* the literal, without quotes           */
    enum slot_kind kind;
    enum fact fact; /* it is also this fact; FACT_COUNT: none */
};

/* A walk. Reusable: view_start forgets the last one and keeps the memory. */
struct view {
    const struct provider *provider;
    const struct phase *phase;
    const struct path_names *names;
    const struct json_doc *doc;
    struct arena *arena;
    enum view_phase what;
    struct view_state *state; /* owned */
    bool plain; /* set by whoever decodes no media: text in base64 is a text as
                   it stands, and so is what a data URL says beside it       */
    uint64_t strange; /* VIEW_EVENT: its name is none that the description
                         knows: a hash of it; else 0                       */
};

/* view_init - allocates nothing. */
void view_init(struct view *v);
/* view_free - give the memory back. */
void view_free(struct view *v);

/*
 * view_start - begin a walk over a parsed document. All but the view is
 * borrowed and must stay until its end, the arena's content as long as texts
 * are used. Unmatched text gets ROLE_USER in a request, else ROLE_ASSISTANT.
 *
 * E_NOMEM; E_LIMIT of the arena.
 */
MUST_USE enum err view_start(struct view *v, const struct provider *provider,
                             enum view_phase what, const struct json_doc *doc,
                             struct arena *arena);

/*
 * view_next - the next item.
 *
 * OK           *ret_item is set
 * E_AGAIN      the document is done
 * E_AMBIGUOUS  where the description looks for a key, the object has one that
 *              equals it only without regard to case (Go's decoder would take
 *              it: encoding/json folds U+017F and U+212A too)
 * E_LIMIT      of the arena; more open paths than LIM_VIEW_ACTIVE
 * E_NOMEM
 */
MUST_USE enum err view_next(struct view *v, struct view_item *ret_item);

/*
 * view_slots - of a VIEW_EVENT that is done: its slots in document order;
 * borrowed until the next view_start. False if there are more than VIEW_SLOTS.
 */
bool view_slots(const struct view *v, const struct view_slot **ret_slots,
                size_t *ret_count);

/*
 * From places in a text to places in the body. As json_map: asked in ascending
 * order, all spans of a text together cost one pass over its literal.
 */
struct seg_map {
    struct seg seg;
    struct json_map outer, inner;
};

/* seg_map_start - `body` is the document's text. */
struct seg_map seg_map_start(const struct seg *seg, struct str body);

/*
 * seg_map_span - the bytes of the body that produced bytes [start, end) of the
 * text, widened to whole escapes and characters. It always lies inside of
 * seg.raw. To be spliced there: text escaped once, twice if seg.nested.
 */
struct span seg_map_span(struct seg_map *m, uint64_t start, uint64_t end);

/* seg_span - seg_map_span for a single span. */
struct span seg_span(const struct seg *seg, struct str body, uint64_t start,
                     uint64_t end);

/*
 * seg_put - append a replacement as it must be written at a place of the seg:
 * escaped once, or twice. For a number: between quotes. E_LIMIT, E_NOMEM.
 */
MUST_USE enum err seg_put(const struct seg *seg, struct str put,
                          struct buf *out);

#endif
