/*
 * test_item.c - items of a request: what is taken from them, and every fault listed.
 *
 * The space is made by hand and has no files.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file.h"
#include "item.h"

struct fixture {
	char folder[64];
	struct daemon d;
	struct call call;
	struct space space;
	struct commit_job *job;
	json_t *bad;
	struct err err;
};

/* A space of vectors only, 2 components. */
static int
make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	f->call.d = &f->d;
	f->space.info.dim = 2;
	strcpy(f->space.info.name, "c");
	strcpy(f->space.info.provider, "none");
	*state = f;
	strcpy(f->folder, "/tmp/coolvec-item-XXXXXX");
	if (mkdtemp(f->folder) == NULL)
		return -1;
	return meta_open(NULL, f->folder, &f->d.meta, &f->err);
}

/* A space that embeds locally, 64 components. */
static int
make_local(void **state)
{
	struct embed_config config = { .provider = "local", .dim = 64 };
	struct fixture *f;

	if (make(state) != 0)
		return -1;
	f = *state;
	f->space.info.dim = 64;
	strcpy(f->space.info.provider, "local");
	return embedder_open(&config, &f->space.embedder, &f->err);
}

static int
end(void **state)
{
	struct fixture *f = *state;

	commit_job_free(f->job);
	json_decref(f->bad);
	embedder_close(f->space.embedder);
	meta_close(f->d.meta);
	if (file_remove_tree(f->folder, &f->err) != 0)
		return -1;
	free(f);
	return 0;
}

/* item_take_all of an array given as JSON text. */
static enum wire_code
take(struct fixture *f, const char *text, bool single)
{
	json_t *objects = json_loads(text, JSON_ALLOW_NUL, NULL);
	enum wire_code code;
	size_t n;

	assert_non_null(objects);
	n = json_array_size(objects);
	commit_job_free(f->job);
	json_decref(f->bad);
	f->err.text[0] = '\0';
	f->job = commit_job_new(&f->call, &f->space, COMMIT_ADD, n, n);
	assert_non_null(f->job);
	f->job->single = single;
	code = item_take_all(f->job, objects, &f->bad, &f->err);
	json_decref(objects);
	assert_true((code == WIRE_OK) == (f->err.text[0] == '\0'));
	return code;
}

static void
good_items_are_copied(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(take(f,
			     "[{\"vector\":[1,2],\"text\":\"a\\u0000b\",\"key\":\"k\",\"meta\":"
			     "{\"x\":[1.5,null]}},{\"vector\":\"AACAPwAAAEA=\"}]",
			     false),
	    WIRE_OK);
	assert_null(f->bad);
	assert_int_equal(f->job->items[0].text_len, 3);
	assert_memory_equal(f->job->items[0].text, "a\0b", 4);
	assert_string_equal(f->job->items[0].key, "k");
	assert_string_equal(f->job->items[0].meta, "{\"x\":[1.5,null]}");
	assert_null(f->job->items[1].text);
	assert_null(f->job->items[1].key);
	assert_null(f->job->items[1].meta);
	assert_true(f->job->vectors[0] == 1.0f && f->job->vectors[1] == 2.0f);
	assert_memory_equal(f->job->vectors, f->job->vectors + 2, 2 * sizeof(float));
	assert_int_equal(f->job->items[0].crc, vec_crc32c(0, f->job->vectors, 2 * sizeof(float)));
	assert_int_equal(f->job->items[0].crc, f->job->items[1].crc);
}

/* The fault listed in place `at`: its item's index, its name. */
static void
assert_fault(const struct fixture *f, size_t at, json_int_t index, const char *name)
{
	const json_t *fault = json_array_get(f->bad, at);
	const char *message = json_string_value(json_object_get(fault, "message"));

	assert_int_equal(json_integer_value(json_object_get(fault, "index")), index);
	assert_string_equal(json_string_value(json_object_get(fault, "name")), name);
	assert_true(message != NULL && message[0] != '\0');
	assert_int_equal(json_object_size(fault), 3);
}

