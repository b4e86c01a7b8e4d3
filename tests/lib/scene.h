#ifndef SP_TESTS_SCENE_H
#define SP_TESTS_SCENE_H

/*
 * A connection played through the engine: what the application and the network
 * say goes in, what each would get comes out. A test that opens this must also
 * include compile/compile.h, so that the tools are linked.
 */

#include "flow/engine.h"

/* A whole policy file's text, compiled; NULL (and a message) if it fails. */
struct engine *scene_engine(const char *policy, const char *audit);

struct step {
    enum dir dir;     /* DIR_SEND: the application writes            */
    struct str bytes; /* empty: that side ends                       */
};

struct scene {
    struct engine *eng;
    const char *host;
    bool unverified; /* see struct peer */
    struct step steps[12];
    size_t count;
};

/* What came of it. Exchange ids are masked: every character becomes '#'. */
struct played {
    struct buf out[2]; /* by enum dir: to the network, to the application */
    enum conn_state state;
    char why[512];
};

/*
 * scene_play - play it. `every`: feed pieces of so many bytes (0: whole).
 * `cut_step`, `cut_at`: cut that step once there.
 */
void scene_play(const struct scene *sc, size_t every, size_t cut_step,
                size_t cut_at, struct played *ret);
void played_free(struct played *p);

/* played_same - both outputs and the state are equal. */
bool played_same(const struct played *a, const struct played *b);

/*
 * scene_every_split - the outputs do not depend on how the input is cut: byte
 * by byte, in sevens, and once at every place. Says where they do.
 */
bool scene_every_split(const struct scene *sc, const struct played *whole);

/* An HTTP message with its Content-Length; freed by the process's end. */
struct str scene_request(const char *path, const char *body);
struct str scene_response(const char *type, const char *body);
/* The same chunked, each piece a chunk; ends with a NULL piece. */
struct str scene_chunked(const char *type, const char *const *pieces);

#endif
