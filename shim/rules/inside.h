#ifndef SP_RULES_INSIDE_H
#define SP_RULES_INSIDE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdatomic.h>

#include "detect/known.h"
#include "detect/markup.h"
#include "rules/ahead.h"
#include "rules/detector.h"
#include "rules/head.h"
#include "rules/pack.h"
#include "rules/prefilter.h"
#include "rules/rules.h"
#include "rules/tail.h"
#include "rules/token.h"
#include "rules/trie.h"

/* What the files of this room know of each other. Not for other rooms. */

/* bits_count - without the call that __builtin_popcountll is on old machines.
 */
static inline uint32_t bits_count(uint64_t x)
{
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) +
        (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (uint32_t)(x * UINT64_C(0x0101010101010101) >> 56);
}

/* guard_read - what the text of a rule's pattern says about it (lead.c). */
struct guard guard_read(const struct rule *r);
/* small_read - and of matches that begin with a small one (is_small). */
struct guard small_read(const struct rule *r);

/* is_small - a small letter or a digit, which begins no word behind a letter as
 * a capital does in userPhone. */
static inline bool is_small(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z');
}

/*
 * What a match takes in characters at the most, whatever it looks at behind it
 * among them, and what it looks at before it: so far from a keyword it begins.
 * most 0: not known. (width.c)
 */
struct width {
    uint32_t most, back; /* at most WIDTH_MOST */
};
#define WIDTH_MOST 4096u

/* width_read - what the text of a rule's pattern says. Not known of a rule
 * without keywords. */
struct width width_read(const struct rule *r);

/*
 * What stands in every match before its first keyword or, for a rule without
 * keywords that asks for digits, before its first digit: so many of these bytes
 * and nothing else. A rule that has a run may sleep on streams.
 */
struct run {
    enum {
        RUN_NONE,
        RUN_KEYWORD,
        RUN_DIGIT
    } before;
    struct guard of;      /* the bytes */
    struct guard behind;  /* no match begins behind one of these ... */
    struct guard digit;   /* ... or of these that is behind a digit: of a rule
                             that begins with a token, which has no run */
    bool whole;           /* behind holds of: it begins where they begin */
    struct guard small;   /* of a rule that is keyword_first: none begins behind
                             one of these with a small letter or a digit */
    uint32_t least, most; /* bytes; at most RUN_MOST */
    uint32_t bit;         /* its own in run_bits; 0: it does not sleep */
    struct width width;
};
#define RUN_MOST 96u

/* run_sleeps - of a rule that has a run: are keyword and run far from filling
 * what it may hold? */
static inline bool run_sleeps(const struct rule *r)
{
    return r->max_hold == 0 || r->max_hold >= SLEEP_HOLD;
}

/* run_placed - does a match begin at one place only before its keyword? */
static inline bool run_placed(const struct run *run)
{
    return run->before == RUN_KEYWORD &&
           (run->whole || run->least == run->most);
}

/* run_windowed - does it begin near one of its keywords? As run_placed, of a
 * rule that is not keyword_first and has no token. */
static inline bool run_windowed(const struct run *run)
{
    return run->width.most != 0 && !run_placed(run);
}

/*
 * run_start - where the match begins at the earliest whose run ends at `at`;
 * RUN_NOWHERE if there can be none. run_check - the same where the run is said
 * to be all from q up to `at`. (keyword.c)
 */
#define RUN_NOWHERE SIZE_MAX
size_t run_start(const struct run *run, struct str text, size_t at);
size_t run_check(const struct run *run, struct str text, size_t q, size_t at);

/* run_read - what the text of a rule's pattern says about it (lead.c). The bit
 * is left 0. RUN_NONE for a rule that is keyword_first, or where not seen. */
struct run run_read(const struct rule *r);

/*
 * front_pack - both, behind what was packed of the rule. front_unpack - the
 * reverse, of a rule that is read up to there; what the rule does not have is
 * zero. Errors as pack_u32, unpack_u32. (front.c)
 */
MUST_USE enum err front_pack(struct buf *out, const struct rule *r);
MUST_USE enum err front_unpack(struct str *in, const struct rule *r,
                               struct guard *ret_guard, struct run *ret_run);

/* The steps of a pattern, by the choices that its text has and by how often it
 * repeats one item: each time that it goes back and on in a try, and of a byte
 * that it is tried from in vain. */
