/*
 * test_distance.c - the distances that callers see, and what may be stored.
 */

#include "fixture.h"

static void
known_values(void **state)
{
	static const float a[] = { 3, 4 }, b[] = { 4, -3 }, c[] = { -6, -8 }, zero[] = { 0, 0 };

	(void)state;
	assert_true(vec_distance(VEC_COSINE, a, b, 2) == 1);
	assert_true(vec_distance(VEC_COSINE, a, c, 2) == 2);
	assert_true(vec_distance(VEC_COSINE, a, zero, 2) == 1);
	assert_true(vec_distance(VEC_L2, a, c, 2) == 15);
	assert_true(vec_distance(VEC_L1, a, c, 2) == 21);
	assert_true(vec_distance(VEC_IP, a, a, 2) == -25);
	assert_false(signbit(vec_distance(VEC_IP, a, b, 2)));
}

/* Bits that every machine must give: a change of the order of operations shows here. */
static void
same_bits_everywhere(void **state)
{
	static const uint32_t want[VEC_NMETRICS] = {
		0x3f8343d6, 0x4104aa23, 0x3f5ae1aa, 0x4289d9bd };
	float a[101], b[101], d;
	uint32_t bits;

	(void)state;
	fixture_seed = 42;
	fixture_vectors(a, 101);
	fixture_vectors(b, 101);
	for (int m = 0; m < VEC_NMETRICS; m++) {
		d = vec_distance((enum vec_metric)m, a, b, 101);
		memcpy(&bits, &d, sizeof(bits));
		if (bits != want[m])
			fail_msg("%s: 0x%08x, not 0x%08x", vec_metric_name((enum vec_metric)m),
			    bits, want[m]);
	}
}

static void
a_vector_is_at_exactly_zero_from_itself(void **state)
{
	float x[300];

	(void)state;
	for (size_t dim = 1; dim <= 300; dim++) {
		float scale = powf(10, (float)((int)(dim % 30) - 15));

		fixture_vectors(x, dim);
		for (size_t i = 0; i < dim; i++)
			x[i] *= scale;
		assert_true(vec_distance(VEC_COSINE, x, x, dim) == 0);
		assert_true(vec_distance(VEC_L2, x, x, dim) == 0);
		assert_true(vec_distance(VEC_L1, x, x, dim) == 0);
	}
}

static void
near_the_definition_and_symmetric(void **state)
{
	float a[200], b[200];

	(void)state;
	for (size_t dim = 1; dim <= 200; dim++) {
		fixture_vectors(a, dim);
		fixture_vectors(b, dim);
		for (int m = 0; m < VEC_NMETRICS; m++) {
			enum vec_metric metric = (enum vec_metric)m;
			double want = fixture_distance(metric, a, b, dim);
			float got = vec_distance(metric, a, b, dim);

			assert_true(fabs((double)got - want) <= 1e-6 * (1 + fabs(want)));
			assert_true(got == vec_distance(metric, b, a, dim));
		}
	}
}

static void
only_finite_vectors_with_a_direction_are_stored(void **state)
{
	float x[40];
	struct vec_error err;

	(void)state;
	fixture_vectors(x, 40);
	assert_int_equal(vec_validate(x, 40, &err), 0);
	x[37] = NAN;
	assert_int_equal(vec_validate(x, 40, &err), VEC_EVALUE);
	assert_string_equal(err.message, "component 37 is not a number");
	x[37] = -INFINITY;
	assert_int_equal(vec_validate(x, 40, &err), VEC_EVALUE);
	assert_string_equal(err.message, "component 37 is infinite");
	memset(x, 0, sizeof(x));
	assert_int_equal(vec_validate(x, 40, &err), VEC_EVALUE);
	assert_string_equal(err.message, "all 40 components are zero");
	x[39] = -0x1p-149f;
	assert_int_equal(vec_validate(x, 40, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(same_bits_everywhere),
		cmocka_unit_test(a_vector_is_at_exactly_zero_from_itself),
		cmocka_unit_test(near_the_definition_and_symmetric),
		cmocka_unit_test(only_finite_vectors_with_a_direction_are_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
