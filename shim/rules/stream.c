#include "rules/side.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "rules/coded.h"
#include "rules/escaped.h"
#include "rules/extent.h"
#include "rules/respell.h"

/*
 * Streams: how much of a text may leave before its end is known.
 *
 *      base        kept          cursor of      cursor of     V    end
 *       |  context  |    held     rule 2         rule 1       |     |
 *       |===========|###############|##############|##########|.....|
 *                  safe                                       cut character
 *
 * Each rule has a lane: its cursor says that every match which begins before it
 * is known. More text is matched from the cursor on as a hard partial match, so
 * that an answer is only ever given where more text cannot change it. What lies
 * before the least cursor is decided and may leave, except where a finding
 * reaches across that place.
 *
 * Why the output is a function of the text, and not of how it was cut:
 *
 *  - a lane's state after a search is a function of the text up to V. A lane
 *    that is searched late only has an older state, that holds back more;
 *  - a lane gives up (max_hold) only at stops: offsets from the text's start
 *    that are multiples of LIM_HOLD_STEP. It is searched there before it is
 *    judged, whatever the back-off says. Incoming text is cut at the next
 *    offset where any lane could have to give up, so that none is missed;
 *  - a lane that only logs holds nothing back and cannot change the output;
 *    one whose rule has a score that may block is held back like one that
 *    redacts, and its findings are counted in order of the text, at release.
 *
 * Most lanes sleep: those of rules whose matches begin with a keyword, or have
 * only a short run of known bytes before it (or before a digit). The trie of
 * all keywords walks along with the text and wakes a lane when one of its
 * keywords is complete; until then the beginning of the keyword is held, and a
 * run at the end of the text, and no pattern is run, or even compiled. Lanes of
 * rules with tokens are woken where a token ends that is as long as theirs;
 * until then it is held.
 *
 * A word that may be encoded text is held as well, and decoded when it ends:
 * coded.c. So is one that may come out as written with digits for letters, and
 * letters with something between them: respell.c.
 *
 * After a cap with HOLD_REDACT a lane drops: everything from the place of the
 * cap to the end of the rule's end pattern goes. A drop is kept apart from the
 * findings: it leaves step by step, so that it needs no memory.
 */

#define TEXT_MAX (LIM_HOLD_CHAIN + 4 * LIM_HOLD_MAX)
/* --- Birth and death. */

enum err stream_make(const struct rules *rs, struct scratch *sc,
                     const struct scope *at, unsigned views,
                     const struct stream *of, struct stream **ret_st)
{
    const struct lookers *lookers;
    size_t n, depth, words, size;
    struct stream *st;
    enum err e;

    if ((e = rules_lookers(rs, at, views, &lookers)))
        return e;
    depth = trie_depth(lookers->trie);
    n = lookers->count;
    words = (n + 63) / 64;
    size = sizeof(*st) + (words + rs->words) * sizeof(uint64_t);
    st = malloc(size + n * sizeof(struct lane) +
                depth * sizeof(struct trie_walk));
    if (st == NULL)
        return E_NOMEM;
    memset(st, 0, size);
    st->begin = st->awake + words;
    st->lanes = (struct lane *)((char *)st + size);
    st->walks = (struct trie_walk *)(st->lanes + n);
    st->lane_count = n;
    st->rs = rs;
    st->lookers = lookers;
    st->trie = lookers->trie;
    st->sc = sc;
    st->at = *at;
    st->token.at = NEVER;
    if ((rules_views_at(rs, at) & 1u << VIEW_DECODED) != 0)
        st->coded.views = rules_views_at(rs, at) & ~(1u << VIEW_TEXT);
    coded_reset(st);
    extents_reset(st);
    respell_reset(st);
    st->counts = rs->at.block[at->dir] != 0 && !rs->monitor;
    buf_init(&st->text, TEXT_MAX);
    st->views = views;
    if (of != NULL && of->lookers == lookers)
        lanes_copy(st, of);
    else
        lanes_init(st);
    *ret_st = st;
    return OK;
}

