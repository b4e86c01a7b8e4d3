#include "hooks/curltwin.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "hooks/curlcall.h"
#include "hooks/real.h"

#define PAUSE    0x10000001u /* CURL_READFUNC_PAUSE, CURL_WRITEFUNC_PAUSE */
#define TWIN_OUT (256 * KIB) /* waits for the program: then no more is read */

/* Of CURLOPT_ */
enum {
    OPT_LOW_SPEED = 19,
    OPT_TIMECONDITION = 33,
    OPT_VERBOSE = 41,
    OPT_HEADER = 42,
    OPT_NOPROGRESS = 43,
    OPT_NOBODY = 44,
    OPT_FAILONERROR = 45,
    OPT_POST = 47,
    OPT_NETRC = 51,
    OPT_AUTOREFERER = 58,
    OPT_HTTPAUTH = 107,
    OPT_TIMEOUT_MS = 155,
    OPT_TRANSFER_DECODING = 157,
    OPT_CONTENT_DECODING = 158,
    OPT_TRANSFER_ENCODING = 207,
    OPT_HEADEROPT = 229,
    OPT_SUPPRESS_CONNECT = 265,
    OPT_WRITEDATA = 10001,
    OPT_USERPWD = 10005,
    OPT_RANGE = 10007,
    OPT_READDATA = 10009,
    OPT_REFERER = 10016,
    OPT_USERAGENT = 10018,
    OPT_COOKIE = 10022,
    OPT_HTTPHEADER = 10023,
    OPT_HEADERDATA = 10029,
    OPT_COOKIEFILE = 10031,
    OPT_METHOD = 10036,
    OPT_COOKIEJAR = 10082,
    OPT_ACCEPT_ENCODING = 10102,
    OPT_BEARER = 10220,
    OPT_TARGET = 10266,
    OPT_AWS_SIGV4 = 10305,
    OPT_WRITEFUNCTION = 20011,
    OPT_READFUNCTION = 20012,
    OPT_HEADERFUNCTION = 20079,
    OPT_IOCTLFUNCTION = 20130,
    OPT_SEEKFUNCTION = 20167,
    OPT_TRAILERFUNCTION = 20283,
    OPT_RESUME_FROM = 30116,
    OPT_MAXFILESIZE = 30117,
};

/* How the body of the request in work is framed, and where in it we are. */
enum place {
    IN_LENGTH,
    IN_SIZE, /* a chunk's first line                  */
    IN_DATA,
    IN_CRLF, /* behind the data of a chunk            */
    IN_TRAILER,
    IN_NOTHING, /* the body is complete                  */
};

struct twin {
    struct guard *guard;
    void *handle;
    void *fields; /* curl_slist */
    bool added, done;
    bool starved; /* paused: the rest of the body is not there yet    */
    bool full;    /* paused: the program does not fetch what there is */
    bool answered;
    enum place place;
    uint64_t left;
    struct buf host; /* of the first request */
    int result;
    char error[GUARD_TEXT];
};

/* --- its options --------------------------------------------------------- */

/*
 * Nothing but what the program's own transfer says goes out, and nothing of
 * what comes back is understood here; the limits are those of that transfer.
 */
static const struct option {
    int option;
    bool needed; /* others an older libcurl may not know */
    long value;
} options[] = {
    {OPT_CURLU, true, 0},
    {OPT_USERAGENT, true, 0},
    {OPT_REFERER, true, 0},
    {OPT_COOKIE, true, 0},
    {OPT_COOKIEJAR, false, 0}, /* before the next: it begins cookies */
    {OPT_COOKIEFILE, false, 0},
    {OPT_ACCEPT_ENCODING, true, 0},
    {OPT_TRANSFER_ENCODING, false, 0},
    {OPT_RANGE, true, 0},
    {OPT_RESUME_FROM, true, 0},
    {OPT_TIMECONDITION, true, 0},
    {OPT_USERPWD, true, 0},
    {OPT_BEARER, false, 0},
    {OPT_AWS_SIGV4, false, 0},
    {OPT_NETRC, true, 0},
    {OPT_HTTPAUTH, false, 0},
    {OPT_AUTOREFERER, true, 0},
    {OPT_FOLLOW, true, 0},
    {OPT_FAILONERROR, true, 0},
    {OPT_HEADER, true, 0},
    {OPT_NOPROGRESS, true, 1},
    {OPT_VERBOSE, true, 0},
    {OPT_MAXFILESIZE, true, 0},
    {OPT_TIMEOUT_MS, true, 0},
    {OPT_LOW_SPEED, true, 0},
    {OPT_SUPPRESS_CONNECT, true, 1},
    {OPT_HEADEROPT, true, 1}, /* a proxy hears none of it */
    {OPT_FORBID_REUSE, true, 1},
    {OPT_HTTP_VERSION, true, 2}, /* 1.1 */
    {OPT_TRANSFER_DECODING, true, 0},
    {OPT_CONTENT_DECODING, true, 0},
    {OPT_PREREQ, false, 0},
    {OPT_TRAILERFUNCTION, false, 0},
    {OPT_SEEKFUNCTION, true, 0},
    {OPT_IOCTLFUNCTION, false, 0},
    {OPT_POSTFIELDS, true, 0},
};

