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

#endif
