/*
 * Loading the engine.
 *
 * It comes at the first client session, by the real dlopen with RTLD_LOCAL, so
 * that its names stay out of the program's way. Its constructors, and those of
 * other libraries, may call hooks: a thread that is inside the loading gets
 * "no engine" at once and passes.
 *
 * If there is no engine, or no policy it can use, the answer is given here:
 * known LLM hosts are blocked, all other traffic passes.
 *
 * A program that gives up its rights or its file system before it connects has
 * neither engine nor image in reach by then. For those there is SALLYPORT_LOAD.
 */
#include "hooks/load.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "hooks/dl.h"
#include "hooks/fork.h"
#include "hooks/hosts.h"
#include "hooks/marker.h"
#include "hooks/real.h"
#include "hooks/say.h"
#include "hooks/vars.h"
#include "hooks/zeros.h"

#define WHY_SIZE 256

/* A port that no host is declared with (tcpmux, RFC 1078). */
#define PORT_OTHER 1

struct shim_marker sallyport_marker __attribute__((visibility("default"))) = {
    .version = SHIM_MARKER_VERSION,
    .size = sizeof(struct shim_marker),
};

static struct {
    const char *policy, *audit, *key_file, *hosts, *engine;
    const char *uncovered, *unseen;
    bool monitor, off, early, leave, unpatched;
} settings;

static pthread_mutex_t settings_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool settings_done;

static struct {
    pthread_mutex_t lock;
    _Atomic bool done; /* api and engine stand, or are NULL for good */
    const struct engine_api *api;
    struct engine *engine;
    struct buf hosts; /* of the policy, where there is no engine */
} load = {.lock = PTHREAD_MUTEX_INITIALIZER};

static __thread bool loading __attribute__((tls_model("initial-exec")));

/* --- settings ------------------------------------------------------------ */

/*
 * Another copy stands before us, if the marker's exported name, which the
 * dynamic linker has bound to the first of that name, leads elsewhere.
 */
extern struct shim_marker own_marker
    __attribute__((alias("sallyport_marker"), visibility("hidden")));

static bool second_copy(void)
{
    const void *first = &sallyport_marker;

    __asm__("" : "+r"(first)); /* to the compiler both are one object */
    return first != &own_marker;
}

static void settings_read(void)
{
    settings.off = getauxval(AT_SECURE) != 0 || second_copy();
    if (settings.off) {
        own_marker.state = SHIM_OFF;
        dl_open_mask = ~0;
        return;
    }
    say_start();
    vars_read(real_self());
    settings.policy = vars_get("SALLYPORT_POLICY");
    own_marker.policy = settings.policy;
    settings.audit = vars_get("SALLYPORT_AUDIT");
    settings.key_file = vars_get("SALLYPORT_PSEUDONYM_KEY");
    settings.hosts = vars_get("SALLYPORT_HOSTS");
    settings.engine = vars_get("SALLYPORT_ENGINE");
    settings.monitor = vars_is("SALLYPORT_MODE", "monitor");
    settings.uncovered = vars_get("SALLYPORT_UNCOVERED");
    settings.unseen = vars_get("SALLYPORT_UNSEEN");
    settings.leave = vars_is("SALLYPORT_CHILDREN", "leave");
    settings.unpatched = vars_is("SALLYPORT_PATCH", "off");
    settings.early = vars_is("SALLYPORT_LOAD", "early");
    if (vars_is("SALLYPORT_DEEPBIND", "keep"))
        dl_open_mask = ~0;
}

/* pthread_once would make a system call of it, at every program's start. */
void load_settings(void)
{
    if (atomic_load_explicit(&settings_done, memory_order_acquire))
        return;
    pthread_mutex_lock(&settings_lock);
    if (!atomic_load(&settings_done))
        settings_read();
    atomic_store(&settings_done, true);
    pthread_mutex_unlock(&settings_lock);
}

bool load_off(void)
{
    load_settings();
    return settings.off;
}

bool load_leaves_children(void)
{
    load_settings();
    return settings.leave;
}

bool load_refuses_uncovered(void)
{
    load_settings();
    if (settings.monitor)
        return false;
    if (settings.uncovered)
        return !str_eq(str_of(settings.uncovered), STR("log"));
    return settings.policy &&
           hosts_say(settings.policy, STR(HOSTS_REFUSE_UNCOVERED));
}

bool load_refuses_unseen(void)
{
    load_settings();
    if (settings.monitor)
        return false;
    if (settings.unseen)
        return !str_eq(str_of(settings.unseen), STR("pass"));
    return !settings.policy ||
           !hosts_say(settings.policy, STR(HOSTS_PASS_UNSEEN));
}

bool load_monitors(void)
{
    load_settings();
    return settings.monitor;
}

const char *load_audit(void)
{
    load_settings();
    return settings.audit;
}

/* --- the engine ---------------------------------------------------------- */

/* The engine's path: as set, else beside the object this code lies in. */
static enum err engine_path(struct buf *out)
{
    struct str dir = {NULL, 0};
    struct link_map *map;
    Dl_info info;
    enum err e;

    if (settings.engine)
        dir = str_of(settings.engine);
    else if (LIBC(dladdr1)(&own_marker, &info, (void **)&map,
                           RTLD_DL_LINKMAP) &&
             info.dli_fname) {
        dir = str_of(info.dli_fname);
        while (dir.len > 0 && dir.ptr[dir.len - 1] != '/')
            dir.len--;
    }
    if ((e = buf_add(out, dir)))
        return e;
    if (!settings.engine && (e = buf_add(out, STR("libsallyport-engine.so"))))
        return e;
    return buf_add_byte(out, '\0');
}