enum err stream_new(const struct rules *rs, struct scratch *sc,
                    const struct scope *at, struct stream **ret_st)
{
    unsigned views = rules_views_at(rs, at);
    struct stream *st;
    enum err e;

    if ((e = scratch_chars(sc)) ||
        (e = stream_make(rs, sc, at, 1u << VIEW_TEXT, NULL, &st)))
        return e;
    st->steps = sides_steps(views);
    st->letters.of.chars = sc->chars;
    st->respell.all = st->respell.views = respell_views(views);
    if (st->coded.views != 0)
        st->steps |= 1u << VIEW_CLEAN; /* in which runs are read */
    escaped_reset(st);
    extents_want(st, views);
    *ret_st = st;
    return OK;
}

void stream_free(struct stream *st)
{
    if (st == NULL)
        return;
    sides_close(st);
    respell_free(&st->respell);
    buf_free(&st->text);
    free(st->pending.list);
    free(st->drops.list);
    free(st->edits.list);
    free(st->report.list);
    free(st->restored.list);
    buf_wipe_free(&st->values);
    free(st);
}

/* --- Searching one lane. */

static struct str text_upto(const struct stream *st, uint64_t to)
{
    return (struct str){st->text.ptr, (size_t)(to - st->base)};
}

/* Where a lane that found nothing final at `start` is worth a look again. */
static uint64_t back_off(const struct stream *st, uint64_t start)
{
    return st->v + (st->v - start) / 8 + 1;
}

static enum err search_rule(struct stream *st, struct lane *l, bool open)
{
    const struct rule *r = &st->rs->list[l->rule];
    struct search s = {.rule = r,
                       .text = text_upto(st, st->v),
                       .known = st->at.known,
                       .rules = st->rs,
                       .places = &st->at,
                       .place_count = 1,
                       .tally = &l->tally,
                       .open = open,
                       .streamed = true};
    enum hit hit = HIT_NONE;
    size_t start, end;
    enum err e;

    s.cursor = (size_t)(l->cursor - st->base);
    if ((e = rules_code(st->rs, r, CODE_STREAM, &s.code)))
        return e;
    for (;;) {
        struct found one = {.f = {.rule = r}};

        if ((e = search_next(&s, st->sc, &hit, &start, &end)))
            return e;
        if (hit != HIT_MATCH)
            break;
        one.f.start = st->base + start;
        one.f.end = st->base + end;
        one.f.chain = s.chain;
        one.f.about = s.about;
        finding_print(st->sc, str_head(str_skip(s.text, start), end - start),
                      &one.f);
        one.action = rules_action(st->rs, r);
        if ((e = found_add(st, one)))
            return e;
    }
    l->cursor = st->base + s.cursor;
    l->next = hit == HIT_PARTIAL ? back_off(st, l->cursor) : 0;
    return OK;
}

/* Only an end that lies behind the place of the cap ends the dropping. */
static enum err search_end(struct stream *st, struct lane *l, bool open)
{
    const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(st->sc->mdata);
    const struct code *code;
    enum hit hit = HIT_NONE;
    enum err e;

    if ((e = rules_code(st->rs, &st->rs->list[l->rule], CODE_STREAM, &code)))
        return e;
    while (code->end != NULL && l->ending < st->v) {
        if ((e = pattern_run(code->end, st->sc, text_upto(st, st->v),
                             (size_t)(l->ending - st->base), open, &hit)))
            return e;
        if (hit == HIT_NONE)
            break;
        l->ending = st->base + ov[0];
        if (hit == HIT_PARTIAL) {
            l->cursor = l->ending > l->dropped ? l->ending : l->dropped;
            l->next = back_off(st, l->ending);
            return OK;
        }
        l->ending = st->base + ov[1];
        if (l->ending > l->dropped) {
            l->cursor = l->ending;
            l->dropping = false;
            return OK;
        }
    }
    l->ending = l->cursor = st->v;
    l->next = 0;
    return OK;
}

static enum err lane_search(struct stream *st, struct lane *l, bool open)
{
    enum err e;

    if (l->dropping) {
        if ((e = search_end(st, l, open)) || l->dropping)
            return e;
        drop_close(st, &st->rs->list[l->rule], l->cursor);
    }
    return search_rule(st, l, open);
}

/* --- Caps. */

/* How far back the lane's open match, or open end pattern, begins. */
static uint64_t lane_open(const struct lane *l)
{
    return l->dropping ? l->ending : l->cursor;
}

