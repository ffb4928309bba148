/*
 * password.h - passwords become argon2id hashes, 64 MiB, t=3, p=1.  The only caller of argon2.
 *
 * One call costs some 200 ms and 64 MiB: never on the loop, and few at once.
 */

#ifndef PASSWORD_H
#define PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

#define PASSWORD_HASH_MAX 256

/* The encoded hash, with a random salt, into `hash`.  0, or -1 and the reason (no memory). */
int password_hash(const char *password, size_t n, char hash[PASSWORD_HASH_MAX], struct err *err);

/*
 * Does the password belong to the hash?  With `hash` NULL (no such user) the answer is no, after the
 * same time.  0 and *ok, or -1 and the reason.
 */
int password_check(const char *hash, const char *password, size_t n, bool *ok, struct err *err);

#endif
