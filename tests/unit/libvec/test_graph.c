/*
 * test_graph.c - the graph keeps its rules through every kind of change, and stays in one piece.
 */

#include "fixture.h"

#include <pthread.h>

#include "graph.h"
#include "vec_private.h"

static uint32_t
live_slot(struct vec *v, uint32_t end)
{
	uint32_t slot;

	do
		slot = (uint32_t)(fixture_random() % end);
	while (!vec_is_live(v, slot));
	return slot;
}

/* Adds, deletions and index work in a random order, checked after every step. */
static void
churn(enum vec_metric metric, size_t dim)
{
	struct vec_options o = fixture_options(dim, metric);
	struct vec *v;
	struct vec_stats s;
	uint32_t end = 0, live = 0;

	o.M = 4;
	o.ef_construction = 16;
	v = fixture_open(&o);
	for (int step = 0; step < 600; step++) {
		if (live < 20 || fixture_random() % 100 < (step < 300 ? 60 : 40)) {
			end = fixture_fill(v, 1, dim, NULL) + 1;
			live++;
		} else {
			assert_int_equal(vec_delete(v, live_slot(v, end), NULL), 0);
			live--;
		}
		if (fixture_random() % 4 != 0)
			assert_in_range(vec_index(v, 1 + fixture_random() % 3, NULL), 0, 1);
		fixture_check(v);
	}
	fixture_index(v);
	fixture_check(v);
	vec_stats(v, &s);
	assert_int_equal(s.live, live);
	assert_int_equal(s.indexed, live);
	assert_int_equal(s.tail, 0);
	assert_int_equal(s.unlinking, 0);
	vec_close(v);
}

static void
rules_hold_after_every_step_of_a_churn_l2(void **state)
{
	(void)state;
	churn(VEC_L2, 6);
}

static void
rules_hold_after_every_step_of_a_churn_cosine(void **state)
{
	(void)state;
	churn(VEC_COSINE, 3);
}

static void
rules_hold_after_every_step_of_a_churn_ip(void **state)
{
	(void)state;
	churn(VEC_IP, 8);
}

static void
rules_hold_after_every_step_of_a_churn_l1(void **state)
{
	(void)state;
	churn(VEC_L1, 2);
}

/* A thousand copies of one text must neither be an island nor hide what is around them. */
static void
equal_vectors_are_no_island(void **state)
{
	enum { DIM = 8, COPIES = 1000, OTHERS = 500 };
	struct vec_options o = fixture_options(DIM, VEC_COSINE);
	struct vec *v = fixture_open(&o);
	struct vec_query q = VEC_QUERY(5);
	struct vec_hit hits[5], want[5];
	float same[DIM], x[DIM];
	uint32_t slot;
	size_t n, right = 0;

	(void)state;
	fixture_fill(v, OTHERS / 2, DIM, NULL);
	fixture_vectors(same, DIM);
	for (int i = 0; i < COPIES; i++) {
		assert_int_equal(vec_append(v, same, 1, &slot, NULL), 0);
		assert_int_equal(vec_publish(v, slot + 1, NULL), 0);
	}
	fixture_fill(v, OTHERS / 2, DIM, NULL);
	fixture_index(v);
	fixture_check(v);
	for (int i = 0; i < 50; i++) {
		fixture_vectors(x, DIM);
		q.exact = false;
		assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
		assert_int_equal(n, 5);
		q.exact = true;
		assert_int_equal(vec_search(v, x, DIM, &q, want, &n, NULL), 0);
		for (int j = 0; j < 5; j++)
			right += hits[j].distance <= want[4].distance;
	}
	assert_in_range(right, 240, 250);
	q.exact = false;
	assert_int_equal(vec_search(v, same, DIM, &q, hits, &n, NULL), 0);
	for (int j = 0; j < 5; j++)
		assert_true(hits[j].distance == 0);
	for (uint32_t s = OTHERS / 2; s < OTHERS / 2 + COPIES; s += 2)
		assert_int_equal(vec_delete(v, s, NULL), 0);
	fixture_index(v);
	fixture_check(v);
	vec_close(v);
}

