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

static void
fill(struct rows *r, const struct codes_set *set, size_t dim, float scale)
{
	size_t stride = codes_stride(dim);

	memset(r->code, 0, sizeof(r->code));
	for (size_t i = 0; i < ROWS; i++) {
		fixture_vectors(r->x[i], dim);
		for (size_t j = 0; j < dim; j++)
			r->x[i][j] = r->x[i][j] * scale + 3 * scale;
		set->encode(r->x[i], dim, 1, r->code[i], stride);
	}
	for (size_t i = 0; i < 12; i++)
		r->list[i] = r->code[i < ROWS ? i : 0];
}

static void
measure(const struct codes_set *set, bool ip, const struct rows *r, size_t from, size_t dim,
    float out[12])
{
	_Alignas(64) int8_t bytes[STRIDE_MOST];
	struct code_query q;

	codes_query(r->code[from], dim, codes_stride(dim), bytes, &q);
	(ip ? set->ip : set->l2)(&q, codes_stride(dim), r->list, ROWS, 4, out);
}

static void
a_distance_is_near_the_true_one(void **state)
{
	static struct rows r;
	float out[12];

	(void)state;
	for (size_t i = 0; i < NDIMS; i++) {
		fill(&r, codes_scalar(), dims[i], 1);
		measure(codes_scalar(), false, &r, 0, dims[i], out);
		for (size_t j = 0; j < ROWS; j++) {
			double d = fixture_distance(VEC_L2, r.x[0], r.x[j], dims[i]);
			/* Each component is off by at most half a step of 2 / 255 on both sides. */
			double off = sqrt((double)dims[i]) * 2 / 255;

			assert_true(sqrt((double)out[j]) <= d + off + 1e-3);
			assert_true(sqrt((double)out[j]) >= d - off - 1e-3);
		}
		measure(codes_scalar(), true, &r, 0, dims[i], out);
		for (size_t j = 0; j < ROWS; j++) {
			double d = fixture_distance(VEC_IP, r.x[0], r.x[j], dims[i]);

			assert_true(fabs((double)out[j] - d) <= (double)dims[i] * 8 / 255 + 1e-3);
		}
	}
}

static void
every_instruction_set_gives_the_same_bits(void **state)
{
	static struct rows r, other;
	float want[12], got[12];

	(void)state;
	for (size_t s = 0; s < NSETS; s++) {
		for (size_t i = 0; set_at(s) && i < NDIMS; i++) {
			uint64_t seed = fixture_seed;

			fill(&r, codes_scalar(), dims[i], 0.37f);
			fixture_seed = seed;
			fill(&other, set_at(s), dims[i], 0.37f);
			assert_memory_equal(r.code, other.code, sizeof(r.code));
			for (int ip = 0; ip < 2; ip++) {
				measure(codes_scalar(), ip, &r, 1, dims[i], want);
				measure(set_at(s), ip, &r, 1, dims[i], got);
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
	for (size_t i = 0; i < NDIMS; i++) {
		fill(&r, codes_best(), dims[i], 123.456f);
		measure(codes_best(), false, &r, 2, dims[i], a);
		measure(codes_best(), false, &r, 5, dims[i], b);
		assert_memory_equal(&a[5], &b[2], sizeof(float));
		assert_true(a[2] == 0 && b[5] == 0);
		measure(codes_best(), true, &r, 2, dims[i], a);
		measure(codes_best(), true, &r, 5, dims[i], b);
		assert_memory_equal(&a[5], &b[2], sizeof(float));
	}
}

static void
bytes_are_kept_as_they_are(void **state)
{
	static struct rows r;
	float out[12];

	(void)state;
	fill(&r, codes_best(), 100, 1);
	for (size_t i = 0; i < ROWS; i++) {
		for (size_t j = 0; j < 100; j++)
			r.x[i][j] = (float)(fixture_random() % 256);
		codes_best()->encode(r.x[i], 100, 1, r.code[i], codes_stride(100));
	}
	measure(codes_best(), false, &r, 3, 100, out);
	for (size_t i = 0; i < ROWS; i++) {
		double d = fixture_distance(VEC_L2, r.x[3], r.x[i], 100);

		assert_true(fabs((double)out[i] - d * d) <= 1);
	}
}

/* Components that no sum can hold are far, not a reason to stop. */
static void
huge_components_have_an_order(void **state)
{
	static struct rows r;
	float out[12];

	(void)state;
	fill(&r, codes_best(), 64, 3e37f);
	for (int ip = 0; ip < 2; ip++) {
		measure(codes_best(), ip, &r, 0, 64, out);
		for (size_t i = 0; i < ROWS; i++)
			assert_true(out[i] <= FLT_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_distance_is_near_the_true_one),
		cmocka_unit_test(every_instruction_set_gives_the_same_bits),
		cmocka_unit_test(a_to_b_is_b_to_a_and_equal_ones_are_at_0),
		cmocka_unit_test(bytes_are_kept_as_they_are),
		cmocka_unit_test(huge_components_have_an_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
