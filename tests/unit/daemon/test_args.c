/*
 * test_args.c - what each type of argument takes and what it refuses.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "args.h"
#include "base64.h"

static const struct arg_spec specs[] = {
	{ "id", ARG_ID, false, 0, 0, 0 },
	{ "ids", ARG_IDS, false, 0, 0, 0 },
	{ "count", ARG_COUNT, false, 2, 9, 0 },
	{ "bool", ARG_BOOL, false, 0, 0, 0 },
	{ "string", ARG_STRING, false, 2, 4, 0 },
	{ "text", ARG_TEXT, false, 0, 0, 0 },
	{ "texts", ARG_TEXTS, false, 0, 0, 0 },
	{ "vector", ARG_VECTOR, false, 0, 0, 0 },
	{ "meta", ARG_META, false, 0, 0, 0 },
	{ "meta_or_null", ARG_META_OR_NULL, false, 0, 0, 0 },
	{ "metric", ARG_METRIC, false, 0, 0, 0 },
	{ "name", ARG_NAME, false, 0, 0, 0 },
	{ "username", ARG_USERNAME, false, 0, 0, 0 },
	{ "keys", ARG_KEYS, false, 0, 0, 0 },
	{ "array", ARG_ARRAY, false, 0, 0, 0 },
	{ NULL, ARG_ID, false, 0, 0, 0 },
};

/* args_check of {"NAME":VALUE}. */
static enum wire_code
check(const char *name, const char *value, char why[256])
{
	char *text;
	json_error_t e;
	json_t *args;
	enum wire_code code;

	assert_true(asprintf(&text, "{\"%s\":%s}", name, value) > 0);
	if ((args = json_loads(text, JSON_ALLOW_NUL, &e)) == NULL)
		fail_msg("%s: %s", text, e.text);
	why[0] = '\0';
	code = args_check(args, specs, NULL, why, 256);
	json_decref(args);
	free(text);
	return code;
}

#define X63 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void
good_values_are_taken(void **state)
{
	static const char *const rows[][2] = {
		{ "id", "0" },
		{ "id", "9223372036854775807" },
		{ "ids", "[0]" },
		{ "ids", "[3,1,3]" },
		{ "count", "2" },
		{ "count", "9" },
		{ "bool", "true" },
		{ "bool", "false" },
		{ "string", "\"ab\"" },
		{ "string", "\"abcd\"" },
		{ "string", "\"\xc3\xa4\xc3\xa4\"" },
		{ "text", "\"x\"" },
		{ "text", "\"a\\u0000b\"" },
		{ "text", "\" \"" },
		{ "texts", "[\"a\",\"b\"]" },
		{ "vector", "[]" },
		{ "vector", "\"\"" },
		{ "meta", "{}" },
		{ "meta", "{\"a\":[1,{\"b\":null}]}" },
		{ "meta_or_null", "null" },
		{ "meta_or_null", "{}" },
		{ "metric", "\"cosine\"" },
		{ "metric", "\"l2\"" },
		{ "metric", "\"ip\"" },
		{ "metric", "\"l1\"" },
		{ "name", "\"a\"" },
		{ "name", "\"0_-Z\"" },
		{ "name", "\"" X63 "\"" },
		{ "username", "\"a.b@c-d_e\"" },
		{ "username", "\"" X63 "\"" },
		{ "keys", "[\"k\"]" },
		{ "array", "[1,null,{}]" },
	};
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (check(rows[i][0], rows[i][1], why) != WIRE_OK)
			fail_msg("%s %s: %s", rows[i][0], rows[i][1], why);
}

