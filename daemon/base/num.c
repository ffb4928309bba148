/*
 * num.c - strict numbers: digits only, no sign, no space, no octal.
 */

#include <stdlib.h>

#include "num.h"

void *
num_alloc(size_t n, size_t size)
{
	size_t bytes;

	if (!num_mul(n, size, &bytes))
		return NULL;
	return malloc(bytes > 0 ? bytes : 1);
}

bool
num_parse(const char *s, uint64_t least, uint64_t most, uint64_t *out)
{
	uint64_t x = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		if (__builtin_mul_overflow(x, 10, &x) ||
		    __builtin_add_overflow(x, (uint64_t)(*s - '0'), &x))
			return false;
	}
	if (x < least || x > most)
		return false;
	*out = x;
	return true;
}
