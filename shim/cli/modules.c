/*
 * What an interpreter loads cannot be told from its file, but it is known where
 * it keeps what speaks TLS. In a pattern, {prefix} is two levels above the
 * program (/usr for /usr/bin/python3.11), {venv} the same before links are
 * followed (a Python environment's), {name} the program's own name. The rest is
 * glob(7)'s.
 */
#include "cli/modules.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define PATTERN_SIZE 8192

static const struct {
    const char *start;   /* of the program's name */
    const char *pattern; /* where its modules are */
} modules[] = {
    {"python", "{prefix}/lib/{name}/lib-dynload/_ssl.*so"},
    {"python", "{prefix}/lib/{name}/lib-dynload/_ssl.so"},
    {"python", "{prefix}/lib/{name}/site-packages/{wheel}"},
    {"python", "{venv}/lib/{name}/site-packages/{wheel}"},
    {"python", "{prefix}/lib/python3/dist-packages/{wheel}"},
    {"python", "{prefix}/local/lib/{name}/dist-packages/{wheel}"},
    {"php", "{prefix}/lib/php/20*/curl.so"},
    {"php", "{prefix}/lib/php/20*/openssl.so"},
    {"php", "{prefix}/lib/php/20*/swoole.so"},
    {"php", "{prefix}/lib/php/20*/grpc.so"},
    {"ruby", "{prefix}/lib/*/ruby/*/openssl.so"},
    {"ruby", "{prefix}/lib/ruby/*/*/openssl.so"},
    {"perl", "{prefix}/lib/*/perl5/*/auto/Net/SSLeay/SSLeay.so"},
    {"perl", "{prefix}/lib/*/perl5/*/auto/WWW/Curl/Curl.so"},
    {"perl", "{prefix}/lib/perl5/*/*/*/auto/Net/SSLeay/SSLeay.so"},
    {"lua", "{prefix}/lib/*/lua/{version}/ssl.so"},
    {"lua", "{prefix}/lib/*/lua/{version}/cURL.so"},
    {"lua", "{prefix}/lib/*/lua/{version}/_openssl.so"},
    {"R", "{prefix}/lib/R/bin/exec/R"},
    {"R", "{prefix}/lib/R/modules/internet.so"},
    {"R", "{prefix}/lib/R/*library/*/libs/curl.so"},
    {"R", "{prefix}/lib/R/*library/*/libs/openssl.so"},
    {"R", "{prefix}/lib/R/*library/*/libs/RCurl.so"},
    {"git", "{prefix}/lib/git-core/git-remote-https"},
};

/* Of Python packages: those whose wheels bring a TLS of their own. */
static const char *const wheels[] = {
    "cryptography/hazmat/bindings/_*.so",
    "pycurl*.so",
    "grpc/_cython/cygrpc*.so",
    "curl_cffi/_wrapper*.so",
    "primp/*.so",
    "hf_xet/*.so",
};

struct names {
    const char *prefix, *venv, *name, *version, *wheel;
    const char *program; /* its path, as the closure has it */
};

static bool put(char *out, size_t *n, const char *s)
{
    size_t len = strlen(s);

    if (len >= PATTERN_SIZE - *n)
        return false;
    memcpy(out + *n, s, len + 1);
    *n += len;
    return true;
}

/* The pattern with its names put in; false if it is too long. */
static bool fill(const char *pattern, const struct names *in, char *ret_out)
{
    const struct {
        struct str key;
        const char *value;
    } keys[] = {
        {STR("{prefix}"), in->prefix}, {STR("{venv}"), in->venv},
        {STR("{name}"), in->name},     {STR("{version}"), in->version},
        {STR("{wheel}"), in->wheel},
    };
    size_t n = 0;

    ret_out[0] = '\0';
    while (*pattern != '\0') {
        char one[2] = {*pattern, '\0'};
        const char *value = one;
        size_t skip = 1;

        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
            if (str_starts(str_of(pattern), keys[i].key)) {
                value = keys[i].value;
                skip = keys[i].key.len;
            }
        if (!put(ret_out, &n, value))
            return false;
        pattern += skip;
    }
    return true;
}

/* Whether a program mentions the directory: of many versions, its own. */
static bool mentions(const struct closure *c, const char *program,
                     const char *path)
{
    const char *slash = strrchr(path, '/');
    struct str bytes = STR("");

    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->objects[i].path, program) == 0)
            bytes = c->objects[i].elf.bytes;
    return bytes.len > 0 && slash != NULL &&
           memmem(bytes.ptr, bytes.len, path, (size_t)(slash - path)) != NULL;
}

/* With `own`, only those that this program mentions. */
static enum err add_pattern(struct closure *c, const char *pattern,
                            const char *own)
{
    glob_t found = {0};
    enum err e = OK;

    if (glob(pattern, 0, NULL, &found) != 0) {
        globfree(&found);
        return OK;
    }
    for (size_t i = 0; i < found.gl_pathc && e == OK; i++) {
        if (own != NULL && !mentions(c, own, found.gl_pathv[i]))
            continue;
        e = closure_add(c, found.gl_pathv[i], 0, OBJECT_MODULE);
        if (e != E_NOMEM) /* unreadable, damaged: as the program finds it */
            e = OK;
    }
    globfree(&found);
    return e;
}

/* The directory two levels above a file: PREFIX of PREFIX/bin/NAME. */
static void prefix_of(const char *path, char *ret_prefix)
{
    snprintf(ret_prefix, PATH_MAX, "%s", path);
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(ret_prefix, '/');

        if (slash != NULL)
            *slash = '\0';
    }
}

static bool applies(const char *start, const char *name)
{
    size_t n = strlen(start);

    return strncmp(name, start, n) == 0 &&
           (name[n] == '\0' || is_digit(name[n]) || name[n] == '-' ||
            name[n] == '.');
}

static enum err add_known(struct closure *c, size_t i, struct names *in)
{
    char pattern[PATTERN_SIZE];
    bool own = strcmp(modules[i].start, "php") == 0, each;
    enum err e;

    each = strstr(modules[i].pattern, "{wheel}") != NULL;
    for (size_t k = 0; k < (each ? ARRAY_LEN(wheels) : 1); k++) {
        in->wheel = wheels[k];
        if (fill(modules[i].pattern, in, pattern) &&
            (e = add_pattern(c, pattern, own ? in->program : NULL)))
            return e;
    }
    return OK;
}

enum err modules_add(struct closure *c, const char *name, const char *program)
{
    char prefix[PATH_MAX], venv[PATH_MAX], *real = realpath(program, NULL);
    const char *base, *asked;
    struct names in = {.prefix = prefix, .venv = venv, .program = program};
    enum err e = OK;

    if (real == NULL)
        return OK;
    base = base_name(real).ptr;
    asked = base_name(name).ptr;
    prefix_of(real, prefix);
    prefix_of(program, venv);
    in.name = base;
    in.version = base + strcspn(base, "0123456789");
    for (size_t i = 0; i < ARRAY_LEN(modules) && e == OK; i++)
        if (applies(modules[i].start, base) ||
            (strchr("Rg", modules[i].start[0]) != NULL &&
             applies(modules[i].start, asked)))
            e = add_known(c, i, &in);
    free(real);
    return e;
}
