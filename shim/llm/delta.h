#ifndef SP_LLM_DELTA_H
#define SP_LLM_DELTA_H

#include "llm/describe.h"
#include "llm/news.h"
#include "rules/rules.h"

/*
 * The event queue of one streamed response. Events go in as the wire has them,
 * and leave in the same order as soon as all their text is decided; only the
 * string literals that a finding touches are changed on the way. How far text
 * is decided is said by rules/stream.h, one stream for each channel (choice,
 * content block, arguments of a tool call).
 *
 * The output is a function of the sequence of events, not of how often
 * delta_next is called in between.
 */
struct delta;

struct delta_config {
    const struct provider *provider;
    const struct rules *rules;
    struct scratch *scratch;   /* one thread at a time                        */
    struct str host;           /* for rules with exclusions by host           */
    const struct known *known; /* for rules with detectors, or NULL         */
    const struct restorer *restorer; /* of pseudonyms, or NULL              */
    bool ahead_ok; /* comments may overtake events that are held            */
    bool talk;     /* answers follow one another: behind an end mark a text is
                      another one, not the same that goes on                */
    bool whole;    /* each event is a whole response: no text of it goes on in
                      the next, and the paths of responses are its own      */
};

/* One line of an event's data. */
struct delta_line {
    size_t data_off; /* where it begins in `data` */
    size_t raw_off;  /* and in `raw`              */
    size_t len;      /* without its line end      */
};

struct delta_event {
    struct str raw;  /* all bytes on the wire, line ends included           */
    struct str data; /* the payload: the lines joined by LF                 */
    const struct delta_line *lines; /* in order; none: data is one line     */
    size_t line_count;              /* that lies within raw                 */
    bool plain; /* a comment or blank line: no data                        */
    bool words; /* data that need not be JSON: a text by itself if it is none */
    bool opaque; /* data that is not to be looked at: keeps its place only  */
};

struct delta_out {
    struct str bytes; /* borrowed until the next call; may be empty         */
    size_t taken;     /* bytes of input these stand for                     */
    bool same;        /* bytes are the event's raw, unchanged               */
    bool ahead;       /* a comment that overtakes held events: its `taken`
                         bytes stand behind theirs on the wire              */
    const struct rule *block; /* not NULL: a blocking finding; these bytes
                                 are the last that leave                    */
};

/* delta_new - all in config is borrowed. E_NOMEM. */
MUST_USE enum err delta_new(const struct delta_config *config,
                            struct delta **ret_d);

/* delta_free - NULL is allowed. */
void delta_free(struct delta *d);

/*
 * delta_put - the next event. It is copied.
 *
 * OK           taken in; after a block it is ignored
 * E_SYNTAX     the data is not JSON, or over a limit of JSON. Nothing has
 *              changed: the event may be put again as `opaque`
 * E_AMBIGUOUS  as json_parse and view_next; nothing has changed
 * E_LIMIT      LIM_EVENT, LIM_HELD_RAW, LIM_CHANNELS, a limit of the rules
 * E_INTERNAL   as rules_scan; or a literal that does not lie in a line
 * E_NOMEM
 * The last three are final: the same answer comes again, and what is held
 * stays held.
 */
MUST_USE enum err delta_put(struct delta *d, const struct delta_event *event);

/*
 * delta_end - the stream has ended: what is held is decided and may leave.
 * Errors as the final ones of delta_put.
 */
MUST_USE enum err delta_end(struct delta *d);

/* delta_next - OK the next event that may leave; E_AGAIN none may. */
MUST_USE enum err delta_next(struct delta *d, struct delta_out *ret_out);

/* delta_held - bytes that went in and did not come out yet. */
size_t delta_held(const struct delta *d);

/*
 * delta_finding - each finding once. Offsets count bytes of the channel's text,
 * finding.seg is the channel's number; of a whole text they count from its
 * beginning and seg is DELTA_WHOLE.
 */
#define DELTA_WHOLE UINT32_MAX
bool delta_finding(struct delta *d, struct finding *ret_finding,
                   struct scope *ret_where);

/* delta_capped - once: is something encoded in what went in that was not
 * decoded, for a limit? */
bool delta_capped(struct delta *d);

/*
 * delta_fact - the last value seen, borrowed until the next put; empty if
 * none. At most LIM_FACT bytes of it.
 */
struct str delta_fact(const struct delta *d, enum fact fact);

/*
 * delta_news - names of members and kinds of which the description has not
 * heard, each once, at most NEWS_MAX; borrowed until the next put. Returns how
 * many.
 */
size_t delta_news(const struct delta *d, const struct news **ret_list);

/* delta_quarters - quarters of tokens in what the model said in pieces. */
uint64_t delta_quarters(const struct delta *d);

/*
 * delta_forget - a new exchange begins on the same stream: all facts but the
 * model's name are empty again.
 */
void delta_forget(struct delta *d);

/*
 * delta_open - the indexes of choices or content blocks that are open in what
 * has left: FACT_INDEX seen, no end mark. To ret_index[0..max), in order of
 * their opening; returns how many there are.
 */
size_t delta_open(const struct delta *d, uint64_t *ret_index, size_t max);

#endif
