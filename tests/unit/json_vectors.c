/*
 * Plays every case under tests/vectors/json. A case is a directory:
 *
 *   in       a JSON text
 *   expect   "ok" and the tape, a line for each node, indented by its depth: a
 *            container's type and number of bytes, else type and literal, and
 *            behind " is " the text of a literal that holds an escape. Or
 *            "refuse ERROR at OFFSET".
 *   inner    in place of `in`: JSON that comes out of a string in pieces. Its
 *            expect is a line for each stretch, and the error if there is one
 *
 * `in` is read from memory of its exact size; no true prefix of an accepted
 * container or string may be accepted. `inner` is read in every split.
 */

#include <stdlib.h>

#include "base/limits.h"
#include "json/inner.h"
#include "json/text.h"
#include "json/tree.h"
#include "vectors.h"

/* --- in */

static enum err parse(struct json_doc *doc, struct str text)
{
    char *copy = malloc(text.len + (text.len == 0));
    enum err e;

    if (copy == NULL)
        abort();
    memcpy(copy, text.ptr, text.len);
    e = json_parse(doc, (struct str){copy, text.len});
    free(copy);
    doc->text = text; /* the same bytes, for who looks at the nodes */
    return e;
}

static void say_depth(const struct json_doc *doc, uint32_t i, struct buf *out)
{
    while (i != 0) {
        vector_say(out, "  ");
        i = doc->nodes[i].parent;
    }
}

static void say_node(const struct json_doc *doc, uint32_t i, struct buf *out)
{
    static const char *const names[] = {"object", "array", "key",   "string",
                                        "number", "true",  "false", "null"};
    const struct json_node *n = &doc->nodes[i];
    struct buf text;

    say_depth(doc, i, out);
    vector_say(out, "%s", names[n->type]);
    if (n->type == JSON_OBJECT || n->type == JSON_ARRAY)
        vector_say(out, " of %u bytes", n->len);
    if (n->type == JSON_KEY || n->type == JSON_STRING ||
        n->type == JSON_NUMBER) {
        vector_say(out, " ");
        vector_add(out, json_raw(doc, i));
    }
    if (n->escaped) {
        buf_init(&text, MIB);
        CHECK_INT(json_text_buf(json_raw(doc, i), &text), OK);
        vector_say(out, " is ");
        vector_quote(out, buf_str(&text));
        buf_free(&text);
    }
    vector_say(out, "\n");
}

static void check_prefixes(struct json_doc *doc, struct str in)
{
    enum json_type type = (enum json_type)doc->nodes[0].type;
    size_t end = doc->nodes[0].off + doc->nodes[0].len + (type == JSON_STRING);

    if (type != JSON_OBJECT && type != JSON_ARRAY && type != JSON_STRING)
        return;
    for (size_t cut = 0; cut < end; cut += vector_step(cut, end))
        CHECK_INT(parse(doc, str_head(in, cut)), E_SYNTAX);
}

static void play_whole(struct str in, struct buf *out)
{
    struct json_doc doc;
    enum err e;

    json_doc_init(&doc);
    e = parse(&doc, in);
    if (e != OK) {
        vector_say(out, "refuse %s at %zu\n", err_name(e), doc.err_off);
    } else {
        vector_say(out, "ok\n");
        for (uint32_t i = 0; i < doc.count; i++)
            say_node(&doc, i, out);
        check_prefixes(&doc, in);
    }
    json_doc_free(&doc);
}

/* --- inner */

/* Stretches of one kind are one line, however they came. */
struct story {
    struct buf *out, bytes;
    bool any;
    enum inner_kind kind;
};

static void say_stretch(struct story *s)
{
    if (s->any && s->kind == INNER_STRING_END) {
        vector_say(s->out, "end\n");
    } else if (s->any) {
        vector_say(s->out, s->kind == INNER_TEXT ? "text " : "structure ");
        vector_quote(s->out, buf_str(&s->bytes));
        vector_say(s->out, "\n");
    }
    buf_clear(&s->bytes);
    s->any = false;
}

/* The piece is a copy that is gone afterwards. */
static enum err feed(struct json_inner *inner, struct str piece,
                     struct story *s)
{
    char *copy = malloc(piece.len + (piece.len == 0));
    struct str in = {copy, piece.len};
    struct inner_run run;
    enum err e;

    if (copy == NULL)
        abort();
    memcpy(copy, piece.ptr, piece.len);
    for (;;) {
        struct str before = in;

        if ((e = inner_next(inner, &in, &run)))
            break;
        if (s->any && (s->kind != run.kind || run.kind == INNER_STRING_END))
            say_stretch(s);
        s->any = true;
        s->kind = run.kind;
        vector_add(&s->bytes, run.kind == INNER_TEXT
                                  ? run.text
                                  : str_head(before, run.src_len));
    }
    free(copy);
    return e;
}

static void play_inner(struct str in, size_t cut, size_t step, struct buf *out)
{
    struct json_inner inner = {0};
    struct story s = {.out = out};
    enum err e = E_AGAIN;
    size_t at = 0;

    buf_init(&s.bytes, MIB);
    while (e == E_AGAIN && at < in.len) {
        size_t n = step > 0 ? step : at < cut ? cut - at : in.len - at;
        struct str piece = str_head(str_skip(in, at), n);

        e = feed(&inner, piece, &s);
        at += piece.len;
    }
    say_stretch(&s);
    if (e != E_AGAIN)
        vector_say(out, "refuse %s\n", err_name(e));
    else if (inner_pending(&inner))
        vector_say(out, "pending\n");
    buf_free(&s.bytes);
}

static void check_splits(struct str in, const struct buf *whole)
{
    for (size_t cut = 0; cut < in.len; cut += vector_step(cut, in.len)) {
        struct buf got;

        buf_init(&got, MIB);
        play_inner(in, cut, cut == 0, &got);
        CHECK_EQ(buf_str(&got), buf_str(whole));
        buf_free(&got);
    }
}

static void run_case(void)
{
    struct str in = vector_file("in"), inner = vector_file("inner");
    struct buf out;

    if (!CHECK(in.ptr != NULL || inner.ptr != NULL))
        return;
    buf_init(&out, MIB);
    if (in.ptr != NULL) {
        play_whole(in, &out);
    } else {
        play_inner(inner, inner.len, 0, &out);
        check_splits(inner, &out);
    }
    CHECK_EQ(buf_str(&out), vector_file("expect"));
    buf_free(&out);
}

int main(int argc, char **argv)
{
    return vectors_main("json", run_case, argc, argv);
}
