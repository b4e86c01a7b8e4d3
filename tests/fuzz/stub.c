/*
 * A main for fuzz targets without a fuzzer: every seed of a folder goes through
 * the target as it is, cut at every length, and with bytes changed by a
 * generator of fixed seed, so that a run can be repeated to the byte. What a
 * fuzzer found becomes a seed, and with that a regression test.
 *
 *     stub NAME FOLDER...      of these, one may be missing
 *
 * An input lives in a block of exactly its size: reading past its end is an
 * error that the address sanitizer sees. Before each input its way of making
 * is noted, and printed if the target dies of it.
 */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the sanitizers' runtime, where there is one. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*f)(void));

/* Longer seeds are cut and changed only at their head, or a run takes hours. */
#define CUT_MAX     4096
#define FLIPS       400
#define BLIND       2000
#define BLIND_BYTES 64

static uint64_t rnd_state;
static size_t inputs;
static char note[4096 + 64];

static uint64_t rnd(void)
{
    rnd_state ^= rnd_state << 13;
    rnd_state ^= rnd_state >> 7;
    rnd_state ^= rnd_state << 17;
    return rnd_state;
}

static void say_note(void)
{
    ssize_t ignored = write(STDERR_FILENO, note, strlen(note));

    (void)ignored;
}

static void died(int sig)
{
    say_note();
    signal(sig, SIG_DFL);
    raise(sig);
}

/* SIGTERM too: what ends a target that hangs. */
static void watch_deaths(void)
{
    static const int deadly[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV,
                                 SIGBUS, SIGFPE,  SIGTERM};

    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(say_note);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        void (*before)(int) = signal(deadly[i], died);

        if (before != SIG_DFL) /* a sanitizer's, which tells more */
            signal(deadly[i], before);
    }
}

static void feed(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);

    if (copy == NULL)
        exit(2);
    if (n > 0)
        memcpy(copy, data, n);
    LLVMFuzzerTestOneInput(n > 0 ? copy : copy + 1, n);
    free(copy);
    inputs++;
}

/* One to four bytes of a copy become others; telling ones come up often. */
static void feed_flipped(const uint8_t *data, size_t n, const char *name,
                         int round)
{
    static const uint8_t telling[] = "\r\n\0\xff\x80{}[]\",:\\ \t;=0f";
    uint8_t *copy = malloc(n);
    int changes = 1 + (int)(rnd() % 4);

    if (copy == NULL)
        exit(2);
    memcpy(copy, data, n);
    for (int i = 0; i < changes; i++) {
        size_t at = (size_t)(rnd() % (n < CUT_MAX ? n : CUT_MAX));

        switch (rnd() % 3) {
        case 0:
            copy[at] ^= (uint8_t)(1u << rnd() % 8);
            break;
        case 1:
            copy[at] = (uint8_t)rnd();
            break;
        default:
            copy[at] = telling[rnd() % (sizeof(telling) - 1)];
        }
    }
    snprintf(note, sizeof(note), "died of %s, change %d\n", name, round);
    feed(copy, n);
    free(copy);
}

/*
 * The generator begins anew for each seed, at a state made of its name by
 * FNV-1a: what a seed shows does not depend on the seeds before it.
 */
static void begin_random(const char *name)
{
    rnd_state = 0xcbf29ce484222325;
    for (; *name != '\0'; name++)
        rnd_state = (rnd_state ^ (uint8_t)*name) * 0x100000001b3;
}

static void feed_seed(const uint8_t *data, size_t n, const char *name)
{
    snprintf(note, sizeof(note), "died of %s\n", name);
    feed(data, n);
    for (size_t cut = 0; cut < n && cut <= CUT_MAX; cut++) {
        snprintf(note, sizeof(note), "died of %s, cut to %zu\n", name, cut);
        feed(data, cut);
    }
    for (int i = 0; i < FLIPS && n > 0; i++)
        feed_flipped(data, n, name, i);
}

static void feed_blind(void)
{
    uint8_t data[BLIND_BYTES];

    begin_random("blind");
    for (int i = 0; i < BLIND; i++) {
        size_t n = (size_t)(rnd() % (BLIND_BYTES + 1));

        for (size_t k = 0; k < n; k++)
            data[k] = (uint8_t)rnd();
        snprintf(note, sizeof(note), "died of random input %d\n", i);
        feed(data, n);
    }
}

static uint8_t *slurp(const char *path, size_t *ret_len)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    long n;

    if (f == NULL)
        return NULL;
    if (fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0) {
        rewind(f);
        data = malloc((size_t)n + 1);
        if (data != NULL)
            *ret_len = fread(data, 1, (size_t)n, f);
    }
    fclose(f);
    return data;
}

static int is_seed(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static int replay(const char *folder)
{
    struct dirent **list;
    int n = scandir(folder, &list, is_seed, alphasort), bad = 0;

    for (int i = 0; i < n; i++) {
        char path[4096];
        size_t len = 0;
        uint8_t *data;

        snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
        data = slurp(path, &len);
        if (data != NULL) {
            begin_random(list[i]->d_name);
            feed_seed(data, len, path);
        } else {
            fprintf(stderr, "%s: cannot be read\n", path);
            bad = 1;
        }
        free(data);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return bad;
}

int main(int argc, char **argv)
{
    int bad = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: %s NAME FOLDER...\n", argv[0]);
        return 2;
    }
    watch_deaths();
    for (int i = 2; i < argc; i++)
        bad |= replay(argv[i]);
    feed_blind();
    printf("%s fuzz %s (%zu inputs)\n", bad ? "not ok" : "ok", argv[1], inputs);
    return bad;
}
