/*
 * Starts programs in every way that libc has, with an environment that has
 * nothing of ours.
 *
 *   prog_exec FORM PROGRAM [ARG...]     PROGRAM is a path; PATH finds its name
 *   prog_exec vfork|thread|fill-N FORM PROGRAM [ARG...]
 *   prog_exec FORM+NAME=VALUE PROGRAM   further variables of the child
 *
 * The first runs FORM in this process, or waits for what it spawned; its exit
 * status is the child's, or 120 where it was not started: then "failed: ERRNO"
 * stands on stdout.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#define NOT_STARTED 120

static char *empty[8192];
static size_t used;

static int failed(int error)
{
    printf("failed: %s\n", strerrorname_np(error));
    fflush(stdout);
    return NOT_STARTED;
}

static int waited(pid_t pid)
{
    int status;

    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return failed(errno);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* A command line of the arguments; none of them has a quote. */
static const char *line_of(char **argv)
{
    static char line[65536];

    line[0] = '\0';
    for (; *argv; argv++) {
        strcat(line, "'");
        strcat(line, *argv);
        strcat(line, "' ");
    }
    return line;
}

static int by_exec(const char *form, char **argv)
{
    const char *path = argv[0];
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *a = argv[0], *b = argv[1];
    const char *c = b ? argv[2] : NULL;
    int fd;

    if (!strcmp(form, "execve"))
        execve(path, argv, empty);
    else if (!strcmp(form, "execve-null"))
        execve(path, argv, NULL);
    else if (!strcmp(form, "execv"))
        execv(path, argv);
    else if (!strcmp(form, "execvp"))
        execvp(name, argv);
    else if (!strcmp(form, "execvpe"))
        execvpe(name, argv, empty);
    else if (!strcmp(form, "execl"))
        execl(path, a, b, c, (char *)NULL);
    else if (!strcmp(form, "execlp"))
        execlp(name, a, b, c, (char *)NULL);
    else if (!strcmp(form, "execle"))
        execle(path, a, b, c, (char *)NULL, empty);
    else if (!strcmp(form, "fexecve"))
        fexecve(open(path, O_RDONLY | O_CLOEXEC), argv, empty);
    else if (!strcmp(form, "fexecve-path"))
        fexecve(open(path, O_PATH | O_CLOEXEC), argv, empty);
    else if (!strcmp(form, "execveat"))
        execveat(AT_FDCWD, path, argv, empty, 0);
    else if (!strcmp(form, "execveat-empty")) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        execveat(fd, "", argv, empty, AT_EMPTY_PATH);
    } else
        errno = ENOTSUP;
    return failed(errno);
}

/* The command's output, through the pipe that the function gives. */
static int by_popen(char **argv)
{
    FILE *f = popen(line_of(argv), "r");
    char text[512];
    int status;

    if (!f)
        return failed(errno);
    while (fgets(text, sizeof(text), f))
        fputs(text, stdout);
    status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int by_wordexp(char **argv)
{
    char text[65600];
    wordexp_t we;
    int rc;

    snprintf(text, sizeof(text), "\"$(%s)\"", line_of(argv));
    rc = wordexp(text, &we, 0);
    if (rc)
        return failed(rc == WRDE_CMDSUB ? EPERM : EIO);
    for (size_t i = 0; i < we.we_wordc; i++)
        puts(we.we_wordv[i]);
    wordfree(&we);
    return 0;
}

static int start(const char *form, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    pid_t pid = -1;
    int rc;

    if (!strcmp(form, "posix_spawn") || !strcmp(form, "posix_spawnp")) {
        rc = form[strlen(form) - 1] == 'p'
                 ? posix_spawnp(&pid, slash ? slash + 1 : argv[0], NULL, NULL,
                                argv, empty)
                 : posix_spawn(&pid, argv[0], NULL, NULL, argv, empty);
        return rc ? failed(rc) : waited(pid);
    }
    if (!strcmp(form, "system")) {
        rc = system(line_of(argv));
        if (rc == -1)
            return failed(errno);
        return WIFEXITED(rc) ? WEXITSTATUS(rc) : 128;
    }
    if (!strcmp(form, "popen"))
        return by_popen(argv);
    if (!strcmp(form, "wordexp"))
        return by_wordexp(argv);
    return by_exec(form, argv);
}

struct job {
    const char *form;
    char **argv;
    int rc;
};

static void *in_thread(void *arg)
{
    struct job *job = arg;

    job->rc = start(job->form, job->argv);
    return NULL;
}

/* The least stack that a thread of libc's can have, and some. */
static int by_thread(struct job *job)
{
    pthread_attr_t attr;
    pthread_t thread;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 65536);
    if (pthread_create(&thread, &attr, in_thread, job))
        return failed(EAGAIN);
    pthread_join(thread, NULL);
    return job->rc;
}

/*
 * What the child of a vfork writes is written in us too: nothing may change
 * but what it is known to write.
 */
static int by_vfork(struct job *job)
{
    pid_t pid = vfork();

    if (pid == 0) {
        by_exec(job->form, job->argv);
        _exit(NOT_STARTED);
    }
    return waited(pid);
}

static void fill(size_t n)
{
    static char text[8192][8];

    for (; used < n && used < 8191; used++) {
        snprintf(text[used], sizeof(text[used]), "V%zu=x", used);
        empty[used] = text[used];
    }
}

int main(int argc, char **argv)
{
    struct job job = {0};
    const char *how = "";
    char *extra;

    if (argc < 3)
        return 2;
    if (!strcmp(argv[1], "vfork") || !strcmp(argv[1], "thread") ||
        !strncmp(argv[1], "fill-", 5)) {
        how = argv[1];
        argv++;
    }
    extra = strchr(argv[1], '+');
    if (extra) {
        *extra = '\0';
        empty[used++] = extra + 1;
    }
    if (how[0] == 'f')
        fill((size_t)strtoul(how + 5, NULL, 10));
    job.form = argv[1];
    job.argv = argv + 2;
    /* For the forms that take no environment: PATH finds the program. */
    clearenv();
    if (extra)
        putenv(extra + 1);
    if (how[0] == 'v')
        return by_vfork(&job);
    return how[0] == 't' ? by_thread(&job) : start(job.form, job.argv);
}
