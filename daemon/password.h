/*
 * password.h - passwords become argon2id hashes.  The only caller of argon2.
 *
 * One call of the usual cost takes some 200 ms and 64 MiB: never on the loop, and few at once.
 */

#ifndef PASSWORD_H
#define PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define PASSWORD_HASH_MAX 256

/* What hashing may cost: least and most memory in KiB, most passes. */
#define PASSWORD_KIB_MIN 8192
#define PASSWORD_KIB_MAX 262144
#define PASSWORD_PASSES_MAX 10

struct password_cost {
	uint32_t kib, passes;
};

/* The encoded hash of that cost, with a random salt, into `hash`.  0, or -1 and the reason (no memory). */
int password_hash(const struct password_cost *cost, const char *password, size_t n,
    char hash[PASSWORD_HASH_MAX], struct err *err);

/*
 * Does the password belong to the hash?  With `hash` NULL (no such user) the answer is no, after the
 * time a hash of that cost takes.  0 and *ok, or -1 and the reason.
 */
int password_check(const struct password_cost *cost, const char *hash, const char *password, size_t n,
    bool *ok, struct err *err);

/* Is the stored hash cheaper to guess at than one of that cost? */
bool password_is_weak(const struct password_cost *cost, const char *hash);

#endif