struct toil {
    uint32_t turn, passed;
};

/* The compiled patterns of one rule. Immutable, shared by threads. */
struct code {
    pcre2_code *match, *end; /* end: NULL if the rule has none */
    pcre2_code **nots;
    size_t not_count;
    pcre2_code **nears;
    size_t near_count;
    pcre2_code **gates;   /* of nears that tell where a text ends: without that;
                             or NULL */
    unsigned nears_end;   /* bits of nears that do */
    unsigned nears_front; /* of those that see more of the text before them than
                             whether it ends in a word */
    struct toil toil;     /* of match */
    struct toil *toils;   /* of nears */
    struct ahead *words;  /* the same */
    struct toil needing;  /* of needs */
    struct ahead ahead;   /* of match */
    size_t slow;          /* patterns that the JIT did not take */
    bool first[256];      /* bytes a match can begin with */
    struct head head;     /* more of them, of a rule that begins with a token */
    struct tail tail;     /* of one that is tried before its keywords */
    struct keyword_index *index; /* of a rule that is keyword_first; owned */
    _Atomic(pcre2_code *) needs; /* NULL until a search asks for it */
};

struct rules {
    bool monitor;
    struct thresholds at;
    unsigned detectors;  /* bit set of those that rules have */
    size_t count, words; /* words of 64 bits that hold a bit for each rule */
    struct unpacked all; /* owned; what is borrowed below is of it */
    const char *packed;  /* what that is of; borrowed */
    struct rule *list;
    struct guard *guards;   /* of each rule; borrowed */
    struct run *runs;       /* the same */
    uint32_t run_bits[128]; /* of each byte: the runs that it is in */
    uint32_t run_most;      /* the longest */
    uint32_t *tokens;       /* rules with tokens; owned */
    size_t token_count;
    uint64_t *tokened;          /* bit set of rules that ask for a token */
    struct token_set token_all; /* what any of them asks for */
    struct exclusion *ex;
    size_t ex_count, ex_values;     /* ex_values: of them, by value        */
    _Atomic(pcre2_code *) *ex_code; /* of each, NULL until needed          */
    unsigned asked;                 /* set of what any `when` asks about   */
    /* Bit sets of the rules that look at a place, hosts not regarded. */
    uint64_t *masks;   /* [dir][role][part][words]             */
    uint64_t *unkeyed; /* those without keywords: gated by nothing */
    uint64_t *viewers; /* bit sets of the rules of each view that has a name */
    unsigned *views;   /* of each place: the views that its rules look at */
    unsigned *apart;   /* those of rules that do not look at what is decoded */
    uint64_t *listed;  /* those that are tried where keywords stand, or near
                          them, only */
    struct prefilter *prefilter;
    /* Of streams, the first of each direction; NULL until one is there. */
    _Atomic(struct trie *) tries[2];
    _Atomic(struct lookers *) lookers;
    /* Of each rule, then of each where it is tried at known places only;
     * NULL until needed. */
    _Atomic(struct code *) *code;
    atomic_size_t slow;
};

/* What a rule was tried in vain, and what is known of what it needs. */
struct vain {
    size_t failed;    /* places where it was tried in vain, */
    size_t failed_at; /* ... and the first of them          */
    size_t at, to;    /* what it needs does not begin before `at`, as far as
                         the text up to `to` tells */
};

/* How far a listed rule has come in a text. */
struct progress {
    size_t cursor;
    struct vain vain;
};

struct scratch {
    const unsigned char *key; /* of fingerprints; borrowed, may be NULL */
    pcre2_match_context *mctx;
    pcre2_match_data *mdata;
    pcre2_jit_stack *stack;
    struct own_search *own; /* made when it is first needed */
    struct str in_parts;    /* see scratch_parts            */
    struct str around;      /* of a text that is part of another: that */
    struct prefilter_hits hits;
    struct viewing *viewing;   /* owned; NULL until a view is needed */
    struct chars *chars;       /* owned; the same: scratch_chars */
    struct beside *beside;     /* owned; what is known near a match (near.c) */
    uint64_t turn;             /* number of the search that it is of */
    struct progress *progress; /* owned; of each listed rule, in one text */
    uint64_t *begun;           /* owned; bit set of the rules that have one */
    uint64_t *looking;         /* behind it; of those that look at the text */
    size_t words;              /* of each of the two */
    uint64_t *searched; /* owned; of each rule, which of all searches was its
                           last */
    uint64_t searches;  /* all, */
    uint64_t since;     /* and those before the text in work */
    uint64_t steps;     /* that the text in work may still take: steps_take */
    uint64_t taken;     /* of them, by the last one */
    uint64_t *spare;    /* see scratch_share */
};

