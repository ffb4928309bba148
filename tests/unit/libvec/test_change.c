/*
 * test_change.c - the index while everything in it changes: what is found after deletions, after the
 * whole collection has been turned over ten times, and after compaction.
 *
 * usage: test_change [N]	N (5,000; 2,000 under SAN=tsan) vectors are built at first
 *
 * Built as a collection is by default but for its few components, by one thread and by several at once.
 */

#include "fixture.h"

#include <pthread.h>
#include <sys/stat.h>

#define DIM 24
#define TURNOVERS 10
#define THREADS 3
#define QUERIES 1000
#define K 10

#ifdef __SANITIZE_THREAD__
static size_t size = 2000;	/* ten times slower */
#else
static size_t size = 5000;
#endif

static struct vec_options
options(enum vec_metric metric)
{
	return (struct vec_options){ .dim = DIM, .metric = metric, .seed = 5, .identity = 2,
		.generation = 1, .create = true };
}

/* Clustered, as texts are: one of 40 centres, and as much of its own; or evenly, which is harder. */
static bool evenly;

static void
make_vector(float *x)
{
	static float centres[40][DIM];
	const float *c;

	if (centres[0][0] == 0)
		fixture_vectors(centres[0], sizeof(centres) / sizeof(float));
	c = centres[fixture_random() % 40];
	fixture_vectors(x, DIM);
	for (size_t i = 0; i < DIM && !evenly; i++)
		x[i] += c[i];
}

static uint32_t
add(struct vec *v)
{
	float x[DIM];
	uint32_t slot;

	make_vector(x);
	assert_int_equal(vec_append(v, x, 1, &slot, NULL), 0);
	assert_int_equal(vec_publish(v, slot + 1, NULL), 0);
	return slot;
}

static void *
index_all(void *v)
{
	int rc;

	while ((rc = vec_index(v, 20, NULL)) == 1)
		;
	assert_int_equal(rc, 0);
	return NULL;
}

