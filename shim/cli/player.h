#ifndef SP_CLI_PLAYER_H
#define SP_CLI_PLAYER_H

#include "cli/recording.h"
#include "cli/replay.h"

/*
 * Recorded exchanges through an engine. What it decided is read from its
 * audit, as everybody else has to.
 */
struct player {
    struct buf lines; /* of the audit, of the last exchange */
    struct drive drive;
    struct outcome outcome;
    char audit[64]; /* a temporary file */
};

/* player_open - an engine of the policy, which `who` runs (its name is the
 * program's for the rules). False after a complaint; close it in any case. */
bool player_open(struct player *p, const char *policy, const char *who);
void player_close(struct player *p);

/* player_run - one exchange; its lines are then there. False: it cannot be
 * played. */
bool player_run(struct player *p, const struct recording *r);

/*
 * recordings_each - call for each recorded request below a directory, in the
 * order of their names. False after a complaint, also where there is none.
 */
bool recordings_each(const char *dir,
                     void (*each)(void *into, const char *path), void *into);

#endif
