/*
 * test_token.c - what a token must be.
 *
 * Tokens are made with libjwt itself, which signs whatever it is given, or put together by hand
 * where it refuses to.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jwt.h>

#include "token.h"

#define NOW 1800000000
#define SID "0123456789abcdef0123456789abcdef"
#define HEX64 SID SID

static const unsigned char secret[] = "a key of more than thirty-two bytes, for tests";
static const unsigned char other[] = "b key of more than thirty-two bytes, for tests";
static const struct token_key hs256 = { secret, sizeof(secret) - 1, "HS256", "", NULL };

/* A signed token with these claims (a JSON object); free it. */
static char *
sign(jwt_alg_t algorithm, const unsigned char *key, size_t n, const char *claims)
{
	jwt_t *jwt;
	char *text;

	assert_int_equal(jwt_new(&jwt), 0);
	assert_int_equal(jwt_set_alg(jwt, algorithm, key, (int)n), 0);
	assert_int_equal(jwt_add_grants_json(jwt, claims), 0);
	text = jwt_encode_str(jwt);
	assert_non_null(text);
	jwt_free(jwt);
	return text;
}

static char *
sign_well(const char *claims)
{
	return sign(JWT_ALG_HS256, secret, sizeof(secret) - 1, claims);
}

#define ISS "\"iss\":\"coolvec\","
#define SUB "\"sub\":\"ann\","
#define JTI "\"jti\":\"" SID "\","
#define IAT "\"iat\":1800000000,"
#define EXP "\"exp\":1800000100"
#define GOOD "{" ISS SUB JTI IAT EXP "}"

static void
assert_refused(const struct token_key *key, const char *text, size_t n, const char *what)
{
	struct token t;
	struct err err = { 0 };

	if (token_read(key, text, n, NOW, &t, &err) == 0)
		fail_msg("taken: %s", what);
	if (err.text[0] == '\0' || (strlen(text) > 16 && strstr(err.text, text) != NULL))
		fail_msg("%s: \"%s\"", what, err.text);
}

static void
token_that_was_made_is_read(void **state)
{
	static const char *const algorithms[] = { "HS256", "HS384", "HS512" };
	struct token t = { "ann", SID, NOW, NOW + 60 }, back;
	struct err err;
	char *text;

	(void)state;
	memset(t.username, 'u', sizeof(t.username) - 1);
	for (size_t i = 0; i < 3; i++) {
		struct token_key key = { secret, sizeof(secret) - 1, algorithms[i], "", NULL };

		assert_int_equal(token_make(&key, &t, &text, &err), 0);
		assert_int_equal(token_read(&key, text, strlen(text), NOW, &back, &err), 0);
		assert_string_equal(back.username, t.username);
		assert_string_equal(back.sid, t.sid);
		assert_int_equal(back.issued, NOW);
		assert_int_equal(back.expires, NOW + 60);
		free(text);
	}
}

static void
claims_at_their_limits_are_taken(void **state)
{
	static const char *const claims[] = {
		GOOD,
		"{" ISS SUB JTI IAT "\"exp\":1800000001}",
		"{" ISS SUB JTI "\"iat\":1800000060," EXP "}",
		"{" ISS SUB JTI IAT "\"nbf\":1800000000," EXP "}",
		"{" ISS SUB JTI IAT "\"aud\":\"others\"," EXP "}",
	};
	struct token t;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		char *text = sign_well(claims[i]);

		if (token_read(&hs256, text, strlen(text), NOW, &t, &err) != 0)
			fail_msg("%s: %s", claims[i], err.text);
		free(text);
	}
}

