/*
 * test_fault.c - every call that the system may refuse, refused once, at every place.
 *
 * A small workload runs again and again, each time with the next call failing, until a run meets no
 * failure.  What was acknowledged must be there afterwards, byte for byte, in this handle and after
 * reopening; what was refused must not have half happened; and the graph must be whole.
 */

#include "fixture.h"

#include "fault.h"

#define DIM 500		/* a few vectors fill a chunk of the file, so that it grows */
#define ADDS 60

struct outcome {
	uint32_t slot[ADDS];
	bool acknowledged[ADDS], deleted[ADDS];
	bool opened;
};

static void
make_vector(int i, float *x)
{
	fixture_seed = (uint64_t)i + 1;
	fixture_vectors(x, DIM);
	if (i % 10 == 9)
		make_vector(i - 1, x);
}

/* A failure is a code of the contract with a sentence. */
static void
expect_told(int rc, const struct vec_error *err)
{
	if (rc == 0 || rc == 1)
		return;
	assert_in_range(-rc, 1, 10);
	assert_int_equal(err->code, rc);
	assert_true(strlen(err->message) > 5);
}

static struct vec *
workload(struct outcome *o)
{
	struct vec_options options = fixture_options(DIM, VEC_COSINE);
	struct vec_error err;
	struct vec *v;
	float x[DIM];
	int rc;

	memset(o, 0, sizeof(*o));
	options.M = 4;
	options.ef_construction = 12;
	rc = vec_open(fixture_dir, &options, &v, &err);
	expect_told(rc, &err);
	o->opened = rc == 0;
	if (!o->opened)
		return NULL;
	for (int i = 0; i < ADDS; i++) {
		make_vector(i, x);
		rc = vec_add(v, x, DIM, &o->slot[i], &err);
		expect_told(rc, &err);
		o->acknowledged[i] = rc == 0;
		if (i % 3 == 2)
			expect_told(vec_index(v, 3, &err), &err);
		if (i % 8 == 7 && o->acknowledged[i - 4])
			o->deleted[i - 4] = vec_delete(v, o->slot[i - 4], NULL) == 0;
		if (i % 20 == 19)
			expect_told(vec_checkpoint(v, &err), &err);
	}
	return v;
}

/* What was acknowledged is there and found; deleted ones are not found. */
static void
expect_kept(struct vec *v, const struct outcome *o)
{
	struct vec_query q = VEC_QUERY(1);
	struct vec_hit hit;
	float x[DIM];
	size_t n;

	for (int i = 0; i < ADDS; i++) {
		if (!o->acknowledged[i])
			continue;
		make_vector(i, x);
		assert_non_null(vec_peek(v, o->slot[i]));
		assert_memory_equal(vec_peek(v, o->slot[i]), x, sizeof(x));
		assert_int_equal(vec_is_live(v, o->slot[i]), !o->deleted[i]);
		assert_int_equal(vec_search(v, x, DIM, &q, &hit, &n, NULL), 0);
		assert_int_equal(n, 1);
		if (!o->deleted[i])
			assert_true(hit.distance == 0);
	}
}

static void
expect_kept_after_reopening(const struct outcome *o)
{
	struct vec_options options = fixture_options(DIM, VEC_COSINE);
	uint64_t live[2] = { UINT64_MAX, UINT64_MAX };
	struct vec *v;

	options.M = 4;
	options.ef_construction = 12;
	for (int i = 0; i < ADDS; i++) {
		if (o->deleted[i])
			live[o->slot[i] / 64] &= ~(UINT64_C(1) << o->slot[i] % 64);
	}
	options.live = live;
	options.nlive = 128;
	v = fixture_open(&options);
	expect_kept(v, o);
	fixture_index(v);
	fixture_check(v);
	expect_kept(v, o);
	vec_close(v);
}

/* One run with one failure; true when there was one. */
static bool
run(enum fault_kind kind, long after, int no)
{
	struct outcome o;
	struct vec_stats s;
	struct vec *v;
	bool hit;

	fault_arm(kind, after, no);
	v = workload(&o);
	hit = fault_disarm();
	if (v) {
		vec_stats(v, &s);
		expect_kept(v, &o);
		fixture_index(v);
		fixture_check(v);
		expect_kept(v, &o);
		for (int i = 0; i < ADDS; i++)
			assert_true(o.acknowledged[i] || hit);
		vec_close(v);
	}
	expect_kept_after_reopening(&o);
	assert_int_equal(fixture_teardown(NULL), 0);
	assert_int_equal(fixture_setup(NULL), 0);
	return hit;
}

static void
run_all(enum fault_kind kind, int no)
{
	long n = 0;

	while (run(kind, n, no))
		n++;
	/* No failure at all would mean that the countdown counts nothing. */
	assert_true(n > 0);
}

static void
every_pwrite(void **state)
{
	(void)state;
	fault_short = false;
	run_all(FAULT_PWRITE, EIO);
	fault_short = true;
	run_all(FAULT_PWRITE, ENOSPC);
}

static void
every_pread(void **state)
{
	(void)state;
	run_all(FAULT_PREAD, EIO);
}

