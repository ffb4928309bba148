/*
 * metric_sse.h - the end of every x86 sum: four partial sums to one.
 */

#ifndef LIBVEC_METRIC_SSE_H
#define LIBVEC_METRIC_SSE_H

#include <immintrin.h>

/* (x0 + x2) + (x1 + x3). */
static inline float
sse_total(__m128 x)
{
	x = _mm_add_ps(x, _mm_movehl_ps(x, x));
	return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

/* The same of four at once: the same additions, transposed on the way. */
static inline void
sse_totals(__m128 a, __m128 b, __m128 c, __m128 d, float out[4])
{
	__m128 ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
	__m128 cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));

	_mm_storeu_ps(out, _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab)));
}

#endif
