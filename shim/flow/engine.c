#include "flow/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "flow/owned.h"
#include "rules/image.h"

uint64_t engine_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* One line for people: what, and about which file. Cut off if too long. */
static void say(char *why, size_t size, const char *what, const char *path)
{
    struct str parts[] = {str_of(what), STR(": "), str_of(path)};
    size_t at = 0;

    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        for (size_t k = 0; k < parts[i].len && at + 1 < size; k++)
            why[at++] = parts[i].ptr[k];
    why[at] = '\0';
}

/* A file of the kernel's, which has no size. Not by the host's read. */
static size_t read_proc(const char *path, char *text, size_t size)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n = 1;

    if (fd < 0)
        return 0;
    while (len < size && n > 0) {
        n = pread(fd, text + len, size - len, (off_t)len);
        len += n > 0 ? (size_t)n : 0;
    }
    (void)syscall(SYS_close, fd);
    return n < 0 || len == size ? 0 : len; /* cut off is not known */
}

/* "HIERARCHY:CONTROLLERS:PATH" lines; of version 2 it is "0::PATH". */
static struct str find_cgroup(struct str text)
{
    struct str first = STR(""), line;

    while (text.len > 0) {
        line = str_split(&text, '\n');
        if (str_starts(line, STR("0::")))
            return str_skip(line, 3);
        (void)str_split(&line, ':');
        (void)str_split(&line, ':');
        if (first.len == 0 && line.ptr != NULL)
            first = line;
    }
    return first;
}

/*
 * What rules may ask about the process, as far as one does: the program, and
 * its control group as cgroups(7) tells it, that of version 2, else the first.
 */
static enum err know_process(struct engine *eng)
{
    char text[4096];
    struct str group;
    size_t len;

    if (eng->exe != NULL)
        eng->known.about[ABOUT_EXE] = str_of(eng->exe);
    if (!rules_ask(eng->rules, ABOUT_CGROUP) ||
        (len = read_proc("/proc/self/cgroup", text, sizeof(text))) == 0)
        return OK;
    group = find_cgroup((struct str){text, len});
    if (group.len == 0)
        return OK;
    if ((eng->cgroup = strndup(group.ptr, group.len)) == NULL)
        return E_NOMEM;
    eng->known.about[ABOUT_CGROUP] = str_of(eng->cgroup);
    return OK;
}

/* Marks the rules that look at a place; how many were not marked before. */
static size_t mark_place(const struct engine *eng, const struct scope *at,
                         bool *marks)
{
    size_t n = rules_count(eng->rules), fresh = 0;

    for (size_t i = 0; i < n; i++) {
        if (marks[i] || !rules_applies(eng->rules, rules_at(eng->rules, i), at))
            continue;
        marks[i] = true;
        fresh++;
    }
    return fresh;
}

/* A few places that together have every rule look: the usual ones first. */
static enum err choose_places(struct engine *eng)
{
    static const struct scope usual[] = {
        {.dir = DIR_SEND, .role = ROLE_USER, .part = PART_TEXT},
        {.dir = DIR_SEND, .role = ROLE_TOOL, .part = PART_TOOL_RESULT},
        {.dir = DIR_RECV, .role = ROLE_ASSISTANT, .part = PART_TEXT},
    };
    size_t left = rules_count(eng->rules), all = (size_t)2 * ROLE_COUNT;
    bool *marks = calloc(left + 1, sizeof(*marks));

    if (marks == NULL)
        return E_NOMEM;
    all = ARRAY_LEN(usual) + all * PART_COUNT;
    for (size_t i = 0; i < all && left > 0; i++) {
        size_t k = i - ARRAY_LEN(usual), fresh;
        struct scope at = {
            .dir = (enum dir)(k / (ROLE_COUNT * PART_COUNT) & 1),
            .role = (enum role)(k / PART_COUNT % ROLE_COUNT),
            .part = (enum part)(k % PART_COUNT),
        };

        if (i < ARRAY_LEN(usual))
            at = usual[i];
        fresh = mark_place(eng, &at, marks);
        at.known = &eng->known;
        if (fresh > 0)
            eng->places[eng->place_count++] = at;
        left -= fresh;
    }
    free(marks);
    return OK;
}

static enum err load(struct engine *eng, bool monitor)
{
    struct image image;
    enum err e;

