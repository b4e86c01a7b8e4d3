#ifndef SP_RULES_STREAM_H
#define SP_RULES_STREAM_H

#include "rules/restore.h"
#include "rules/rules.h"

/*
 * One channel of text that arrives in pieces. Held back is what a rule might
 * still turn into a match, and nothing else; what comes out does not depend on
 * how the text was cut.
 *
 * All offsets are bytes since stream_new. Rules with `whole` never run here.
 */
struct stream;

/* One decided change of the text: its bytes start..end become put. */
struct stream_edit {
    uint64_t start, end;
    const struct rule *rule; /* borrowed from the rules; of PSEUDONYM NULL  */
    enum action action;      /* ACTION_REDACT, or ACTION_BLOCK: text before */
                             /* start may leave, nothing behind it ever     */
                             /* does; or ACTION_PSEUDONYM: one is its value */
                             /* again, `put` until the stream is fed        */
    struct str put;          /* empty where dropping goes on after a cap    */
    struct span value;       /* the stream's own                            */
};

/*
 * stream_new - rules, scratch and the host in `at` are borrowed and must
 * outlive the stream. The scratch may serve many streams of one thread.
 * E_NOMEM
 */
MUST_USE enum err stream_new(const struct rules *rs, struct scratch *sc,
                             const struct scope *at, struct stream **ret_st);
void stream_free(struct stream *st);

/*
 * stream_restore - before the first piece: pseudonyms become their values
 * again. In addresses they do not, nor in a tool's arguments but for a tool
 * that the restorer reveals them to, which stream_tool names (borrowed).
 */
void stream_restore(struct stream *st, const struct restorer *r);
void stream_tool(struct stream *st, struct str name);

/*
 * stream_take - the next piece of the text. All pieces together are valid
 * UTF-8; a piece may end inside a character.
 *
 * Errors as rules_scan, also E_LIMIT where overlapping findings hold back more
 * than LIM_HOLD_CHAIN. An error is final: later calls return it again, and
 * what is not safe by then never will be. After a block, pieces are ignored.
 */
MUST_USE enum err stream_take(struct stream *st, struct str more);

/*
 * stream_flush - the text ends here, all of it is decided. A following
 * stream_take begins a new text: ^ and \b see a start, offsets go on.
 * E_SYNTAX for an unfinished character at the end; errors as stream_take.
 */
MUST_USE enum err stream_flush(struct stream *st);

/*
 * stream_rest - the same, where the text may go on: some of it is taken again
 * then, and more. What the rest has told, of how its words are written, counts.
 */
MUST_USE enum err stream_rest(struct stream *st);

/*
 * stream_minds - does it know of the text what the end of that would not tell
 * another stream: that it drops until an end comes, what has scored so far,
 * what a detector has counted? All that came of it is read for that; if that
 * fails it has failed.
 */
bool stream_minds(struct stream *st);

/* stream_safe - all text below is decided. Never falls. */
uint64_t stream_safe(const struct stream *st);
/* stream_end - bytes taken so far. */
uint64_t stream_end(const struct stream *st);

/*
 * stream_next - the next decided edit, sorted and disjoint, each once. A
 * redaction ends at or below stream_safe, a block starts there. After a block
 * there is none.
 */
bool stream_next(struct stream *st, struct stream_edit *ret_edit);

/*
 * stream_finding - the next decided finding, each once. Those that change the
 * text are sorted by start; those that are only logged come as they are found,
 * which may be before one that begins earlier and waits for its release. Of a
 * cap: the bytes held when it was reached.
 */
bool stream_finding(struct stream *st, struct finding *ret_finding);

/* stream_capped - once: was something encoded not decoded, for a limit? It has
 * not left yet where it is held for what it may be. */
bool stream_capped(struct stream *st);

/* stream_sees - would a stream find what was found through these views? */
bool stream_sees(const struct chain *views);

#endif