/*
 * steps_take - so many more of those that a text and its views may take (base/
 * limits.h). E_LIMIT if there are not so many left, and for all that follow.
 * What no whole text is scanned for is not limited.
 */
#define STEPS_FREE UINT64_MAX
MUST_USE static inline enum err steps_take(struct scratch *sc, uint64_t n)
{
    if (sc->steps == STEPS_FREE)
        return OK;
    if (n > sc->steps) {
        sc->steps = 0;
        return E_LIMIT;
    }
    sc->steps -= n;
    return OK;
}

/* scratch_chars - sc->chars is there from now on. E_NOMEM. */
MUST_USE enum err scratch_chars(struct scratch *sc);

/*
 * What each takes, as fitted to 556 texts, ordinary ones as they are and
 * encoded, and to others bred to be slow: 0.4 ns for a step, of most texts 0.3
 * to 0.5, and of none that takes all it may more than that. Of views: one that
 * is looked at, and a byte of it; a piece of it that comes from one place of
 * its text, where it is looked at and where it was made (STEPS_PIECE;
 * STEPS_WORD of one that undoes what is done to words); a byte of a text of
 * which views are made, and of one that is passed for what they could be made
 * of; a byte of a character that is taken by itself; a byte beyond ASCII that
 * is normalised, and one that may look like a letter; a byte that is joined, or
 * read as leet; one that is decoded, and one that comes of it.
 *
 * Of keywords: a place where one may stand, or does as far as its bytes tell,
 * and one that is noted. Of patterns: a rule's whose search is so long ago that
 * its code has left the caches (scan.c); one that is tried (and see struct
 * toil); a byte of a value that is checked, one that is looked through for what
 * must not be in it, and a hash of one; a finding; a place where a link may
 * begin; a token that is noted, one that has the lengths of a rule, and one
 * that it is tried at; a match beside which something must stand, and a side of
 * it that is looked at.
 */
enum {
    STEPS_SCAN = 1300,
    STEPS_VIEW = 4,
    STEPS_RUN = 6,
    STEPS_PASS = 1,
    STEPS_LOOSE = 1,
    STEPS_ALONE = 29,
    STEPS_PIECE = 56,
    STEPS_WORD = 200,
    STEPS_WIDE = 6,
    STEPS_ALIKE = 6,
    STEPS_LEET = 1,
    STEPS_JOIN = 1,
    STEPS_DECODE = 1,
    STEPS_DECODED = 1,
    STEPS_PLACE = 12,
    STEPS_HIT = 10,
    STEPS_COLD = 7000,
    STEPS_VALUE = 5,
    STEPS_HASH = 3000,
    STEPS_FOUND = 130,
    STEPS_TRY = 70,
    STEPS_NOT = 55,
    STEPS_LINK = 260,
    STEPS_NOTED = 50,
    STEPS_FITTED = 4,
    STEPS_TOKEN = 9,
    STEPS_NEAR = 180,
    STEPS_LOOK = 70
};

/* rules_mask - the bit set for a place. Borrowed. */
const uint64_t *rules_mask(const struct rules *rs, const struct scope *at);

/* --- exclude.c */

/* rules_off - is the rule switched off at this place: by an exclusion, or
 * because its `when` does not hold? */
bool rules_off(const struct rules *rs, uint32_t rule, const struct scope *at);

/* asks_init - what rules and exclusions ask about. E_NOMEM. */
MUST_USE enum err asks_init(struct rules *rs);
void asks_free(struct rules *rs);

/* rules_viewing - the bit set of the rules that look at a view. Borrowed. */
static inline const uint64_t *rules_viewing(const struct rules *rs,
                                            enum view_step view)
{
    return rs->viewers + (size_t)view * rs->words;
}

/* rules_views - does a rule look at a view? */
static inline bool rules_views(const struct rules *rs, uint32_t rule,
                               enum view_step view)
{
    return (rules_viewing(rs, view)[rule / 64] >> rule % 64 & 1) != 0;
}