    if ((e = image_read(policy_image_str(&eng->image), &image)) ||
        (e = policy_load(image.policy, &eng->policy)))
        return e;
    eng->policy.monitor |= monitor;
    eng->known.links = eng->policy.links;
    if ((e = rules_load(image.rules, eng->policy.monitor, &eng->rules)) ||
        (e = choose_places(eng)))
        return e;
    rules_lend(eng->rules, image.tables);
    rules_limit(eng->rules, &eng->policy.thresholds);
    return providers_load(image.providers, &eng->providers);
}

static enum err own(const char *given, struct str fallback, char **ret_copy)
{
    struct str s = given != NULL ? str_of(given) : fallback;

    *ret_copy = NULL;
    if (s.len == 0)
        return OK;
    *ret_copy = strndup(s.ptr, s.len);
    return *ret_copy != NULL ? OK : E_NOMEM;
}

/* New in each process. In monitor mode nothing changes, so nothing is planted.
 */
static enum err make_canary(struct engine *eng)
{
    struct str text = eng->policy.canary;
    size_t at = str_find(text, STR("{}"));
    unsigned char random[CANARY_LEN];
    enum err e;

    if (at == text.len || eng->policy.monitor)
        return OK;
    if ((e = random_fill(random, sizeof(random))))
        return e;
    canary_make(random, eng->canary);
    eng->known.canary = (struct str){eng->canary, CANARY_LEN};
    if ((e = buf_add_byte(&eng->planted, ' ')) ||
        (e = buf_add(&eng->planted, str_head(text, at))) ||
        (e = buf_add(&eng->planted, eng->known.canary)))
        return e;
    return buf_add(&eng->planted, str_skip(text, at + 2));
}

static enum err engine_fill(struct engine *eng, const struct engine_config *cfg,
                            char *why, size_t why_size)
{
    enum err e;

    if (cfg->policy == NULL) {
        say(why, why_size, "no policy", "SALLYPORT_POLICY is not set");
        return E_UNSUPPORTED;
    }
    if ((e = policy_image_open(cfg->policy, &eng->image))) {
        say(why, why_size, "cannot read the policy image", cfg->policy);
        return e;
    }
    if ((e = load(eng, cfg->monitor))) {
        say(why, why_size, "not a policy image of this version", cfg->policy);
        return e;
    }
    if ((e = own(cfg->audit, eng->policy.audit, &eng->audit)) ||
        (e = own(cfg->exe, STR(""), &eng->exe)) ||
        (e = pseudonyms_open(&eng->pseudonyms, eng->rules,
                             cfg->key_file ? str_of(cfg->key_file)
                                           : eng->policy.key_file)) ||
        (e = know_process(eng)) ||
        (e = random_fill(eng->key, sizeof(eng->key))) ||
        (e = random_fill(eng->id_key, sizeof(eng->id_key))) ||
        (e = make_canary(eng)) || (e = seen_new(eng->key, &eng->seen)))
        say(why, why_size, "cannot start", err_name(e));
    return e;
}

enum err engine_open(const struct engine_config *cfg,
                     struct engine **ret_engine, char *why, size_t why_size)
{
    struct engine *eng = calloc(1, sizeof(*eng));
    enum err e;

    if (eng == NULL) {
        say(why, why_size, "cannot start", "out of memory");
        return E_NOMEM;
    }
    buf_init(&eng->planted, 2 * LIM_CANARY);
    e = engine_fill(eng, cfg, why, why_size);
    if (!e && (e = owned_load(eng, cfg->env)))
        say(why, why_size, "cannot start", err_name(e));
    if (e) {
        engine_close(eng);
        return e;
    }
    *ret_engine = eng;
    return OK;
}

void engine_close(struct engine *eng)
{
    if (eng == NULL)
        return;
    pseudonyms_close(&eng->pseudonyms);
    rules_free(eng->rules);
    providers_free(eng->providers);
    own_free(eng->own);
    policy_image_close(&eng->image);
    buf_wipe_free(&eng->planted);
    seen_free(eng->seen);
    free(eng->audit);
    free(eng->exe);
    free(eng->cgroup);
    explicit_bzero(eng->key, sizeof(eng->key));
    explicit_bzero(eng->id_key, sizeof(eng->id_key));
    free(eng);
}

bool engine_watches(const struct engine *eng, struct str host, uint16_t port)
{
    return host.len == 0 || providers_watch(eng->providers, host, port);
}

bool engine_http2(const struct engine *eng)
{
    return !eng->policy.http1;
}

bool engine_refuses(const struct engine *eng, enum doubt doubt)
{
    enum cond c = doubt == DOUBT_PEER ? COND_UNVERIFIED_PEER : COND_UNSEEN_TLS;

    return policy_blocks(&eng->policy, c) && !eng->policy.monitor;
}
