/*
 * bench_random.h - numbers for made data: the same on every machine, from a seed.
 */

#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stdint.h>

/* splitmix64, by S. Vigna (public domain algorithm). */
static inline uint64_t
bench_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* About normal: the sum of four uniform numbers, variance 1. */
static inline float
bench_normal(uint64_t *seed)
{
	uint64_t z = bench_random(seed);
	float s = 0;

	for (int i = 0; i < 4; i++, z >>= 16)
		s += (float)(z & 0xffff) / 65536;
	return (s - 2) * 1.7320508f;
}

#endif
