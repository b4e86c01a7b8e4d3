#ifndef SP_CLI_PROCESS_H
#define SP_CLI_PROCESS_H

#include <sys/types.h>

#include "base/buf.h"
#include "cli/closure.h"

/*
 * A running process as /proc shows it (proc(5)): the ELF files mapped in it,
 * its memory and its descendants. It is neither stopped nor changed; what it
 * does meanwhile may make a reading stale, never unsafe.
 */

/* Where an object is in the process. */
struct place {
    uint64_t bias;      /* add it to an address of the file */
    uint64_t low, high; /* [low, high) in the process       */
    bool gone;          /* the file has been removed or replaced since        */
    bool apart;         /* in a namespace of its own, by dlmopen(3)           */
};

struct process {
    pid_t pid;
    char exe[4096];
    int memory;             /* descriptor of its memory; -1 if not permitted */
    struct closure objects; /* in the order of their addresses */
    struct place *places;   /* of each object                  */
    struct buf environ;     /* as it was at its start          */
    bool confined;          /* a seccomp filter judges its system calls */
};

/*
 * process_open - read it.
 *
 * E_UNSUPPORTED  it is not there, not permitted, or has no memory; errno tells
 * E_NOMEM, E_LIMIT
 */
MUST_USE enum err process_open(pid_t pid, struct process *ret_p);
void process_close(struct process *p);

/* process_read - n bytes of its memory; false if not all can be read. */
bool process_read(const struct process *p, uint64_t at, void *to, size_t n);

/*
 * process_text - a string of its memory, cut to size - 1 bytes. False if it
 * cannot be read.
 */
bool process_text(const struct process *p, uint64_t at, char *to, size_t size);

/* process_at - the object that an address lies in; count if in none. */
size_t process_at(const struct process *p, uint64_t at);

/* process_env - a variable as it was at the start; ptr NULL if there is none.
 */
struct str process_env(const struct process *p, struct str name);

/* A descendant of a process. */
struct relative {
    pid_t pid, parent;
    bool known;   /* its maps could be read         */
    bool guarded; /* a file of the wanted name is mapped */
    char name[64];
};

/*
 * process_family - the descendants of a process, and whether a file of this
 * name is mapped in each. The array is to be freed. E_NOMEM.
 */
MUST_USE enum err process_family(pid_t pid, struct str file,
                                 struct relative **ret_list, size_t *ret_count);

#endif
