#include "flow/owned.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "audit/sink.h"
#include "base/clock.h"
#include "base/pack.h"
#include "detect/base64.h"
#include "detect/keyfile.h"
#include "detect/worth.h"
#include "flow/file.h"
#include "flow/listing.h"
#include "flow/query.h"
#include "json/text.h"

#define LEARNT_MAX  1024 /* bytes of a credential that are learnt */
#define DECODED_MAX 512  /* bytes of what a value says in another way */

/* One loading. */
struct loading {
    struct own *own;
    const struct policy_own *policy;
    struct buf env;  /* NAME=VALUE, a NUL behind each; wiped */
    struct buf file; /* the file at work; wiped */
    struct owned_gaps gaps;
};

/* ---- Values ------------------------------------------------------------- */

static enum err add(struct loading *l, struct str value,
                    const struct own_about *about)
{
    enum err e = own_add(l->own, value, about->source, about->name);

    if (e != E_LIMIT)
        return e;
    l->gaps.full = true;
    return OK;
}

/* What the value says when it is decoded: a password of a URL has its reserved
 * characters in escapes; docker has user:password in base64. */
static enum err add_decoded(struct loading *l, struct str value,
                            const struct own_about *about)
{
    char room[DECODED_MAX];
    struct buf text;
    enum err e = OK;
    size_t n, colon;

    buf_init(&text, DECODED_MAX);
    if (str_find_byte(value, '%') < value.len &&
        path_text(value, &text) == OK && text.len >= l->policy->least)
        e = add(l, buf_str(&text), about);
    buf_wipe_free(&text);
    if (!e && base64_decode(value, room, sizeof(room), &n)) {
        struct str pair = {room, n};

        colon = str_find_byte(pair, ':');
        pair = str_skip(pair, colon + 1);
        if (colon < n && worth_knowing(pair, true, l->policy->least))
            e = add(l, pair, about);
    }
    explicit_bzero(room, sizeof(room)); /* also where only its front is any */
    return e;
}

/* `named`: whoever keeps it says that it is a secret. */
static enum err take(struct loading *l, struct str value, bool named,
                     const struct own_about *about)
{
    struct str text = value, body, part;
    bool pem = false;
    enum err e;

    while (keyfile_pem(&text, &body)) {
        pem = true;
        if ((e = add(l, body, about)))
            return e;
    }
    if (pem)
        return OK;
    part = worth_part(value);
    named |= part.len < value.len;
    if (!worth_knowing(part, named, l->policy->least))
        return OK;
    if ((e = add(l, part, about)) || !named)
        return e;
    return add_decoded(l, part, about);
}

/* ---- The environment ---------------------------------------------------- */

