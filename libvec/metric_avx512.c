/*
 * metric_avx512.c - the sums with AVX-512: 16 floats at a time, the last few under a mask.
 *
 * Two partial sums per row hide the latency of the fused multiply-add.  One row and four rows add in
 * the same order, so a distance does not depend on the company a row was computed in.
 */

#include "metric.h"

#if defined(__AVX512F__) && defined(__AVX512DQ__)

#include <immintrin.h>

static inline __attribute__((always_inline)) __m512
step(enum metric_sum sum, __m512 acc, __m512 a, __m512 b)
{
	__m512 d;

	if (sum == METRIC_DOT)
		return _mm512_fmadd_ps(a, b, acc);
	d = _mm512_sub_ps(a, b);
	if (sum == METRIC_L2SQ)
		return _mm512_fmadd_ps(d, d, acc);
	return _mm512_add_ps(acc, _mm512_abs_ps(d));
}

/* 16 partial sums to 4. */
static inline __attribute__((always_inline)) __m128
fold(__m512 x)
{
	__m256 y = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));

	return _mm_add_ps(_mm256_castps256_ps128(y), _mm256_extractf128_ps(y, 1));
}

/* acc[i][0] + acc[i][1] over `nrows` rows; nrows and sum are constants at every call. */
static inline __attribute__((always_inline)) void
accumulate(enum metric_sum sum, int nrows, const float *q, const float *const *rows, size_t n,
    __m128 *out)
{
	__m512 acc[4][2], q0, q1;
	size_t i;

	for (int r = 0; r < nrows; r++)
		acc[r][0] = acc[r][1] = _mm512_setzero_ps();
	for (i = 0; i + 32 <= n; i += 32) {
		q0 = _mm512_loadu_ps(q + i);
		q1 = _mm512_loadu_ps(q + i + 16);
		for (int r = 0; r < nrows; r++) {
			acc[r][0] = step(sum, acc[r][0], q0, _mm512_loadu_ps(rows[r] + i));
			acc[r][1] = step(sum, acc[r][1], q1, _mm512_loadu_ps(rows[r] + i + 16));
		}
	}
	if (i + 16 <= n) {
		q0 = _mm512_loadu_ps(q + i);
		for (int r = 0; r < nrows; r++)
			acc[r][0] = step(sum, acc[r][0], q0, _mm512_loadu_ps(rows[r] + i));
		i += 16;
	}
	if (i < n) {
		__mmask16 mask = (__mmask16)((1u << (n - i)) - 1);

		q1 = _mm512_maskz_loadu_ps(mask, q + i);
		for (int r = 0; r < nrows; r++)
			acc[r][1] =
			    step(sum, acc[r][1], q1, _mm512_maskz_loadu_ps(mask, rows[r] + i));
	}
	for (int r = 0; r < nrows; r++)
		out[r] = fold(_mm512_add_ps(acc[r][0], acc[r][1]));
}

#include "metric_x86.h"

const struct metric_set *
metric_avx512(void)
{
	static const struct metric_set set = {
		.name = "avx512",
		.one = { dot, l2sq, l1 },
		.four = { dot_four, l2sq_four, l1_four },
	};

	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
	        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
	    ? &set
	    : NULL;
}

#else

const struct metric_set *
metric_avx512(void)
{
	return NULL;
}

#endif
