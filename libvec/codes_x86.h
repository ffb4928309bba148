/*
 * codes_x86.h - the end of every 256-bit sum over codes: four vectors of partial sums to four sums.
 */

#ifndef LIBVEC_CODES_X86_H
#define LIBVEC_CODES_X86_H

#include <immintrin.h>

static inline __attribute__((always_inline)) code_i4
totals(__m256i a, __m256i b, __m256i c, __m256i d)
{
	__m256i abcd = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));

	return (code_i4)_mm_add_epi32(
	    _mm256_castsi256_si128(abcd), _mm256_extracti128_si256(abcd, 1));
}

#endif