static void
index_by(struct vec *v, unsigned nthreads)
{
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < nthreads; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, index_all, v), 0);
	for (unsigned i = 0; i < nthreads; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* --- the census ---------------------------------------------------------------------------------- */

/*
 * All is in the graph, no walk misses a live node, and a live vector is nearest to itself: with an ef at
 * which the graph is asked, and not all scanned, also when it is widened.
 */
static void
census(struct vec *v, size_t live)
{
	struct vec_query q = VEC_QUERY(1);
	struct vec_check_report r;
	struct vec_error err = { .message = "" };
	struct vec_stats s;
	struct vec_hit hit;
	size_t n, lost = 0, asked = 0;

	if (vec_check(v, &r, &err) != 0)
		fail_msg("vec_check: %s", err.message);
	assert_int_equal(r.unreachable, 0);
	q.ef = live / 41 < VEC_EF_DEFAULT ? live / 41 : VEC_EF_DEFAULT;
	vec_stats(v, &s);
	assert_int_equal(s.live, live);
	assert_int_equal(s.indexed, live);
	assert_int_equal(s.tail + s.unlinking, 0);
	for (uint32_t slot = 0; slot < s.published; slot++) {
		if (!vec_is_live(v, slot) || (live > 4000 && fixture_random() % (live / 4000) != 0))
			continue;
		assert_int_equal(vec_search(v, vec_peek(v, slot), DIM, &q, &hit, &n, NULL), 0);
		lost += n != 1 || hit.slot != slot;
		asked++;
	}
	assert_true(asked > 0);
	if (lost > 0)
		fail_msg("%zu of %zu vectors do not find themselves", lost, asked);
}

/* Delete at random until `live` are left of those from `from` on. */
static void
thin_out(struct vec *v, uint32_t from, size_t live, size_t now)
{
	struct vec_stats s;

	vec_stats(v, &s);
	while (now > live)
		now -= vec_delete(v, from + (uint32_t)(fixture_random() % (s.published - from)),
		    NULL) == 0;
}

/* Every vector goes and another comes, in small steps, with the index work in between. */
static void
turn_over(struct vec *v, size_t live, unsigned nthreads)
{
	size_t step = live / 20;
	struct vec_stats s;
	uint32_t oldest = 0;

	for (size_t done = 0; done < live; done += step) {
		for (size_t i = 0; i < step; i++)
			add(v);
		vec_stats(v, &s);
		for (size_t gone = 0; gone < step && oldest < s.published; oldest++)
			gone += vec_delete(v, oldest, NULL) == 0;
		index_by(v, nthreads);
	}
}

static void
reach(enum vec_metric metric, unsigned nthreads)
{
	struct vec_options o = options(metric);
	struct vec *v = fixture_open(&o);
	size_t live = size / 4 / 20 * 20;

	for (size_t i = 0; i < 4 * live; i++)
		add(v);
	index_by(v, nthreads);
	census(v, 4 * live);
	thin_out(v, 0, 2 * live, 4 * live);
	index_by(v, nthreads);
	census(v, 2 * live);
	thin_out(v, 0, live, 2 * live);
	index_by(v, nthreads);
	census(v, live);
	for (int i = 0; i < TURNOVERS; i++)
		turn_over(v, live, nthreads);
	census(v, live);
	vec_close(v);
}

static void
all_is_reached_after_deletes_and_turnovers(void **state)
{
	(void)state;
	reach(VEC_COSINE, 1);
}

static void
all_is_reached_when_several_build_at_once(void **state)
{
	(void)state;
	reach(VEC_COSINE, THREADS);
}

static void
all_is_reached_under_l2(void **state)
{
	(void)state;
	reach(VEC_L2, THREADS);
}

/* --- recall -------------------------------------------------------------------------------------- */

/* Of QUERIES, which are the same each time, the share of the K nearest that is found. */
static double
recall(struct vec *v, size_t ef)
{
	struct vec_query q = VEC_QUERY(K), exact = VEC_QUERY(K);
	struct vec_hit hits[K], want[K];
	uint64_t seed = fixture_seed;
	size_t n, nwant, right = 0, of = 0;
	float x[DIM];

	q.ef = ef;
	exact.exact = true;
	fixture_seed = 4711;
	for (int i = 0; i < QUERIES; i++) {
		make_vector(x);
		assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
		assert_int_equal(vec_search(v, x, DIM, &exact, want, &nwant, NULL), 0);
		assert_int_equal(nwant, K);
		for (size_t j = 0; j < n; j++)
			right += hits[j].distance <= want[K - 1].distance;
		of += nwant;
	}
	fixture_seed = seed;
	return (double)right / (double)of;
}

static char next_dir[80];

static int
setup(void **state)
{
	if (fixture_setup(state) != 0)
		return -1;
	snprintf(next_dir, sizeof(next_dir), "%s/next", fixture_dir);
	return mkdir(next_dir, 0700);
}

/* The folder of the generation that was replaced is empty by now, and goes with its files if not. */
static int
teardown(void **state)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/vectors.bin", next_dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/hnsw.index", next_dir);
	unlink(path);
	rmdir(next_dir);
	return fixture_teardown(state);
}

/* The next generation: the survivors in their order, built by one thread from nothing. */
static struct vec *
build_next(struct vec *v)
{
	struct vec_options o = options(VEC_L2);
	struct vec_stats s;
	struct vec *next;
	uint32_t first, n = 0;

	o.generation++;
	o.seed++;
	assert_int_equal(vec_open(next_dir, &o, &next, NULL), 0);
	vec_stats(v, &s);
	for (uint32_t slot = 0; slot < s.published; slot++)
		if (vec_is_live(v, slot)) {
			assert_int_equal(vec_append(next, vec_peek(v, slot), 1, &first, NULL), 0);
			n++;
		}
	assert_int_equal(vec_publish(next, n, NULL), 0);
	index_by(next, 1);
	return next;
}

static void
expect_near(const char *what, double is, double fresh)
{
	if (is < fresh - 0.01)
		fail_msg("recall@10 %s is %.4f, that of a fresh build %.4f", what, is, fresh);
}

