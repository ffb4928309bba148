/*
 * codes_rows.h - what all instruction sets do alike with codes.  Included by the codes_*.c files
 * alone, which define before:
 *
 *	dots	sums of products of the bytes of four rows with those of a query
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

CODES_INLINE code_i4 dots(const struct code_query *q, const unsigned char *const rows[4],
    size_t stride);

/* The tails of four rows, member by member. */
struct code_tails {
	code_f4 min, step, square;
	code_i4 sum;
};

CODES_INLINE code_f4
load_tail(const unsigned char *row, size_t stride)
{
	code_f4 x;

	memcpy(&x, row + stride - sizeof(x), sizeof(x));
	return x;
}

CODES_INLINE struct code_tails
load_tails(const unsigned char *const rows[4], size_t stride)
{
	code_f4 a = load_tail(rows[0], stride), b = load_tail(rows[1], stride);
	code_f4 c = load_tail(rows[2], stride), d = load_tail(rows[3], stride);
	code_f4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
	code_f4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
	code_f4 AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
	code_f4 CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);

	return (struct code_tails){
		.min = __builtin_shufflevector(ab, cd, 0, 1, 4, 5),
		.step = __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
		.sum = (code_i4)__builtin_shufflevector(AB, CD, 0, 1, 4, 5),
		.square = __builtin_shufflevector(AB, CD, 2, 3, 6, 7),
	};
}

CODES_INLINE code_f4
to_float(code_i4 x)
{
	return __builtin_convertvector(x, code_f4);
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
    size_t ahead, float *out, bool ip)
{
	size_t p = 0;

	for (; p < n && p < ahead; p++)
		fetch(rows[p], stride);
	for (size_t i = 0; i < n; i += CODES_FOUR) {
		struct code_tails t;
		code_i4 dot;
		code_f4 d;

		for (int r = 0; r < CODES_FOUR && p < n; r++)
			fetch(rows[p++], stride);
		dot = dots(q, rows + i, stride);
		t = load_tails(rows + i, stride);
		/* The query's bytes are 128 too low. */
		dot += t.sum << 7;
		d = ip ? finish_ip(q, &t, dot) : finish_l2(q, &t, dot);
		memcpy(out + i, &d, sizeof(d));
	}
}

static void
measure_l2(const struct code_query *q, size_t stride, const unsigned char *const *rows, size_t n,
    size_t ahead, float *out)
{
	if (stride == 2 * CODES_LINE)
		measure(q, 2 * CODES_LINE, rows, n, ahead, out, false);
	else
		measure(q, stride, rows, n, ahead, out, false);
}

static void
measure_ip(const struct code_query *q, size_t stride, const unsigned char *const *rows, size_t n,
    size_t ahead, float *out)
{
	measure(q, stride, rows, n, ahead, out, true);
}

/* --- encoding -------------------------------------------------------------------------------- */

#define CODE_LANES 16

struct code_range {
	float min, max;
	bool whole;	/* every component is a whole number */
};

/* In lanes, so that the compiler may use vectors without changing any result. */
CODES_INLINE struct code_range
find_range(const float *x, size_t dim, float scale)
{
	float min[CODE_LANES], max[CODE_LANES];
	int32_t odd[CODE_LANES] = { 0 };
	struct code_range r;
	size_t i, j;

	for (j = 0; j < CODE_LANES; j++)
		min[j] = max[j] = x[0] * scale;
	for (i = 0; i + CODE_LANES <= dim; i += CODE_LANES) {
		for (j = 0; j < CODE_LANES; j++) {
			float y = x[i + j] * scale;

			min[j] = y < min[j] ? y : min[j];
			max[j] = y > max[j] ? y : max[j];
			odd[j] |= !(y >= -16777216.0f && y <= 16777216.0f) ||
			    (float)(int32_t)(y >= -16777216.0f && y <= 16777216.0f ? y : 0) != y;
		}
	}
	for (j = 0; i < dim; i++, j++) {
		float y = x[i] * scale;

		min[j] = y < min[j] ? y : min[j];
		max[j] = y > max[j] ? y : max[j];
		odd[j] |= !(y >= -16777216.0f && y <= 16777216.0f) || (float)(int32_t)y != y;
	}
	r = (struct code_range){ min[0], max[0], odd[0] == 0 };
	for (j = 1; j < CODE_LANES; j++) {
		r.min = min[j] < r.min ? min[j] : r.min;
		r.max = max[j] > r.max ? max[j] : r.max;
		r.whole &= odd[j] == 0;
	}
	return r;
}

/* The nearest whole number in 0..255; what is no number is 0. */
CODES_INLINE int32_t
to_byte(float y)
{
	y = y > 0 ? y : 0;
	y = y < 255 ? y : 255;
	return (int32_t)(y + 0.5f);
}

static void
encode(const float *x, size_t dim, float scale, unsigned char *row, size_t stride)
{
	struct code_range r = find_range(x, dim, scale);
	struct code_tail t = { .min = r.min, .step = (r.max - r.min) / 255 };
	int32_t sum[CODE_LANES] = { 0 };
	int64_t square = 0;
	float inverse;
	size_t i, j;

	if (r.whole && r.max - r.min <= 255)
		t.step = 1;
	inverse = t.step > 0 ? 1 / t.step : 0;
	for (i = 0; i + CODE_LANES <= dim; i += CODE_LANES) {
		int32_t squares[CODE_LANES];

		for (j = 0; j < CODE_LANES; j++) {
			int32_t c = to_byte((x[i + j] * scale - t.min) * inverse);

			row[i + j] = (unsigned char)c;
			sum[j] += c;
			squares[j] = c * c;
		}
		for (j = 0; j < CODE_LANES; j++)
			square += squares[j];
	}
	for (j = 0; i < dim; i++, j++) {
		int32_t c = to_byte((x[i] * scale - t.min) * inverse);

		row[i] = (unsigned char)c;
		sum[j] += c;
		square += c * c;
	}
	for (j = 0; j < CODE_LANES; j++)
		t.sum += sum[j];
	t.square = t.step * t.step * (float)(int32_t)square;
	memcpy(row + stride - sizeof(t), &t, sizeof(t));
}
