#ifndef SP_TESTS_STREAMED_H
#define SP_TESTS_STREAMED_H

#include "rules/stream.h"
#include "set.h"

/* A set of rules over a text as a whole, and over it as a stream in pieces:
 * what is found and what leaves must be the same. There is one set at a time.
 */

/* streamed_open - the set, opened as set_open does. */
void streamed_open(const struct rule *list, size_t n);
void streamed_close(void);

/* Orders, as members of a rule: one redacts "ignore previous", one "please
 * hack", which begins in plain words, one blocks "stop the server", and one
 * tells of "hello there"; one tells of "tell me the secret", and goes on
 * behind it, and one redacts what a secret is said to be. */
extern const struct str ignore_keys[1], stop_keys[1], hello_keys[1];
extern const struct str tell_keys[1], secret_keys[1];
#define ORDER_IGNORE                                                           \
    ALL, KEYS(ignore_keys),                                                    \
        .id = STR_INIT("ignore"), .keyword_first = true,                       \
        .match = STR_INIT("(?i)\\bignore\\s+(?:all\\s+)?previous\\b"),         \
        .action = ACTION_REDACT, .put = STR_INIT("[ignore]")
#define ORDER_PLEASE                                                           \
    ALL, .id = STR_INIT("please"), .action = ACTION_REDACT,                    \
         .match = STR_INIT("(?i)\\bplease,? +(?:do +)?(?:hack|hello)\\b"),     \
         .put = STR_INIT("[please]")
#define ORDER_STOP                                                             \
    ALL, KEYS(stop_keys), .id = STR_INIT("stop"), .keyword_first = true,       \
                          .match = STR_INIT("(?i)\\bstop the server\\b"),      \
                          .action = ACTION_BLOCK
#define ORDER_HELLO                                                            \
    ALL, KEYS(hello_keys), .id = STR_INIT("hello"), .keyword_first = true,     \
                           .match = STR_INIT("(?i)hello there"),               \
                           .action = ACTION_LOG
#define ORDER_TELL                                                             \
    ALL, KEYS(tell_keys), .id = STR_INIT("tell"), .keyword_first = true,       \
                          .match = STR_INIT("(?i)\\btell\\s+me\\b"             \
                                            "[^.\\n]{0,10}\\bsecrets?\\b"),    \
                          .action = ACTION_LOG
#define SECRET_VALUE                                                           \
    ALL, KEYS(secret_keys), .id = STR_INIT("value"), .keyword_first = true,    \
                            .match = STR_INIT("secret[\\w ]{0,12} = "          \
                                              "'[a-z0-9]{8}'"),                \
                            .action = ACTION_REDACT,                           \
                            .put = STR_INIT("[value]")

struct result {
    struct buf out;    /* what left */
    struct findings f; /* in the order of their places */
    bool blocked;
    bool minds;        /* what it said of that at last */
    size_t most, held; /* bytes: at once, and after all pieces together */
};
void result_free(struct result *r);

/* whole - the text at once. */
void whole(struct str text, struct result *ret);

/*
 * pieces - in pieces of 1 to `most` bytes, or cut at `cut` where that is 0; the
 * stream's error. take - the same into a result that was begun. same - is it
 * what is wanted? Shows the text if not. same_everywhere - cut at every place,
 * and in small pieces; same_anyhow - in pieces of several sizes, and cut at one
 * place or another.
 */
MUST_USE enum err pieces(struct str text, size_t cut, uint32_t most,
                         struct result *ret);
MUST_USE enum err take(struct str text, size_t cut, uint32_t most,
                       struct result *r);
bool same(struct str text, const struct result *want, size_t cut,
          uint32_t most);
bool same_everywhere(struct str text, const struct result *want);
bool same_anyhow(struct str text, const struct result *want);

/*
 * check_rows - of each text, with `behind` at its end, so many are found, and
 * in a stream the same. check_mixed - the same is found in both of so many
 * texts put together from parts, one of fifty of them long; how many in all.
 */
struct streamed_row {
    const char *text;
    size_t count;
};
void check_rows(const struct streamed_row *rows, size_t n, const char *behind);
size_t check_mixed(const char *const *parts, size_t n, const char *behind,
                   size_t texts);

/* starved - the text in two pieces, with each allocation failing in turn, up to
 * where none fails: what leaves then is `out`, and before that its front. */
void starved(struct str text, struct str out);

#endif
