/*
 * codes_avxvnni.c - codes with AVX-VNNI, which has the products of bytes without AVX-512.
 */

#if defined(__AVXVNNI__)

#define CODE_LANES 8

#include <cpuid.h>

#include "codes_rows.h"
#include "codes_encode.h"
#include "codes_x86.h"

CODES_INLINE __m256i
step(__m256i acc, const unsigned char *row, __m256i q)
{
	return _mm256_dpbusd_avx_epi32(
	    acc, _mm256_loadu_si256((const __m256i *)(const void *)row), q);
}

CODES_INLINE code_i4
dots(const struct code_query *q, const unsigned char *const rows[4], size_t stride)
{
	__m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;

	for (size_t i = 0; i < stride; i += 32) {
		__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(q->bytes + i));

		a = step(a, rows[0] + i, x);
		b = step(b, rows[1] + i, x);
		c = step(c, rows[2] + i, x);
		d = step(d, rows[3] + i, x);
	}
	return totals(a, b, c, d);
}

CODES_INLINE __m256i
step_small(__m256i acc, const unsigned char *row, __m256i low, __m256i high)
{
	const __m256i mask = _mm256_set1_epi8(15);
	__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)row);

	acc = _mm256_dpbusd_avx_epi32(acc, _mm256_and_si256(x, mask), low);
	return _mm256_dpbusd_avx_epi32(
	    acc, _mm256_and_si256(_mm256_srli_epi16(x, 4), mask), high);
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

/* Not every compiler knows the name of this feature. */
static bool
has_vnni(void)
{
	unsigned a = 0, b, c, d;

	return __get_cpuid_count(7, 1, &a, &b, &c, &d) && a >> 4 & 1;
}

const struct codes_set *
codes_avxvnni(void)
{
	static const struct codes_set set = {
		.name = "avxvnni",
		.fast = { measure_l2, measure_ip, encode },
		.small = { measure_small_l2, measure_small_ip, encode_small },
	};

	return __builtin_cpu_supports("avx2") && has_vnni() ? &set : NULL;
}

#else

#include "codes.h"

const struct codes_set *
codes_avxvnni(void)
{
	return NULL;
}

#endif
