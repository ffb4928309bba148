/*
 * test_base64.c - RFC 4648, strictly: one text for one value.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base64.h"

/* RFC 4648 section 10, and all bits set, which needs the last digits. */
static const struct {
	const char *plain, *coded;
} vectors[] = {
	{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xff\xff\xff", "////" },
	{ "\xfb\xef\xbe", "++++" },
};

#define NVECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void
vectors_of_the_rfc_are_encoded(void **state)
{
	char out[16];

	(void)state;
	for (size_t i = 0; i < NVECTORS; i++) {
		base64_encode(vectors[i].plain, strlen(vectors[i].plain), out);
		assert_string_equal(out, vectors[i].coded);
		assert_int_equal(strlen(out), BASE64_LEN(strlen(vectors[i].plain)));
	}
}

static void
vectors_of_the_rfc_are_decoded(void **state)
{
	char out[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < NVECTORS; i++) {
		assert_true(base64_decode(vectors[i].coded, strlen(vectors[i].coded), out, &n));
		assert_int_equal(n, strlen(vectors[i].plain));
		assert_memory_equal(out, vectors[i].plain, n);
	}
}

static void
what_is_not_base64_is_refused(void **state)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zm8", "Zg===", "====", "=",
		"Zg==Zg==", "Z===", "=g==", "Zm=v", "Zm 9v", "Zm9v\n", "Zm-v", "Zm_v", "Zm9\xc3",
		"Zm.v", "Zm9vY===", "Zm9v====" };
	char out[16];
	size_t n = 99;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (base64_decode(bad[i], strlen(bad[i]), out, &n))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(n, 0);
	}
	assert_false(base64_decode("Zm\0v", 4, out, &n));
}

/* `f` is Zg==; Zh== to Zv== have bits set that padding cuts off. */
static void
non_canonical_text_is_refused(void **state)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char out[4], text[5];
	size_t n, taken = 0;

	(void)state;
	for (const char *d = digits; *d != '\0'; d++) {
		memcpy(text, "ZA==", 5);
		text[1] = *d;
		taken += base64_decode(text, 4, out, &n);
		memcpy(text, "ZmA=", 5);
		text[2] = *d;
		taken += base64_decode(text, 4, out, &n);
	}
	assert_int_equal(taken, 4 + 16);	/* of 64 second digits 4 end in 4 zero bits */
}

static uint64_t
next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	return *x ^= *x << 17;
}

static void
random_bytes_come_back(void **state)
{
	uint64_t seed = 20261123;
	unsigned char plain[512], back[512];
	char coded[BASE64_LEN(512) + 1];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t n = next_random(&seed) % (sizeof(plain) + 1), m;

		for (size_t i = 0; i < n; i++)
			plain[i] = (unsigned char)next_random(&seed);
		base64_encode(plain, n, coded);
		assert_int_equal(strlen(coded), BASE64_LEN(n));
		assert_true(base64_decode(coded, strlen(coded), back, &m));
		assert_int_equal(m, n);
		assert_memory_equal(back, plain, n);
	}
}

/* Whatever is taken is what its value encodes to, and nothing is written past the room promised. */
static void
random_text_is_refused_or_canonical(void **state)
{
	static const char alphabet[] = "AQgw/+z09==-\n";
	uint64_t seed = 42;
	char text[8], again[16];
	int taken = 0;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		size_t n = next_random(&seed) % 9, m;
		unsigned char *out = malloc(BASE64_BYTES(n) + 1);

		assert_non_null(out);
		for (size_t i = 0; i < n; i++)
			text[i] = alphabet[next_random(&seed) % (sizeof(alphabet) - 1)];
		if (base64_decode(text, n, out, &m)) {
			base64_encode(out, m, again);
			assert_int_equal(strlen(again), n);
			assert_memory_equal(again, text, n);
			taken++;
		}
		free(out);
	}
	assert_true(taken > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_the_rfc_are_encoded),
		cmocka_unit_test(vectors_of_the_rfc_are_decoded),
		cmocka_unit_test(what_is_not_base64_is_refused),
		cmocka_unit_test(non_canonical_text_is_refused),
		cmocka_unit_test(random_bytes_come_back),
		cmocka_unit_test(random_text_is_refused_or_canonical),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