/* The lane holds max_hold bytes at a stop: it must let go. */
static enum err lane_cap(struct stream *st, struct lane *l)
{
    const struct rule *r = &st->rs->list[l->rule];
    struct found one = {.f = {.rule = r, .start = l->cursor, .end = st->v},
                        .action = ACTION_LOG};
    enum err e;

    finding_print(
        st->sc, str_skip(text_upto(st, st->v), (size_t)(l->cursor - st->base)),
        &one.f);
    l->next = 0;
    if (l->dropping) { /* an end pattern without end is none */
        l->ending = l->cursor = st->v;
        return OK;
    }
    l->cursor = st->v;
    if (r->on_hold_full == HOLD_RELEASE)
        return OK;
    if (rules_action(st->rs, r) >= ACTION_REDACT)
        one.action =
            r->on_hold_full == HOLD_BLOCK ? ACTION_BLOCK : ACTION_REDACT;
    if ((e = found_add(st, one)) || one.action != ACTION_REDACT)
        return e;
    if ((e = drop_open(st, r)))
        return e;
    l->dropping = true;
    l->dropped = st->v;
    l->ending = one.f.start;
    return search_end(st, l, true);
}

/* The next stop at or behind an offset. */
static uint64_t stop_behind(const struct stream *st, uint64_t at)
{
    uint64_t step = LIM_HOLD_STEP;

    return st->origin + (at - st->origin + step - 1) / step * step;
}

/*
 * The first place where a lane could have to give up: one with an open match
 * where that is max_hold long, any other max_hold behind a keyword, or a
 * run, that may have begun in the text seen so far.
 */
static uint64_t stop_next(const struct stream *st)
{
    uint64_t step = LIM_HOLD_STEP;
    uint64_t stop = stop_behind(st, st->safe + LIM_HOLD_CHAIN);
    uint64_t least = stop_behind(st, st->end + 1);
    uint64_t depth = trie_depth(st->trie) + st->rs->run_most + TOKEN_MOST + 1;
    uint64_t first = st->v - st->origin > depth ? st->v - depth : st->origin;
    uint64_t fresh =
        st->origin + (first + st->min_hold - st->origin) / step * step;

    stop = fresh < stop ? fresh : stop;
    EACH_AWAKE(st, i)
    {
        const struct lane *l = &st->lanes[i];
        uint64_t at = stop_behind(st, lane_open(l) + l->max_hold);

        stop = at < stop ? at : stop;
    }
    return stop > least ? stop : least;
}

/* Drop text that no lane, no lookbehind, no `near` and nothing that is held as
 * a whole needs any more. */
static void trim(struct stream *st)
{
    uint64_t whole, keep = st->safe;
    size_t n;

    if (keep < st->base + 4 * st->context)
        return; /* not worth moving the rest */
    whole = extents_start(st);
    whole = st->coded.start < whole ? st->coded.start : whole;
    keep = whole < keep ? whole : keep;
    EACH_AWAKE(st, i)
    {
        uint64_t open = lane_open(&st->lanes[i]);

        keep = open < keep ? open : keep;
    }
    if (keep < st->base + 4 * st->context)
        return;
    n = (size_t)(keep - st->base) - st->context;
    while (((unsigned char)st->text.ptr[n] & 0xc0) == 0x80)
        n--;
    buf_drop(&st->text, n);
    st->base += n;
}

/* --- The loop. */

static void lane_rest(struct stream *st, size_t i)
{
    const struct lane *l = &st->lanes[i];

    if (!l->dropping && may_sleep(st, l) &&
        (l->cursor == st->v ||
         ((l->token || st->rs->runs[l->rule].before != RUN_NONE) &&
          l->cursor >= l->seen)))
        set_awake(st, i, false);
}

/*
 * Search the lanes that are due; at a stop those that may have to give up,
 * and with `all` every one.
 */
enum err search_lanes(struct stream *st, bool at_stop, bool all)
{
    enum err e;

    EACH_AWAKE(st, i)
    {
        struct lane *l = &st->lanes[i];
        bool full = at_stop && st->end - lane_open(l) >= l->max_hold;

        if (!full && !all && st->v < l->next)
            continue;
        if ((e = lane_search(st, l, true)))
            return e;
        if (at_stop && st->end - lane_open(l) >= l->max_hold &&
            (e = lane_cap(st, l)))
            return e;
        lane_rest(st, i);
    }
    return OK;
}

static enum err let_go_own(struct stream *st, struct decided own)
{
    struct decided known = known_rest(st, own);

