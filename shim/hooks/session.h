#ifndef SP_HOOKS_SESSION_H
#define SP_HOOKS_SESSION_H

#include "hooks/lib.h"

/*
 * One record per TLS object: which library made it, and, if it is a client's
 * session to a watched host, the engine's connection that stands in its way.
 *
 * All functions may be called by any thread. A record's lock is held while the
 * engine works, never during a real call that can block.
 */
struct session;

/* The call of a hook: on what, under which name (names.h), from where. */
struct call {
    void *object;
    const char *name;
    const void *from;
    bool connects; /* SSL_connect: a client, whatever the object says */
};

/*
 * session_enter - what to do with a call that does input, output or handshake.
 * Decides about the object if this is its first such call: its host is
 * watched, or it is passed for good. *ret_lib is always set.
 *
 * NULL: call the real function of *ret_lib; if *ret_lib is NULL too, there is
 * none and the hook fails. Else the session_ functions below do the work.
 */
struct session *session_enter(const struct call *call, struct lib **ret_lib);

/* session_enter_lib - the same where the library is known by other means. */
struct session *session_enter_lib(void *object, struct lib *lib);

/*
 * session_find - for the other calls: the record if there is one, also of a
 * passed object; never decides. *ret_lib as above.
 */
struct session *session_find(const struct call *call, struct lib **ret_lib);

/* As session_find, but makes a record where there is none. */
struct session *session_make(const struct call *call, struct lib **ret_lib);

/*
 * session_guards - whether there is a record (not NULL) of a guarded session.
 * One to a host that is not watched is guarded from its first bytes on, until
 * these say that it may pass.
 */
bool session_guards(const struct session *s);

/*
 * session_owns - whether a guarded session sent, or is to send, a ClientHello
 * with this random, for a host of this name. Takes locks.
 */
bool session_owns(const unsigned char *random, struct str name);

/*
 * session_shaking, session_shook - around a real call that does a handshake;
 * `done`: it is finished.
 */
void session_shaking(void);
void session_shook(struct session *s, bool done);

/*
 * session_is_over - whether it was blocked or has failed; NULL is allowed.
 * session_has_failed - the latter: a handshake ends with session_fail.
 * session_owed - the bytes of a write that is not yet reported.
 */
bool session_is_over(const struct session *s);
bool session_has_failed(const struct session *s);
size_t session_owed(const struct session *s);

/*
 * session_write - the application writes n bytes, n > 0. 1: *ret_taken is what
 * the hook reports, all n wherever the engine took them. Else the result of the
 * real call that stopped us; the application repeats the call and we continue.
 */
int session_write(struct session *s, const void *p, size_t n,
                  size_t *ret_taken);

/*
 * session_read - at most n bytes for the application; n > 0. The count, or the
 * result of the real call that found nothing. With `peek` they stay.
 */
int session_read(struct session *s, void *p, size_t n, bool peek);

/* session_pending - bytes ready; what the library has buffered is pulled. */
size_t session_pending(struct session *s);

/*
 * session_refuses - whether a call is to fail because what it sends or brings
 * cannot be inspected, as `what` says; told in the audit. Not in monitor mode,
 * and not for a host that is not watched: `plain`, as far as it is known, is
 * that session's first request, which may name another.
 */
#define REFUSED_EARLY  "early data to an LLM host is not inspected by sallyport"
#define REFUSED_FILE   "a file to an LLM host is not inspected by sallyport"
#define REFUSED_PACKET "packets of an LLM host are not inspected by sallyport"

bool session_refuses(struct session *s, struct str plain, const char *what);

/* session_refuse - it fails, in the library's own way: the code to return. */
int session_refuse(struct session *s, const char *what);

/* session_fail - the same of a session that has failed, with its cause. */
int session_fail(struct session *s);

/*
 * session_close - before the real SSL_shutdown or gnutls_bye: what is held of
 * the outgoing bytes is judged and sent. 1, or the real result that stopped it.
 */
int session_close(struct session *s);

/* session_reset - the object starts anew: forget its connection. */
void session_reset(struct session *s);

/* session_drop - the object is gone, where no ex_data slot tells us. */
void session_drop(struct session *s);

/*
 * session_alpn - the application gave this object a list of protocols. An
 * object with a list of its own does not use that of its context.
 */
void session_alpn(struct session *s, struct str list);

/*
 * session_alpn_keep - the same in GnuTLS, where a second list upsets the
 * library (3.7: its length becomes wrong): one with a choice is kept, and given
 * by session_alpn_give, before the handshake, when it is known how. false: not
 * kept, the real function takes it. session_alpn_give: s may be NULL.
 */
bool session_alpn_keep(struct session *s, const struct lib_datum *list,
                       unsigned count, unsigned flags);
void session_alpn_give(struct session *s);

/* session_name - the application set the server's name (GnuTLS). */
void session_name(struct session *s, struct str name);

/* session_ctx_alpn - the same for a context. */
void session_ctx_alpn(const struct lib *lib, struct ssl_ctx_st *ctx,
                      struct str list);

/* The callbacks of the ex_data slot in which a record is kept. */
int session_ex_dup(void *to, const void *from, void *from_d, int index,
                   long argl, void *argp);
void session_ex_free(void *parent, void *ptr, void *ad, int index, long argl,
                     void *argp);

/* Held by a fork in progress: every lock of this file. */
void session_fork_lock(void);
void session_fork_unlock(void);

#endif
