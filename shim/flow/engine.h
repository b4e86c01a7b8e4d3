#ifndef SP_FLOW_ENGINE_H
#define SP_FLOW_ENGINE_H

#include <sodium/crypto_shorthash_siphash24.h>
#include <stdatomic.h>

#include "detect/canary.h"
#include "detect/known.h"
#include "flow/api.h"
#include "flow/policyimage.h"
#include "flow/pseudonyms.h"
#include "flow/seen.h"
#include "llm/describe.h"
#include "policy/config.h"
#include "rules/rules.h"

/*
 * What is shared by all connections of a process. Nothing in it changes after
 * engine_open but the counters.
 */
struct engine {
    struct policy_image image; /* rules, providers and policy borrow from it */
    struct rules *rules;
    struct providers *providers;
    struct policy policy;
    struct pseudonyms pseudonyms;
    struct scope places[2 * ROLE_COUNT * PART_COUNT]; /* so that each rule
                             looks at one of them at least                 */
    size_t place_count;
    struct known known; /* what belongs to the process                    */
    struct own *own;    /* owned; NULL: no rule looks for them            */
    char canary[CANARY_LEN];
    struct buf planted; /* the canary's comment; empty: nothing is planted */
    struct seen *seen;  /* owned; shared by all connections */
    char *audit;  /* owned path; NULL: no audit file                        */
    char *exe;    /* owned; NULL where unknown                              */
    char *cgroup; /* owned; NULL where unknown, or no rule asks            */
    unsigned char key[PRINT_KEY_LEN]; /* of fingerprints                   */
    unsigned char id_key[crypto_shorthash_siphashx24_KEYBYTES];
    atomic_uint_fast64_t exchanges; /* begun so far: numbers the ids     */
    atomic_bool audit_failed;       /* the last line could not be written */
};

/* The calls of flow/api.h. */
MUST_USE enum err engine_open(const struct engine_config *cfg,
                              struct engine **ret_engine, char *why,
                              size_t why_size);
void engine_close(struct engine *eng);
bool engine_watches(const struct engine *eng, struct str host, uint16_t port);
bool engine_http2(const struct engine *eng);
bool engine_refuses(const struct engine *eng, enum doubt doubt);

/* engine_clock_ns - a clock that only goes forward, for time spent. */
uint64_t engine_clock_ns(void);

#endif
