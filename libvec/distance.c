/*
 * distance.c - distances in one portable order of operations.
 *
 * The kernels of metric.h choose candidates; the sums of distance_lanes.h say how far the chosen
 * ones are, in the same bits on every machine.  A float product is exact in double, so a vector is
 * at exactly 0 from itself: the three sums of the cosine are then equal, and the square root of a
 * square that neither over- nor underflows is exact.
 */

#include <float.h>
#include <math.h>

#include "distance.h"
#include "error.h"
#include "metric.h"

#define VALIDATE_LANES 16

static double
exact(enum metric_sum sum, const float *a, const float *b, size_t dim)
{
	return metric_best()->exact[sum](a, b, dim);
}

static double
cosine(const float *a, const float *b, size_t dim)
{
	metric_exact *dot = metric_best()->exact[METRIC_DOT];
	double aa = dot(a, a, dim), bb = dot(b, b, dim), d;

	if (aa == 0 || bb == 0)
		return 1;
	d = 1 - dot(a, b, dim) / sqrt(aa * bb);
	if (d < 0)
		return 0;
	return d > 2 ? 2 : d;
}

float
vec_distance(enum vec_metric metric, const float *a, const float *b, size_t dim)
{
	switch (metric) {
	case VEC_COSINE:
		return (float)cosine(a, b, dim);
	case VEC_L2:
		return (float)sqrt(exact(METRIC_L2SQ, a, b, dim));
	case VEC_L1:
		return (float)exact(METRIC_L1, a, b, dim);
	default:
		return (float)(0 - exact(METRIC_DOT, a, b,
				       dim)); /* never -0, which would sort before 0 */
	}
}

float
distance_inverse_norm(const float *x, size_t dim)
{
	double inverse, squared = exact(METRIC_DOT, x, x, dim);

	if (squared == 0)
		return 0;
	inverse = 1 / sqrt(squared);
	return inverse < (double)FLT_MAX ? (float)inverse : FLT_MAX;
}

/* x - x is 0 for every finite x and NaN for the rest, and so is a sum of such differences. */
static bool
is_sound(const float *x, size_t dim)
{
	float bad[VALIDATE_LANES] = { 0 }, all = 0;
	uint32_t some[VALIDATE_LANES] = { 0 }, any = 0;
	size_t i, j;

	for (i = 0; i + VALIDATE_LANES <= dim; i += VALIDATE_LANES) {
		for (j = 0; j < VALIDATE_LANES; j++) {
			bad[j] += x[i + j] - x[i + j];
			some[j] |= x[i + j] != 0;
		}
	}
	for (j = 0; i < dim; i++, j++) {
		bad[j] += x[i] - x[i];
		some[j] |= x[i] != 0;
	}
	for (j = 0; j < VALIDATE_LANES; j++) {
		all += bad[j];
		any |= some[j];
	}
	return all == 0 && any;
}

int
vec_validate(const float *x, size_t dim, struct vec_error *err)
{
	if (is_sound(x, dim))
		return 0;
	for (size_t i = 0; i < dim; i++) {
		if (!isfinite(x[i]))
			return error_set(err, VEC_EVALUE, "component %zu is %s", i,
			    isnan(x[i]) ? "not a number" : "infinite");
	}
	return error_set(err, VEC_EVALUE, "all %zu components are zero", dim);
}
