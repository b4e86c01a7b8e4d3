#include "cli/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "cli/cli.h"
#include "detect/pseudonym.h"

bool state_path(const char *name, char *ret_path, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n;

    if (state != NULL && state[0] == '/')
        n = snprintf(ret_path, size, "%s/sallyport/%s", state, name);
    else if (home != NULL && home[0] == '/')
        n = snprintf(ret_path, size, "%s/.local/state/sallyport/%s", home,
                     name);
    else
        return false;
    if (n < 0 || (size_t)n >= size)
        return false;
    for (char *p = ret_path + 1; *p != '\0'; p++)
        if (*p == '/') {
            *p = '\0';
            mkdir(ret_path, 0700);
            *p = '/';
        }
    return true;
}

static bool asks_for_it(const struct compile *c)
{
    for (const struct rule_src *r = c->rules; r != NULL; r = r->next)
        if (r->rule.action == ACTION_PSEUDONYM)
            return true;
    return false;
}

static bool write_key(int fd)
{
    unsigned char key[PSEUDONYM_KEY_LEN];
    bool good = random_fill(key, sizeof(key)) == OK &&
                write(fd, key, sizeof(key)) == (ssize_t)sizeof(key) &&
                fsync(fd) == 0;

    explicit_bzero(key, sizeof(key));
    return good;
}

/*
 * Written beside it and then named, so that nobody finds half a key; where two
 * make one at a time, the first name counts.
 */
static bool make_key(const char *path)
{
    char beside[PATH_MAX + 32];
    int n = snprintf(beside, sizeof(beside), "%s.%d", path, (int)getpid());
    int fd, error;
    bool good;

    if (n < 0 || (size_t)n >= sizeof(beside))
        return false;
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    good = write_key(fd);
    good = close(fd) == 0 && good;
    good = good && (link(beside, path) == 0 || errno == EEXIST);
    error = errno;
    unlink(beside);
    errno = error;
    return good;
}

/* As the engine minds it: flow/pseudonyms.h. */
static const char *fault_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode) || st.st_size != PSEUDONYM_KEY_LEN)
        return "not a file of 32 bytes";
    if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
        return "others may read it";
    return access(path, R_OK) == 0 ? NULL : strerror(errno);
}

void keyfile_for(const struct compile *c, char *ret_path, size_t size)
{
    struct str own = c->policy.key_file;
    const char *fault;

    ret_path[0] = '\0';
    if (!asks_for_it(c))
        return;
    if (own.len > 0 && own.len < size)
        snprintf(ret_path, size, "%.*s", (int)own.len, own.ptr);
    else if (!state_path("pseudonym.key", ret_path, size)) {
        complain("there is no place for the key of pseudonyms: each process "
                 "has its own");
        ret_path[0] = '\0';
        return;
    }
    if (access(ret_path, F_OK) != 0 && errno == ENOENT && !make_key(ret_path)) {
        complain("%s: the key of pseudonyms cannot be made: %s: each process "
                 "has its own",
                 ret_path, strerror(errno));
        ret_path[0] = '\0';
        return;
    }
    fault = fault_of(ret_path);
    if (fault != NULL)
        complain("%s: the key of pseudonyms is of no use: %s: each process "
                 "has its own",
                 ret_path, fault);
}
