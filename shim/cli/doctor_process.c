/*
 * A running process. Four questions, and each has gaps of its own:
 *
 *     is the shim in it?             maps: not at all, an older file of it
 *     do the calls lead to it?       every slot that the dynamic linker fills
 *                                    with the address of a function that the
 *                                    shim interposes (a GOT entry) is read
 *                                    from the process's memory
 *     what else speaks TLS in it?    each mapped file is looked into, as for a
 *                                    program that does not run yet
 *     are its children guarded too?  their maps
 *
 * A slot holds an address in the shim; or, before the first call, one in its
 * own object, and the dynamic linker will come to the shim then; or another,
 * and such a call goes past us. That happens to objects that were opened with
 * RTLD_DEEPBIND, and to all in a namespace of their own.
 */
#include "cli/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/paths.h"
#include "cli/process.h"
#include "cli/program.h"
#include "hooks/marker.h"

#define CHILDREN_SHOWN 10

static const struct str shim_name = STR_INIT("libsallyport.so");
static const struct str engine_name = STR_INIT("libsallyport-engine.so");

/* What is known of the process so far. */
struct look {
    struct report *r;
    struct process p;
    size_t shim; /* index of its object */
    struct shim_marker marker;
    bool marked; /* the marker could be read */
    struct doors doors;
};

static const struct object *object_at(const struct look *l, size_t i)
{
    return &l->p.objects.objects[i];
}

static bool is_shim(const struct object *o)
{
    uint64_t at;

    return elf_file_symbol(&o->elf, STR("sallyport_marker"), &at);
}

static bool is_ours(const struct object *o)
{
    return is_shim(o) || str_eq(base_name(o->path), engine_name);
}

/* --- The shim. */

static bool read_marker(const struct look *l, size_t i,
                        struct shim_marker *ret_marker)
{
    struct shim_marker m;
    uint64_t at, size;

    memset(&m, 0, sizeof(m));
    if (!elf_file_symbol(&object_at(l, i)->elf, STR("sallyport_marker"), &at))
        return false;
    at += l->p.places[i].bias;
    if (!process_read(&l->p, at, &m, offsetof(struct shim_marker, guarded)) ||
        m.version != SHIM_MARKER_VERSION)
        return false;
    /* an older shim has fewer fields: the rest stays 0 */
    size = m.size < sizeof(m) ? m.size : sizeof(m);
    if (!process_read(&l->p, at, &m, (size_t)size))
        return false;
    *ret_marker = m;
    return true;
}

/* Of several copies, the one at work. */
static bool find_shim(struct look *l)
{
    struct shim_marker m;
    bool found = false;

    for (size_t i = 0; i < l->p.objects.count; i++) {
        if (!is_shim(object_at(l, i)) || l->p.places[i].apart)
            continue;
        if (!found)
            l->shim = i;
        found = true;
        if (read_marker(l, i, &m) && m.state != SHIM_OFF) {
            l->shim = i;
            l->marker = m;
            l->marked = true;
        }
    }
    return found;
}

/* Why it is not there: what keeps it out of the file, or nothing does. */
static void tell_absent(struct look *l)
{
    struct program program = {0};
    enum program_state state;

    snprintf(program.path, sizeof(program.path), "/proc/%ld/exe",
             (long)l->p.pid);
    state = program_check(&program);
    if (state != PROGRAM_COVERED && strcmp(program.gap, "linked-in") != 0)
        doctor_kept_out(l->r, l->p.exe, program.gap, program.why);
    else if (process_env(&l->p, STR("LD_PRELOAD")).ptr != NULL)
        report_add(l->r, GRADE_NEVER, "shim", l->p.exe,
                   "runs without libsallyport.so, though LD_PRELOAD is set: "
                   "does that path exist for it?");
    else
        report_add(l->r, GRADE_NEVER, "shim", l->p.exe,
                   "runs without libsallyport.so: start it by 'sallyport run'");
}

