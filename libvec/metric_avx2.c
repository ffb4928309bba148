/*
 * metric_avx2.c - the sums with AVX2 and FMA: 8 floats at a time, the last few under a mask.
 */

#include "metric.h"

#if defined(__AVX2__) && defined(__FMA__)

#include "metric_sse.h"

typedef __m256 vector;

enum { WIDTH = 8 };

static inline vector
zero(void)
{
	return _mm256_setzero_ps();
}

static inline vector
load(const float *p)
{
	return _mm256_loadu_ps(p);
}

static inline vector
load_first(const float *p, size_t n)
{
	__m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);

	return _mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lanes));
}

static inline __attribute__((always_inline)) vector
step(enum metric_sum sum, vector acc, vector a, vector b)
{
	vector d;

	if (sum == METRIC_DOT)
		return _mm256_fmadd_ps(a, b, acc);
	d = _mm256_sub_ps(a, b);
	if (sum == METRIC_L2SQ)
		return _mm256_fmadd_ps(d, d, acc);
	return _mm256_add_ps(acc, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), d));
}

static inline vector
add(vector a, vector b)
{
	return _mm256_add_ps(a, b);
}

/* 8 partial sums to 4. */
static inline __m128
fold(vector x)
{
	return _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
}

static inline float
total(vector x)
{
	return sse_total(fold(x));
}

static inline void
totals(vector a, vector b, vector c, vector d, float out[4])
{
	sse_totals(fold(a), fold(b), fold(c), fold(d), out);
}

#include "metric_rows.h"

const struct metric_set *
metric_avx2(void)
{
	static const struct metric_set set = {
		.name = "avx2",
		.one = { dot, l2sq, l1 },
		.four = { dot_four, l2sq_four, l1_four },
		.exact = { exact_dot, exact_l2sq, exact_l1 },
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
