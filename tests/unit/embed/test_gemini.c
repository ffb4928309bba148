/*
 * test_gemini.c - Gemini's requests and answers, without any network.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "embed/remote.h"

#define BASE "https://example.org/v1beta"

static void
expect(json_t *has, const char *text)
{
	json_t *want = json_loads(text, 0, NULL);
	char *dump = json_dumps(has, JSON_COMPACT);

	assert_non_null(want);
	if (!json_equal(has, want))
		fail_msg("%s is not %s", dump, text);
	free(dump);
	json_decref(want);
	json_decref(has);
}

static void
one_text_is_an_embedContent(void **state)
{
	struct embedder *e = remote_new("gemini", NULL, 0, BASE "/");
	const char *const texts[] = { "a \"b\"" };
	char *url;

	(void)state;
	expect(request_json(e, EMBED_DOCUMENT, texts, 1, &url),
	    "{\"model\":\"models/gemini-embedding-001\",\"content\":{\"parts\":[{\"text\":\"a \\\"b\\\"\"}]},"
	    "\"outputDimensionality\":3072,\"taskType\":\"RETRIEVAL_DOCUMENT\"}");
	assert_string_equal(url, BASE "/models/gemini-embedding-001:embedContent");
	assert_null(strstr(url, KEY));
	free(url);
	expect(request_json(e, EMBED_QUERY, texts, 1, NULL),
	    "{\"model\":\"models/gemini-embedding-001\",\"content\":{\"parts\":[{\"text\":\"a \\\"b\\\"\"}]},"
	    "\"outputDimensionality\":3072,\"taskType\":\"RETRIEVAL_QUERY\"}");
	embedder_close(e);
}

static void
several_texts_are_a_batch_with_the_model_in_each(void **state)
{
	struct embedder *e = remote_new("gemini", "models/gemini-embedding-001", 5, BASE);
	const char *const texts[] = { "a", "b" };
	char *url;

	(void)state;
	expect(request_json(e, EMBED_DOCUMENT, texts, 2, &url),
	    "{\"requests\":[{\"model\":\"models/gemini-embedding-001\",\"content\":{\"parts\":[{\"text\":\"a\"}]},"
	    "\"outputDimensionality\":5,\"taskType\":\"RETRIEVAL_DOCUMENT\"},"
	    "{\"model\":\"models/gemini-embedding-001\",\"content\":{\"parts\":[{\"text\":\"b\"}]},"
	    "\"outputDimensionality\":5,\"taskType\":\"RETRIEVAL_DOCUMENT\"}]}");
	assert_string_equal(url, BASE "/models/gemini-embedding-001:batchEmbedContents");
	free(url);
	embedder_close(e);
}

static void
second_model_has_prefixes_instead_of_tasks(void **state)
{
	struct embedder *e = remote_new("gemini", "gemini-embedding-2", 4, BASE);
	const char *const texts[] = { "a" };

	(void)state;
	expect(request_json(e, EMBED_DOCUMENT, texts, 1, NULL),
	    "{\"model\":\"models/gemini-embedding-2\",\"content\":{\"parts\":[{\"text\":"
	    "\"title: none | text: a\"}]},\"outputDimensionality\":4}");
	expect(request_json(e, EMBED_QUERY, texts, 1, NULL),
	    "{\"model\":\"models/gemini-embedding-2\",\"content\":{\"parts\":[{\"text\":"
	    "\"task: search result | query: a\"}]},\"outputDimensionality\":4}");
	embedder_close(e);
}

static void
models_and_prefixes_are_spaces_of_their_own(void **state)
{
	struct embedder *one = remote_new("gemini", NULL, 0, NULL);
	struct embedder *two = remote_new("gemini", "gemini-embedding-2", 0, NULL);
	struct embed_config c = { .provider = "gemini", .model = "gemini-embedding-2",
		.service = { .prefix = { NULL, "look for: " } } };
	struct embedder *other;
	struct err err;

	(void)state;
	assert_int_equal(embedder_open(&c, &other, &err), 0);
	assert_string_equal(embedder_identity(one)->version, "1");
	assert_string_not_equal(embedder_identity(one)->model, embedder_identity(two)->model);
	assert_string_not_equal(embedder_identity(two)->version, embedder_identity(other)->version);
	assert_int_equal(embedder_identity(one)->dim, 3072);
	assert_int_equal(embedder_identity(two)->dim, 3072);
	embedder_close(one);
	embedder_close(two);
	embedder_close(other);
}

static void
at_most_a_hundred_texts_and_a_megabyte_go_at_once(void **state)
{
	struct embedder *e = remote_new("gemini", NULL, 0, BASE);
	static struct embed_text texts[1000];
	static char long_text[700000];

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		texts[i] = (struct embed_text){ "abc", 3 };
	assert_int_equal(embedder_batch(e, texts, 1000), 100);
	assert_int_equal(embedder_batch(e, texts, 7), 7);
	memset(long_text, 'a', sizeof(long_text));
	texts[0] = texts[1] = texts[2] = (struct embed_text){ long_text, sizeof(long_text) };
	assert_int_equal(embedder_batch(e, texts, 1000), 1);
	embedder_close(e);
}

static void
answers_become_unit_vectors(void **state)
{
	struct embedder *e = remote_new("gemini", NULL, 2, BASE);
	struct got g = reply(e, 200, -1, "{\"embedding\":{\"values\":[3,4]}}", 1);

	(void)state;
	assert_int_equal(g.rc, 0);
	assert_int_equal(g.dim, 2);
	assert_float_equal(g.rows[0], 0.6f, 1e-7);
	assert_float_equal(g.rows[1], 0.8f, 1e-7);
	free(g.rows);
	g = reply(e, 200, -1, "{\"embeddings\":[{\"values\":[0,-0.5]},{\"values\":[1e-3,0]}]}", 2);
	assert_int_equal(g.rc, 0);
	assert_float_equal(g.rows[1], -1, 0);
	assert_float_equal(g.rows[2], 1, 0);
	free(g.rows);
	embedder_close(e);
}

static void
answers_that_cannot_be_are_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *body, *why;
		size_t n;
	} rows[] = {
		{ "", "what is not a JSON object (0 bytes)", 1 },
		{ "[1]", "what is not a JSON object", 1 },
		{ "{\"embedding\":{\"values\":[1,", "what is not a JSON object", 1 },
		{ "{\"embedding\":{\"values\":[1,NaN]}}", "what is not a JSON object", 1 },
		{ "{\"embedding\":{\"values\":[1e999,1]}}", "what is not a JSON object", 1 },
		{ "{\"embedding\":{\"values\":[1,2]},\"embedding\":1}", "what is not a JSON object", 1 },
		{ "{\"embedding\":{\"values\":[1e300,1]}}", "is not finite", 1 },
		{ "{\"embedding\":{\"values\":[1,null]}}", "a component that is not a number", 1 },
		{ "{\"embedding\":{\"values\":[1,\"2\"]}}", "a component that is not a number", 1 },
		{ "{\"embedding\":{\"values\":[0,0]}}", "is all zero", 1 },
		{ "{\"embedding\":{\"values\":[]}}", "0 components where 2 were expected", 1 },
		{ "{\"embedding\":{\"values\":[1,2,3]}}", "3 components where 2 were expected", 1 },
		{ "{\"embedding\":{\"values\":{}}}", "is missing", 1 },
		{ "{\"embedding\":{}}", "is missing", 1 },
		{ "{}", "answered 1 texts with 0 vectors", 1 },
		{ "{\"embeddings\":[{\"values\":[1,2]}]}", "answered 2 texts with 1 vectors", 2 },
		{ "{\"embeddings\":[{\"values\":[1,2]},{\"values\":[1,2]},{\"values\":[1,2]}]}",
		    "answered 2 texts with 3 vectors", 2 },
		{ "{\"embeddings\":[{\"values\":[1,2]},{}]}", "(number 1) that is missing", 2 },
	};
	struct embedder *e = remote_new("gemini", NULL, 2, BASE);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct got g = reply(e, 200, -1, rows[i].body, rows[i].n);

		assert_int_equal(g.rc, EMBED_EUNAVAILABLE);
		assert_null(g.rows);
		if (strstr(g.err.text, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].body, g.err.text);
	}
	embedder_close(e);
}

#define QUOTA(id, value) "{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\",\"violations\":[" \
	"{\"quotaId\":\"" id "\",\"quotaValue\":" value "}]}"
#define RETRY(delay) "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"" delay "\"}"
#define LIMITED(details) "{\"error\":{\"code\":429,\"message\":\"m\",\"details\":[" details "]}}"

static void
quotas_are_read(void **state)
{
	static const struct {
		const char *body;
		int64_t after;
		int rc;
		int64_t wait;
		bool limited;
		uint32_t per_minute;
	} rows[] = {
		{ "", -1, EMBED_EAGAIN, -1, false, 0 },
		{ "not json", 7, EMBED_EAGAIN, 7000, true, 0 },
		{ LIMITED(RETRY("23s")), -1, EMBED_EAGAIN, 23000, true, 0 },
		{ LIMITED(RETRY("0.5s")), 9, EMBED_EAGAIN, 500, true, 0 },
		{ LIMITED(RETRY("soon")), -1, EMBED_EAGAIN, -1, false, 0 },
		{ LIMITED(RETRY("-5s")), -1, EMBED_EAGAIN, -1, false, 0 },
		{ LIMITED(RETRY("1e300s")), -1, EMBED_EAGAIN, 86400000, true, 0 },
		{ LIMITED(QUOTA("EmbedContentRequestsPerMinutePerProject", "\"150\"") "," RETRY("2s")), -1,
		    EMBED_EAGAIN, 2000, true, 150 },
		{ LIMITED(QUOTA("EmbedContentRequestsPerMinutePerProject", "3000")), -1, EMBED_EAGAIN, -1,
		    true, 3000 },
		{ LIMITED(QUOTA("EmbedContentInputTokensPerMinutePerProject", "\"30000\"")), -1,
		    EMBED_EAGAIN, -1, false, 0 },
		{ LIMITED(QUOTA("EmbedContentRequestsPerMinutePerProject", "\"-3\"")), -1, EMBED_EAGAIN, -1,
		    false, 0 },
		{ LIMITED(QUOTA("EmbedContentRequestsPerDayPerProject", "\"1000\"") "," RETRY("9s")), -1,
		    EMBED_ERATE, 9000, false, 0 },
	};
	struct embedder *e = remote_new("gemini", NULL, 2, BASE);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct got g = reply(e, 429, rows[i].after, rows[i].body, 1);

		assert_int_equal(g.rc, rows[i].rc);
		if (g.again.wait_ms != rows[i].wait || g.again.per_minute != rows[i].per_minute ||
		    g.again.limited != rows[i].limited)
			fail_msg("%s: %lld ms, %u a minute", rows[i].body, (long long)g.again.wait_ms,
			    (unsigned)g.again.per_minute);
	}
	embedder_close(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_text_is_an_embedContent),
		cmocka_unit_test(several_texts_are_a_batch_with_the_model_in_each),
		cmocka_unit_test(second_model_has_prefixes_instead_of_tasks),
		cmocka_unit_test(models_and_prefixes_are_spaces_of_their_own),
		cmocka_unit_test(at_most_a_hundred_texts_and_a_megabyte_go_at_once),
		cmocka_unit_test(answers_become_unit_vectors),
		cmocka_unit_test(answers_that_cannot_be_are_refused_with_a_sentence),
		cmocka_unit_test(quotas_are_read),
	};

	return cmocka_run_group_tests_name("gemini", tests, NULL, NULL);
}
