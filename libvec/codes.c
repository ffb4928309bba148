/*
 * codes.c - their names, queries from codes, and the choice of an instruction set.
 */

#include <stdatomic.h>
#include <string.h>

#include "codes.h"
#include "vec.h"

static const char *const names[VEC_NCODES] = { "default", "fast", "small", "none" };

const char *
vec_codes_name(enum vec_codes codes)
{
	return (unsigned)codes < VEC_NCODES ? names[codes] : "unknown";
}

int
vec_codes_parse(const char *name)
{
	for (int i = 0; i < VEC_NCODES; i++) {
		if (strcmp(name, names[i]) == 0)
			return i;
	}
	return -1;
}

void
codes_query(const unsigned char *row, size_t dim, int8_t *bytes, struct code_query *q)
{
	size_t stride = codes_stride(dim), end = stride - sizeof(q->tail);
	struct code_tail tail = codes_tail(row, stride);

	for (size_t i = 0; i < end; i++)
		bytes[i] = (int8_t)(row[i] ^ 0x80);
	memset(bytes + end, 0, sizeof(tail));
	*q = (struct code_query){ .bytes = bytes, .offset = 128, .dim = (float)dim, .tail = tail };
	/* The zeros before the tail count as -128 too. */
	q->shift = 128 * (tail.sum - 128 * (int32_t)end);
}

struct code_tail
codes_small_tail(const unsigned char *row, size_t stride)
{
	struct code_tail t;
	uint32_t packed, square;

	memcpy(&t.min, row + stride - 12, sizeof(t.min));
	memcpy(&t.step, row + stride - 8, sizeof(t.step));
	memcpy(&packed, row + stride - 4, sizeof(packed));
	square = packed >> CODES_SUM_BITS |
	    (uint32_t)row[stride - CODES_SMALL_TAIL] << CODES_SQUARE_BITS;
	t.sum = (int32_t)(packed & ((1u << CODES_SUM_BITS) - 1));
	t.square = t.step * t.step * (float)square;
	return t;
}

void
codes_query_small(const unsigned char *row, size_t dim, int8_t *bytes, struct code_query *q)
{
	size_t stride = codes_small_stride(dim), half = (dim + 1) / 2;
	struct code_tail tail = codes_small_tail(row, stride);

	memset(bytes, 0, 2 * stride);
	for (size_t i = 0; i < half; i++) {
		bytes[i] = (int8_t)(row[i] & 15);
		bytes[stride + i] = (int8_t)(row[i] >> 4);
	}
	*q = (struct code_query){ .bytes = bytes, .offset = 0, .dim = (float)dim, .tail = tail };
}

void
codes_query_mixed(const unsigned char *row, size_t dim, int8_t *bytes, struct code_query *q)
{
	size_t stride = codes_small_stride(dim), half = (dim + 1) / 2;
	struct code_tail tail = codes_tail(row, codes_stride(dim));

	memset(bytes, 0, 2 * stride);
	for (size_t i = 0; i < half; i++)
		bytes[i] = (int8_t)(row[i] ^ 0x80);
	for (size_t i = half; i < dim; i++)
		bytes[stride + i - half] = (int8_t)(row[i] ^ 0x80);
	*q = (struct code_query){ .bytes = bytes, .offset = 128, .dim = (float)dim, .tail = tail };
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