static void
every_fault_is_listed_by_its_place(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(take(f,
			     "[{\"vector\":[1,2]},{\"vector\":[1]},7,{},{\"vector\":[3,4]},"
			     "{\"vector\":[0,0]},{\"vector\":[1,2],\"key\":\"\"},"
			     "{\"vector\":[1,2],\"keys\":\"x\"},{\"vector\":[1,2],\"meta\":null},"
			     "{\"text\":\"\"},{\"vector\":[1,2],\"text\":7},null,{\"text\":\"a\"}]",
			     false),
	    WIRE_DIMENSION_MISMATCH);
	assert_string_equal(f->err.text, "item 1: vector has 1 components, collection has 2");
	assert_int_equal(json_array_size(f->bad), 11);
	assert_fault(f, 0, 1, "dimension_mismatch");
	assert_fault(f, 1, 2, "bad_request");
	assert_fault(f, 2, 3, "bad_request");
	assert_fault(f, 3, 5, "bad_request");
	assert_fault(f, 4, 6, "bad_request");
	assert_fault(f, 5, 7, "bad_request");
	assert_fault(f, 6, 8, "bad_request");
	assert_fault(f, 7, 9, "bad_request");
	assert_fault(f, 8, 10, "bad_request");
	assert_fault(f, 9, 11, "bad_request");
	assert_fault(f, 10, 12, "space_mismatch");
}

static void
text_for_a_collection_of_vectors_is_a_mismatch(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    take(f, "[{\"vector\":[1,2]},{\"text\":\"a\"}]", false), WIRE_SPACE_MISMATCH);
	assert_string_equal(f->err.text, "item 1: collection c takes vectors only");
	assert_int_equal(json_array_size(f->bad), 1);
	assert_fault(f, 0, 1, "space_mismatch");
	assert_int_equal(take(f, "[{\"text\":\"a\"}]", true), WIRE_SPACE_MISMATCH);
}

static void
single_item_is_not_numbered(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(take(f, "[{\"vector\":[1]}]", true), WIRE_DIMENSION_MISMATCH);
	assert_string_equal(f->err.text, "vector has 1 components, collection has 2");
	assert_int_equal(take(f, "[{\"key\":\"k\"}]", true), WIRE_BAD_REQUEST);
	assert_string_equal(f->err.text, "neither text nor vector is given");
}

static void
key_twice_in_a_batch_is_a_fault_of_the_later_ones(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(take(f,
			     "[{\"vector\":[1,1],\"key\":\"b\"},{\"vector\":[1,1],\"key\":\"a\"},"
			     "{\"vector\":[1,1]},{\"vector\":[1,1],\"key\":\"b\"},"
			     "{\"vector\":[1,1],\"key\":\"B\"},{\"vector\":[1,1],\"key\":\"b\"}]",
			     false),
	    WIRE_BAD_REQUEST);
	assert_int_equal(json_array_size(f->bad), 2);
	assert_fault(f, 0, 3, "bad_request");
	assert_fault(f, 1, 5, "bad_request");
	assert_string_equal(f->err.text, "item 3: key \"b\" is in this batch already");
}

/* What is cut to fit may end inside a character; the fault is listed all the same. */
static void
fault_with_a_long_name_is_listed(void **state)
{
	struct fixture *f = *state;
	char text[1200] = "[{\"vector\":[1,1],\"key\":\"k\"},{\"vector\":[1,1],\"x";

	for (int i = 0; i < 100; i++)
		strcat(text, "\xc3\xa4");
	strcat(text, "\":1}]");
	assert_int_equal(take(f, text, false), WIRE_BAD_REQUEST);
	assert_int_equal(json_array_size(f->bad), 1);
	assert_fault(f, 0, 1, "bad_request");
}

static void
texts_are_embedded_unless_a_vector_came(void **state)
{
	struct fixture *f = *state;
	struct embed_text one = { "hello", 5 };
	float x[64];
	size_t bad;
	char text[1024] = "[{\"text\":\"hello\"},{\"text\":\"kept\",\"vector\":[1";

	for (int i = 1; i < 64; i++)
		strcat(text, ",0");
	strcat(text, "]},{\"text\":\"hello\"}]");
	assert_int_equal(take(f, text, false), WIRE_OK);
	assert_int_equal(embedder_embed(f->space.embedder, &one, 1, x, &bad, &f->err), 0);
	assert_memory_equal(f->job->vectors, x, sizeof(x));
	assert_memory_equal(f->job->vectors + 128, x, sizeof(x));
	assert_true(f->job->vectors[64] == 1.0f && f->job->vectors[65] == 0.0f);
	assert_string_equal(f->job->items[1].text, "kept");
	assert_true(f->job->lexical);
}

