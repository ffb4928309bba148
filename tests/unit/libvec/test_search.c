/*
 * test_search.c - what a search gives back, against the definition.
 */

#include "fixture.h"

#define DIM 20
#define N 3000

static struct vec *
open_filled(enum vec_metric metric, size_t n, size_t indexed)
{
	struct vec_options o = fixture_options(DIM, metric);
	struct vec *v;

	o.M = 16;
	o.ef_construction = 100;
	v = fixture_open(&o);
	fixture_fill(v, indexed, DIM, NULL);
	fixture_index(v);
	if (n > indexed)
		fixture_fill(v, n - indexed, DIM, NULL);
	return v;
}

/* Hits are sorted, distinct, and at the distance that vec_distance says. */
static void
expect_well_formed(struct vec *v, const float *x, enum vec_metric metric,
    const struct vec_hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(vec_is_live(v, hits[i].slot));
		assert_true(hits[i].distance ==
		    vec_distance(metric, x, vec_peek(v, hits[i].slot), DIM));
		if (i > 0)
			assert_true(hits[i - 1].distance < hits[i].distance ||
			    (hits[i - 1].distance == hits[i].distance &&
			        hits[i - 1].slot < hits[i].slot));
	}
}

static void
exact_search_is_the_definition(void **state)
{
	(void)state;
	for (int m = 0; m < VEC_NMETRICS; m++) {
		enum vec_metric metric = (enum vec_metric)m;
		struct vec *v = open_filled(VEC_COSINE, 500, 300);
		struct vec_query q = VEC_QUERY(20);

		for (uint32_t s = 0; s < 500; s += 7)
			assert_int_equal(vec_delete(v, s, NULL), 0);
		q.exact = metric == VEC_COSINE;
		q.metric = m;
		for (int i = 0; i < 20; i++) {
			struct vec_hit hits[20];
			uint32_t want[20];
			float x[DIM];
			size_t n;

			fixture_vectors(x, DIM);
			assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
			assert_int_equal(n, 20);
			expect_well_formed(v, x, metric, hits, n);
			fixture_nearest(v, 500, DIM, metric, x, 20, NULL, want);
			assert_int_equal(fixture_common(hits, n, want, 20), 20);
			assert_int_equal(hits[0].slot, want[0]);
		}
		vec_close(v);
		unlink(fixture_path("vectors.bin"));
	}
}

static bool
one_in_two(uint32_t slot)
{
	return slot % 2 == 1;
}

static bool
one_in_twenty(uint32_t slot)
{
	return slot % 20 == 3;
}

static bool
one_in_two_hundred(uint32_t slot)
{
	return slot % 200 == 77;
}

static bool
just_one(uint32_t slot)
{
	return slot == 1234;
}

static bool
ask(void *arg, uint32_t slot)
{
	return (*(bool (**)(uint32_t))arg)(slot);
}

/* Recall at least `least`, all that match when there are few, nothing that does not. */
static void
expect_filtered(struct vec *v, const struct vec_query *q, bool (*admits)(uint32_t), double least)
{
	size_t right = 0, of = 0;

	for (int i = 0; i < 40; i++) {
		struct vec_hit hits[10];
		uint32_t want[10];
		float x[DIM];
		size_t n, nwant;

		fixture_vectors(x, DIM);
		assert_int_equal(vec_search(v, x, DIM, q, hits, &n, NULL), 0);
		nwant = fixture_nearest(v, N, DIM, VEC_L2, x, 10, admits, want);
		assert_int_equal(n, nwant);
		expect_well_formed(v, x, VEC_L2, hits, n);
		for (size_t j = 0; j < n; j++)
			assert_true(admits(hits[j].slot));
		right += fixture_common(hits, n, want, nwant);
		of += nwant;
	}
	if ((double)right < least * (double)of)
		fail_msg("recall is %zu of %zu", right, of);
}

static void
filters_of_every_selectivity(void **state)
{
	static bool (*const filters[])(uint32_t) = { one_in_two, one_in_twenty,
		one_in_two_hundred, just_one };
	struct vec *v = open_filled(VEC_L2, N, N - 100);
	uint64_t only[N / 64 + 1];

	(void)state;
	for (size_t f = 0; f < sizeof(filters) / sizeof(filters[0]); f++) {
		bool (*admits)(uint32_t) = filters[f];
		struct vec_query q = VEC_QUERY(10);

		memset(only, 0, sizeof(only));
		for (uint32_t s = 0; s < N; s++)
			only[s / 64] |= (uint64_t)admits(s) << s % 64;
		q.only = only;
		q.nonly = N;
		expect_filtered(v, &q, admits, 0.98);
		q.keep = ask;
		q.arg = &admits;
		expect_filtered(v, &q, admits, 0.98);
		q.only = NULL;
		expect_filtered(v, &q, admits, 0.98);
		q.exact = true;
		expect_filtered(v, &q, admits, 1);
	}
	vec_close(v);
}