static void
values_of_another_kind_are_refused_by_name(void **state)
{
	static const char *const rows[][2] = {
		{ "id", "-1" },
		{ "id", "1.0" },
		{ "id", "\"1\"" },
		{ "id", "null" },
		{ "id", "true" },
		{ "id", "[1]" },
		{ "ids", "1" },
		{ "ids", "[]" },
		{ "ids", "[1,-1]" },
		{ "ids", "[1,\"2\"]" },
		{ "ids", "[[1]]" },
		{ "ids", "{}" },
		{ "count", "1" },
		{ "count", "10" },
		{ "count", "5.0" },
		{ "count", "-5" },
		{ "count", "\"5\"" },
		{ "count", "null" },
		{ "bool", "1" },
		{ "bool", "\"true\"" },
		{ "bool", "null" },
		{ "string", "\"a\"" },
		{ "string", "\"abcde\"" },
		{ "string", "\"\"" },
		{ "string", "\"a\\u0000b\"" },
		{ "string", "7" },
		{ "string", "null" },
		{ "text", "\"\"" },
		{ "text", "7" },
		{ "text", "null" },
		{ "text", "[\"a\"]" },
		{ "texts", "[]" },
		{ "texts", "\"a\"" },
		{ "texts", "[\"a\",\"\"]" },
		{ "texts", "[\"a\",7]" },
		{ "vector", "7" },
		{ "vector", "null" },
		{ "vector", "{}" },
		{ "meta", "null" },
		{ "meta", "[]" },
		{ "meta", "\"{}\"" },
		{ "meta_or_null", "[]" },
		{ "meta_or_null", "false" },
		{ "metric", "\"L2\"" },
		{ "metric", "\"\"" },
		{ "metric", "\"cos\"" },
		{ "metric", "2" },
		{ "metric", "\"l2\\u0000\"" },
		{ "metric", "null" },
		{ "name", "\"\"" },
		{ "name", "\"-a\"" },
		{ "name", "\"_a\"" },
		{ "name", "\"a.b\"" },
		{ "name", "\"a/b\"" },
		{ "name", "\"..\"" },
		{ "name", "\"a b\"" },
		{ "name", "\"\xc3\xa4\"" },
		{ "name", "\"x" X63 "\"" },
		{ "name", "\"a\\u0000\"" },
		{ "name", "\"a\\n\"" },
		{ "name", "7" },
		{ "username", "\"@a\"" },
		{ "username", "\"a b\"" },
		{ "username", "\"a/b\"" },
		{ "username", "\"x" X63 "\"" },
		{ "username", "null" },
		{ "keys", "[\"\"]" },
		{ "keys", "[7]" },
		{ "keys", "\"k\"" },
		{ "keys", "[\"a\\u0000\"]" },
		{ "array", "[]" },
		{ "array", "{}" },
		{ "array", "\"a\"" },
	};
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (check(rows[i][0], rows[i][1], why) != WIRE_BAD_REQUEST)
			fail_msg("%s %s was not refused", rows[i][0], rows[i][1]);
		if (strncmp(why, rows[i][0], strlen(rows[i][0])) != 0)
			fail_msg("%s %s: %s", rows[i][0], rows[i][1], why);
	}
}

/* A JSON string of `n` bytes, or an array of `n` times `one`. */
static char *
long_string(size_t n)
{
	char *text = malloc(n + 3);

	assert_non_null(text);
	memset(text, 'x', n + 2);
	text[0] = text[n + 1] = '"';
	text[n + 2] = '\0';
	return text;
}

static char *
long_array(const char *one, size_t n)
{
	size_t len = strlen(one) + 1;
	char *text = malloc(n * len + 2);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++) {
		text[i * len] = i == 0 ? '[' : ',';
		memcpy(text + i * len + 1, one, len - 1);
	}
	strcpy(text + n * len, "]");
	return text;
}

static void
assert_code(const char *name, char *value, enum wire_code expected)
{
	char why[256];

	assert_int_equal(check(name, value, why), expected);
	free(value);
}

static void
what_is_too_large_is_said_to_be(void **state)
{
	char meta[2][WIRE_META_MAX + 16];

	(void)state;
	assert_code("text", long_string(WIRE_TEXT_MAX), WIRE_OK);
	assert_code("text", long_string(WIRE_TEXT_MAX + 1), WIRE_TOO_LARGE);
	assert_code("ids", long_array("1", WIRE_BATCH_MAX), WIRE_OK);
	assert_code("ids", long_array("1", WIRE_BATCH_MAX + 1), WIRE_TOO_LARGE);
	assert_code("texts", long_array("\"x\"", WIRE_BATCH_MAX + 1), WIRE_TOO_LARGE);
	assert_code("keys", long_array("\"x\"", WIRE_BATCH_MAX + 1), WIRE_TOO_LARGE);
	assert_code("array", long_array("{}", WIRE_BATCH_MAX + 1), WIRE_TOO_LARGE);
	for (int i = 0; i < 2; i++) {	/* exactly 64 KiB, and a byte more */
		snprintf(
		    meta[i], sizeof(meta[i]), "{\"a\":\"%0*d\"}", (int)WIRE_META_MAX - 8 + i, 0);
		assert_int_equal(strlen(meta[i]), WIRE_META_MAX + (size_t)i);
		assert_code("meta", strdup(meta[i]), i == 0 ? WIRE_OK : WIRE_TOO_LARGE);
	}
}

static void
unknown_and_missing_members_are_named(void **state)
{
	static const struct arg_spec needed[] = { { "a", ARG_ID, true, 0, 0, 0 },
		{ "b", ARG_ID, true, 0, 0, 0 }, { NULL, ARG_ID, false, 0, 0, 0 } };
	json_t *args = json_pack("{s:i}", "a", 1);
	char why[256];

	(void)state;
	assert_int_equal(args_check(args, needed, NULL, why, sizeof(why)), WIRE_BAD_REQUEST);
	assert_string_equal(why, "b is missing");
	json_object_set_new(args, "b", json_integer(2));
	assert_int_equal(args_check(args, needed, NULL, why, sizeof(why)), WIRE_OK);
	json_object_set_new(args, "B", json_integer(2));
	assert_int_equal(args_check(args, needed, NULL, why, sizeof(why)), WIRE_BAD_REQUEST);
	assert_string_equal(why, "unknown member \"B\"");
	json_decref(args);
}

