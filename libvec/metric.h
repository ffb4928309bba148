/*
 * metric.h - sums over two rows of floats, as fast as the machine can.
 *
 * These serve the graph and the choice of candidates in a scan.  They add floats in an order that
 * differs between instruction sets; what a caller of libvec sees is computed by distance.h.
 */

#ifndef LIBVEC_METRIC_H
#define LIBVEC_METRIC_H

#include <stddef.h>

#include "vec.h"

/* Which sum: of products, of squared differences, of absolute differences. */
enum metric_sum {
	METRIC_DOT,
	METRIC_L2SQ,
	METRIC_L1,
	METRIC_NSUMS
};

/* `n` floats at `a` and `b`, which need no alignment. */
typedef float metric_one(const float *a, const float *b, size_t n);

/*
 * The sums of `q` with four rows at once, which costs less than four times one: q is loaded once
 * and the additions of different rows do not wait for each other.  out[i] is, to the last bit, what
 * metric_one gives for row i.
 */
typedef void metric_four(const float *q, const float *const rows[4], size_t n, float out[4]);

/* The same sum in the portable order of distance_lanes.h: equal bits in every set. */
typedef double metric_exact(const float *a, const float *b, size_t n);

struct metric_set {
	const char *name;	/* of the instruction set */
	metric_one *one[METRIC_NSUMS];
	metric_four *four[METRIC_NSUMS];
	metric_exact *exact[METRIC_NSUMS];
};

/* The fastest set this machine has.  The same answer for the life of the process. */
const struct metric_set *metric_best(void);

/* Each set by itself, for tests: NULL where it was not compiled or the machine lacks it. */
const struct metric_set *metric_scalar(void);
const struct metric_set *metric_avx2(void);
const struct metric_set *metric_avx512(void);
const struct metric_set *metric_neon(void);

/* The sum that a metric is computed from. */
enum metric_sum metric_sum_of(enum vec_metric metric);

#endif
