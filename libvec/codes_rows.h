/*
 * codes_rows.h - what all instruction sets do alike with codes.  Included by the codes_*.c files
 * alone, which define before:
 *
 *	CODE_LANES	floats in a vector of the machine
 *	dots		sums of products of the bytes of four rows with those of a query
 *	dots_small	the same with small codes
 *
 * Four floats or integers side by side are a vector of the compiler's, which every machine has.
 * Operations and their order are fixed, and none is fused (-ffp-contract=off).
 */

#include <float.h>
#include <math.h>

#include "codes.h"

#define CODES_INLINE static inline __attribute__((always_inline))

typedef float code_f4 __attribute__((vector_size(16)));
typedef int32_t code_i4 __attribute__((vector_size(16)));
typedef uint32_t code_u4 __attribute__((vector_size(16)));

CODES_INLINE code_i4 dots(const struct code_query *q, const unsigned char *const rows[4],
    size_t stride);
CODES_INLINE code_i4 dots_small(const struct code_query *q, const unsigned char *const rows[4],
    size_t stride);

/* The tails of four rows, member by member. */
struct code_tails {
	code_f4 min, step, square;
	code_i4 sum;
};

CODES_INLINE code_f4
to_float(code_i4 x)
{
	return __builtin_convertvector(x, code_f4);
}

CODES_INLINE code_f4
load_tail(const unsigned char *row, size_t stride)
{
	code_f4 x;

	memcpy(&x, row + stride - sizeof(x), sizeof(x));
	return x;
}

/* Of 16 bytes at the end of a small code the first three belong to the code. */
CODES_INLINE struct code_tails
unpack(code_f4 byte, code_f4 min, code_f4 step, code_u4 packed)
{
	code_u4 square = packed >> CODES_SUM_BITS | (code_u4)byte >> 24 << CODES_SQUARE_BITS;

	return (struct code_tails){ min, step, step * step * to_float((code_i4)square),
		(code_i4)(packed & ((1u << CODES_SUM_BITS) - 1)) };
}

CODES_INLINE struct code_tails
load_tails(const unsigned char *const rows[4], size_t stride, bool small)
{
	code_f4 a = load_tail(rows[0], stride), b = load_tail(rows[1], stride);
	code_f4 c = load_tail(rows[2], stride), d = load_tail(rows[3], stride);
	code_f4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
	code_f4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
	code_f4 AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
	code_f4 CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);

	code_f4 first = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
	code_f4 second = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
	code_f4 third = __builtin_shufflevector(AB, CD, 0, 1, 4, 5);
	code_f4 fourth = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);

	if (small)
		return unpack(first, second, third, (code_u4)fourth);
	return (struct code_tails){ first, second, fourth, (code_i4)third };
}

/* What is not below FLT_MAX, or no number, is FLT_MAX: an order always exists. */
CODES_INLINE code_f4
sane(code_f4 d)
{
	const code_f4 most = { FLT_MAX, FLT_MAX, FLT_MAX, FLT_MAX };
	code_i4 good = d < most;

	return (code_f4)(((code_i4)d & good) | ((code_i4)most & ~good));
}

/* With x = m + s c: |x - y|^2, where c . d is the sum of products, S and Q those of c and c^2. */
CODES_INLINE code_f4
finish_l2(const struct code_query *q, const struct code_tails *t, code_i4 dot)
{
	code_f4 total = t->step * to_float(t->sum), apart = t->min - q->tail.min, d;

	d = q->dim * (apart * apart) +
	    2 * (apart * (total - q->tail.step * (float)q->tail.sum)) +
	    ((t->square + q->tail.square) - 2 * (t->step * q->tail.step) * to_float(dot));
	/* Rounding may leave a little less than nothing; not a number stays what it is. */
	d = (code_f4)((code_i4)d & ~(d <= 0));
	return sane(d);
}

CODES_INLINE code_f4
finish_ip(const struct code_query *q, const struct code_tails *t, code_i4 dot)
{
	code_f4 total = t->step * to_float(t->sum);
	float qtotal = q->tail.step * (float)q->tail.sum;

	return sane(-(q->dim * (t->min * q->tail.min) + (t->min * qtotal + q->tail.min * total) +
	    t->step * q->tail.step * to_float(dot)));
}

CODES_INLINE void
fetch(const unsigned char *row, size_t stride)
{
	for (size_t i = 0; i < stride; i += CODES_LINE)
		__builtin_prefetch(row + i);
}

CODES_INLINE void
measure(const struct code_query *q, size_t stride, const unsigned char *const *rows, size_t n,
    size_t ahead, float *out, bool ip, bool small)
{
	size_t p = ahead;

	for (size_t i = 0; i < n; i += CODES_FOUR) {
		struct code_tails t;
		code_i4 dot;
		code_f4 d;

		for (int r = 0; r < CODES_FOUR && p < n; r++)
			fetch(rows[p++], stride);
		dot = small ? dots_small(q, rows + i, stride) : dots(q, rows + i, stride);
		t = load_tails(rows + i, stride, small);
		/* The query's bytes are too low by this. */
		dot += t.sum * q->offset;
		d = ip ? finish_ip(q, &t, dot) : finish_l2(q, &t, dot);
		memcpy(out + i, &d, sizeof(d));
	}
}

static void
measure_l2(const struct code_query *q, size_t stride, const unsigned char *const *rows, size_t n,
    size_t ahead, float *out)
{
	if (stride == 2 * CODES_LINE)
		measure(q, 2 * CODES_LINE, rows, n, ahead, out, false, false);
	else
		measure(q, stride, rows, n, ahead, out, false, false);
}

static void
measure_ip(const struct code_query *q, size_t stride, const unsigned char *const *rows, size_t n,
    size_t ahead, float *out)
{
	measure(q, stride, rows, n, ahead, out, true, false);
}

static void
measure_small_l2(const struct code_query *q, size_t stride, const unsigned char *const *rows,
    size_t n, size_t ahead, float *out)
{
	if (stride == CODES_LINE)
		measure(q, CODES_LINE, rows, n, ahead, out, false, true);
	else
		measure(q, stride, rows, n, ahead, out, false, true);
}

static void
measure_small_ip(const struct code_query *q, size_t stride, const unsigned char *const *rows,
    size_t n, size_t ahead, float *out)
{
	measure(q, stride, rows, n, ahead, out, true, true);
}
