#include "flow/bundle.h"

#include "base/utf8.h"
#include "flow/judge.h"
#include "flow/query.h"
#include "llm/base64.h"
#include "wire/multipart.h"

static struct inspect inspect_of(struct conn *c, struct str body, size_t base)
{
    return (struct inspect){
        .eng = c->eng,
        .dir = DIR_SEND,
        .host = buf_str(&c->host),
        .part = PART_OTHER,
        .body = body,
        .base = base,
    };
}

/* ---- JSON Lines --------------------------------------------------------- */

/*
 * The description for a request to a path, as for one on its own. E_SYNTAX: not
 * a path. E_NOMEM.
 */
static enum err provider_at(struct conn *c, struct str url,
                            const struct provider **ret)
{
    struct buf path;
    enum err e;

    buf_init(&path, LIM_HEAD_LINE);
    e = http_route_path(str_split(&url, '?'), &path);
    if (!e)
        *ret = providers_route(c->eng->providers, buf_str(&c->host), c->port,
                               STR("POST"), buf_str(&path));
    buf_free(&path);
    return e;
}

/*
 * A line that carries a request: its body, and who describes that. *ret_at is
 * empty for another line. E_NOMEM.
 */
static enum err carried(struct conn *c, struct str line, struct span *ret_at,
                        const struct provider **ret_provider)
{
    struct json_doc *doc = &c->tools.doc;
    uint32_t url, body;
    enum err e;

    *ret_at = (struct span){0};
    if ((e = json_parse(doc, line)))
        return e == E_NOMEM ? e : OK; /* it will be read once more */
    url = json_member(doc, 0, STR("url"));
    body = json_member(doc, 0, STR("body"));
    if (url == 0 || doc->nodes[url].type != JSON_STRING ||
        doc->nodes[url].escaped || body == 0 ||
        doc->nodes[body].type != JSON_OBJECT)
        return OK;
    if ((e = provider_at(c, json_raw(doc, url), ret_provider)))
        return e == E_NOMEM ? e : OK;
    *ret_at = (struct span){doc->nodes[body].off, doc->nodes[body].len};
    return OK;
}

static void judge_line(struct conn *c, struct exchange *ex, struct str line,
                       size_t base)
{
    struct inspect in = inspect_of(c, line, base), inner;
    const struct provider *provider = NULL;
    struct span at;

    if (carried(c, line, &at, &provider)) {
        exchange_cond(ex, COND_NOMEM, NULL);
        return;
    }
    in.json = true;
    in.provider = providers_lines(c->eng->providers);
    in.skip = at;
    inspect_more(&c->tools, &in, ex);
    if (at.len == 0)
        return;
    inner = inspect_of(c, str_at(line, at), base + at.off);
    inner.json = true;
    inner.provider = provider;
    inspect_more(&c->tools, &inner, ex);
}

void bundle_lines(struct conn *c, struct exchange *ex, struct str body,
                  size_t base)
{
    struct str rest = body;

    while (rest.ptr != NULL && !exchange_blocked(ex)) {
        struct str line = str_split(&rest, '\n');
        struct str text =
            str_ends(line, STR("\r")) ? str_head(line, line.len - 1) : line;

        if (str_trim(text).len > 0)
            judge_line(c, ex, line, base + (size_t)(line.ptr - body.ptr));
    }
    inspect_sort(&c->tools);
}

/* ---- Parts -------------------------------------------------------------- */

static void unknown(struct exchange *ex, const char *why)
{
    exchange_cond(ex, COND_BODY_UNKNOWN, why);
}

static bool is_file(const struct part_at *p)
{
    return p->filename.ptr != NULL || p->extended.ptr != NULL;
}

