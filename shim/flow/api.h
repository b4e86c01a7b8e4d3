#ifndef SP_FLOW_API_H
#define SP_FLOW_API_H

#include "base/kinds.h"

/*
 * All that the shim sees of the engine: one table, found by the exported name
 * "sallyport_engine_api". The engine does no I/O on connections: bytes go in,
 * bytes come out of two queues, and the caller moves them.
 *
 *   application --conn_send--> [parse, judge, edit] --ready(SEND)--> network
 *   application <--ready(RECV)-- [parse, judge, edit] <--conn_recv-- network
 *
 * An engine may be used by any number of threads at once; a conn by one at a
 * time. No call blocks, but for one write to the audit file.
 */

#define ENGINE_API_VERSION 4

struct engine;
struct conn;

struct engine_config {
    const char *policy;   /* path of a policy image; NULL: none, an error     */
    const char *audit;    /* path of the audit file; NULL: as the policy says */
    const char *key_file; /* of pseudonyms; NULL: as the policy says        */
    const char *exe;      /* path of the program, for audit lines             */
    bool monitor;         /* log only, whatever the policy's mode             */
    char *const *env;     /* environ(7), read in engine_open; NULL: none      */
};

struct peer {
    struct str host;  /* SNI or URL host; empty where unknown */
    uint16_t port;    /* 0 where unknown                      */
    const char *door; /* static: "openssl", "replay", ...     */
    bool
        in_memory; /* the program carries what TLS has written to the network */
    bool unverified; /* the program does not check who answers */
};

/* What the caller knows that the engine cannot see, each a row of the policy.
 */
enum doubt {
    DOUBT_PEER,  /* the program does not check who answers: unverified_peer */
    DOUBT_BYTES, /* what is said cannot be seen: unseen_tls                 */
};

enum conn_state {
    CONN_OPEN,    /* inspected, or not yet known to be uninspected         */
    CONN_PASS,    /* not an LLM route, for good: once both queues are empty
                     the caller may stop feeding and call the real functions */
    CONN_BLOCKED, /* an answer stands in the RECV queue; after it comes a
                     clean end. Later sends are swallowed (success reported) */
    CONN_FAILED,  /* as BLOCKED, but no answer can be formed: the caller
                     raises an error of its own kind with conn_why()       */
};

struct engine_api {
    uint32_t version; /* ENGINE_API_VERSION, checked by the caller */

    /*
     * Load the policy image and make an engine. On failure *why (why_size bytes
     * at least 1) gets one line for people, NUL-terminated.
     * E_SYNTAX  not an image of this version, or a damaged one
     * E_UNSUPPORTED  the file cannot be read; E_LIMIT; E_NOMEM
     */
    MUST_USE enum err (*engine_open)(const struct engine_config *cfg,
                                     struct engine **ret_engine, char *why,
                                     size_t why_size);
    void (*engine_close)(struct engine *eng);

    /*
     * Whether a session to this host carries LLM traffic that is inspected; an
     * empty host may. Where it does not, a connection passes unless the Host
     * of its first request is watched, as behind a gateway.
     */
    bool (*engine_watches)(const struct engine *eng, struct str host,
                           uint16_t port);

    /* Whether HTTP/2 may be offered to a watched host. */
    bool (*engine_http2)(const struct engine *eng);

    /* Whether something to a watched host is blocked for this reason alone. */
    bool (*engine_refuses)(const struct engine *eng, enum doubt doubt);

    /* NULL when out of memory: the caller treats it as CONN_FAILED. */
    struct conn *(*conn_new)(struct engine *eng, const struct peer *peer);
    void (*conn_free)(struct conn *c);

    /*
     * Bytes the application wrote (conn_send) or the network delivered
     * (conn_recv); copied, never kept by pointer. Always consumed whole. An
     * error has already been turned into a state and an answer by the fail
     * policy: look at conn_state and conn_ready after each call.
     */
    void (*conn_send)(struct conn *c, struct str plain);
    void (*conn_recv)(struct conn *c, struct str plain);

    /* The orderly or hard end of one direction: what is held is judged. */
    void (*conn_end)(struct conn *c, enum dir d);

    /*
     * Bytes that may leave now, towards the network (DIR_SEND) or the
     * application (DIR_RECV). Borrowed until the next call on this conn other
     * than conn_ready; the pointer and bytes stay the same until conn_taken or
     * a call that feeds. conn_taken removes n of them from the front.
     */
    struct str (*conn_ready)(const struct conn *c, enum dir d);
    void (*conn_taken)(struct conn *c, enum dir d, size_t n);

    enum conn_state (*conn_state)(const struct conn *c);

    /*
     * The message for people of a blocked or failed connection: NUL-terminated,
     * one line, lives as long as the conn. "" in other states.
     */
    const char *(*conn_why)(const struct conn *c);
};

#endif
