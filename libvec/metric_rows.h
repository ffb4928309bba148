/*
 * metric_rows.h - the loops of a vector instruction set, once it has said what its vectors are.
 * Included by metric_avx2.c, metric_avx512.c and metric_neon.c alone, which define before:
 *
 *	vector, WIDTH			floats side by side, and how many
 *	zero, load, load_first		load_first: n < WIDTH floats, the other lanes 0
 *	step				acc + one term of the sum in each lane
 *	add, total, totals		totals: of four vectors, each as total would give it
 *
 * Two partial sums a row hide the latency of the fused multiply-add.  One row and four rows add in
 * the same order, so a distance does not depend on the company a row was computed in.  The eight
 * sums have names of their own: as an array the compiler kept them in memory.
 */

#include "distance_lanes.h"

#define ROWS_INLINE static inline __attribute__((always_inline))

ROWS_INLINE float
one(enum metric_sum sum, const float *q, const float *r, size_t n)
{
	vector even = zero(), odd = zero();
	size_t i;

	for (i = 0; i + 2 * WIDTH <= n; i += 2 * WIDTH) {
		even = step(sum, even, load(q + i), load(r + i));
		odd = step(sum, odd, load(q + i + WIDTH), load(r + i + WIDTH));
	}
	if (i + WIDTH <= n) {
		even = step(sum, even, load(q + i), load(r + i));
		i += WIDTH;
	}
	if (i < n)
		odd = step(sum, odd, load_first(q + i, n - i), load_first(r + i, n - i));
	return total(add(even, odd));
}

ROWS_INLINE void
four(enum metric_sum sum, const float *q, const float *const rows[4], size_t n, float out[4])
{
	const float *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
	vector e0 = zero(), e1 = zero(), e2 = zero(), e3 = zero();
	vector o0 = zero(), o1 = zero(), o2 = zero(), o3 = zero(), x;
	size_t i;

	for (i = 0; i + 2 * WIDTH <= n; i += 2 * WIDTH) {
		x = load(q + i);
		e0 = step(sum, e0, x, load(r0 + i));
		e1 = step(sum, e1, x, load(r1 + i));
		e2 = step(sum, e2, x, load(r2 + i));
		e3 = step(sum, e3, x, load(r3 + i));
		x = load(q + i + WIDTH);
		o0 = step(sum, o0, x, load(r0 + i + WIDTH));
		o1 = step(sum, o1, x, load(r1 + i + WIDTH));
		o2 = step(sum, o2, x, load(r2 + i + WIDTH));
		o3 = step(sum, o3, x, load(r3 + i + WIDTH));
	}
	if (i + WIDTH <= n) {
		x = load(q + i);
		e0 = step(sum, e0, x, load(r0 + i));
		e1 = step(sum, e1, x, load(r1 + i));
		e2 = step(sum, e2, x, load(r2 + i));
		e3 = step(sum, e3, x, load(r3 + i));
		i += WIDTH;
	}
	if (i < n) {
		x = load_first(q + i, n - i);
		o0 = step(sum, o0, x, load_first(r0 + i, n - i));
		o1 = step(sum, o1, x, load_first(r1 + i, n - i));
		o2 = step(sum, o2, x, load_first(r2 + i, n - i));
		o3 = step(sum, o3, x, load_first(r3 + i, n - i));
	}
	totals(add(e0, o0), add(e1, o1), add(e2, o2), add(e3, o3), out);
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
	four(METRIC_DOT, q, rows, n, out);
}

static void
l2sq_four(const float *q, const float *const rows[4], size_t n, float out[4])
{
	four(METRIC_L2SQ, q, rows, n, out);
}

static void
l1_four(const float *q, const float *const rows[4], size_t n, float out[4])
{
	four(METRIC_L1, q, rows, n, out);
}
