/*
 * codes_avx512.c - codes with AVX-512 VNNI: 64 products an instruction.
 */

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)

#define CODE_LANES 16

#include "codes_rows.h"
#include "codes_encode.h"
#include <immintrin.h>

CODES_INLINE __m512i
step(__m512i acc, const unsigned char *row, __m512i q)
{
	return _mm512_dpbusd_epi32(acc, _mm512_loadu_si512(row), q);
}

/* Pairs of sums side by side, then fours: each quarter then holds a part of all four sums. */
CODES_INLINE code_i4
totals(__m512i a, __m512i b, __m512i c, __m512i d)
{
	__m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
	__m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
	__m512i abcd =
	    _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
	__m256i half = _mm256_add_epi32(
	    _mm512_castsi512_si256(abcd), _mm512_extracti64x4_epi64(abcd, 1));

	return (code_i4)_mm_add_epi32(
	    _mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

CODES_INLINE code_i4
dots(const struct code_query *q, const unsigned char *const rows[4], size_t stride)
{
	__m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;

	for (size_t i = 0; i < stride; i += CODES_LINE) {
		__m512i x = _mm512_loadu_si512(q->bytes + i);

		a = step(a, rows[0] + i, x);
		b = step(b, rows[1] + i, x);
		c = step(c, rows[2] + i, x);
		d = step(d, rows[3] + i, x);
	}
	return totals(a, b, c, d);
}

CODES_INLINE __m512i
step_small(__m512i acc, const unsigned char *row, __m512i low, __m512i high)
{
	const __m512i mask = _mm512_set1_epi8(15);
	__m512i x = _mm512_loadu_si512(row);

	acc = _mm512_dpbusd_epi32(acc, _mm512_and_si512(x, mask), low);
	return _mm512_dpbusd_epi32(
	    acc, _mm512_and_si512(_mm512_srli_epi16(x, 4), mask), high);
}

CODES_INLINE code_i4
dots_small(const struct code_query *q, const unsigned char *const rows[4], size_t stride)
{
	__m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;

	for (size_t i = 0; i < stride; i += CODES_LINE) {
		__m512i low = _mm512_loadu_si512(q->bytes + i);
		__m512i high = _mm512_loadu_si512(q->bytes + stride + i);

		a = step_small(a, rows[0] + i, low, high);
		b = step_small(b, rows[1] + i, low, high);
		c = step_small(c, rows[2] + i, low, high);
		d = step_small(d, rows[3] + i, low, high);
	}
	return totals(a, b, c, d);
}

const struct codes_set *
codes_avx512(void)
{
	static const struct codes_set set = {
		.name = "avx512vnni",
		.fast = { measure_l2, measure_ip, encode },
		.small = { measure_small_l2, measure_small_ip, encode_small },
	};

	return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
	        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
	    ? &set
	    : NULL;
}

#else

#include "codes.h"

const struct codes_set *
codes_avx512(void)
{
	return NULL;
}

#endif
