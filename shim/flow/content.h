#ifndef SP_FLOW_CONTENT_H
#define SP_FLOW_CONTENT_H

#include "wire/head.h"

/* What a body is, as far as the way it is inspected depends on it. */
enum content {
    CONTENT_JSON,
    CONTENT_TEXT,   /* scanned as one text                             */
    CONTENT_EVENTS, /* server-sent events                              */
    CONTENT_LINES,  /* newline-delimited JSON                          */
    CONTENT_OTHER,  /* cannot be inspected                             */
    CONTENT_GUESS,  /* no telling type: see content_sniff              */
};

/*
 * content_of - by the Content-Type of a head (RFC 9110, 8.3). Types that APIs
 * and clients also use for JSON (octet-stream, form-urlencoded, none at all)
 * give CONTENT_GUESS.
 */
enum content content_of(const struct http_head *h);

/* content_sniff - JSON if the first byte of a body that counts begins it. */
enum content content_sniff(struct str body);

#endif
