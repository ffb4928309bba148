/*
 * codes_avx2.c - codes with AVX2.
 *
 * The instruction that multiplies bytes adds pairs in 16 bits and would saturate, so bytes are
 * widened first.
 */

#if defined(__AVX2__)

#define CODE_LANES 8

#include "codes_rows.h"
#include "codes_encode.h"
#include "codes_x86.h"

CODES_INLINE __m256i
step(__m256i acc, const unsigned char *row, __m256i q)
{
	__m256i x = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)row));

	return _mm256_add_epi32(acc, _mm256_madd_epi16(x, q));
}

CODES_INLINE code_i4
dots(const struct code_query *q, const unsigned char *const rows[4], size_t stride)
{
	__m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;

	for (size_t i = 0; i < stride; i += 16) {
		__m256i x = _mm256_cvtepi8_epi16(
		    _mm_loadu_si128((const __m128i *)(const void *)(q->bytes + i)));

		a = step(a, rows[0] + i, x);
		b = step(b, rows[1] + i, x);
		c = step(c, rows[2] + i, x);
		d = step(d, rows[3] + i, x);
	}
	return totals(a, b, c, d);
}

/* Up to 15 times a byte, twice: 16 bits hold it. */
CODES_INLINE __m256i
step_small(__m256i acc, const unsigned char *row, __m256i low, __m256i high)
{
	const __m256i mask = _mm256_set1_epi8(15);
	__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)row);
	__m256i sums = _mm256_add_epi16(_mm256_maddubs_epi16(_mm256_and_si256(x, mask), low),
	    _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(x, 4), mask), high));

	return _mm256_add_epi32(acc, _mm256_madd_epi16(sums, _mm256_set1_epi16(1)));
}

CODES_INLINE code_i4
dots_small(const struct code_query *q, const unsigned char *const rows[4], size_t stride)
{
	__m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;

	for (size_t i = 0; i < stride; i += 32) {
		const int8_t *bytes = q->bytes + i;
		__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
		__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + stride));

		a = step_small(a, rows[0] + i, low, high);
		b = step_small(b, rows[1] + i, low, high);
		c = step_small(c, rows[2] + i, low, high);
		d = step_small(d, rows[3] + i, low, high);
	}
	return totals(a, b, c, d);
}

const struct codes_set *
codes_avx2(void)
{
	static const struct codes_set set = {
		.name = "avx2",
		.fast = { measure_l2, measure_ip, encode },
		.small = { measure_small_l2, measure_small_ip, encode_small },
	};

	return __builtin_cpu_supports("avx2") ? &set : NULL;
}

#else

#include "codes.h"

const struct codes_set *
codes_avx2(void)
{
	return NULL;
}

#endif
