#include "policy/fail.h"

struct row {
    struct str name, text;
    enum fail_action fallback;
    bool may_pass;
};

static const struct row rows[COND_COUNT] = {
    [COND_NONE] = {STR_INIT("none"), STR_INIT("nothing failed"), FAIL_PASS,
                   true},
    [COND_HTTP_AMBIGUOUS] = {STR_INIT("http_ambiguous"),
                             STR_INIT("the HTTP message can be read in two "
                                      "ways"),
                             FAIL_BLOCK, false},
    [COND_HTTP_LIMIT] = {STR_INIT("http_limit"),
                         STR_INIT("the HTTP head is over its limit"),
                         FAIL_BLOCK, false},
    [COND_REQUEST_LIMIT] = {STR_INIT("request_limit"),
                            STR_INIT("the request body is over its limit"),
                            FAIL_BLOCK, true},
    [COND_RESPONSE_LIMIT] = {STR_INIT("response_limit"),
                             STR_INIT("the response body is over its limit"),
                             FAIL_BLOCK, true},
    [COND_RESPONSE_UNKNOWN] = {STR_INIT("response_unknown"),
                               STR_INIT("the response is of a kind that "
                                        "cannot be inspected"),
                               FAIL_PASS, true},
    [COND_RESPONSE_CUT] = {STR_INIT("response_cut"),
                           STR_INIT("the response ended too early"), FAIL_BLOCK,
                           false},
    [COND_JSON_INVALID] = {STR_INIT("json_invalid"),
                           STR_INIT("the body is not valid JSON"), FAIL_BLOCK,
                           true},
    [COND_BODY_UNKNOWN] = {STR_INIT("body_unknown"),
                           STR_INIT("the body is of a kind that cannot be "
                                    "inspected"),
                           FAIL_BLOCK, true},
    [COND_CODING] = {STR_INIT("coding"),
                     STR_INIT("the content coding cannot be decoded"),
                     FAIL_BLOCK, true},
    [COND_RULE_ERROR] = {STR_INIT("rule_error"),
                         STR_INIT("a rule reached its limits"), FAIL_BLOCK,
                         true},
    [COND_DECODE_CAPPED] = {STR_INIT("decode_capped"),
                            STR_INIT("more text is encoded in it than is "
                                     "decoded"),
                            FAIL_PASS, true},
    [COND_STREAM_LIMIT] = {STR_INIT("stream_limit"),
                           STR_INIT("the stream holds too much undecided "
                                    "text"),
                           FAIL_BLOCK, false},
    [COND_UNEDITABLE] = {STR_INIT("uneditable"),
                         STR_INIT("the text has to be redacted and cannot be "
                                  "edited"),
                         FAIL_BLOCK, false},
    [COND_UNKNOWN_PROTOCOL] = {STR_INIT("unknown_protocol"),
                               STR_INIT("the protocol is not one that is "
                                        "judged"),
                               FAIL_BLOCK, true},
    [COND_WEBSOCKET] = {STR_INIT("websocket"),
                        STR_INIT("the WebSocket breaks its protocol"),
                        FAIL_BLOCK, false},
    [COND_EVENT_STREAM] = {STR_INIT("event_stream"),
                           STR_INIT("the event stream breaks its framing"),
                           FAIL_BLOCK, false},
    [COND_UNVERIFIED_PEER] = {STR_INIT("unverified_peer"),
                              STR_INIT("the program does not check the host's "
                                       "certificate"),
                              FAIL_BLOCK, true},
    [COND_UNSEEN_TLS] = {STR_INIT("unseen_tls"),
                         STR_INIT("TLS or QUIC goes to a model host "
                                  "unguarded"),
                         FAIL_BLOCK, true},
    [COND_AUDIT] = {STR_INIT("audit"),
                    STR_INIT("the audit line cannot be written"), FAIL_PASS,
                    true},
    [COND_NOMEM] = {STR_INIT("nomem"), STR_INIT("out of memory"), FAIL_BLOCK,
                    false},
    [COND_INTERNAL] = {STR_INIT("internal"), STR_INIT("an internal error"),
                       FAIL_BLOCK, false},
};

static const struct row *row_of(enum cond c)
{
    return &rows[(unsigned)c < COND_COUNT ? c : COND_INTERNAL];
}

struct str cond_name(enum cond c)
{
    return row_of(c)->name;
}

struct str cond_text(enum cond c)
{
    return row_of(c)->text;
}

enum fail_action cond_default(enum cond c)
{
    return row_of(c)->fallback;
}

bool cond_may_pass(enum cond c)
{
    return row_of(c)->may_pass;
}

bool cond_from(struct str name, enum cond *ret_c)
{
    for (unsigned i = 1; i < COND_COUNT; i++)
        if (str_eq(rows[i].name, name)) {
            *ret_c = (enum cond)i;
            return true;
        }
    return false;
}

enum cond cond_of(enum err e, enum cond syntax, enum cond limit)
{
    switch (e) {
    case OK:
    case E_AGAIN:
        return COND_NONE;
    case E_LIMIT:
        return limit;
    case E_SYNTAX:
    case E_AMBIGUOUS:
    case E_UNSUPPORTED:
        return syntax;
    case E_NOMEM:
        return COND_NOMEM;
    case E_INTERNAL:
        break;
    }
    return COND_INTERNAL;
}
