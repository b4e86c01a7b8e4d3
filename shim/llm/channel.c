#include "llm/channel.h"

#include <stdlib.h>

#include "base/limits.h"
#include "rules/rule.h"

/*
 * JSON in strings, cut anywhere:
 *
 *   outer   {"a":"x\n      y"}
 *   runs    sssssssteeSSS..            s structure  t text  e escape
 *   text          "x" LF "y"           one text for each string
 *
 * A number may be text only as a whole: it is kept aside until its end is seen,
 * and is then a text if it is long, else structure.
 *
 * An escape that is not complete belongs to no run: outer_done stands before
 * it, so the event that holds its beginning waits. Where the bytes are no JSON,
 * the open string's text ends, and all bytes from the first that does not fit
 * (a bad escape: from its backslash) on are one plain text. nested.c cuts whole
 * strings in the same way.
 */

/* A value is not left behind in memory. */
static void edit_free(struct chan_edit *edit)
{
    if (edit->own != NULL)
        explicit_bzero(edit->own, edit->put.len);
    free(edit->own);
    edit->own = NULL;
}

void channel_free(struct channel *c)
{
    if (c == NULL)
        return;
    for (size_t i = c->first_edit; i < c->edit_count; i++)
        edit_free(&c->edits[i]);
    stream_free(c->stream);
    buf_wipe_free(&c->said);
    buf_wipe_free(&c->past);
    free(c->keys);
    free(c->runs);
    free(c->edits);
    free(c);
}

enum err channel_new(const struct rules *rules, struct scratch *sc,
                     const struct scope *scope, const struct pattern *how,
                     struct channel **ret_c)
{
    struct channel *c = calloc(1, sizeof(*c));
    enum err e;

    if (c == NULL)
        return E_NOMEM;
    c->scope = *scope;
    c->json = how != NULL && how->json;
    c->repeat = how != NULL && how->repeat;
    c->can_rest = !c->json && !c->repeat;
    buf_init(&c->said, LIM_EVENT);
    buf_init(&c->past, LIM_HELD_RAW);
    e = stream_new(rules, sc, &c->scope, &c->stream);
    if (e) {
        free(c);
        return e;
    }
    *ret_c = c;
    return OK;
}

enum err channel_keys(struct channel *c, const struct view_key *keys, size_t n)
{
    struct view_key *more;

    if (n <= c->key_count)
        return OK;
    more = realloc(c->keys, n * sizeof(*keys));
    if (more == NULL)
        return E_NOMEM;
    memcpy(more, keys, n * sizeof(*keys));
    c->keys = more;
    c->key_count = n;
    return OK;
}

/* ---- Taking ------------------------------------------------------------- */

/* A run behind the last one; plain ones and structure grow. */
static enum err run_add(struct channel *c, size_t outer_len, size_t text_len,
                        bool number)
{
    struct run *last = NULL, *more;
    uint64_t text = stream_end(c->stream);
    size_t cap;

    if (c->run_count > c->first_run)
        last = &c->runs[c->run_count - 1];
    if (last != NULL && last->outer_len < 1u << 30 && !number &&
        !last->number &&
        ((text_len == 0 && last->text_len == 0) ||
         (text_len == outer_len && last->text_len == last->outer_len))) {
        last->outer_len += (uint32_t)outer_len;
        last->text_len += (uint32_t)text_len;
        c->outer_done += outer_len;
        return OK;
    }
    if (c->run_count == c->run_cap && c->first_run > c->run_cap / 2) {
        c->run_count -= c->first_run;
        memmove(c->runs, c->runs + c->first_run,
                c->run_count * sizeof(*c->runs));
        c->first_run = 0;
    }
    if (c->run_count == c->run_cap) {
        cap = c->run_cap == 0 ? 16 : c->run_cap * 2;
        more = realloc(c->runs, cap * sizeof(*more));
        if (more == NULL)
            return E_NOMEM;
        c->runs = more;
        c->run_cap = cap;
    }
    c->runs[c->run_count++] = (struct run){
        .outer = c->outer_done,
        .text = text,
        .outer_len = (uint32_t)outer_len,
        .text_len = (uint32_t)text_len,
        .number = number,
    };
    c->outer_done += outer_len;
    return OK;
}

static enum err take_plain(struct channel *c, struct str more)
{
    enum err e;

    if (more.len == 0)
        return OK;
    if (c->json)
        if ((e = run_add(c, more.len, more.len, false)))
            return e;
    return stream_take(c->stream, more);
}

