/*
 * test_password.c - hashes, and what a stored one may not ask for.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "password.h"

static const struct password_cost usual = { 65536, 3 };

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
right_password_alone_is_taken(void **state)
{
	static const char *const wrong[] = { "", "correct hors", "correct horse ",
		"Correct horse" };
	char a[PASSWORD_HASH_MAX], b[PASSWORD_HASH_MAX];
	struct err err;
	bool ok = false;

	(void)state;
	assert_int_equal(password_hash(&usual, "correct horse", 13, a, &err), 0);
	assert_int_equal(strncmp(a, "$argon2id$v=19$m=65536,t=3,p=1$", 31), 0);
	assert_null(strstr(a, "horse"));
	assert_int_equal(password_check(&usual, a, "correct horse", 13, &ok, &err), 0);
	assert_true(ok);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ok = true;
		assert_int_equal(password_check(&usual, a, wrong[i], strlen(wrong[i]), &ok, &err), 0);
		assert_false(ok);
	}
	assert_int_equal(password_hash(&usual, "correct horse", 13, b, &err), 0);
	assert_string_not_equal(a, b);		/* a salt each */
}

/* A name that is unknown must not show by its time. */
static void
unknown_user_is_refused_after_the_same_time(void **state)
{
	char hash[PASSWORD_HASH_MAX];
	double known = 1e9, unknown = 1e9, t;
	struct err err;
	bool ok;

	(void)state;
	assert_int_equal(password_hash(&usual, "correct horse", 13, hash, &err), 0);
	for (int i = 0; i < 3; i++) {
		t = seconds();
		assert_int_equal(password_check(&usual, hash, "wrong", 5, &ok, &err), 0);
		t = seconds() - t;
		known = t < known ? t : known;
		t = seconds();
		ok = true;
		assert_int_equal(password_check(&usual, NULL, "wrong", 5, &ok, &err), 0);
		assert_false(ok);
		t = seconds() - t;
		unknown = t < unknown ? t : unknown;
	}
	if (unknown < known * 0.6 || unknown > known * 1.7)
		fail_msg("%.3f s for a user, %.3f s for nobody", known, unknown);
}

/* Refused before argon2 sees it: one of these would take all memory, or a day. */
static void
planted_hash_is_refused_at_once(void **state)
{
#define REST "$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	static const char *const hashes[] = {
		"$argon2id$v=19$m=4194304,t=3,p=1" REST, /* 4 GiB */
		"$argon2id$v=19$m=262145,t=3,p=1" REST,
		"$argon2id$v=19$m=4294967295,t=3,p=1" REST,
		"$argon2id$v=19$m=4295032832,t=3,p=1" REST, /* 2^32 + 65536 */
		"$argon2id$v=19$m=-1,t=3,p=1" REST,
		"$argon2id$v=19$m=65536,t=11,p=1" REST,
		"$argon2id$v=19$m=65536,t=4294967295,p=1" REST,
		"$argon2id$v=19$m=65536,t=3,p=5" REST,
		"$argon2i$v=19$m=65536,t=3,p=1" REST,
		"$argon2id$v=16$m=65536,t=3,p=1" REST,
		"$argon2id$m=65536,t=3,p=1" REST,
		"$2b$12$abcdefghijklmnopqrstuv",
		"plain text",
		"",
		"$",
		"$argon2id$v=19$m=65536,t=3,p=1$",
		"$argon2id$v=19$m=65536,t=3,p=1$$",
	};
	struct err err;
	double t;
	bool ok;

	(void)state;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		ok = true;
		err.text[0] = '\0';
		t = seconds();
		if (password_check(&usual, hashes[i], "password", 8, &ok, &err) == 0)
			fail_msg("taken: %s", hashes[i]);
		assert_false(ok);
		assert_true(err.text[0] != '\0');
		if (seconds() - t > 0.05)
			fail_msg("%.3f s for %s", seconds() - t, hashes[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_password_alone_is_taken),
		cmocka_unit_test(unknown_user_is_refused_after_the_same_time),
		cmocka_unit_test(planted_hash_is_refused_at_once),
	};

	return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