static void
texts_that_cannot_be_embedded_are_all_listed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(take(f,
			     "[{\"text\":\"good\"},{\"text\":\" \"},{\"text\":\"fine\"},"
			     "{\"text\":\"\\n\\t \"},{\"vector\":[1]}]",
			     false),
	    WIRE_DIMENSION_MISMATCH);
	assert_int_equal(json_array_size(f->bad), 3);
	assert_fault(f, 0, 4, "dimension_mismatch");
	assert_fault(f, 1, 1, "bad_request");
	assert_fault(f, 2, 3, "bad_request");
	assert_int_equal(take(f, "[{\"text\":\"  \"}]", true), WIRE_BAD_REQUEST);
}

static uint64_t
digest_of(struct fixture *f, const char *text)
{
	json_t *args = json_loads(text, 0, NULL);
	uint64_t digest;

	assert_non_null(args);
	commit_job_free(f->job);
	f->job = commit_job_new(&f->call, &f->space, COMMIT_ADD, 1, 0);
	assert_non_null(f->job);
	assert_int_equal(item_take_request(f->job, args), 0);
	assert_string_equal(f->job->request, "r");
	digest = f->job->digest;
	json_decref(args);
	return digest;
}

static void
digest_is_of_the_contents_and_not_of_their_order(void **state)
{
	static const char *const others[] = {
		"{\"request_id\":\"r\",\"text\":\"b\",\"meta\":{\"x\":1,\"y\":2}}",
		"{\"request_id\":\"r\",\"text\":\"a\",\"meta\":{\"x\":1,\"y\":3}}",
		"{\"request_id\":\"r\",\"text\":\"a\",\"meta\":{\"x\":1}}",
		"{\"request_id\":\"r\",\"text\":\"a\"}",
		"{\"request_id\":\"r\",\"text\":\"a\",\"meta\":{\"x\":1,\"y\":2},\"key\":\"k\"}",
		"{\"request_id\":\"r\",\"text\":\"a\",\"meta\":{\"x\":1,\"y\":2.0000000000000004}}",
	};
	struct fixture *f = *state;
	uint64_t d =
	    digest_of(f, "{\"request_id\":\"r\",\"text\":\"a\",\"meta\":{\"x\":1,\"y\":2}}");

	assert_true(
	    d == digest_of(f, "{\"meta\":{\"y\":2,\"x\":1},\"text\":\"a\",\"request_id\":\"r\"}"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(d != digest_of(f, others[i]));
}

static void
request_without_an_id_is_not_remembered(void **state)
{
	struct fixture *f = *state;
	json_t *args = json_object();

	f->job = commit_job_new(&f->call, &f->space, COMMIT_ADD, 1, 0);
	assert_non_null(f->job);
	assert_int_equal(item_take_request(f->job, args), 0);
	assert_null(f->job->request);
	json_decref(args);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, end)
#define LOCAL(f) cmocka_unit_test_setup_teardown(f, make_local, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_items_are_copied),
		TEST(every_fault_is_listed_by_its_place),
		TEST(text_for_a_collection_of_vectors_is_a_mismatch),
		TEST(single_item_is_not_numbered),
		TEST(key_twice_in_a_batch_is_a_fault_of_the_later_ones),
		TEST(fault_with_a_long_name_is_listed),
		LOCAL(texts_are_embedded_unless_a_vector_came),
		LOCAL(texts_that_cannot_be_embedded_are_all_listed),
		TEST(digest_is_of_the_contents_and_not_of_their_order),
		TEST(request_without_an_id_is_not_remembered),
	};

	return cmocka_run_group_tests_name("item", tests, NULL, NULL);
}