    st->rest = known.acts;
    known = known_word(st, known);
    if (st->up == NULL)
        return release(st, known);
    st->safe = known.acts > st->safe ? known.acts : st->safe;
    st->told = known.all > st->told ? known.all : st->told;
    side_told(st->side);
    return OK;
}

enum err let_go(struct stream *st)
{
    return let_go_own(st, known_own(st));
}

enum err stream_read(struct stream *st, uint64_t to)
{
    enum err e = respell_look(st, to);

    if (e)
        return e;
    feed_trie(st, to);
    feed_tokens(st, to);
    feed_marks(st, to);
    e = letters_read(st, to);
    st->v = to;
    return e;
}

/* The text that can be read, all of it with `last`: views begin in it. */
static enum err read_more(struct stream *st, bool last)
{
    uint64_t v = st->end - utf8_tail(buf_str(&st->text));
    enum err e;

    if (!last)
        v = sides_upto(st, v);
    if ((e = escaped_look(st, &v, last)))
        return e;
    return stream_read(st, v);
}

/* Views end that are the text again. */
static void rest(struct stream *st)
{
    struct sides *all = st->sides;

    escaped_rest(st);
    sides_rest(st);
    respell_rest(st);
    while (all->count > 0 && all->list[all->count - 1].st == NULL)
        all->count--;
}

/* The text grew up to `end`: search, release, forget. */
static enum err advance(struct stream *st)
{
    bool at_stop = (st->end - st->origin) % LIM_HOLD_STEP == 0;
    struct decided own;
    enum err e;

    if ((e = read_more(st, false)) || (e = search_lanes(st, at_stop, false)) ||
        (e = feed_coded(st)) || (e = feed_extents(st, false)))
        return e;
    own = known_own(st);
    if ((st->sides != NULL && (e = sides_feed(st, own.acts))) ||
        (e = let_go_own(st, own)) || st->blocked)
        return e;
    if (st->sides != NULL)
        rest(st);
    if (at_stop && st->end - st->safe >= LIM_HOLD_CHAIN) {
        if ((e = search_lanes(st, at_stop, true)) ||
            (st->sides != NULL &&
             ((e = sides_settle(st)) || (e = sides_search(st)))) ||
            (e = let_go(st)) || st->blocked)
            return e;
        if (st->end - st->safe >= LIM_HOLD_CHAIN)
            return E_LIMIT;
    }
    if (st->end >= st->stop)
        st->stop = stop_next(st);
    trim(st);
    return OK;
}

/*
 * While a word or a tag is held from `safe` on and goes on, nothing can leave:
 * what comes of it is read when there is MUCH, or something else may be. That
 * is as if it had come at once.
 */
#define MUCH 64 /* bytes */

static bool may_wait(const struct stream *st)
{
    return st->up == NULL && st->end < st->stop && st->end - st->v < MUCH &&
           (coded_waits(st) || extents_wait(st) || sides_wait(st));
}

static enum err catch_up(struct stream *st)
{
    if (!st->waits)
        return OK;
    st->waits = false;
    return advance(st);
}

/* An error is final. Edits of what it kept from being safe are taken back. */
static enum err stream_fail(struct stream *st, enum err e)
{
    st->failed = e;
    while (e && !st->blocked && st->edits.count > st->edits.taken &&
           st->edits.list[st->edits.count - 1].end > st->safe)
        st->edits.count--;
    return e;
}

/* Up to the next stop, and up to where views have to begin: then they do. */
static enum err next_piece(struct stream *st, struct str more,
                           struct str *ret_piece)
{
    struct str piece = str_head(more, (size_t)(st->stop - st->end));
    unsigned open;
    enum err e;

    *ret_piece = (struct str){0};
    if (st->sided && (e = clean_rest(st, piece)))
        return e;
    while (st->steps != 0 && !st->sided) {
        size_t plain = sides_plain(st, piece, &open);

        if (plain != 0) {
            piece = str_head(piece, plain);
            break;
        }
        if ((e = catch_up(st)) || st->blocked)
            return e;
        if ((e = search_lanes(st, false, true)) || (e = sides_open(st, open)))
            return e;
    }
    *ret_piece = piece;
    return OK;
}

enum err stream_grow(struct stream *st, struct str more)
{
    enum err e;