static bool set(const struct twin *t, int option, const void *value)
{
    return !t->guard->lib->setopt(t->handle, option, value);
}

static bool set_number(const struct twin *t, int option, long value)
{
    return !t->guard->lib->setopt(t->handle, option, value);
}

/* A function's address, as libcurl takes it: without its type. */
#define FN(fn) ((const void *)(uintptr_t)(fn))

static size_t say(char *p, size_t size, size_t n, void *arg);
static size_t hear_field(char *p, size_t size, size_t n, void *arg);
static size_t hear(char *p, size_t size, size_t n, void *arg);

static bool prepare(struct twin *t)
{
    bool ok = true;

    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        ok &= set_number(t, options[i].option, options[i].value) ||
              !options[i].needed;
    return ok && set(t, OPT_URL, t->guard->target.origin) &&
           set(t, OPT_ERRORBUFFER, t->error) && set(t, OPT_READDATA, t) &&
           set(t, OPT_READFUNCTION, FN(say)) && set(t, OPT_HEADERDATA, t) &&
           set(t, OPT_HEADERFUNCTION, FN(hear_field)) &&
           set(t, OPT_WRITEDATA, t) && set(t, OPT_WRITEFUNCTION, FN(hear));
}

/* Sets an option of the program's handle, for a moment. */
static void put(const struct guard *g, int option, const void *value)
{
    (void)g->lib->setopt(g->easy->handle, option, value);
}

/*
 * A form is put together by the program's functions, which must not be called
 * for a copy of it; and libcurl (7.88) fails to copy a body that it has copied
 * before, if it was not told how long that is. Both are taken out meanwhile,
 * and what then said last what is to be sent says so again.
 */
static void *duplicate(struct guard *g)
{
    const struct easy *e = g->easy;
    const struct easy_value *body = &e->value[SLOT_BODY];
    void *mime = easy_pointer(e, SLOT_MIME), *handle;
    char *copied = easy_pointer(e, SLOT_COPIED);

    if (mime)
        put(g, OPT_MIME, NULL);
    if (copied)
        put(g, OPT_COPIED, NULL);
    handle = g->lib->dup(e->handle);
    if (copied)
        put(g, OPT_COPIED, copied);
    if (mime)
        put(g, OPT_MIME, mime);
    if (copied && body->option == OPT_COPIED)
        put(g, OPT_COPIED, copied);
    else if ((copied || mime) && body->option != OPT_MIME)
        put(g, body->option, body->pointer);
    return handle;
}

struct twin *twin_new(struct guard *g)
{
    struct twin *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->guard = g;
    t->handle = duplicate(g);
    buf_init(&t->host, LIM_HEAD_LINE);
    if (t->handle && prepare(t))
        return t;
    twin_free(t);
    return NULL;
}

void twin_free(struct twin *t)
{
    if (!t)
        return;
    twin_stop(t);
    if (t->handle)
        t->guard->lib->cleanup(t->handle);
    buf_free(&t->host);
    free(t);
}

void *twin_leave(struct twin *t)
{
    void *handle = t->handle;

    twin_stop(t);
    if (handle)
        (void)set(t, OPT_ERRORBUFFER, NULL);
    t->handle = NULL;
    return handle;
}

void *twin_handle(const struct twin *t)
{
    return t->handle;
}

bool twin_is(const struct twin *t, const void *handle)
{
    return t && t->handle == handle;
}

bool twin_runs(const struct twin *t)
{
    return t && t->added && !t->done;
}

/* --- the request --------------------------------------------------------- */

static struct str ready(const struct twin *t)
{
    const struct guard *g = t->guard;

    return g->api->conn_ready(g->conn, DIR_SEND);
}

static void taken(const struct twin *t, size_t n)
{
    t->guard->api->conn_taken(t->guard->conn, DIR_SEND, n);
}

struct request {
    struct str method, target;
    bool has_body, chunked;
    uint64_t length;
};

/* In a list of libcurl's, "name:" leaves a field out, "name;" has no value. */
static bool add_line(struct twin *t, struct str text, struct str end)
{
    struct buf line;
    void *fields = NULL;

    buf_init(&line, LIM_HEAD_LINE);
    if (!buf_add(&line, text) && !buf_add(&line, end) &&
        !buf_add_byte(&line, '\0'))
        fields = t->guard->lib->slist_add(t->fields, line.ptr);
    buf_free(&line);
    if (fields)
        t->fields = fields;
    return fields != NULL;
}

