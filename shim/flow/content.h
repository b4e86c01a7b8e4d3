#ifndef SP_FLOW_CONTENT_H
#define SP_FLOW_CONTENT_H

#include "wire/head.h"

#define CONTENT_SNIFF 64 /* bytes of a body that tell what it is */

/* What a body is, as far as the way it is inspected depends on it. */
enum content {
    CONTENT_JSON,
    CONTENT_TEXT,   /* scanned as one text                             */
    CONTENT_EVENTS, /* server-sent events                              */
    CONTENT_LINES,  /* newline-delimited JSON                          */
    CONTENT_TEXTS,  /* the same, where each line stands for itself     */
    CONTENT_ARRAY,  /* a JSON array of events                          */
    CONTENT_AWS,    /* an AWS event stream                             */
    CONTENT_PARTS,  /* multipart/form-data                             */
    CONTENT_BINARY, /* looked at, and neither JSON nor events            */
    CONTENT_OTHER,  /* cannot be inspected                             */
    CONTENT_GUESS,  /* no telling type: see content_sniff              */
};

/*
 * content_of - by the Content-Type of a head (RFC 9110, 8.3). Types that APIs
 * and clients also use for JSON (octet-stream, form-urlencoded, none at all,
 * any other with "json" in its name) give CONTENT_GUESS.
 */
enum content content_of(const struct http_head *h);
/* content_of_type - the same of a value. */
enum content content_of_type(struct str value);

/*
 * content_sniff - JSON if the first byte of a body that counts begins it, a
 * byte order mark aside, but CONTENT_TEXTS if its first line is all of an
 * object and others follow; else text.
 */
enum content content_sniff(struct str body);

/*
 * content_sniff_response - as above, but a body that begins as server-sent
 * events do gives CONTENT_EVENTS, one that begins as an AWS event stream
 * CONTENT_AWS: clients that asked for a stream read events whatever the type
 * says.
 */
enum content content_sniff_response(struct str body);

/* content_is_array - the first byte that counts begins a JSON array. */
bool content_is_array(struct str body);

/* content_is_form - the type is application/x-www-form-urlencoded. */
bool content_is_form(const struct http_head *h);

/*
 * content_charset_ok - no charset is named, or one in which ASCII is ASCII:
 * what we read is then what others read.
 */
bool content_charset_ok(const struct http_head *h);
/* content_type_charset_ok - the same of a value. */
bool content_type_charset_ok(struct str value);

#endif
