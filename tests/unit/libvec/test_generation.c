/*
 * test_generation.c - one generation of a collection takes the place of another, and files give
 * room back.
 */

#include <sys/stat.h>

#include "fixture.h"

#include "fault.h"

#define DIM 16

static char next_dir[80];

static int
setup(void **state)
{
	if (fixture_setup(state) != 0)
		return -1;
	snprintf(next_dir, sizeof(next_dir), "%s/next", fixture_dir);
	return mkdir(next_dir, 0700);
}

static int
teardown(void **state)
{
	static const char *const names[] = { "vectors.bin", "vectors.bin.new", "hnsw.index" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", next_dir, names[i]);
		unlink(path);
	}
	rmdir(next_dir);
	return fixture_teardown(state);
}

static struct vec *
open_next(void)
{
	struct vec_options o = fixture_options(DIM, VEC_L2);
	struct vec_error err = { .message = "" };
	struct vec *v;

	o.generation++;
	if (vec_open(next_dir, &o, &v, &err) != 0)
		fail_msg("vec_open: %s", err.message);
	return v;
}

/* The live vectors of `v` in `to`, in order. */
static void
copy_live(const struct vec *v, uint32_t end, struct vec *to)
{
	uint32_t first, n = 0;

	for (uint32_t s = 0; s < end; s++)
		if (vec_is_live(v, s)) {
			assert_int_equal(vec_append(to, vec_peek(v, s), 1, &first, NULL), 0);
			assert_int_equal(first, n++);
		}
	assert_int_equal(vec_publish(to, n, NULL), 0);
}

static bool
exists(const char *folder, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

static off_t
size_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(fixture_path(name), &st), 0);
	return st.st_size;
}

/* --- trimming ----------------------------------------------------------------------------------- */

static void
trimmed_file_ends_with_its_last_vector(void **state)
{
	struct vec_options o = fixture_options(DIM, VEC_L2);
	struct vec *v = fixture_open(&o);
	struct vec_stats st;
	float x[DIM] = { 1 };

	(void)state;
	fixture_fill(v, 4999, DIM, NULL);
	fixture_fill(v, 1, DIM, NULL);
	vec_stats(v, &st);
	assert_true(st.capacity > 5000);
	assert_int_equal(vec_trim(v, NULL), 0);
	vec_stats(v, &st);
	assert_int_equal(st.capacity, 5000);
	assert_int_equal(size_of("vectors.bin"), 36 + 5000 * DIM * 4);
	assert_int_equal(vec_trim(v, NULL), 0);
	for (int i = 0; i < 3000; i++)		/* and it grows again */
		assert_int_equal(vec_append(v, x, 1, &(uint32_t){ 0 }, NULL), 0);
	assert_int_equal(vec_publish(v, 8000, NULL), 0);
	assert_true(vec_peek(v, 7999)[0] == 1);
	vec_close(v);
	v = fixture_open(&o);
	vec_stats(v, &st);
	assert_int_equal(st.published, 8000);
	vec_close(v);
}

static void
failing_trim_loses_nothing(void **state)
{
	struct vec_options o = fixture_options(DIM, VEC_L2);

	(void)state;
	for (long after = 0; after < 3; after++) {
		struct vec *v = fixture_open(&o);
		struct vec_stats st;
		float x[5 * DIM];
		int rc;

		fixture_fill(v, 5, DIM, x);
		fault_arm(FAULT_ANY, after, EIO);
		rc = vec_trim(v, NULL);
		assert_true(fault_disarm());
		assert_int_equal(rc, VEC_EIO);
		vec_stats(v, &st);
		assert_int_equal(st.read_only, after == 1);
		if (after != 1)
			fixture_fill(v, 5, DIM, NULL);
		vec_close(v);
		v = fixture_open(&o);
		vec_stats(v, &st);
		assert_int_equal(st.published, after == 1 ? 5 : 10);
		assert_memory_equal(vec_peek(v, 0), x, sizeof(x));
		vec_close(v);
		assert_int_equal(unlink(fixture_path("vectors.bin")), 0);
	}
}

/* --- replacing ---------------------------------------------------------------------------------- */

static void
new_generation_has_the_folder_and_the_old_one_is_still_read(void **state)
{
	struct vec_options o = fixture_options(DIM, VEC_L2);
	struct vec *old = fixture_open(&o), *v = open_next();
	struct vec_query q = VEC_QUERY(1);
	struct vec_hit hit;
	struct vec_stats st;
	float x[1000 * DIM];
	size_t n;

	(void)state;
	fixture_fill(old, 1000, DIM, x);
	fixture_index(old);
	assert_int_equal(vec_checkpoint(old, NULL), 0);
	for (uint32_t s = 0; s < 1000; s += 2)
		assert_int_equal(vec_delete(old, s, NULL), 0);
	copy_live(old, 1000, v);
	fixture_index(v);
	assert_int_equal(vec_checkpoint(v, NULL), 0);
	assert_int_equal(vec_replace(v, old, NULL), 0);
	assert_int_equal(rmdir(next_dir), 0);
	/* both answer */
	assert_int_equal(vec_search(old, x + 7 * DIM, DIM, &q, &hit, &n, NULL), 0);
	assert_true(n == 1 && hit.slot == 7 && hit.distance == 0);
	assert_int_equal(vec_search(v, x + 7 * DIM, DIM, &q, &hit, &n, NULL), 0);
	assert_true(n == 1 && hit.slot == 3 && hit.distance == 0);
	/* the old one leaves the files alone, the new one goes on with them */
	fixture_index(old);
	assert_int_equal(vec_checkpoint(old, NULL), 0);
	vec_close(old);
	fixture_fill(v, 10, DIM, NULL);
	fixture_index(v);
	assert_int_equal(vec_checkpoint(v, NULL), 0);
	vec_close(v);
	o.generation++;
	v = fixture_open(&o);
	vec_stats(v, &st);
	assert_true(st.published == 510 && st.indexed == 510);
	assert_string_equal(st.index_note, "");
	vec_close(v);
}

