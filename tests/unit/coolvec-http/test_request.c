/*
 * test_request.c - the way of a request from its bytes to its arguments, without a server.
 *
 * The last tests are fuzzing with a fixed seed: requests that are nearly right, changed at random.
 * Whatever comes, an exchange ends answered or asking, its answer has a status that errors can
 * have, and no byte is read or written that is not ours (which the sanitizers see).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exchange.h"
#include "fields.h"
#include "metrics.h"
#include "pages.h"
#include "target.h"

#define ROUNDS 200000

static struct guard guard;

/* --- fields --- */

static void
assert_field(const struct field *f, const char *name, const char *value)
{
	assert_string_equal(f->name, name);
	assert_string_equal(f->value, value);
	assert_int_equal(f->n, strlen(value));
}

static void
urlencoded_is_decoded(void **state)
{
	char s[] = "a=1&b+c=d%20e%26&&empty=&none&=x";
	struct fields f = { .n = 0 };
	struct err err;

	(void)state;
	assert_int_equal(fields_urlencoded(s, sizeof(s) - 1, &f, &err), 0);
	assert_int_equal(f.n, 5);
	assert_field(&f.at[0], "a", "1");
	assert_field(&f.at[1], "b c", "d e&");
	assert_field(&f.at[2], "empty", "");
	assert_field(&f.at[3], "none", "");
	assert_field(&f.at[4], "", "x");
}

static void
escapes_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "a=%", "a=%1", "a=%zz", "%00=1", "a=%0g", "a%2=1" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fields f = { .n = 0 };
		char s[16];

		snprintf(s, sizeof(s), "%s", bad[i]);
		assert_int_equal(fields_urlencoded(s, strlen(s), &f, &err), -1);
	}
}

static const char multipart_type[] = "multipart/form-data; charset=x; boundary=\"B-1\"";

static int
multipart(const char *body, char *copy, struct fields *f)
{
	struct err err;

	f->n = 0;
	strcpy(copy, body);
	return fields_multipart(copy, strlen(body), multipart_type, f, &err);
}

static void
multipart_is_taken_apart(void **state)
{
	struct fields f;
	char copy[512];

	(void)state;
	assert_int_equal(
	    multipart("--B-1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
		      "--B-1\r\nX: y\r\ncontent-disposition: form-data; name=\"b\"; "
		      "filename=\"f\"\r\n\r\n"
		      "two\r\nlines\r\n--B-1\r\nContent-Disposition: form-data; "
		      "name=\"c\"\r\n\r\n\r\n--B-1--\r\n",
		copy, &f),
	    0);
	assert_int_equal(f.n, 3);
	assert_field(&f.at[0], "a", "1");
	assert_field(&f.at[1], "b", "two\r\nlines");
	assert_field(&f.at[2], "c", "");
}

static void
multipart_that_is_broken_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "--B-1", "--B-1\r\n", "--B-2\r\n\r\n--B-2--",
		"--B-1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1",
		"--B-1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B-1",
		"--B-1\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B-1--",
		"--B-1\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--B-1--",
		"--B-1\r\n\r\n1\r\n--B-1--", "--B-1\r\nno end\r\n--B-1--",
	};
	struct fields f;
	struct err err;
	char copy[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(multipart(bad[i], copy, &f), -1);
	assert_int_equal(fields_multipart(copy, 0, "multipart/form-data", &f, &err), -1);
	assert_int_equal(fields_multipart(copy, 0, "multipart/form-data; boundary=", &f, &err), -1);
}

static void
media_types_are_compared_without_parameters(void **state)
{
	(void)state;
	assert_true(fields_type_is("application/json", "application/json"));
	assert_true(fields_type_is("Application/JSON ; charset=utf-8", "application/json"));
	assert_false(fields_type_is("application/jsonx", "application/json"));
	assert_false(fields_type_is(NULL, "application/json"));
}

/* --- targets and routes --- */

static void
a_path_is_split_before_it_is_decoded(void **state)
{
	struct target t;
	struct err err;

	(void)state;
	assert_int_equal(target_parse("/vec/a%2Fb/?x=1", &t, &err), 0);
	assert_int_equal(t.nsegments, 3);
	assert_string_equal(t.segments[1], "a/b");
	assert_string_equal(t.segments[2], "");
	assert_field(&t.query.at[0], "x", "1");
	target_fini(&t);
	assert_int_equal(target_parse("http://host/", &t, &err), -1);
	target_fini(&t);
	assert_int_equal(target_parse("", &t, &err), -1);
	target_fini(&t);
	assert_int_equal(target_parse("/a/b/c/d/e", &t, &err), 0);
	assert_int_equal(t.nsegments, 0);
	target_fini(&t);
}

static void
what_is_written_out_wins_over_a_parameter(void **state)
{
	const char *count[] = { "vec", "count" }, *id[] = { "vec", "7" }, *add[] = { "vec", "add" };
	char allow[64];

	(void)state;
	assert_string_equal(route_find("GET", count, 2, allow, sizeof(allow))->op, "count");
	assert_string_equal(route_find("HEAD", id, 2, allow, sizeof(allow))->path, "/vec/{id}");
	assert_null(route_find("GET", add, 2, allow, sizeof(allow)));
	assert_string_equal(allow, "POST, OPTIONS");
	assert_int_equal(route_segment(route_find("GET", id, 2, allow, sizeof(allow)), "id"), 1);
	assert_int_equal(route_segment(route_find("GET", id, 2, allow, sizeof(allow)), "i"), -1);
}

