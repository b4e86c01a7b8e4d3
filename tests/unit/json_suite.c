/*
 * A public collection of JSON texts, where the folder is there: y_ files are
 * JSON and must be accepted, n_ files are not, i_ files may be either.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "json/tree.h"

/* Valid by the grammar, refused all the same: two readers could disagree. */
static const struct {
    const char *name;
    const char *reason;
} refused[] = {
    {"y_object_duplicated_key.json", "a key twice"},
    {"y_object_duplicated_key_and_value.json", "a key twice"},
    {"y_object_escaped_null_in_key.json", "U+0000 in a key"},
};

struct counts {
    unsigned accepted, rejected, strict;
};

static bool is_refused(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (strcmp(name, refused[i].name) == 0)
            return true;
    return false;
}

/* A copy of exactly its size, so that a sanitizer sees reads behind it. */
static char *file_read(int dir, const char *name, size_t *ret_len)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    char *all = malloc(1 << 20), *exact = NULL;
    ssize_t n = fd < 0 || all == NULL ? -1 : read(fd, all, 1 << 20);

    if (fd >= 0)
        close(fd);
    if (n >= 0)
        exact = malloc((size_t)n + (n == 0));
    if (exact != NULL) {
        memcpy(exact, all, (size_t)n);
        *ret_len = (size_t)n;
    }
    free(all);
    return exact;
}

static void check_file(struct json_doc *doc, const char *name, struct str text,
                       struct counts *counts)
{
    enum err e = json_parse(doc, text);

    CHECK(e == OK || doc->why != NULL);
    CHECK(e == OK || (doc->count == 0 && doc->err_off <= text.len));
    counts->accepted += e == OK;
    counts->rejected += e != OK;
    if (is_refused(name)) {
        CHECK_INT(e, E_AMBIGUOUS);
        counts->strict++;
    } else if (name[0] == 'y') {
        CHECK_INT(e, OK);
    } else if (name[0] == 'n') {
        CHECK(e == E_SYNTAX || e == E_LIMIT);
    }
}

static void test_suite(void)
{
    const char *data = getenv("SALLYPORT_DATA");
    static const char groups[] = "yni";
    struct counts counts[3] = {0};
    struct json_doc doc;
    struct dirent *entry;
    char path[4096];
    DIR *dir;

    if (data == NULL)
        SKIP("SALLYPORT_DATA is not set");
    snprintf(path, sizeof(path), "%s/wire/json", data);
    dir = opendir(path);
    if (dir == NULL)
        SKIP("no folder wire/json in SALLYPORT_DATA");
    json_doc_init(&doc);
    while ((entry = readdir(dir)) != NULL) {
        const char *group = strchr(groups, entry->d_name[0]);
        size_t len;
        char *bytes;

        if (group == NULL || *group == '\0' || entry->d_name[1] != '_')
            continue;
        CHECK_ROW(entry->d_name);
        bytes = file_read(dirfd(dir), entry->d_name, &len);
        if (!CHECK(bytes != NULL))
            continue;
        check_file(&doc, entry->d_name, (struct str){bytes, len},
                   &counts[group - groups]);
        free(bytes);
    }
    CHECK_ROW(NULL);
    json_doc_free(&doc);
    closedir(dir);
    CHECK_INT(counts[0].strict, ARRAY_LEN(refused));
    for (int i = 0; i < 3; i++)
        printf("# %c_: %u accepted, %u rejected (%u by the key rules)\n",
               groups[i], counts[i].accepted, counts[i].rejected,
               counts[i].strict);
}

int main(void)
{
    RUN(test_suite);
    return check_done();
}
