/*
 * A program that is not running yet. What keeps a preload out is asked first,
 * as `run` asks it; then each file that will be in the process is looked into.
 */
#include "cli/doctor.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/modules.h"
#include "cli/paths.h"
#include "cli/program.h"
#include "cli/wrapper.h"

#define WRAPPED 8 /* programs that scripts may name, themselves among them */

/* --- The objects. */

/* Libraries that are there for NSS, or are libcurl: they do not count as ones
 * that use a TLS library on their own. */
static bool uses_alone(const struct object *o)
{
    static const struct str names[] = {
        STR_INIT("libcurl"),   STR_INIT("libssl3."),    STR_INIT("libsmime3."),
        STR_INIT("libnss"),    STR_INIT("libmbedtls."), STR_INIT("libwolfssl."),
        STR_INIT("libngtcp2"),
    };
    struct str name = base_name(o->path);

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_starts(name, names[i]))
            return false;
    return true;
}

static bool needs(const struct object *o, struct str wanted)
{
    struct str name;

    for (size_t i = 0; elf_file_needed(&o->elf, &i, &name);)
        if (str_eq(name, wanted))
            return true;
    return false;
}

bool doctor_only_curl(const struct closure *c, const struct object *o)
{
    struct str name =
        o->elf.soname.len > 0 ? o->elf.soname : base_name(o->path);
    bool curl = false;

    for (size_t i = 0; i < c->count; i++) {
        if (!needs(&c->objects[i], name))
            continue;
        if (uses_alone(&c->objects[i]))
            return false;
        curl =
            curl || str_starts(base_name(c->objects[i].path), STR("libcurl"));
    }
    return curl;
}

static void look_at(struct report *r, const struct doors *doors,
                    const struct closure *c, size_t i)
{
    const struct object *o = &c->objects[i];
    struct suspect s = {
        .path = o->path,
        .needed_by = o->kind == OBJECT_LIBRARY
                         ? base_name(c->objects[o->parent].path).ptr
                         : "",
        .program = o->kind == OBJECT_PROGRAM,
    };

    if (o->kind == OBJECT_MISSING) {
        report_add(r, GRADE_NOTE, "missing", o->path,
                   "is needed by %s and not found",
                   base_name(c->objects[o->parent].path).ptr);
        return;
    }
    if (o->kind == OBJECT_MODULE)
        report_add(r, GRADE_NOTE, "module", o->path, "is what it may load");
    s.view = inside_look(&o->elf, o->path);
    s.only_curl = doctor_only_curl(c, o);
    doctor_judge(r, doors, &s);
}

static bool look_at_all(struct report *r, struct closure *c)
{
    struct doors doors = {0};
    struct elf_file shim;
    struct paths paths;
    struct str bytes;
    size_t libraries = 0;

    if (!paths_find(&paths))
        return false;
    if (paths.shim[0] == '\0' || !map_path(paths.shim, &bytes)) {
        complain("libsallyport.so is not found");
        return false;
    }
    if (elf_file_open(bytes, &shim) == OK)
        doors = doors_of(&shim);
    unmap(bytes);
    if (closure_walk(c)) {
        complain("%s: its libraries cannot be told", c->objects[0].path);
        return false;
    }
    for (size_t i = 0; i < c->count; i++) {
        libraries += c->objects[i].kind == OBJECT_LIBRARY;
        look_at(r, &doors, c, i);
    }
    doctor_tell_doors(r, &doors);
    report_count(r, "libraries", libraries);
    if (c->cut)
        report_add(r, GRADE_PARTLY, "libraries", "",
                   "there are more libraries than are looked at");
    return true;
}

/* --- The program. */

static bool is_named(const char *path, const struct str *names, size_t n)
{
    struct str name = base_name(path);

    for (size_t i = 0; i < n; i++)
        if (str_eq(name, names[i]))
            return true;
    return false;
}

static bool is_shell(const char *path)
{
    static const struct str names[] = {
        STR_INIT("sh"),  STR_INIT("bash"), STR_INIT("dash"),
        STR_INIT("zsh"), STR_INIT("ksh"),  STR_INIT("fish"),
    };

    return is_named(path, names, ARRAY_LEN(names));
}