/* --- whole requests --- */

struct request {
	const char *method, *uri, *type, *body;
};

static struct exchange *
send_request(const char *method, const char *uri, const char *type, const char *body, size_t n)
{
	struct exchange *x = exchange_new(&guard, uri);
	char length[24];

	assert_non_null(x);
	snprintf(length, sizeof(length), "%zu", n);
	guard_header(&x->head, "host", "localhost");
	guard_header(&x->head, "authorization", "Bearer t");
	if (n > 0)
		guard_header(&x->head, "content-length", length);
	if (type != NULL)
		guard_header(&x->head, "content-type", type);
	exchange_begin(x, method);
	x->head.content_length = NULL;		/* `length` ends here */
	if (x->state == EXCHANGE_READING && n > 0) {
		assert_true(exchange_body(x, body, n / 2));
		assert_true(exchange_body(x, body + n / 2, n - n / 2));
	}
	exchange_ready(x);
	return x;
}

static void
assert_args(
    const char *method, const char *uri, const char *type, const char *body, const char *want)
{
	struct exchange *x = send_request(method, uri, type, body, strlen(body));
	json_t *expected = json_loads(want, 0, NULL);

	assert_non_null(expected);
	assert_int_equal(x->state, EXCHANGE_ASKING);
	assert_true(json_equal(x->args, expected));
	json_decref(expected);
	exchange_free(x);
}

static void
arguments_come_from_path_query_form_and_body(void **state)
{
	(void)state;
	assert_args("POST", "/vec/similarity?vec_id=3&k=7&exact=1", NULL, "",
	    "{\"id\":3,\"k\":7,\"exact\":true,\"fields\":[\"text\"]}");
	assert_args(
	    "GET", "/vec/12?with_vector=false", NULL, "", "{\"ids\":[12],\"with_vector\":false}");
	assert_args("PATCH", "/vec/12?collection=c", "application/json", "{\"meta\":null}",
	    "{\"id\":12,\"collection\":\"c\",\"meta\":null}");
	assert_args("POST", "/auth/login", "application/x-www-form-urlencoded",
	    "username=a%40b&password=p+q&scope=&grant_type=password",
	    "{\"username\":\"a@b\",\"password\":\"p q\"}");
	assert_args("POST", "/vec/batch?collection=c", "application/x-ndjson",
	    "{\"text\":\"a\"}\n\n{\"text\":\"b\"}",
	    "{\"collection\":\"c\",\"items\":[{\"text\":\"a\"},"
	    "{\"text\":\"b\"}]}");
}

static void
a_key_makes_an_operation_safe_to_repeat(void **state)
{
	struct exchange *x = exchange_new(&guard, "/vec/5");

	(void)state;
	guard_header(&x->head, "Host", "[::1]:8000");
	guard_header(&x->head, "Authorization", "Bearer t");
	guard_header(&x->head, "Idempotency-Key", "k");
	exchange_begin(x, "DELETE");
	exchange_ready(x);
	assert_int_equal(x->state, EXCHANGE_ASKING);
	assert_true(x->once);
	assert_string_equal(json_string_value(json_object_get(x->args, "request_id")), "k");
	exchange_free(x);
}

static void
every_example_of_the_table_becomes_arguments(void **state)
{
	(void)state;
	for (const struct route *r = routes; r->method != NULL; r++) {
		const char *given = r->example.given != NULL ? r->example.given : "";
		const char *brace = strchr(r->path, '{');
		const char *body = r->example.body != NULL ? r->example.body : "";
		struct exchange *x;
		char uri[128];

		if (brace != NULL)
			snprintf(uri, sizeof(uri), "%.*s%s", (int)(brace - r->path), r->path,
			    strchr(given, '=') + 1);
		else
			snprintf(uri, sizeof(uri), "%s?%s", r->path, given);
		x = send_request(r->method, uri, "application/json", body, strlen(body));
		assert_ptr_equal(x->route, r);
		assert_int_equal(x->state, r->op != NULL ? EXCHANGE_ASKING : EXCHANGE_ANSWERED);
		assert_int_equal(x->code, WIRE_OK);
		exchange_free(x);
	}
}

/* --- at random --- */

static uint64_t seed = 88172645463325252;

static size_t
pick(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed % n);
}

/* Some bytes of `s` changed, dropped or doubled; never a NUL, which no parser of HTTP lets through.
 */
static size_t
mutate(const char *s, size_t n, char *out, size_t room)
{
	static const char spice[] = "%&=/?+\"{}[],:;\r\n-\\ \x7f\xff\xc3" "09azAZ";
	size_t to = 0, rate = 4 + pick(60);

	for (size_t i = 0; i < n && to + 2 < room; i++) {
		size_t what = pick(rate);

		if (what == 0)
			out[to++] = spice[pick(sizeof(spice) - 1)];
		else if (what == 1)
			out[to++] = (char)(1 + pick(255));
		else if (what != 2)
			out[to++] = s[i];
		if (what == 3)
			out[to++] = s[i];
	}
	out[to] = '\0';
	return to;
}

