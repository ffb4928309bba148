/*
 * crc32c.h - the checksum of hnsw.index, with the machine's instruction where there is one.
 */

#ifndef LIBVEC_CRC32C_H
#define LIBVEC_CRC32C_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t crc32c_function(uint32_t crc, const unsigned char *p, size_t n);

/* By table: the reference. */
uint32_t crc32c_table(uint32_t crc, const unsigned char *p, size_t n);

/* By the instruction; NULL where the compiler or the machine has none. */
crc32c_function *crc32c_sse42(void);

/*
 * The checksum of what has `a`, followed by `n` bytes that have `b`: the way of zlib's crc32_combine, in which
 * the checksum of n zeros after a message is its own times x to the 8n, modulo the polynomial.
 */
uint32_t crc32c_join(uint32_t a, uint32_t b, uint64_t n);

#endif
