#include "cli/diff.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "cli/recording.h"
#include "cli/replay.h"
#include "json/text.h"
#include "json/tree.h"

/*
 * Recorded exchanges, each through an engine of either policy. What an engine
 * decided is read from its audit, as everybody else has to.
 */

extern const struct engine_api sallyport_engine_api;

struct player {
    struct side *side;
    struct drive drive;
    struct outcome outcome;
    char audit[64]; /* a temporary file */
};

struct play {
    struct diff *d;
    struct player old, new;
    struct recording recording;
    struct buf audit;
    struct json_doc doc;
    struct arena arena;
};

/* --- What the audit says. */

static struct str word_of(struct play *p, uint32_t object, struct str key)
{
    uint32_t node = json_member(&p->doc, object, key);
    struct str word = STR("");

    if (node == 0 || p->doc.nodes[node].type != JSON_STRING ||
        json_text(json_raw(&p->doc, node), p->doc.nodes[node].escaped,
                  &p->arena, &word))
        return STR("");
    return word;
}

/* A line's findings, then its action, which a score or a condition made. */
static void take_line(struct play *p, struct side *s, struct str line)
{
    uint32_t list;
    enum action action;
    struct str condition;

    arena_clear(&p->arena);
    if (json_parse(&p->doc, line) || p->doc.nodes[0].type != JSON_OBJECT)
        return;
    list = json_member(&p->doc, 0, STR("findings"));
    if (list != 0 && p->doc.nodes[list].type == JSON_ARRAY)
        for (uint32_t i = list + 1; i < p->doc.nodes[list].next;
             i = p->doc.nodes[i].next) {
            const struct rule *r = side_rule(s, word_of(p, i, STR("rule")));

            if (r != NULL)
                side_found(s, r);
        }
    if (action_from(word_of(p, 0, STR("action")), &action) &&
        action > s->action)
        s->action = action;
    condition = word_of(p, 0, STR("condition"));
    if (condition.len > 0 && condition.len < sizeof(s->condition))
        snprintf(s->condition, sizeof(s->condition), "%.*s", (int)condition.len,
                 condition.ptr);
}

static bool read_audit(struct play *p, struct player *pl)
{
    struct str rest;

    buf_clear(&p->audit);
    if (!read_file(pl->audit, &p->audit))
        return false;
    rest = buf_str(&p->audit);
    while (rest.len > 0)
        take_line(p, pl->side, str_split(&rest, '\n'));
    return truncate(pl->audit, 0) == 0;
}

/* --- One exchange. */

static bool run_side(struct play *p, struct player *pl)
{
    struct str request = buf_str(&p->recording.request);
    const struct cuts whole = {0};

    side_begin(pl->side);
    pl->drive.peer = (struct peer){.door = "replay"};
    if (!peer_from(request_host(request), &pl->drive.peer))
        return false;
    pl->drive.request = request;
    pl->drive.response = buf_str(&p->recording.response);
    return drive_run(&pl->drive, &whole, &pl->outcome) == OK &&
           read_audit(p, pl);
}

static void run_one(struct play *p, const char *path)
{
    if (recording_read(&p->recording, path) && run_side(p, &p->old) &&
        run_side(p, &p->new))
        diff_thing(p->d, path);
    else
        p->d->skipped++;
}

/* --- All of a directory, in the order of their names. */

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool run_all(struct play *p, const char *dir)
{
    char *paths[] = {strdup(dir), NULL};
    FTS *tree = paths[0] == NULL
                    ? NULL
                    : fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    FTSENT *at;
    bool good = tree != NULL;

    while (good && (errno = 0, at = fts_read(tree)) != NULL)
        if (at->fts_info == FTS_F && recording_is(at->fts_path))
            run_one(p, at->fts_path);
    good = good && errno == 0;
    if (!good)
        complain("%s: %s", dir, strerror(errno));
    else if (p->d->things + p->d->skipped == 0)
        complain("%s: no recorded exchanges (NAME.request, NAME.req.json)",
                 dir);
    if (tree != NULL)
        fts_close(tree);
    free(paths[0]);
    return good && p->d->things + p->d->skipped > 0;
}

/* --- Opening. */

static bool player_open(struct player *pl, struct side *side)
{
    struct engine_config cfg = {.env = environ,
                                .policy = side->set.policy.path,
                                .audit = pl->audit,
                                .exe = "sallyport diff"};
    char why[512];
    int fd;

    pl->side = side;
    pl->drive.api = &sallyport_engine_api;
    outcome_init(&pl->outcome);
    snprintf(pl->audit, sizeof(pl->audit), "/tmp/sallyport-diff-XXXXXX");
    if ((fd = mkostemp(pl->audit, O_CLOEXEC)) < 0) {
        complain("%s: %s", pl->audit, strerror(errno));
        pl->audit[0] = '\0';
        return false;
    }
    close(fd);
    if (!pl->drive.api->engine_open(&cfg, &pl->drive.engine, why, sizeof(why)))
        return true;
    complain("%s", why);
    return false;
}

static void player_close(struct player *pl)
{
    if (pl->drive.engine != NULL)
        pl->drive.api->engine_close(pl->drive.engine);
    outcome_free(&pl->outcome);
    if (pl->audit[0] != '\0')
        unlink(pl->audit);
}

bool diff_exchanges(struct diff *d, const char *dir)
{
    struct play p = {.d = d};
    bool good;

    recording_init(&p.recording);
    buf_init(&p.audit, LIM_REPLAY);
    json_doc_init(&p.doc);
    arena_init(&p.arena, LIM_REPLAY);
    good = player_open(&p.old, &d->old) && player_open(&p.new, &d->new) &&
           run_all(&p, dir);
    player_close(&p.old);
    player_close(&p.new);
    arena_free(&p.arena);
    json_doc_free(&p.doc);
    buf_free(&p.audit);
    recording_free(&p.recording);
    return good;
}
