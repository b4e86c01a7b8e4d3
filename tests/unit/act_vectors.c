/*
 * Plays every case under tests/vectors/act. A case is a directory:
 *
 *   body      a body that is edited
 *   edits     a line for each edit: its offset, its length, the new text, in
 *             which \n is a line end
 *   refusal   in place of both: lines "shape: openai", and so on for rule,
 *             exchange, text, call and wait. `head: only` for the answer to a
 * HEAD. With "ending: hard sse" (soft; ndjson) the end of a stream, of which
 *             id, model, created, sequence, tokens and open are known
 *   out       the bytes that come of it; none if it is refused
 *   expect    if there is one: the error
 */

#include <stdlib.h>

#include "act/refuse.h"
#include "act/splice.h"
#include "base/limits.h"
#include "vectors.h"

#define EDITS 16

/* \n as the line end it stands for; in place. */
static struct str unescape(struct str s)
{
    char *p = (char *)(uintptr_t)s.ptr; /* the file's text is ours */
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++, n++) {
        bool lf = s.ptr[i] == '\\' && i + 1 < s.len && s.ptr[i + 1] == 'n';

        p[n] = lf ? '\n' : s.ptr[i];
        i += lf;
    }
    return (struct str){p, n};
}

static uint32_t number(struct str s)
{
    uint64_t n = 0;

    if (str_u64(s, &n))
        abort();
    return (uint32_t)n;
}

static enum err play_splice(struct buf *out)
{
    struct str rest = vector_file("edits"), line;
    struct edit edits[EDITS];
    size_t n = 0;

    while (n < EDITS && (line = str_split(&rest, '\n')).len > 0) {
        edits[n].at.off = number(str_split(&line, ' '));
        edits[n].at.len = number(str_split(&line, ' '));
        edits[n++].put = unescape(line);
    }
    return splice(vector_file("body"), edits, n, out);
}

/* The value of a line "key: value"; empty if there is none. */
static struct str value_of(const char *key)
{
    struct str rest = vector_file("refusal");

    while (rest.ptr != NULL && rest.len > 0) {
        struct str line = str_split(&rest, '\n');

        if (str_eq(str_split(&line, ':'), str_of(key)))
            return unescape(str_trim(line));
    }
    return (struct str){0};
}

static enum err play_ending(const struct refusal *r, struct str ending,
                            struct buf *out)
{
    struct str open = value_of("open"), sequence = value_of("sequence"), word;
    struct stream_facts facts = {
        .id = value_of("id"),
        .model = value_of("model"),
        .created = value_of("created"),
        .sequence = sequence.len > 0 ? number(sequence) : 0,
        .output_tokens = value_of("tokens"),
    };
    uint64_t indexes[EDITS];
    bool soft, lines;

    facts.open = indexes;
    while (facts.open_count < EDITS && (word = vector_word(&open)).len > 0)
        indexes[facts.open_count++] = number(word);
    soft = str_eq(vector_word(&ending), STR("soft"));
    lines = str_eq(vector_word(&ending), STR("ndjson"));
    return refuse_ending(r, soft ? ENDING_SOFT : ENDING_HARD,
                         lines ? STREAM_NDJSON : STREAM_SSE, &facts, out);
}

static enum err play_refusal(struct buf *out)
{
    struct str wait = value_of("wait"), ending = value_of("ending");
    struct refusal r = {.shape = value_of("shape"),
                        .rule = value_of("rule"),
                        .exchange = value_of("exchange"),
                        .text = value_of("text"),
                        .call = value_of("call"),
                        .wait = wait.len > 0 ? number(wait) : 0};

    if (ending.len > 0)
        return play_ending(&r, ending, out);
    return refuse_response(&r, str_eq(value_of("head"), STR("only")), out);
}

static enum err play(struct buf *out)
{
    return vector_file("body").ptr != NULL ? play_splice(out)
                                           : play_refusal(out);
}

static void run_case(void)
{
    struct str expect = vector_file("expect"), want = vector_file("out");
    struct str error = expect.ptr == NULL ? STR("") : vector_word(&expect);
    struct buf out;
    enum err e;

    buf_init(&out, MIB);
    e = play(&out);
    CHECK_EQ(str_of(e == OK ? "" : err_name(e)), error);
    CHECK_EQ(buf_str(&out), want);
    if (e == OK && want.len > 0) { /* it fits, and not with one byte less */
        struct buf small;

        buf_init(&small, want.len);
        CHECK_INT(play(&small), OK);
        buf_free(&small);
        buf_init(&small, want.len - 1);
        CHECK_INT(play(&small), E_LIMIT);
        CHECK_INT(small.len, 0);
        buf_free(&small);
    }
    buf_free(&out);
}

int main(int argc, char **argv)
{
    return vectors_main("act", run_case, argc, argv);
}
