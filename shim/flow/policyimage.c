#include "flow/policyimage.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/limits.h"
#include "flow/file.h"

/* Is the file one that stays what it is? Whoever replaces it makes another one
 * and renames that, as the command does. */
static bool is_lasting(const struct stat *st)
{
    return (st->st_mode & 0222) == 0 &&
           (st->st_uid == 0 || st->st_uid == geteuid());
}

/* What another machine keeps may be gone there, or changed, at any time. */
static bool is_here(int fd)
{
    static const uint32_t here[] = {
        EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,       BTRFS_SUPER_MAGIC,
        TMPFS_MAGIC,      OVERLAYFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
    };
    struct statfs fs;

    if (fstatfs(fd, &fs) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(here); i++)
        if ((uint32_t)fs.f_type == here[i])
            return true;
    return false;
}

/* All pages at once, which takes less than one after the other. */
static bool map(int fd, struct policy_image *image)
{
    struct stat st;
    void *at;

    if (fstat(fd, &st) != 0 || !is_lasting(&st) || st.st_size <= 0 ||
        (uint64_t)st.st_size > LIM_IMAGE || !is_here(fd))
        return false;
    at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE,
              fd, 0);
    if (at == MAP_FAILED)
        return false;
    image->mapped = at;
    image->len = (size_t)st.st_size;
    return true;
}

enum err policy_image_open(const char *path, struct policy_image *ret_image)
{
    struct policy_image image = {.mapped = NULL};
    enum err e = E_UNSUPPORTED;
    int saved = errno, fd;

    buf_init(&image.copy, LIM_IMAGE);
    fd = file_open(path, NULL);
    if (fd >= 0) {
        e = map(fd, &image) ? OK : file_read(fd, &image.copy);
        (void)syscall(SYS_close, fd);
    }
    errno = saved;
    if (e)
        buf_free(&image.copy);
    else
        *ret_image = image;
    return e;
}

void policy_image_close(struct policy_image *image)
{
    if (image->mapped != NULL)
        munmap(image->mapped, image->len);
    buf_free(&image->copy);
    *image = (struct policy_image){.mapped = NULL};
}