static const struct request seeds[] = {
	{ "POST", "/auth/login", "application/x-www-form-urlencoded",
	    "username=ada&password=p%20q+r" },
	{ "POST", "/auth/login", "multipart/form-data; boundary=B",
	    "--B\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nada\r\n--B\r\n"
	    "Content-Disposition: form-data; name=\"password\"\r\n\r\nsecret\r\n--B--\r\n" },
	{ "POST", "/vec/add?collection=c", "application/json",
	    "{\"text\":\"caf\xc3\xa9 "
	    "\\ud83d\\ude00\",\"meta\":{\"a\":[1,2.5e3,null]},\"key\":\"k\"}" },
	{ "POST", "/vec/batch", "application/x-ndjson",
	    "{\"text\":\"a\"}\n{\"vector\":[1,2]}\r\n" },
	{ "POST", "/vec/search", "application/json",
	    "{\"vector\":[0.25,-1e-3],\"k\":10,\"fields\":[\"text\",\"key\"],\"exact\":true}" },
	{ "GET", "/vec/similarity?vec_id=0&k=5&fields=text,meta&metric=l2", "text/plain", "" },
	{ "PATCH", "/vec/17?collection=a-b_c", "application/json", "{\"meta\":null}" },
	{ "DELETE", "/collections/pa%70ers", NULL, "" },
};

static void
requests_changed_at_random_end_well(void **state)
{
	char uri[256], type[128], body[512];
	size_t asked = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		const struct request *s = &seeds[pick(sizeof(seeds) / sizeof(seeds[0]))];
		bool other = s->type != NULL && pick(4) == 0;
		size_t n = strlen(s->body);
		struct exchange *x;

		if (pick(2) == 0)
			mutate(s->uri, strlen(s->uri), uri, sizeof(uri));
		else
			snprintf(uri, sizeof(uri), "%s", s->uri);
		if (other)
			mutate(s->type, strlen(s->type), type, sizeof(type));
		if (pick(2) == 0)
			n = mutate(s->body, n, body, sizeof(body));
		else
			memcpy(body, s->body, n + 1);
		x = send_request(s->method, uri, other ? type : s->type, body, n);
		if (x->state == EXCHANGE_ASKING) {
			asked++;
			assert_non_null(x->args);
			assert_int_equal(x->code, WIRE_OK);
		} else {
			assert_int_equal(x->state, EXCHANGE_ANSWERED);
			assert_true(x->answer.status >= 200 && x->answer.status < 500);
		}
		exchange_free(x);
	}
	/* Were the changes too wild, nothing would get past the first check. */
	assert_true(asked > ROUNDS / 10);
}

static void
heads_changed_at_random_are_judged(void **state)
{
	static const char *const names[] = { "Host", "Origin", "Content-Length",
		"Transfer-Encoding", "Authorization", "X-Request-Id" };
	static const char *const values[] = { "localhost:8000", "http://localhost:8000", "[::1]:1",
		"5", "chunked", "Bearer abc", "127.0.0.1" };
	char held[4][64];
	struct err err;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct head h = { 0 };
		int code;

		for (size_t j = 0; j < 4; j++) {
			const char *v = values[pick(sizeof(values) / sizeof(values[0]))];

			mutate(v, strlen(v), held[j], sizeof(held[j]));
			guard_header(&h, names[pick(sizeof(names) / sizeof(names[0]))], held[j]);
		}
		code = guard_check(&guard, &h, &err);
		assert_true(code == 0 || code == WIRE_BAD_REQUEST || code == WIRE_FORBIDDEN);
		if (code == 0) {
			assert_non_null(h.host);
			assert_false(h.twice);
			assert_true(h.content_length == NULL || h.transfer_encoding == NULL);
		}
	}
}

static int
prepare(void **state)
{
	struct err err;

	(void)state;
	metrics_init();
	return pages_init(&err);
}

static int
clear(void **state)
{
	(void)state;
	pages_fini();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urlencoded_is_decoded),
		cmocka_unit_test(escapes_that_are_none_are_refused),
		cmocka_unit_test(multipart_is_taken_apart),
		cmocka_unit_test(multipart_that_is_broken_is_refused),
		cmocka_unit_test(media_types_are_compared_without_parameters),
		cmocka_unit_test(a_path_is_split_before_it_is_decoded),
		cmocka_unit_test(what_is_written_out_wins_over_a_parameter),
		cmocka_unit_test(arguments_come_from_path_query_form_and_body),
		cmocka_unit_test(a_key_makes_an_operation_safe_to_repeat),
		cmocka_unit_test(every_example_of_the_table_becomes_arguments),
		cmocka_unit_test(requests_changed_at_random_end_well),
		cmocka_unit_test(heads_changed_at_random_are_judged),
	};

	return cmocka_run_group_tests(tests, prepare, clear);
}