/* '*' stands for any bytes. */
static bool fits(struct str pattern, struct str name)
{
    size_t p = 0, n = 0, star = pattern.len, from = 0;

    while (n < name.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            from = n;
        } else if (p < pattern.len && pattern.ptr[p] == name.ptr[n]) {
            p++;
            n++;
        } else if (star < pattern.len) {
            p = star + 1;
            n = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

enum wanted {
    WANTED_NOT,
    WANTED_MAYBE, /* as far as name and value look like a secret */
    WANTED,
};

static enum wanted is_wanted(struct str patterns, struct str name)
{
    enum wanted best = WANTED_NOT;
    struct str one;

    while (unpack_str(&patterns, &one) == OK) {
        if (one.ptr[0] == '!' && fits(str_skip(one, 1), name))
            return WANTED_NOT;
        if (str_eq(one, STR("all")))
            best = best == WANTED_NOT ? WANTED_MAYBE : best;
        else if (fits(one, name))
            best = WANTED;
    }
    return best;
}

/*
 * At once, and looked at afterwards: another thread may call setenv(3), which
 * moves the list. Room is made first, so that no copy stays behind in memory.
 */
static enum err copy_env(struct loading *l, char *const *env)
{
    size_t size = 0;
    enum err e = OK;

    for (size_t i = 0; env != NULL && env[i] != NULL; i++)
        size += strlen(env[i]) + 1;
    e = buf_reserve(&l->env, size < l->env.max ? size : l->env.max);
    for (size_t i = 0; env != NULL && env[i] != NULL && !e; i++) {
        struct str entry = {env[i], strlen(env[i]) + 1};

        if (entry.len > l->env.cap - l->env.len) {
            l->gaps.full = true;
            break;
        }
        e = buf_add(&l->env, entry);
    }
    return e;
}

static enum err take_env(struct loading *l)
{
    struct str rest = buf_str(&l->env);
    enum err e = OK;

    while (rest.len > 0 && !e) {
        struct str value = str_split(&rest, '\0');
        struct str name = str_split(&value, '=');
        struct own_about about = {.source = OWN_ENV, .name = name};
        enum wanted wanted = is_wanted(l->policy->env, name);

        if (value.ptr == NULL || wanted == WANTED_NOT ||
            (wanted == WANTED_MAYBE && name_is_plain(name)))
            continue;
        e = take(l, value, wanted == WANTED || name_is_secret(name), &about);
    }
    return e;
}

/* ---- Files -------------------------------------------------------------- */

static enum err take_items(struct loading *l, struct str named)
{
    struct own_about about = {.source = OWN_FILE, .name = named};
    struct keyfile_item item;
    struct keyfile f;
    enum err e = OK;

    keyfile_start(&f, l->file.ptr, l->file.len);
    while (!e && keyfile_next(&f, &item))
        if (item.secret || !name_is_plain(item.name))
            e = take(l, item.value, item.secret || name_is_secret(item.name),
                     &about);
    return e;
}

static enum err note_unread(struct loading *l, struct str named)
{
    enum err e =
        l->gaps.unread.len > 0 ? buf_add_byte(&l->gaps.unread, ',') : OK;

    return e ? e : json_put_string(&l->gaps.unread, named);
}

/* The value of a variable; empty if there is none. */
static struct str variable(const struct loading *l, struct str name)
{
    struct str rest = buf_str(&l->env);

    while (rest.len > 0) {
        struct str value = str_split(&rest, '\0');

        if (str_eq(str_split(&value, '='), name) && value.ptr != NULL)
            return value;
    }
    return STR("");
}

/* As a policy names it, with ~/ or $NAME in front: empty without a home, or if
 * that variable is not set. */
static enum err put_path(const struct loading *l, struct str named,
                         struct buf *path)
{
    struct str front = STR(""), rest = named;
    enum err e;

    if (str_starts(named, STR("~/"))) {
        front = variable(l, STR("HOME"));
        rest = str_skip(named, 1);
    } else if (str_starts(named, STR("$"))) {
        rest = str_skip(named, str_find_byte(named, '/'));
        front =
            variable(l, (struct str){named.ptr + 1, named.len - rest.len - 1});
    }
    if (front.len == 0 && rest.ptr != named.ptr)
        return OK;
    e = buf_add(path, front);
    return e ? e : buf_add(path, rest);
}

/* `named` is what the audit calls it. */
static enum err take_path(struct loading *l, struct buf *path, struct str named)
{
    bool missing = false;
    enum err e;

    buf_clear(&l->file);
    if ((e = buf_add_byte(path, '\0')))
        return e;
    e = file_all(path->ptr, &l->file, &missing);
    if (e == E_UNSUPPORTED || e == E_LIMIT)
        return missing ? OK : note_unread(l, named);
    return e || l->file.len == 0 ? e : take_items(l, named);
}

/* Each file in a directory. */
static enum err take_listed(struct loading *l, struct str dir, struct str names,
                            struct str named)
{
    struct buf path, label;
    enum err e = OK;

    buf_init(&path, 4 * (size_t)KIB);
    buf_init(&label, 4 * (size_t)KIB);
    while (!e && names.len > 0) {
        struct str name = str_split(&names, '\0');

        buf_clear(&path);
        buf_clear(&label);
        if (!(e = buf_add(&path, dir)) && !(e = buf_add(&path, name)) &&
            !(e = buf_add(&label, named)) && !(e = buf_add(&label, name)))
            e = take_path(l, &path, buf_str(&label));
    }
    buf_free(&path);
    buf_free(&label);
    return e;
}

static enum err take_dir(struct loading *l, struct buf *path, struct str named)
{
    bool missing = false;
    struct buf names;
    enum err e;

    if ((e = buf_add_byte(path, '\0')))
        return e;
    buf_init(&names, 32 * (size_t)KIB);
    e = listing_read(path->ptr, &names, &missing);
    if ((e == E_UNSUPPORTED && !missing) || e == E_LIMIT)
        e = note_unread(l, named);
    else if (e == E_UNSUPPORTED)
        e = OK;
    if (!e)
        e = take_listed(l, str_head(buf_str(path), path->len - 1),
                        buf_str(&names), named);
    buf_free(&names);
    return e;
}

static enum err take_file(struct loading *l, struct str named)
{
    struct buf path;
    enum err e;

    buf_init(&path, 4 * (size_t)KIB);
    e = put_path(l, named, &path);
    if (!e && path.len > 0)
        e = path.ptr[path.len - 1] == '/' ? take_dir(l, &path, named)
                                          : take_path(l, &path, named);
    buf_free(&path);
    return e == E_LIMIT ? note_unread(l, named) : e;
}

static enum err take_files(struct loading *l)
{
    struct str files = l->policy->files, one;
    enum err e = OK;

    /* once: what grows leaves behind what was in it */
    if (files.len > 0)
        e = buf_reserve(&l->file, LIM_OWN_FILE);
    while (!e && unpack_str(&files, &one) == OK)
        e = take_file(l, one);
    return e;
}

/* ---- All ---------------------------------------------------------------- */

_Static_assert(OWN_KEY_LEN == 2 * PRINT_LEN, "a key of two prints");

static enum err put_key(struct buf *out, struct str key, struct str value)
{
    enum err e;

    if ((e = buf_add(out, key)))
        return e;
    return json_put_string(out, value);
}

/* As the shim's own lines: what is not looked for. */
static enum err note_line(const struct engine *eng, const struct owned_gaps *g,
                          struct str why, struct buf *out)
{
    char when[CLOCK_LEN];
    struct timespec now;
    enum err e;

    clock_gettime(CLOCK_REALTIME, &now);
    clock_text((uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000,
               when);
    if ((e = put_key(out, STR("{\"time\":"), (struct str){when, CLOCK_LEN})) ||
        (e = buf_add(out, STR(",\"event\":\"own_secrets\",\"action\":\"log\""
                              ",\"pid\":"))) ||
        (e = buf_add_u64(out, (uint64_t)getpid())) ||
        (e = put_key(out, STR(",\"exe\":"), str_of(eng->exe))) ||
        (e = buf_add(out, STR(",\"unreadable\":["))) ||
        (e = buf_add(out, buf_str(&g->unread))) ||
        (e = buf_add(out, STR("]"))) || (e = buf_add(out, why)))
        return e;
    return buf_add(out, STR("}\n"));
}

static enum err note(const struct engine *eng, const struct owned_gaps *g,
                     struct str why)
{
    struct buf line;
    enum err e;

    if ((g->unread.len == 0 && why.len == 0) || eng->audit == NULL)
        return OK;
    buf_init(&line, MIB);
    e = note_line(eng, g, why, &line);
    if (!e)
        (void)!audit_write(eng->audit, buf_str(&line));
    buf_free(&line);
    return e;
}

enum err owned_read(const struct policy_own *policy, char *const *env,
                    const unsigned char key[PRINT_KEY_LEN],
                    struct own **ret_own, struct owned_gaps *ret_gaps)
{
    unsigned char own_key[OWN_KEY_LEN];
    struct loading l = {.policy = policy};
    enum err e;

    buf_init(&l.env, LIM_OWN_ENV);
    buf_init(&l.file, LIM_OWN_FILE);
    buf_init(&l.gaps.unread, MIB);
    fingerprint(key, STR("own secrets 1"), own_key);
    fingerprint(key, STR("own secrets 2"), own_key + PRINT_LEN);
    if ((e = own_new(own_key, &l.own)) || (e = copy_env(&l, env)) ||
        (e = take_env(&l)) || (e = take_files(&l)) || (e = own_ready(l.own))) {
        own_free(l.own);
        l.own = NULL;
        buf_free(&l.gaps.unread);
    }
    explicit_bzero(own_key, sizeof(own_key));
    buf_wipe_free(&l.env);
    buf_wipe_free(&l.file);
    *ret_own = l.own;
    *ret_gaps = l.gaps;
    return e;
}

enum err owned_load(struct engine *eng, char *const *env)
{
    struct owned_gaps gaps;
    enum err e;

    if (!rules_use(eng->rules, DETECTOR_OWN))
        return OK;
    e = owned_read(&eng->policy.own, env, eng->key, &eng->own, &gaps);
    if (e)
        return e;
    eng->known.own = eng->own;
    e = note(eng, &gaps, gaps.full ? STR(",\"too_many\":true") : STR(""));
    buf_free(&gaps.unread);
    return e;
}

/* ---- Credentials of a request ------------------------------------------- */

static const struct {
    struct str field;
    const char *name;
} heads[] = {
    {STR_INIT("authorization"), "authorization"},
    {STR_INIT("proxy-authorization"), "proxy-authorization"},
    {STR_INIT("x-api-key"), "x-api-key"},
    {STR_INIT("api-key"), "api-key"},
    {STR_INIT("x-goog-api-key"), "x-goog-api-key"},
    {STR_INIT("x-auth-token"), "x-auth-token"},
    {STR_INIT("x-amz-security-token"), "x-amz-security-token"},
    {STR_INIT("ocp-apim-subscription-key"), "ocp-apim-subscription-key"},
    {STR_INIT("xi-api-key"), "xi-api-key"},
};

/* A signature is of one request, and no credential (AWS SigV4, RFC 9421). */
static bool is_signature(struct str value)
{
    return str_starts(value, STR("AWS4-")) ||
           str_eq_nocase(str_head(value, 10), STR("Signature "));
}

static enum err learn(const struct engine *eng, struct str value,
                      const char *name)
{
    struct str part = str_head(worth_part(value), LEARNT_MAX);
    char room[DECODED_MAX];
    enum err e = OK;
    size_t n;

    if (is_signature(value) ||
        !worth_knowing(part, true, eng->policy.own.least))
        return OK;
    e = own_learn(eng->own, part, name);
    if (!e && base64_decode(part, room, sizeof(room), &n)) {
        struct str pair = {room, n};

        pair = str_skip(pair, str_find_byte(pair, ':') + 1);
        if (worth_knowing(pair, true, eng->policy.own.least))
            e = own_learn(eng->own, pair, name);
    }
    explicit_bzero(room, sizeof(room));
    return e;
}

static enum err learn_query(const struct engine *eng, struct str query)
{
    enum err e = OK;

    while (query.ptr != NULL && !e) {
        struct str value = str_split(&query, '&');
        struct str name = str_split(&value, '=');
        struct buf text;

        if (value.len == 0 || !query_is_key(name))
            continue;
        buf_init(&text, LIM_HEAD_LINE);
        e = path_text(value, &text);
        if (!e)
            e = learn(eng, buf_str(&text), "query");
        buf_wipe_free(&text);
    }
    return e;
}

/* Once: a program that rotates its tokens has it all day. */
static enum err note_forgotten(const struct engine *eng)
{
    struct owned_gaps none = {.full = false};

    if (!own_forgot(eng->own))
        return OK;
    return note(eng, &none, STR(",\"forgotten\":true"));
}

enum err owned_learn(const struct engine *eng, const struct http_head *h)
{
    struct str query = http_head_str(h, h->target);
    enum err e = OK;

    if (eng->own == NULL || !eng->policy.own.auth)
        return OK;
    for (size_t i = 0; i < h->field_count && !e; i++)
        for (size_t k = 0; k < ARRAY_LEN(heads) && !e; k++)
            if (str_eq_nocase(http_head_str(h, h->fields[i].name),
                              heads[k].field))
                e = learn(eng, http_head_str(h, h->fields[i].value),
                          heads[k].name);
    (void)str_split(&query, '?');
    if (!e)
        e = learn_query(eng, query);
    return e ? e : note_forgotten(eng);
}