/* The number that was kept aside has ended. */
static enum err number_end(struct channel *c)
{
    struct str s = {c->number, c->number_len};
    struct span at;
    size_t pos = 0;
    enum err e;

    if (s.len == 0)
        return OK;
    c->number_len = 0;
    if (!long_number(s, &pos, &at))
        return run_add(c, s.len, 0, false);
    if ((e = run_add(c, s.len, s.len, true)))
        return e;
    if ((e = stream_take(c->stream, s)))
        return e;
    return stream_flush(c->stream);
}

/* No JSON from outer_done on: first what the reader still keeps, then rest. */
static enum err take_broken(struct channel *c, struct str rest)
{
    struct str kept = {c->inner.held, c->inner.held_len};
    enum err e;

    c->broken = true;
    if ((e = number_end(c)))
        return e;
    if ((e = stream_flush(c->stream)))
        return e;
    c->broken_from = c->outer_done;
    c->broken_to = UINT64_MAX;
    if ((e = take_plain(c, kept)))
        return e;
    return take_plain(c, rest);
}

/*
 * Bytes between strings. A number may turn out too long: *ret_taken of them are
 * taken then, with a part of it in c->number.
 */
static enum err take_structure(struct channel *c, struct str in,
                               bool *ret_too_long, size_t *ret_taken)
{
    enum err e;

    *ret_too_long = false;
    for (size_t i = 0, n; i < in.len; i += n) {
        *ret_taken = i;
        for (n = 0; i + n < in.len && number_byte(in.ptr[i + n]); n++)
            ;
        if (n > NUMBER_MAX - c->number_len) {
            *ret_too_long = true;
            return OK;
        }
        if (n > 0) {
            memcpy(c->number + c->number_len, in.ptr + i, n);
            c->number_len += n;
            continue;
        }
        if ((e = number_end(c)))
            return e;
        while (i + n < in.len && !number_byte(in.ptr[i + n]))
            n++;
        if ((e = run_add(c, n, 0, false)))
            return e;
    }
    return OK;
}

/* What was kept of a number that is too long, and all behind it, is plain. */
static enum err take_long(struct channel *c, struct str rest)
{
    struct str kept = {c->number, c->number_len};
    enum err e;

    c->broken = true;
    c->broken_from = c->outer_done;
    c->broken_to = UINT64_MAX;
    c->number_len = 0;
    if ((e = take_plain(c, kept)))
        return e;
    return take_plain(c, rest);
}

static enum err take_json(struct channel *c, struct str more)
{
    struct inner_run run;
    struct str in = more;
    enum err e;

    for (; (e = inner_next(&c->inner, &more, &run)) == OK; in = more) {
        bool too_long = false;
        size_t taken;

        if (run.kind == INNER_STRUCTURE)
            e = take_structure(c, str_head(in, run.src_len), &too_long, &taken);
        else
            e = run_add(c, run.src_len, run.text.len, false);
        if (e)
            return e;
        if (too_long)
            return take_long(c, str_skip(in, taken));
        if (run.kind == INNER_TEXT)
            e = stream_take(c->stream, run.text);
        else if (run.kind == INNER_STRING_END)
            e = stream_flush(c->stream);
        if (e)
            return e;
    }
    if (e == E_SYNTAX)
        return take_broken(c, more);
    return e == E_AGAIN ? OK : e;
}

/* ---- Resting ------------------------------------------------------------ */

/* What rules may see in front of a match, and all that the stream has not
 * decided: where a text has rested that is more than has not left. */
static void past_trim(struct channel *c)
{
    size_t keep = 2 * (size_t)LIM_PAST +
                  (size_t)(stream_end(c->stream) - stream_safe(c->stream));

    if (c->past.len <= 2 * keep)
        return;
    buf_drop(&c->past, c->past.len - keep);
    c->cut = true;
}

/* Where to begin again: with the text, or behind a blank. A word may be encoded
 * text, of which no part can be read without its beginning. */
static bool past_begin(const struct channel *c, struct str *ret_past)
{
    struct str past = buf_str(&c->past);
    size_t at = str_find_byte(str_head(past, LIM_PAST), ' ');

    *ret_past = c->cut ? str_skip(past, at) : past;
    return !c->cut || at < LIM_PAST;
}

bool channel_open(const struct channel *c)
{
    return !c->can_rest || stream_safe(c->stream) < stream_end(c->stream);
}

