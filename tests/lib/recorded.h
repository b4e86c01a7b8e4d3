#ifndef SP_TESTS_RECORDED_H
#define SP_TESTS_RECORDED_H

/*
 * The recorded exchanges of $SALLYPORT_DATA, and a second opinion of where the
 * texts in them are: a reader that knows each API by itself, on jansson's
 * trees, with nothing of the engine in it.
 */

#include "base/kinds.h"

struct json_t; /* jansson.h, whose names are not for tests of our own json */

struct recorded {
    char id[64];  /* "openai/012" */
    char api[32]; /* "chat", "responses", ... */
    char method[16];
    char host[256], path[2048]; /* the path with its query */
    unsigned status;
    struct json_t *request, *response; /* messages: headers, body, ... */
    struct json_t *asked,
        *said;    /* their bodies, where they are JSON; or NULL */
    char *stream; /* the raw stream; NULL if there is none */
    bool lines;   /* it is lines of JSON, not events */
    char *text;   /* of a response alone: its body, else NULL */
};

/* recorded_text - a body as text; to be freed. */
char *recorded_text(struct json_t *body);

/*
 * recorded_each - every exchange that has a URL, in order. False where there is
 * no such data.
 */
bool recorded_each(void (*play)(struct recorded *r));

/* recorded_responses - every response whose request is not there. */
bool recorded_responses(void (*play)(const char *name, struct recorded *r));

/* A text that people wrote or read, or a tool did. */
struct spot {
    struct json_t *node; /* the string */
    struct json_t
        *outer; /* it stands in JSON inside of this string; or NULL ... */
    struct json_t *inner; /* ... which has this root */
    enum role role;
    enum part part;
};

struct spots {
    struct spot list[4096];
    size_t count;
};

/* spots_asked, spots_said - the texts of both bodies; spots_free afterwards. */
void spots_asked(const struct recorded *r, struct spots *ret);
void spots_said(const struct recorded *r, struct spots *ret);
void spots_free(struct spots *s);

/* spot_text - the text; spot_put - it becomes another one. */
struct str spot_text(const struct spot *s);
void spot_put(const struct spot *s, const char *text);

/* What the exchange used, as its response or the end of its stream tells. */
struct told {
    const char *model; /* of the request; NULL: not in its body */
    long input, output, cached, reasoning; /* -1: not told */
};
struct told recorded_told(const struct recorded *r);

/* A stream, taken apart. */
struct event_line {
    char *before;        /* "data: ", or all of a line that holds no JSON */
    struct json_t *data; /* NULL: none */
};

struct events {
    struct event_line *list;
    size_t count;
    bool crlf;
};

void events_read(const char *stream, struct events *ret);
char *events_write(const struct events *e); /* to be freed */
void events_free(struct events *e);

/* events_piece - what a line says of its channel's text, or of the arguments of
 * its tool call; NULL: nothing. */
struct json_t *events_piece(const struct events *e, const char *api,
                            bool arguments, size_t line);

/*
 * events_channel - the lines with the pieces of one text, or of the arguments
 * of one tool call; those of the first channel that has two. Returns how many,
 * 0 if there is no such channel.
 */
size_t events_channel(const struct events *e, const char *api, bool arguments,
                      size_t *ret_lines, size_t max);

/* every_string - for each string of a value, keys apart. */
void every_string(struct json_t *value,
                  void (*see)(struct json_t *node, void *with), void *with);

#endif
