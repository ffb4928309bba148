/*
 * local_sums.h - whole-number sums turned into floats of a given length.
 */

#ifndef EMBED_LOCAL_SUMS_H
#define EMBED_LOCAL_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bring `n` sums (1 to 4096) below 2^25 by halving them all until they are: one bit more than a
 * float holds, so that the sum of their squares is below 2^62 and exact.  False: all are zero.
 */
bool sums_shrink(int64_t *sum, size_t n);

/*
 * Sums that sums_shrink gave true for, as floats whose length is `length`.  What is done in floating
 * point are four operations that IEEE 754 rounds correctly, square root, division, product and
 * conversion, each on its own: nothing to reorder or contract, so the bits are the same everywhere.
 */
void sums_finish(const int64_t *sum, size_t n, double length, float *out);

#endif
