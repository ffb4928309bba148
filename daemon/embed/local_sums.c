/*
 * local_sums.c - sums to floats.
 */

#include <math.h>

#include "local_sums.h"

/* The largest magnitude among the sums. */
static int64_t
sum_peak(const int64_t *sum, size_t n)
{
	int64_t peak = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t a = sum[i] < 0 ? -sum[i] : sum[i];

		if (a > peak)
			peak = a;
	}
	return peak;
}

bool
sums_shrink(int64_t *sum, size_t n)
{
	int64_t peak = sum_peak(sum, n), scale = 1;

	while (peak / scale >= 1 << 25)
		scale *= 2;
	for (size_t i = 0; i < n; i++)
		sum[i] /= scale;
	return peak > 0;
}

void
sums_finish(const int64_t *sum, size_t n, double length, float *out)
{
	uint64_t squares = 0;
	double root;

	for (size_t i = 0; i < n; i++)
		squares += (uint64_t)(sum[i] * sum[i]);
	root = sqrt((double)squares);
	for (size_t i = 0; i < n; i++)
		out[i] = (float)((double)sum[i] / root * length);
}
