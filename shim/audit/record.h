#ifndef SP_AUDIT_RECORD_H
#define SP_AUDIT_RECORD_H

#include "base/buf.h"
#include "base/kinds.h"
#include "detect/own.h"
#include "detect/print.h"
#include "detect/textview.h"

/*
 * One exchange, one line of JSON. Names are those of the OpenTelemetry
 * semantic conventions (gen_ai.*, http.*, server.*, url.*, process.*) where
 * they have one. No line ever holds a matched value: a finding is its rule,
 * its place and a keyed fingerprint.
 */

struct audit_finding {
    struct str rule, name, category; /* borrowed                      */
    enum action action;              /* what the policy made of it    */
    uint32_t score;                  /* that it added to its text's   */
    enum severity severity;
    enum confidence confidence;
    enum dir dir;
    enum role role;
    enum part part;
    uint64_t start, end; /* bytes of the text it stands in             */
    unsigned char print[PRINT_LEN];
    struct chain chain;     /* the views it was found through */
    bool seen;              /* an earlier request had the same text there */
    struct own_about about; /* whose secret it is; without a name: no such */
};

/* A picture or file in base64 inside of a body. */
struct audit_media {
    struct str type; /* of a data URL; else empty                          */
    uint64_t bytes;
};

/* All strings are borrowed; an empty one is left out of the line. */
struct audit_record {
    struct str exchange;
    uint64_t time_us; /* since the epoch, when the exchange began */
    uint64_t pid;
    struct str exe, door, host;
    uint16_t port;
    struct str method, path; /* without the query, which may hold a key */
    struct str route;        /* provider description                    */
    struct str system;       /* gen_ai.system                           */
    bool monitor;
    enum action action;
    struct str rule;   /* that decided                                */
    uint32_t score[2]; /* the highest of a text, by enum dir; 0: none */
    const struct str *scored_by; /* of the score that decided: rules         */
    size_t scored_by_count;
    struct str condition; /* name of the fail-policy row, if one was met */
    struct str detail;    /* static words about it                       */
    struct str request_model, response_model, response_id, finish_reason;
    struct str max_tokens; /* a raw number                               */
    uint64_t input_tokens, output_tokens; /* 0: not known                */
    uint64_t cached_tokens, reasoning_tokens;
    bool guessed;              /* the provider did not tell                  */
    const struct str *unknown; /* words its description does not know    */
    size_t unknown_count;
    const struct audit_media *media;
    size_t media_count; /* those listed                                  */
    uint64_t media_total;
    struct str user; /* as the application calls him */
    unsigned status; /* 0: no response seen       */
    bool stream;
    uint64_t request_bytes, response_bytes; /* bodies, as they came      */
    uint64_t spent_ns;                      /* inside the engine          */
    const struct audit_finding *findings;
    size_t finding_count;   /* those listed                              */
    uint64_t finding_total; /* all                                       */
};

/*
 * audit_line - append the record as one line with its LF. Errors as buf_add;
 * on error *out is unchanged.
 */
MUST_USE enum err audit_line(const struct audit_record *r, struct buf *out);

#endif
