/*
 * metric_x86.h - what metric_avx2.c and metric_avx512.c have in common, once each has said how it
 * accumulates: four partial sums a row become one, and the functions of a set.  Included by these
 * two alone, after <immintrin.h> and their accumulate().
 */

/* (x0 + x2) + (x1 + x3) of one row. */
static inline __attribute__((always_inline)) float
total(__m128 x)
{
	x = _mm_add_ps(x, _mm_movehl_ps(x, x));
	return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

/* The same of four rows at once: the same additions, transposed on the way. */
static inline __attribute__((always_inline)) void
totals(const __m128 *x, float out[4])
{
	__m128 ab = _mm_add_ps(_mm_unpacklo_ps(x[0], x[1]), _mm_unpackhi_ps(x[0], x[1]));
	__m128 cd = _mm_add_ps(_mm_unpacklo_ps(x[2], x[3]), _mm_unpackhi_ps(x[2], x[3]));

	_mm_storeu_ps(out, _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab)));
}

static inline __attribute__((always_inline)) float
one(enum metric_sum sum, const float *a, const float *b, size_t n)
{
	__m128 x;

	accumulate(sum, 1, a, &b, n, &x);
	return total(x);
}

static inline __attribute__((always_inline)) void
four(enum metric_sum sum, const float *q, const float *const rows[4], size_t n, float out[4])
{
	__m128 x[4];

	accumulate(sum, 4, q, rows, n, x);
	totals(x, out);
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
