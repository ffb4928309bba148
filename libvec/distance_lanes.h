/*
 * distance_lanes.h - sums in one portable order of operations.  Included by metric_*.c, each for
 * its own instruction set.
 *
 * Eight partial sums in double, added in a fixed order, with no fused operation
 * (-ffp-contract=off): IEEE 754 then gives the same bits everywhere, whatever vectors the compiler
 * uses for the lanes.
 */

#ifndef LIBVEC_DISTANCE_LANES_H
#define LIBVEC_DISTANCE_LANES_H

#include <math.h>
#include <stddef.h>

#define LANES 8

static double
lanes_total(const double lane[LANES])
{
	return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
	    ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static double
exact_dot(const float *a, const float *b, size_t dim)
{
	double lane[LANES] = { 0 };
	size_t i, j;

	for (i = 0; i + LANES <= dim; i += LANES) {
		for (j = 0; j < LANES; j++)
			lane[j] += (double)a[i + j] * (double)b[i + j];
	}
	for (j = 0; i < dim; i++, j++)
		lane[j] += (double)a[i] * (double)b[i];
	return lanes_total(lane);
}

static double
exact_l2sq(const float *a, const float *b, size_t dim)
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
	return lanes_total(lane);
}

static double
exact_l1(const float *a, const float *b, size_t dim)
{
	double lane[LANES] = { 0 };
	size_t i, j;

	for (i = 0; i + LANES <= dim; i += LANES) {
		for (j = 0; j < LANES; j++)
			lane[j] += fabs((double)a[i + j] - (double)b[i + j]);
	}
	for (j = 0; i < dim; i++, j++)
		lane[j] += fabs((double)a[i] - (double)b[i]);
	return lanes_total(lane);
}

#endif
