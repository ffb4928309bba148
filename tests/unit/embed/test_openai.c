/*
 * test_openai.c - OpenAI's way of requests and answers, errors, and what may be a URL.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "embed/remote.h"

#define BASE "http://127.0.0.1:11434/v1"

static void
request_says_model_input_and_base64(void **state)
{
	struct embedder *e = remote_new("openai", "nomic-embed-text", 0, BASE);
	const char *const texts[] = { "a", "b" };
	char *url, *dump;
	json_t *body = request_json(e, EMBED_DOCUMENT, texts, 2, &url);

	(void)state;
	dump = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(dump,
	    "{\"encoding_format\":\"base64\",\"input\":[\"a\",\"b\"],\"model\":\"nomic-embed-text\"}");
	assert_string_equal(url, BASE "/embeddings");
	free(url);
	free(dump);
	json_decref(body);
	embedder_close(e);
}

/* A model that cannot be cut refuses `dimensions`; one that was asked is asked again. */
static void
dimensions_are_said_only_when_asked_for(void **state)
{
	static const struct {
		size_t dim;
		const char *version, *is;
		bool said;
	} rows[] = {
		{ 0, NULL, "1", false },
		{ 64, NULL, "1d", true },
		{ 64, "1", "1", false },
		{ 64, "1d", "1d", true },
	};
	const char *const texts[] = { "a" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct embed_config c = { .provider = "openai", .model = "m", .dim = rows[i].dim,
			.version = rows[i].version, .service = { .base_url = BASE } };
		struct embedder *e;
		json_t *body;

		assert_int_equal(embedder_open(&c, &e, NULL), 0);
		body = request_json(e, EMBED_DOCUMENT, texts, 1, NULL);
		assert_int_equal(json_object_get(body, "dimensions") != NULL, rows[i].said);
		assert_string_equal(embedder_identity(e)->version, rows[i].is);
		assert_int_equal(embedder_identity(e)->dim, rows[i].dim);
		json_decref(body);
		embedder_close(e);
	}
}

static void
key_is_in_a_header_and_a_local_server_may_want_none(void **state)
{
	struct embed_text t = { "a", 1 };
	struct embed_config c = { .provider = "openai", .model = "m", .service = { .base_url = BASE } };
	struct embedder *e = remote_new("openai", "m", 0, BASE);
	struct embed_request r;
	struct err err;

	(void)state;
	assert_int_equal(embedder_request(e, EMBED_QUERY, &t, 1, &r, &err), 0);
	assert_string_equal(r.header[1], "Authorization: Bearer " KEY);
	assert_null(strstr(r.url, KEY));
	assert_null(strstr(r.body.p, KEY));
	embed_request_fini(&r);
	assert_null(r.header[1]);
	embedder_close(e);
	assert_int_equal(embedder_open(&c, &e, &err), 0);
	assert_int_equal(embedder_request(e, EMBED_QUERY, &t, 1, &r, &err), 0);
	assert_null(r.header[1]);
	embed_request_fini(&r);
	embedder_close(e);
	c.service.base_url = NULL;
	assert_int_equal(embedder_open(&c, &e, &err), 0);
	assert_int_equal(embedder_ready(e, &err), EMBED_EUNAVAILABLE);
	assert_int_equal(embedder_request(e, EMBED_QUERY, &t, 1, &r, &err), EMBED_EUNAVAILABLE);
	assert_string_equal(err.text,
	    "embedder openai has no key: set EMBED_API_KEY and start coolvecd again");
	embed_request_fini(&r);
	embedder_close(e);
}

static void
rows_come_by_index_as_base64_or_numbers(void **state)
{
	struct embedder *e = remote_new("openai", "m", 2, BASE);
	/* 3, 4 in base64 of float32; 0, 2 as numbers */
	struct got g = reply(e, 200, -1, "{\"data\":[{\"index\":1,\"embedding\":[0,2]},"
					 "{\"index\":0,\"embedding\":\"AABAQAAAgEA=\"}]}", 2);

	(void)state;
	assert_int_equal(g.rc, 0);
	assert_float_equal(g.rows[0], 0.6f, 1e-7);
	assert_float_equal(g.rows[1], 0.8f, 1e-7);
	assert_float_equal(g.rows[2], 0, 0);
	assert_float_equal(g.rows[3], 1, 0);
	free(g.rows);
	g = reply(e, 200, -1, "{\"data\":[{\"embedding\":[1,0]},{\"embedding\":[0,1]}]}", 2);
	assert_int_equal(g.rc, 0);
	assert_float_equal(g.rows[0], 1, 0);
	assert_float_equal(g.rows[3], 1, 0);
	free(g.rows);
	embedder_close(e);
}

