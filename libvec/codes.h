/*
 * codes.h - vectors as bytes, for the graph to find its way by.
 *
 * A code holds each component in one byte, counted in steps from the least component of its own
 * vector: x = min + step * c.  So nothing is learned from the data, nothing needs to be learned
 * again as it changes, and a vector's code depends on that vector alone.  (One step for a whole
 * collection was rejected: it must be guessed from the first vectors, and what comes later is cut
 * off.)  Where the components are whole numbers that span no more than 255, step is 1 and the code
 * is exact.  Under cosine it is the unit vector that is coded.
 *
 * A code is a row of `stride` bytes, a multiple of 64: the bytes, zeros, and at the end what is
 * known of them.  A small code has four bits for a component and 15 steps: of n components the
 * first half are the lower bits, the others the upper ones.  Its end is so packed that 100
 * components fit into 64 bytes.
 *
 * A distance is a sum of products of bytes, in integers, and a few float operations in a fixed
 * order: every instruction set gives the same bits, a to b is b to a, and equal codes are at 0.  It
 * is an estimate, of the squared Euclidean distance (l2, and between the unit vectors of cosine) or
 * of minus the dot product (ip).
 */

#ifndef LIBVEC_CODES_H
#define LIBVEC_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CODES_LINE 64
#define CODES_FOUR 4 /* rows at a time: lists of rows are filled up to a multiple of it */

struct code_tail {
	float min, step;
	int32_t sum;	/* of the bytes */
	float square;	/* step^2 times the sum of their squares */
};

/*
 * The end of a small code: a byte, min, step, and 32 bits.  The sum is the lower 18 bits of those,
 * the sum of squares the upper 14 and then the byte.
 */
#define CODES_SMALL_TAIL 13
#define CODES_SUM_BITS 18
#define CODES_SQUARE_BITS 14

/*
 * A code to measure from: its bytes less `offset`, zeros from the tail on.  To measure small codes
 * from it, the bytes stand as theirs do, lower bits first: 2 * stride of them.
 */
struct code_query {
	const int8_t *bytes;	/* aligned to 64 */
	int32_t offset;
	int32_t shift;		/* 128 times their sum, where codes are of whole bytes */
	float dim;
	struct code_tail tail;
};

/*
 * Distances of `n` rows from `q` into `out`.  `rows` and `out` have room for n rounded up to
 * CODES_FOUR, and `rows` is filled up with any rows.  The first `ahead` are on their way already; the
 * others are fetched that long before their turn.
 */
typedef void codes_measure(const struct code_query *q, size_t stride,
    const unsigned char *const *rows, size_t n, size_t ahead, float *out);

/* Write the code of `scale` times x.  `row` is zeroed memory or a code of the same size. */
typedef void codes_encode(const float *x, size_t dim, float scale, unsigned char *row,
    size_t stride);

struct codes_kind {
	codes_measure *l2, *ip;
	codes_encode *encode;
};

struct codes_set {
	const char *name;	/* of the instruction set */
	struct codes_kind fast, small;
};

/* The fastest set this machine has.  The same answer for the life of the process. */
const struct codes_set *codes_best(void);

/* Each by itself, for tests: NULL where it was not compiled or the machine lacks it. */
const struct codes_set *codes_scalar(void);
const struct codes_set *codes_avx2(void);
const struct codes_set *codes_avxvnni(void);
const struct codes_set *codes_avx512(void);
const struct codes_set *codes_neon(void);

/* Bytes of a code. */
static inline size_t
codes_stride(size_t dim)
{
	return (dim + sizeof(struct code_tail) + CODES_LINE - 1) / CODES_LINE * CODES_LINE;
}

static inline size_t
codes_small_stride(size_t dim)
{
	return ((dim + 1) / 2 + CODES_SMALL_TAIL + CODES_LINE - 1) / CODES_LINE * CODES_LINE;
}

/* Bytes of memory to measure from a code. */
static inline size_t
codes_query_bytes(size_t dim, bool small)
{
	return small ? 2 * codes_small_stride(dim) : codes_stride(dim);
}

static inline struct code_tail
codes_tail(const unsigned char *row, size_t stride)
{
	struct code_tail t;

	memcpy(&t, row + stride - sizeof(t), sizeof(t));
	return t;
}

struct code_tail codes_small_tail(const unsigned char *row, size_t stride);

/* Measure from the code in `row`; `bytes` is codes_query_bytes of memory for it. */
void codes_query(const unsigned char *row, size_t dim, int8_t *bytes, struct code_query *q);

/* Measure small codes from a small one; or, more truly, from a code of whole bytes. */
void codes_query_small(const unsigned char *row, size_t dim, int8_t *bytes, struct code_query *q);
void codes_query_mixed(const unsigned char *row, size_t dim, int8_t *bytes, struct code_query *q);

#endif
