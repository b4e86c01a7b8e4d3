#include "rules/inside.h"

#include "detect/canary.h"
#include "detect/linear.h"
#include "detect/host.h"
#include "detect/link.h"
#include "detect/unseen.h"

/*
 * The detectors, each a row: its name, its options, what it begins with, and
 * how it looks for the next thing. The looking itself is in detect/.
 */

/* What a detector answers: see search_next. *cursor is where to go on. */
struct answer {
    enum hit hit;
    size_t start, end, cursor;
    struct chain chain;     /* how it is written, if not as it is */
    struct own_about about; /* whose it is, of the process' own   */
};

struct row {
    struct str name;
    const struct detector_option *options;
    size_t option_count;
    size_t (*begins)(const struct str **ret_list); /* keywords, or NULL */
    bool alone, whole, wide;
    bool (*ready)(const struct known *known);
    enum err (*find)(const struct search *s, struct answer *ret);
};

/* --- What was planted. */

static bool canary_ready(const struct known *known)
{
    return known != NULL && known->canary.len > 0;
}

static enum err canary_next(const struct search *s, struct answer *ret)
{
    struct canary_hit hit;

    canary_find(s->known->canary, s->text, s->cursor, s->open, &hit);
    *ret = (struct answer){
        .hit = hit.found                  ? HIT_MATCH
               : hit.cursor < s->text.len ? HIT_PARTIAL
                                          : HIT_NONE,
        .start = hit.start,
        .end = hit.end,
        .cursor = hit.cursor,
    };
    return OK;
}

/* --- The system prompt. */

enum {
    PROMPT_RUN,     /* words of one run, or ...                         */
    PROMPT_HITS,    /* so many runs, or ...                             */
    PROMPT_WORDS,   /* words of all runs, or ...                        */
    PROMPT_PERCENT, /* that share of the prompt's words, and ...        */
    PROMPT_LEAST,   /* at least so many                                 */
};

#define PROMPT_HIT 8 /* words; a shorter run is a coincidence */

static const struct detector_option prompt_options[] = {
    [PROMPT_RUN] = {STR_INIT("run"), PROMPT_HIT, 10000, 0},
    [PROMPT_HITS] = {STR_INIT("hits"), 1, 10000, 0},
    [PROMPT_WORDS] = {STR_INIT("words"), PROMPT_HIT, 10000, 0},
    [PROMPT_PERCENT] = {STR_INIT("percent"), 1, 100, 0},
    [PROMPT_LEAST] = {STR_INIT("least"), 1, 10000, 1},
};

static bool prompt_ready(const struct known *known)
{
    return known != NULL && known->prompt != NULL;
}

static bool reaches(uint32_t have, uint32_t option)
{
    return option != 0 && have >= option;
}

/* Is a run of so many words, with those before it, what the rule looks for? */
static bool prompt_leaks(const struct search *s, uint32_t words)
{
    const uint32_t *options = s->rule->options;
    uint64_t share =
        (uint64_t)s->tally->words * 100 / shingles_words(s->known->prompt);

    return reaches(words, options[PROMPT_RUN]) ||
           reaches(s->tally->hits, options[PROMPT_HITS]) ||
           reaches(s->tally->words, options[PROMPT_WORDS]) ||
           (reaches((uint32_t)share, options[PROMPT_PERCENT]) &&
            s->tally->words >= options[PROMPT_LEAST]);
}

static enum err prompt_find(const struct search *s, struct answer *ret)
{
    struct shingle_run run = {.cursor = s->cursor};
    uint32_t words, fresh;
    enum err e;

    do {
        if ((e = shingles_find(s->known->prompt, s->text, run.cursor, s->open,
                               &run)))
            return e;
        ret->cursor = run.cursor;
        ret->hit = run.cursor < s->text.len ? HIT_PARTIAL : HIT_NONE;
        if (!run.found)
            return OK;
        words =
            shingles_count(s->known->prompt, &run, &s->tally->covered, &fresh);
        s->tally->hits += fresh >= PROMPT_HIT;
        s->tally->words += fresh;
    } while (words < PROMPT_HIT || !prompt_leaks(s, words));
    ret->hit = HIT_MATCH;
    ret->start = run.start;
    ret->end = run.end;
    return OK;
}

