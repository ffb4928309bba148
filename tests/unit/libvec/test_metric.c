/*
 * test_metric.c - the sums of every instruction set this machine has, against sums in double.
 *
 * A float sum of n terms in w lanes is off by at most (n / w + log w) ulps of the sum of absolute
 * values; the tests allow (n / 8 + 8) * 2^-23 of it, enough for the narrowest lanes.
 */

#include "fixture.h"

#include <sys/mman.h>

#include "metric.h"

#define MOST 16000

static const struct metric_set *const *
sets(size_t *n)
{
	static const struct metric_set *found[4];

	*n = 0;
	found[(*n)++] = metric_scalar();
	if (metric_avx2())
		found[(*n)++] = metric_avx2();
	if (metric_avx512())
		found[(*n)++] = metric_avx512();
	if (metric_neon())
		found[(*n)++] = metric_neon();
	return found;
}

/* The sum and the sum of absolute values. */
static double
reference(enum metric_sum sum, const float *a, const float *b, size_t n, double *size)
{
	double total = 0, term;

	*size = 0;
	for (size_t i = 0; i < n; i++) {
		double x = a[i], y = b[i];

		term = sum == METRIC_DOT  ? x * y
		     : sum == METRIC_L1 ? fabs(x - y)
		                        : (x - y) * (x - y);
		total += term;
		*size += fabs(term);
	}
	return total;
}

static void
check_dim(const struct metric_set *set, enum metric_sum sum, const float *q, const float *rows,
    size_t n)
{
	/* Rows begin 36 bytes into a page: aligned to 4 bytes and no more. */
	const float *r[4] = { rows, rows + n, rows + 2 * n, rows + 3 * n };
	double want, size;
	float four[4], single;

	set->four[sum](q, r, n, four);
	for (int i = 0; i < 4; i++) {
		want = reference(sum, q, r[i], n, &size);
		single = set->one[sum](q, r[i], n);
		if (fabs((double)single - want) > ((double)n / 8 + 8) * size * 0x1p-23)
			fail_msg("%s sum %d dim %zu: %g, not %g", set->name, (int)sum, n,
			    (double)single, want);
		if (memcmp(&single, &four[i], sizeof(single)) != 0)
			fail_msg("%s sum %d dim %zu: one row and four rows differ", set->name,
			    (int)sum, n);
		/* The graph compares distances seen from either end. */
		if (single != set->one[sum](r[i], q, n))
			fail_msg("%s sum %d dim %zu: not symmetric", set->name, (int)sum, n);
	}
}

static void
all_sets_match_double_sums(void **state)
{
	static const size_t large[] = { 1536, 3072, 3073, 16000 };
	float *memory = malloc((5 * MOST + 9) * sizeof(float)), *q, *rows;
	size_t nsets;
	const struct metric_set *const *set = sets(&nsets);

	(void)state;
	assert_non_null(memory);
	q = memory;
	rows = memory + MOST + 9;
	fixture_vectors(memory, 5 * MOST + 9);
	for (size_t s = 0; s < nsets; s++) {
		for (int sum = 0; sum < METRIC_NSUMS; sum++) {
			for (size_t n = 1; n <= 1100; n++)
				check_dim(set[s], (enum metric_sum)sum, q, rows, n);
			for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
				check_dim(set[s], (enum metric_sum)sum, q, rows, large[i]);
		}
	}
	free(memory);
}

/* The row ends where a page begins that may not be read. */
static void
nothing_is_read_past_the_row(void **state)
{
	size_t nsets, page = (size_t)sysconf(_SC_PAGESIZE);
	const struct metric_set *const *set = sets(&nsets);
	unsigned char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	for (size_t n = 1; n < 70; n++) {
		float *last = (float *)(void *)(pages + page) - n, four[4];
		const float *rows[4] = { last, last, last, last };

		fixture_vectors(last, n);
		for (size_t s = 0; s < nsets; s++) {
			set[s]->four[METRIC_DOT](last, rows, n, four);
			assert_true(four[0] > 0);
			assert_true(set[s]->one[METRIC_L2SQ](last, last, n) == 0);
			assert_true(set[s]->one[METRIC_L1](last, last, n) == 0);
		}
	}
	munmap(pages, 2 * page);
}

static void
names_go_both_ways(void **state)
{
	(void)state;
	for (int i = 0; i < VEC_NMETRICS; i++)
		assert_int_equal(vec_metric_parse(vec_metric_name((enum vec_metric)i)), i);
	assert_int_equal(vec_metric_parse("euclid"), -1);
	assert_int_equal(vec_metric_parse(""), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sets_match_double_sums),
		cmocka_unit_test(nothing_is_read_past_the_row),
		cmocka_unit_test(names_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
