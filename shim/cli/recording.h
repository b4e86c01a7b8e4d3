#ifndef SP_CLI_RECORDING_H
#define SP_CLI_RECORDING_H

#include "base/buf.h"

/*
 * A recorded exchange in files, as raw HTTP/1.1. Three ways of keeping one:
 *
 *   NAME.request and NAME.response    raw bytes
 *   request and response              the same, a directory each
 *   NAME.req.json, NAME.resp.json     {"method", "url", "headers", BODY} and
 *                                     {"status", "headers", BODY}, of which
 *                                     BODY is "body" (JSON), "body_text",
 *                                     "body_base64" or "body_file", a file
 *                                     beside it, decoded of all codings
 *
 * The response may be missing.
 */
struct recording {
    struct buf request, response;
};

void recording_init(struct recording *r);
void recording_free(struct recording *r);

/* recording_is - the path is that of a recorded request. */
bool recording_is(const char *path);

/*
 * recording_read - both messages, of the path of the request. False after a
 * complaint, where a file cannot be read or is not what is described above.
 */
bool recording_read(struct recording *r, const char *path);

#endif
