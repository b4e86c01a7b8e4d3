#include "compile/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

/* DIR/NAME, NUL-terminated, in the arena. */
static const char *join(struct compile *c, struct str dir, struct str name)
{
    char *p = read_take(&c->reader, dir.len + name.len + 2);

    if (p == NULL)
        return NULL;
    if (dir.len > 0) {
        memcpy(p, dir.ptr, dir.len);
        p[dir.len++] = '/';
    }
    memcpy(p + dir.len, name.ptr, name.len);
    return p;
}

/* The directory of a path: "" for a bare name, so that paths stay short. */
static struct str dir_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return STR("");
    return slash == path ? STR("/.")
                         : (struct str){path, (size_t)(slash - path)};
}

static bool is_file(const char *path, struct stat *st)
{
    return stat(path, st) == 0 && !S_ISDIR(st->st_mode);
}

static bool queue(struct compile *c, const struct source *from,
                  const struct yaml_node *n, const char *path,
                  const struct stat *st, enum source_kind kind)
{
    struct source *s = read_take(&c->reader, sizeof(*s));

    if (s == NULL)
        return false;
    *s = (struct source){.path = path,
                         .kind = kind,
                         .parent = from,
                         .dev = (uint64_t)st->st_dev,
                         .ino = (uint64_t)st->st_ino};
    if (n != NULL)
        s->named = n->at;
    *c->sources_tail = s;
    c->sources_tail = &s->next;
    c->source_count++;
    return true;
}

static bool same(const struct source *s, const struct stat *st)
{
    return s->dev == (uint64_t)st->st_dev && s->ino == (uint64_t)st->st_ino;
}

static bool found(struct compile *c, const struct source *from,
                  const struct yaml_node *n, const char *path,
                  const struct stat *st, enum source_kind kind)
{
    const struct source *s;

    for (s = from; s != NULL; s = s->parent)
        if (same(s, st))
            return read_refuse(&c->reader, n, "'%s' includes itself", s->path);
    for (s = c->sources; s != NULL; s = s->next)
        if (same(s, st))
            return true;
    if (c->source_count >= LIM_RULE_FILES)
        return read_refuse(&c->reader, n, "too many files (at most %d)",
                           LIM_RULE_FILES);
    return queue(c, from, n, path, st, kind);
}

const char *files_find(struct compile *c, const struct source *from,
                       const struct yaml_node *n, struct str name)
{
    struct stat st;
    const char *path = NULL;

    if (memchr(name.ptr, '\0', name.len) != NULL) {
        read_refuse(&c->reader, n, "a file name with a NUL byte");
        return NULL;
    }
    path = join(c, name.ptr[0] == '/' ? STR("") : dir_of(from->path), name);
    if (path != NULL && is_file(path, &st))
        return path;
    for (size_t i = 0; name.ptr[0] != '/' && i < c->options.dir_count; i++) {
        path = join(c, str_of(c->options.dirs[i]), name);
        if (path != NULL && is_file(path, &st))
            return path;
    }
    if (!c->reader.fatal)
        read_refuse(&c->reader, n, "the file '%.*s' is not found",
                    STR_ARG(name));
    return NULL;
}

bool files_add(struct compile *c, const struct source *from,
               const struct yaml_node *n, struct str name,
               enum source_kind kind)
{
    const char *path = files_find(c, from, n, name);
    struct stat st;

    if (path == NULL)
        return false;
    if (!is_file(path, &st)) /* it was there a moment ago */
        return read_refuse(&c->reader, n, "the file '%s' is not found", path);
    return found(c, from, n, path, &st, kind);
}

bool files_first(struct compile *c, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        diag_add(&c->diags, (struct place){path, 0, 0}, "%s", strerror(errno));
        return false;
    }
    return queue(c, NULL, NULL, path, &st, SOURCE_ANY);
}