/* The first bytes of what is skipped though its type does not say so. */
static bool begins_media(struct str s)
{
    static const struct {
        size_t at;
        struct str bytes;
    } marks[] = {
        {0, STR_INIT("\x89PNG")},
        {0, STR_INIT("\xff\xd8\xff")},
        {0, STR_INIT("GIF8")},
        {0, STR_INIT("RIFF")},
        {0, STR_INIT("OggS")},
        {0, STR_INIT("fLaC")},
        {0, STR_INIT("ID3")},
        {0, STR_INIT("\xff\xfb")},
        {0, STR_INIT("\xff\xf3")},
        {0, STR_INIT("\xff\xf2")},
        {0, STR_INIT("\x1a\x45\xdf\xa3")},
        {0, STR_INIT("%PDF-")},
        {4, STR_INIT("ftyp")},
        {0, STR_INIT("PK\x03\x04")},
    };

    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_starts(str_skip(s, marks[i].at), marks[i].bytes))
            return true;
    return false;
}

static bool named_lines(struct str name)
{
    return str_ends_nocase(name, STR(".jsonl")) ||
           str_ends_nocase(name, STR(".ndjson"));
}

/* Text that is not said to be JSON, or lines of it, may only begin so. */
static enum err is_json(struct conn *c, struct str content, bool lines,
                        bool *ret)
{
    enum err e = OK;

    while (content.ptr != NULL && !e) {
        struct str one = lines ? str_split(&content, '\n') : content;

        if (!lines)
            content = (struct str){0};
        if (str_trim(one).len > 0 && !str_eq(one, STR("\r")))
            e = json_parse(&c->tools.doc, one);
    }
    *ret = e == OK;
    return e == E_NOMEM ? e : OK;
}

/* What a part of UTF-8 is. `batch`: the form says that its file is lines. */
static enum err content_of_part(struct conn *c, const struct part_at *p,
                                bool batch, enum content *ret)
{
    enum content declared =
        p->type.len > 0 ? content_of_type(p->type) : CONTENT_GUESS;
    bool good;
    enum err e;

    *ret = content_sniff(p->content);
    if (declared == CONTENT_LINES || declared == CONTENT_TEXTS ||
        named_lines(p->filename) || named_lines(p->extended) ||
        (batch && is_file(p)))
        *ret = CONTENT_TEXTS;
    else if (declared == CONTENT_JSON)
        *ret = *ret == CONTENT_TEXTS ? *ret : CONTENT_JSON;
    else if (*ret != CONTENT_TEXT) {
        if ((e = is_json(c, p->content, *ret == CONTENT_TEXTS, &good)))
            return e;
        *ret = good ? *ret : CONTENT_TEXT;
    }
    return OK;
}

/* A file that is no text: media, or nothing we could vouch for. */
static void judge_binary(struct exchange *ex, const struct part_at *p)
{
    struct str rest = p->type, type = str_trim(str_split(&rest, ';'));

    if (!begins_media(p->content) &&
        (!is_media_type(type) ||
         str_eq_nocase(type, STR("application/octet-stream"))))
        unknown(ex, "a part that is neither text nor media");
}

/* Names are text too, but they are not edited. */
static void judge_part_head(struct conn *c, struct exchange *ex,
                            const struct part_at *p)
{
    struct buf text;

    judge_loose(c, ex, p->head, "text in the head of a part",
                "the head of a part is not UTF-8");
    if (p->extended.ptr == NULL)
        return;
    buf_init(&text, LIM_PART_HEAD);
    if (path_text(p->extended, &text))
        exchange_cond(ex, COND_NOMEM, NULL);
    else
        judge_loose(c, ex, buf_str(&text), "text in the name of a file",
                    "the name of a file is not UTF-8");
    buf_free(&text);
}

static void judge_part(struct conn *c, struct exchange *ex,
                       const struct part_at *p, size_t base, bool batch)
{
    struct inspect in = inspect_of(c, p->content, base);
    enum content kind;

    judge_part_head(c, ex, p);
    if (exchange_blocked(ex) || p->content.len == 0)
        return;
    if (!utf8_valid(p->content)) {
        judge_binary(ex, p);
        return;
    }
    if (!content_type_charset_ok(p->type)) {
        unknown(ex, "the charset of a part is not UTF-8");
        return;
    }
    if (content_of_part(c, p, batch, &kind)) {
        exchange_cond(ex, COND_NOMEM, NULL);
        return;
    }
    if (kind == CONTENT_TEXTS) {
        bundle_lines(c, ex, p->content, base);
        return;
    }
    in.json = kind == CONTENT_JSON;
    in.part = is_file(p) ? PART_FILE : PART_TEXT;
    inspect_more(&c->tools, &in, ex);
}

