/*
 * test_wire_put.c - what wire_put writes is what jansson reads, and numbers come back.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

static void
expect_text(json_t *value, bool (*put)(struct buf *, const json_t *), const char *text)
{
	struct buf b = { 0 };

	assert_non_null(value);
	assert_true(put(&b, value));
	assert_string_equal(b.p, text);
	buf_fini(&b);
	json_decref(value);
}

static void
each_kind_of_value_is_written(void **state)
{
	(void)state;
	expect_text(json_pack("{s:[i,f,s,b,b,n], s:{}, s:[]}", "a", 1, 0.5, "x", 1, 0, "b", "c"),
	    wire_put, "{\"a\":[1,0.5,\"x\",true,false,null],\"b\":{},\"c\":[]}");
	expect_text(json_integer(INT64_MIN), wire_put, "-9223372036854775808");
}

static void
strings_are_escaped_as_json(void **state)
{
	(void)state;
	expect_text(json_stringn("a\"b\\c\n\t\x01\0d", 10), wire_put,
	    "\"a\\\"b\\\\c\\n\\t\\u0001\\u0000d\"");
	expect_text(json_string("\x7f\xc3\xa9 \xe2\x82\xac"), wire_put, "\"\x7f\xc3\xa9 \xe2\x82\xac\"");
	expect_text(json_pack("{s:i}", "k\"\xc3\xa9", 1), wire_put, "{\"k\\\"\xc3\xa9\":1}");
	expect_text(json_string(""), wire_put, "\"\"");
}

static void
components_have_nine_digits_and_numbers_of_a_meta_all_they_need(void **state)
{
	(void)state;
	expect_text(json_pack("[f]", (double)0.1f), wire_put, "[0.100000001]");
	expect_text(json_pack("{s:{s:[f,f,f,f]}}", "meta", "a", 0.1, 1.0, 1234567.125, 1e300), wire_put,
	    "{\"meta\":{\"a\":[0.1,1.0,1234567.125,1e+300]}}");
	expect_text(json_pack("{s:f}", "a", 0.12345678901234566), wire_put_meta,
	    "{\"a\":0.12345678901234566}");
}

/* A number with random bits. */
static double
random_double(unsigned *seed)
{
	uint64_t u = 0;
	double x;

	for (int i = 0; i < 8; i++)
		u = u << 8 | (uint64_t)(rand_r(seed) >> 4 & 255);
	memcpy(&x, &u, sizeof(x));
	return isfinite(x) ? x : 0.0;
}

/* What is written here and not by jansson is what jansson would have written, with nine digits. */
static void
numbers_look_as_jansson_has_them(void **state)
{
	static const double special[] = { 0.0, -0.0, 1.0, -2.0, 0.1, 1e-5, 1e-4, 123456789.0, 1234567890.0,
		0.000123456789, 1e15, 1e16, 1e17, 1e300, -1e-300, 0.247956648, 5e-324 };
	unsigned seed = 11;

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		double x = i < sizeof(special) / sizeof(*special) ? special[i] :
		    i % 2 == 0 ? random_double(&seed) : rand_r(&seed) / 1e6 - 1e3;
		json_t *value = json_pack("[f,I]", x, (json_int_t)((uint64_t)rand_r(&seed) << 33 >> i % 64));
		char *want = json_dumps(value, JSON_REAL_PRECISION(9) | JSON_COMPACT);

		assert_non_null(want);
		expect_text(value, wire_put, want);
		free(want);
	}
}

static void
random_numbers_of_a_meta_come_back_bit_for_bit(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct buf b = { 0 };
		json_t *meta = json_pack("[f]", random_double(&seed)), *again;
		double x = json_real_value(json_array_get(meta, 0)), y;

		assert_true(wire_put_meta(&b, meta));
		again = json_loadb(b.p, b.len, 0, NULL);
		y = json_real_value(json_array_get(again, 0));
		assert_memory_equal(&x, &y, sizeof(x));
		json_decref(again);
		json_decref(meta);
		buf_fini(&b);
	}
}

static void
a_buffer_that_is_full_is_told(void **state)
{
	struct buf b = { .max = 8 };
	json_t *value = json_pack("[s]", "longer than that");

	(void)state;
	assert_false(wire_put(&b, value));
	json_decref(value);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_value_is_written),
		cmocka_unit_test(strings_are_escaped_as_json),
		cmocka_unit_test(components_have_nine_digits_and_numbers_of_a_meta_all_they_need),
		cmocka_unit_test(numbers_look_as_jansson_has_them),
		cmocka_unit_test(random_numbers_of_a_meta_come_back_bit_for_bit),
		cmocka_unit_test(a_buffer_that_is_full_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