static void
filters_see_deletions(void **state)
{
	static bool (*admits)(uint32_t) = one_in_twenty;
	struct vec *v = open_filled(VEC_L2, N, N);
	struct vec_query q = VEC_QUERY(10);

	(void)state;
	q.keep = ask;
	q.arg = &admits;
	for (uint32_t s = 0; s < N; s += 3)
		assert_int_equal(vec_delete(v, s, NULL), 0);
	expect_filtered(v, &q, admits, 0.98);
	fixture_index(v);
	expect_filtered(v, &q, admits, 0.98);
	vec_close(v);
}

static void
a_bitmap_that_ends_early_lets_nothing_more_in(void **state)
{
	struct vec *v = open_filled(VEC_L2, 200, 100);
	uint64_t only[2] = { UINT64_MAX, UINT64_MAX };
	struct vec_query q = VEC_QUERY(100);
	struct vec_hit hits[100];
	float x[DIM];
	size_t n;

	(void)state;
	fixture_vectors(x, DIM);
	q.only = only;
	q.nonly = 70;
	assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
	assert_int_equal(n, 70);
	for (size_t i = 0; i < n; i++)
		assert_true(hits[i].slot < 70);
	q.nonly = 0;
	assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
	assert_int_equal(n, 0);
	vec_close(v);
}

static void
a_vector_is_found_the_moment_it_is_published(void **state)
{
	struct vec *v = open_filled(VEC_COSINE, 1000, 1000);
	struct vec_query q = VEC_QUERY(1);
	struct vec_hit hit;
	float x[DIM];
	uint32_t slot;
	size_t n;

	(void)state;
	for (int i = 0; i < 50; i++) {
		fixture_vectors(x, DIM);
		assert_int_equal(vec_append(v, x, 1, &slot, NULL), 0);
		assert_int_equal(vec_search(v, x, DIM, &q, &hit, &n, NULL), 0);
		assert_int_not_equal(hit.slot, slot);
		assert_int_equal(vec_publish(v, slot + 1, NULL), 0);
		assert_int_equal(vec_search(v, x, DIM, &q, &hit, &n, NULL), 0);
		assert_int_equal(hit.slot, slot);
		assert_true(hit.distance == 0);
		assert_int_equal(vec_delete(v, slot, NULL), 0);
		assert_int_equal(vec_search(v, x, DIM, &q, &hit, &n, NULL), 0);
		assert_int_not_equal(hit.slot, slot);
		if (i % 10 == 9)
			fixture_index(v);
	}
	vec_close(v);
}

static void
the_slot_left_out_is_not_missed(void **state)
{
	struct vec *v = open_filled(VEC_L2, 1500, 1400);
	struct vec_hit hits[10];
	size_t n;

	(void)state;
	for (uint32_t s = 0; s < 1500; s += 100) {
		struct vec_query q = VEC_QUERY(10);

		q.except = s;
		q.ef = 10;
		assert_int_equal(vec_search(v, vec_peek(v, s), DIM, &q, hits, &n, NULL), 0);
		assert_int_equal(n, 10);
		for (size_t i = 0; i < n; i++)
			assert_int_not_equal(hits[i].slot, s);
	}
	vec_close(v);
}

static void
k_is_cut_to_what_there_is(void **state)
{
	struct vec *v = open_filled(VEC_L2, 300, 250);
	struct vec_hit *hits = malloc(VEC_K_MAX * sizeof(*hits));
	struct vec_query q = VEC_QUERY(VEC_K_MAX * 2);
	float x[DIM];
	size_t n;

	(void)state;
	assert_non_null(hits);
	fixture_vectors(x, DIM);
	q.ef = 1;
	assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
	assert_int_equal(n, 300);
	expect_well_formed(v, x, VEC_L2, hits, n);
	q.except = 7;
	assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
	assert_int_equal(n, 299);
	free(hits);
	vec_close(v);
}

