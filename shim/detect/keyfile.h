#ifndef SP_DETECT_KEYFILE_H
#define SP_DETECT_KEYFILE_H

#include "base/str.h"

/*
 * The settings in a file that programs keep secrets in. Which kind of file it
 * is, its bytes say:
 *
 *     {...}                     JSON: each string, named by its key
 *     -----BEGIN ... KEY-----   PEM (RFC 7468): the lines of the body
 *     machine ... password      netrc
 *     scheme://user:pass@host   git's credentials; host:port:db:user:pass
 *     NAME=VALUE, NAME: VALUE   .env, ini, properties, flat YAML, npmrc
 *     one word                  a token
 *
 * Nothing is refused: what is not understood gives nothing.
 */
enum keyfile_kind {
    KEYFILE_LINES,
    KEYFILE_JSON,
    KEYFILE_PEM,
    KEYFILE_NETRC,
    KEYFILE_WORD,
};

struct keyfile {
    char *ptr; /* borrowed, and written to: strings are unescaped in place */
    size_t len, at;
    enum keyfile_kind kind;
    struct str key;  /* of JSON: the last that was read */
    struct str more; /* lines of the last value, which is but its first */
};

/* One of them. */
struct keyfile_item {
    struct str name, value; /* borrowed from the file */
    bool secret;            /* the file's kind says so, whatever the name */
};

/* keyfile_start - begin with a file's bytes, which stay until the end. */
void keyfile_start(struct keyfile *f, char *ptr, size_t len);

/* keyfile_next - the next one; false at the end. */
bool keyfile_next(struct keyfile *f, struct keyfile_item *ret_item);

/*
 * keyfile_pem - the body of the next private key in a text, which moves behind
 * it: lines of base64 without the first, where there are three or more, as that
 * is much the same in all keys of a kind. False: there is none. A text may have
 * the two characters \n for a line's end.
 */
bool keyfile_pem(struct str *text, struct str *ret_body);

#endif