static void
claims_that_cannot_be_are_refused(void **state)
{
	static const char *const claims[] = {
		"{" ISS SUB JTI IAT "\"exp\":1799999999}",
		"{" ISS SUB JTI IAT "\"exp\":1800000000}", /* it ends now */
		"{" ISS SUB JTI IAT "\"exp\":0}",
		"{" ISS SUB JTI IAT "\"exp\":-1}",
		"{" ISS SUB JTI "\"iat\":1800000000}",
		"{" ISS SUB JTI IAT "\"exp\":\"1800000100\"}",
		"{" ISS SUB JTI IAT "\"exp\":1e30}",
		"{" ISS SUB JTI IAT "\"exp\":1800000100.5}",
		"{" ISS SUB JTI IAT "\"exp\":true}",
		"{" ISS SUB JTI IAT "\"exp\":null}",
		"{" ISS SUB JTI IAT "\"exp\":[1800000100]}",
		"{" ISS SUB JTI "\"iat\":1800000061," EXP "}", /* the clocks may differ by 60 s */
		"{" ISS SUB JTI "\"iat\":\"1800000000\"," EXP "}",
		"{" ISS SUB JTI EXP "}",
		"{" SUB JTI IAT EXP "}",
		"{\"iss\":\"other\"," SUB JTI IAT EXP "}",
		"{\"iss\":\"Coolvec\"," SUB JTI IAT EXP "}",
		"{\"iss\":\"coolvec2\"," SUB JTI IAT EXP "}",
		"{\"iss\":7," SUB JTI IAT EXP "}",
		"{" ISS JTI IAT EXP "}",
		"{" ISS "\"sub\":\"\"," JTI IAT EXP "}",
		"{" ISS "\"sub\":\"" HEX64 "\"," JTI IAT EXP "}", /* 64 bytes */
		"{" ISS "\"sub\":7," JTI IAT EXP "}",
		"{" ISS SUB IAT EXP "}",
		"{" ISS SUB "\"jti\":\"0123456789abcdef\"," IAT EXP "}",
		"{" ISS SUB "\"jti\":\"" SID "0\"," IAT EXP "}",
		"{" ISS SUB "\"jti\":7," IAT EXP "}",
		"{" ISS SUB JTI IAT "\"nbf\":1800000001," EXP "}",
		"{" ISS SUB JTI IAT "\"nbf\":\"0\"," EXP "}",
		"{" ISS SUB JTI IAT "\"nbf\":null," EXP "}",
		"{}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		char *text = sign_well(claims[i]);

		assert_refused(&hs256, text, strlen(text), claims[i]);
		free(text);
	}
}

static void
other_algorithm_under_the_same_key_is_refused(void **state)
{
	static const struct {
		jwt_alg_t signed_with;
		const char *setting;
	} rows[] = {
		{ JWT_ALG_HS512, "HS256" }, { JWT_ALG_HS384, "HS256" }, { JWT_ALG_HS256, "HS512" },
		{ JWT_ALG_HS384, "HS512" }, { JWT_ALG_HS256, "HS384" }, { JWT_ALG_HS512, "HS384" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct token_key key = { secret, sizeof(secret) - 1, rows[i].setting, "", NULL };
		char *text = sign(rows[i].signed_with, secret, sizeof(secret) - 1, GOOD);

		assert_refused(&key, text, strlen(text), rows[i].setting);
		free(text);
	}
}

static void
other_key_is_refused(void **state)
{
	char *text = sign(JWT_ALG_HS256, other, sizeof(other) - 1, GOOD);

	(void)state;
	assert_refused(&hs256, text, strlen(text), "another key");
	free(text);
	text = sign(JWT_ALG_HS256, secret, sizeof(secret) - 2, GOOD);
	assert_refused(&hs256, text, strlen(text), "a prefix of the key");
	free(text);
}

/* {"alg":"none"}, {"alg":"None"}, {"alg":"none","typ":"JWT"}, {"typ":"JWT"}, {"alg":"HS256"}. */
static void
unsigned_token_is_refused(void **state)
{
	static const char *const headers[] = { "eyJhbGciOiJub25lIn0", "eyJhbGciOiJOb25lIn0",
		"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", "eyJ0eXAiOiJKV1QifQ",
		"eyJhbGciOiJIUzI1NiJ9" };
	static const char *const signatures[] = { "", ".", ".AAAA", ".e30" };
	char *good = sign_well(GOOD), *payload, forged[1024];

	(void)state;
	payload = strchr(good, '.');
	*strrchr(good, '.') = '\0';
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		for (size_t j = 0; j < sizeof(signatures) / sizeof(signatures[0]); j++) {
			snprintf(
			    forged, sizeof(forged), "%s%s%s", headers[i], payload, signatures[j]);
			assert_refused(&hs256, forged, strlen(forged), forged);
		}
	free(good);
}

static void
every_prefix_is_refused(void **state)
{
	char *good = sign_well(GOOD), *copy;
	size_t len = strlen(good);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		copy = strndup(good, n);
		assert_refused(&hs256, copy, n, "a prefix");
		free(copy);
	}
	free(good);
}