static void
dim_that_is_not_known_is_taken_from_the_answer(void **state)
{
	struct embedder *e = remote_new("openai", "m", 0, BASE);
	struct got g = reply(e, 200, -1, "{\"data\":[{\"index\":0,\"embedding\":\"AABAQAAAgEA=\"}]}", 1);

	(void)state;
	assert_int_equal(g.rc, 0);
	assert_int_equal(g.dim, 2);
	free(g.rows);
	embedder_close(e);
}

static void
rows_that_cannot_be_are_refused(void **state)
{
	static const struct {
		const char *body, *why;
	} rows[] = {
		{ "{\"data\":[{\"index\":5,\"embedding\":[1,0]}]}", "is missing" },
		{ "{\"data\":[{\"index\":0,\"embedding\":\"AAB\"}]}", "components where 2 were expected" },
		{ "{\"data\":[{\"index\":0,\"embedding\":\"AABAQAAA!EA=\"}]}", "is not base64" },
		{ "{\"data\":[{\"index\":0,\"embedding\":\"AADAfwAAgEA=\"}]}", "is not finite" },
		{ "{\"data\":[{\"index\":0,\"embedding\":7}]}", "is missing" },
		{ "{\"data\":{}}", "answered 1 texts with 0 vectors" },
	};
	struct embedder *e = remote_new("openai", "m", 2, BASE);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct got g = reply(e, 200, -1, rows[i].body, 1);

		assert_int_equal(g.rc, EMBED_EUNAVAILABLE);
		if (strstr(g.err.text, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].body, g.err.text);
	}
	embedder_close(e);
}

static void
statuses_say_what_to_do(void **state)
{
	static const struct {
		long status;
		int64_t after;
		const char *body;
		int rc;
		int64_t wait;
		const char *why;
	} rows[] = {
		{ 500, -1, "", EMBED_EAGAIN, -1, "status 500" },
		{ 503, 3, "", EMBED_EAGAIN, 3000, "status 503" },
		{ 503, INT64_MAX, "", EMBED_EAGAIN, 86400000, "status 503" },
		{ 408, 0, "", EMBED_EAGAIN, 0, "status 408" },
		{ 400, -1, "{\"error\":{\"message\":\"too\\nlong\"}}", EMBED_EUNAVAILABLE, -1,
		    "refused the request (status 400: too long): check EMBED_API_KEY" },
		{ 400, -1, "{\"error\":\"no such input\"}", EMBED_EUNAVAILABLE, -1, "no such input" },
		{ 413, -1, "<html>", EMBED_EUNAVAILABLE, -1, "(status 413)" },
		{ 401, -1, "{\"error\":{\"message\":\"secret\"}}", EMBED_EUNAVAILABLE, -1,
		    "embedder openai refused the key (status 401): check EMBED_API_KEY" },
		{ 403, -1, "", EMBED_EUNAVAILABLE, -1, "refused the key" },
		{ 404, -1, "", EMBED_EUNAVAILABLE, -1, "check EMBED_MODEL and EMBED_BASE_URL" },
		{ 302, -1, "", EMBED_EUNAVAILABLE, -1, "redirects are not followed" },
		{ 204, -1, "", EMBED_EUNAVAILABLE, -1, "status 204" },
		{ 429, -1, "{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"pay\"}}", EMBED_ERATE,
		    -1, "its quota is used up" },
		{ 429, 2, "{\"error\":{\"code\":\"rate_limit_exceeded\"}}", EMBED_EAGAIN, 2000,
		    "fewer texts a minute" },
		{ 429, INT64_MAX / 1000 + 1, "", EMBED_EAGAIN, 86400000, "fewer texts a minute" },
	};
	struct embedder *e = remote_new("openai", "m", 2, BASE);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct got g = reply(e, rows[i].status, rows[i].after, rows[i].body, 1);

		assert_int_equal(g.rc, rows[i].rc);
		assert_int_equal(g.again.wait_ms, rows[i].wait);
		if (strstr(g.err.text, rows[i].why) == NULL)
			fail_msg("%ld: %s", rows[i].status, g.err.text);
	}
	embedder_close(e);
}

