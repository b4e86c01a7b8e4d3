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
#define DEFAULT_PORT 0x1u
#define ANY_SCHEME   0x8u
#define PATH_AS_IS   0x10u
#define GUESS_SCHEME 0x200u
#define PUNYCODE     0x1000u

/* What libcurl itself allows in a URL, and no less. */
#define LENIENT (ANY_SCHEME | PATH_AS_IS)

/* A part as a string of ours; NULL where there is none. */
static char *part(const struct curl_lib *lib, void *u, int what, unsigned flags)
{
    char *text = NULL, *copy;

    if (lib->url_get(u, what, &text, flags) || !text)
        return NULL;
    copy = LIBC(strdup)(text);
    lib->free(text);
    return copy;
}

static bool with_scheme(const struct curl_lib *lib, void *u, const char *scheme,
                        const char *url)
{
    struct buf full;
    bool ok;

    buf_init(&full, LIM_HEAD);
    ok = !buf_add(&full, str_of(scheme)) && !buf_add(&full, STR("://")) &&
         !buf_add(&full, str_of(url)) && !buf_add_byte(&full, '\0') &&
         !lib->url_set(u, PART_URL, full.ptr, LENIENT);
    buf_free(&full);
    return ok;
}

static bool parse(const struct curl_lib *lib, void *u, const char *scheme,
                  const char *url)
{
    if (!url)
        return false;
    if (!lib->url_set(u, PART_URL, url, LENIENT))
        return true;
    return scheme ? with_scheme(lib, u, scheme, url)
                  : !lib->url_set(u, PART_URL, url, LENIENT | GUESS_SCHEME);
}

/* --- what is in it ------------------------------------------------------- */

/* A name that is not ASCII becomes another on its way to DNS (RFC 5891). */
static enum err host_of(const struct curl_lib *lib, void *u, char **ret)
{
    bool ascii = true;

    *ret = part(lib, u, PART_HOST, 0);
    for (const char *p = *ret; p && *p; p++)
        ascii &= (unsigned char)*p < 0x80;
    if (!ascii) {
        free(*ret);
        *ret = part(lib, u, PART_HOST, PUNYCODE);
        for (const char *p = *ret; p && *p; p++)
            if ((unsigned char)*p >= 0x80)
                return E_UNSUPPORTED;
    }
    return *ret ? OK : ascii ? E_SYNTAX : E_UNSUPPORTED;
}

static uint16_t port_of(const struct curl_lib *lib, void *u)
{
    char *text = part(lib, u, PART_PORT, DEFAULT_PORT);
    uint64_t port = 0;

    if (!text || str_u64(str_of(text), &port))
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
        t->plain = part(lib, plain, PART_URL, 0);
    if (plain)
        lib->url_cleanup(plain);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        (void)lib->url_set(u, parts[i], NULL, 0);
    if (!lib->url_set(u, PART_PATH, "/", 0))
        t->origin = part(lib, u, PART_URL, 0);
    return t->plain && t->origin ? OK : E_NOMEM;
}

static enum err look(const struct curl_lib *lib, void *u, struct target *ret)
{
    char *scheme = part(lib, u, PART_SCHEME, 0);
    struct str name = str_of(scheme);
    struct target t = {.https = str_eq_nocase(name, STR("https"))};
    enum err e = scheme ? host_of(lib, u, &t.host) : E_SYNTAX;

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
    enum err e = E_SYNTAX;

    if (!u)
        return E_NOMEM;
    if (parse(lib, u, NULL, url))
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
    enum err e = E_SYNTAX;

    if (!u)
        return E_NOMEM;
    if (given || parse(lib, u, easy_pointer(easy, SLOT_SCHEME),
                       easy_pointer(easy, SLOT_URL)))
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
