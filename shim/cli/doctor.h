#ifndef SP_CLI_DOCTOR_H
#define SP_CLI_DOCTOR_H

#include "cli/closure.h"
#include "cli/inside.h"
#include "cli/report.h"

/*
 * What a shim guards, told by the functions that it interposes.
 */
struct doors {
    bool openssl, gnutls, curl, sockets, children;
    bool unseen; /* TLS that it does not see into is refused to model hosts */
};

/* doors_of - of a libsallyport.so. */
struct doors doors_of(const struct elf_file *shim);

/* doctor_tell_doors - lines for what holds of every program with this shim. */
void doctor_tell_doors(struct report *r, const struct doors *doors);

/* An object in which something that matters was found. */
struct suspect {
    struct inside_view view;
    const char *path, *needed_by; /* the latter "" where it is not known */
    bool program;   /* it is the program itself, not a library of it       */
    bool only_curl; /* only libcurl needs it                               */
};

/* doctor_judge - its line, or none if there is nothing in it. */
void doctor_judge(struct report *r, const struct doors *doors,
                  const struct suspect *s);

/* doctor_only_curl - whether a library is there for libcurl alone. */
bool doctor_only_curl(const struct closure *c, const struct object *o);

/*
 * doctor_program - judge a program by its name or path. Returns false after a
 * complaint if it cannot be judged.
 */
bool doctor_program(struct report *r, const char *name);

/*
 * doctor_kept_out - the line for what keeps a preload out of a program, and
 * what to do about it. The gap and why are program_check's.
 */
void doctor_kept_out(struct report *r, const char *path, const char *gap,
                     const char *why);

/*
 * doctor_process - judge a running process. Returns false after a complaint if
 * it cannot be judged.
 */
bool doctor_process(struct report *r, uint64_t pid);

#endif
