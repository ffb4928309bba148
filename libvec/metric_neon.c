/*
 * metric_neon.c - the sums with NEON, which every aarch64 machine has: 4 floats at a time, the last
 * few through a copy padded with zeros.
 */

#include <string.h>

#include "metric.h"

#if defined(__aarch64__) && defined(__ARM_NEON)

#include <arm_neon.h>

typedef float32x4_t vector;

enum { WIDTH = 4 };

static inline vector
zero(void)
{
	return vdupq_n_f32(0);
}

static inline vector
load(const float *p)
{
	return vld1q_f32(p);
}

static inline vector
load_first(const float *p, size_t n)
{
	float padded[WIDTH] = { 0 };

	memcpy(padded, p, n * sizeof(*p));
	return vld1q_f32(padded);
}

static inline __attribute__((always_inline)) vector
step(enum metric_sum sum, vector acc, vector a, vector b)
{
	vector d;

	if (sum == METRIC_DOT)
		return vfmaq_f32(acc, a, b);
	d = vsubq_f32(a, b);
	return sum == METRIC_L2SQ ? vfmaq_f32(acc, d, d) : vaddq_f32(acc, vabsq_f32(d));
}

static inline vector
add(vector a, vector b)
{
	return vaddq_f32(a, b);
}

static inline float
total(vector x)
{
	return vaddvq_f32(x);
}

static inline void
totals(vector a, vector b, vector c, vector d, float out[4])
{
	out[0] = total(a);
	out[1] = total(b);
	out[2] = total(c);
	out[3] = total(d);
}

#include "metric_rows.h"

const struct metric_set *
metric_neon(void)
{
	static const struct metric_set set = {
		.name = "neon",
		.one = { dot, l2sq, l1 },
		.four = { dot_four, l2sq_four, l1_four },
		.exact = { exact_dot, exact_l2sq, exact_l1 },
	};

	return &set;
}

#else

const struct metric_set *
metric_neon(void)
{
	return NULL;
}

#endif
