/*
 * metric_avx512.c - the sums with AVX-512: 16 floats at a time, the last few under a mask.
 */

#include "metric.h"

#if defined(__AVX512F__) && defined(__AVX512DQ__)

#include "metric_sse.h"

typedef __m512 vector;

enum { WIDTH = 16 };

static inline vector
zero(void)
{
	return _mm512_setzero_ps();
}

static inline vector
load(const float *p)
{
	return _mm512_loadu_ps(p);
}

static inline vector
load_first(const float *p, size_t n)
{
	return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}

static inline __attribute__((always_inline)) vector
step(enum metric_sum sum, vector acc, vector a, vector b)
{
	vector d;

	if (sum == METRIC_DOT)
		return _mm512_fmadd_ps(a, b, acc);
	d = _mm512_sub_ps(a, b);
	if (sum == METRIC_L2SQ)
		return _mm512_fmadd_ps(d, d, acc);
	return _mm512_add_ps(acc, _mm512_abs_ps(d));
}

static inline vector
add(vector a, vector b)
{
	return _mm512_add_ps(a, b);
}

/* 16 partial sums to 4. */
static inline __m128
fold(vector x)
{
	__m256 y = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));

	return _mm_add_ps(_mm256_castps256_ps128(y), _mm256_extractf128_ps(y, 1));
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
metric_avx512(void)
{
	static const struct metric_set set = {
		.name = "avx512",
		.one = { dot, l2sq, l1 },
		.four = { dot_four, l2sq_four, l1_four },
		.exact = { exact_dot, exact_l2sq, exact_l1 },
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
