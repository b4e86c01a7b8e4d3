#include "cli/player.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"

extern const struct engine_api sallyport_engine_api;

bool player_open(struct player *p, const char *policy, const char *who)
{
    struct engine_config cfg = {
        .env = environ, .policy = policy, .audit = p->audit, .exe = who};
    char why[512];
    int fd;

    *p = (struct player){.drive.api = &sallyport_engine_api};
    buf_init(&p->lines, LIM_REPLAY);
    outcome_init(&p->outcome);
    snprintf(p->audit, sizeof(p->audit), "/tmp/sallyport-play-XXXXXX");
    if ((fd = mkostemp(p->audit, O_CLOEXEC)) < 0) {
        complain("%s: %s", p->audit, strerror(errno));
        p->audit[0] = '\0';
        return false;
    }
    close(fd);
    if (!p->drive.api->engine_open(&cfg, &p->drive.engine, why, sizeof(why)))
        return true;
    complain("%s", why);
    return false;
}

void player_close(struct player *p)
{
    if (p->drive.engine != NULL)
        p->drive.api->engine_close(p->drive.engine);
    if (p->audit[0] == '\0') /* never opened, or not that far */
        return;
    outcome_free(&p->outcome);
    buf_free(&p->lines);
    unlink(p->audit);
}

bool player_run(struct player *p, const struct recording *r)
{
    const struct cuts whole = {0};

    buf_clear(&p->lines);
    p->drive.peer = (struct peer){.door = "replay"};
    p->drive.request = buf_str(&r->request);
    p->drive.response = buf_str(&r->response);
    return peer_from(request_host(p->drive.request), &p->drive.peer) &&
           drive_run(&p->drive, &whole, &p->outcome) == OK &&
           read_file(p->audit, &p->lines) && truncate(p->audit, 0) == 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

bool recordings_each(const char *dir,
                     void (*each)(void *into, const char *path), void *into)
{
    char *paths[] = {strdup(dir), NULL};
    FTS *tree = paths[0] == NULL
                    ? NULL
                    : fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    FTSENT *at;
    bool good = tree != NULL, any = false;

    while (good && (errno = 0, at = fts_read(tree)) != NULL)
        if (at->fts_info == FTS_F && recording_is(at->fts_path)) {
            each(into, at->fts_path);
            any = true;
        }
    good = good && errno == 0;
    if (!good)
        complain("%s: %s", dir, strerror(errno));
    else if (!any)
        complain("%s: no recorded exchanges (NAME.request, NAME.req.json)",
                 dir);
    if (tree != NULL)
        fts_close(tree);
    free(paths[0]);
    return good && any;
}
