/*
 * metric_avx2.c - the sums with AVX2 and FMA: 8 floats at a time, the last few under a mask.
 *
 * As in metric_avx512.c, two partial sums a row, and the same order for one row and for four.
 */

#include "metric.h"

#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>

static inline __attribute__((always_inline)) __m256
step(enum metric_sum sum, __m256 acc, __m256 a, __m256 b)
{
	__m256 d;

	if (sum == METRIC_DOT)
		return _mm256_fmadd_ps(a, b, acc);
	d = _mm256_sub_ps(a, b);
	if (sum == METRIC_L2SQ)
		return _mm256_fmadd_ps(d, d, acc);
	return _mm256_add_ps(acc, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), d));
}

/* The first `n` of 8 lanes. */
static inline __m256i
first_lanes(size_t n)
{
	return _mm256_cmpgt_epi32(
	    _mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* 8 partial sums to 4. */
static inline __attribute__((always_inline)) __m128
fold(__m256 x)
{
	return _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
}

/* acc[i][0] + acc[i][1] over `nrows` rows; nrows and sum are constants at every call. */
static inline __attribute__((always_inline)) void
accumulate(enum metric_sum sum, int nrows, const float *q, const float *const *rows, size_t n,
    __m128 *out)
{
	__m256 acc[4][2], q0, q1;
	size_t i;

	for (int r = 0; r < nrows; r++)
		acc[r][0] = acc[r][1] = _mm256_setzero_ps();
	for (i = 0; i + 16 <= n; i += 16) {
		q0 = _mm256_loadu_ps(q + i);
		q1 = _mm256_loadu_ps(q + i + 8);
		for (int r = 0; r < nrows; r++) {
			acc[r][0] = step(sum, acc[r][0], q0, _mm256_loadu_ps(rows[r] + i));
			acc[r][1] = step(sum, acc[r][1], q1, _mm256_loadu_ps(rows[r] + i + 8));
		}
	}
	if (i + 8 <= n) {
		q0 = _mm256_loadu_ps(q + i);
		for (int r = 0; r < nrows; r++)
			acc[r][0] = step(sum, acc[r][0], q0, _mm256_loadu_ps(rows[r] + i));
		i += 8;
	}
	if (i < n) {
		__m256i mask = first_lanes(n - i);

		q1 = _mm256_maskload_ps(q + i, mask);
		for (int r = 0; r < nrows; r++)
			acc[r][1] =
			    step(sum, acc[r][1], q1, _mm256_maskload_ps(rows[r] + i, mask));
	}
	for (int r = 0; r < nrows; r++)
		out[r] = fold(_mm256_add_ps(acc[r][0], acc[r][1]));
}

#include "metric_x86.h"

const struct metric_set *
metric_avx2(void)
{
	static const struct metric_set set = {
		.name = "avx2",
		.one = { dot, l2sq, l1 },
		.four = { dot_four, l2sq_four, l1_four },
	};

	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &set : NULL;
}

#else

const struct metric_set *
metric_avx2(void)
{
	return NULL;
}

#endif
