/*
 * codes.c - queries from codes, and the choice of an instruction set.
 */

#include <stdatomic.h>

#include "codes.h"

void
codes_query(const unsigned char *row, size_t dim, size_t stride, int8_t *bytes,
    struct code_query *q)
{
	size_t end = stride - sizeof(q->tail);

	for (size_t i = 0; i < end; i++)
		bytes[i] = (int8_t)(row[i] ^ 0x80);
	memset(bytes + end, 0, sizeof(q->tail));
	q->bytes = bytes;
	q->dim = (float)dim;
	q->tail = codes_tail(row, stride);
	/* The zeros before the tail count as -128 too: a row has zeros there. */
	q->shift = 128 * (q->tail.sum - 128 * (int32_t)end);
}

const struct codes_set *
codes_best(void)
{
	static const struct codes_set *_Atomic chosen;
	const struct codes_set *c = atomic_load_explicit(&chosen, memory_order_acquire);

	/* Two threads that choose at once choose the same. */
	if (!c) {
		if (!(c = codes_avx512()) && !(c = codes_avxvnni()) && !(c = codes_avx2()) &&
		    !(c = codes_neon()))
			c = codes_scalar();
		atomic_store_explicit(&chosen, c, memory_order_release);
	}
	return c;
}
