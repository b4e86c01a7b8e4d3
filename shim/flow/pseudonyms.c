#include "flow/pseudonyms.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/random.h"

/* Others who could read it could find out values by trying. */
static bool is_private(const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_size == PSEUDONYM_KEY_LEN &&
           st->st_uid == geteuid() && (st->st_mode & 077) == 0;
}

/* By no hook, as in engine.c. */
static bool read_key(struct str path, unsigned char *key)
{
    char name[4096];
    struct stat st;
    bool good;
    int fd;

    if (path.len == 0 || path.len >= sizeof(name))
        return false;
    memcpy(name, path.ptr, path.len);
    name[path.len] = '\0';
    fd = (int)syscall(SYS_openat, AT_FDCWD, name,
                      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    good = fstat(fd, &st) == 0 && is_private(&st) &&
           pread(fd, key, PSEUDONYM_KEY_LEN, 0) == PSEUDONYM_KEY_LEN;
    (void)syscall(SYS_close, fd);
    return good;
}

static bool listed(const struct pseudonyms *p, struct str class)
{
    for (size_t i = 0; i < p->restorer.class_count; i++)
        if (str_eq(p->classes[i], class))
            return true;
    return false;
}

/* The classes of all rules that ask for it, and our own. */
static enum err list_classes(struct pseudonyms *p, const struct rules *rs)
{
    size_t n = rules_count(rs);

    p->classes = calloc(n + 1, sizeof(*p->classes));
    if (p->classes == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct rule *r = rules_at(rs, i);

        if (rules_action(rs, r) == ACTION_PSEUDONYM && !listed(p, r->class))
            p->classes[p->restorer.class_count++] = r->class;
    }
    if (p->restorer.class_count > 0 && !listed(p, PSEUDONYM_SHAPED))
        p->classes[p->restorer.class_count++] = PSEUDONYM_SHAPED;
    return OK;
}

bool pseudonyms_name(const struct pseudonyms *p, const struct pseudonym_at *at)
{
    struct str letters = {at->letters, at->letter_count};

    for (size_t i = 0; i < p->restorer.class_count; i++)
        if (str_ends(letters, p->classes[i]))
            return true;
    return at->letter_count == 0;
}

static bool value_of(void *with, const struct pseudonym_at *at,
                     const struct str *tool, struct pseudonym_at *ret_at,
                     struct buf *out)
{
    return vault_value(with, at, tool, ret_at, out);
}

static enum err open_vault(struct pseudonyms *p, struct str key_file)
{
    unsigned char key[PSEUDONYM_KEY_LEN];
    enum err e = OK;

    if (!read_key(key_file, key)) {
        p->told = calloc(1, sizeof(*p->told));
        if (p->told == NULL)
            return E_NOMEM;
        e = random_fill(key, PSEUDONYM_KEY_LEN);
    }
    if (!e)
        e = vault_new(key, &p->vault);
    explicit_bzero(key, sizeof(key));
    return e;
}

enum err pseudonyms_open(struct pseudonyms *p, const struct rules *rs,
                         struct str key_file)
{
    enum err e;

    *p = (struct pseudonyms){0};
    if ((e = list_classes(p, rs)) || p->restorer.class_count == 0)
        return e;
    if ((e = open_vault(p, key_file)))
        return e;
    p->restorer.key = vault_key(p->vault);
    p->restorer.classes = p->classes;
    p->restorer.value = value_of;
    p->restorer.with = p->vault;
    return OK;
}

void pseudonyms_close(struct pseudonyms *p)
{
    vault_free(p->vault);
    free(p->classes);
    free(p->told);
    *p = (struct pseudonyms){0};
}

const char *pseudonyms_tell(const struct pseudonyms *p)
{
    if (p->told == NULL || __atomic_exchange_n(p->told, true, __ATOMIC_RELAXED))
        return NULL;
    return "no key file for pseudonyms: they are this process's own";
}