/* One thread, equal seed, equal adds: equal bytes. */
static void
one_thread_builds_the_same_file_twice(void **state)
{
	unsigned char *bytes[2];
	size_t n[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct vec_options o = fixture_options(12, VEC_COSINE);
		struct vec *v = fixture_open(&o);

		fixture_seed = 99;
		fixture_fill(v, 800, 12, NULL);
		fixture_index(v);
		for (uint32_t s = 0; s < 800; s += 3)
			assert_int_equal(vec_delete(v, s, NULL), 0);
		fixture_fill(v, 100, 12, NULL);
		fixture_index(v);
		assert_int_equal(vec_checkpoint(v, NULL), 0);
		vec_close(v);
		bytes[i] = fixture_read("hnsw.index", &n[i]);
		unlink(fixture_path("vectors.bin"));
		unlink(fixture_path("hnsw.index"));
	}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(bytes[0], bytes[1], n[0]);
	free(bytes[0]);
	free(bytes[1]);
}

static void
levels_thin_out_by_M(void **state)
{
	struct vec_options o = fixture_options(2, VEC_L2);
	uint32_t count[GRAPH_LEVEL_MAX + 1] = { 0 };
	struct vec *v;

	(void)state;
	o.M = 16;
	v = fixture_open(&o);
	for (uint32_t s = 0; s < 1600000; s++)
		count[graph_level(v->graph, s)]++;
	/* 1/16 of the slots above level 0, 1/16 of those above level 1, within 5 and 15 %. */
	assert_in_range(1600000 - count[0], 95000, 105000);
	assert_in_range(1600000 - count[0] - count[1], 5300, 7200);
	vec_close(v);
}

static void
emptied_and_filled_again(void **state)
{
	struct vec_options o = fixture_options(5, VEC_L2);
	struct vec *v = fixture_open(&o);
	struct vec_query q = VEC_QUERY(3);
	struct vec_hit hits[3];
	struct vec_stats s;
	float x[5] = { 1, 0, 0, 0, 0 };
	size_t n;

	(void)state;
	fixture_fill(v, 300, 5, NULL);
	fixture_index(v);
	for (uint32_t i = 0; i < 300; i++)
		assert_int_equal(vec_delete(v, i, NULL), 0);
	assert_int_equal(vec_search(v, x, 5, &q, hits, &n, NULL), 0);
	assert_int_equal(n, 0);
	fixture_index(v);
	fixture_check(v);
	vec_stats(v, &s);
	assert_int_equal(s.live + s.indexed + s.unlinking + s.tail, 0);
	fixture_fill(v, 300, 5, NULL);
	fixture_index(v);
	fixture_check(v);
	assert_int_equal(vec_search(v, x, 5, &q, hits, &n, NULL), 0);
	assert_int_equal(n, 3);
	assert_true(hits[0].slot >= 300);
	vec_close(v);
}

/* Recall against the definition, after the build, after deleting half, after adding again. */
static void
expect_recall(struct vec *v, size_t end, size_t dim, enum vec_metric metric, size_t ef,
    double least)
{
	struct vec_query q = VEC_QUERY(10);
	size_t right = 0, of = 0;

	q.ef = ef;
	for (int i = 0; i < 100; i++) {
		struct vec_hit hits[10];
		uint32_t want[10];
		float x[32];
		size_t n, nwant;

		fixture_vectors(x, dim);
		assert_int_equal(vec_search(v, x, dim, &q, hits, &n, NULL), 0);
		nwant = fixture_nearest(v, end, dim, metric, x, 10, NULL, want);
		right += fixture_common(hits, n, want, nwant);
		of += nwant;
	}
	if ((double)right < least * (double)of)
		fail_msg("recall is %zu of %zu", right, of);
}