/* Some services repeat what they were sent. */
static void
key_in_the_words_of_a_service_is_hidden(void **state)
{
	static const char *const bodies[] = {
		"{\"error\":{\"message\":\"bad key " KEY " given\"}}",
		"{\"error\":{\"message\":\"bad key AIzaSyD-012*** given\"}}",
		"{\"message\":\"tail qrstu and klmnopqrstu\"}",
	};
	struct embedder *e = remote_new("openai", "m", 2, BASE);

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct got g = reply(e, 400, -1, bodies[i], 1);

		assert_non_null(strstr(g.err.text, "***"));
		for (size_t at = 0; at + 6 <= strlen(KEY); at++) {
			char part[7] = "";

			memcpy(part, &KEY[at], 6);
			if (strstr(g.err.text, part) != NULL)
				fail_msg("%s", g.err.text);
		}
	}
	embedder_close(e);
}

static void
only_https_and_the_loopback_are_taken(void **state)
{
	static const char *const good[] = { "https://api.openai.com/v1", "https://h:8443", "HTTPS://h/v1/",
		"http://localhost:11434/v1", "http://LOCALHOST/v1", "http://127.0.0.1:1/v1",
		"http://127.9.9.9", "http://[::1]:8080/v1" };
	static const char *const bad[] = { "", "api.openai.com", "http://example.org/v1", "http://10.0.0.1/v1",
		"http://127.0.0.1.example.org/v1", "http://localhost.example.org/v1", "http://1270.0.0.1/",
		"http://[::2]/v1", "http://[::1].example.org/v1", "ftp://h/v1", "file:///etc/passwd",
		"https://", "https:///v1", "https://user:pass@h/v1", "https://h/v1?key=x", "https://h/v1#x",
		"http://localhost@example.org/", "http://localhost\\@example.org/", "https://h /v1",
		"http://127.0.0.1\n.example.org/" };
	struct embed_config c = { .provider = "openai", .model = "m" };
	struct embedder *e;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		c.service.base_url = good[i];
		if (embedder_open(&c, &e, &err) != 0)
			fail_msg("%s: %s", good[i], err.text);
		embedder_close(e);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c.service.base_url = bad[i];
		if (embedder_open(&c, &e, &err) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(err.code, EMBED_EINVAL);
		assert_null(strstr(err.text, "pass@"));
	}
}

static void
settings_that_cannot_be_are_refused(void **state)
{
	static const struct embed_config rows[] = {
		{ .provider = "openai", .model = "a b" },
		{ .provider = "openai", .model = "m", .dim = 16001 },
		{ .provider = "openai", .model = "m", .service = { .key = "a\nX-Header: b" } },
		{ .provider = "openai", .service = { .base_url = BASE } },
		{ .provider = "openai", .model = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
		{ .provider = "gemini", .model = "../../x" },
		{ .provider = "gemini", .model = "models/" },
		{ .provider = "gemini", .dim = 3073 },
	};
	struct embedder *e;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (embedder_open(&rows[i], &e, &err) != EMBED_EINVAL || e != NULL)
			fail_msg("taken: row %zu", i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_says_model_input_and_base64),
		cmocka_unit_test(dimensions_are_said_only_when_asked_for),
		cmocka_unit_test(key_is_in_a_header_and_a_local_server_may_want_none),
		cmocka_unit_test(rows_come_by_index_as_base64_or_numbers),
		cmocka_unit_test(dim_that_is_not_known_is_taken_from_the_answer),
		cmocka_unit_test(rows_that_cannot_be_are_refused),
		cmocka_unit_test(statuses_say_what_to_do),
		cmocka_unit_test(key_in_the_words_of_a_service_is_hidden),
		cmocka_unit_test(only_https_and_the_loopback_are_taken),
		cmocka_unit_test(settings_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests_name("openai", tests, NULL, NULL);
}
