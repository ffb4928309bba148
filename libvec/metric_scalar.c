/*
 * metric_scalar.c - the sums in plain C: the reference for the other sets, and what machines
 * without them run.  Eight partial sums let a compiler use whatever vectors the baseline has.
 */

#include <math.h>

#include "distance_lanes.h"
#include "metric.h"

#define LANES 8

static inline __attribute__((always_inline)) float
term(enum metric_sum sum, float a, float b)
{
	if (sum == METRIC_DOT)
		return a * b;
	return sum == METRIC_L2SQ ? (a - b) * (a - b) : fabsf(a - b);
}

static inline __attribute__((always_inline)) float
one(enum metric_sum sum, const float *a, const float *b, size_t n)
{
	float lane[LANES] = { 0 }, total = 0;
	size_t i, j;

	for (i = 0; i + LANES <= n; i += LANES) {
		for (j = 0; j < LANES; j++)
			lane[j] += term(sum, a[i + j], b[i + j]);
	}
	for (j = 0; i < n; i++, j++)
		lane[j] += term(sum, a[i], b[i]);
	for (j = 0; j < LANES; j++)
		total += lane[j];
	return total;
}

static float
dot(const float *a, const float *b, size_t n)
{
	return one(METRIC_DOT, a, b, n);
}

static float
l2sq(const float *a, const float *b, size_t n)
{
	return one(METRIC_L2SQ, a, b, n);
}

static float
l1(const float *a, const float *b, size_t n)
{
	return one(METRIC_L1, a, b, n);
}

static void
dot_four(const float *q, const float *const rows[4], size_t n, float out[4])
{
	for (int i = 0; i < 4; i++)
		out[i] = dot(q, rows[i], n);
}

static void
l2sq_four(const float *q, const float *const rows[4], size_t n, float out[4])
{
	for (int i = 0; i < 4; i++)
		out[i] = l2sq(q, rows[i], n);
}

static void
l1_four(const float *q, const float *const rows[4], size_t n, float out[4])
{
	for (int i = 0; i < 4; i++)
		out[i] = l1(q, rows[i], n);
}

const struct metric_set *
metric_scalar(void)
{
	static const struct metric_set set = {
		.name = "scalar",
		.one = { dot, l2sq, l1 },
		.four = { dot_four, l2sq_four, l1_four },
		.exact = { exact_dot, exact_l2sq, exact_l1 },
	};

	return &set;
}
