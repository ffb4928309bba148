/*
 * wire.h - what the daemon and its clients agree on.
 *
 * The prose is coolvec-protocol(7).  Here are the numbers and names: limits, and the one table of
 * errors with their exit and HTTP statuses.
 */

#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define COOLVEC_VERSION "0.1.0"
#define WIRE_PROTOCOL 1

#define WIRE_LINE_MAX ((size_t)16 << 20)	/* bytes of a request, LF not counted */
#define WIRE_REPLY_MAX ((size_t)1 << 30)	/* bytes a client accepts of an answer */
#define WIRE_TEXT_MAX ((size_t)1 << 20)
#define WIRE_META_MAX ((size_t)64 << 10)
#define WIRE_BATCH_MAX 10000
#define WIRE_COMPONENTS_MAX 8000000		/* of the vectors in one answer */
#define WIRE_ID_MAX 128				/* bytes of a request's own id, when a string */
#define WIRE_DEPTH_MAX 32
#define WIRE_VALUES_MAX 4000000		/* in one line; some 40 bytes each once parsed */
#define WIRE_PASSWORD_MIN 8
#define WIRE_PASSWORD_MAX 128

/* Exit statuses of coolvec(1). */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 3,
	EXIT_NOT_ALLOWED = 4,
	EXIT_NO_DAEMON = 5,
	EXIT_PARTLY = 6,
	EXIT_EMBEDDER = 7,
	EXIT_MISMATCH = 8,
	EXIT_INTERRUPTED = 130,
};

enum wire_code {
	WIRE_OK = 0,
	WIRE_BAD_JSON,
	WIRE_BAD_REQUEST,
	WIRE_UNKNOWN_OP,
	WIRE_TOO_LARGE,
	WIRE_UNAUTHENTICATED,
	WIRE_BAD_CREDENTIALS,
	WIRE_FORBIDDEN,
	WIRE_NOT_FOUND,
	WIRE_EXISTS,
	WIRE_DIMENSION_MISMATCH,
	WIRE_SPACE_MISMATCH,
	WIRE_RATE_LIMITED,
	WIRE_EMBEDDER_UNAVAILABLE,
	WIRE_BUSY,
	WIRE_UNAVAILABLE,
	WIRE_READ_ONLY,
	WIRE_NO_SPACE,
	WIRE_UNKNOWN,
	WIRE_INTERNAL,
	WIRE_NCODES
};

struct wire_error {
	const char *name;
	int exit;
	int http;
};

/* The table's row; `code` is in range. */
const struct wire_error *wire_error(enum wire_code code);

/* The code of a name; WIRE_INTERNAL for one that is none. */
enum wire_code wire_code(const char *name);

/*
 * From now on what jansson frees is overwritten first: a line may hold a password.  Before any other
 * use of jansson.
 */
void wire_forget(void);

/* What a line may hold beside its bytes. */
struct wire_bounds {
	uint64_t depth;		/* levels of arrays and objects */
	uint64_t values;	/* numbers, strings, arrays, ... : each costs tens of bytes once parsed */
};

/*
 * Parse a line of `n` bytes: a JSON object, no key twice, at most WIRE_DEPTH_MAX deep.  NULL and
 * `why` (a sentence) when it is not.  The caller owns the object.
 */
json_t *wire_parse(const char *line, size_t n, char *why, size_t nwhy);

/* The same within bounds of one's own; *code is WIRE_BAD_JSON, or WIRE_TOO_LARGE for too many values. */
json_t *wire_parse_within(const char *line, size_t n, const struct wire_bounds *bounds,
    enum wire_code *code, char *why, size_t nwhy);

/* The object as wire_put writes it, and LF; malloc'ed, *n its length.  NULL: no memory. */
char *wire_dump(const json_t *object, size_t *n);

/*
 * Append the value as JSON without LF: floats with 9 digits, the numbers of a member `meta`
 * exactly; or all numbers exactly, where the value itself is a meta.  False: no memory, or over the
 * buffer's bound.
 */
bool wire_put(struct buf *b, const json_t *value);
bool wire_put_meta(struct buf *b, const json_t *meta);

#endif