static void tell_shim(struct look *l)
{
    const struct object *o = object_at(l, l->shim);
    struct paths paths;
    struct str bytes;

    report_add(l->r, GRADE_NOTE, "shim", o->path, "is mapped");
    if (l->p.places[l->shim].gone)
        report_add(l->r, GRADE_NOTE, "shim", o->path,
                   "has been replaced since: restart the process to use the "
                   "new one");
    else if (paths_find(&paths) && paths.shim[0] != '\0' &&
             map_path(paths.shim, &bytes)) {
        if (!str_eq(bytes, o->elf.bytes))
            report_add(l->r, GRADE_NOTE, "shim", o->path,
                       "is another version than %s", paths.shim);
        unmap(bytes);
    }
    if (l->p.memory < 0)
        report_add(l->r, GRADE_PARTLY, "hooks", "",
                   "its memory may not be read, so it cannot be told where its "
                   "calls lead: ask as root, or with CAP_SYS_PTRACE");
    else if (!l->marked)
        report_add(l->r, GRADE_PARTLY, "shim", o->path,
                   "does not work in it: it runs with raised rights, or the "
                   "library is of another version");
}

/* --- The engine and its policy. */

/* Whether a file is where the process would find it. */
static bool in_reach(const struct look *l, const char *path)
{
    char there[4096 + 64];

    snprintf(there, sizeof(there), "/proc/%ld/%s/%s", (long)l->p.pid,
             path[0] == '/' ? "root" : "cwd", path);
    return access(there, R_OK) == 0;
}

/* The engine is to come later: can it? */
static void tell_idle(struct look *l, const char *policy)
{
    const char *shim = object_at(l, l->shim)->path;
    struct str own = process_env(&l->p, STR("SALLYPORT_ENGINE"));
    struct str dir = str_head(str_of(shim), strlen(shim) - base_name(shim).len);
    char engine[4096];

    report_add(l->r, GRADE_NOTE, "engine", "",
               "is loaded at the first session");
    if (own.len == 0)
        snprintf(engine, sizeof(engine), "%.*s%s", (int)dir.len, dir.ptr,
                 engine_name.ptr);
    else
        snprintf(engine, sizeof(engine), "%.*s", (int)own.len, own.ptr);
    if (!in_reach(l, engine))
        report_add(l->r, GRADE_PARTLY, "engine", engine,
                   "is not in its reach, so model hosts will be blocked: start "
                   "it with SALLYPORT_LOAD=early");
    else if (!in_reach(l, policy))
        report_add(l->r, GRADE_PARTLY, "policy", policy,
                   "is not in its reach, so model hosts will be blocked");
    if (l->p.confined)
        report_add(l->r, GRADE_PARTLY, "seccomp", "",
                   "its system calls are filtered, so the engine may not load: "
                   "start it with SALLYPORT_LOAD=early");
}

static void tell_engine(struct look *l)
{
    struct str hint = process_env(&l->p, STR("SALLYPORT_POLICY"));
    char path[4096] = "";

    if (!l->marked)
        return;
    if (l->marker.policy == NULL ||
        !process_text(&l->p, (uint64_t)(uintptr_t)l->marker.policy, path,
                      sizeof(path)))
        snprintf(path, sizeof(path), "%.*s", (int)hint.len, hint.ptr);
    if (path[0] != '\0')
        report_add(l->r, GRADE_NOTE, "policy", path, "is its policy image");
    else
        report_add(l->r, GRADE_PARTLY, "policy", "",
                   "there is no policy: model hosts are blocked");
    if (l->marker.state == SHIM_READY)
        report_add(l->r, GRADE_NOTE, "engine", "", "is loaded");
    else if (l->marker.state == SHIM_FAILED)
        report_add(l->r, GRADE_PARTLY, "engine", "",
                   "the engine or the policy could not be used: model hosts "
                   "are blocked");
    else
        tell_idle(l, path);
}

static void count_sessions(struct look *l)
{
    if (!l->marked)
        return;
    report_count(l->r, "guarded", l->marker.guarded);
    report_count(l->r, "passed", l->marker.passed);
    report_count(l->r, "handshakes", l->marker.handshakes);
    report_count(l->r, "blocked", l->marker.blocked);
    report_count(l->r, "failed", l->marker.failed);
    report_count(l->r, "unwoken", l->marker.unwoken);
    report_count(l->r, "unseen", l->marker.unseen);
}

/* --- Where the calls lead. */

struct calls {
    size_t bound, lazy, past;
    bool secret;      /* one of those that go past is a TLS function */
    struct str first; /* name of the first that goes past            */
    size_t to;        /* object that it leads to, or the count       */
};