static void
recall_survives_deletions(void **state)
{
	struct vec_options o = fixture_options(16, VEC_L2);
	struct vec *v;

	(void)state;
	o.M = 16;
	o.ef_construction = 100;
	v = fixture_open(&o);
	fixture_fill(v, 3000, 16, NULL);
	fixture_index(v);
	fixture_check(v);
	expect_recall(v, 3000, 16, VEC_L2, 100, 0.98);
	for (uint32_t s = 0; s < 3000; s += 2)
		assert_int_equal(vec_delete(v, s, NULL), 0);
	expect_recall(v, 3000, 16, VEC_L2, 100, 0.98);
	fixture_index(v);
	fixture_check(v);
	expect_recall(v, 3000, 16, VEC_L2, 100, 0.98);
	/* So short a walk needs links that lead somewhere. */
	expect_recall(v, 3000, 16, VEC_L2, 10, 0.93);
	fixture_fill(v, 1500, 16, NULL);
	fixture_index(v);
	fixture_check(v);
	expect_recall(v, 4500, 16, VEC_L2, 100, 0.98);
	vec_close(v);
}

static void *
index_thread(void *arg)
{
	while (vec_index(arg, 50, NULL) == 1)
		;
	return NULL;
}

static void
two_threads_build_a_graph_in_one_piece(void **state)
{
	struct vec_options o = fixture_options(16, VEC_COSINE);
	struct vec *v = fixture_open(&o);
	pthread_t threads[2];
	struct vec_stats s;

	(void)state;
	fixture_fill(v, 3000, 16, NULL);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, index_thread, v), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	fixture_check(v);
	vec_stats(v, &s);
	assert_int_equal(s.indexed, 3000);
	expect_recall(v, 3000, 16, VEC_COSINE, 100, 0.97);
	for (uint32_t i = 0; i < 3000; i += 2)
		assert_int_equal(vec_delete(v, i, NULL), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, index_thread, v), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	fixture_check(v);
	expect_recall(v, 3000, 16, VEC_COSINE, 100, 0.97);
	vec_close(v);
}

/* A check that cannot fail proves nothing: break each rule and see it found. */
static void
broken_rules_are_found(void **state)
{
	struct vec_options o = fixture_options(4, VEC_L2);
	struct vec *v = fixture_open(&o);
	struct vec_check_report r;
	graph_link *list;
	uint32_t first, second;

	(void)state;
	fixture_fill(v, 100, 4, NULL);
	fixture_index(v);
	fixture_check(v);
	list = graph_list(v->graph, 50, 0);
	first = list[0];
	second = list[1];
	list[0] = 51;
	assert_int_equal(vec_check(v, &r, NULL), VEC_ECORRUPT);
	list[0] = 5000;
	assert_int_equal(vec_check(v, &r, NULL), VEC_ECORRUPT);
	list[0] = second;
	assert_int_equal(vec_check(v, &r, NULL), VEC_ECORRUPT);
	list[0] = 0;
	assert_int_equal(vec_check(v, &r, NULL), VEC_ECORRUPT);
	list[0] = first;
	*graph_flags(v->graph, first - 1) = 0;
	assert_int_equal(vec_check(v, &r, NULL), VEC_ECORRUPT);
	*graph_flags(v->graph, first - 1) = GRAPH_LINKED;
	v->graph->nodes++;
	assert_int_equal(vec_check(v, &r, NULL), VEC_ECORRUPT);
	v->graph->nodes--;
	v->graph->entry = 0;
	assert_int_equal(vec_check(v, &r, NULL), VEC_ECORRUPT);
	graph_entry_set(v->graph, 50, 9);
	assert_int_equal(vec_check(v, &r, NULL), VEC_ECORRUPT);
	vec_close(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(rules_hold_after_every_step_of_a_churn_l2),
		FIXTURE_TEST(rules_hold_after_every_step_of_a_churn_cosine),
		FIXTURE_TEST(rules_hold_after_every_step_of_a_churn_ip),
		FIXTURE_TEST(rules_hold_after_every_step_of_a_churn_l1),
		FIXTURE_TEST(equal_vectors_are_no_island),
		FIXTURE_TEST(one_thread_builds_the_same_file_twice),
		FIXTURE_TEST(levels_thin_out_by_M),
		FIXTURE_TEST(emptied_and_filled_again),
		FIXTURE_TEST(recall_survives_deletions),
		FIXTURE_TEST(two_threads_build_a_graph_in_one_piece),
		FIXTURE_TEST(broken_rules_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
