/*
 * test_codes.c - codes: what they keep of a vector, and that every instruction set agrees to the
 * last bit.
 */

#include "fixture.h"

#include <float.h>

#include "codes.h"

#define DIM_MOST 300
#define ROWS 9
#define STRIDE_MOST 384

static const size_t dims[] = { 1, 2, 15, 16, 17, 47, 48, 49, 63, 64, 65, 100, 111, 112, 113, 128, 300 };
#define NDIMS (sizeof(dims) / sizeof(dims[0]))

struct rows {
	float x[ROWS][DIM_MOST];
	_Alignas(64) unsigned char code[ROWS][STRIDE_MOST];
	const unsigned char *list[12];
};

static const struct codes_set *
set_at(size_t i)
{
	const struct codes_set *sets[] = { codes_avx2(), codes_avxvnni(), codes_avx512(),
		codes_neon() };

	return sets[i];
}

#define NSETS 4

static size_t
stride_of(size_t dim, bool small)
{
	return small ? codes_small_stride(dim) : codes_stride(dim);
}

static const struct codes_kind *
kind_of(const struct codes_set *set, bool small)
{
	return small ? &set->small : &set->fast;
}

/* Three kinds of rows: on one side of zero, on both, and most of it near zero. */
static float
shape(float x, size_t row)
{
	return row % 3 == 0 ? x + 3 : row % 3 == 1 ? x : x * x * x;
}

static void
fill(struct rows *r, const struct codes_set *set, bool small, size_t dim, float scale)
{
	memset(r->code, 0, sizeof(r->code));
	for (size_t i = 0; i < ROWS; i++) {
		fixture_vectors(r->x[i], dim);
		for (size_t j = 0; j < dim; j++)
			r->x[i][j] = shape(r->x[i][j], i) * scale;
		kind_of(set, small)->encode(r->x[i], dim, 1, r->code[i], stride_of(dim, small));
	}
	for (size_t i = 0; i < 12; i++)
		r->list[i] = r->code[i < ROWS ? i : 0];
}

static void
measure(const struct codes_set *set, bool small, bool ip, const struct rows *r, size_t from,
    size_t dim, float out[12])
{
	_Alignas(64) int8_t bytes[2 * STRIDE_MOST];
	const struct codes_kind *kind = kind_of(set, small);
	struct code_query q;

	if (small)
		codes_query_small(r->code[from], dim, bytes, &q);
	else
		codes_query(r->code[from], dim, bytes, &q);
	(ip ? kind->ip : kind->l2)(&q, stride_of(dim, small), r->list, ROWS, 4, out);
}

static void
expect_near(const struct rows *r, size_t dim, double steps, const float out[2][12])
{
	/* Each component is off by at most half a step of 2 / steps on both sides. */
	double off = sqrt((double)dim) * 2 / steps;

	for (size_t j = 0; j < ROWS; j++) {
		double d = fixture_distance(VEC_L2, r->x[0], r->x[j], dim);
		double dot = fixture_distance(VEC_IP, r->x[0], r->x[j], dim);

		assert_true(sqrt((double)out[0][j]) <= d + off + 1e-3);
		assert_true(sqrt((double)out[0][j]) >= d - off - 1e-3);
		assert_true(fabs((double)out[1][j] - dot) <= (double)dim * 10 / steps + 1e-3);
	}
}

static void
a_distance_is_near_the_true_one(void **state)
{
	static struct rows r;
	float out[2][12];

	(void)state;
	for (size_t i = 0; i < NDIMS; i++) {
		for (int small = 0; small < 2; small++) {
			fill(&r, codes_scalar(), small, dims[i], 1);
			measure(codes_scalar(), small, false, &r, 0, dims[i], out[0]);
			measure(codes_scalar(), small, true, &r, 0, dims[i], out[1]);
			expect_near(&r, dims[i], small ? 15 : 255, out);
		}
	}
}

/* A query of whole bytes against small codes is nearer to the truth than a small one. */
static void
a_query_of_whole_bytes_measures_small_codes(void **state)
{
	_Alignas(64) unsigned char whole[STRIDE_MOST] = { 0 };
	_Alignas(64) int8_t bytes[2 * STRIDE_MOST];
	float mixed[12], both[12];
	double off[2] = { 0, 0 };
	static struct rows r;
	struct code_query q;

	(void)state;
	for (size_t i = 0; i < NDIMS; i++) {
		size_t dim = dims[i];

		fill(&r, codes_best(), true, dim, 1);
		codes_best()->fast.encode(r.x[0], dim, 1, whole, codes_stride(dim));
		codes_query_mixed(whole, dim, bytes, &q);
		codes_best()->small.l2(&q, codes_small_stride(dim), r.list, ROWS, 4, mixed);
		measure(codes_best(), true, false, &r, 0, dim, both);
		for (size_t j = 1; j < ROWS; j++) {
			double d = fixture_distance(VEC_L2, r.x[0], r.x[j], dim);

			off[0] += fabs((double)mixed[j] - d * d);
			off[1] += fabs((double)both[j] - d * d);
		}
	}
	assert_true(off[0] < off[1]);
}