/* rules_views_at - all views that any rule looks at there, as bits. */
unsigned rules_views_at(const struct rules *rs, const struct scope *at);
/* rules_apart_at - those of rules that do not look at what is decoded. */
unsigned rules_apart_at(const struct rules *rs, const struct scope *at);

/* Where a text stands: it may be at several places at once. */
struct scopes {
    const struct scope *list;
    size_t count;
};

/*
 * scan_view - of the rules that look there at all views of the set, what is
 * found in one of them: not sorted, and at the view's own offsets. Errors as
 * rules_scan.
 */
MUST_USE enum err scan_view(const struct rules *rs, struct scratch *sc,
                            const struct scopes *at, unsigned views,
                            struct str text, uint32_t seg,
                            struct findings *out);

/* --- views.c */

/*
 * views_scan - all views of a text but the text itself, right behind its scan,
 * which says where numbers are (tables). What that found is out->list[first..)
 * and has what is found in the views added: at the places in the text that it
 * comes from, but for what the rule has there already. Not sorted. Errors as
 * rules_scan.
 */
MUST_USE enum err views_scan(const struct rules *rs, struct scratch *sc,
                             const struct scopes *at, unsigned views,
                             struct str text, uint32_t seg,
                             struct findings *out, size_t first);
/* views_coded - only what is encoded in the text, and the views of that. */
MUST_USE enum err views_coded(const struct rules *rs, struct scratch *sc,
                              const struct scopes *at, unsigned views,
                              struct str text, struct findings *out);
/* views_turned - only what is in a cipher or reversed in the text. */
MUST_USE enum err views_turned(const struct rules *rs, struct scratch *sc,
                               const struct scopes *at, unsigned views,
                               struct str text, struct findings *out);
/* views_unshown - only what is not shown of what has ended in the text. */
MUST_USE enum err views_unshown(const struct rules *rs, struct scratch *sc,
                                const struct scopes *at, struct str text,
                                const struct markup *ended,
                                struct findings *out);
void viewing_free(struct viewing *vw);

/* --- merge.c */

/*
 * findings_merge - the findings of a view, at their places in the text, to
 * those of the text, which are out->list[first..): without what a rule has
 * there already. found is sorted then. E_LIMIT, E_NOMEM as findings_add.
 */
MUST_USE enum err findings_merge(struct str text, struct findings *out,
                                 size_t first, struct findings *found);

/* A match that pattern matching has decided on, on its way out of a stream. */
struct found {
    struct finding f;
    enum action action; /* a cap may have another than the rule */
    bool done;          /* told, and to be forgotten                */
};

/* --- code.c */

/*
 * pattern_compile - one pattern for whole texts, with the JIT unless *ret_slow.
 * E_SYNTAX: *ret_number and *ret_at say what and where (PCRE2's); E_NOMEM.
 */
struct pattern_error {
    int number;
    size_t at;
};
MUST_USE enum err pattern_compile(struct str source, uint32_t options,
                                  pcre2_code **ret_code, bool *ret_slow,
                                  struct pattern_error *reterr_why);

/* What a rule's patterns are compiled for. */
enum code_use {
    CODE_WHOLE,  /* whole texts                                            */
    CODE_PLACED, /* the same, and tried only where a match can begin, as a
                    rule is in any case that begins with a keyword or token */
    CODE_STREAM, /* texts that may go on                                   */
    CODE_USES,
};

/* code_new - all patterns of a rule. E_INTERNAL if one does not compile. */
MUST_USE enum err code_new(const struct rule *r, enum code_use use,
                           struct code **ret_code);
void code_free(struct code *c);

/*
 * rules_code - the code of a rule, compiled if nobody did so before.
 * Errors as code_new.
 */
MUST_USE enum err rules_code(const struct rules *rs, const struct rule *r,
                             enum code_use use, const struct code **ret_code);

/* code_needs - the pattern of what the rule needs, compiled if nobody did so
 * before. Errors as code_new. */
MUST_USE enum err code_needs(const struct rule *r, const struct code *c,
                             const pcre2_code **ret_needs);

/* --- lookers.c */

/* Rules that streams of one place and of some views have lanes for. Immutable,
 * shared by threads. */
