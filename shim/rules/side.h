#ifndef SP_RULES_SIDE_H
#define SP_RULES_SIDE_H

#include "detect/decode.h"
#include "detect/disguise.h"
#include "detect/normal.h"
#include "rules/lanes.h"

/*
 * The views of a stream: those that are made character by character go along
 * at its side. Each is a stream itself, of the view's text, and hands what it
 * finds to the one it is a view of, at the places there.
 *
 *      text   ...AK..IA 0123     V        what the view has of it is known, too
 *      clean  ...AKIA0123      V          before more of the text is let go
 *
 * What is made of the clean view goes along at the side of that.
 *
 * There are none until a character comes that one of them would change. That
 * one begins there in the state that what it is made of has come to, and ends
 * where no match can reach from there to what is new. So that a mark is
 * composed with the character before it, the last one of the text is not read
 * until the next is there.
 *
 *      clean   ... cafe\u0301 au lait ...
 *      nomark        |cafe au lait ...|
 */

/* Bytes of the view in a row, as in detect/textview.h. */
struct side_run {
    uint64_t dst, src;
    uint32_t to, from;
};

struct side {
    enum view_step step;
    struct stream *st; /* owned */
    struct normal normal;
    struct skeleton skeleton;
    struct joined joined;
    struct leet leet;
    struct escaped escaped;
    LIST(struct side_run) runs;
    uint64_t fed;       /* the text has gone in up to there */
    uint64_t seen;      /* if behind that: what is between may wait (side.c) */
    uint64_t len;       /* and that much of the view came out */
    uint64_t own;       /* behind there it is the text, or the clean view */
    uint64_t acts, all; /* what is safe and told of it, in the text */
};

#define SIDES         5
#define SIDE_CLEAN    0 /* of side_kinds */
#define SIDES_WORDS   3 /* respell.c */
#define SIDES_ESCAPES 4 /* escaped.c */

/* What of normal.h they are made with. */
struct side_kind {
    enum view_step step;
    unsigned what;
};
extern const struct side_kind side_kinds[SIDES];

/* Those that are made of the clean view, while it is there, and those that go
 * beside it where they differ. */
#define OF_CLEAN (1u << VIEW_SKELETON)
#define BESIDE   (1u << VIEW_GAP | 1u << VIEW_FOLD | 1u << VIEW_NOMARK)

struct sides {
    struct side list[SIDES + SIDES_WORDS + SIDES_ESCAPES];
    size_t count; /* some of them may have ended: those without a stream */
    size_t least; /* the one of which least was known */
    struct textview made; /* of the text in work */
};

/* sides_what - what the views are made with that rules look at there; a bit
 * set of view steps and, of all together, one of normal.h. */
unsigned sides_steps(unsigned views);

void sides_close(struct stream *st);
/* sides_free - of no stream any more. all: may be NULL. */
void sides_free(struct sides *all);
/* side_open - one of the kinds, from V on. side_slot - the place of one more.
 * E_NOMEM. */
MUST_USE enum err side_open(struct stream *st, size_t kind,
                            struct side **ret_side);
MUST_USE enum err side_slot(struct stream *st, size_t *ret_i);
/* side_add - one that is the text of a stream up to v, this one's or a view's
 * of it, in no state yet. E_NOMEM. */
MUST_USE enum err side_add(struct stream *st, const struct stream *of,
                           enum view_step step, uint64_t v,
                           struct side **ret_side);
/* side_begun - and what is known of it when it is in one. side_told - and of
 * what it is a view of, by that. */
void side_begun(struct stream *st);
void side_told(struct side *s);
/* side_take - as another stream stands at V. sides_clone - and with the views
 * that has, but those of escapes; they go on by themselves. E_NOMEM. */
void side_take(struct stream *to, const struct stream *of);
MUST_USE enum err sides_clone(struct stream *to, const struct stream *of);
/* side_close - it ends before its text does. side_drops - not one that drops
 * text, or has one at its side that does: that goes on where it has begun. */
void side_close(struct side *s);
bool side_drops(const struct stream *st);
/* lane_now - of the lane of a stream; lane_put - to that of one of its views.
 */
struct lane_at lane_now(const struct stream *st, size_t i);
void lane_put(struct stream *to, size_t i, const struct lane_at *at);

/*
 * sides_feed - the text is there up to V. Of what begins before `known` all
 * must be known: views of which more is known already may wait for what comes
 * next. What is found goes to st. sides_last - the text ends at V. sides_settle
 * - they wait no more. Errors as stream_take.
 */
MUST_USE enum err sides_feed(struct stream *st, uint64_t known);
/* sides_wait - does all that came go on what one of them holds, so that nothing
 * can leave? */
bool sides_wait(const struct stream *st);
MUST_USE enum err sides_last(struct stream *st);
MUST_USE enum err sides_settle(struct stream *st);

/* clean_feed - the same for the clean one: those that differ from it there go
 * along. */
MUST_USE enum err clean_feed(struct stream *st, struct side *clean, bool last);

/* sides_search - every lane of every view. */
MUST_USE enum err sides_search(struct stream *st);

/* sides_known - how far all views are decided, as places of the text; V if
 * there are none. */
struct decided sides_known(const struct stream *st);

/* --- sideopen.c */

/* side_of - of the sides of a stream, that of a view; NULL if it has none. */
struct side *side_of(const struct stream *st, enum view_step step);

/* letters_read - before V comes to `to`: st->letters, unless a view has them.
 * E_NOMEM. letters_now - as they are at V, and in the word there. */
MUST_USE enum err letters_read(struct stream *st, uint64_t to);
MUST_USE enum err letters_now(const struct stream *st, struct skeleton *ret);

/*
 * sides_plain - of the bytes before `more` that are part of no character yet,
 * and more: how many of `more` may be taken before a view has to begin. 0: now,
 * *ret_open, as bits. What is there already goes on.
 */
size_t sides_plain(struct stream *st, struct str more, unsigned *ret_open);
/* sides_upto - how much of the text up to `to` is read as long as no view has
 * to be there: all, but a character that a mark may be composed with. */
uint64_t sides_upto(const struct stream *st, uint64_t to);

/* sides_open - views, from V on. Every lane is searched up to there. E_NOMEM.
 */
MUST_USE enum err sides_open(struct stream *st, unsigned views);
/* sides_rest - those end that are what they are made of again, but the clean
 * one. clean_rest - that one; before `more` is taken. Errors as stream_take. */
void sides_rest(struct stream *st);
MUST_USE enum err clean_rest(struct stream *st, struct str more);

/* --- sidemap.c */

/* side_note - the runs of what came out last, behind the others. E_NOMEM. */
MUST_USE enum err side_note(struct side *s, const struct textview *made);
/* side_forget - those of text that the view has forgotten. */
void side_forget(struct side *s);

/* side_start, side_end - where a byte of the view begins in the text, and
 * where the byte before a place ends. */
uint64_t side_start(const struct side *s, uint64_t at);
uint64_t side_end(const struct side *s, uint64_t at);
/* side_behind - all bytes of the view from there on begin at or behind `at`, a
 * place of the text before s->fed. */
uint64_t side_behind(const struct side *s, uint64_t at);
/* side_text - of a view that is the text from s->own on, so much behind it, a
 * place of it in the text; 0 of what was before. */
uint64_t side_text(const struct side *s, uint64_t at);
/* side_same - are these bytes of the view those of the text, as far as is
 * known? Then a view of them is one of the text. */
bool side_same(const struct side *s, uint64_t start, uint64_t end);

#endif
