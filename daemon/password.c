/*
 * password.c - argon2id, and the hash nobody has.
 */

#include <argon2.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "password.h"

#define MEMORY_KIB (64u << 10)
#define PASSES 3u
#define LANES 1u
#define SALT_LEN 16
#define HASH_LEN 32

/* What a stored hash may ask of us at most: a damaged or planted one must not take all memory. */
#define MEMORY_KIB_MAX (256u << 10)
#define PASSES_MAX 10u
#define LANES_MAX 4u

/* Of a random password that was thrown away; the same costs as a user's. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=3,p=1$Y29vbHZlYy1ub2JvZHktMDE$"
			     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

int
password_hash(const char *password, size_t n, char hash[PASSWORD_HASH_MAX], struct err *err)
{
	unsigned char salt[SALT_LEN];
	int rc;

	file_random(salt, sizeof(salt));
	rc = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password, n, salt, sizeof(salt),
	    HASH_LEN, hash, PASSWORD_HASH_MAX);
	if (rc != ARGON2_OK)
		return err_set(err, -1, "the password cannot be hashed: %s", argon2_error_message(rc));
	return 0;
}

static bool
is_bounded(const char *hash)
{
	unsigned memory, passes, lanes;

	return sscanf(hash, "$argon2id$v=19$m=%u,t=%u,p=%u$", &memory, &passes, &lanes) == 3 &&
	    memory <= MEMORY_KIB_MAX && passes <= PASSES_MAX && lanes <= LANES_MAX;
}

int
password_check(const char *hash, const char *password, size_t n, bool *ok, struct err *err)
{
	const char *against = hash != NULL ? hash : nobody;
	int rc;

	*ok = false;
	if (!is_bounded(against))
		return err_set(err, -1, "the stored password hash cannot be");
	rc = argon2id_verify(against, password, n);
	if (rc != ARGON2_OK && rc != ARGON2_VERIFY_MISMATCH)
		return err_set(err, -1, "the password cannot be checked: %s",
		    argon2_error_message(rc));
	*ok = rc == ARGON2_OK && hash != NULL;
	return 0;
}
