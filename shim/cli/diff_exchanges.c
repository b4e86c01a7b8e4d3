#include "cli/diff.h"

#include <stdio.h>

#include "cli/player.h"
#include "cli/told.h"

/* Recorded exchanges, each through an engine of either policy. */

struct play {
    struct diff *d;
    struct player old, new;
    struct recording recording;
    struct told told;
};

/* A line's findings, then its action, which a score or a condition made. */
static void take_line(struct told *t, struct side *s, struct str line)
{
    const struct rule *r;
    struct str id;

    if (!told_read(t, line))
        return;
    while (told_next(t, &id))
        if ((r = side_rule(s, id)) != NULL)
            side_found(s, r);
    s->action = t->action > s->action ? t->action : s->action;
    if (t->condition.len > 0 && t->condition.len < sizeof(s->condition))
        snprintf(s->condition, sizeof(s->condition), "%.*s",
                 (int)t->condition.len, t->condition.ptr);
}

static bool run_side(struct play *p, struct player *pl, struct side *s)
{
    struct str rest;

    side_begin(s);
    if (!player_run(pl, &p->recording))
        return false;
    rest = buf_str(&pl->lines);
    while (rest.len > 0)
        take_line(&p->told, s, str_split(&rest, '\n'));
    return true;
}

static void run_one(void *into, const char *path)
{
    struct play *p = into;

    if (recording_read(&p->recording, path) &&
        run_side(p, &p->old, &p->d->old) && run_side(p, &p->new, &p->d->new))
        diff_thing(p->d, path);
    else
        p->d->skipped++;
}

bool diff_exchanges(struct diff *d, const char *dir)
{
    struct play p = {.d = d};
    const char *who = "sallyport diff";
    bool good;

    recording_init(&p.recording);
    told_init(&p.told);
    good = player_open(&p.old, d->old.set.policy.path, who) &&
           player_open(&p.new, d->new.set.policy.path, who) &&
           recordings_each(dir, run_one, &p);
    player_close(&p.old);
    player_close(&p.new);
    told_free(&p.told);
    recording_free(&p.recording);
    return good;
}
