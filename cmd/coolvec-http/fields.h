/*
 * fields.h - names and values as URLs and forms carry them.
 *
 * Everything is decoded in place, in memory that the caller lends and that must outlive the fields.
 * What is malformed is refused and never guessed at: a bad escape, an escaped NUL, too many fields.
 */

#ifndef HTTP_FIELDS_H
#define HTTP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

#define FIELDS_MAX 32

struct field {
	const char *name;	/* NUL after both; neither holds one */
	const char *value;
	size_t n;		/* bytes of value */
};

struct fields {
	struct field at[FIELDS_MAX];
	size_t n;
};

/*
 * %XX in `s` (and, with `plus`, + as a blank) replaced in place; *n becomes shorter.  s[*n] must be
 * writable and gets the NUL.  False when an escape is none, or a NUL.
 */
bool fields_unescape(char *s, size_t *n, bool plus);

/* name=value&name=value in s[0..n), s[n] writable.  0, or -1 and the reason. */
int fields_urlencoded(char *s, size_t n, struct fields *f, struct err *err);

/*
 * A multipart/form-data body in s[0..n), as the Content-Type `type` says (its boundary is there).
 * A file's content counts as the value.  0, or -1 and the reason.
 */
int fields_multipart(char *s, size_t n, const char *type, struct fields *f, struct err *err);

/* Is the media type `type` (with parameters, any case) `want` (lower case)?  NULL is none. */
bool fields_type_is(const char *type, const char *want);

#endif