struct lookers {
    const uint64_t *place; /* rules_mask */
    unsigned views;        /* all of them look at these */
    uint64_t *mask;        /* bit set of them; owned */
    uint32_t *ranks;       /* of each word of it: the rules before it; owned */
    size_t count;
    const struct trie *trie; /* of their keywords, and of others perhaps */
    struct trie *own;        /* that, if it is of them alone; owned */
    struct lookers *next;
};

/* rules_lookers - of a place, and a set of views of which a stream looks at
 * each; made if nobody did so before. E_NOMEM. lookers_end - all are freed. */
MUST_USE enum err rules_lookers(const struct rules *rs, const struct scope *at,
                                unsigned views,
                                const struct lookers **ret_lookers);
void lookers_end(struct rules *rs);

/* --- match.c */

enum hit {
    HIT_NONE, /* nothing begins before the end of the text */
    HIT_MATCH,
    HIT_PARTIAL, /* more text decides about the match that begins here */
};

/* pattern_run - one match attempt; spans are read from sc->mdata. */
MUST_USE enum err pattern_run(const pcre2_code *code, struct scratch *sc,
                              struct str text, size_t from, bool open,
                              enum hit *ret_hit);

/* What a detector has counted in a text so far, as far as it is decided. */
struct tally {
    uint32_t hits, words;
    uint64_t covered;
};

/* A search of one rule through one text. */
struct search {
    const struct rule *rule;
    const struct known *known;  /* for a detector; may be NULL */
    const struct rules *rules;  /* for exclusions by value; NULL: none */
    const struct scope *places; /* where the text stands, for these    */
    size_t place_count;
    struct scratch *sc;     /* for a detector */
    struct chain chain;     /* of what a detector found last */
    struct own_about about; /* the same                      */
    struct tally *tally;    /* of a detector; of this rule and text */
    const struct code *code;
    struct str text;
    struct str around;     /* not empty: it is part of this; see near_holds */
    size_t cursor;         /* where to go on; all matches before it are known */
    bool open;             /* more text may follow */
    bool streamed;         /* more might have, before */
    const uint64_t *at;    /* if not NULL: sorted starts of all keywords in */
    size_t at_count;       /*    the low half of each, or tokens that fit  */
    const struct run *run; /* what stands before those keywords, or NULL */
    const struct width *width; /* how far a match begins from them, or NULL */
    size_t window;  /* ... and where the next of them begins no more */
    size_t reached; /* with HIT_NONE: where the cursor was before */
    struct vain vain;
    struct {
        uint32_t there, missing; /* places where what must be ahead was */
    } ahead;
    uint64_t turn;  /* sc->turn, if sc->beside is of this search */
    uint32_t turns; /* that the last try had */
};

/*
 * search_next - the next finding: a match that passes the rule's checks.
 *
 * HIT_MATCH    it is *ret_start..*ret_end; cursor is behind the match
 * HIT_PARTIAL  cursor is the start of the match that is still open
 * HIT_NONE     cursor is the end of the text
 *
 * Errors as rules_scan.
 */
MUST_USE enum err search_next(struct search *s, struct scratch *sc,
                              enum hit *ret_hit, size_t *ret_start,
                              size_t *ret_end);

/* passes - what the rule checks of a finding. An empty one passes nothing. */
MUST_USE enum err passes(const struct search *s, struct scratch *sc,
                         struct str value, bool *ret_yes);

/* value_excluded - is a finding of this value excluded, wherever the rule looks
 * at the text? Errors as rules_scan. */
MUST_USE enum err value_excluded(const struct search *s, struct scratch *sc,
                                 struct str value, bool *ret_yes);

/* --- detector.c */

/* detector_next - search_next for a rule with a detector. */
MUST_USE enum err detector_next(struct search *s, struct scratch *sc,
                                enum hit *ret_hit, size_t *ret_start,
                                size_t *ret_end);

/* detector_ready - could the rule find anything? Patterns always can. */
bool detector_ready(const struct rule *r, const struct known *known);

/* finding_print - set the fingerprint of a finding, whose bytes these are. */
void finding_print(const struct scratch *sc, struct str value,
                   struct finding *f);
/* finding_order - for qsort: by start, longer first, more severe first. */
int finding_order(const void *a, const void *b);
/* cluster_add - put a finding into a cluster; they come in order. */
void cluster_add(struct cluster *c, const struct finding *f,
                 enum action action);

#endif
