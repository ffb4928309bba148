/*
 * test_waiting.c - searches while deleted nodes wait to be unlinked: nothing deleted is found, and what is
 * left is found as well as before.
 */

#include "fixture.h"

#define DIM 20
#define MANY 6000	/* with ef 50 searches walk, and do not scan */
#define K 10
#define NEAR 300

static struct vec *
filled(int codes)
{
	struct vec_options o = fixture_options(DIM, VEC_L2);
	struct vec *v;

	o.codes = (enum vec_codes)codes;
	v = fixture_open(&o);
	fixture_fill(v, MANY, DIM, NULL);
	fixture_index(v);
	return v;
}

/* Delete `n` of them, and leave the graph as it is. */
static void
delete(struct vec *v, const uint32_t *slots, size_t n)
{
	struct vec_stats s;

	for (size_t i = 0; i < n; i++)
		assert_int_equal(vec_delete(v, slots[i], NULL), 0);
	vec_stats(v, &s);
	assert_int_equal(s.unlinking, n);
}

/* Of the K nearest that are live, how many a search finds. */
static size_t
found(struct vec *v, const float *x)
{
	struct vec_query q = VEC_QUERY(K);
	struct vec_hit hits[K];
	uint32_t want[K];
	size_t n;

	q.ef = 50;
	assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
	assert_int_equal(n, K);
	for (size_t i = 0; i < n; i++)
		assert_true(vec_is_live(v, hits[i].slot));
	assert_int_equal(fixture_nearest(v, MANY, DIM, VEC_L2, x, K, NULL, want), K);
	return fixture_common(hits, n, want, K);
}

static size_t
found_by_many(struct vec *v)
{
	size_t sum = 0;
	float x[DIM];

	fixture_seed = 99;
	for (int i = 0; i < 50; i++) {
		fixture_vectors(x, DIM);
		sum += found(v, x);
	}
	return sum;
}

static void
every_third_that_waits_costs_no_recall(void **state)
{
	(void)state;
	for (int codes = VEC_CODES_FAST; codes <= VEC_CODES_NONE; codes++) {
		struct vec *v = filled(codes);
		uint32_t slots[MANY / 3];
		size_t before = found_by_many(v);

		for (uint32_t i = 0; i < MANY / 3; i++)
			slots[i] = 3 * i;
		delete(v, slots, MANY / 3);
		assert_in_range(found_by_many(v), before - 10, 50 * K);
		vec_close(v);
		unlink(fixture_path("vectors.bin"));
	}
}

/* All but each `left`th of the nearest are deleted; what share of what is then nearest is found. */
static double
found_past(uint32_t left)
{
	uint32_t near[NEAR], gone[NEAR];
	struct vec *v = filled(VEC_CODES_FAST);
	size_t sum = 0, n;
	float x[DIM];

	for (int i = 0; i < 20; i++) {
		n = 0;
		fixture_vectors(x, DIM);
		assert_int_equal(fixture_nearest(v, MANY, DIM, VEC_L2, x, NEAR, NULL, near), NEAR);
		for (uint32_t j = 0; j < NEAR; j++) {
			if (j % left != 0)
				gone[n++] = near[j];
		}
		for (size_t j = 0; j < n; j++)
			assert_int_equal(vec_delete(v, gone[j], NULL), 0);
		sum += found(v, x);
	}
	vec_close(v);
	return (double)sum / (20 * K);
}

static void
where_what_is_near_waits_what_is_left_is_found(void **state)
{
	(void)state;
	assert_true(found_past(NEAR) > 0.99);
	unlink(fixture_path("vectors.bin"));
	assert_true(found_past(4) > 0.99);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(every_third_that_waits_costs_no_recall),
		FIXTURE_TEST(where_what_is_near_waits_what_is_left_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
