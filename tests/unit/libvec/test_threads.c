/*
 * test_threads.c - everything at once: searches beside adds, deletions, index work and checkpoints.
 * Worth most under SAN=tsan.
 */

#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#define DIM 24
#define FIRST 200	/* vectors before the threads begin */
#define ADDS 600	/* by each adder */

struct shared {
	struct vec *v;
	atomic_bool stop;
	atomic_uint searches;
};

/* Each adder finds its own vector at once, and deletes every other one. */
static void *
add(void *arg)
{
	struct shared *s = arg;
	unsigned seed = (unsigned)(uintptr_t)&s;

	for (int i = 0; i < ADDS; i++) {
		struct vec_query q = VEC_QUERY(3);
		struct vec_hit hits[3];
		float x[DIM];
		uint32_t slot;
		size_t n;

		for (int j = 0; j < DIM; j++)
			x[j] = (float)rand_r(&seed) / (float)RAND_MAX - 0.5f;
		assert_int_equal(vec_append(s->v, x, 1, &slot, NULL), 0);
		assert_int_equal(vec_publish(s->v, slot + 1, NULL), 0);
		assert_int_equal(vec_search(s->v, x, DIM, &q, hits, &n, NULL), 0);
		assert_int_equal(n, 3);
		assert_int_equal(hits[0].slot, slot);
		if (i % 2 == 0) {
			assert_int_equal(vec_delete(s->v, slot, NULL), 0);
			assert_int_equal(vec_search(s->v, x, DIM, &q, hits, &n, NULL), 0);
			for (size_t j = 0; j < n; j++)
				assert_int_not_equal(hits[j].slot, slot);
		}
	}
	return NULL;
}

static void *
search(void *arg)
{
	struct shared *s = arg;
	unsigned seed = (unsigned)(uintptr_t)&s;

	while (!s->stop) {
		struct vec_query q = VEC_QUERY(10);
		struct vec_hit hits[10];
		float x[DIM];
		size_t n;

		for (int j = 0; j < DIM; j++)
			x[j] = (float)rand_r(&seed) / (float)RAND_MAX - 0.5f;
		assert_int_equal(vec_search(s->v, x, DIM, &q, hits, &n, NULL), 0);
		assert_int_equal(n, 10);
		for (size_t i = 0; i < n; i++) {
			assert_true(hits[i].distance ==
			    vec_distance(VEC_L2, x, vec_peek(s->v, hits[i].slot), DIM));
			for (size_t j = 0; j < i; j++)
				assert_int_not_equal(hits[i].slot, hits[j].slot);
		}
		s->searches++;
	}
	return NULL;
}

static void *
work(void *arg)
{
	struct shared *s = arg;

	while (!s->stop)
		assert_in_range(vec_index(s->v, 7, NULL), 0, 1);
	return NULL;
}

static void *
supervise(void *arg)
{
	struct shared *s = arg;
	struct vec_stats stats;

	while (!s->stop) {
		assert_int_equal(vec_checkpoint(s->v, NULL), 0);
		assert_int_equal(vec_check(s->v, NULL, NULL), 0);
		vec_stats(s->v, &stats);
		assert_true(stats.live <= stats.published);
		usleep(2000);
	}
	return NULL;
}

static void
all_at_once(void **state)
{
	void *(*const roles[])(void *) = { add, add, search, search, work, work, supervise };
	enum { N = sizeof(roles) / sizeof(roles[0]) };
	struct vec_options o = fixture_options(DIM, VEC_L2);
	struct shared s = { .v = fixture_open(&o) };
	struct vec_stats stats;
	pthread_t threads[N];

	(void)state;
	fixture_fill(s.v, FIRST, DIM, NULL);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, roles[i], &s), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	s.stop = true;
	for (size_t i = 2; i < N; i++)
		pthread_join(threads[i], NULL);
	assert_true(s.searches > 0);
	fixture_index(s.v);
	fixture_check(s.v);
	vec_stats(s.v, &stats);
	assert_int_equal(stats.published, FIRST + 2 * ADDS);
	assert_int_equal(stats.live, FIRST + ADDS);
	assert_int_equal(stats.indexed, FIRST + ADDS);
	assert_int_equal(stats.tail + stats.unlinking, 0);
	vec_close(s.v);
}

/* Equal vectors from two threads, with deletions that make heirs, beside searches. */
static void *
add_equal(void *arg)
{
	struct shared *s = arg;
	unsigned seed = 5;

	for (int i = 0; i < ADDS; i++) {
		float x[DIM] = { 1, 1, 1, 1, 1, 1, 1, 1 };
		uint32_t slot;

		x[rand_r(&seed) % 4] = (float)(rand_r(&seed) % 3) + 1;
		assert_int_equal(vec_append(s->v, x, 1, &slot, NULL), 0);
		assert_int_equal(vec_publish(s->v, slot + 1, NULL), 0);
		if (i % 2 == 0)
			(void)vec_delete(s->v, slot - slot % 7, NULL); /* the other may have */
	}
	return NULL;
}

static void
copies_at_once(void **state)
{
	void *(*const roles[])(void *) = { add_equal, add_equal, search, work, work };
	enum { N = sizeof(roles) / sizeof(roles[0]) };
	struct vec_options o = fixture_options(DIM, VEC_L2);
	struct shared s = { .v = fixture_open(&o) };
	struct vec_stats stats;
	pthread_t threads[N];

	(void)state;
	fixture_fill(s.v, FIRST, DIM, NULL);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, roles[i], &s), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	s.stop = true;
	for (size_t i = 2; i < N; i++)
		pthread_join(threads[i], NULL);
	fixture_index(s.v);
	fixture_check(s.v);
	vec_stats(s.v, &stats);
	assert_int_equal(stats.indexed, stats.live);
	vec_close(s.v);
}

/* Growing moves nothing under a reader's feet. */
static void *
append_many(void *arg)
{
	struct shared *s = arg;
	float *x = malloc(100 * 1000 * sizeof(*x));

	assert_non_null(x);
	for (int i = 0; i < 100 * 1000; i++)
		x[i] = (float)(i % 1000) + 1;
	for (int i = 0; i < 40; i++) {
		uint32_t first;

		assert_int_equal(vec_append(s->v, x, 100, &first, NULL), 0);
		assert_int_equal(vec_publish(s->v, first + 100, NULL), 0);
	}
	free(x);
	s->stop = true;
	return NULL;
}

static void
rows_are_read_while_the_file_grows(void **state)
{
	struct vec_options o = fixture_options(1000, VEC_L2);
	struct shared s = { .v = fixture_open(&o) };
	pthread_t thread;
	const float *row;
	uint32_t slot = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, append_many, &s), 0);
	while (!s.stop) {
		if ((row = vec_peek(s.v, slot))) {
			assert_true(row[0] == 1 && row[999] == 1000);
			slot++;
		}
	}
	pthread_join(thread, NULL);
	assert_true(slot > 0);
	vec_close(s.v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(all_at_once),
		FIXTURE_TEST(copies_at_once),
		FIXTURE_TEST(rows_are_read_while_the_file_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
