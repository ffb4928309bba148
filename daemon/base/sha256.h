/*
 * sha256.h - SHA-256 (FIPS 180-4).
 */

#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

struct sha256 {
	uint32_t h[8];
	uint64_t n;		/* bytes so far */
	unsigned char block[64];
};

/* Begin, go on, end: `out` has SHA256_LEN bytes. */
void sha256_init(struct sha256 *s);
void sha256_put(struct sha256 *s, const void *p, size_t n);
void sha256_end(struct sha256 *s, unsigned char *out);

#endif