/* All requests of one transfer go to one host, whatever it is led to. */
static bool same_host(struct twin *t, struct str host)
{
    if (t->host.len == 0)
        return !buf_add(&t->host, host);
    return str_eq(buf_str(&t->host), host);
}

/* The length is libcurl's to say, and the wait for a word of the host's. */
static bool add_field(struct twin *t, struct request *r, struct str line)
{
    struct str rest = line, name = str_split(&rest, ':');
    struct str value = str_trim(rest);

    if (str_eq_nocase(name, STR("content-length"))) {
        r->has_body = true;
        return str_u64(value, &r->length) == OK;
    }
    if (str_eq_nocase(name, STR("transfer-encoding")))
        r->has_body = r->chunked = true;
    if (str_eq_nocase(name, STR("expect")))
        return true;
    if (str_eq_nocase(name, STR("upgrade")) ||
        (str_eq_nocase(name, STR("host")) && !same_host(t, value)))
        return false;
    return value.len > 0 ? add_line(t, line, STR(""))
                         : add_line(t, name, STR(";"));
}

/* What libcurl adds by itself is left out, unless the program said it. */
static bool add_fields(struct twin *t, struct request *r, struct str head)
{
    const struct str own[] = {STR("Accept"), STR("Expect"),
                              STR("Content-Type")};
    bool said[ARRAY_LEN(own)] = {false}; /* Expect never is */

    while (head.ptr) {
        struct str line = str_split(&head, '\n');
        struct str name = str_head(line, str_find_byte(line, ':'));

        line = str_head(line, str_find_byte(line, '\r'));
        for (size_t i = 0; i < ARRAY_LEN(own); i++)
            said[i] |=
                str_eq_nocase(name, own[i]) && !str_eq(own[i], STR("Expect"));
        if (line.len > 0 && !add_field(t, r, line))
            return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (!said[i] && !add_line(t, own[i], STR(":")))
            return false;
    return true;
}

static bool set_text(const struct twin *t, int option, struct str text)
{
    char *copy = text.len > 0 ? LIBC(strndup)(text.ptr, text.len) : NULL;
    bool ok = copy && set(t, option, copy);

    free(copy);
    return ok;
}

static bool set_request(struct twin *t, const struct request *r)
{
    bool ok =
        set(t, OPT_HTTPHEADER, t->fields) && set_text(t, OPT_TARGET, r->target);

    if (r->has_body)
        ok =
            ok && set_number(t, OPT_POST, 1) &&
            set_number(t, OPT_POSTFIELDSIZE, r->chunked ? -1 : (long)r->length);
    else
        ok = ok && set_number(t, OPT_HTTPGET, 1);
    if (str_eq(r->method, STR("HEAD")))
        ok = ok && set_number(t, OPT_NOBODY, 1);
    t->place = !r->has_body ? IN_NOTHING : r->chunked ? IN_SIZE : IN_LENGTH;
    t->left = r->length;
    return ok && set_text(t, OPT_METHOD, r->method);
}

/* What is no HTTP does not become it by waiting. */
static bool passes(const struct twin *t)
{
    return t->guard->api->conn_state(t->guard->conn) == CONN_PASS;
}

/* E_AGAIN: no whole head is there. */
static enum err begin(struct twin *t)
{
    const struct curl_lib *lib = t->guard->lib;
    struct str all = ready(t), head, line;
    size_t len = str_find(all, STR("\r\n\r\n"));
    struct request r = {0};
    bool ok;

    if (len == all.len)
        return passes(t) && len > 0 ? E_UNSUPPORTED : E_AGAIN;
    head = str_head(all, len);
    line = str_split(&head, '\n');
    r.method = str_split(&line, ' ');
    r.target = str_split(&line, ' ');
    lib->slist_free(t->fields);
    t->fields = NULL;
    ok = add_fields(t, &r, head) && set_request(t, &r);
    taken(t, len + 4);
    t->done = t->answered = t->starved = t->full = false;
    t->result = CURL_OK;
    t->error[0] = '\0';
    t->added = ok && !lib->multi_add(t->guard->multi, t->handle);
    return t->added ? OK : E_UNSUPPORTED;
}

/* --- its body ------------------------------------------------------------ */

/* A line of the framing, which the engine has read before; -1: not all there.
 */
static long line_of(struct twin *t)
{
    struct str all = ready(t);
    size_t len = str_find(all, STR("\r\n"));
    uint64_t size = 0;

    if (len == all.len)
        return -1;
    for (size_t i = 0; i < len && hex_value(all.ptr[i]) >= 0; i++)
        size = size << 4 | (uint64_t)hex_value(all.ptr[i]);
    t->left = size;
    taken(t, len + 2);
    return (long)len;
}

static size_t copy_data(struct twin *t, char *p, size_t n)
{
    struct str data = str_head(ready(t), n);

    data = str_head(data, t->left < data.len ? (size_t)t->left : data.len);
    if (data.len > 0)
        memcpy(p, data.ptr, data.len);
    t->left -= data.len;
    taken(t, data.len);
    return data.len;
}

/* One step through the framing: false where more bytes are needed. */
static bool step(struct twin *t, char *p, size_t n, size_t *done)
{
    long len;

    switch (t->place) {
    case IN_LENGTH:
    case IN_DATA:
        *done += copy_data(t, p + *done, n - *done);
        if (t->left > 0)
            return false;
        t->place = t->place == IN_DATA ? IN_CRLF : IN_NOTHING;
        return true;
    case IN_SIZE:
        if (line_of(t) < 0)
            return false;
        t->place = t->left > 0 ? IN_DATA : IN_TRAILER;
        return true;
    case IN_CRLF:
        if (line_of(t) < 0)
            return false;
        t->place = IN_SIZE;
        return true;
    case IN_TRAILER:
        if ((len = line_of(t)) < 0)
            return false;
        if (len == 0)
            t->place = IN_NOTHING;
        return true;
    case IN_NOTHING:
        break;
    }
    return false;
}

static size_t say(char *p, size_t size, size_t n, void *arg)
{
    struct twin *t = arg;
    size_t done = 0;

    while (done < size * n && step(t, p, size * n, &done))
        ;
    if (done > 0 || t->place == IN_NOTHING)
        return done;
    t->starved = true;
    return PAUSE;
}

/* --- the answer ---------------------------------------------------------- */

static size_t hear(char *p, size_t size, size_t n, void *arg)
{
    struct twin *t = arg;

    if (call_queued(t->guard) > TWIN_OUT) {
        t->full = true;
        return PAUSE;
    }
    t->answered = true;
    call_heard(t->guard, (struct str){p, size * n});
    return size * n;
}

/*
 * The program's handle knows its host as http. Where it follows a redirect by
 * itself, one that stays with the host is made to show no scheme; one that
 * leaves it comes to us again, and is not sent on.
 */
static void hear_redirect(struct twin *t, struct str value)
{
    struct guard *g = t->guard;
    struct str origin = str_of(g->target.origin);

    if (str_eq_nocase(str_head(value, origin.len), origin))
        value = str_skip(value, origin.len - 1);
    else if (str_find(value, STR("//")) < value.len)
        g->why = "Blocked by sallyport: a redirect from a model host to "
                 "another host is not followed for this libcurl";
    call_heard(g, STR("Location: "));
    call_heard(g, value);
    call_heard(g, STR("\r\n"));
}

static size_t hear_field(char *p, size_t size, size_t n, void *arg)
{
    struct twin *t = arg;
    struct str line = {p, size * n}, value = line;
    struct str name = str_split(&value, ':');

    t->answered = true;
    if (value.ptr && str_eq_nocase(name, STR("location")) &&
        easy_number(t->guard->easy, SLOT_FOLLOW) != 0)
        hear_redirect(t, str_trim(str_head(value, str_find_byte(value, '\r'))));
    else
        call_heard(t->guard, line);
    return size * n;
}

/* --- its life ------------------------------------------------------------ */

bool twin_pump(struct twin *t)
{
    bool fed = t->starved && ready(t).len > 0;
    bool room = t->full && call_queued(t->guard) <= TWIN_OUT;
    enum err e;

    if (!t->added) {
        e = begin(t);
        if (e && e != E_AGAIN)
            call_fail(t->guard, "Blocked by sallyport: a request that cannot "
                                "be sent on for libcurl");
        return !e;
    }
    if (!t->done && (fed || room)) {
        t->starved = t->full = false; /* who still has to wait says so again */
        (void)t->guard->lib->pause(t->handle, 0 /* CURLPAUSE_CONT */);
    }
    return false;
}

void twin_stop(struct twin *t)
{
    if (!t)
        return;
    if (t->added)
        (void)t->guard->lib->multi_remove(t->guard->multi, t->handle);
    t->added = false;
    if (t->handle)
        (void)set(t, OPT_HTTPHEADER, NULL);
    t->guard->lib->slist_free(t->fields);
    t->fields = NULL;
}

void twin_done(struct twin *t, int result)
{
    t->done = true;
    t->result = result;
    call_heard_end(t->guard, t->answered);
}

int twin_failed(const struct twin *t, const char **ret_why)
{
    *ret_why = t->error;
    return t->result;
}
