/*
 * An image decides what is let through, so its place must be one that others
 * cannot write to: a directory of the user's own with mode 0700 (made so, or
 * found so), never a symbolic link. Files are written under another name and
 * renamed, so that a reader sees whole ones only. An image that is used is
 * touched; when one is added, the oldest go.
 */
#include "cli/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "rules/image.h"

/* The directory is ours alone; made if it is not there. */
static bool is_private(const char *dir)
{
    struct stat st;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return false;
    return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
           st.st_uid == geteuid() && (st.st_mode & 077) == 0 &&
           access(dir, W_OK | X_OK) == 0;
}

static bool fits(int n, size_t size)
{
    return n > 0 && (size_t)n < size;
}

/* The i-th place for the cache; false if there is none such. */
static bool place(int i, char *ret_dir, size_t size)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = 0;

    if (i == 0 && xdg != NULL && xdg[0] == '/') {
        mkdir(xdg, 0700);
        n = snprintf(ret_dir, size, "%s/sallyport", xdg);
    } else if (i == 1 && home != NULL && home[0] == '/') {
        n = snprintf(ret_dir, size, "%s/.cache", home);
        if (fits(n, size))
            mkdir(ret_dir, 0700);
        n = snprintf(ret_dir, size, "%s/.cache/sallyport", home);
    } else if (i == 2) {
        n = snprintf(ret_dir, size, "/tmp/sallyport-%u", (unsigned)geteuid());
    }
    return fits(n, size) && is_private(ret_dir);
}

static bool is_image(struct str bytes)
{
    struct image image;

    return image_read(bytes, &image) == OK;
}

static bool get_from(const char *path, struct buf *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool good = false;

    if (fd < 0)
        return false;
    buf_clear(out);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
        st.st_uid == geteuid() && buf_reserve(out, (size_t)st.st_size) == OK) {
        ssize_t n = read(fd, out->ptr, (size_t)st.st_size);

        if (n == st.st_size) {
            out->len = (size_t)n;
            good = is_image(buf_str(out));
            if (good)
                (void)!futimens(fd, NULL);
        }
    }
    close(fd);
    return good;
}

bool cache_get(const char *name, struct buf *out, char *ret_path, size_t size)
{
    char dir[4096];

    for (int i = 0; i < 3; i++)
        if (place(i, dir, sizeof(dir)))
            return fits(snprintf(ret_path, size, "%s/%s.image", dir, name),
                        size) &&
                   get_from(ret_path, out);
    return false;
}

/* The least lately used image of those in the directory, and their number. */
static size_t oldest(int fd, DIR *list, char ret_name[256])
{
    struct timespec least = {0};
    struct dirent *d;
    struct stat st;
    size_t n = 0;

    rewinddir(list);
    while ((d = readdir(list)) != NULL) {
        if (!str_ends(str_of(d->d_name), STR(".image")) ||
            fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (n++ == 0 || st.st_mtim.tv_sec < least.tv_sec ||
            (st.st_mtim.tv_sec == least.tv_sec &&
             st.st_mtim.tv_nsec < least.tv_nsec)) {
            least = st.st_mtim;
            snprintf(ret_name, 256, "%s", d->d_name);
        }
    }
    return n;
}

static void make_room(const char *dir)
{
    DIR *list = opendir(dir);
    char name[256];

    if (list == NULL)
        return;
    while (oldest(dirfd(list), list, name) >= LIM_CACHE_IMAGES &&
           unlinkat(dirfd(list), name, 0) == 0)
        ;
    closedir(list);
}

static bool put_into(const char *dir, const char *name, struct str image,
                     char *ret_path, size_t size)
{
    char temp[4400];
    bool good;
    int fd;

    if (!fits(snprintf(temp, sizeof(temp), "%s/new-XXXXXX", dir),
              sizeof(temp)) ||
        !fits(snprintf(ret_path, size, "%s/%s.image", dir, name), size))
        return false;
    make_room(dir);
    if ((fd = mkostemp(temp, O_CLOEXEC)) < 0)
        return false;
    good = write_all(fd, image) && fchmod(fd, IMAGE_MODE & 0700) == 0;
    good = close(fd) == 0 && good;
    if (good && rename(temp, ret_path) == 0)
        return true;
    unlink(temp);
    return false;
}

bool cache_put(const char *name, struct str image, bool must, char *ret_path,
               size_t size)
{
    char dir[4096] = "/tmp/sallyport-XXXXXX";

    for (int i = 0; i < 3; i++)
        if (place(i, dir, sizeof(dir)) &&
            put_into(dir, name, image, ret_path, size))
            return true;
    if (!must)
        return false;
    snprintf(dir, sizeof(dir), "/tmp/sallyport-XXXXXX");
    return mkdtemp(dir) != NULL && put_into(dir, name, image, ret_path, size);
}
