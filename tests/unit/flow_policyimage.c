/* The bytes of a policy image: mapped only where nobody changes them, and the
 * same either way. */
#include "flow/policyimage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static char path[32];
static const struct str bytes = STR_INIT("bytes of an image");

static void write_bytes(mode_t mode)
{
    int fd = mkstemp(path);

    CHECK(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len &&
          fchmod(fd, mode) == 0);
    close(fd);
}

static struct policy_image open_bytes(void)
{
    struct policy_image image = {.mapped = NULL};

    errno = 77;
    CHECK_INT(policy_image_open(path, &image), OK);
    CHECK_INT(errno, 77);
    CHECK(str_eq(policy_image_str(&image), bytes));
    return image;
}

/* Cut short by who may write it, a copy is what it was. */
static void test_written(void)
{
    struct policy_image image = open_bytes();

    CHECK(image.mapped == NULL);
    CHECK(truncate(path, 0) == 0);
    CHECK(str_eq(policy_image_str(&image), bytes));
    policy_image_close(&image);
    CHECK(policy_image_str(&image).len == 0);
}

/* Replaced by a rename, a mapping is what it was. */
static void test_lasting(void)
{
    struct policy_image image = open_bytes();

    CHECK(unlink(path) == 0);
    CHECK(str_eq(policy_image_str(&image), bytes));
    policy_image_close(&image);
    CHECK(policy_image_str(&image).len == 0);
}

/* Of another user, who may change it. */
static void test_foreign(void)
{
    struct policy_image image;

    if (chown(path, 12345, (gid_t)-1) != 0)
        return; /* only root can */
    image = open_bytes();
    CHECK(image.mapped == NULL);
    policy_image_close(&image);
}

static void test_none(void)
{
    struct policy_image image = {.mapped = NULL};

    CHECK_INT(policy_image_open(path, &image), E_UNSUPPORTED);
    CHECK_INT(policy_image_open("/tmp", &image), E_UNSUPPORTED);
    CHECK(policy_image_str(&image).len == 0);
    policy_image_close(&image);
}

/* A file of its own for each. */
static void with_file(mode_t mode, void (*test)(void))
{
    static const char fresh[] = "/tmp/sallyport-test-XXXXXX";

    memcpy(path, fresh, sizeof(fresh));
    write_bytes(mode);
    test();
    unlink(path);
}

int main(void)
{
    with_file(0600, test_written);
    with_file(0400, test_lasting);
    with_file(0400, test_foreign);
    test_none();
    return check_done();
}
