/*
 * Plays every case under tests/vectors/rules. A case is a directory:
 *
 *   text         what the rules look at
 *   rules.yaml   a policy file; else the one of tests/vectors/rules
 *   where        direction, role and part; else "response assistant text"
 *   expect       a line for each finding: its rule and its bytes, "SP-1 3-10";
 *                last "block RULE" if one ends the text
 *   out          the text with its changes; up to the block if there is one
 *   expect_stream out_stream   the same of the text as a stream, where it is
 *                something else: caps, and rules that look at whole texts only
 *
 * The text is scanned whole, and as a stream in every split.
 */

#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "compile/compile.h"
#include "compiled.h"
#include "rules/stream.h"
#include "vectors.h"

static struct rules *rules;
static struct scratch *scratch;
static struct scope where;

struct story {
    struct buf said, out;
    const struct rule *block;
    uint64_t at; /* of the text: what stands before it is in out */
};

static void story_init(struct story *s)
{
    *s = (struct story){0};
    buf_init(&s->said, MIB);
    buf_init(&s->out, MIB);
}

static void story_free(struct story *s)
{
    buf_free(&s->said);
    buf_free(&s->out);
}

static void say_finding(struct story *s, const struct finding *f)
{
    vector_add(&s->said, f->rule->id);
    vector_say(&s->said, " %llu-%llu\n", (unsigned long long)f->start,
               (unsigned long long)f->end);
}

static void say_end(struct story *s, enum err e)
{
    if (e != OK)
        vector_say(&s->said, "refuse %s\n", err_name(e));
    if (s->block == NULL)
        return;
    vector_say(&s->said, "block ");
    vector_add(&s->said, s->block->id);
    vector_say(&s->said, "\n");
}

/* The text goes out up to there. */
static void release(struct story *s, struct str text, uint64_t to)
{
    if (to <= s->at)
        return;
    vector_add(&s->out,
               str_head(str_skip(text, (size_t)s->at), (size_t)(to - s->at)));
    s->at = to;
}

static void play_whole(struct str text, struct story *s)
{
    struct findings f;
    struct cluster c;
    size_t pos = 0;
    enum err e;

    findings_init(&f);
    e = rules_scan(rules, scratch, &where, text, 0, &f);
    for (size_t i = 0; i < f.count; i++)
        say_finding(s, &f.list[i]);
    while (s->block == NULL && cluster_next(rules, f.list, f.count, &pos, &c)) {
        release(s, text, c.start);
        if (c.action == ACTION_BLOCK)
            s->block = c.rule;
        else
            vector_add(&s->out, c.rule->put);
        s->at = c.end;
    }
    if (s->block == NULL && e == OK)
        release(s, text, text.len);
    say_end(s, e);
    findings_free(&f);
}

/* What is decided by now. */
static void drain(struct stream *st, struct str text, struct story *s)
{
    struct stream_edit ed;
    struct finding f;

    while (stream_finding(st, &f))
        say_finding(s, &f);
    while (stream_next(st, &ed)) {
        CHECK(s->block == NULL);
        release(s, text, ed.start);
        if (ed.action == ACTION_BLOCK)
            s->block = ed.rule;
        else
            vector_add(&s->out, ed.put);
        s->at = ed.end;
    }
    if (s->block == NULL)
        release(s, text, stream_safe(st));
}

static void play_stream(struct str text, size_t cut, size_t step,
                        struct story *s)
{
    struct stream *st = NULL;
    enum err e = stream_new(rules, scratch, &where, &st);
    size_t at = 0;

    while (e == OK && at < text.len) {
        size_t n = step > 0 ? step : at < cut ? cut - at : text.len - at;
        struct str piece = str_head(str_skip(text, at), n);
        char *copy = malloc(piece.len);

        if (copy == NULL)
            abort();
        memcpy(copy, piece.ptr, piece.len);
        e = stream_take(st, (struct str){copy, piece.len});
        free(copy);
        at += piece.len;
        if (e == OK)
            drain(st, text, s);
    }
    if (e == OK && (e = stream_flush(st)) == OK)
        drain(st, text, s);
    say_end(s, e);
    stream_free(st);
}

static void check_streams(struct str text)
{
    struct str expect = vector_file("expect_stream");
    struct str out = vector_file("out_stream");

    if (expect.ptr == NULL)
        expect = vector_file("expect");
    if (out.ptr == NULL)
        out = vector_file("out");
    for (size_t cut = 0; cut <= text.len; cut += vector_step(cut, text.len)) {
        struct story s;

        story_init(&s);
        play_stream(text, cut, cut == 0, &s);
        CHECK_EQ(buf_str(&s.said), expect);
        CHECK_EQ(buf_str(&s.out), out);
        story_free(&s);
    }
}

static void read_where(void)
{
    struct str words = vector_file("where");

    if (words.ptr == NULL)
        words = STR("response assistant text");
    where = (struct scope){0};
    CHECK(dir_from(vector_word(&words), &where.dir));
    CHECK(role_from(vector_word(&words), &where.role));
    CHECK(part_from(vector_word(&words), &where.part));
}

static void run_case(void)
{
    struct str text = vector_file("text");
    struct image image = {0};
    struct buf bytes = {0};
    struct story s;
    char path[600];

    snprintf(path, sizeof(path), "%s/rules.yaml", vector_dir());
    if (access(path, R_OK) != 0)
        snprintf(path, sizeof(path), "tests/vectors/rules/rules.yaml");
    read_where();
    rules = NULL;
    if (CHECK(text.ptr != NULL) && CHECK(compiled(path, &bytes, &image)) &&
        CHECK_INT(rules_load(image.rules, false, &rules), OK)) {
        story_init(&s);
        play_whole(text, &s);
        CHECK_EQ(buf_str(&s.said), vector_file("expect"));
        CHECK_EQ(buf_str(&s.out), vector_file("out"));
        story_free(&s);
        check_streams(text);
    }
    rules_free(rules);
    buf_free(&bytes);
}

int main(int argc, char **argv)
{
    int rc;

    if (scratch_new(&scratch))
        return 1;
    rc = vectors_main("rules", run_case, argc, argv);
    scratch_free(scratch);
    return rc;
}
