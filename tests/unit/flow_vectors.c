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

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "compile/compile.h"
#include "scene.h"
#include "vectors.h"

struct vector {
    struct scene scene;
    char host[256];
    char audit[64];
};

static bool add_step(struct vector *v, struct str word)
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
    s->bytes = vector_file(name);
    return s->bytes.len > 0;
}

static bool read_steps(struct vector *v)
{
    struct str text = vector_file("steps"), rest = text, word;
    bool good = true;

    if (text.ptr == NULL)
        rest = vector_file("response").len > 0 ? STR("request response")
                                               : STR("request");
    while ((word = vector_word(&rest)).len > 0)
        good &= add_step(v, word);
    return good;
}

static bool read_case(struct vector *v)
{
    struct str policy = vector_shared("policy.yaml");
    struct str host = vector_file("host");
    int fd;

    strcpy(v->audit, "/tmp/sallyport-audit-XXXXXX");
    if ((fd = mkstemp(v->audit)) < 0)
        return false;
    close(fd);
    v->scene.eng = scene_engine(policy.ptr, v->audit);
    snprintf(v->host, sizeof(v->host), "%s",
             host.ptr != NULL ? host.ptr : "llm.test");
    v->host[strcspn(v->host, "\n")] = '\0';
    v->scene.host = v->host[0] != '\0' ? v->host : NULL;
    return v->scene.eng != NULL && read_steps(v);
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

static void check_audit(const struct vector *v)
{
    struct str text = vector_file("audit"), rest = text;
    struct str got = vector_path(v->audit), lines = got;
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

static void check_case(const struct vector *v)
{
    struct str net = vector_file("out.net"), app = vector_file("out.app");
    struct str state = vector_file("state");
    struct played p;

    scene_play(&v->scene, 0, v->scene.count, 0, &p);
    CHECK_EQ(buf_str(&p.out[DIR_SEND]), net);
    CHECK_EQ(buf_str(&p.out[DIR_RECV]), app);
    if (state.ptr == NULL)
        CHECK_EQ(str_of(state_name(p.state)), STR("open"));
    else
        CHECK_EQ(str_of(state_name(p.state)), str_split(&state, '\n'));
    check_audit(v);
    CHECK(scene_every_split(&v->scene, &p));
    played_free(&p);
}

static void run_case(void)
{
    struct vector v = {0};

    if (CHECK(read_case(&v)))
        check_case(&v);
    unlink(v.audit);
    engine_close(v.scene.eng);
}

int main(int argc, char **argv)
{
    return vectors_main("flow", run_case, argc, argv);
}