bool files_provider(struct compile *c, const struct source *from,
                    const struct yaml_node *n, struct str id)
{
    char path[LIM_SLUG + 32];
    int len = snprintf(path, sizeof(path), "providers/%.*s.yaml", STR_ARG(id));

    if (len < 0 || (size_t)len >= sizeof(path))
        return read_refuse(&c->reader, n, "'%.*s' is too long a name",
                           STR_ARG(id));
    return files_add(c, from, n, (struct str){path, (size_t)len},
                     SOURCE_PROVIDER);
}

static int is_yaml(const struct dirent *d)
{
    return d->d_name[0] != '.' && str_ends(str_of(d->d_name), STR(".yaml"));
}

/* Has an earlier directory a description of this name? */
static bool is_shadowed(const struct compile *c, const char *base)
{
    const struct source *s;

    for (s = c->sources; s != NULL; s = s->next) {
        const char *slash = strrchr(s->path, '/');

        if (s->kind == SOURCE_PROVIDER && slash != NULL &&
            strcmp(slash + 1, base) == 0)
            return true;
    }
    return false;
}

static bool installed_one(struct compile *c, struct str dir, const char *base)
{
    struct stat st;
    const char *path;

    if (is_shadowed(c, base))
        return true;
    if ((path = join(c, dir, str_of(base))) == NULL)
        return false;
    if (c->source_count >= LIM_RULE_FILES) {
        diag_add(&c->diags, (struct place){path, 0, 0},
                 "too many files (at most %d)", LIM_RULE_FILES);
        return false;
    }
    return !is_file(path, &st) ||
           queue(c, NULL, NULL, path, &st, SOURCE_PROVIDER);
}

bool files_installed(struct compile *c)
{
    bool good = true;

    for (size_t i = 0; i < c->options.dir_count; i++) {
        const char *dir = join(c, str_of(c->options.dirs[i]), STR("providers"));
        struct dirent **list;
        int n;

        if (dir == NULL)
            return false;
        /* Sorted, so that the image does not depend on the file system. */
        if ((n = scandir(dir, &list, is_yaml, alphasort)) < 0)
            continue;
        for (int k = 0; k < n; k++) {
            good = good && installed_one(c, str_of(dir), list[k]->d_name);
            free(list[k]);
        }
        free(list);
    }
    return good;
}

static enum err slurp(int fd, struct buf *text)
{
    ssize_t n;
    enum err e;

    do {
        if ((e = buf_reserve(text, 1)))
            return e;
        n = read(fd, text->ptr + text->len, text->cap - text->len);
        if (n > 0)
            text->len += (size_t)n;
    } while (n > 0 || (n < 0 && errno == EINTR));
    return n == 0 ? OK : E_UNSUPPORTED;
}

/* A failure of the file as a whole; memory is told apart. */
static bool file_refuse(struct compile *c, const char *path, const char *why)
{
    diag_add(&c->diags, (struct place){path, 0, 0}, "%s", why);
    return false;
}

bool files_text(struct compile *c, const char *path, struct buf *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum err e;

    if (fd < 0)
        return file_refuse(c, path, strerror(errno));
    if ((e = slurp(fd, text)) == E_UNSUPPORTED) {
        file_refuse(c, path, strerror(errno));
    } else if (e == E_LIMIT) {
        file_refuse(c, path, "the file is too large (at most 4 MiB)");
    } else if (e) {
        c->reader.fatal = E_NOMEM;
    } else {
        crypto_generichash_update(&c->hash, (const unsigned char *)&text->len,
                                  sizeof(text->len));
        if (text->len > 0)
            crypto_generichash_update(
                &c->hash, (const unsigned char *)text->ptr, text->len);
    }
    close(fd);
    return e == OK;
}

bool files_read(struct compile *c, struct source *s)
{
    struct buf text;
    enum err e = OK;
    bool good;

    buf_init(&text, LIM_RULE_FILE);
    good = files_text(c, s->path, &text);
    if (good) {
        e = yaml_parse(buf_str(&text), s->path, &c->arena, &c->diags, &s->root);
        good = e == OK;
    }
    if (e == E_NOMEM || (e == E_LIMIT && c->diags.count == 0))
        c->reader.fatal = E_NOMEM;
    buf_free(&text);
    return good;
}
