/*
 * test_late.c - a long hnsw.index is read by the first index work: what holds before, meanwhile and
 * after it was found damaged.
 */

#include "fixture.h"

#include <pthread.h>

#include "index.h"
#include "vec_private.h"

#define DIM 20
#define MANY 17000	/* more than vec_open reads at once */

static struct vec_options
make_long(void)
{
	struct vec_options o = fixture_options(DIM, VEC_COSINE);
	struct vec *v;

	o.M = 4;
	o.ef_construction = 8;
	v = fixture_open(&o);
	fixture_fill(v, MANY, DIM, NULL);
	fixture_index(v);
	assert_int_equal(vec_checkpoint(v, NULL), 0);
	vec_close(v);
	return o;
}

static void
expect_true_hits(struct vec *v, size_t least)
{
	struct vec_query q = VEC_QUERY(10);
	struct vec_hit hits[10];
	size_t n, found = 0;
	uint32_t want[10];
	float x[DIM];

	q.ef = 400;
	for (int i = 0; i < 5; i++) {
		fixture_vectors(x, DIM);
		assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
		assert_int_equal(fixture_nearest(v, MANY, DIM, VEC_COSINE, x, 10, NULL, want), 10);
		found += fixture_common(hits, n, want, 10);
		for (size_t j = 0; j < n; j++)
			assert_true(vec_is_live(v, hits[j].slot));
	}
	assert_in_range(found, least, 50);
}

static void
before_it_is_read_answers_are_exact(void **state)
{
	struct vec_options o = make_long();
	struct vec *v = fixture_open(&o);
	struct vec_stats s;

	(void)state;
	vec_stats(v, &s);
	assert_int_equal(s.indexed, 0);
	assert_int_equal(s.tail, MANY);
	assert_false(s.unsaved);
	expect_true_hits(v, 50);
	for (uint32_t slot = 0; slot < 100; slot++)
		assert_int_equal(vec_delete(v, slot * 7, NULL), 0);
	expect_true_hits(v, 50);
	fixture_index(v);
	vec_stats(v, &s);
	assert_string_equal(s.index_note, "");
	assert_int_equal(s.indexed, MANY - 100);
	assert_int_equal(s.tail, 0);
	assert_int_equal(s.unlinking, 0);
	fixture_check(v);
	expect_true_hits(v, 30);
	vec_close(v);
}

static void
a_checkpoint_before_it_is_read_loses_nothing(void **state)
{
	struct vec_options o = make_long();
	struct vec *v = fixture_open(&o);
	unsigned char *bytes[2];
	size_t n[2];

	(void)state;
	bytes[0] = fixture_read("hnsw.index", &n[0]);
	assert_int_equal(vec_checkpoint(v, NULL), 0);
	bytes[1] = fixture_read("hnsw.index", &n[1]);
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(bytes[0], bytes[1], n[0]);
	free(bytes[0]);
	free(bytes[1]);
	vec_close(v);
}

static void
damaged_it_is_built_anew(void **state)
{
	struct vec_options o = make_long();
	struct vec_stats s;
	unsigned char *bytes;
	struct vec *v;
	size_t n;

	(void)state;
	bytes = fixture_read("hnsw.index", &n);
	bytes[n - 100] ^= 1;	/* nearly all of it is read before this is noticed */
	fixture_write("hnsw.index", bytes, n);
	free(bytes);
	v = fixture_open(&o);
	for (uint32_t slot = 0; slot < 100; slot++)
		assert_int_equal(vec_delete(v, slot * 7, NULL), 0);
	assert_int_equal(vec_index(v, 1, NULL), 1);
	vec_stats(v, &s);
	assert_string_not_equal(s.index_note, "");
	assert_int_equal(s.indexed, 1);
	fixture_check(v);
	expect_true_hits(v, 50);
	fixture_index(v);
	vec_stats(v, &s);
	assert_int_equal(s.indexed, MANY - 100);
	assert_int_equal(s.unlinking, 0);
	fixture_check(v);
	expect_true_hits(v, 30);
	vec_close(v);
}

static void *
index_all(void *v)
{
	fixture_index(v);
	return NULL;
}

static void
it_is_read_beside_searches_adds_and_deletes(void **state)
{
	struct vec_options o = make_long();
	struct vec *v = fixture_open(&o);
	pthread_t threads[2];
	struct vec_stats s;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, index_all, v), 0);
	for (uint32_t slot = 0; slot < 20; slot++) {
		assert_int_equal(vec_delete(v, slot * 800, NULL), 0);
		fixture_fill(v, 1, DIM, NULL);
		expect_true_hits(v, 20);
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	fixture_index(v);
	vec_stats(v, &s);
	assert_int_equal(s.indexed, MANY);
	assert_int_equal(s.unlinking, 0);
	fixture_check(v);
	vec_close(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(before_it_is_read_answers_are_exact),
		FIXTURE_TEST(a_checkpoint_before_it_is_read_loses_nothing),
		FIXTURE_TEST(damaged_it_is_built_anew),
		FIXTURE_TEST(it_is_read_beside_searches_adds_and_deletes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
