#ifndef SP_COMPILE_COMPILE_H
#define SP_COMPILE_COMPILE_H

#include <sodium.h>

#include "compile/rulefile.h"
#include "compile/scoring.h"
#include "policy/config.h"

/*
 * From rule files to a policy image.
 *
 * Three kinds of file are told apart by their keys: a policy (below), a pack
 * (`pack:` and `rules:`, see rulefile.h) and a provider description (`id:` and
 * `routes:`, see provfile.h). The policy file:
 *
 *     mode: enforce                    # or monitor; default enforce
 *     include: [packs/secrets.yaml]    # policies and packs
 *     hosts:                           # more hosts that are LLM routes
 *       - localhost:8443
 *       - {host: "*.corp.example", provider: openai-chat}
 *     providers: [all, ./acme.yaml]    # default: all that are installed
 *     exclude:                         # rules that are not to apply
 *       - {id: SP-1001, reason: vendor samples, expires: 2027-01-01}
 *       # also by path, model, exe, uid, cgroup: when.h
 *       - {tag: pii, host: "*.x", role: tool, part: file, on: response,
 *          reason: public data}
 *       - {id: SP-1001, value: '^AKIA0{16}$', reason: our own test key}
 *       - {id: SP-1001, hash: 5f..., reason: a key}    # `sallyport hash`
 *     on_failure: {request_limit: pass}
 *     audit: /var/log/sallyport.jsonl  # absolute
 *     alpn: http1                      # or h2, the default: HTTP/2 is offered
 *     uncovered: refuse                # or log; default log: children that
 *                                      # the shim is not loaded into
 *     paranoia: 2                      # 1 to 4, default 1: rules of a higher
 *                                      # level are out
 *     thresholds: {request: {log: 5, block: 10}, response: 10}   # scoring.h
 *     own_secrets: {env: [all]}        # see ownfile.h
 *     define: {hex: '[0-9a-f]'}        # pieces of patterns: define.h
 *     rules: [...]
 *
 * An included file is looked for beside the including one, then in the search
 * path. Files are read in the order in which they are named, level by level; of
 * settings that several files make, the first counts, so a file overrides what
 * it includes. A file named twice is read once; one that includes itself is an
 * error. An exclusion without a target takes the rule out, one with `value`
 * what a pattern finds in the finding. Its last day is that of `expires`, by
 * the clock of the program that runs, in UTC; then it has no effect.
 */
struct compile_options {
    const char *const *dirs; /* search path: directories with packs/ and
                                providers/ in them */
    size_t dir_count;
    const char *today; /* "2026-01-31", against which exclusions expire */
};

struct source;

struct exclusion_src {
    struct str id, tag, expires; /* one of id, tag is empty */
    bool expired;
    struct exclusion target; /* all zero: everywhere, for ever */
    struct place at, value_at;
    struct exclusion_src *next;
};

/* exclusion_names - it speaks of the rule, by id or tag; expired or not. */
bool exclusion_names(const struct exclusion_src *x, const struct rule *rule);

struct host_src {
    struct str text; /* as written, in lower case: "localhost:8443"  */
    struct str host; /* without the port                             */
    struct str provider;
    uint16_t port; /* 0: any */
    struct place at;
    struct host_src *next;
};

struct provider_src;

/* One compilation. Everything hangs off its arena. */
struct compile {
    struct compile_options options; /* borrowed */
    struct arena arena;
    struct diags diags;
    struct reader reader;
    crypto_generichash_state hash; /* of all that was read */
    struct source *sources, **sources_tail;
    struct rule_src *rules, **rules_tail;
    struct exclusion_src *exclusions, **exclusions_tail;
    struct host_src *hosts, **hosts_tail;
    struct provider_src *providers, **providers_tail;
    struct policy policy;
    struct thresholds_src thresholds; /* as in policy, and which are set */
    uint32_t paranoia;                /* 0: not said, which is 1 */
    size_t source_count, rule_count, exclusion_count, host_count;
    size_t provider_count;
    bool is_policy; /* the first file is one                            */
    bool mode_set, providers_set, uncovered_set, alpn_set;
    bool providers_all;    /* those installed, besides those named         */
    bool refuse_uncovered; /* children that run without the shim        */
    bool cond_set[COND_COUNT];
    bool own_set;
};

void compile_init(struct compile *c, const struct compile_options *options);
void compile_free(struct compile *c);

/*
 * compile_load - read a file with all that it includes and, for a policy, the
 * provider descriptions. Call it once.
 *
 * E_SYNTAX  refused; the reasons are in c->diags
 * E_NOMEM, E_LIMIT (memory)
 */
MUST_USE enum err compile_load(struct compile *c, const char *file);

/* A digest of everything that decides what the image will be. */
#define COMPILE_DIGEST 32
void compile_digest(const struct compile *c,
                    unsigned char ret_digest[COMPILE_DIGEST]);

/*
 * compile_check - every rule that was read by itself, also where others were
 * refused: can its patterns be used? With
 * `hostile` they are also run against texts that are meant to hurt them, which
 * takes a second for a hundred rules; without it the engine's match limit is
 * what stands against them. Errors as compile_load.
 */
MUST_USE enum err compile_check(struct compile *c, bool hostile);

/* compile_uses - it goes into the image: neither its level nor an exclusion
 * without a target keeps it out. */
bool compile_uses(const struct compile *c, const struct rule_src *src);

/*
 * compile_image - append the image. After compile_check, or for what was
 * checked before. Errors as compile_load.
 */
MUST_USE enum err compile_image(struct compile *c, struct buf *out);

/*
 * compile_hosts - append the hosts that the policy and its providers name, as
 * host, *.suffix or host:port, with a byte behind each: what the shim refuses
 * where it has no engine. An IPv6 address stands there without its port.
 * Errors are those of out.
 */
MUST_USE enum err compile_hosts(const struct compile *c, char behind,
                                struct buf *out);

/*
 * compile_passes_unseen - whether the policy lets TLS pass to its hosts that is
 * not guarded: it says so, or only monitors. For the shim.
 */
bool compile_passes_unseen(const struct compile *c);

/*
 * compile_test - run every rule's own tests, each rule alone, on the whole text
 * and in pieces; rules that compile_check found unusable are left out. The
 * number of tests that held. Errors as compile_load.
 */
MUST_USE enum err compile_test(struct compile *c, size_t *ret_passed);

#endif
