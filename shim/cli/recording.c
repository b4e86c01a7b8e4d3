#include "cli/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "detect/base64.h"
#include "json/text.h"
#include "json/tree.h"

/* The ends of paths: of a request, and of its response. */
static const struct form {
    struct str request, response;
    bool json;
} forms[] = {
    {STR_INIT(".request"), STR_INIT(".response"), false},
    {STR_INIT("/request"), STR_INIT("/response"), false},
    {STR_INIT(".req.json"), STR_INIT(".resp.json"), true},
};

void recording_init(struct recording *r)
{
    buf_init(&r->request, LIM_REPLAY);
    buf_init(&r->response, LIM_REPLAY);
}

void recording_free(struct recording *r)
{
    buf_free(&r->request);
    buf_free(&r->response);
}

static const struct form *form_of(struct str path)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (str_ends(path, forms[i].request))
            return &forms[i];
    return NULL;
}

bool recording_is(const char *path)
{
    return form_of(str_of(path)) != NULL;
}

/* --- JSON to HTTP. */

struct message {
    const char *path; /* of its file */
    struct json_doc doc;
    struct buf file, body;
    struct buf *out;
};

/* A string member's text, appended. E_SYNTAX if there is none. */
static enum err put_text(struct message *m, struct str key, struct buf *out)
{
    uint32_t node = json_member(&m->doc, 0, key);

    if (node == 0 || m->doc.nodes[node].type != JSON_STRING)
        return E_SYNTAX;
    return json_text_buf(json_raw(&m->doc, node), out);
}

static enum err put_decoded(struct message *m)
{
    struct buf coded;
    char *room = NULL;
    size_t n = 0;
    enum err e;

    buf_init(&coded, LIM_REPLAY);
    if (!(e = put_text(m, STR("body_base64"), &coded))) {
        room = malloc(coded.len + 4);
        if (room == NULL)
            e = E_NOMEM;
        else if (!base64_decode(buf_str(&coded), room, coded.len + 4, &n))
            e = E_SYNTAX;
        else
            e = buf_add(&m->body, (struct str){room, n});
    }
    free(room);
    buf_free(&coded);
    return e;
}

/* A file beside the message's own; a name without a directory in it. */
static enum err put_file(struct message *m)
{
    const char *slash = strrchr(m->path, '/');
    int dir = slash == NULL ? 0 : (int)(slash - m->path + 1);
    char path[4400];
    struct buf name;
    enum err e;
    int n;

    buf_init(&name, 512);
    e = put_text(m, STR("body_file"), &name);
    if (!e && (memchr(name.ptr, '/', name.len) != NULL ||
               memchr(name.ptr, '\0', name.len) != NULL))
        e = E_SYNTAX;
    if (!e) {
        n = snprintf(path, sizeof(path), "%.*s%.*s", dir, m->path,
                     (int)name.len, name.ptr);
        if (n < 0 || (size_t)n >= sizeof(path) || !read_file(path, &m->body))
            e = E_SYNTAX;
    }
    buf_free(&name);
    return e;
}

static enum err put_body(struct message *m)
{
    uint32_t body = json_member(&m->doc, 0, STR("body"));

    if (body != 0 && m->doc.nodes[body].type != JSON_STRING)
        return buf_add(&m->body, json_raw(&m->doc, body));
    if (body != 0)
        return put_text(m, STR("body"), &m->body);
    if (json_member(&m->doc, 0, STR("body_text")) != 0)
        return put_text(m, STR("body_text"), &m->body);
    if (json_member(&m->doc, 0, STR("body_base64")) != 0)
        return put_decoded(m);
    if (json_member(&m->doc, 0, STR("body_file")) != 0)
        return put_file(m);
    return OK;
}

/* Those that speak of the bytes on the wire, which are others now. */
static bool is_framing(struct str name)
{
    static const struct str names[] = {
        STR_INIT("host"),           STR_INIT("connection"),
        STR_INIT("content-length"), STR_INIT("content-encoding"),
        STR_INIT("upgrade"),        STR_INIT("transfer-encoding"),
        STR_INIT("expect"),         STR_INIT("accept-encoding"),
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(name, names[i]))
            return true;
    return false;
}

/* One field; a name or value that would be more than one is refused. */
static enum err put_field(struct message *m, uint32_t key)
{
    struct str name = json_raw(&m->doc, key);
    size_t from;
    enum err e;