/* Also the bits of the signature's last character that base64 has no use for. */
static void
every_changed_character_is_refused(void **state)
{
	static const char put[] = "Abz09-_.=+/ \n";
	char *good = sign_well(GOOD);
	size_t len = strlen(good);

	(void)state;
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < sizeof(put); j++) {	/* the NUL too */
			char kept = good[i];

			if (put[j] == kept)
				continue;
			good[i] = put[j];
			assert_refused(&hs256, good, len, "a changed character");
			good[i] = kept;
		}
	free(good);
}

static void
parts_too_few_or_too_many_are_refused(void **state)
{
	char *good = sign_well(GOOD), text[2048];
	static const char *const forms[] = { "%s.", ".%s", "%s.x", "x.%s", "%s ", " %s", "%s\n",
		"%s=", "Bearer %s", "%s..", "%s.%1$s" };

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat"
		snprintf(text, sizeof(text), forms[i], good);
#pragma GCC diagnostic pop
		assert_refused(&hs256, text, strlen(text), forms[i]);
	}
	free(good);
}

static void
garbage_is_refused(void **state)
{
	static const char *const garbage[] = { ".", "..", "...", "a.b.c", "e30.e30.e30", "token",
		"\xff\xff.\xff.\xff", "e30.e30.", "W10.W10.AAAA", "bnVsbA.bnVsbA.AAAA" };
	uint64_t x = 99;
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		assert_refused(&hs256, garbage[i], strlen(garbage[i]), garbage[i]);
	for (int round = 0; round < 20000; round++) {
		size_t n = 1 + (size_t)round % (sizeof(text) - 1);

		for (size_t i = 0; i < n; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			text[i] = ".eyJhbGciOiJIUzI1NiJ9_-"[x % 23];
		}
		text[n] = '\0';
		assert_refused(&hs256, text, n, text);
	}
}

static void
length_is_bounded(void **state)
{
	size_t n = (size_t)1 << 20;
	char *text = malloc(n + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'e', n);
	text[n] = '\0';
	text[10] = text[20] = '.';
	assert_refused(&hs256, text, n, "a mebibyte");
	assert_refused(&hs256, text, TOKEN_MAX + 1, "a byte too long");
	assert_refused(&hs256, text, 0, "nothing");
	free(text);
}

static void
key_that_cannot_be_checks_and_signs_nothing(void **state)
{
	static const unsigned char shortest[TOKEN_KEY_MIN - 1] = "0123456789012345678901234567890";
	struct token t = { "ann", SID, NOW, NOW + 60 };
	struct token_key keys[] = { { NULL, 0, "HS256", "", NULL }, { secret, 0, "HS256", "", NULL },
		{ NULL, 32, "HS256", "", NULL }, { shortest, sizeof(shortest), "HS256", "", NULL },
		{ secret, sizeof(secret) - 1, "none", "", NULL } };
	struct err err;
	char *text = sign(JWT_ALG_HS256, shortest, sizeof(shortest), GOOD);

	(void)state;
	assert_refused(&keys[3], text, strlen(text), "a short key");
	free(text);
	text = sign_well(GOOD);
	for (size_t i = 0; i < 3; i++)
		assert_refused(&keys[i], text, strlen(text), "no key");
	free(text);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_int_equal(token_make(&keys[i], &t, &text, &err), -1);
		assert_null(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_that_was_made_is_read),
		cmocka_unit_test(claims_at_their_limits_are_taken),
		cmocka_unit_test(claims_that_cannot_be_are_refused),
		cmocka_unit_test(other_algorithm_under_the_same_key_is_refused),
		cmocka_unit_test(other_key_is_refused),
		cmocka_unit_test(unsigned_token_is_refused),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(every_changed_character_is_refused),
		cmocka_unit_test(parts_too_few_or_too_many_are_refused),
		cmocka_unit_test(garbage_is_refused),
		cmocka_unit_test(length_is_bounded),
		cmocka_unit_test(key_that_cannot_be_checks_and_signs_nothing),
	};

	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