static void
equal_distances_come_by_slot(void **state)
{
	struct vec_options o = fixture_options(DIM, VEC_L2);
	struct vec *v = fixture_open(&o);
	struct vec_query q = VEC_QUERY(20);
	struct vec_hit hits[20];
	float x[DIM];
	uint32_t slot;
	size_t n;

	(void)state;
	fixture_vectors(x, DIM);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(vec_append(v, x, 1, &slot, NULL), 0);
		assert_int_equal(vec_publish(v, slot + 1, NULL), 0);
	}
	assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(hits[i].slot, i);
	vec_close(v);
}

static void
wrong_questions_are_refused(void **state)
{
	struct vec *v = open_filled(VEC_COSINE, 10, 10);
	struct vec_query q = VEC_QUERY(3);
	struct vec_error err;
	struct vec_hit hits[3];
	float x[DIM] = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, &err), VEC_EVALUE);
	assert_string_equal(err.message, "all 20 components are zero");
	q.metric = VEC_L2;
	assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, &err), 0);
	assert_int_equal(n, 3);
	assert_int_equal(vec_search(v, x, DIM - 1, &q, hits, &n, &err), VEC_EDIM);
	assert_string_equal(err.message, "query has 19 components, collection has 20");
	x[3] = NAN;
	assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, &err), VEC_EVALUE);
	x[3] = 1;
	q.metric = 4;
	assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, &err), VEC_EVALUE);
	q.metric = -1;
	q.k = 0;
	assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, &err), VEC_EVALUE);
	vec_close(v);
}

/* Sums that overflow a float have no order, but they must not break one. */
static void
enormous_vectors_do_no_harm(void **state)
{
	for (int m = 0; m < VEC_NMETRICS; m++) {
		struct vec_options o = fixture_options(4, (enum vec_metric)m);
		struct vec *v = fixture_open(&o);
		struct vec_query q = VEC_QUERY(5);
		struct vec_hit hits[5];
		float x[4];
		uint32_t slot;
		size_t n;

		(void)state;
		for (int i = 0; i < 300; i++) {
			fixture_vectors(x, 4);
			for (int j = 0; j < 4; j++)
				x[j] *= i % 3 == 0 ? 3e38f : i % 3 == 1 ? 1e-40f : 1;
			assert_int_equal(vec_append(v, x, 1, &slot, NULL), 0);
			assert_int_equal(vec_publish(v, slot + 1, NULL), 0);
		}
		fixture_index(v);
		fixture_check(v);
		assert_int_equal(vec_search(v, x, 4, &q, hits, &n, NULL), 0);
		assert_int_equal(n, 5);
		vec_close(v);
		unlink(fixture_path("vectors.bin"));
	}
}

static void
deleting_twice_or_nothing_is_not_found(void **state)
{
	struct vec *v = open_filled(VEC_L2, 10, 5);
	struct vec_stats s;
	float x[DIM];
	uint32_t slot;

	(void)state;
	assert_int_equal(vec_delete(v, 10, NULL), VEC_ENOTFOUND);
	assert_int_equal(vec_delete(v, 9, NULL), 0);
	assert_int_equal(vec_delete(v, 9, NULL), VEC_ENOTFOUND);
	fixture_vectors(x, DIM);
	assert_int_equal(vec_append(v, x, 1, &slot, NULL), 0);
	assert_int_equal(vec_delete(v, slot, NULL), 0);
	vec_stats(v, &s);
	assert_int_equal(s.live, 9);
	assert_int_equal(vec_publish(v, slot + 1, NULL), 0);
	assert_false(vec_is_live(v, slot));
	vec_stats(v, &s);
	assert_int_equal(s.published, 11);
	assert_int_equal(s.live, 9);
	assert_non_null(vec_peek(v, 9));
	assert_null(vec_peek(v, 11));
	vec_close(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(exact_search_is_the_definition),
		FIXTURE_TEST(filters_of_every_selectivity),
		FIXTURE_TEST(filters_see_deletions),
		FIXTURE_TEST(a_bitmap_that_ends_early_lets_nothing_more_in),
		FIXTURE_TEST(a_vector_is_found_the_moment_it_is_published),
		FIXTURE_TEST(the_slot_left_out_is_not_missed),
		FIXTURE_TEST(k_is_cut_to_what_there_is),
		FIXTURE_TEST(equal_distances_come_by_slot),
		FIXTURE_TEST(wrong_questions_are_refused),
		FIXTURE_TEST(enormous_vectors_do_no_harm),
		FIXTURE_TEST(deleting_twice_or_nothing_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
