/*
 * Plays every case under tests/vectors/flow. A case is a directory:
 *
 *   request response   what each side says, raw; both may be left out
 *   steps        words in order, "request response" if there is no such file.
 *                A word is a file (request* is said by the application,
 *                response* by the network), "eof" (the network ends) or "stop"
 *                (the application ends)
 *   policy.yaml  else the one of tests/vectors/flow
 *   host         the host by which the door knows the peer: none if the file
 *                is empty; llm.test if there is no such file
 *   out.net      what the network has to get: nothing if there is no such file
 *   out.app      what the application has to get; exchange ids are all '#'
 *   state        open (if there is no such file), pass, blocked or failed
 *   audit        a paragraph for each audit line, in order, separated by "--":
 *                key=value is a member of the line as it is written there,
 *                !text must not stand in it
 *
 * Each is also played in every split. No audit line may hold what the rules of
 * tests/vectors/flow/policy.yaml look for.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "compile/compile.h"
#include "scene.h"

#define ROOT "tests/vectors/flow"

struct vector {
    const char *name;
    struct scene scene;
    char host[256];
    char audit[64];
};

/* The files of the case at work. */
static struct arena files;

/* A file of the case, or of all cases; {NULL, 0} if there is none. */
static struct str load(const char *dir, const char *name)
{
    char path[512];
    struct stat st;
    void *room;
    char *text;
    FILE *f;
    size_t n;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "rb");
    if (f == NULL)
        return (struct str){0};
    if (fstat(fileno(f), &st) != 0)
        abort();
    if (arena_take(&files, (size_t)st.st_size + 1, &room))
        abort();
    text = room;
    n = fread(text, 1, (size_t)st.st_size, f);
    text[n] = '\0';
    fclose(f);
    return (struct str){text, n};
}

static struct str word_next(struct str *rest)
{
    size_t n = 0;

    while (rest->len > 0 && (unsigned char)rest->ptr[0] <= ' ')
        *rest = str_skip(*rest, 1);
    while (n < rest->len && (unsigned char)rest->ptr[n] > ' ')
        n++;
    *rest = str_skip(*rest, n);
    return (struct str){rest->ptr - n, n};
}

static bool add_step(struct vector *v, const char *dir, struct str word)
{
    struct step *s = &v->scene.steps[v->scene.count];
    char name[64];

    if (v->scene.count == ARRAY_LEN(v->scene.steps))
        return false;
    snprintf(name, sizeof(name), "%.*s", (int)word.len, word.ptr);
    if (str_starts(word, STR("request")) || str_eq(word, STR("stop")))
        s->dir = DIR_SEND;
    else if (str_starts(word, STR("response")) || str_eq(word, STR("eof")))
        s->dir = DIR_RECV;
    else
        return false;
    v->scene.count++;
    if (str_eq(word, STR("eof")) || str_eq(word, STR("stop")))
        return true;
    s->bytes = load(dir, name);
    return s->bytes.len > 0;
}

static bool read_steps(struct vector *v, const char *dir)
{
    struct str text = load(dir, "steps"), rest = text, word;
    bool good = true;

    if (text.ptr == NULL)
        rest = load(dir, "response").len > 0 ? STR("request response")
                                             : STR("request");
    while ((word = word_next(&rest)).len > 0)
        good &= add_step(v, dir, word);
    return good;
}

static bool read_case(struct vector *v, const char *dir)
{
    struct str policy = load(dir, "policy.yaml");
    struct str host = load(dir, "host");
    int fd;

    strcpy(v->audit, "/tmp/sallyport-audit-XXXXXX");
    if ((fd = mkstemp(v->audit)) < 0)
        return false;
    close(fd);
    if (policy.ptr == NULL)
        policy = load(ROOT, "policy.yaml");
    v->scene.eng = scene_engine(policy.ptr, v->audit);
    snprintf(v->host, sizeof(v->host), "%s",
             host.ptr != NULL ? host.ptr : "llm.test");
    v->host[strcspn(v->host, "\n")] = '\0';
    v->scene.host = v->host[0] != '\0' ? v->host : NULL;
    return v->scene.eng != NULL && read_steps(v, dir);
}

/* key=value: "key":value stands in the line. */
static void check_member(struct str line, struct str want)
{
    struct str key = str_split(&want, '=');
    char needle[512];

    snprintf(needle, sizeof(needle), "\"%.*s\":%.*s", (int)key.len, key.ptr,
             (int)want.len, want.ptr);
    if (str_find(line, str_of(needle)) == line.len) {
        fprintf(stderr, "wanted %s\n", needle);
        CHECK_STR(line, "a line that has it");
    }
}

static void check_audit(const struct vector *v, const char *dir)
{
    struct str text = load(dir, "audit"), rest = text;
    struct str got = load("", v->audit), lines = got;
    struct str line = str_split(&lines, '\n');

    while (rest.ptr != NULL && rest.len > 0) {
        struct str want = str_split(&rest, '\n');

        if (str_eq(want, STR("--")))
            line = str_split(&lines, '\n');
        else if (str_starts(want, STR("!")))
            CHECK(str_find(line, str_skip(want, 1)) == line.len);
        else if (want.len > 0)
            check_member(line, want);
    }
    if (text.ptr != NULL)
        CHECK_STR(lines, "");
    CHECK(str_find(got, STR("abcd1234")) == got.len);
    CHECK(str_find(got, STR("xyzzy")) == got.len);
}

static const char *state_name(enum conn_state s)
{
    static const char *const names[] = {"open", "pass", "blocked", "failed"};

    return names[s];
}

static void check_case(const struct vector *v, const char *dir)
{
    struct str net = load(dir, "out.net"), app = load(dir, "out.app");
    struct str state = load(dir, "state");
    struct played p;

    scene_play(&v->scene, 0, v->scene.count, 0, &p);
    CHECK_EQ(buf_str(&p.out[DIR_SEND]), net);
    CHECK_EQ(buf_str(&p.out[DIR_RECV]), app);
    if (state.ptr == NULL)
        CHECK_EQ(str_of(state_name(p.state)), STR("open"));
    else
        CHECK_EQ(str_of(state_name(p.state)), str_split(&state, '\n'));
    check_audit(v, dir);
    CHECK(scene_every_split(&v->scene, &p));
    played_free(&p);
}

static char case_dir[512];

static void run_case(void)
{
    struct vector v = {.name = case_dir};

    if (CHECK(read_case(&v, case_dir)))
        check_case(&v, case_dir);
    unlink(v.audit);
    engine_close(v.scene.eng);
    arena_free(&files);
}

static int is_case(const struct dirent *d)
{
    return d->d_name[0] != '.' && strchr(d->d_name, '.') == NULL;
}

/* With names: those cases alone. */
int main(int argc, char **argv)
{
    struct dirent **names = NULL;
    int n = scandir(ROOT, &names, is_case, alphasort);

    arena_init(&files, 16 * (size_t)MIB);
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        bool wanted = argc < 2;

        for (int k = 1; k < argc; k++)
            wanted |= strcmp(argv[k], name) == 0;
        snprintf(case_dir, sizeof(case_dir), "%s/%s", ROOT, name);
        if (wanted)
            check_run(run_case, name);
        free(names[i]);
    }
    free(names);
    return n > 0 ? check_done() : 1;
}
