/*
 * password.c - argon2id, and the hash nobody has.
 */

#include <argon2.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "password.h"

#define LANES 1u
#define SALT_LEN 16
#define HASH_LEN 32
#define LANES_MAX 4u

/* Of a random password that was thrown away; the same costs as a user's. */
#define NOBODY "$argon2id$v=19$m=%u,t=%u,p=1$Y29vbHZlYy1ub2JvZHktMDE$" \
	       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

int
password_hash(const struct password_cost *cost, const char *password, size_t n,
    char hash[PASSWORD_HASH_MAX], struct err *err)
{
	unsigned char salt[SALT_LEN];
	int rc;

	file_random(salt, sizeof(salt));
	rc = argon2id_hash_encoded(cost->passes, cost->kib, LANES, password, n, salt, sizeof(salt),
	    HASH_LEN, hash, PASSWORD_HASH_MAX);
	if (rc != ARGON2_OK)
		return err_set(err, -1, "the password cannot be hashed: %s", argon2_error_message(rc));
	return 0;
}

/*
 * What a hash asks for.  False when it is none, or asks for more than a damaged or planted one may:
 * it must not take all memory, or a day.
 */
static bool
read_cost(const char *hash, struct password_cost *cost)
{
	unsigned memory, passes, lanes;

	if (sscanf(hash, "$argon2id$v=19$m=%u,t=%u,p=%u$", &memory, &passes, &lanes) != 3 ||
	    memory > PASSWORD_KIB_MAX || passes > PASSWORD_PASSES_MAX || lanes > LANES_MAX)
		return false;
	*cost = (struct password_cost){ memory, passes };
	return true;
}

int
password_check(const struct password_cost *cost, const char *hash, const char *password, size_t n,
    bool *ok, struct err *err)
{
	char nobody[PASSWORD_HASH_MAX];
	struct password_cost asked;
	int rc;

	*ok = false;
	snprintf(nobody, sizeof(nobody), NOBODY, (unsigned)cost->kib, (unsigned)cost->passes);
	if (!read_cost(hash != NULL ? hash : nobody, &asked))
		return err_set(err, -1, "the stored password hash cannot be");
	rc = argon2id_verify(hash != NULL ? hash : nobody, password, n);
	if (rc != ARGON2_OK && rc != ARGON2_VERIFY_MISMATCH)
		return err_set(err, -1, "the password cannot be checked: %s",
		    argon2_error_message(rc));
	*ok = rc == ARGON2_OK && hash != NULL;
	return 0;
}

bool
password_is_weak(const struct password_cost *cost, const char *hash)
{
	struct password_cost has;

	return read_cost(hash, &has) && (has.kib < cost->kib || has.passes < cost->passes);
}