enum err channel_rest(struct channel *c, bool *ret_rests)
{
    struct str past;

    *ret_rests = c->can_rest && !c->rests && c->block == NULL &&
                 !stream_minds(c->stream) && past_begin(c, &past);
    if (!*ret_rests)
        return OK;
    c->dirty = true;
    c->rests = true;
    return c->cut ? stream_rest(c->stream) : stream_flush(c->stream);
}

/* The text goes on, and all before has left; what was decided by the rest was
 * edited before it did. */
static enum err wake(struct channel *c)
{
    struct str past;

    c->rests = false;
    c->rested = stream_end(c->stream) - c->again;
    if (!past_begin(c, &past))
        return E_INTERNAL;
    c->again += past.len;
    return stream_take(c->stream, past);
}

static enum err take_text(struct channel *c, struct str more)
{
    enum err e;

    if (c->rests && more.len > 0 && (e = wake(c)))
        return e;
    if (c->can_rest && (e = buf_add(&c->past, more)))
        return e;
    return take_plain(c, more);
}

enum err channel_take(struct channel *c, struct str more)
{
    if (c->block != NULL)
        return OK;
    c->dirty = true;
    c->ended = false;
    c->outer_end += more.len;
    if (c->json)
        return c->broken ? take_plain(c, more) : take_json(c, more);
    return take_text(c, more);
}

enum err channel_take_repeat(struct channel *c, struct str all)
{
    enum err e;

    if (!str_starts(all, buf_str(&c->said))) {
        if ((e = channel_end(c)))
            return e;
        buf_clear(&c->said);
    }
    all = str_skip(all, c->said.len);
    if ((e = buf_add(&c->said, all)))
        return e;
    return all.len > 0 ? channel_take(c, all) : OK;
}

enum err channel_end(struct channel *c)
{
    enum err e;

    if (c->block != NULL)
        return OK;
    c->dirty = true;
    if (c->json && !c->broken && inner_pending(&c->inner))
        if ((e = take_broken(c, STR(""))))
            return e;
    if ((e = number_end(c)))
        return e;
    if (c->broken)
        c->broken_to = c->outer_done;
    c->broken = false;
    c->ended = true;
    c->rests = c->cut = false;
    buf_empty(&c->past);
    c->inner = (struct json_inner){0};
    return stream_flush(c->stream);
}

/* ---- Draining ----------------------------------------------------------- */

/* The run that holds a text byte; all before it is dropped if told so. */
static const struct run *run_of(const struct channel *c, uint64_t text)
{
    size_t lo = c->first_run, hi = c->run_count;

    /* The last run that begins at or before it and is no structure: among
     * runs that begin at the same byte, the last one has the text. */
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if (c->runs[mid].text <= text)
            lo = mid;
        else
            hi = mid;
    }
    return &c->runs[lo];
}

/* Half a number is none: of one that an edit touches all goes. */
static void widen(const struct channel *c, uint64_t text,
                  struct chan_edit *edit)
{
    const struct run *r;

    if (!c->json || c->run_count == c->first_run)
        return;
    r = run_of(c, text);
    if (!r->number)
        return;
    edit->start = r->outer;
    edit->end = r->outer + r->outer_len;
    edit->number = true;
}

/* Where the unit that holds a text byte begins, or ends. */
static uint64_t outer_of(const struct channel *c, uint64_t text, bool end)
{
    const struct run *r;

    if (!c->json)
        return end ? text + 1 : text;
    if (c->run_count == c->first_run)
        return c->outer_done; /* not reached: undecided text has its run */
    r = run_of(c, text);
    if (r->text_len == r->outer_len)
        return r->outer + (text - r->text) + end;
    return end ? r->outer + r->outer_len : r->outer;
}

static enum err edit_add(struct channel *c, const struct chan_edit *edit)
{
    struct chan_edit *more;
    size_t cap;

    if (c->first_edit > 0 && c->first_edit == c->edit_count)
        c->first_edit = c->edit_count = 0;
    if (c->edit_count == c->edit_cap) {
        cap = c->edit_cap == 0 ? 8 : c->edit_cap * 2;
        more = realloc(c->edits, cap * sizeof(*more));
        if (more == NULL)
            return E_NOMEM;
        c->edits = more;
        c->edit_cap = cap;
    }
    c->edits[c->edit_count++] = *edit;
    return OK;
}