/* --- Links. */

enum {
    LINK_DATA /* bytes of data that the URL carries, at least */
};

static const struct detector_option link_options[] = {
    [LINK_DATA] = {STR_INIT("data"), 0, 10000, 24},
};

static bool link_ready(const struct known *known)
{
    (void)known; /* without a list no host is allowed */
    return true;
}

static bool link_counts(const struct search *s, const struct link *l)
{
    char name[HOST_MOST];
    size_t n;

    if (link_data(l) < s->rule->options[LINK_DATA])
        return false;
    if (s->known == NULL || s->known->links.len == 0 || l->odd)
        return true;
    n = host_canonical(l->host, name);
    return n == 0 || !host_allowed((struct str){name, n}, s->known->links);
}

static enum err link_next(const struct search *s, enum link_kind kind,
                          struct answer *ret)
{
    struct link l = {.cursor = s->cursor};
    enum err e;

    do {
        link_find(s->text, l.cursor, s->open, &l);
        if ((e = steps_take(s->sc, STEPS_LINK * (uint64_t)l.tried)))
            return e;
        ret->cursor = l.cursor;
        ret->hit = l.cursor < s->text.len ? HIT_PARTIAL : HIT_NONE;
        if (!l.found)
            return OK;
    } while (l.kind != kind || !link_counts(s, &l));
    ret->hit = HIT_MATCH;
    ret->start = l.start;
    ret->end = l.end;
    return OK;
}

static enum err image_find(const struct search *s, struct answer *ret)
{
    return link_next(s, LINK_LOADED, ret);
}

static enum err link_find_one(const struct search *s, struct answer *ret)
{
    return link_next(s, LINK_CLICKED, ret);
}

/* --- The process' own secrets. */

static bool own_ready_for(const struct known *known)
{
    return known != NULL && known->own != NULL && !own_empty(known->own);
}

/* How it was written is a view that nobody had to make. */
static struct chain chain_of(enum spelling s)
{
    struct chain c = {{0}};

    if (s == SPELL_REVERSED || s == SPELL_HEX_REVERSED ||
        (s >= SPELL_BASE64_REVERSED_0 && s <= SPELL_BASE64_REVERSED_2))
        chain_add(&c, VIEW_REVERSED);
    if (s == SPELL_HEX || s == SPELL_HEX_REVERSED)
        chain_add(&c, VIEW_HEX);
    else if (s >= SPELL_BASE64_0 && s <= SPELL_BASE64_REVERSED_2)
        chain_add(&c, VIEW_BASE64);
    else if (s >= SPELL_PERCENT && s <= SPELL_PERCENT_JS)
        chain_add(&c, VIEW_PERCENT);
    else if (s == SPELL_ROT13)
        chain_add(&c, VIEW_ROT13);
    else if (s >= SPELL_BASE32_0 && s <= SPELL_BASE32_4)
        chain_add(&c, VIEW_BASE32);
    else if (s >= SPELL_UTF16_0)
        chain_add(&c, VIEW_BASE64);
    return c;
}

/* What a stream may let go must be known at once. */
static void own_goes_on(const struct search *s, struct answer *ret)
{
    struct own_open one;

    own_open_find(s->sc->own, s->known->own, s->text, s->cursor, s->open, &one);
    *ret = (struct answer){
        .hit = one.found                  ? HIT_MATCH
               : one.cursor < s->text.len ? HIT_PARTIAL
                                          : HIT_NONE,
        .start = one.start,
        .end = one.end,
        .cursor = one.cursor,
        .chain = one.found ? chain_of(one.spelling) : (struct chain){{0}},
        .about = one.about,
    };
}