/* The functions that plaintext goes through. */
static bool is_secret(struct str name)
{
    return str_starts(name, STR("SSL_")) || str_starts(name, STR("BIO_")) ||
           str_starts(name, STR("gnutls_")) || str_starts(name, STR("curl_"));
}

/*
 * A program at a fixed address may lend its own PLT entry as a function's
 * address; the slot of that entry is looked at for itself.
 */
static bool is_lent(const struct object *o, struct str name)
{
    uint64_t at;

    return o->elf.type == ET_EXEC && !elf_file_symbol(&o->elf, name, &at);
}

static void look_at_slot(const struct look *l, size_t i,
                         const struct elf_slot *slot, struct calls *calls)
{
    uint64_t value = 0;
    size_t to;

    if (!process_read(&l->p, l->p.places[i].bias + slot->at, &value,
                      sizeof(value)) ||
        value == 0)
        return;
    to = process_at(&l->p, value);
    if (to < l->p.objects.count && is_shim(object_at(l, to))) {
        calls->bound++;
    } else if (to == i && slot->lazy) {
        calls->lazy++;
    } else if (to == l->p.objects.count ||
               !is_lent(object_at(l, to), slot->name)) {
        if (calls->past++ == 0 || (!calls->secret && is_secret(slot->name))) {
            calls->first = slot->name;
            calls->to = to;
        }
        calls->secret = calls->secret || is_secret(slot->name);
    }
}

static void look_at_calls(const struct look *l, size_t i, struct calls *calls)
{
    const struct elf_file *shim = &object_at(l, l->shim)->elf;
    struct elf_slot slot;
    uint64_t at;

    for (size_t k = 0; elf_file_slot(&object_at(l, i)->elf, &k, &slot);)
        if (elf_file_symbol(shim, slot.name, &at))
            look_at_slot(l, i, &slot, calls);
}

static void tell_past(const struct look *l, size_t i, const struct calls *calls)
{
    const char *to = calls->to == l->p.objects.count
                         ? "elsewhere"
                         : base_name(object_at(l, calls->to)->path).ptr;

    report_add(l->r, GRADE_NOT, "past", object_at(l, i)->path,
               "calls %.*s of %s past us: was it opened with RTLD_DEEPBIND?",
               (int)calls->first.len, calls->first.ptr, to);
}

/* All calls of the process that are interposed. */
struct total {
    size_t bound, lazy, past;
    size_t others;     /* objects whose other calls go past us */
    const char *first; /* one of them                          */
};

static void tell_total(struct look *l, const struct total *t)
{
    if (t->others > 0)
        report_add(l->r, GRADE_PARTLY, "past", t->first,
                   "%scalls libc past us: was it opened with RTLD_DEEPBIND?",
                   t->others > 1 ? "and others " : "");
    report_add(l->r, GRADE_NOTE, "hooks", "",
               "%zu calls lead to the shim, %zu will at their first use, %zu "
               "go past it",
               t->bound, t->lazy, t->past);
    report_count(l->r, "hooked", t->bound);
    report_count(l->r, "lazy", t->lazy);
    report_count(l->r, "past", t->past);
}

static void tell_calls(struct look *l)
{
    struct total t = {0};

    if (l->p.memory < 0)
        return;
    for (size_t i = 0; i < l->p.objects.count; i++) {
        struct calls calls = {0};

        if (is_ours(object_at(l, i)) || l->p.places[i].apart)
            continue;
        look_at_calls(l, i, &calls);
        t.bound += calls.bound;
        t.lazy += calls.lazy;
        t.past += calls.past;
        if (calls.secret)
            tell_past(l, i, &calls);
        else if (calls.past > 0 && t.others++ == 0)
            t.first = object_at(l, i)->path;
    }
    tell_total(l, &t);
}

/* --- What speaks TLS in it. */

/* The program's own functions were changed in memory, to lead to us. */
static bool is_patched(const struct look *l, size_t i)
{
    static const struct str names[] = {STR_INIT("SSL_write"),
                                       STR_INIT("SSL_read")};
    const struct elf_file *elf = &object_at(l, i)->elf;
    char now[8];
    uint64_t at;

    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        struct str before;

        if (!elf_file_symbol(elf, names[k], &at))
            return false;
        before = elf_file_at(elf, at);
        if (before.len < sizeof(now) ||
            !process_read(&l->p, l->p.places[i].bias + at, now, sizeof(now)) ||
            memcmp(before.ptr, now, sizeof(now)) == 0)
            return false;
    }
    return true;
}

