#ifndef SP_LLM_DESCRIBE_H
#define SP_LLM_DESCRIBE_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/kinds.h"

/*
 * Provider descriptions: data that say where prompts and completions lie in
 * the bodies of one API dialect. They are written in YAML, read by the compile
 * room into provider_def (strings), packed into the policy image, and loaded
 * here into tables that never change and are shared by all threads.
 *
 * The path language. Steps are joined by dots:
 *
 *     name      the member of that name; a|b: of one of these names
 *     *         any member
 *     []        each element of an array
 *     [k=a|b]   of an array: each element that is an object whose member k
 *               (a string, or a number, true, false as written) is one of
 *               these; of an object: the object itself if that holds. At the
 *               start of a path it speaks of the root
 *     **        zero or more steps of any kind
 *     @base64   last, on a leaf: the string is a base64 data URL, or nothing
 *               but 64 or more characters of base64
 *
 * "[..]" needs no dot before it: messages[role=system|developer].content.**
 * A name holds any character but . [ ] @ * |; a value any but | and ].
 *
 * Without "**" an array that a path does not step into with [] or [k=v] is not
 * descended. A path that ends at an object or array matches nothing there (use
 * ".**"), but for PAT_BLANK.
 */
enum pattern_kind {
    PAT_TEXT,   /* a text; in a stream with `delta` a piece of a channel,
                   with `repeat` the channel so far, else a whole text     */
    PAT_OPAQUE, /* never scanned, never edited                             */
    PAT_WHOLE,  /* in a stream: a text that is whole by itself             */
    PAT_BLANK,  /* repeats text in another form (log probabilities): not
                   scanned, but emptied when its body or event is edited   */
    PAT_FACT,   /* a value to be noted; scanned besides                    */
    PAT_TYPE,   /* names the kind of what stands beside it: a value that is
                   none of `values` is told; scanned besides              */
    PAT_END,    /* in a stream: a value here, other than null, false and "",
                   ends the channels of the same keys                      */
    PAT_KIND_COUNT,
};

enum fact {
    FACT_MODEL,
    FACT_STREAM, /* true or false */
    FACT_ID,     /* of the response */
    FACT_CREATED,
    FACT_FINISH, /* why the model stopped */
    FACT_INPUT_TOKENS,
    FACT_OUTPUT_TOKENS,
    FACT_TOTAL_TOKENS,
    FACT_CACHED_TOKENS,    /* of the input: read from a cache              */
    FACT_REASONING_TOKENS, /* of the output: reasoning                     */
    FACT_MAX_TOKENS,       /* what the request allows                      */
    FACT_USER,             /* who asks, as the application names him       */
    FACT_CALL,             /* the id of a JSON-RPC call: a literal, quotes
                              and all                                      */
    FACT_INDEX,            /* in a stream: this choice or block is open now */
    FACT_SEQUENCE,         /* number of the event */
    FACT_ERROR,            /* type or code of an error reply */
    FACT_COUNT,
};

/* The names of description files ("input_tokens"), and the reverse. */
struct str fact_name(enum fact f);
bool fact_from(struct str name, enum fact *ret_f);

/* ---- The unparsed form, filled by the compile room ---------------------- */

struct pattern_def {
    struct str path;
    enum pattern_kind kind;
    enum role role;    /* TEXT, WHOLE                                        */
    enum part part;    /* TEXT, WHOLE                                        */
    bool delta;        /* TEXT in a stream: appended to a channel            */
    bool repeat;       /* TEXT in a stream: all of its channel so far, again */
    bool json;         /* TEXT, WHOLE: the string is JSON text itself        */
    enum fact fact;    /* FACT                                               */
    struct str group;  /* delta: paths of one group and equal keys feed one
                          channel; empty: the path is its own group          */
    struct str values; /* TYPE: a|b                                         */
};

/* In the order in which they are tried: opaque, blank, whole, text. */
struct phase_def {
    const struct pattern_def *patterns;
    size_t count;
};

/* How the answer to a request is framed. */
enum framed {
    FRAMED_BY_TYPE, /* as its Content-Type says                            */
    FRAMED_ARRAY,   /* its JSON is an array that grows: each element is an
                       event of the stream                                 */
    FRAMED_COUNT,
};

/*
 * The end of a path, from a "/" on; letters of either case. A star in a segment
 * stands for one or more characters of it, and so does {model}, which are the
 * model's name. A star alone stands for every path.
 */
struct route {
    struct str method; /* empty: any */
    struct str path;
    enum framed framed;
    bool wild; /* set by the loader: it has a star or {model} */
};

#define OPENS_MAX 8 /* members that one description opens */

/*
 * There are two kinds. A dialect has routes and phases. A vendor speaks
 * dialects that others describe: `like` names them, and what it says besides
 * is tried before what they say. Its system and reply stand for theirs.
 */
struct provider_def {
    struct str id;           /* "openai-chat" */
    struct str system;       /* gen_ai.system of audit lines */
    struct str reply;        /* shape of refusals, of act/refuse.h */
    const struct str *likes; /* ids of dialects; a vendor has at least one */
    size_t like_count;
    struct str done;         /* data that ends a stream, "[DONE]"; or empty */
    bool generic;            /* for shapes nobody knows; exactly one */
    bool home;               /* its routes count at its own hosts, and where a
                                host rule names it; so do those of vendors */
    const struct str *hosts; /* "api.openai.com", "*.openai.azure.com",
                                "bedrock.*.example": one star at most */
    size_t host_count;
    const struct route *routes;
    size_t route_count;
    const struct str *keys; /* stream: members whose values tell channels
                               apart: "index" */
    size_t key_count;
    const struct str *plain; /* beginnings of event data that is no JSON but
                                text: "/" */
    size_t plain_count;
    const struct str *known; /* members that no path names, but which are no
                                news: "object" */
    size_t known_count;
    struct phase_def request, response, stream;
    const struct str *opens; /* members that hold JSON in base64, as
                                "input.body": llm/opened.h */
    size_t open_count;
    bool lines; /* for JSON Lines, on any route; at most one */
};