/* All of a whole text is searched when its first is asked for. */
static enum err own_find(const struct search *s, struct answer *ret)
{
    struct scratch *sc = s->sc;
    const struct own_hit *hit;
    enum err e;

    if (sc->own == NULL) {
        if ((e = own_search_new(&sc->own)))
            return e;
        own_search_want(sc->own, sc->in_parts);
    }
    if (s->streamed) {
        own_goes_on(s, ret);
        return OK;
    }
    if (s->cursor == 0 &&
        (e = own_search_text(sc->own, s->known->own, s->text)))
        return e;
    hit = own_search_hit(sc->own, s->cursor);
    ret->hit = hit != NULL ? HIT_MATCH : HIT_NONE;
    ret->cursor = s->text.len;
    if (hit != NULL) {
        ret->start = hit->start;
        ret->end = ret->cursor = hit->end;
        ret->chain = chain_of(hit->spelling);
        ret->about = hit->about;
    }
    return OK;
}

/* --- What was learned. */

static const struct detector_option linear_options[] = {
    {STR_INIT("threshold"), 1, LINEAR_MOST, 1000},
};

static bool linear_ready(const struct known *known)
{
    (void)known; /* it has a model, or it was not loaded */
    return true;
}

static enum err linear_find(const struct search *s, struct answer *ret)
{
    struct linear_window win;
    struct linear_walk walk;
    struct linear model;
    enum err e;

    if ((e = linear_load(s->rule->model, &model)))
        return e;
    linear_walk_init(&walk, s->text, s->cursor);
    ret->hit = HIT_NONE;
    ret->cursor = s->text.len;
    while (linear_next(&walk, &win)) {
        if (!win.judged || linear_score(&model, &win) < s->rule->options[0])
            continue;
        ret->hit = HIT_MATCH;
        ret->start = win.start;
        ret->end = ret->cursor = win.end;
        return OK;
    }
    return OK;
}

/* --- What is there and not seen, or not seen as it is. */

enum {
    UNSEEN_LEAST /* characters, letters */
};

static const struct detector_option hidden_run_options[] = {
    [UNSEEN_LEAST] = {STR_INIT("least"), 8, 10000, 8},
};
static const struct detector_option zalgo_options[] = {
    [UNSEEN_LEAST] = {STR_INIT("least"), 1, 10000, 5},
};

static bool always_ready(const struct known *known)
{
    (void)known;
    return true;
}

static enum err unseen_answer(const struct search *s, const struct unseen *u,
                              struct answer *ret)
{
    *ret = (struct answer){
        .hit = u->found                  ? HIT_MATCH
               : u->cursor < s->text.len ? HIT_PARTIAL
                                         : HIT_NONE,
        .start = u->start,
        .end = u->end,
        .cursor = u->cursor,
    };
    return OK;
}

static enum err hidden_run_find(const struct search *s, struct answer *ret)
{
    struct unseen u;

    unseen_run(s->text, s->cursor, s->open, s->rule->options[UNSEEN_LEAST], &u);
    return unseen_answer(s, &u, ret);
}

static enum err bidi_find(const struct search *s, struct answer *ret)
{
    struct unseen u;

    unseen_order(s->text, s->cursor, s->open, &u);
    return unseen_answer(s, &u, ret);
}

static enum err zalgo_find(const struct search *s, struct answer *ret)
{
    struct unseen u;

    unseen_marks(s->text, s->cursor, s->rule->options[UNSEEN_LEAST], &u);
    return unseen_answer(s, &u, ret);
}

/* --- The table. */

