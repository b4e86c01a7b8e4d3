#ifndef SP_LLM_DESCRIBE_H
#define SP_LLM_DESCRIBE_H

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
 *     name      the member of that name
 *     *         any member
 *     []        each element of an array
 *     [k=a|b]   of an array: each element that is an object whose member k
 *               (a string, or a number, true, false as written) is one of
 *               these; of an object: the object itself if that holds. At the
 *               start of a path it speaks of the root
 *     **        zero or more steps of any kind
 *     @base64   last, on a leaf: the string is a base64 data URL of a media
 *               type that is no text, or nothing but 64 or more characters of
 *               base64
 *
 * "[..]" needs no dot before it: messages[role=system|developer].content.**
 * A name holds any character but . [ ] @ *; a value any but | and ].
 *
 * Without "**" an array that a path does not step into with [] or [k=v] is not
 * descended. A path that ends at an object or array matches nothing there (use
 * ".**"), but for PAT_BLANK.
 */
enum pattern_kind {
    PAT_TEXT,   /* a text; in a stream with `delta` a piece of a channel,
                   without it a whole text                                 */
    PAT_OPAQUE, /* never scanned, never edited                             */
    PAT_WHOLE,  /* in a stream: a text that is whole by itself             */
    PAT_BLANK,  /* repeats text in another form (log probabilities): not
                   scanned, but emptied when its body or event is edited   */
    PAT_FACT,   /* a value to be noted; scanned besides                    */
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
    FACT_CACHED_TOKENS,
    FACT_INDEX,    /* in a stream: this choice or block is open now */
    FACT_SEQUENCE, /* number of the event */
    FACT_ERROR,    /* type or code of an error reply */
    FACT_COUNT,
};

/* The names of description files ("input_tokens"), and the reverse. */
struct str fact_name(enum fact f);
bool fact_from(struct str name, enum fact *ret_f);

/* ---- The unparsed form, filled by the compile room ---------------------- */

struct pattern_def {
    struct str path;
    enum pattern_kind kind;
    enum role role;   /* TEXT, WHOLE                                        */
    enum part part;   /* TEXT, WHOLE                                        */
    bool delta;       /* TEXT in a stream: appended to a channel            */
    bool json;        /* TEXT, WHOLE: the string is JSON text itself        */
    enum fact fact;   /* FACT                                               */
    struct str group; /* delta: paths of one group and equal keys feed one
                         channel; empty: the path is its own group          */
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

struct route {
    struct str method; /* empty: any */
    struct str path;   /* the end of a path, from a "/" on; a segment "*"
                          stands for any one segment */
    enum framed framed;
};

#define OPENS_MAX 8 /* members that one description opens */

struct provider_def {
    struct str id;           /* "openai-chat" */
    struct str system;       /* gen_ai.system of audit lines */
    struct str reply;        /* shape of refusals: openai, openai-responses,
                                openai-realtime, anthropic */
    struct str done;         /* data that ends a stream, "[DONE]"; or empty */
    bool generic;            /* for shapes nobody knows; exactly one */
    const struct str *hosts; /* "api.openai.com", "*.openai.azure.com" */
    size_t host_count;
    const struct route *routes;
    size_t route_count;
    const struct str *keys; /* stream: members whose values tell channels
                               apart: "index" */
    size_t key_count;
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
struct provider_fault {
    size_t provider; /* index into the definitions; their number: a host rule */
    int phase;       /* 0 request, 1 response, 2 stream; -1: no path */
    size_t index;    /* of the pattern in its phase, or of the host rule */
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
    bool delta, json;
    bool base64; /* only where the leaf is base64 */
    enum fact fact;
    uint16_t group; /* channel family; unique in the phase */
    struct str path;
};

/* First pattern in order that matches wins; FACT and END count besides. */
struct phase {
    struct pattern *patterns;
    size_t count;
    struct path_trie *trie; /* llm/path.h */
};

struct provider {
    struct str id, system, reply, done;
    bool generic;
    struct str *hosts;
    size_t host_count;
    struct route *routes;
    size_t route_count;
    struct str *keys;
    size_t key_count;
    struct phase request, response, stream;
    struct path_names *names; /* llm/path.h: every name of the description */
    struct str *opens;
    size_t open_count;
    bool lines;
};

struct providers; /* immutable; any number of threads at once */

/*
 * providers_load - the tables of what providers_pack wrote. `packed` is
 * borrowed and must outlive the tables. Safe on hostile bytes.
 *
 * E_SYNTAX, E_LIMIT  not what providers_pack writes
 * E_NOMEM
 */
MUST_USE enum err providers_load(struct str packed, struct providers **ret);

/* providers_free - NULL is allowed. */
void providers_free(struct providers *p);

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
 * all; none: the generic description.
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

#endif