static void
every_fdatasync(void **state)
{
	(void)state;
	run_all(FAULT_FDATASYNC, EIO);
}

static void
every_fsync(void **state)
{
	(void)state;
	run_all(FAULT_FSYNC, EIO);
}

static void
every_fallocate(void **state)
{
	(void)state;
	run_all(FAULT_FALLOCATE, ENOSPC);
	run_all(FAULT_FALLOCATE, EOPNOTSUPP);
}

static void
every_ftruncate_and_rename(void **state)
{
	(void)state;
	run_all(FAULT_FTRUNCATE, EIO);
	run_all(FAULT_RENAME, EIO);
}

static void
every_mmap(void **state)
{
	(void)state;
	run_all(FAULT_MMAP, ENOMEM);
}

static void
every_allocation(void **state)
{
	(void)state;
	run_all(FAULT_CALLOC, ENOMEM);
}

static void
every_call_of_any_kind(void **state)
{
	(void)state;
	run_all(FAULT_ANY, ENOSPC);
}

/* Full, the handle says so, still searches, and goes on once there is room. */
static void
a_full_disk_passes(void **state)
{
	struct vec_options options = fixture_options(DIM, VEC_L2);
	struct vec *v = fixture_open(&options);
	struct vec_error err;
	struct vec_stats s;
	float x[DIM];
	uint32_t slot;
	int rc = 0, n = 0;

	(void)state;
	fault_arm(FAULT_FALLOCATE, 0, ENOSPC);
	make_vector(0, x);
	assert_int_equal(vec_add(v, x, DIM, &slot, &err), VEC_ENOSPC);
	fault_disarm();
	assert_int_equal(vec_add(v, x, DIM, &slot, &err), 0);
	assert_int_equal(slot, 0);
	fault_arm(FAULT_FALLOCATE, 0, EDQUOT);
	while ((rc = vec_add(v, x, DIM, &slot, &err)) == 0)
		n++;
	fault_disarm();
	assert_int_equal(rc, VEC_ENOSPC);
	vec_stats(v, &s);
	assert_int_equal(s.published, n + 1);
	assert_int_equal(s.published, s.capacity);
	assert_false(s.read_only);
	assert_int_equal(vec_add(v, x, DIM, &slot, &err), 0);
	assert_int_equal(slot, n + 1);
	vec_close(v);
}

static void
after_a_failed_sync_nothing_is_written(void **state)
{
	struct vec_options options = fixture_options(DIM, VEC_L2);
	struct vec *v = fixture_open(&options);
	struct vec_query q = VEC_QUERY(1);
	struct vec_error err;
	struct vec_stats s;
	struct vec_hit hit;
	float x[DIM];
	uint32_t slot;
	size_t n;

	(void)state;
	make_vector(0, x);
	assert_int_equal(vec_add(v, x, DIM, NULL, NULL), 0);
	fault_arm(FAULT_FDATASYNC, 0, EIO);
	assert_int_equal(vec_add(v, x, DIM, &slot, &err), VEC_EIO);
	fault_disarm();
	assert_int_equal(vec_add(v, x, DIM, &slot, &err), VEC_EREADONLY);
	assert_int_equal(vec_sync(v, &err), VEC_EREADONLY);
	assert_int_equal(vec_append(v, x, 1, &slot, &err), VEC_EREADONLY);
	assert_int_equal(vec_checkpoint(v, &err), VEC_EREADONLY);
	vec_stats(v, &s);
	assert_true(s.read_only);
	assert_int_equal(s.published, 1);
	assert_int_equal(vec_search(v, x, DIM, &q, &hit, &n, NULL), 0);
	assert_int_equal(n, 1);
	vec_close(v);
}

static void
a_failed_sync_of_the_longer_file_is_one(void **state)
{
	struct vec_options options = fixture_options(DIM, VEC_L2);
	struct vec *v = fixture_open(&options);
	struct vec_error err;
	struct vec_stats s;
	float x[DIM];
	uint32_t slot;

	(void)state;
	make_vector(0, x);
	fault_arm(FAULT_FDATASYNC, 0, EIO);
	assert_int_equal(vec_append(v, x, 1, &slot, &err), VEC_EREADONLY);
	fault_disarm();
	assert_string_equal(err.message, "cannot sync the grown vectors.bin: Input/output error");
	vec_stats(v, &s);
	assert_true(s.read_only);
	assert_int_equal(vec_append(v, x, 1, &slot, &err), VEC_EREADONLY);
	vec_close(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(every_pwrite),
		FIXTURE_TEST(every_pread),
		FIXTURE_TEST(every_fdatasync),
		FIXTURE_TEST(every_fsync),
		FIXTURE_TEST(every_fallocate),
		FIXTURE_TEST(every_ftruncate_and_rename),
		FIXTURE_TEST(every_mmap),
		FIXTURE_TEST(every_allocation),
		FIXTURE_TEST(every_call_of_any_kind),
		FIXTURE_TEST(a_full_disk_passes),
		FIXTURE_TEST(after_a_failed_sync_nothing_is_written),
		FIXTURE_TEST(a_failed_sync_of_the_longer_file_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
