/*
 * metric_neon.c - the sums with NEON, which every aarch64 machine has: 4 floats at a time, the last
 * few through a copy padded with zeros.
 */

#include <string.h>

#include "metric.h"

#if defined(__aarch64__) && defined(__ARM_NEON)

#include <arm_neon.h>

static inline __attribute__((always_inline)) float32x4_t
step(enum metric_sum sum, float32x4_t acc, float32x4_t a, float32x4_t b)
{
	float32x4_t d;

	if (sum == METRIC_DOT)
		return vfmaq_f32(acc, a, b);
	d = vsubq_f32(a, b);
	return sum == METRIC_L2SQ ? vfmaq_f32(acc, d, d) : vaddq_f32(acc, vabsq_f32(d));
}

static inline float32x4_t
load_last(const float *p, size_t n)
{
	float padded[4] = { 0 };

	memcpy(padded, p, n * sizeof(*p));
	return vld1q_f32(padded);
}

/* Two partial sums a row; nrows and sum are constants at every call. */
static inline __attribute__((always_inline)) void
sums(enum metric_sum sum, int nrows, const float *q, const float *const *rows, size_t n, float *out)
{
	float32x4_t acc[4][2], q0, q1;
	size_t i;

	for (int r = 0; r < nrows; r++)
		acc[r][0] = acc[r][1] = vdupq_n_f32(0);
	for (i = 0; i + 8 <= n; i += 8) {
		q0 = vld1q_f32(q + i);
		q1 = vld1q_f32(q + i + 4);
		for (int r = 0; r < nrows; r++) {
			acc[r][0] = step(sum, acc[r][0], q0, vld1q_f32(rows[r] + i));
			acc[r][1] = step(sum, acc[r][1], q1, vld1q_f32(rows[r] + i + 4));
		}
	}
	for (; i < n; i += 4) {
		size_t left = n - i < 4 ? n - i : 4;

		q0 = load_last(q + i, left);
		for (int r = 0; r < nrows; r++)
			acc[r][0] = step(sum, acc[r][0], q0, load_last(rows[r] + i, left));
	}
	for (int r = 0; r < nrows; r++)
		out[r] = vaddvq_f32(vaddq_f32(acc[r][0], acc[r][1]));
}

static float
dot(const float *a, const float *b, size_t n)
{
	float out;

	sums(METRIC_DOT, 1, a, &b, n, &out);
	return out;
}

static float
l2sq(const float *a, const float *b, size_t n)
{
	float out;

	sums(METRIC_L2SQ, 1, a, &b, n, &out);
	return out;
}

static float
l1(const float *a, const float *b, size_t n)
{
	float out;

	sums(METRIC_L1, 1, a, &b, n, &out);
	return out;
}

static void
dot_four(const float *q, const float *const rows[4], size_t n, float out[4])
{
	sums(METRIC_DOT, 4, q, rows, n, out);
}

static void
l2sq_four(const float *q, const float *const rows[4], size_t n, float out[4])
{
	sums(METRIC_L2SQ, 4, q, rows, n, out);
}

static void
l1_four(const float *q, const float *const rows[4], size_t n, float out[4])
{
	sums(METRIC_L1, 4, q, rows, n, out);
}

const struct metric_set *
metric_neon(void)
{
	static const struct metric_set set = {
		.name = "neon",
		.one = { dot, l2sq, l1 },
		.four = { dot_four, l2sq_four, l1_four },
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