static void
recall_is_that_of_a_fresh_build(void **state)
{
	static const size_t efs[] = { 12, 20, 40 };
	struct vec_options o = options(VEC_L2);
	struct vec *v = fixture_open(&o), *next;
	double fresh[3], worn[3];

	(void)state;
	evenly = true;
	for (size_t i = 0; i < 2 * size; i++)
		add(v);
	index_by(v, 2);
	thin_out(v, 0, size / 2, 2 * size);
	index_by(v, 2);
	for (int i = 0; i < 3; i++)
		turn_over(v, size / 2 / 20 * 20, 2);
	next = build_next(v);
	for (size_t i = 0; i < 3; i++) {
		fresh[i] = recall(next, efs[i]);
		worn[i] = recall(v, efs[i]);
		print_message("# ef %zu: recall@10 %.4f, fresh %.4f\n", efs[i], worn[i], fresh[i]);
		expect_near("after turnovers", worn[i], fresh[i]);
	}
	assert_int_equal(vec_checkpoint(next, NULL), 0);
	assert_int_equal(vec_replace(next, v, NULL), 0);
	vec_close(v);
	thin_out(next, 0, size / 4, size / 2);	/* and it goes on to be good */
	index_by(next, 2);
	vec_close(next);
	o.generation++;
	o.seed++;
	v = fixture_open(&o);			/* the deletions are not remembered */
	index_by(v, 1);
	for (size_t i = 0; i < 3; i++)
		expect_near("after compaction and a restart", recall(v, efs[i]), fresh[i]);
	vec_close(v);
	evenly = false;
}

/* --- every step ---------------------------------------------------------------------------------- */

static uint32_t
some_live(struct vec *v)
{
	struct vec_stats s;
	uint32_t slot;

	vec_stats(v, &s);
	do
		slot = (uint32_t)(fixture_random() % s.published);
	while (!vec_is_live(v, slot));
	return slot;
}

/* One change: a vector, new or equal to one that is there, or a deletion. */
static void
mutate(struct vec *v)
{
	uint64_t dice = fixture_random() % 10;
	struct vec_stats s;
	uint32_t slot;

	vec_stats(v, &s);
	if (s.live < 40 || (dice < 5 && s.live < 200)) {
		add(v);
	} else if (dice < 6 && s.live < 200) {
		assert_int_equal(vec_append(v, vec_peek(v, some_live(v)), 1, &slot, NULL), 0);
		assert_int_equal(vec_publish(v, slot + 1, NULL), 0);
	} else {
		assert_int_equal(vec_delete(v, some_live(v), NULL), 0);
	}
}

/* 60 rounds of 80 changes, the rules looked at after each; the file is saved and read in between. */
static void
churn(enum vec_metric metric)
{
	struct vec_options o = options(metric);
	uint64_t live[1024] = { 0 };
	struct vec *v;
	struct vec_stats s;

	o.M = 4;
	o.ef_construction = 16;
	v = fixture_open(&o);
	for (int round = 0; round < 60; round++) {
		for (int i = 0; i < 80; i++) {
			mutate(v);
			assert_in_range(vec_index(v, 1, NULL), 0, 1);
			fixture_check(v);
		}
		fixture_index(v);
		fixture_check(v);
		if (round % 5 != 4)
			continue;
		vec_stats(v, &s);
		assert_int_equal(s.indexed, s.live);
		memset(live, 0, sizeof(live));
		for (uint32_t slot = 0; slot < s.published; slot++)
			live[slot / 64] |= (uint64_t)vec_is_live(v, slot) << slot % 64;
		assert_int_equal(vec_checkpoint(v, NULL), 0);
		vec_close(v);
		o.live = live;
		o.nlive = s.published;
		v = fixture_open(&o);
		vec_stats(v, &s);
		assert_string_equal(s.index_note, "");
		assert_int_equal(s.indexed, s.live);
		fixture_check(v);
	}
	vec_close(v);
}

static void
rules_hold_after_every_change_of_60_rounds_of_80(void **state)
{
	(void)state;
	churn(VEC_COSINE);
}

static void
rules_hold_after_every_change_under_l1(void **state)
{
	(void)state;
	churn(VEC_L1);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(all_is_reached_after_deletes_and_turnovers),
		FIXTURE_TEST(all_is_reached_when_several_build_at_once),
		FIXTURE_TEST(all_is_reached_under_l2),
		cmocka_unit_test_setup_teardown(recall_is_that_of_a_fresh_build, setup, teardown),
		FIXTURE_TEST(rules_hold_after_every_change_of_60_rounds_of_80),
		FIXTURE_TEST(rules_hold_after_every_change_under_l1),
	};

	if (argc > 1)
		size = strtoul(argv[1], NULL, 10);
	if (size < 2000) {
		fputs("usage: test_change [N]\n", stderr);
		return 2;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
