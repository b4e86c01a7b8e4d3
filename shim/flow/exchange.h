#ifndef SP_FLOW_EXCHANGE_H
#define SP_FLOW_EXCHANGE_H

#include "audit/record.h"
#include "base/arena.h"
#include "flow/engine.h"
#include "llm/news.h"
#include "policy/verdict.h"
#include "wire/framing.h"

#define EXCHANGE_ID_LEN   29 /* "sp-" and 26 characters of base 32 */
#define EXCHANGE_FINDINGS 64 /* findings listed in one audit line */
#define EXCHANGE_MEDIA    8  /* pictures and files listed in it   */

/*
 * One request and its response: what the response's framing needs to know of
 * the request, and all that goes into the audit line.
 */
struct exchange {
    struct exchange *next;
    const struct engine *eng;        /* borrowed                          */
    struct scratch *scratch;         /* borrowed                          */
    struct buf *clean;               /* borrowed: see exchange_new         */
    const struct provider *provider; /* borrowed; never NULL              */
    enum framed framed;              /* what the answer is to be          */
    struct http_asked asked;
    struct verdict verdict;
    struct str method, path;         /* in the arena                      */
    struct str facts[2][FACT_COUNT]; /* by enum dir; in the arena         */
    struct arena arena;
    struct str path_model; /* that the path names; in the arena            */
    struct known known;    /* what rules ask about it, detectors look for;
                              the prompt is its own                       */
    char user[12];         /* its user, in `known`                        */
    const char *detail;    /* static words for the audit line             */
    unsigned status;
    bool stream;
    uint64_t number;    /* of the process's exchanges, from 1 on             */
    bool talk;          /* asks for a WebSocket, or is said over one        */
    bool answered;      /* bytes of the response have been handed on       */
    bool audited;       /* its line has been written                       */
    struct buf refusal; /* the answer to a refused request that waits for
                           its turn behind other responses; else empty     */
    struct news news[NEWS_MAX]; /* words the description does not know  */
    size_t news_count;
    struct audit_media media[EXCHANGE_MEDIA]; /* types in the arena     */
    size_t media_count;   /* all                                          */
    uint64_t quarters[2]; /* of tokens in the texts, a guess; by enum dir */
    uint64_t begun_us;
    uint64_t bytes[2]; /* of the bodies, by enum dir, as they came         */
    struct audit_finding *findings; /* owned                               */
    size_t finding_count, finding_cap;
    uint64_t finding_total;
    char id[EXCHANGE_ID_LEN + 1];
};

/*
 * exchange_new - begun now. Borrowed are `scratch` and `clean`, which the
 * exchanges of a connection share: the text in which exchange_clean found
 * nothing last. E_NOMEM.
 */
MUST_USE enum err exchange_new(struct engine *eng, struct scratch *scratch,
                               struct buf *clean, struct exchange **ret_ex);
void exchange_free(struct exchange *ex);

/* exchange_finding - note a finding for the audit line and the verdict. */
void exchange_finding(struct exchange *ex, const struct finding *f,
                      const struct scope *scope);

/* exchange_finding_again - of a text that an earlier request had there too: it
 * raises no alarm, but what it changes or blocks it does as ever. */
void exchange_finding_again(struct exchange *ex, const struct finding *f,
                            const struct scope *scope);

/*
 * exchange_fact - keep a copy of a fact. Out of memory it is left out, and so
 * is one of LIM_FACT bytes or more, which is no name: a fact is for the record
 * only.
 */
void exchange_fact(struct exchange *ex, enum dir d, enum fact fact,
                   struct str value);

/* exchange_media - note a picture or file in base64, with or without the head
 * of a data URL. */
void exchange_media(struct exchange *ex, struct str text);

/* What an exchange has used: as the provider told it, or a guess. */
struct usage {
    uint64_t input, output, cached, reasoning; /* 0: not known            */
    bool guessed; /* input or output is a guess, for a stream without     */
};

/* exchange_usage - so far; whole when the response has ended. */
struct usage exchange_usage(const struct exchange *ex);

/* exchange_may_show - no rule finds anything in a word or name, wherever it
 * looks. */
bool exchange_may_show(const struct exchange *ex, struct str text);

/*
 * exchange_clean - before facts, method or path are shown: what any rule finds
 * something in is forgotten, wherever the rule looks and whatever it does.
 */
void exchange_clean(struct exchange *ex);

/* exchange_cond - a condition was met, with static words about it or NULL. */
void exchange_cond(struct exchange *ex, enum cond c, const char *detail);

/* Whether the verdict so far is to block. */
static inline bool exchange_blocked(const struct exchange *ex)
{
    return ex->verdict.action == ACTION_BLOCK;
}

/*
 * exchange_why - one sentence for people about why it is blocked, appended to
 * out: rule and exchange id, never a matched value. Errors as buf_add.
 */
MUST_USE enum err exchange_why(const struct exchange *ex, struct buf *out);

/* exchange_rule - id of the deciding rule, or the condition's name. */
struct str exchange_rule(const struct exchange *ex);

/* Where the exchange took place, for its line. */
struct exchange_place {
    struct str host;
    uint16_t port;
    const char *door;
    uint64_t spent_ns;
};

/*
 * exchange_audit - write the audit line, once. A failure is remembered in the
 * engine and decided by the condition `audit` at the next request.
 */
void exchange_audit(struct exchange *ex, struct engine *eng,
                    const struct exchange_place *place);

#endif
