/*
 * vectors.h - vectors from a file: JSON arrays, or base64 of little-endian float32.
 */

#ifndef COOLVEC_VECTORS_H
#define COOLVEC_VECTORS_H

#include <jansson.h>

#include "err.h"

#define VECTORS_BYTES_MAX ((size_t)256 << 20)

/*
 * Read all vectors in `file` (`-`: standard input), parted by blanks or line ends; an array may go
 * over several lines.  0 and *vectors, an array of what the wire takes as a vector (at least one),
 * or an exit status and the reason.
 */
int vectors_read(const char *file, json_t **vectors, struct err *err);

#endif