static const struct row rows[DETECTOR_COUNT] = {
    [DETECTOR_CANARY] = {.name = STR_INIT("canary"),
                         .ready = canary_ready,
                         .find = canary_next},
    [DETECTOR_PROMPT] = {.name = STR_INIT("prompt"),
                         .options = prompt_options,
                         .option_count = ARRAY_LEN(prompt_options),
                         .ready = prompt_ready,
                         .find = prompt_find},
    [DETECTOR_LINEAR] = {.name = STR_INIT("linear"),
                         .options = linear_options,
                         .option_count = ARRAY_LEN(linear_options),
                         .alone = true,
                         .whole = true,
                         .ready = linear_ready,
                         .find = linear_find},
    [DETECTOR_IMAGE] = {.name = STR_INIT("image"),
                        .options = link_options,
                        .option_count = ARRAY_LEN(link_options),
                        .begins = link_begins,
                        .alone = true,
                        .ready = link_ready,
                        .find = image_find},
    [DETECTOR_LINK] = {.name = STR_INIT("link"),
                       .options = link_options,
                       .option_count = ARRAY_LEN(link_options),
                       .begins = link_begins,
                       .alone = true,
                       .ready = link_ready,
                       .find = link_find_one},
    [DETECTOR_OWN] = {.name = STR_INIT("own-secrets"),
                      .ready = own_ready_for,
                      .find = own_find},
    [DETECTOR_HIDDEN_RUN] = {.name = STR_INIT("hidden-run"),
                             .options = hidden_run_options,
                             .option_count = ARRAY_LEN(hidden_run_options),
                             .begins = unseen_run_begins,
                             .alone = true,
                             .ready = always_ready,
                             .find = hidden_run_find},
    [DETECTOR_BIDI] = {.name = STR_INIT("bidi"),
                       .begins = unseen_order_begins,
                       .alone = true,
                       .ready = always_ready,
                       .find = bidi_find},
    [DETECTOR_ZALGO] = {.name = STR_INIT("zalgo"),
                        .options = zalgo_options,
                        .option_count = ARRAY_LEN(zalgo_options),
                        .alone = true,
                        .whole = true,
                        .wide = true,
                        .ready = always_ready,
                        .find = zalgo_find},
};

struct str detector_name(enum detector d)
{
    return rows[d].name;
}

bool detector_from(struct str name, enum detector *ret_d)
{
    for (size_t i = 1; i < DETECTOR_COUNT; i++)
        if (str_eq(name, rows[i].name)) {
            *ret_d = (enum detector)i;
            return true;
        }
    return false;
}

size_t detector_options(enum detector d, const struct detector_option **ret)
{
    *ret = rows[d].options;
    return rows[d].option_count;
}

size_t detector_keywords(enum detector d, const struct str **ret_list)
{
    return rows[d].begins == NULL ? 0 : rows[d].begins(ret_list);
}

bool detector_alone(enum detector d)
{
    return rows[d].alone;
}

bool detector_whole(enum detector d)
{
    return rows[d].whole;
}

bool detector_wide(enum detector d)
{
    return rows[d].wide;
}

bool detector_ready(const struct rule *r, const struct known *known)
{
    return r->detector == DETECTOR_PATTERN || rows[r->detector].ready(known);
}

/* The next one that passes the rule's checks; a.hit says if there is one. */
static enum err find_next(struct search *s, struct scratch *sc,
                          struct answer *a)
{
    bool yes;
    enum err e;

    while (s->cursor < s->text.len) {
        if ((e = rows[s->rule->detector].find(s, a)))
            return e;
        s->cursor = a->cursor;
        if (a->hit != HIT_MATCH)
            return OK;
        if ((e = passes(s, sc,
                        (struct str){s->text.ptr + a->start, a->end - a->start},
                        &yes)) ||
            yes)
            return e;
    }
    a->hit = HIT_NONE;
    return OK;
}

enum err detector_next(struct search *s, struct scratch *sc, enum hit *ret_hit,
                       size_t *ret_start, size_t *ret_end)
{
    struct answer a = {.hit = HIT_NONE};
    enum err e;

    s->sc = sc;
    if (!detector_ready(s->rule, s->known))
        s->cursor = s->text.len;
    if ((e = find_next(s, sc, &a)))
        return e;
    *ret_hit = a.hit;
    if (a.hit == HIT_MATCH) {
        *ret_start = a.start;
        *ret_end = a.end;
        s->chain = a.chain;
        s->about = a.about;
    }
    return OK;
}