static void tell_stack(struct look *l, size_t i)
{
    const struct object *o = object_at(l, i);
    struct suspect s = {
        .path = o->path,
        .needed_by = "",
        .program = o->kind == OBJECT_PROGRAM,
        .only_curl = doctor_only_curl(&l->p.objects, o),
    };

    if (is_ours(o))
        return;
    s.view = inside_look(&o->elf, o->path);
    if (l->p.places[i].apart && s.view.what != INSIDE_NONE)
        report_add(l->r, GRADE_NOT, "namespace", o->path,
                   "is in a namespace of its own (dlmopen), where no preload "
                   "is");
    else if (s.view.how == INSIDE_EXPORTED && is_patched(l, i))
        report_add(l->r, GRADE_COVERED, "patched", o->path,
                   "has %s linked in, and leads to us", s.view.name);
    else if (s.view.how == INSIDE_EXPORTED && s.program && s.view.patchable)
        report_add(l->r, GRADE_NOT, "patched", o->path,
                   "has %s linked in, and could not be redirected, or was not "
                   "to be: where memory may become code, and without "
                   "SALLYPORT_PATCH=off, it is",
                   s.view.name);
    else
        doctor_judge(l->r, &l->doors, &s);
}

/* A caller that no object belongs to, such as a JIT's, means one of them. */
static void tell_versions(struct look *l)
{
    size_t n = 0;

    for (size_t i = 0; i < l->p.objects.count; i++)
        n += !l->p.places[i].apart &&
             str_starts(base_name(object_at(l, i)->path), STR("libssl.so"));
    if (n > 1)
        report_add(
            l->r, GRADE_NOTE, "versions", "",
            "%zu libraries of OpenSSL are in it: calls of generated code "
            "that cannot be told apart follow the fail policy",
            n);
}

/* --- Its children. */

static void tell_children(struct look *l)
{
    struct relative *list;
    size_t count, lost = 0, unknown = 0;

    if (process_family(l->p.pid, shim_name, &list, &count)) {
        l->r->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!list[i].known) {
            unknown++;
        } else if (!list[i].guarded && lost++ < CHILDREN_SHOWN) {
            report_add(l->r, GRADE_PARTLY, "child", "",
                       "process %ld (%s), started by it, runs without the "
                       "shim: ask with --pid %ld",
                       (long)list[i].pid, list[i].name, (long)list[i].pid);
        }
    }
    if (lost > CHILDREN_SHOWN)
        report_add(l->r, GRADE_PARTLY, "child", "", "%zu more run without it",
                   lost - CHILDREN_SHOWN);
    if (unknown > 0)
        report_add(l->r, GRADE_NOTE, "child", "",
                   "%zu of its children may not be looked at", unknown);
    report_count(l->r, "children", count);
    report_count(l->r, "unguarded_children", lost);
    free(list);
}

/* --- All of it. */

static void judge_process(struct look *l)
{
    report_add(l->r, GRADE_NOTE, "process", l->p.exe, "is process %ld",
               (long)l->p.pid);
    if (!find_shim(l)) {
        tell_absent(l);
        return;
    }
    l->doors = doors_of(&object_at(l, l->shim)->elf);
    tell_shim(l);
    tell_engine(l);
    tell_calls(l);
    for (size_t i = 0; i < l->p.objects.count; i++)
        tell_stack(l, i);
    tell_versions(l);
    doctor_tell_doors(l->r, &l->doors);
    if (l->p.objects.cut)
        report_add(l->r, GRADE_PARTLY, "libraries", "",
                   "there are more libraries than are looked at");
    tell_children(l);
    count_sessions(l);
}

bool doctor_process(struct report *r, uint64_t pid)
{
    struct look l = {.r = r};
    enum err e = process_open((pid_t)pid, &l.p);

    if (e != OK) {
        complain("process %llu: %s", (unsigned long long)pid,
                 e == E_UNSUPPORTED
                     ? errno == ENOENT || errno == ESRCH
                           ? "there is none, or it has no memory of its own"
                           : strerror(errno)
                     : "out of memory");
        return false;
    }
    judge_process(&l);
    process_close(&l.p);
    return true;
}
