/*
 * wire.c - the error table, and JSON in and out with the strictness the protocol promises.
 */

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

static const struct wire_error table[WIRE_NCODES] = {
	[WIRE_OK] = { "ok", EXIT_DONE, 200 },
	[WIRE_BAD_JSON] = { "bad_json", EXIT_USAGE, 400 },
	[WIRE_BAD_REQUEST] = { "bad_request", EXIT_USAGE, 400 },
	[WIRE_UNKNOWN_OP] = { "unknown_op", EXIT_USAGE, 400 },
	[WIRE_TOO_LARGE] = { "too_large", EXIT_USAGE, 413 },
	[WIRE_UNAUTHENTICATED] = { "unauthenticated", EXIT_NOT_ALLOWED, 401 },
	[WIRE_BAD_CREDENTIALS] = { "bad_credentials", EXIT_NOT_ALLOWED, 401 },
	[WIRE_FORBIDDEN] = { "forbidden", EXIT_NOT_ALLOWED, 403 },
	[WIRE_NOT_FOUND] = { "not_found", EXIT_NOT_FOUND, 404 },
	[WIRE_EXISTS] = { "exists", EXIT_FAILED, 409 },
	[WIRE_DIMENSION_MISMATCH] = { "dimension_mismatch", EXIT_MISMATCH, 422 },
	[WIRE_SPACE_MISMATCH] = { "space_mismatch", EXIT_MISMATCH, 422 },
	[WIRE_RATE_LIMITED] = { "rate_limited", EXIT_EMBEDDER, 429 },
	[WIRE_EMBEDDER_UNAVAILABLE] = { "embedder_unavailable", EXIT_EMBEDDER, 503 },
	[WIRE_BUSY] = { "busy", EXIT_NO_DAEMON, 503 },
	[WIRE_UNAVAILABLE] = { "unavailable", EXIT_NO_DAEMON, 503 },
	[WIRE_READ_ONLY] = { "read_only", EXIT_FAILED, 507 },
	[WIRE_NO_SPACE] = { "no_space", EXIT_FAILED, 507 },
	[WIRE_UNKNOWN] = { "unknown", EXIT_FAILED, 500 },
	[WIRE_INTERNAL] = { "internal", EXIT_FAILED, 500 },
};

const struct wire_error *
wire_error(enum wire_code code)
{
	return &table[code];
}

enum wire_code
wire_code(const char *name)
{
	for (int i = 0; i < WIRE_NCODES; i++)
		if (strcmp(table[i].name, name) == 0)
			return (enum wire_code)i;
	return WIRE_INTERNAL;
}

/*
 * Is the line within bounds, by what stands outside strings?  jansson's own limit of depth is 2,048
 * and cannot be set, and its parser recurses; and a line of "[0,0,0," becomes twenty times its bytes.
 */
static enum wire_code
check_bounds(const char *line, size_t n, const struct wire_bounds *bounds, char *why, size_t nwhy)
{
	uint64_t depth = 0, values = 1;
	bool string = false;

	for (size_t i = 0; i < n; i++) {
		if (string) {
			if (line[i] == '\\')
				i++;
			else if (line[i] == '"')
				string = false;
		} else if (line[i] == '"') {
			string = true;
		} else if (line[i] == ',') {
			values++;
		} else if (line[i] == '{' || line[i] == '[') {
			values++;
			if (++depth > bounds->depth) {
				snprintf(why, nwhy, "more than %llu levels deep",
				    (unsigned long long)bounds->depth);
				return WIRE_BAD_JSON;
			}
		} else if ((line[i] == '}' || line[i] == ']') && depth > 0) {
			depth--;
		}
	}
	if (values <= bounds->values)
		return WIRE_OK;
	snprintf(why, nwhy, "more than %llu values", (unsigned long long)bounds->values);
	return WIRE_TOO_LARGE;
}

json_t *
wire_parse_within(const char *line, size_t n, const struct wire_bounds *bounds,
    enum wire_code *code, char *why, size_t nwhy)
{
	json_error_t e;
	json_t *object;

	if ((*code = check_bounds(line, n, bounds, why, nwhy)) != WIRE_OK)
		return NULL;
	*code = WIRE_BAD_JSON;
	object = json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	if (object == NULL) {
		/* jansson quotes the input after "near", which may be a secret */
		char *near = strstr(e.text, " near ");
		if (near != NULL)
			*near = '\0';
		snprintf(why, nwhy, "not JSON at byte %d: %s", e.position, e.text);
		return NULL;
	}
	if (!json_is_object(object)) {
		snprintf(why, nwhy, "not a JSON object");
		json_decref(object);
		return NULL;
	}
	*code = WIRE_OK;
	return object;
}

json_t *
wire_parse(const char *line, size_t n, char *why, size_t nwhy)
{
	static const struct wire_bounds bounds = { WIRE_DEPTH_MAX, WIRE_VALUES_MAX };
	enum wire_code code;

	return wire_parse_within(line, n, &bounds, &code, why, nwhy);
}

static void
wipe_and_free(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void
wire_forget(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}

char *
wire_dump(const json_t *object, size_t *n)
{
	struct buf b = { 0 };

	if (!wire_put(&b, object) || !buf_putc(&b, '\n')) {
		buf_fini(&b);
		return NULL;
	}
	return buf_take(&b, n);
}
