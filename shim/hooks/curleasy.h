#ifndef SP_HOOKS_CURLEASY_H
#define SP_HOOKS_CURLEASY_H

#include "hooks/curllib.h"
#include "hooks/table.h"

/*
 * What the program has set on an easy handle of libcurl, as far as it matters
 * here. libcurl cannot be asked for it. One record a handle that has anything
 * set; a handle is used by one thread at a time, and so is its record.
 *
 * An option can be *ours* for the time of a transfer: the true handle then has
 * a value of ours, what the program sets meanwhile is only written down, and
 * the program's last value is put back afterwards.
 */
enum curl_slot {
    SLOT_URL,
    SLOT_CURLU,  /* the URL as a handle: comes first where there is one */
    SLOT_SCHEME, /* of a URL without one                                */
    SLOT_PORT,   /* instead of the URL's                                */
    SLOT_SOCKET, /* a local socket instead of the host                  */
    SLOT_PROXY,
    SLOT_PRE_PROXY,
    SLOT_PROTOCOLS, /* the schemes that are allowed                        */
    SLOT_VERIFYPEER,
    SLOT_VERIFYHOST,
    SLOT_HTTP_VERSION,
    SLOT_ALTSVC_CTRL,
    SLOT_EXPECT_WAIT,
    SLOT_FORBID_REUSE,
    SLOT_CONNECT_ONLY,
    SLOT_FOLLOW,
    SLOT_BODY,   /* which option said last what is sent                 */
    SLOT_COPIED, /* a body as text, that libcurl copied                      */
    SLOT_BODY_SIZE,
    SLOT_MIME,
    SLOT_ERRORBUFFER,
    SLOT_OPENSOCKET,
    SLOT_SOCKOPT,
    SLOT_CLOSESOCKET,
    SLOT_PREREQ, /* called before each request is sent                  */
    SLOT_PREREQ_DATA,
    SLOT_COUNT,
};

struct easy_value {
    int option; /* by which it was set; 0: it was not */
    union {
        long number;
        void *pointer;
        char *text; /* owned */
    };
};

struct guard; /* hooks/curlguard.h */

struct easy {
    struct node node; /* key: the handle */
    void *handle;
    struct easy_value value[SLOT_COUNT];
    uint32_t ours;         /* a bit a slot                             */
    struct curl_lib *ward; /* its PREREQ is ours for good: see guard_begin */
    struct guard *guard;   /* owned; of the transfer in work, or NULL  */
    struct {
        void *twin; /* owned, as the others; NULL where there was none */
        char *url, *next_url;
    } past; /* of the last transfer: see curlinfo.h */
};

/* easy_of - the record of a handle, or NULL. */
struct easy *easy_of(const void *handle);

/*
 * easy_make - the same, or a new one. NULL without memory: the caller then
 * lets libcurl's function fail.
 */
struct easy *easy_make(void *handle);

/* easy_keeps - whether an option is one of those above. */
bool easy_keeps(int option);

/*
 * easy_set - the program sets such an option: as curl_easy_setopt. What
 * libcurl does not take is not written down.
 */
int easy_set(const struct curl_lib *lib, void *handle, int option, void *arg);

/* The program's values, or libcurl's defaults. */
long easy_number(const struct easy *e, enum curl_slot slot);
void *easy_pointer(const struct easy *e, enum curl_slot slot);

/*
 * easy_take - a value of ours, until easy_give_back gives all the
 * program's back. `option` is one of the slot's. As curl_easy_setopt.
 */
MUST_USE int easy_take(struct easy *e, const struct curl_lib *lib, int option,
                       const void *arg);
void easy_give_back(struct easy *e, const struct curl_lib *lib);

/*
 * easy_copy - after curl_easy_duphandle: what is known of the one is true
 * of the other. false: no memory, and nothing is known of it.
 */
bool easy_copy(const struct easy *from, void *to);

/* easy_clear - as curl_easy_reset; easy_drop - the handle is gone. */
void easy_clear(struct easy *e);
void easy_drop(struct easy *e);

/* Held by a fork in progress. */
void easy_fork_lock(void);
void easy_fork_unlock(void);

/* Of CURLOPT_; the first digit of five tells the kind of value. */
enum {
    OPT_PORT = 3,
    OPT_FOLLOW = 52,
    OPT_VERIFYPEER = 64,
    OPT_FORBID_REUSE = 75,
    OPT_POSTFIELDSIZE = 60,
    OPT_HTTPGET = 80,
    OPT_VERIFYHOST = 81,
    OPT_HTTP_VERSION = 84,
    OPT_CONNECT_ONLY = 141,
    OPT_PROTOCOLS = 181,
    OPT_EXPECT_WAIT = 227,
    OPT_ALTSVC_CTRL = 286,
    OPT_URL = 10002,
    OPT_PROXY = 10004,
    OPT_ERRORBUFFER = 10010,
    OPT_POSTFIELDS = 10015,
    OPT_COPIED = 10165,
    OPT_SCHEME = 10238,
    OPT_UNIX_SOCKET = 10231,
    OPT_PRE_PROXY = 10262,
    OPT_ABSTRACT_SOCKET = 10264,
    OPT_MIME = 10269,
    OPT_CURLU = 10282,
    OPT_PREREQ_DATA = 10313,
    OPT_PROTOCOLS_STR = 10318,
    OPT_SOCKOPT = 20148,
    OPT_OPENSOCKET = 20163,
    OPT_CLOSESOCKET = 20208,
    OPT_PREREQ = 20312,
    OPT_POSTFIELDSIZE_LARGE = 30120,
};

#endif
