/*
 * test_wire.c - JSON in and out as strict as the protocol promises, and the table of errors.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire.h"

static json_t *
parse(const char *text, char why[256])
{
	why[0] = '\0';
	return wire_parse(text, strlen(text), why, 256);
}

static void
objects_are_parsed(void **state)
{
	static const char *const good[] = { "{}", " {\"a\":1}\r\n", "{\"a\":\"\\u0000\"}",
		"{\"a\":\"[[[{{{\"}", "{\"a\":\"\\\"[\"}",
		"{\"a\":[1,2.5,-3e-7,true,null,\"\xc3\xa4\"]}",
		"{\"a\":{\"b\":1},\"b\":{\"b\":1}}" };
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		json_t *o = parse(good[i], why);

		if (o == NULL)
			fail_msg("%s: %s", good[i], why);
		json_decref(o);
	}
}

static void
what_is_no_object_is_refused_with_a_sentence(void **state)
{
	static const char *const bad[] = { "", " ", "null", "[]", "7", "\"x\"", "true", "{", "}",
		"{]", "{\"a\":1}{}", "{\"a\":1} x", "{a:1}", "{'a':1}", "{\"a\":1,}", "{\"a\":01}",
		"{\"a\":+1}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":-Infinity}", "{\"a\":nan}",
		"{\"a\":1e999}", "{\"a\":9223372036854775808}", "{\"a\":\"\xff\"}",
		"{\"a\":\"\xc3\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\\ud800\"}",
		"{\"a\":\"\xc0\xaf\"}", "{\"a\":\"\n\"}", "{\"\\u0000\":1}", "{\"a\":1,\"a\":1}",
		"{\"a\":{\"b\":1,\"b\":2}}", "\xef\xbb\xbf{}" };
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i], why) != NULL)
			fail_msg("taken: %s", bad[i]);
		assert_true(why[0] != '\0');
	}
	assert_null(wire_parse("{\"a\0\":1}", 8, why, sizeof(why)));
	assert_null(wire_parse("{}\0", 3, why, sizeof(why)));
}

/* An object around `n` arrays: n + 1 levels. */
static char *
nest(size_t n)
{
	char *text = malloc(2 * n + 16), *to = text;

	assert_non_null(text);
	to += sprintf(to, "{\"a\":");
	for (size_t i = 0; i < n; i++)
		*to++ = '[';
	for (size_t i = 0; i < n; i++)
		*to++ = ']';
	strcpy(to, "}");
	return text;
}

static void
depth_is_32_and_no_more(void **state)
{
	char *text, why[256];
	json_t *o;

	(void)state;
	text = nest(WIRE_DEPTH_MAX - 1);
	o = parse(text, why);
	assert_non_null(o);
	json_decref(o);
	free(text);
	text = nest(WIRE_DEPTH_MAX);
	assert_null(parse(text, why));
	assert_string_equal(why, "more than 32 levels deep");
	free(text);
	text = nest(1000000);	/* would be the end of a parser that recurses */
	assert_null(parse(text, why));
	free(text);
}

/* A bracket counts neither in a string nor behind an escaped quote; closing ones do not help. */
static void
depth_is_not_fooled_by_strings(void **state)
{
	char why[256], text[256] = "{\"a\":\"";
	json_t *o;

	(void)state;
	memset(text + 6, '[', 60);
	strcpy(text + 66, "\\\\\",\"b\":\"\\\"[[[[\"}");
	o = parse(text, why);
	assert_non_null(o);
	json_decref(o);
	strcpy(text, "{\"a\":\"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\",\"b\":");
	memset(text + strlen(text), '[', 40);
	assert_null(parse(text, why));
	assert_string_equal(why, "more than 32 levels deep");
}

static void
sentence_does_not_quote_the_line(void **state)
{
	static const char *const lines[] = { "{\"password\":hunter2}",
		"{\"password\":\"x\" hunter2}", "{\"password\":\"hunter2",
		"{\"password\":\"hunter2\n\"}", "hunter2", "{\"hunter2\":1,\"hunter2\":2}" };
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_null(parse(lines[i], why));
		if (strstr(why, "hunter2") != NULL)
			fail_msg("%s", why);
	}
}

static char *
dump(json_t *o, size_t *n)
{
	char *line = wire_dump(o, n);

	assert_non_null(line);
	json_decref(o);
	return line;
}

static void
dump_is_one_line_of_the_length_said(void **state)
{
	size_t n;
	char *line = dump(json_pack("{s:s%, s:n, s:[i,b]}", "a", "x\n\0\"\\y\x7f\xc3\xa4",
			      (size_t)9, "b", "c", -7, 1),
	    &n);

	(void)state;
	assert_string_equal(line,
	    "{\"a\":\"x\\n\\u0000\\\"\\\\y\x7f\xc3\xa4\",\"b\":null,\"c\":[-7,true]}\n");
	assert_int_equal(n, strlen(line));
	free(line);
}

/* Nine digits are what a float32 needs to come back the same. */
static void
floats_survive_the_wire(void **state)
{
	uint32_t x = 1;
	char why[256];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		float before, after;
		char *line;
		json_t *o;
		size_t n;

		x = x * 1664525u + 1013904223u;
		memcpy(&before, &x, sizeof(before));
		if (!(before - before == 0.0f))		/* NaN and infinity are no JSON */
			continue;
		line = dump(json_pack("{s:f}", "x", (double)before), &n);
		o = wire_parse(line, n, why, sizeof(why));
		assert_non_null(o);
		after = (float)json_number_value(json_object_get(o, "x"));
		assert_memory_equal(&before, &after, sizeof(before));
		json_decref(o);
		free(line);
	}
}

static void
each_error_has_a_name_of_its_own_and_statuses(void **state)
{
	(void)state;
	for (int i = 0; i < WIRE_NCODES; i++) {
		const struct wire_error *e = wire_error((enum wire_code)i);

		assert_non_null(e->name);
		assert_int_equal(wire_code(e->name), i);
		if (i != WIRE_OK) {
			assert_in_range(e->exit, 1, 8);
			assert_in_range(e->http, 400, 507);
		}
	}
	assert_int_equal(wire_code("no such name"), WIRE_INTERNAL);
	assert_int_equal(wire_code(""), WIRE_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_parsed),
		cmocka_unit_test(what_is_no_object_is_refused_with_a_sentence),
		cmocka_unit_test(depth_is_32_and_no_more),
		cmocka_unit_test(depth_is_not_fooled_by_strings),
		cmocka_unit_test(sentence_does_not_quote_the_line),
		cmocka_unit_test(dump_is_one_line_of_the_length_said),
		cmocka_unit_test(floats_survive_the_wire),
		cmocka_unit_test(each_error_has_a_name_of_its_own_and_statuses),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
