/*
 * test_sha256.c - the examples of FIPS 180-4, and every way to cut a text.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sha256.h"

static void
hash(const void *p, size_t n, char *hex)
{
	unsigned char out[SHA256_LEN];
	struct sha256 s;

	sha256_init(&s);
	sha256_put(&s, p, n);
	sha256_end(&s, out);
	for (size_t i = 0; i < sizeof(out); i++)
		sprintf(hex + 2 * i, "%02x", out[i]);
}

static void
examples_of_the_standard_come_out(void **state)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	char hex[2 * SHA256_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hash(rows[i].text, strlen(rows[i].text), hex);
		assert_string_equal(hex, rows[i].hex);
	}
}

static void
a_million_letters_come_out(void **state)
{
	char hex[2 * SHA256_LEN + 1], *a = malloc(1000000);

	(void)state;
	memset(a, 'a', 1000000);
	hash(a, 1000000, hex);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(a);
}

static void
pieces_make_the_same_as_the_whole(void **state)
{
	unsigned char text[200], one[SHA256_LEN], other[SHA256_LEN];
	struct sha256 s;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)(i * 7);
	for (size_t n = 0; n <= sizeof(text); n++) {
		sha256_init(&s);
		sha256_put(&s, text, n);
		sha256_end(&s, one);
		for (size_t step = 1; step <= 65; step += 16) {
			sha256_init(&s);
			for (size_t at = 0; at < n; at += step)
				sha256_put(&s, text + at, at + step <= n ? step : n - at);
			sha256_end(&s, other);
			assert_memory_equal(one, other, sizeof(one));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_of_the_standard_come_out),
		cmocka_unit_test(a_million_letters_come_out),
		cmocka_unit_test(pieces_make_the_same_as_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