    if (st->stop == 0)
        st->stop = stop_next(st);
    while (more.len != 0 && !st->blocked) {
        struct str piece;

        if ((e = next_piece(st, more, &piece)) ||
            (e = buf_add(&st->text, piece)))
            return e;
        st->end += piece.len;
        st->waits = true;
        if (!may_wait(st) && (e = catch_up(st)))
            return e;
        more = str_skip(more, piece.len);
    }
    return OK;
}

enum err stream_take(struct stream *st, struct str more)
{
    if (!st->failed)
        (void)stream_fail(st, stream_grow(st, more));
    return st->failed;
}

enum err stream_last(struct stream *st)
{
    enum err e;

    if (utf8_tail(buf_str(&st->text)) != 0)
        return E_SYNTAX;
    if ((e = read_more(st, true)) || (e = respell_last(st)))
        return e;
    feed_last(st);
    feed_marks_last(st);
    EACH_AWAKE(st, i)
    {
        if ((e = lane_search(st, &st->lanes[i], false)))
            return e;
    }
    if ((e = feed_coded(st)) || (e = feed_coded_last(st)))
        return e;
    return feed_extents(st, true);
}

/* Everything is decided, no lane is open any more. */
static enum err finish(struct stream *st)
{
    enum err e;

    if ((e = catch_up(st)) || st->blocked || (e = stream_last(st)) ||
        (st->sides != NULL && (e = sides_last(st))))
        return e;
    return release(st, (struct decided){st->v, st->v});
}

static enum err end_text(struct stream *st, bool goes_on)
{
    if (st->failed || st->blocked)
        return st->failed;
    if (stream_fail(st, finish(st)) || st->blocked)
        return st->failed;
    sides_close(st);
    st->respelled &= goes_on;
    escaped_reset(st);
    buf_clear(&st->text);
    st->base = st->origin = st->v = st->end;
    st->stop = 0;
    st->walk_count = 0;
    st->token.at = NEVER;
    coded_reset(st);
    extents_reset(st);
    respell_reset(st);
    st->letters = (struct letters_seen){.of.chars = st->sc->chars, .at = st->v};
    st->drops.count = 0;
    st->score = (struct score){0};
    st->findings = 0;
    for (size_t i = 0; i < st->lane_count; i++)
        lane_reset(st, i);
    return OK;
}

enum err stream_flush(struct stream *st)
{
    return end_text(st, false);
}

enum err stream_rest(struct stream *st)
{
    return end_text(st, true);
}

/* Has a lane of it, or of one of its views, something in mind? */
static bool lanes_mind(const struct stream *st)
{
    for (size_t i = 0; i < st->lane_count; i++)
        if (st->lanes[i].dropping || st->lanes[i].tally.words != 0)
            return true;
    /* Views of views: LIM_VIEW_DEPTH of escapes, and few of others. */
    for (size_t i = 0; st->sides != NULL && i < st->sides->count; i++)
        if (st->sides->list[i].st != NULL && lanes_mind(st->sides->list[i].st))
            return true;
    return false;
}

static enum err settle(struct stream *st)
{
    enum err e = catch_up(st);

    return e || st->blocked || st->sides == NULL ? e : sides_settle(st);
}

bool stream_minds(struct stream *st)
{
    if (!st->failed && !st->blocked)
        (void)stream_fail(st, settle(st));
    return (st->counts && st->score.count != 0) || extents_mind(st) ||
           lanes_mind(st);
}

uint64_t stream_safe(const struct stream *st)
{
    return st->safe;
}

uint64_t stream_end(const struct stream *st)
{
    return st->end;
}

bool stream_next(struct stream *st, struct stream_edit *ret_edit)
{
    if (st->edits.taken == st->edits.count)
        return false;
    *ret_edit = st->edits.list[st->edits.taken++];
    if (ret_edit->action == ACTION_PSEUDONYM)
        ret_edit->put = str_at(buf_str(&st->values), ret_edit->value);
    return true;
}

bool stream_capped(struct stream *st)
{
    bool capped = st->capped;

    st->capped = false;
    return capped;
}

bool stream_finding(struct stream *st, struct finding *ret_finding)
{
    if (st->report.taken == st->report.count) {
        st->report.taken = st->report.count = 0;
        return false;
    }
    *ret_finding = st->report.list[st->report.taken++];
    return true;
}