static void
members_are_read_or_their_fallback(void **state)
{
	json_t *args = json_pack("{s:i, s:b, s:b, s:s}", "n", 7, "yes", 1, "no", 0, "s", "word");

	(void)state;
	assert_int_equal(args_uint(args, "n", 5), 7);
	assert_int_equal(args_uint(args, "none", 5), 5);
	assert_true(args_bool(args, "yes"));
	assert_false(args_bool(args, "no"));
	assert_false(args_bool(args, "none"));
	assert_string_equal(args_string(args, "s"), "word");
	assert_null(args_string(args, "none"));
	json_decref(args);
}

/* args_vector of JSON text, dim 3. */
static enum wire_code
take(const char *text, float x[3], char why[256])
{
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);
	enum wire_code code;

	assert_non_null(v);
	code = args_vector(v, x, 3, why, 256);
	json_decref(v);
	return code;
}

static void
vector_is_an_array_or_base64(void **state)
{
	float x[3], y[3] = { 1.5f, -2.0f, 3.25e-20f };
	char why[256], coded[BASE64_LEN(sizeof(y)) + 1], text[64];

	(void)state;
	assert_int_equal(take("[1.5, -2, 3.25e-20]", x, why), WIRE_OK);
	assert_memory_equal(x, y, sizeof(x));
	base64_encode(y, sizeof(y), coded);	/* tests run where floats are little-endian */
	snprintf(text, sizeof(text), "\"%s\"", coded);
	memset(x, 0, sizeof(x));
	assert_int_equal(take(text, x, why), WIRE_OK);
	assert_memory_equal(x, y, sizeof(x));
}

static void
vector_that_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum wire_code code;
	} rows[] = {
		{ "[]", WIRE_DIMENSION_MISMATCH },
		{ "[1,2]", WIRE_DIMENSION_MISMATCH },
		{ "[1,2,3,4]", WIRE_DIMENSION_MISMATCH },
		{ "\"\"", WIRE_DIMENSION_MISMATCH },
		{ "\"AACAPwAAgD8=\"", WIRE_DIMENSION_MISMATCH },
		{ "[1,2,\"3\"]", WIRE_BAD_REQUEST },
		{ "[1,2,null]", WIRE_BAD_REQUEST },
		{ "[1,2,true]", WIRE_BAD_REQUEST },
		{ "[1,2,[3]]", WIRE_BAD_REQUEST },
		{ "[0,0,0]", WIRE_BAD_REQUEST },
		{ "[0,-0.0,1e-60]", WIRE_BAD_REQUEST },
		{ "[1,2,1e39]", WIRE_BAD_REQUEST },
		{ "[1,2,-1e300]", WIRE_BAD_REQUEST },
		{ "\"AACAPwAAgD8AAIA\"", WIRE_BAD_REQUEST },
		{ "\"AACAPwAAgD8AAI!/\"", WIRE_BAD_REQUEST },
		{ "\"AACAPwAAgD8AAIA/AA==\"", WIRE_BAD_REQUEST },
	};
	float bad[][3] = { { NAN, 1, 1 }, { 1, INFINITY, 1 }, { 1, 1, -INFINITY },
		{ 0, 0, -0.0f } };
	char why[256], coded[BASE64_LEN(12) + 1], text[64];
	float x[3];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (take(rows[i].text, x, why) != rows[i].code || why[0] == '\0')
			fail_msg("%s: %s", rows[i].text, why);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		base64_encode(bad[i], sizeof(bad[i]), coded);
		snprintf(text, sizeof(text), "\"%s\"", coded);
		assert_int_equal(take(text, x, why), WIRE_BAD_REQUEST);
	}
	assert_int_equal(take("[1,2]", x, why), WIRE_DIMENSION_MISMATCH);
	assert_string_equal(why, "vector has 2 components, collection has 3");
}

static void
vector_becomes_an_array(void **state)
{
	float x[3] = { 1.0f, -0.25f, 0.0f };
	json_t *v = args_vector_json(x, 3);

	(void)state;
	assert_int_equal(json_array_size(v), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(json_real_value(json_array_get(v, i)) == (double)x[i]);
	json_decref(v);
	x[1] = NAN;
	assert_null(args_vector_json(x, 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_values_are_taken),
		cmocka_unit_test(values_of_another_kind_are_refused_by_name),
		cmocka_unit_test(what_is_too_large_is_said_to_be),
		cmocka_unit_test(unknown_and_missing_members_are_named),
		cmocka_unit_test(members_are_read_or_their_fallback),
		cmocka_unit_test(vector_is_an_array_or_base64),
		cmocka_unit_test(vector_that_cannot_be_is_refused),
		cmocka_unit_test(vector_becomes_an_array),
	};

	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
