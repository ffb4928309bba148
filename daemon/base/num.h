/*
 * num.h - arithmetic that notices when it overflows, and numbers read strictly.
 */

#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *out = a + b, a * b; false when it does not fit (then *out is not to be used). */
static inline bool
num_add(size_t a, size_t b, size_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}

static inline bool
num_mul(size_t a, size_t b, size_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}

/* malloc of n * size bytes, NULL when that overflows or there is no memory.  Never NULL for 0 bytes. */
void *num_alloc(size_t n, size_t size);

/* The whole of `s` as a decimal number from `least` to `most`; false otherwise. */
bool num_parse(const char *s, uint64_t least, uint64_t most, uint64_t *out);

#endif
