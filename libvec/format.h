/*
 * format.h - the header of vectors.bin.
 */

#ifndef LIBVEC_FORMAT_H
#define LIBVEC_FORMAT_H

#include <stdint.h>

#include "vec.h"

#define FORMAT_HEADER VEC_HEADER_BYTES
#define FORMAT_VERSION 1
#define FORMAT_SLOTS_MAX 0x7fffffffu /* see pool.h: a slot is 31 bits in a search */

struct format {
	uint64_t nvecs;		/* slots published */
	uint64_t dim;
	uint32_t capacity;	/* slots the file has room for */
};

void format_put(unsigned char bytes[FORMAT_HEADER], const struct format *f);

/*
 * Read and check a header that stands in a file of `file_bytes`: magic, version, dtype, dim 1 to
 * VEC_DIM_MAX, n_vecs within the capacity and the capacity within the file and FORMAT_SLOTS_MAX.
 * 0 or VEC_ECORRUPT.
 */
int format_get(const unsigned char bytes[FORMAT_HEADER], uint64_t file_bytes, struct format *f,
    struct vec_error *err);

/* Bytes of a file with room for `capacity` vectors of `dim`, at most 2^31 * 64,000 and so exact. */
uint64_t format_bytes(uint64_t dim, uint32_t capacity);

#endif
