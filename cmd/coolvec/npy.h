/*
 * npy.h - the header of NumPy's .npy files, for one kind of array: float32, rows one after another.
 *
 * The file is the magic "\x93NUMPY", a version (1.0: the header's length in 2 bytes, 2.0: in 4,
 * little-endian), and the header: a Python dict as text with descr, fortran_order and shape.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

#ifndef COOLVEC_NPY_H
#define COOLVEC_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define NPY_PREFIX_MAX 12			/* magic, version, length */
#define NPY_HEADER_MAX ((size_t)64 << 10)
#define NPY_WRITTEN 128				/* bytes that npy_write makes, whatever the shape */

struct npy {
	uint64_t rows;
	uint64_t dim;
};

/*
 * How long the whole header is, by its first NPY_PREFIX_MAX bytes: *total, at most NPY_PREFIX_MAX +
 * NPY_HEADER_MAX.  0, or EXIT_MISMATCH and the reason.
 */
int npy_size(const char *prefix, size_t *prefix_size, size_t *total, struct err *err);

/* Read the dict of `n` bytes.  0, or EXIT_MISMATCH and the reason. */
int npy_parse(const char *dict, size_t n, struct npy *npy, struct err *err);

/* The header of version 1.0, padded so that a larger number of rows fits into its place. */
void npy_write(const struct npy *npy, char out[NPY_WRITTEN]);

#endif