    if (is_framing(name) || m->doc.nodes[key + 1].type != JSON_STRING)
        return OK;
    from = m->out->len;
    if ((e = buf_add(m->out, name)) || (e = buf_add(m->out, STR(": "))) ||
        (e = json_text_buf(json_raw(&m->doc, key + 1), m->out)))
        return e;
    for (size_t i = from; i < m->out->len; i++)
        if (m->out->ptr[i] == '\r' || m->out->ptr[i] == '\n')
            return E_SYNTAX;
    return buf_add(m->out, STR("\r\n"));
}

static enum err put_fields(struct message *m)
{
    uint32_t list = json_member(&m->doc, 0, STR("headers"));
    const struct json_node *nodes = m->doc.nodes;
    enum err e;

    if (list != 0 && nodes[list].type == JSON_OBJECT)
        for (uint32_t i = list + 1; i < nodes[list].next; i = nodes[i + 1].next)
            if ((e = put_field(m, i)))
                return e;
    return OK;
}

/* METHOD PATH HTTP/1.1 and the Host of the URL. */
static enum err put_request_line(struct message *m)
{
    struct buf url;
    struct str rest, host;
    size_t at;
    enum err e;

    buf_init(&url, LIM_HEAD_LINE);
    if ((e = put_text(m, STR("method"), m->out)) ||
        (e = put_text(m, STR("url"), &url)))
        goto out;
    e = E_SYNTAX;
    at = str_find(buf_str(&url), STR("://"));
    if (at == url.len)
        goto out;
    rest = str_skip(buf_str(&url), at + 3);
    host = str_head(rest, str_find_byte(rest, '/'));
    rest = str_skip(rest, host.len);
    if (!(e = buf_add(m->out, STR(" "))) &&
        !(e = buf_add(m->out, rest.len > 0 ? rest : STR("/"))) &&
        !(e = buf_add(m->out, STR(" HTTP/1.1\r\nHost: "))) &&
        !(e = buf_add(m->out, host)))
        e = buf_add(m->out, STR("\r\n"));
out:
    buf_free(&url);
    return e;
}

static enum err put_status_line(struct message *m)
{
    uint32_t status = json_member(&m->doc, 0, STR("status"));
    enum err e;

    if (status == 0 || m->doc.nodes[status].type != JSON_NUMBER)
        return E_SYNTAX;
    if ((e = buf_add(m->out, STR("HTTP/1.1 "))) ||
        (e = buf_add(m->out, json_raw(&m->doc, status))))
        return e;
    return buf_add(m->out, STR(" -\r\n"));
}

static enum err convert(struct message *m, bool request)
{
    enum err e;

    if ((e = json_parse(&m->doc, buf_str(&m->file))) ||
        (e = request ? put_request_line(m) : put_status_line(m)) ||
        (e = put_fields(m)) || (e = put_body(m)) ||
        (e = buf_add(m->out, STR("Content-Length: "))) ||
        (e = buf_add_u64(m->out, m->body.len)) ||
        (e = buf_add(m->out, STR("\r\n\r\n"))))
        return e;
    return buf_add(m->out, buf_str(&m->body));
}

static bool read_json(const char *path, bool request, struct buf *out)
{
    struct message m = {.path = path, .out = out};
    bool good;

    json_doc_init(&m.doc);
    buf_init(&m.file, LIM_REPLAY);
    buf_init(&m.body, LIM_REPLAY);
    good = read_file(path, &m.file);
    if (good && convert(&m, request)) {
        complain("%s: not a recorded %s", path,
                 request ? "request" : "response");
        good = false;
    }
    buf_free(&m.body);
    buf_free(&m.file);
    json_doc_free(&m.doc);
    return good;
}

/* --- Both files. */

bool recording_read(struct recording *r, const char *path)
{
    struct str request = str_of(path);
    const struct form *f = form_of(request);
    char response[4400];
    int n;

    if (f == NULL)
        return false;
    buf_clear(&r->request);
    buf_clear(&r->response);
    n = snprintf(response, sizeof(response), "%.*s%s",
                 (int)(request.len - f->request.len), path, f->response.ptr);
    if (n < 0 || (size_t)n >= sizeof(response)) {
        complain("%s: the path is too long", path);
        return false;
    }
    if (!(f->json ? read_json(path, true, &r->request)
                  : read_file(path, &r->request)))
        return false;
    if (access(response, F_OK) != 0)
        return true;
    return f->json ? read_json(response, false, &r->response)
                   : read_file(response, &r->response);
}