static void
every_instruction_set_gives_the_same_bits(void **state)
{
	static struct rows r, other;
	float want[12], got[12];

	(void)state;
	for (size_t s = 0; s < 2 * NSETS; s++) {
		const struct codes_set *set = set_at(s / 2);
		bool small = s % 2;

		for (size_t i = 0; set && i < NDIMS; i++) {
			uint64_t seed = fixture_seed;

			fill(&r, codes_scalar(), small, dims[i], 0.37f);
			fixture_seed = seed;
			fill(&other, set, small, dims[i], 0.37f);
			assert_memory_equal(r.code, other.code, sizeof(r.code));
			for (int ip = 0; ip < 2; ip++) {
				measure(codes_scalar(), small, ip, &r, 1, dims[i], want);
				measure(set, small, ip, &r, 1, dims[i], got);
				assert_memory_equal(want, got, ROWS * sizeof(float));
			}
		}
	}
}

static void
a_to_b_is_b_to_a_and_equal_ones_are_at_0(void **state)
{
	static struct rows r;
	float a[12], b[12];

	(void)state;
	for (size_t i = 0; i < 2 * NDIMS; i++) {
		size_t dim = dims[i / 2];
		bool small = i % 2;

		fill(&r, codes_best(), small, dim, 123.456f);
		measure(codes_best(), small, false, &r, 2, dim, a);
		measure(codes_best(), small, false, &r, 5, dim, b);
		assert_memory_equal(&a[5], &b[2], sizeof(float));
		assert_true(a[2] == 0 && b[5] == 0);
		measure(codes_best(), small, true, &r, 2, dim, a);
		measure(codes_best(), small, true, &r, 5, dim, b);
		assert_memory_equal(&a[5], &b[2], sizeof(float));
	}
}

static void
bytes_are_kept_as_they_are(void **state)
{
	static struct rows r;
	float out[12];

	(void)state;
	fill(&r, codes_best(), false, 100, 1);
	for (size_t i = 0; i < ROWS; i++) {
		for (size_t j = 0; j < 100; j++)
			r.x[i][j] = (float)(fixture_random() % 256);
		codes_best()->fast.encode(r.x[i], 100, 1, r.code[i], codes_stride(100));
	}
	measure(codes_best(), false, false, &r, 3, 100, out);
	for (size_t i = 0; i < ROWS; i++) {
		double d = fixture_distance(VEC_L2, r.x[3], r.x[i], 100);

		assert_true(fabs((double)out[i] - d * d) <= 1);
	}
}

/* What a small code says of a component. */
static float
decode_small(const unsigned char *code, size_t dim, size_t i)
{
	struct code_tail t = codes_small_tail(code, codes_small_stride(dim));
	size_t half = (dim + 1) / 2;

	return t.min + t.step * (float)(i < half ? code[i] & 15 : code[i - half] >> 4);
}

static void
zeros_are_kept_by_small_codes(void **state)
{
	_Alignas(64) unsigned char code[STRIDE_MOST];
	float x[DIM_MOST];

	(void)state;
	for (size_t i = 0; i < 50; i++) {
		fixture_vectors(x, DIM_MOST);
		for (size_t j = 0; j < DIM_MOST; j++)
			x[j] = j % 11 == 0 ? x[j] + (float)i / 60 : 0;
		codes_best()->small.encode(x, DIM_MOST, 1, code, codes_small_stride(DIM_MOST));
		for (size_t j = 0; j < DIM_MOST; j++)
			assert_true(x[j] != 0 || decode_small(code, DIM_MOST, j) == 0);
	}
}

/* Squared errors of small codes, and of steps from the least component to the greatest. */
static void
a_few_far_components_do_not_coarsen_the_others(void **state)
{
	_Alignas(64) unsigned char code[STRIDE_MOST];
	double off = 0, whole = 0;
	float x[DIM_MOST];

	(void)state;
	for (int i = 0; i < 50; i++) {
		float min = 0, max = 0, step;

		fixture_vectors(x, DIM_MOST);
		for (size_t j = 0; j < DIM_MOST; j++) {
			x[j] = x[j] * x[j] * x[j] * x[j] * x[j];
			min = x[j] < min ? x[j] : min;
			max = x[j] > max ? x[j] : max;
		}
		step = (max - min) / 15;
		codes_best()->small.encode(x, DIM_MOST, 1, code, codes_small_stride(DIM_MOST));
		for (size_t j = 0; j < DIM_MOST; j++) {
			off += pow((double)(decode_small(code, DIM_MOST, j) - x[j]), 2);
			whole += pow((double)(min + step * roundf((x[j] - min) / step) - x[j]), 2);
		}
	}
	assert_true(off < 0.6 * whole);
}

/* Components that no sum can hold are far, not a reason to stop. */
static void
huge_components_have_an_order(void **state)
{
	static struct rows r;
	float out[12];

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		fill(&r, codes_best(), kind >= 2, 64, 3e37f);
		measure(codes_best(), kind >= 2, kind % 2, &r, 0, 64, out);
		for (size_t i = 0; i < ROWS; i++)
			assert_true(out[i] <= FLT_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_distance_is_near_the_true_one),
		cmocka_unit_test(a_query_of_whole_bytes_measures_small_codes),
		cmocka_unit_test(every_instruction_set_gives_the_same_bits),
		cmocka_unit_test(a_to_b_is_b_to_a_and_equal_ones_are_at_0),
		cmocka_unit_test(bytes_are_kept_as_they_are),
		cmocka_unit_test(zeros_are_kept_by_small_codes),
		cmocka_unit_test(a_few_far_components_do_not_coarsen_the_others),
		cmocka_unit_test(huge_components_have_an_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
