/*
 * bytes.h - numbers in little-endian bytes, and sizes that do not overflow.
 */

#ifndef LIBVEC_BYTES_H
#define LIBVEC_BYTES_H

#include <stdbool.h>
#include <stdint.h>

static inline void
bytes_put32(unsigned char *p, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(x >> 8 * i);
}

static inline void
bytes_put64(unsigned char *p, uint64_t x)
{
	for (int i = 0; i < 8; i++)
		p[i] = (unsigned char)(x >> 8 * i);
}

static inline uint32_t
bytes_get32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t
bytes_get64(const unsigned char *p)
{
	return (uint64_t)bytes_get32(p) | (uint64_t)bytes_get32(p + 4) << 32;
}

/*
 * *out = start + a * b.  False when that is more than INT64_MAX, which no file can hold; every size
 * that depends on a file, a caller or a setting goes through here.
 */
static inline bool
bytes_size(uint64_t start, uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_mul_overflow(a, b, out) && !__builtin_add_overflow(*out, start, out) &&
	    *out <= INT64_MAX;
}

#endif
