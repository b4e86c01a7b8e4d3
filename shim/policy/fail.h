#ifndef SP_POLICY_FAIL_H
#define SP_POLICY_FAIL_H

#include "base/kinds.h"

/*
 * The fail policy: what is done when something cannot be judged. One row a
 * condition; each has a name under `on_failure:` in the policy file, a default,
 * and stands by that name in the audit line of the exchange it touched.
 */
enum cond {
    COND_NONE,
    COND_HTTP_AMBIGUOUS,   /* head or framing with two readings            */
    COND_HTTP_LIMIT,       /* head, chunk extensions or trailers too long  */
    COND_REQUEST_LIMIT,    /* request body over LIM_REQUEST_BODY           */
    COND_RESPONSE_LIMIT,   /* response body over LIM_RESPONSE_BODY         */
    COND_RESPONSE_UNKNOWN, /* response neither JSON, text nor events       */
    COND_RESPONSE_CUT,     /* response ended before its framing said so    */
    COND_JSON_INVALID,     /* not strict JSON where JSON is due            */
    COND_BODY_UNKNOWN,     /* a body that is neither JSON nor text         */
    COND_CODING,           /* content coding unknown, damaged or a bomb    */
    COND_RULE_ERROR,       /* match, heap or findings limit, PCRE2 error   */
    COND_DECODE_CAPPED,    /* encoded text in it that was not decoded      */
    COND_STREAM_LIMIT,     /* too much held in a stream, too many channels */
    COND_UNEDITABLE,       /* to be redacted, but signed or a bare number  */
    COND_UNKNOWN_PROTOCOL, /* not HTTP on an LLM host                      */
    COND_WEBSOCKET,        /* frames that are none of the protocol's       */
    COND_EVENT_STREAM,     /* the same of messages of an AWS event stream  */
    COND_UNVERIFIED_PEER,  /* the program does not check who answers it    */
    COND_UNSEEN_TLS,       /* TLS or QUIC that is not guarded; the shim's  */
    COND_AUDIT,            /* the audit line could not be written          */
    COND_NOMEM,
    COND_INTERNAL,
    COND_COUNT,
};

enum fail_action {
    FAIL_PASS,  /* let it through uninspected; said in the audit line    */
    FAIL_BLOCK, /* answer in the provider's error shape, close           */
};

/* The table's rows: the name as users write it, and the default. */
struct str cond_name(enum cond c);
bool cond_from(struct str name, enum cond *ret_c);
enum fail_action cond_default(enum cond c);
/* cond_text - one sentence for people, without a full stop. */
struct str cond_text(enum cond c);
/*
 * cond_may_pass - false for the rows that cannot be opened, because nothing
 * sound could be let through (a request whose framing is ambiguous).
 */
bool cond_may_pass(enum cond c);

/* cond_of - the row for an error met while looking at a body. */
enum cond cond_of(enum err e, enum cond syntax, enum cond limit);

#endif
