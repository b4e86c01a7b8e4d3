#ifndef SP_ACT_VAULT_H
#define SP_ACT_VAULT_H

#include "base/buf.h"
#include "detect/pseudonym.h"
#include "rules/rule.h"

/*
 * The pseudonyms that this process has given out, and what they stand for, so
 * that an answer can say it again. What was never given out here stays as it
 * is, whatever it looks like.
 *
 * Values lie encrypted (XChaCha20, libsodium's crypto_stream_xchacha20) under a
 * key of this process; that key and the user's are in a page of their own that
 * no core dump has (madvise(2), MADV_DONTDUMP). They are forgotten
 * LIM_VAULT_AGE seconds after they were last given out, and the oldest go where
 * there are more than LIM_VAULT_VALUES. A forked child has them too; an exec
 * forgets all.
 *
 * Any number of threads at once.
 */
struct vault;

/* vault_new - copies the user's key. E_NOMEM; E_INTERNAL without randomness. */
MUST_USE enum err vault_new(const unsigned char key[PSEUDONYM_KEY_LEN],
                            struct vault **ret_vault);
/* vault_free - NULL is allowed. */
void vault_free(struct vault *v);

/* vault_key - the user's; borrowed. */
const unsigned char *vault_key(const struct vault *v);

/*
 * vault_issue - the pseudonym of a value of a class, from now on to be
 * restored. `number`: for the place of a number. `rule`, borrowed for as long
 * as the vault lives, says to which tools it may be revealed; NULL: to none.
 * One that several rules have found is revealed where all of them say so.
 *
 * E_LIMIT     a value over LIM_VAULT_VALUE
 * E_AMBIGUOUS another value has the same one already
 * E_NOMEM
 */
MUST_USE enum err vault_issue(struct vault *v, const struct rule *rule,
                              struct str class, struct str value, bool number,
                              struct pseudonym *ret_p);

/* A value that was given out, in a text. */
struct vault_at {
    size_t start, end;
    const struct rule *rule; /* whose it is: as vault_issue had it */
};

/*
 * vault_find - the first place from `from` on where a value of
 * LIM_VAULT_FIND bytes or more stands that was given out; of several there the
 * longest. For text that we have restored, in which no rule may find it again.
 * *spent: what it took, added to what the body took before. Over LIM_VAULT_WORK
 * the search is given up: false, and nothing is known of the text. (Thousands
 * of values that are alike but for the middle, in a text of one letter.)
 */
bool vault_find(struct vault *v, struct str text, size_t from, size_t *spent,
                struct vault_at *ret_at);

/*
 * vault_value - append what one stands for; *ret_at is `at` with its start
 * where the class begins. `tool`: NULL, or the name of the tool in whose
 * arguments it stands. False, and nothing appended, if it was not given out,
 * or may not be revealed there.
 */
bool vault_value(struct vault *v, const struct pseudonym_at *at,
                 const struct str *tool, struct pseudonym_at *ret_at,
                 struct buf *out);

#endif