/* Without an hnsw.index of its own it does not inherit the other's. */
static void
stale_index_goes(void **state)
{
	struct vec_options o = fixture_options(DIM, VEC_L2);
	struct vec *old = fixture_open(&o), *v = open_next();

	(void)state;
	fixture_fill(old, 100, DIM, NULL);
	fixture_index(old);
	assert_int_equal(vec_checkpoint(old, NULL), 0);
	copy_live(old, 100, v);
	assert_int_equal(vec_replace(v, old, NULL), 0);
	assert_false(exists(fixture_dir, "hnsw.index"));
	vec_close(old);
	vec_close(v);
}

/* Each rename and the fsync refused: both files are whole, under one name or the other. */
static void
refused_replacement_leaves_two_whole_generations(void **state)
{
	struct vec_options o = fixture_options(DIM, VEC_L2);
	struct vec_stats st;
	struct vec *old, *v;

	(void)state;
	for (long after = 0; after < 3; after++) {
		old = fixture_open(&o);
		v = open_next();
		fixture_fill(old, 100, DIM, NULL);
		assert_int_equal(vec_delete(old, 0, NULL), 0);
		copy_live(old, 100, v);
		fixture_index(v);
		assert_int_equal(vec_checkpoint(v, NULL), 0);
		fault_arm(FAULT_ANY, after, EIO);
		assert_int_equal(vec_replace(v, old, NULL), VEC_EIO);
		assert_true(fault_disarm());
		vec_stats(v, &st);
		assert_int_equal(st.published, 99);
		vec_close(old);
		vec_close(v);
		o.generation += after == 2;
		v = fixture_open(&o);
		vec_stats(v, &st);
		assert_int_equal(st.published, after == 2 ? 99 : 100);
		vec_close(v);
		assert_int_equal(exists(next_dir, "vectors.bin"), after < 2);
		if (after < 2) {	/* as a start would: what is left is moved then */
			v = open_next();
			vec_stats(v, &st);
			assert_int_equal(st.published, 99);
			vec_close(v);
		}
		assert_int_equal(unlink(fixture_path("vectors.bin")), 0);
		unlink(fixture_path("hnsw.index"));
		if (after < 2) {
			char path[128];

			snprintf(path, sizeof(path), "%s/vectors.bin", next_dir);
			unlink(path);
			snprintf(path, sizeof(path), "%s/hnsw.index", next_dir);
			unlink(path);
		}
	}
}

/* --- recall -------------------------------------------------------------------------------------- */

static double
recall(struct vec *v, uint32_t end, size_t ef)
{
	struct vec_query q = VEC_QUERY(10);
	size_t right = 0, of = 0;

	q.ef = ef;
	fixture_seed = 99;		/* the same questions to all */
	for (int i = 0; i < 200; i++) {
		struct vec_hit hits[10];
		uint32_t want[10];
		float x[DIM];
		size_t n, nwant;

		fixture_vectors(x, DIM);
		assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
		nwant = fixture_nearest(v, end, DIM, VEC_L2, x, 10, NULL, want);
		right += fixture_common(hits, n, want, nwant);
		of += nwant;
	}
	return (double)right / (double)of;
}

/* Deletions cost no recall against a fresh build of what is left, which a new generation is. */
static void
recall_is_that_of_a_fresh_build(void **state)
{
	struct vec_options o = fixture_options(DIM, VEC_L2);
	struct vec *v, *fresh;

	(void)state;
	o.M = 16;
	o.ef_construction = 100;
	v = fixture_open(&o);
	fixture_fill(v, 4000, DIM, NULL);
	fixture_index(v);
	for (uint32_t s = 0; s < 4000; s++)
		if (s % 4 != 0)
			assert_int_equal(vec_delete(v, s, NULL), 0);
	fixture_index(v);
	o.generation++;
	assert_int_equal(vec_open(next_dir, &o, &fresh, NULL), 0);
	copy_live(v, 4000, fresh);
	fixture_index(fresh);
	fixture_check(v);
	fixture_check(fresh);
	for (size_t ef = 10; ef <= 80; ef *= 2) {
		double before = recall(v, 4000, ef), after = recall(fresh, 1000, ef);

		if (before < after - 0.01)
			fail_msg("at ef %zu recall is %.3f, in a fresh build %.3f", ef, before, after);
	}
	vec_close(v);
	vec_close(fresh);
}

#define GENERATION_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		GENERATION_TEST(trimmed_file_ends_with_its_last_vector),
		GENERATION_TEST(failing_trim_loses_nothing),
		GENERATION_TEST(new_generation_has_the_folder_and_the_old_one_is_still_read),
		GENERATION_TEST(stale_index_goes),
		GENERATION_TEST(refused_replacement_leaves_two_whole_generations),
		GENERATION_TEST(recall_is_that_of_a_fresh_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
