/*
 * copy.h - files copied and summed, for snapshots.
 */

#ifndef COPY_H
#define COPY_H

#include <stdint.h>

#include "err.h"

/*
 * Copy the first `n` bytes of `from` to the beginning of `to`, sharing blocks where the file system
 * can.  0; or WIRE_NO_SPACE or WIRE_INTERNAL, with a sentence about the file called `name`.
 */
int copy_bytes(int from, int to, uint64_t n, const char *name, struct err *err);

/* The bytes of a file from its beginning to its end: how many, and their CRC32C.  0, or as above. */
int copy_sum(int fd, uint64_t *size, uint32_t *crc, const char *name, struct err *err);

/* What a failed system call means to who asked for a snapshot: WIRE_NO_SPACE or WIRE_INTERNAL. */
int copy_code(int no);

#endif
