#ifndef SP_BASE_KINDS_H
#define SP_BASE_KINDS_H

#include "base/str.h"

/*
 * The words that every room shares: which way, who speaks, what kind of text,
 * what is to be done about it. Names as users write them are in kinds.c.
 */

enum dir {
    DIR_SEND, /* from the application to the network: requests  */
    DIR_RECV, /* from the network to the application: responses */
};

enum role {
    ROLE_SYSTEM,    /* system and developer prompts, tool definitions     */
    ROLE_USER,      /* user messages, and request text nobody knows       */
    ROLE_ASSISTANT, /* what the model says or said                        */
    ROLE_TOOL,      /* tool results, retrieved documents: untrusted       */
    ROLE_COUNT,
};

enum part {
    PART_TEXT, /* prose of a message                              */
    PART_TOOL_NAME,
    PART_TOOL_ARGS,   /* arguments of a tool call                        */
    PART_TOOL_RESULT, /* what a tool answered                            */
    PART_TOOL_DEF,    /* name, description and schema of a tool          */
    PART_REASONING,   /* thinking                                        */
    PART_FILE,        /* text of an attached document                    */
    PART_KEY,         /* an object key                                   */
    PART_OTHER,       /* any other string                                */
    PART_COUNT,
};

enum action { /* in order of strength */
    ACTION_PASS,
    ACTION_SCORE, /* counted, and nothing else: see rules/score.h */
    ACTION_LOG,
    ACTION_REDACT,
    ACTION_PSEUDONYM, /* of requests alone */
    ACTION_BLOCK,
};

enum severity {
    SEVERITY_INFO,
    SEVERITY_LOW,
    SEVERITY_MEDIUM,
    SEVERITY_HIGH,
    SEVERITY_CRITICAL,
};

/* How much a finding of a rule says by itself. */
enum confidence {
    CONFIDENCE_LOW,    /* it has the shape, as other things may have it */
    CONFIDENCE_MEDIUM, /* a word near it says so, or nothing else looks so */
    CONFIDENCE_HIGH,   /* a checksum, or the like, says so */
};
#define CONFIDENCE_COUNT (CONFIDENCE_HIGH + 1)

/* What is known about the exchange that a text belongs to, and the program. */
enum about {
    ABOUT_HOST,   /* to which it goes                                     */
    ABOUT_PATH,   /* of the URL, in the form that routes are chosen by    */
    ABOUT_MODEL,  /* that is asked for                                    */
    ABOUT_EXE,    /* path of the program                                  */
    ABOUT_UID,    /* its effective user, a decimal number                 */
    ABOUT_CGROUP, /* path of its control group                            */
    ABOUT_COUNT,
};

/* The names, as in rule files and audit lines ("tool_args"). */
struct str dir_name(enum dir d); /* "request" or "response" */
struct str role_name(enum role r);
struct str part_name(enum part p);
struct str action_name(enum action a);
struct str severity_name(enum severity s);
struct str confidence_name(enum confidence c);
struct str about_name(enum about a);

/* The reverse: false, and nothing set, for a name that is none. */
bool dir_from(struct str name, enum dir *ret_d);
bool role_from(struct str name, enum role *ret_r);
bool part_from(struct str name, enum part *ret_p);
bool action_from(struct str name, enum action *ret_a);
bool severity_from(struct str name, enum severity *ret_s);
bool confidence_from(struct str name, enum confidence *ret_c);
bool about_from(struct str name, enum about *ret_a);

/* Sets of them, one bit each: 1u << value. */
#define DIRS_ALL  3u
#define ROLES_ALL ((1u << ROLE_COUNT) - 1)
#define PARTS_ALL ((1u << PART_COUNT) - 1)

struct known; /* detect/known.h */

/* Where a text stands: what decides which rules look at it. */
struct scope {
    enum dir dir;
    enum role role;
    enum part part;
    struct str host;           /* borrowed; empty where there is none */
    const struct known *known; /* borrowed; what detectors look for, or NULL */
};

#endif