static const struct engine_api *api_open(const char *path)
{
    void *(*open)(const char *, int);
    const struct engine_api *api = NULL;
    void *handle;

    if (!dl_real_open)
        dl_bind();
    memcpy(&open, &dl_real_open, sizeof(open));
    handle = open(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *why = LIBC(dlerror)();

        say_blocked("the engine cannot be loaded", why ? why : path);
        return NULL;
    }
    api = real_in(handle, "sallyport_engine_api", NULL);
    if (!api || api->version != ENGINE_API_VERSION) {
        say_blocked("not an engine of this version", path);
        return NULL;
    }
    return api;
}

/* Whoever fills it in at the same time fills in the same. */
const char *load_program(void)
{
    static _Atomic(void *) path;
    char *program = zeros_get(&path, PATH_MAX);
    int saved = errno;

    if (program && !program[0])
        (void)syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", program,
                      PATH_MAX - 1);
    errno = saved;
    return program ? program : "";
}

static void engine_load(void)
{
    struct engine_config cfg = {
        .env = environ,
        .policy = settings.policy,
        .audit = settings.audit,
        .key_file = settings.key_file,
        .exe = load_program(),
        .monitor = settings.monitor,
    };
    const struct engine_api *api = NULL;
    char why[WHY_SIZE] = "";
    int saved = errno;
    struct buf path;

    buf_init(&path, 2 * PATH_MAX);
    if (engine_path(&path))
        say_blocked("the engine cannot be loaded", "out of memory");
    else
        api = api_open(path.ptr);
    if (api && api->engine_open(&cfg, &load.engine, why, sizeof(why))) {
        say_blocked("the policy cannot be used", why);
        api = NULL;
    }
    buf_init(&load.hosts, LIM_HOSTS_FILE);
    if (!api && settings.policy)
        (void)!hosts_read(settings.policy, &load.hosts);
    load.api = api;
    own_marker.state = api ? SHIM_READY : SHIM_FAILED;
    buf_free(&path);
    errno = saved;
}

const struct engine_api *load_engine(struct engine **ret_engine)
{
    if (!atomic_load_explicit(&load.done, memory_order_acquire)) {
        if (loading)
            return NULL;
        load_settings();
        fork_guard();
        pthread_mutex_lock(&load.lock);
        loading = true;
        if (!atomic_load(&load.done))
            engine_load();
        loading = false;
        atomic_store_explicit(&load.done, true, memory_order_release);
        pthread_mutex_unlock(&load.lock);
    }
    if (load.api)
        *ret_engine = load.engine;
    return load.api;
}

bool load_patch_off(void)
{
    load_settings();
    return settings.unpatched;
}

void load_early(void)
{
    struct engine *engine;

    load_settings();
    if (settings.early && !settings.off)
        (void)load_engine(&engine);
}

void load_fork_lock(void)
{
    pthread_mutex_lock(&load.lock);
}

void load_fork_unlock(void)
{
    pthread_mutex_unlock(&load.lock);
}

/* --- without an engine --------------------------------------------------- */

bool load_refuses(struct str host, uint16_t port)
{
    return hosts_listed(host, port, str_of(settings.hosts)) ||
           hosts_listed(host, port, buf_str(&load.hosts));
}

/* The lists that a policy came with are all of its hosts. */
static bool policy_lists(struct str host, uint16_t port, bool *ret_listed)
{
    bool known = settings.policy && settings.hosts;

    *ret_listed = known && hosts_among(host, port, str_of(settings.hosts));
    return *ret_listed ||
           (settings.policy &&
            hosts_beside(settings.policy, host, port, ret_listed) == OK) ||
           known;
}

bool load_watches_now(struct str host, uint16_t port)
{
    bool listed;

    load_settings();
    if (atomic_load_explicit(&load.done, memory_order_acquire))
        return load.api ? load.api->engine_watches(load.engine, host, port)
                        : load_refuses(host, port);
    if (policy_lists(host, port, &listed))
        return listed;
    return hosts_listed(host, port, str_of(settings.hosts));
}

/* As load_watches_now, but that a list which is not there is no answer. */
static bool declares(struct str host, uint16_t port)
{
    struct engine *engine;
    bool listed;

    if (settings.policy && !atomic_load(&load.done) &&
        !policy_lists(host, port, &listed))
        (void)load_engine(&engine);
    return load_watches_now(host, port);
}

enum load_declared load_declares(struct str host, uint16_t port)
{
    int saved = errno;
    enum load_declared how = DECLARED_NOT;

    load_settings();
    if (declares(host, port))
        how = port && port != PORT_OTHER && !declares(host, PORT_OTHER)
                  ? DECLARED_PORT
                  : DECLARED_HOST;
    errno = saved;
    return how;
}

bool load_watches(struct str host)
{
    struct engine *engine;
    const struct engine_api *api = load_engine(&engine);

    return api ? api->engine_watches(engine, host, 0) : load_refuses(host, 0);
}

#define ANSWER                                                                 \
    "{\"error\":{\"message\":\"Blocked by sallyport: no engine or no valid "   \
    "policy could be loaded in this program, so requests to LLM hosts are "    \
    "refused.\",\"type\":\"invalid_request_error\",\"param\":null,"            \
    "\"code\":\"policy_block\"}}\n"

/* The length of the body stands in the head as text: see the assertion. */
_Static_assert(sizeof(ANSWER) - 1 == 212, "Content-Length of ANSWER");

struct str load_answer(void)
{
    return STR("HTTP/1.1 403 Forbidden\r\n"
               "Content-Type: application/json\r\n"
               "Content-Length: 212\r\n"
               "x-should-retry: false\r\n"
               "Connection: close\r\n"
               "\r\n" ANSWER);
}
