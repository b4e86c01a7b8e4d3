#include "cli/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"

/* The first of the places that has the file; empty if none has. */
static void pick(const char *dir, const char *const *places, size_t n,
                 const char *probe, char *ret_path, size_t size)
{
    char path[4400];

    ret_path[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        char *real;

        snprintf(path, sizeof(path), "%s/%s%s", dir, places[i], probe);
        if (access(path, R_OK) != 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", dir, places[i]);
        real = realpath(path, NULL); /* without the "..", for messages */
        if (real != NULL && strlen(real) < size)
            snprintf(ret_path, size, "%s", real);
        free(real);
        return;
    }
}

bool paths_find(struct paths *ret_paths)
{
    static const char *const shims[] = {"libsallyport.so",
                                        "../lib/sallyport/libsallyport.so"};
    static const char *const rules[] = {"../share/sallyport/rules",
                                        "../../rules"};
    char dir[4096];
    ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
    char *slash;

    if (n <= 0) {
        complain("/proc/self/exe cannot be read: is /proc mounted?");
        return false;
    }
    dir[n] = '\0';
    slash = strrchr(dir, '/');
    if (slash != NULL)
        *slash = '\0';
    pick(dir, shims, ARRAY_LEN(shims), "", ret_paths->shim,
         sizeof(ret_paths->shim));
    pick(dir, rules, ARRAY_LEN(rules), "/default.yaml", ret_paths->rules,
         sizeof(ret_paths->rules));
    if (ret_paths->rules[0] == '\0') {
        complain("the rules are not found near %s", dir);
        return false;
    }
    snprintf(ret_paths->policy, sizeof(ret_paths->policy), "%s/default.yaml",
             ret_paths->rules);
    return true;
}
