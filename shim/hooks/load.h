#ifndef SP_HOOKS_LOAD_H
#define SP_HOOKS_LOAD_H

#include "flow/api.h"

/*
 * The shim's settings and the loading of the engine.
 *
 * Settings come from the environment, read once, before the program can
 * change it:
 *   SALLYPORT_POLICY  path of the policy image
 *   SALLYPORT_AUDIT   path of the audit file
 *   SALLYPORT_MODE    "monitor": report, change nothing
 *   SALLYPORT_HOSTS   names with commas between, refused without an engine
 *   SALLYPORT_ENGINE  path of libsallyport-engine.so; else the one that lies
 *                     beside this shim
 *   SALLYPORT_DEEPBIND  "keep": leave RTLD_DEEPBIND to dlopen
 *   SALLYPORT_PATCH   "off": a program with OpenSSL inside is left as it is
 *   SALLYPORT_LOAD    "early": load engine and policy at the program's start
 *   SALLYPORT_CHILDREN  "leave": do not put back what a child's environment
 *                       has lost of us, only note it
 *   SALLYPORT_UNCOVERED "refuse" or "log" children that run without us; else
 *                       as the list beside the policy image says, else "log"
 *   SALLYPORT_UNSEEN  "block" or "pass" TLS and QUIC to watched hosts that no
 *                     session carries; else as that list says, else "block"
 */

/* load_settings - read the environment, unless that was done. */
void load_settings(void);

/*
 * load_off - the shim is to do nothing: the program runs with raised rights
 * (AT_SECURE), or this is the second copy of the shim in the process.
 */
bool load_off(void);

/*
 * What is done about children. These allocate nothing and take no lock: for a
 * vfork child.
 *
 * load_leaves_children - they get their environment as the program made it
 * load_refuses_uncovered - what would run without us is not to be started
 * load_audit - the path of the audit file, or NULL
 */
bool load_leaves_children(void);
bool load_refuses_uncovered(void);
const char *load_audit(void);

/*
 * load_refuses_unseen - what leaves for a watched host within TLS that is not
 * guarded is refused. No allocation, no lock.
 */
bool load_refuses_unseen(void);
/* load_monitors - what would be done is told, and nothing is changed. */
bool load_monitors(void);

/*
 * load_program - the path of what runs, as the audit names it; static, "" where
 * it cannot be told. No lock; errno stays.
 */
const char *load_program(void);

/* load_patch_off - the program's own code is to be left as it is. */
bool load_patch_off(void);

/* load_early - load the engine now, if the settings say so. */
void load_early(void);

/*
 * load_engine - the engine, loaded by the first call. While another thread
 * loads it, waits; NULL when called from within the loading itself, or if it
 * cannot be had: then one line on stderr has said why.
 */
const struct engine_api *load_engine(struct engine **ret_engine);

/*
 * load_refuses - whether a session to this host and port (0: not known) is
 * refused because there is no engine: known LLM hosts, SALLYPORT_HOSTS, and
 * the list beside the policy image.
 */
bool load_refuses(struct str host, uint16_t port);

/* load_answer - the whole HTTP response to a refused request; static. */
struct str load_answer(void);

/*
 * load_watches_now - as load_watches, by what is there without loading: the
 * engine, or else the lists of hosts. No allocation, no lock.
 */
bool load_watches_now(struct str host, uint16_t port);

/* load_watches - whether a session to this host would be judged or refused. */
bool load_watches(struct str host);

/*
 * How much of what is sent to a host without TLS concerns us: any port of a
 * host that is named without one, unless the bytes are of another protocol;
 * all that goes to a port that is named.
 */
enum load_declared {
    DECLARED_NOT,
    DECLARED_HOST,
    DECLARED_PORT
};

/*
 * load_declares - what the policy says of this host and port (0: not known),
 * by the list in SALLYPORT_HOSTS or beside the image, so that an engine is
 * loaded only where there is neither. Before it has been loaded no lock is
 * taken and nothing allocated. errno stays.
 */
enum load_declared load_declares(struct str host, uint16_t port);

/* Held by a fork in progress. */
void load_fork_lock(void);
void load_fork_unlock(void);

#endif
