/*
 * The price of being preloaded, for a program that does nothing: /bin/true
 * with and without, in turn. Prints two medians in microseconds and the median
 * of the pairs' ratios.
 *
 *     spawn LIBRARY RUNS
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "base/str.h"

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double run(char *const env[])
{
    char *argv[] = {(char *)"/bin/true", NULL};
    double begun = now_us();
    int status;
    pid_t pid;

    if (posix_spawn(&pid, argv[0], NULL, NULL, argv, env) ||
        waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "spawn: /bin/true failed\n");
        exit(1);
    }
    return now_us() - begun;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *list, size_t n)
{
    qsort(list, n, sizeof(*list), compare);
    return list[n / 2];
}

int main(int argc, char **argv)
{
    uint64_t runs = 0;
    double *plain, *with, *ratio;
    char preload[4096];
    char *bare[] = {NULL}, *loaded[] = {preload, NULL};

    if (argc != 3 || str_u64(str_of(argv[2]), &runs) || runs == 0)
        return 2;
    snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", argv[1]);
    plain = calloc(runs, sizeof(*plain));
    with = calloc(runs, sizeof(*with));
    ratio = calloc(runs, sizeof(*ratio));
    if (plain == NULL || with == NULL || ratio == NULL)
        return 1;
    for (uint64_t i = 0; i < runs; i++) {
        plain[i] = run(bare);
        with[i] = run(loaded);
        ratio[i] = with[i] / plain[i];
    }
    printf("%.1f %.1f %.4f\n", median(plain, runs), median(with, runs),
           median(ratio, runs));
    free(plain);
    free(with);
    free(ratio);
    return 0;
}
