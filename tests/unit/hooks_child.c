/*
 * The repair of an environment, in a process whose own says what a guarded
 * program's would.
 */
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

#include "hooks/child.h"
#include "hooks/note.h"
#include "hooks/vars.h"

#define SHIM "/opt/lib/libsallyport.so"

static char *slots[CHILD_SLOTS];
static char preload[CHILD_PRELOAD];

/* What comes out of an environment, an entry a line. */
static const char *repaired(char *const *old)
{
    static char text[8192];
    struct child_env env = child_look(old);
    size_t n = 0;

    text[0] = '\0';
    if (!child_lacks(&env))
        return "whole";
    CHECK(env.slots <= CHILD_SLOTS);
    memset(slots, 1, sizeof(slots));
    memset(preload, 'x', sizeof(preload));
    child_fill(&env, slots, preload);
    CHECK(slots[env.slots - 1] == NULL);
    if (env.preload)
        CHECK(memchr(preload, '\0', env.preload_len) != NULL);
    for (size_t i = 0; slots[i]; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\n", slots[i]);
    return text;
}

static void check(const char *const *old, const char *want)
{
    CHECK(!strcmp(repaired((char *const *)(uintptr_t)old), want));
}

static void test_repair(void)
{
    check(NULL, "LD_PRELOAD=" SHIM "\nSALLYPORT_A=1\nSALLYPORT_EMPTY=\n");
    check((const char *[]){"A=b", NULL},
          "A=b\nLD_PRELOAD=" SHIM "\nSALLYPORT_A=1\nSALLYPORT_EMPTY=\n");
    check((const char *[]){"LD_PRELOAD=", "SALLYPORT_A=2", NULL},
          "LD_PRELOAD=" SHIM "\nSALLYPORT_A=2\nSALLYPORT_EMPTY=\n");
    check((const char *[]){"LD_PRELOAD=a.so b.so", "A=b", NULL},
          "LD_PRELOAD=" SHIM
          ":a.so b.so\nA=b\nSALLYPORT_A=1\nSALLYPORT_EMPTY=\n");
    check((const char *[]){"SALLYPORT_EMPTY=", "LD_PRELOAD=x/libsallyport.so",
                           "SALLYPORT_A=", NULL},
          "whole");
    check((const char *[]){"LD_PRELOAD=a.so " SHIM, "SALLYPORT_AB=1", NULL},
          "LD_PRELOAD=a.so " SHIM
          "\nSALLYPORT_AB=1\nSALLYPORT_A=1\nSALLYPORT_EMPTY=\n");
    /* The linker takes the last of several. */
    check((const char *[]){"LD_PRELOAD=" SHIM, "LD_PRELOAD=a.so",
                           "SALLYPORT_A=1", "SALLYPORT_EMPTY=", NULL},
          "LD_PRELOAD=" SHIM "\nLD_PRELOAD=" SHIM
          ":a.so\nSALLYPORT_A=1\nSALLYPORT_EMPTY=\n");
}

static void test_vars(void)
{
    char *const *all;

    CHECK_INT(vars_all(&all), 2);
    CHECK_STR(str_of(all[0]), "SALLYPORT_A=1");
    CHECK_STR(str_of(vars_get("SALLYPORT_A")), "1");
    CHECK(vars_get("SALLYPORT_EMPTY") == NULL);
    CHECK(vars_get("SALLYPORT_") == NULL);
    CHECK(vars_is("SALLYPORT_A", "1"));
    CHECK(!vars_is("SALLYPORT_A", "11"));
    CHECK(vars_preload_has(STR("a:" SHIM)));
    CHECK(!vars_preload_has(STR("a:libsallyport.so.1")));
    CHECK(!vars_preload_has(STR("")));
}

static void test_note(void)
{
    struct note n = {0};

    note_json(&n, STR("a\"b\\c\n\x01\xff\xc3\xa4"));
    note_u64(&n, 0);
    note_u64(&n, UINT64_MAX);
    CHECK_STR(note_str(&n),
              "\"a\\\"b\\\\c\\u000a\\u0001?\xc3\xa4\"018446744073709551615");
    for (int i = 0; i < 100; i++)
        note_add(&n, STR("0123456789012345678901234567890123456789"));
    CHECK_INT(n.len, NOTE_SIZE);
}

int main(int argc, char **argv)
{
    static char *env[] = {(char *)(uintptr_t) "SALLYPORT_A=1",
                          (char *)(uintptr_t) "LD_PRELOAD=b.so:" SHIM ":c.so",
                          (char *)(uintptr_t) "SALLYPORT_EMPTY=", NULL};

    (void)argc;
    (void)argv;
    environ = env;
    vars_read(SHIM);
    RUN(test_repair);
    RUN(test_vars);
    RUN(test_note);
    return check_done();
}
