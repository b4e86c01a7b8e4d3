#include "hooks/curltarget.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "hooks/real.h"

/* CURLUPART_ and CURLU_ of curl/urlapi.h */
enum {
    PART_URL,
    PART_SCHEME,
    PART_USER,
    PART_PASSWORD,
    PART_OPTIONS,
    PART_HOST,
    PART_PORT,
    PART_PATH,
    PART_QUERY,
    PART_FRAGMENT,
};
#define URL_OUT_OF_MEMORY 7 /* CURLUE_OUT_OF_MEMORY */
#define DEFAULT_PORT      0x1u
#define ANY_SCHEME        0x8u
#define PATH_AS_IS        0x10u
#define GUESS_SCHEME      0x200u
#define PUNYCODE          0x1000u

/* What libcurl itself allows in a URL, and no less. */
#define LENIENT (ANY_SCHEME | PATH_AS_IS)

/* A part as a string of ours; NULL and E_SYNTAX where there is none. */
static enum err part(const struct curl_lib *lib, void *u, int what,
                     unsigned flags, char **ret)
{
    char *text = NULL;
    int rc = lib->url_get(u, what, &text, flags);

    *ret = NULL;
    if (rc || !text)
        return rc == URL_OUT_OF_MEMORY ? E_NOMEM : E_SYNTAX;
    *ret = LIBC(strdup)(text);
    lib->free(text);
    return *ret ? OK : E_NOMEM;
}

static enum err set_url(const struct curl_lib *lib, void *u, const char *url,
                        unsigned flags)
{
    int rc = lib->url_set(u, PART_URL, url, flags);

    if (rc)
        return rc == URL_OUT_OF_MEMORY ? E_NOMEM : E_SYNTAX;
    return OK;
}

static enum err with_scheme(const struct curl_lib *lib, void *u,
                            const char *scheme, const char *url)
{
    struct buf full;
    enum err e;

    buf_init(&full, LIM_HEAD);
    if (!(e = buf_add(&full, str_of(scheme))) &&
        !(e = buf_add(&full, STR("://"))) &&
        !(e = buf_add(&full, str_of(url))) && !(e = buf_add_byte(&full, '\0')))
        e = set_url(lib, u, full.ptr, LENIENT);
    buf_free(&full);
    return e == E_LIMIT ? E_UNSUPPORTED : e;
}

static enum err parse(const struct curl_lib *lib, void *u, const char *scheme,
                      const char *url)
{
    enum err e = url ? set_url(lib, u, url, LENIENT) : E_SYNTAX;

    if (e != E_SYNTAX || !url)
        return e;
    return scheme ? with_scheme(lib, u, scheme, url)
                  : set_url(lib, u, url, LENIENT | GUESS_SCHEME);
}

/* --- what is in it ------------------------------------------------------- */

/* A name that is not ASCII becomes another on its way to DNS (RFC 5891). */
static enum err host_of(const struct curl_lib *lib, void *u, char **ret)
{
    enum err e = part(lib, u, PART_HOST, 0, ret);
    bool ascii = true;

    for (const char *p = *ret; p && *p; p++)
        ascii &= (unsigned char)*p < 0x80;
    if (ascii)
        return e;
    free(*ret);
    e = part(lib, u, PART_HOST, PUNYCODE, ret);
    for (const char *p = *ret; p && *p; p++)
        if ((unsigned char)*p >= 0x80)
            return E_UNSUPPORTED;
    return e == E_SYNTAX ? E_UNSUPPORTED : e;
}

static uint16_t port_of(const struct curl_lib *lib, void *u)
{
    char *text;
    uint64_t port = 0;

    if (part(lib, u, PART_PORT, DEFAULT_PORT, &text) ||
        str_u64(str_of(text), &port))
        port = 0;
    free(text);
    return (uint16_t)port;
}

/*
 * The port that http would not show stays away as well: the request names the
 * host as it would have done.
 */
static enum err rewrite(const struct curl_lib *lib, void *u, struct target *t)
{
    static const int parts[] = {PART_USER, PART_PASSWORD, PART_OPTIONS,
                                PART_QUERY, PART_FRAGMENT};
    void *plain = lib->url_dup(u);

    if (plain && t->port == 443)
        (void)lib->url_set(plain, PART_PORT, NULL, 0);
    if (plain && !lib->url_set(plain, PART_SCHEME, "http", 0))
        (void)!part(lib, plain, PART_URL, 0, &t->plain);
    if (plain)
        lib->url_cleanup(plain);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        (void)lib->url_set(u, parts[i], NULL, 0);
    if (!lib->url_set(u, PART_PATH, "/", 0))
        (void)!part(lib, u, PART_URL, 0, &t->origin);
    return t->plain && t->origin ? OK : E_NOMEM;
}

static enum err look(const struct curl_lib *lib, void *u, struct target *ret)
{
    char *scheme;
    enum err e = part(lib, u, PART_SCHEME, 0, &scheme);
    struct str name = str_of(scheme);
    struct target t = {.https = str_eq_nocase(name, STR("https"))};

    if (!e)
        e = host_of(lib, u, &t.host);
    t.tls = name.len > 0 && to_lower(name.ptr[name.len - 1]) == 's';
    t.port = port_of(lib, u);
    if (!e && t.https)
        e = rewrite(lib, u, &t);
    free(scheme);
    if (e)
        target_free(&t);
    else
        *ret = t;
    return e;
}

/* --- calls --------------------------------------------------------------- */

enum err target_of_url(const struct curl_lib *lib, const char *url,
                       struct target *ret)
{
    void *u = lib->url();
    enum err e;

    if (!u)
        return E_NOMEM;
    if (!(e = parse(lib, u, NULL, url)))
        e = look(lib, u, ret);
    lib->url_cleanup(u);
    return e;
}

enum err target_of_easy(const struct curl_lib *lib, const struct easy *easy,
                        struct target *ret)
{
    void *given = easy_pointer(easy, SLOT_CURLU);
    long port = easy_number(easy, SLOT_PORT);
    void *u = given ? lib->url_dup(given) : lib->url();
    enum err e = OK;

    if (!u)
        return E_NOMEM;
    if (!given)
        e = parse(lib, u, easy_pointer(easy, SLOT_SCHEME),
                  easy_pointer(easy, SLOT_URL));
    if (!e)
        e = look(lib, u, ret);
    lib->url_cleanup(u);
    if (!e && port > 0)
        ret->port = (uint16_t)port;
    return e;
}

void target_free(struct target *t)
{
    free(t->host);
    free(t->plain);
    free(t->origin);
    *t = (struct target){0};
}