/* A host of the policy file. */
struct host_rule {
    struct str host;     /* exact, or "*.suffix" */
    uint16_t port;       /* 0: any */
    struct str provider; /* id; empty: by the path among all, else generic */
};

/* What in the definitions an error is about. */
enum provider_place {
    IN_REQUEST,
    IN_RESPONSE,
    IN_STREAM,
    IN_HOSTS,
    IN_ROUTES,
    IN_LIKE,
    IN_ITSELF,
};

struct provider_fault {
    size_t provider; /* index into the definitions; their number: a host rule */
    enum provider_place place;
    size_t index;    /* of the path in its phase, the host, route or name, or
                        of the host rule                                    */
    const char *why; /* static */
};

/*
 * providers_pack - check and append the packed form.
 *
 * E_SYNTAX  a path, route or host that is none, an id given twice or not at
 *           all, a host rule for an unknown provider, none or two generic
 *           ones, two for lines: *reterr_fault (may be NULL) says which
 * E_LIMIT   over LIM_PATTERNS in a phase (also in the fault), or the buffer's
 *           maximum
 * E_NOMEM
 */
MUST_USE enum err providers_pack(const struct provider_def *defs, size_t n,
                                 const struct host_rule *hosts, size_t hosts_n,
                                 struct buf *out,
                                 struct provider_fault *reterr_fault);

/* ---- The loaded form ---------------------------------------------------- */

struct pattern {
    enum pattern_kind kind;
    enum role role;
    enum part part;
    bool delta, repeat, json;
    bool base64; /* only where the leaf is base64 */
    enum fact fact;
    uint16_t group; /* channel family; unique in the phase */
    struct str path;
    struct str values; /* TYPE */
};

/* First pattern in order that matches wins; FACT, TYPE and END count besides.
 */
struct phase {
    struct pattern *patterns;
    size_t count;
    const struct pattern *kind; /* the TYPE whose path is a member of the root,
                                   or NULL: that member names the event      */
    struct path_trie *trie;     /* llm/path.h */
};

/* All paths of a description. */
struct phases {
    struct phase request, response, stream;
    struct path_names *names; /* llm/path.h: every name of the description */
};

struct provider {
    struct str id, system;
    struct str reply;  /* shape of a whole refusal                        */
    struct str ending; /* and of the events that end a started stream     */
    struct str done;
    const struct provider *like; /* a vendor's: the dialect whose routes, or
                                    more, it borrows; NULL of a dialect   */
    bool own;                    /* keys, phases and names are its own    */
    bool home;
    bool generic;
    struct str *hosts; /* those with a star in front */
    size_t host_count, wild_hosts;
    struct route *routes;
    size_t route_count;
    struct str *keys, *plain;
    size_t key_count, plain_count;
    struct str packed;               /* its own paths, borrowed            */
    _Atomic(struct phases *) phases; /* owned; NULL until they are used    */
    struct str *opens;
    size_t open_count;
    bool lines;
};

struct providers; /* immutable; any number of threads at once */

/*
 * providers_load - the tables of what providers_pack wrote, but for the paths.
 * `packed` is borrowed and must outlive the tables. Safe on hostile bytes.
 *
 * E_SYNTAX, E_LIMIT  not what providers_pack writes
 * E_NOMEM
 */
MUST_USE enum err providers_load(struct str packed, struct providers **ret);

/* provider_phases - its own, or those of its dialect; made the first time.
 * Errors as providers_load; the next call tries again. */
MUST_USE enum err provider_phases(const struct provider *p,
                                  const struct phases **ret_phases);

/* providers_check - makes the paths of all. Errors as providers_load. */
MUST_USE enum err providers_check(const struct providers *p);

/* providers_free - NULL is allowed. */
void providers_free(struct providers *p);

/* All, a vendor once for each dialect it speaks. */
size_t providers_count(const struct providers *p);
const struct provider *providers_at(const struct providers *p, size_t i);

/*
 * providers_watch - LLM traffic is expected at this host: it is a host of a
 * description or of a host rule (with its port, where it names one). Letters
 * are compared without case; a dot at the end is ignored.
 */
bool providers_watch(const struct providers *p, struct str host, uint16_t port);

/*
 * providers_route - the description for a request to a watched host. `path` is
 * normalised and without its query. The longest route that ends the path wins,
 * first among the descriptions of this host (and of its host rule), then among
 * the dialects; none: the generic description.
 *
 * NULL only if the host is not watched.
 */
const struct provider *providers_route(const struct providers *p,
                                       struct str host, uint16_t port,
                                       struct str method, struct str path);

/*
 * providers_lines - the description of what stands in a line of JSON Lines, as
 * batches are sent and come back; the generic one if there is none of its own.
 */
const struct provider *providers_lines(const struct providers *p);

/* provider_framed - by the longest of its routes that fits, as above. */
enum framed provider_framed(const struct provider *p, struct str method,
                            struct str path);

/*
 * provider_model - the model that the path names, by the route that
 * providers_route took; borrowed from `path`, empty if it names none.
 */
struct str provider_model(const struct provider *p, struct str method,
                          struct str path);

#endif
