#include "flow/judge.h"

#include "base/utf8.h"
#include "flow/bundle.h"
#include "flow/owned.h"
#include "flow/query.h"

/* A signature covers head and body (AWS SigV4): neither may change. */
bool judge_signed(const struct http_head *h)
{
    struct str value;

    return http_field_get(h, STR("authorization"), &value) &&
           str_starts(value, STR("AWS4-"));
}

void judge_loose(struct conn *c, struct exchange *ex, struct str text,
                 const char *detail, const char *not_text)
{
    size_t edits = c->tools.edit_count;
    struct inspect in = {
        .eng = c->eng,
        .dir = DIR_SEND,
        .host = buf_str(&c->host),
        .part = PART_OTHER,
        .body = text,
    };

    if (!utf8_valid(text)) {
        exchange_cond(ex, COND_HTTP_AMBIGUOUS, not_text);
        return;
    }
    inspect_more(&c->tools, &in, ex);
    if (c->tools.edit_count > edits)
        exchange_cond(ex, COND_UNEDITABLE, detail);
    c->tools.edit_count = edits;
}

void judge_target(struct conn *c, struct exchange *ex)
{
    struct str query = http_head_str(&c->req.head, c->req.head.target);
    struct str path = str_split(&query, '?');
    struct buf text;
    enum err e;

    if ((e = owned_learn(c->eng, &c->req.head)))
        exchange_cond(ex, cond_of(e, COND_INTERNAL, COND_INTERNAL), NULL);
    buf_init(&text, LIM_HEAD_LINE);
    if (path_text(path, &text))
        exchange_cond(ex, COND_NOMEM, NULL);
    else
        judge_loose(c, ex, buf_str(&text), "text in the path",
                    "the path is not UTF-8");
    buf_clear(&text);
    if (query_text(query, &text))
        exchange_cond(ex, COND_NOMEM, NULL);
    else if (text.len > 0)
        judge_loose(c, ex, buf_str(&text), "text in the query",
                    "the query is not UTF-8");
    buf_wipe_free(&text);
}

/* A form says the same in many ways: judged decoded, and never edited. */
static void judge_form(struct conn *c, struct exchange *ex, struct str body)
{
    struct buf text;

    buf_init(&text, LIM_DECODED + 1);
    if (form_text(body, &text))
        exchange_cond(ex, COND_NOMEM, NULL);
    else
        judge_loose(c, ex, buf_str(&text), "text in a form",
                    "the form is not UTF-8");
    buf_wipe_free(&text);
}

/* JSON, with the documents in it that the description opens. */
static void judge_json(struct conn *c, struct exchange *ex, struct inspect *in)
{
    struct tools *t = &c->tools;
    enum err e;

    buf_clear(&t->opened);
    e = opened_make(&t->opener, ex->provider, in->body, &t->opened,
                    &t->is_opened);
    if (e)
        exchange_cond(ex, cond_of(e, COND_JSON_INVALID, COND_JSON_INVALID),
                      "a document in base64");
    if (t->is_opened)
        in->body = buf_str(&t->opened);
    if (!exchange_blocked(ex))
        inspect_body(t, in, ex);
}

void judge_body(struct conn *c, struct exchange *ex, struct str body)
{
    enum content kind = content_of(&c->req.head);
    struct inspect in = {
        .eng = c->eng,
        .dir = DIR_SEND,
        .host = buf_str(&c->host),
        .part = PART_OTHER,
        .body = body,
    };

    in.plants = !judge_signed(&c->req.head);
    inspect_begin(&c->tools);
    c->tools.is_opened = false;
    if (body.len == 0)
        return;
    if (kind == CONTENT_GUESS || kind == CONTENT_TEXT)
        kind = content_sniff(body);
    in.json = kind == CONTENT_JSON;
    if (http_field_count(&c->req.head, STR("content-type")) > 1)
        exchange_cond(ex, COND_HTTP_AMBIGUOUS, "several Content-Type fields");
    else if (!content_charset_ok(&c->req.head))
        exchange_cond(ex, COND_BODY_UNKNOWN, "the charset is not UTF-8");
    else if (kind == CONTENT_TEXT && content_is_form(&c->req.head))
        judge_form(c, ex, body);
    else if (kind == CONTENT_JSON)
        judge_json(c, ex, &in);
    else if (kind == CONTENT_TEXT)
        inspect_body(&c->tools, &in, ex);
    else if (kind == CONTENT_LINES || kind == CONTENT_TEXTS)
        bundle_lines(c, ex, body, 0);
    else if (kind == CONTENT_PARTS)
        bundle_parts(c, ex, body);
    else
        exchange_cond(ex, COND_BODY_UNKNOWN, NULL);
    if (c->tools.edit_count > 0 && judge_signed(&c->req.head))
        exchange_cond(ex, COND_UNEDITABLE, "the request is signed");
}