/* Starts programs in another root directory, or has a service start them. */
static bool is_launcher(const char *path)
{
    static const struct str names[] = {
        STR_INIT("bwrap"),       STR_INIT("flatpak"),
        STR_INIT("snap"),        STR_INIT("firejail"),
        STR_INIT("systemd-run"), STR_INIT("systemd-nspawn"),
        STR_INIT("lxc-attach"),  STR_INIT("machinectl"),
        STR_INIT("chroot"),      STR_INIT("at"),
    };

    return is_named(path, names, ARRAY_LEN(names));
}

/* A static program may be told more of. */
static void look_inside(struct report *r, const struct program *p)
{
    struct suspect s = {.path = p->subject, .needed_by = "", .program = true};
    struct doors doors = {0};
    struct elf_file elf;
    struct str bytes;

    if (strcmp(p->gap, "go") == 0 || !map_path(p->subject, &bytes))
        return;
    if (elf_file_open(bytes, &elf) == OK && elf.native) {
        s.view = inside_look(&elf, p->subject);
        doctor_judge(r, &doors, &s);
    }
    unmap(bytes);
}

/* What keeps the preload out of it, or its file to look at with the others. */
static bool add_program(struct report *r, struct program *p, struct closure *c)
{
    enum program_state state = program_check(p);
    bool linked = p->gap != NULL && strcmp(p->gap, "linked-in") == 0;

    if (state == PROGRAM_MISSING || state == PROGRAM_DENIED ||
        (p->gap != NULL && strcmp(p->gap, "unreadable") == 0)) {
        complain("%s: %s", p->subject, p->why);
        return false;
    }
    report_add(r, GRADE_NOTE, "program", p->path, "%s", "");
    if (strcmp(p->path, p->subject) != 0)
        report_add(r, GRADE_NOTE, "interpreter", p->subject, "runs it");
    if (is_launcher(p->path))
        report_add(r, GRADE_PARTLY, "launcher", p->path,
                   "starts programs where the preload may not be: guard them "
                   "there");
    if (state != PROGRAM_COVERED && !linked) {
        doctor_kept_out(r, p->subject, p->gap, p->why);
        look_inside(r, p);
        return true;
    }
    if (closure_add(c, p->subject, 0, OBJECT_PROGRAM) == OK &&
        modules_add(c, p->path, p->subject) == OK)
        return true;
    complain("%s: its libraries cannot be told", p->subject);
    return false;
}

/* --- What a shell script becomes. */

struct started {
    struct program list[WRAPPED]; /* the script itself is the first */
    size_t count;
    bool more; /* that its text does not tell */
};

static void add_started(struct started *s, struct str name)
{
    struct program *p = &s->list[s->count];
    char text[sizeof(p->path)];

    if (name.len == 0 || name.len >= sizeof(text) || s->count == WRAPPED) {
        s->more = true;
        return;
    }
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    if (program_find(text, p) != PROGRAM_COVERED) {
        s->more = true; /* by another PATH, it may be */
        return;
    }
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->list[i].path, p->path) == 0)
            return;
    s->count++;
}

/* The programs that a shell's script names; a shell by itself runs anything. */
static void read_script(struct started *s, const struct program *p)
{
    size_t before = s->count;
    struct str bytes, rest, name;

    if (!is_shell(p->subject))
        return;
    if (strcmp(p->path, p->subject) != 0 && map_path(p->path, &bytes)) {
        for (rest = bytes; wrapper_next(&rest, &name);)
            add_started(s, name);
        unmap(bytes);
    }
    s->more |= s->count == before;
}

static bool judge_found(struct report *r, struct started *s)
{
    struct closure c = {0};
    bool good = true;

    for (size_t i = 0; i < s->count && good; i++) {
        good = add_program(r, &s->list[i], &c);
        if (good)
            read_script(s, &s->list[i]);
    }
    if (good && s->more)
        report_add(r, GRADE_COVERED, "started", "",
                   "the shell hands the guard on; what it starts is not told "
                   "here: ask for each program");
    good = good && (c.count == 0 || look_at_all(r, &c));
    closure_free(&c);
    return good;
}

bool doctor_program(struct report *r, const char *name)
{
    struct started *s = calloc(1, sizeof(*s));
    bool good = false;

    if (s == NULL) {
        complain("out of memory");
        return false;
    }
    switch (program_find(name, &s->list[0])) {
    case PROGRAM_MISSING:
        complain("%s: %s", name, program_missing(name));
        break;
    case PROGRAM_DENIED:
        complain("%s: not executable", name);
        break;
    default:
        s->count = 1;
        good = judge_found(r, s);
    }
    free(s);
    return good;
}
