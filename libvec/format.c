/*
 * format.c - the 36 bytes at the start of vectors.bin, little-endian:
 *
 *	0-7	magic 'COOLVEC\0'
 *	8-11	version, 1
 *	12-19	n_vecs, slots published
 *	20-27	dim
 *	28-31	dtype, 0 for float32
 *	32-35	capacity, slots the file has room for
 *
 * Read and written field by field: a C struct has padding and a byte order of its own.
 */

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "error.h"
#include "format.h"

static const unsigned char magic[8] = { 'C', 'O', 'O', 'L', 'V', 'E', 'C', 0 };

void
format_put(unsigned char bytes[FORMAT_HEADER], const struct format *f)
{
	memcpy(bytes, magic, sizeof(magic));
	bytes_put32(bytes + 8, FORMAT_VERSION);
	bytes_put64(bytes + 12, f->nvecs);
	bytes_put64(bytes + 20, f->dim);
	bytes_put32(bytes + 28, 0);
	bytes_put32(bytes + 32, f->capacity);
}

uint64_t
format_bytes(uint64_t dim, uint32_t capacity)
{
	uint64_t n;
	bool fits = bytes_size(FORMAT_HEADER, dim * sizeof(float), capacity, &n);

	assert(dim <= VEC_DIM_MAX && fits);
	return n;
}

static int
corrupt(struct vec_error *err, const char *what, uint64_t is, uint64_t limit)
{
	return error_set(
	    err, VEC_ECORRUPT, "vectors.bin has %s %" PRIu64 ", not %" PRIu64, what, is, limit);
}

int
format_get(const unsigned char bytes[FORMAT_HEADER], uint64_t file_bytes, struct format *f,
    struct vec_error *err)
{
	uint32_t version = bytes_get32(bytes + 8), dtype = bytes_get32(bytes + 28);

	if (memcmp(bytes, magic, sizeof(magic)) != 0)
		return error_set(err, VEC_ECORRUPT, "vectors.bin does not begin with COOLVEC");
	if (version != FORMAT_VERSION)
		return corrupt(err, "version", version, FORMAT_VERSION);
	if (dtype != 0)
		return corrupt(err, "dtype", dtype, 0);
	f->nvecs = bytes_get64(bytes + 12);
	f->dim = bytes_get64(bytes + 20);
	f->capacity = bytes_get32(bytes + 32);
	if (f->dim < 1 || f->dim > VEC_DIM_MAX)
		return error_set(err, VEC_ECORRUPT,
		    "vectors.bin has vectors of %" PRIu64 " components, not 1 to %d", f->dim,
		    VEC_DIM_MAX);
	if (f->capacity > FORMAT_SLOTS_MAX)
		return error_set(err, VEC_ECORRUPT,
		    "vectors.bin claims room for %" PRIu32 " vectors, more than %u", f->capacity,
		    FORMAT_SLOTS_MAX);
	if (f->nvecs > f->capacity)
		return error_set(err, VEC_ECORRUPT,
		    "vectors.bin counts %" PRIu64 " vectors and has room for %" PRIu32, f->nvecs,
		    f->capacity);
	if (format_bytes(f->dim, f->capacity) > file_bytes)
		return error_set(err, VEC_ECORRUPT,
		    "vectors.bin has %" PRIu64 " bytes, %" PRIu32 " vectors of %" PRIu64
		    " components need %" PRIu64, file_bytes, f->capacity, f->dim,
		    format_bytes(f->dim, f->capacity));
	return 0;
}
