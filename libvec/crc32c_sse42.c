/*
 * crc32c_sse42.c - CRC-32C with the instruction: x86 has it since SSE 4.2, aarch64 where the
 * compiler was told so.  Eight bytes at a time.
 */

#include <string.h>

#include "crc32c.h"

#if defined(__SSE4_2__) && defined(__x86_64__)

#include <nmmintrin.h>

static inline uint32_t
eight(uint32_t crc, uint64_t x)
{
	return (uint32_t)_mm_crc32_u64(crc, x);
}

static inline uint32_t
single(uint32_t crc, unsigned char x)
{
	return _mm_crc32_u8(crc, x);
}

static inline int
supported(void)
{
	return __builtin_cpu_supports("sse4.2");
}

#define CRC32C_INSTRUCTION 1

#elif defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

static inline uint32_t
eight(uint32_t crc, uint64_t x)
{
	return __crc32cd(crc, x);
}

static inline uint32_t
single(uint32_t crc, unsigned char x)
{
	return __crc32cb(crc, x);
}

static inline int
supported(void)
{
	return 1;
}

#define CRC32C_INSTRUCTION 1

#endif

#ifdef CRC32C_INSTRUCTION

static uint32_t
instruction(uint32_t crc, const unsigned char *p, size_t n)
{
	uint64_t word;

	crc = ~crc;
	for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		crc = eight(crc, word);
	}
	for (; n > 0; n--, p++)
		crc = single(crc, *p);
	return ~crc;
}

crc32c_function *
crc32c_sse42(void)
{
	return supported() ? instruction : NULL;
}

#else

crc32c_function *
crc32c_sse42(void)
{
	return NULL;
}

#endif
