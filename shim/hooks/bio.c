/*
 * A TLS object as a BIO. BIO_write on it reaches a function inside libssl and
 * none of the hooked names, so programs get a BIO method of ours: write and
 * read go through the hooks' sessions, all other members are the real ones.
 *
 * A BIO does not tell which library it is of, and the session's table may not
 * know its TLS object yet. So each library has functions of its own, from a
 * small fixed set; a library that comes later gets the real method.
 */
#include "hooks/bio.h"

#include <pthread.h>

#include "hooks/load.h"
#include "hooks/real.h"
#include "hooks/session.h"

#define BIO_LIBS 4 /* libraries with a method of ours */

#define BIO_TYPE_SSL  (7 | 0x0200)
#define BIO_GET_SSL   110  /* BIO_C_GET_SSL         */
#define BIO_READ      0x01 /* BIO_FLAGS_READ        */
#define BIO_WRITE     0x02 /* BIO_FLAGS_WRITE       */
#define BIO_SPECIAL   0x04 /* BIO_FLAGS_IO_SPECIAL  */
#define BIO_RETRY     0x08 /* BIO_FLAGS_SHOULD_RETRY */
#define BIO_RR_LOOKUP 1    /* BIO_RR_SSL_X509_LOOKUP */
#define BIO_RR_CONN   2    /* BIO_RR_CONNECT        */
#define BIO_RR_ACCEPT 3    /* BIO_RR_ACCEPT         */

struct bio_st;

static struct bio_lib {
    struct lib *lib;
    struct bio_method_st *method;
    long (*ctrl)(struct bio_st *, int, long, void *);
    void (*set_flags)(struct bio_st *, int);
    void (*clear_flags)(struct bio_st *, int);
    void (*set_reason)(struct bio_st *, int);
} bios[BIO_LIBS];

static pthread_mutex_t bios_lock = PTHREAD_MUTEX_INITIALIZER;

static struct ssl_st *ssl_of(const struct bio_lib *b, struct bio_st *bio)
{
    struct ssl_st *ssl = NULL;

    b->ctrl(bio, BIO_GET_SSL, 0, &ssl);
    return ssl;
}

/* What the real method does after its call. */
static void set_retry(const struct bio_lib *b, struct bio_st *bio,
                      const struct ssl_st *ssl, int rc)
{
    switch (rc > 0 ? 0 : b->lib->get_error(ssl, rc)) {
    case 2: /* SSL_ERROR_WANT_READ */
        b->set_flags(bio, BIO_READ | BIO_RETRY);
        break;
    case 3: /* SSL_ERROR_WANT_WRITE */
        b->set_flags(bio, BIO_WRITE | BIO_RETRY);
        break;
    case 4: /* SSL_ERROR_WANT_X509_LOOKUP */
        b->set_flags(bio, BIO_SPECIAL | BIO_RETRY);
        b->set_reason(bio, BIO_RR_LOOKUP);
        break;
    case 7: /* SSL_ERROR_WANT_CONNECT */
        b->set_flags(bio, BIO_SPECIAL | BIO_RETRY);
        b->set_reason(bio, BIO_RR_CONN);
        break;
    case 8: /* SSL_ERROR_WANT_ACCEPT */
        b->set_flags(bio, BIO_SPECIAL | BIO_RETRY);
        b->set_reason(bio, BIO_RR_ACCEPT);
        break;
    default:
        break;
    }
}

static int bio_write(const struct bio_lib *b, struct bio_st *bio, const char *p,
                     size_t n, size_t *written)
{
    struct ssl_st *ssl = ssl_of(b, bio);
    struct session *s;
    int rc;

    if (!ssl || !p)
        return 0;
    b->clear_flags(bio, BIO_READ | BIO_WRITE | BIO_SPECIAL | BIO_RETRY);
    s = n > 0 ? session_enter_lib(ssl, b->lib) : NULL;
    rc = s ? session_write(s, p, n, written)
           : b->lib->write_ex(ssl, p, n, written);
    set_retry(b, bio, ssl, rc);
    return rc > 0;
}

static int bio_read(const struct bio_lib *b, struct bio_st *bio, char *p,
                    size_t n, size_t *got)
{
    struct ssl_st *ssl = ssl_of(b, bio);
    struct session *s;
    int rc;

    if (!ssl || !p)
        return 0;
    b->clear_flags(bio, BIO_READ | BIO_WRITE | BIO_SPECIAL | BIO_RETRY);
    s = n > 0 ? session_enter_lib(ssl, b->lib) : NULL;
    if (s && (rc = session_read(s, p, n, /* peek */ false)) > 0)
        *got = (size_t)rc;
    else if (!s)
        rc = b->lib->read_ex(ssl, p, n, got);
    set_retry(b, bio, ssl, rc);
    return rc > 0;
}

