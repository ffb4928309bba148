/*
 * distance.c - distances in one portable order of operations.
 *
 * Eight partial sums in double, added in a fixed order, with no fused operation
 * (-ffp-contract=off): IEEE 754 then gives the same bits everywhere, whatever vectors the compiler
 * uses for the lanes.  The kernels of metric.h choose candidates; these sums say how far the chosen
 * ones are.  A float product is exact in double, so a vector is at exactly 0 from itself: the three
 * sums of the cosine are then equal, and the square root of a square that neither over- nor
 * underflows is exact.
 */

#include <float.h>
#include <math.h>

#include "distance.h"
#include "error.h"

#define LANES 8

static double
total(const double lane[LANES])
{
	return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
	    ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static double
dot(const float *a, const float *b, size_t dim)
{
	double lane[LANES] = { 0 };
	size_t i, j;

	for (i = 0; i + LANES <= dim; i += LANES) {
		for (j = 0; j < LANES; j++)
			lane[j] += (double)a[i + j] * (double)b[i + j];
	}
	for (j = 0; i < dim; i++, j++)
		lane[j] += (double)a[i] * (double)b[i];
	return total(lane);
}

static double
l2sq(const float *a, const float *b, size_t dim)
{
	double lane[LANES] = { 0 }, d;
	size_t i, j;

	for (i = 0; i + LANES <= dim; i += LANES) {
		for (j = 0; j < LANES; j++) {
			d = (double)a[i + j] - (double)b[i + j];
			lane[j] += d * d;
		}
	}
	for (j = 0; i < dim; i++, j++) {
		d = (double)a[i] - (double)b[i];
		lane[j] += d * d;
	}
	return total(lane);
}

static double
l1(const float *a, const float *b, size_t dim)
{
	double lane[LANES] = { 0 };
	size_t i, j;

	for (i = 0; i + LANES <= dim; i += LANES) {
		for (j = 0; j < LANES; j++)
			lane[j] += fabs((double)a[i + j] - (double)b[i + j]);
	}
	for (j = 0; i < dim; i++, j++)
		lane[j] += fabs((double)a[i] - (double)b[i]);
	return total(lane);
}

static double
cosine(const float *a, const float *b, size_t dim)
{
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
		return (float)sqrt(l2sq(a, b, dim));
	case VEC_L1:
		return (float)l1(a, b, dim);
	default:
		return (float)(0 - dot(a, b, dim)); /* never -0, which would sort before 0 */
	}
}

float
distance_inverse_norm(const float *x, size_t dim)
{
	double inverse, squared = dot(x, x, dim);

	if (squared == 0)
		return 0;
	inverse = 1 / sqrt(squared);
	return inverse < (double)FLT_MAX ? (float)inverse : FLT_MAX;
}

/* x - x is 0 for every finite x and NaN for the rest, and so is a sum of such differences. */
int
vec_validate(const float *x, size_t dim, struct vec_error *err)
{
	float bad = 0;
	bool zero = true;

	for (size_t i = 0; i < dim; i++) {
		bad += x[i] - x[i];
		zero &= x[i] == 0;
	}
	if (bad == 0 && !zero)
		return 0;
	for (size_t i = 0; i < dim; i++) {
		if (!isfinite(x[i]))
			return error_set(err, VEC_EVALUE, "component %zu is %s", i,
			    isnan(x[i]) ? "not a number" : "infinite");
	}
	return error_set(err, VEC_EVALUE, "all %zu components are zero", dim);
}
