#ifndef SP_DETECT_WORTH_H
#define SP_DETECT_WORTH_H

#include "base/str.h"

/*
 * Which of a program's settings are secrets, by their names and what their
 * values look like. One that is taken for a secret and is none is missed in
 * texts from then on, so that what is common is left out: paths, addresses,
 * numbers, dates, words, names of hosts, placeholders, passwords that many
 * have (common.h).
 */

/* name_is_plain - a setting that every program has: PATH, HOME, LANG, ...; or
 * one that says that it is public, or the id of something, or a model: what
 * requests are made with. */
bool name_is_plain(struct str name);

/* name_is_secret - it says so: KEY, TOKEN, SECRET, PASS, CRED, ... and does not
 * say that it is but the place, the kind or the name of one. */
bool name_is_secret(struct str name);

/*
 * worth_knowing - may this value be looked for? `named`: its name, or the place
 * it stands in, says that it is a secret; then all but the common will do. Else
 * it must look like nothing but a key. `least`: bytes.
 */
bool worth_knowing(struct str value, bool named, size_t least);

/*
 * worth_part - the part of a value that is the secret: of a URL the password,
 * of a JWT its signature, of what an Authorization field holds what follows the
 * scheme. All of another value; empty for a URL without a password.
 */
struct str worth_part(struct str value);

#endif
