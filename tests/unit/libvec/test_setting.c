/*
 * test_setting.c - the codes that a collection may have: each finds what is near, through deletions
 * and reopening, under every metric, and one thread builds one graph.
 */

#include "fixture.h"

#define DIM 24
#define MANY 3000

static const int settings[] = { VEC_CODES_FAST, VEC_CODES_SMALL, VEC_CODES_NONE };
#define NSETTINGS ((int)(sizeof(settings) / sizeof(settings[0])))

static struct vec_options
options(int metric, int codes)
{
	struct vec_options o = fixture_options(DIM, (enum vec_metric)metric);

	o.codes = (enum vec_codes)codes;
	return o;
}

static void
forget_files(void)
{
	unlink(fixture_path("vectors.bin"));
	unlink(fixture_path("hnsw.index"));
}

/* Of 10 nearest of 20 queries, nearly all, and at their true distances. */
static void
expect_recall(struct vec *v, enum vec_metric metric)
{
	struct vec_query q = VEC_QUERY(10);
	size_t n, found = 0;
	struct vec_hit hits[10];
	uint32_t want[10];
	float x[DIM];

	q.ef = 100;
	for (int i = 0; i < 20; i++) {
		fixture_vectors(x, DIM);
		assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
		assert_int_equal(fixture_nearest(v, MANY, DIM, metric, x, 10, NULL, want), 10);
		found += fixture_common(hits, n, want, 10);
		for (size_t j = 0; j < n; j++)
			assert_true(hits[j].distance ==
			    vec_distance(metric, x, vec_peek(v, hits[j].slot), DIM));
	}
	assert_in_range(found, 185, 200);
}

static void
each_finds_what_is_near(void **state)
{
	(void)state;
	for (int i = 0; i < VEC_NMETRICS * NSETTINGS; i++) {
		struct vec_options o = options(i / NSETTINGS, settings[i % NSETTINGS]);
		struct vec *v = fixture_open(&o);
		struct vec_stats s;

		fixture_fill(v, MANY, DIM, NULL);
		fixture_index(v);
		fixture_check(v);
		vec_stats(v, &s);
		assert_int_equal(s.codes, o.metric == VEC_L1 ? VEC_CODES_NONE : o.codes);
		expect_recall(v, o.metric);
		for (uint32_t slot = 0; slot < MANY / 10; slot++)
			assert_int_equal(vec_delete(v, slot * 10, NULL), 0);
		fixture_index(v);
		fixture_check(v);
		expect_recall(v, o.metric);
		assert_int_equal(vec_checkpoint(v, NULL), 0);
		vec_close(v);
		v = fixture_open(&o);
		for (uint32_t slot = 0; slot < MANY / 10; slot++)
			assert_int_equal(vec_delete(v, slot * 10, NULL), 0);
		vec_stats(v, &s);
		assert_int_equal(s.tail, 0);
		expect_recall(v, o.metric);
		vec_close(v);
		forget_files();
	}
}

static void
one_thread_builds_one_graph(void **state)
{
	(void)state;
	for (int setting = 0; setting < NSETTINGS; setting++) {
		struct vec_options o = options(VEC_COSINE, settings[setting]);
		unsigned char *bytes[2];
		size_t n[2];

		for (int i = 0; i < 2; i++) {
			struct vec *v = fixture_open(&o);

			fixture_seed = 5;
			fixture_fill(v, 1000, DIM, NULL);
			fixture_index(v);
			assert_int_equal(vec_checkpoint(v, NULL), 0);
			bytes[i] = fixture_read("hnsw.index", &n[i]);
			vec_close(v);
			forget_files();
		}
		assert_int_equal(n[0], n[1]);
		assert_memory_equal(bytes[0], bytes[1], n[0]);
		free(bytes[0]);
		free(bytes[1]);
	}
}

/* Vectors of very different lengths, and all on one side of the origin. */
static void
codes_fit_vectors_of_any_size(void **state)
{
	static float x[MANY][DIM];

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct vec_options o = options(i < 2 ? VEC_COSINE : VEC_L2, settings[i % 2]);
		struct vec *v = fixture_open(&o);
		uint32_t first;

		fixture_vectors(x[0], (size_t)MANY * DIM);
		for (size_t r = 0; r < MANY; r++) {
			float scale = r % 3 == 0 ? 1e-3f : r % 3 == 1 ? 1 : 1e3f;

			for (size_t c = 0; c < DIM; c++)
				x[r][c] = x[r][c] * scale + scale;
		}
		assert_int_equal(vec_append(v, x[0], MANY, &first, NULL), 0);
		assert_int_equal(vec_publish(v, MANY, NULL), 0);
		fixture_index(v);
		fixture_check(v);
		expect_recall(v, o.metric);
		vec_close(v);
		forget_files();
	}
}

static void
defaults_follow_the_dim_and_the_setting(void **state)
{
	static const struct { size_t dim; enum vec_codes codes, given; uint32_t M; } rules[] = {
		{ 100, VEC_CODES_FAST, VEC_CODES_FAST, VEC_M_LOW },
		{ 100, VEC_CODES_SMALL, VEC_CODES_SMALL, VEC_M_DEFAULT },
		{ 257, VEC_CODES_FAST, VEC_CODES_FAST, VEC_M_DEFAULT },
		{ 16, VEC_CODES_SMALL, VEC_CODES_NONE, VEC_M_LOW },
		{ 256, VEC_CODES_NONE, VEC_CODES_NONE, VEC_M_LOW },
		{ 256, VEC_CODES_DEFAULT, VEC_CODES_FAST, VEC_M_LOW },
		{ 257, VEC_CODES_DEFAULT, VEC_CODES_SMALL, VEC_M_DEFAULT },
		{ 16, VEC_CODES_DEFAULT, VEC_CODES_NONE, VEC_M_LOW } };

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct vec_options o = { .dim = rules[i].dim, .codes = rules[i].codes,
			.create = true };
		struct vec *v = fixture_open(&o);
		struct vec_stats s;

		vec_stats(v, &s);
		assert_int_equal(s.codes, rules[i].given);
		assert_int_equal(s.M, rules[i].M);
		assert_int_equal(vec_default_M(&o), rules[i].M);
		vec_close(v);
		forget_files();
	}
	assert_int_equal(vec_default_codes(&(struct vec_options){ .dim = 256 }), VEC_CODES_FAST);
	assert_int_equal(vec_default_codes(&(struct vec_options){ .dim = 257 }), VEC_CODES_SMALL);
}

static void
names_go_both_ways(void **state)
{
	(void)state;
	for (int i = 0; i < VEC_NCODES; i++)
		assert_int_equal(vec_codes_parse(vec_codes_name((enum vec_codes)i)), i);
	assert_int_equal(vec_codes_parse("sq8"), -1);
	assert_int_equal(vec_codes_parse(""), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(each_finds_what_is_near),
		FIXTURE_TEST(one_thread_builds_one_graph),
		FIXTURE_TEST(codes_fit_vectors_of_any_size),
		FIXTURE_TEST(defaults_follow_the_dim_and_the_setting),
		FIXTURE_TEST(names_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