#define BIO_FUNCTIONS(i)                                                       \
    static int write_##i(struct bio_st *bio, const char *p, size_t n,          \
                         size_t *written)                                      \
    {                                                                          \
        return bio_write(&bios[i], bio, p, n, written);                        \
    }                                                                          \
    static int read_##i(struct bio_st *bio, char *p, size_t n, size_t *got)    \
    {                                                                          \
        return bio_read(&bios[i], bio, p, n, got);                             \
    }
BIO_FUNCTIONS(0)
BIO_FUNCTIONS(1)
BIO_FUNCTIONS(2)
BIO_FUNCTIONS(3)

static const struct {
    int (*write)(struct bio_st *, const char *, size_t, size_t *);
    int (*read)(struct bio_st *, char *, size_t, size_t *);
} functions[BIO_LIBS] = {
    {write_0, read_0},
    {write_1, read_1},
    {write_2, read_2},
    {write_3, read_3},
};

/* --- making the method --------------------------------------------------- */

/* Finds a function of libcrypto beside this libssl; fn is its pointer. */
static bool bind(const struct lib *lib, const char *name, void *fn)
{
    void *p = lib->handle ? real_in(lib->handle, name, NULL) : NULL;

    memcpy(fn, &p, sizeof(p));
    return p != NULL;
}

/* Copies one member of the method by its getter and setter. */
static bool copy(const struct lib *lib, struct bio_method_st *to,
                 const struct bio_method_st *from, const char *const names[2])
{
    void *(*get)(const struct bio_method_st *);
    int (*set)(struct bio_method_st *, void *);

    return bind(lib, names[0], &get) && bind(lib, names[1], &set) &&
           set(to, get(from)) == 1;
}

static bool fill(struct bio_lib *b, const struct bio_method_st *real,
                 unsigned i)
{
    static const char *const members[][2] = {
        {"BIO_meth_get_puts", "BIO_meth_set_puts"},
        {"BIO_meth_get_gets", "BIO_meth_set_gets"},
        {"BIO_meth_get_ctrl", "BIO_meth_set_ctrl"},
        {"BIO_meth_get_create", "BIO_meth_set_create"},
        {"BIO_meth_get_destroy", "BIO_meth_set_destroy"},
        {"BIO_meth_get_callback_ctrl", "BIO_meth_set_callback_ctrl"},
    };
    struct lib *lib = b->lib;
    struct bio_method_st *(*make)(int, const char *);
    int (*set_write)(struct bio_method_st *,
                     int (*)(struct bio_st *, const char *, size_t, size_t *));
    int (*set_read)(struct bio_method_st *,
                    int (*)(struct bio_st *, char *, size_t, size_t *));

    if (!lib->write_ex || !lib->read_ex || !bind(lib, "BIO_ctrl", &b->ctrl) ||
        !bind(lib, "BIO_set_flags", &b->set_flags) ||
        !bind(lib, "BIO_clear_flags", &b->clear_flags) ||
        !bind(lib, "BIO_set_retry_reason", &b->set_reason) ||
        !bind(lib, "BIO_meth_new", &make) ||
        !bind(lib, "BIO_meth_set_write_ex", &set_write) ||
        !bind(lib, "BIO_meth_set_read_ex", &set_read) ||
        !(b->method = make(BIO_TYPE_SSL, "ssl")))
        return false;
    for (size_t k = 0; k < ARRAY_LEN(members); k++)
        if (!copy(lib, b->method, real, members[k]))
            return false;
    return set_write(b->method, functions[i].write) == 1 &&
           set_read(b->method, functions[i].read) == 1;
}

const struct bio_method_st *bio_method(struct lib *lib)
{
    const struct bio_method_st *real = lib->bio_f_ssl ? lib->bio_f_ssl() : NULL;

    if (!real || !lib->usable || load_off())
        return real;
    pthread_mutex_lock(&bios_lock);
    if (!lib->bio_method) {
        lib->bio_method = real;
        if (lib->index < BIO_LIBS) {
            struct bio_lib *b = &bios[lib->index];

            b->lib = lib;
            if (fill(b, real, lib->index))
                lib->bio_method = b->method;
        }
    }
    real = lib->bio_method;
    pthread_mutex_unlock(&bios_lock);
    return real;
}
