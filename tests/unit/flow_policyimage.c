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

static char path[] = "/tmp/sallyport-test-XXXXXX";
static const struct str bytes = STR_INIT("bytes of an image");

/* A file of its own for each test. */
static void write_bytes(mode_t mode)
{
    int fd;

    memset(path + strlen(path) - 6, 'X', 6);
    fd = mkstemp(path);
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
    struct policy_image image;

    write_bytes(0600);
    image = open_bytes();
    CHECK(image.mapped == NULL);
    CHECK(truncate(path, 0) == 0);
    CHECK(str_eq(policy_image_str(&image), bytes));
    policy_image_close(&image);
    CHECK(policy_image_str(&image).len == 0);
    unlink(path);
}

/* Replaced by a rename, a mapping is what it was. */
static void test_lasting(void)
{
    struct policy_image image;

    write_bytes(0400);
    image = open_bytes();
    CHECK(unlink(path) == 0);
    CHECK(str_eq(policy_image_str(&image), bytes));
    policy_image_close(&image);
    CHECK(policy_image_str(&image).len == 0);
}

/* Of another user, who may change it. */
static void test_foreign(void)
{
    struct policy_image image;

    write_bytes(0400);
    if (chown(path, 12345, (gid_t)-1) == 0) {
        image = open_bytes();
        CHECK(image.mapped == NULL);
        policy_image_close(&image);
        unlink(path);
        return;
    }
    unlink(path);
    SKIP("only root can give a file away");
}

static void test_none(void)
{
    struct policy_image image = {.mapped = NULL};

    CHECK_INT(policy_image_open("/tmp/none.of/that", &image), E_UNSUPPORTED);
    CHECK_INT(policy_image_open("/tmp", &image), E_UNSUPPORTED);
    CHECK(policy_image_str(&image).len == 0);
    policy_image_close(&image);
}

int main(void)
{
    RUN(test_written);
    RUN(test_lasting);
    RUN(test_foreign);
    RUN(test_none);
    return check_done();
}