/* A line that would begin as a boundary may not arise. */
static void check_edits(struct conn *c, struct exchange *ex, struct str body,
                        size_t first)
{
    for (size_t i = first; i < c->tools.edit_count; i++) {
        const struct edit *edit = &c->tools.edits[i];
        char before = body.ptr[edit->at.off - 1];

        if ((before == '\n' || before == '\r') &&
            (edit->put.len == 0 || edit->put.ptr[0] == '-'))
            exchange_cond(ex, COND_UNEDITABLE, "a line of a form");
    }
}

/* A part that says how long it is says so again. */
static enum err edit_length(struct conn *c, struct exchange *ex,
                            const struct part_at *p, struct str body,
                            size_t first)
{
    struct inspect in = {.body = body};
    size_t length = p->content.len;
    struct buf number;
    struct str put;
    enum err e;

    if (p->length.ptr == NULL || c->tools.edit_count == first)
        return OK;
    for (size_t i = first; i < c->tools.edit_count; i++)
        length = length - c->tools.edits[i].at.len + c->tools.edits[i].put.len;
    buf_init(&number, 32);
    if (!(e = buf_add_u64(&number, length)) &&
        !(e = arena_copy(&ex->arena, buf_str(&number), &put)))
        e = inspect_edit(&c->tools, &in,
                         (struct span){(uint32_t)(p->length.ptr - body.ptr),
                                       (uint32_t)p->length.len},
                         put);
    buf_free(&number);
    return e;
}

/* The field that says what an uploaded file is for. */
static bool says_batch(const struct part_at *p)
{
    return !is_file(p) && str_eq(p->name, STR("purpose")) &&
           (str_eq(p->content, STR("batch")) ||
            str_eq(p->content, STR("fine-tune")));
}

/* A form may name the charset of its fields: RFC 7578, 4.6. */
static bool charset_ok(const struct part_at *p)
{
    return !str_eq(p->name, STR("_charset_")) ||
           str_eq_nocase(p->content, STR("utf-8"));
}

/* All parts, before any is judged: what they say of each other. */
static enum err read_parts(struct multipart m, bool *ret_batch,
                           const char **reterr_why)
{
    struct part_at p;
    enum err e;

    *ret_batch = false;
    while ((e = multipart_next(&m, &p)) == OK) {
        *ret_batch |= says_batch(&p);
        if (!charset_ok(&p)) {
            *reterr_why = "the charset of a form is not UTF-8";
            return E_UNSUPPORTED;
        }
    }
    *reterr_why = m.why;
    return e == E_AGAIN ? OK : e;
}

void bundle_parts(struct conn *c, struct exchange *ex, struct str body)
{
    struct str type = {0}, boundary;
    const char *why = "the boundary of a form can be misread";
    struct multipart m;
    struct part_at p;
    bool batch = false;

    (void)http_field_get(&c->req.head, STR("content-type"), &type);
    if (multipart_boundary(type, &boundary)) {
        unknown(ex, why);
        return;
    }
    multipart_init(&m, boundary, body);
    if (read_parts(m, &batch, &why)) {
        unknown(ex, why);
        return;
    }
    while (!exchange_blocked(ex) && multipart_next(&m, &p) == OK) {
        size_t base = (size_t)(p.content.ptr - body.ptr);
        size_t first = c->tools.edit_count;

        judge_part(c, ex, &p, base, batch);
        check_edits(c, ex, body, first);
        if (edit_length(c, ex, &p, body, first))
            exchange_cond(ex, COND_NOMEM, NULL);
    }
    inspect_sort(&c->tools);
}
