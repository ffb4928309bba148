/*
 * base64.h - RFC 4648 base64, the standard alphabet, with padding.
 */

#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Characters that `n` bytes become, and bytes that `n` characters become at most. */
#define BASE64_LEN(n) (((n) + 2) / 3 * 4)
#define BASE64_BYTES(n) ((n) / 4 * 3)

/* `out` has room for BASE64_LEN(n) + 1; it is terminated. */
void base64_encode(const void *p, size_t n, char *out);

/* `out` has room for BASE64_BYTES(n); *nout is what came.  False when it is not base64, strictly. */
bool base64_decode(const char *s, size_t n, void *out, size_t *nout);

#endif