/* Runs that end at or before the safe places are of no more use. */
static void runs_drop(struct channel *c, uint64_t text)
{
    while (c->first_run < c->run_count) {
        const struct run *r = &c->runs[c->first_run];

        if (r->text + r->text_len > text || r->outer + r->outer_len > c->safe)
            break;
        c->first_run++;
    }
    if (c->first_run == c->run_count)
        c->first_run = c->run_count = 0;
}

/*
 * A pseudonym becomes its value. In a number's place it is all of the number,
 * and so is the value; else it stays as it is.
 */
static enum err edit_restore(struct channel *c, const struct stream_edit *edit,
                             struct chan_edit mine)
{
    uint64_t start = outer_of(c, edit->start, false);
    uint64_t end = outer_of(c, edit->end - 1, true);
    enum err e;

    if (mine.number && (mine.start != start || mine.end != end))
        return OK;
    mine.number = false;
    mine.end = end;
    mine.own = malloc(edit->put.len + 1);
    if (mine.own == NULL)
        return E_NOMEM;
    memcpy(mine.own, edit->put.ptr, edit->put.len);
    mine.put = (struct str){mine.own, edit->put.len};
    if ((e = edit_add(c, &mine)))
        edit_free(&mine);
    return e;
}

/*
 * The next edit, in text bytes. Those that lie in what the stream was fed
 * again have been made; of one that has only been begun the rest goes.
 * *ret_late: this one would change what has left.
 */
static bool next_edit(struct channel *c, struct stream_edit *ret,
                      bool *ret_late)
{
    *ret_late = false;
    while (stream_next(c->stream, ret)) {
        ret->start -= c->again;
        ret->end -= c->again;
        if (ret->start >= c->rested)
            return true;
        if (ret->action != ACTION_BLOCK &&
            (ret->end <= c->rested || ret->action == ACTION_PSEUDONYM))
            continue;
        *ret_late = ret->action != ACTION_BLOCK &&
                    (ret->start < c->gone_from || c->gone_to != c->rested);
        ret->start = c->rested;
        ret->put = (struct str){0};
        return true;
    }
    return false;
}

/* A stretch that is redacted, or cut out of what is. */
static void note_gone(struct channel *c, const struct chan_edit *edit)
{
    if (edit->start != c->gone_to)
        c->gone_from = edit->start;
    c->gone_to = edit->end;
}

bool channel_finding(struct channel *c, struct finding *ret_finding)
{
    while (stream_finding(c->stream, ret_finding)) {
        ret_finding->start -= c->again;
        ret_finding->end -= c->again;
        if (c->again == 0 || ret_finding->end > c->rested)
            return true;
    }
    return false;
}

enum err channel_drain(struct channel *c)
{
    struct stream_edit edit;
    bool late;
    uint64_t text, number = 0; /* outer end of the last number that goes */
    enum err e;

    c->dirty = false;
    if (c->block != NULL)
        return OK;
    while (next_edit(c, &edit, &late)) {
        struct chan_edit mine = {.start = outer_of(c, edit.start, false),
                                 .put = edit.put};

        widen(c, edit.start, &mine);
        mine.plain = c->broken_from <= mine.start && mine.start < c->broken_to;
        if (edit.action == ACTION_BLOCK) {
            c->block = edit.rule;
            c->block_at = c->safe = mine.start;
            return OK;
        }
        if (late)
            return E_LIMIT;
        if (edit.action == ACTION_PSEUDONYM) {
            if ((e = edit_restore(c, &edit, mine)))
                return e;
            continue;
        }
        if (mine.number && mine.end == number)
            continue;
        if (mine.number)
            number = mine.end;
        else
            mine.end = outer_of(c, edit.end - 1, true);
        note_gone(c, &mine);
        if ((e = edit_add(c, &mine)))
            return e;
    }
    text = stream_safe(c->stream);
    if (!c->json) {
        c->safe = text - c->again > c->safe ? text - c->again : c->safe;
        if (c->can_rest && !c->rests)
            past_trim(c);
        return OK;
    }
    c->safe =
        text < stream_end(c->stream) ? outer_of(c, text, false) : c->outer_done;
    runs_drop(c, text);
    return OK;
}

void channel_drop(struct channel *c, uint64_t outer)
{
    while (c->first_edit < c->edit_count &&
           c->edits[c->first_edit].end <= outer)
        edit_free(&c->edits[c->first_edit++]);
}
