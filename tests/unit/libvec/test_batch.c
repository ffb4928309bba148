/*
 * test_batch.c - many searches at once give what each alone gives.
 */

#include "fixture.h"

#define DIM 24
#define MANY 3000
#define COUNT 21	/* more than share a pass, and not a multiple of it */
#define K 7

static bool
is_even(void *arg, uint32_t slot)
{
	(void)arg;
	return slot % 2 == 0;
}

static void
expect_the_same(struct vec *v, const struct vec_query *q)
{
	static float x[COUNT][DIM];
	struct vec_hit hits[COUNT][K], one[K];
	size_t n[COUNT], none;

	fixture_vectors(x[0], (size_t)COUNT * DIM);
	memset(hits, 0, sizeof(hits));
	assert_int_equal(vec_search_batch(v, x[0], COUNT, DIM, q, hits[0], n, NULL), 0);
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(vec_search(v, x[i], DIM, q, one, &none, NULL), 0);
		assert_int_equal(n[i], none);
		for (size_t j = 0; j < none; j++) {
			assert_int_equal(hits[i][j].slot, one[j].slot);
			assert_memory_equal(&hits[i][j].distance, &one[j].distance, sizeof(float));
		}
	}
}

static void
each_gets_what_it_would_get_alone(void **state)
{
	(void)state;
	for (int m = 0; m < VEC_NMETRICS; m++) {
		struct vec_options o = fixture_options(DIM, (enum vec_metric)m);
		struct vec_query q = VEC_QUERY(K);
		struct vec *v = fixture_open(&o);

		q.ef = 50;
		expect_the_same(v, &q);			/* nothing to find */
		fixture_fill(v, MANY, DIM, NULL);
		expect_the_same(v, &q);			/* all in the tail */
		fixture_index(v);
		expect_the_same(v, &q);			/* all in the graph */
		fixture_fill(v, 100, DIM, NULL);
		for (uint32_t slot = 0; slot < 50; slot++)
			assert_int_equal(vec_delete(v, slot * 60, NULL), 0);
		expect_the_same(v, &q);			/* a tail, and dead nodes still linked */
		q.keep = is_even;
		expect_the_same(v, &q);
		q.keep = NULL;
		q.exact = true;
		q.except = 77;
		expect_the_same(v, &q);
		vec_close(v);
		unlink(fixture_path("vectors.bin"));
	}
}

static void
one_wrong_question_refuses_all(void **state)
{
	struct vec_options o = fixture_options(DIM, VEC_COSINE);
	struct vec_query q = VEC_QUERY(1);
	struct vec *v = fixture_open(&o);
	float x[3][DIM];
	struct vec_hit hits[3];
	size_t n[3];

	(void)state;
	fixture_fill(v, 10, DIM, NULL);
	fixture_vectors(x[0], (size_t)3 * DIM);
	x[2][5] = NAN;
	assert_int_equal(vec_search_batch(v, x[0], 3, DIM, &q, hits, n, NULL), VEC_EVALUE);
	assert_int_equal(vec_search_batch(v, x[0], 2, DIM, &q, hits, n, NULL), 0);
	assert_int_equal(n[0] + n[1], 2);
	assert_int_equal(vec_search_batch(v, x[0], 0, DIM, &q, hits, n, NULL), 0);
	vec_close(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(each_gets_what_it_would_get_alone),
		FIXTURE_TEST(one_wrong_question_refuses_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
