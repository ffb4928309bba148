/*
 * args.c - what a member may be, said once for all operations.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "base64.h"
#include "vec.h"

static bool
is_word(const char *s, size_t most, const char *others)
{
	size_t n = 0;

	for (; s[n] != '\0'; n++) {
		bool letter = (s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') ||
		    (s[n] >= '0' && s[n] <= '9');

		if (!letter && (n == 0 || strchr(others, s[n]) == NULL))
			return false;
	}
	return n >= 1 && n <= most;
}

bool
args_is_name(const char *s)
{
	return is_word(s, META_NAME_MAX, "_-");
}

bool
args_is_username(const char *s)
{
	return is_word(s, META_USERNAME_MAX, "_-.@");
}

/* A string without NUL bytes: what goes through C strings must not be cut by one. */
static bool
is_c_string(const json_t *v)
{
	return json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v);
}

static enum wire_code
check_text(const json_t *v, const char *name, const struct settings *limits, char *why, size_t nwhy)
{
	size_t most = limits != NULL ? limits->max_text : WIRE_TEXT_MAX;

	if (!json_is_string(v)) {
		snprintf(why, nwhy, "%s is not a string", name);
		return WIRE_BAD_REQUEST;
	}
	if (json_string_length(v) == 0) {
		snprintf(why, nwhy, "%s is empty", name);
		return WIRE_BAD_REQUEST;
	}
	if (json_string_length(v) > most) {
		snprintf(why, nwhy, "%s has %zu bytes, more than %zu", name, json_string_length(v),
		    most);
		return WIRE_TOO_LARGE;
	}
	return WIRE_OK;
}

static enum wire_code
check_integer(const json_t *v, const char *name, json_int_t least, json_int_t most, char *why,
    size_t nwhy)
{
	if (json_is_integer(v) && json_integer_value(v) >= least && json_integer_value(v) <= most)
		return WIRE_OK;
	if (most == INT64_MAX)
		snprintf(why, nwhy, "%s is not an integer from %lld", name, (long long)least);
	else
		snprintf(why, nwhy, "%s is not an integer from %lld to %lld", name,
		    (long long)least, (long long)most);
	return WIRE_BAD_REQUEST;
}

static enum wire_code
check_string(const json_t *v, const char *name, size_t least, size_t most, char *why, size_t nwhy)
{
	if (is_c_string(v) && json_string_length(v) >= least && json_string_length(v) <= most)
		return WIRE_OK;
	snprintf(why, nwhy, "%s is not a string of %zu to %zu bytes without NUL", name, least, most);
	return WIRE_BAD_REQUEST;
}

static enum wire_code
check_meta(const json_t *v, const char *name, char *why, size_t nwhy)
{
	if (!json_is_object(v)) {
		snprintf(why, nwhy, "%s is not an object", name);
		return WIRE_BAD_REQUEST;
	}
	if (json_dumpb(v, NULL, 0, JSON_COMPACT) > WIRE_META_MAX) {
		snprintf(why, nwhy, "%s has more than %zu bytes", name, WIRE_META_MAX);
		return WIRE_TOO_LARGE;
	}
	return WIRE_OK;
}

static enum wire_code check_one(const json_t *v, const struct arg_spec *spec, const char *name,
    const struct settings *limits, char *why, size_t nwhy);

static enum wire_code
check_array(const json_t *v, const struct arg_spec *spec, enum arg_type of,
    const struct settings *limits, char *why, size_t nwhy)
{
	struct arg_spec inner = { NULL, of, false, 1, META_KEY_MAX, 0 };
	size_t most = limits != NULL ? limits->max_batch : WIRE_BATCH_MAX;
	enum wire_code code = WIRE_OK;
	char name[64];

	if (!json_is_array(v)) {
		snprintf(why, nwhy, "%s is not an array", spec->name);
		return WIRE_BAD_REQUEST;
	}
	if (json_array_size(v) == 0) {
		snprintf(why, nwhy, "%s is empty", spec->name);
		return WIRE_BAD_REQUEST;
	}
	if (json_array_size(v) > most) {
		snprintf(why, nwhy, "%s has %zu members, more than %zu", spec->name,
		    json_array_size(v), most);
		return WIRE_TOO_LARGE;
	}
	for (size_t i = 0; of != ARG_ARRAY && i < json_array_size(v) && code == WIRE_OK; i++) {
		snprintf(name, sizeof(name), "%s[%zu]", spec->name, i);
		code = check_one(json_array_get(v, i), &inner, name, limits, why, nwhy);
	}
	return code;
}

/* What a collection may be made with. */
static bool
is_codes(const char *s)
{
	int codes = vec_codes_parse(s);

	return codes == VEC_CODES_FAST || codes == VEC_CODES_SMALL;
}

static enum wire_code
check_word(const json_t *v, bool good, const char *name, const char *what, char *why, size_t nwhy)
{
	if (good && is_c_string(v))
		return WIRE_OK;
	snprintf(why, nwhy, "%s is not %s", name, what);
	return WIRE_BAD_REQUEST;
}

/* The most a number may be: the protocol says, and a setting may say less. */
static json_int_t
most_of(const struct arg_spec *spec, const struct settings *limits)
{
	uint64_t lower;

	if (limits == NULL || spec->lower == 0)
		return spec->most;
	memcpy(&lower, (const char *)limits + spec->lower, sizeof(lower));
	return (json_int_t)lower < spec->most ? (json_int_t)lower : spec->most;
}

static enum wire_code
check_one(const json_t *v, const struct arg_spec *spec, const char *name,
    const struct settings *limits, char *why, size_t nwhy)
{
	const char *s = json_is_string(v) ? json_string_value(v) : "";

	switch (spec->type) {
	case ARG_ID:
		return check_integer(v, name, 0, INT64_MAX, why, nwhy);
	case ARG_COUNT:
		return check_integer(v, name, spec->least, most_of(spec, limits), why, nwhy);
	case ARG_BOOL:
		if (json_is_boolean(v))
			return WIRE_OK;
		snprintf(why, nwhy, "%s is neither true nor false", name);
		return WIRE_BAD_REQUEST;
	case ARG_STRING:
		return check_string(v, name, (size_t)spec->least, (size_t)spec->most, why, nwhy);
	case ARG_TEXT:
		return check_text(v, name, limits, why, nwhy);
	case ARG_VECTOR:
		if (json_is_array(v) || json_is_string(v))
			return WIRE_OK;
		snprintf(why, nwhy, "%s is neither an array of numbers nor base64", name);
		return WIRE_BAD_REQUEST;
	case ARG_META_OR_NULL:
		if (json_is_null(v))
			return WIRE_OK;
		return check_meta(v, name, why, nwhy);
	case ARG_META:
		return check_meta(v, name, why, nwhy);
	case ARG_METRIC:
		return check_word(v, vec_metric_parse(s) >= 0, name, "cosine, l2, ip or l1", why,
		    nwhy);
	case ARG_CODES:
		return check_word(v, is_codes(s), name, "fast or small", why, nwhy);
	case ARG_NAME:
		return check_word(v, args_is_name(s), name,
		    "a name: 1 to 63 letters, digits, _ and -, a letter or digit first", why, nwhy);
	case ARG_USERNAME:
		return check_word(v, args_is_username(s), name,
		    "a user's name: 1 to 63 letters, digits and _ . @ -, a letter or digit first",
		    why, nwhy);
	case ARG_IDS:
		return check_array(v, spec, ARG_ID, limits, why, nwhy);
	case ARG_TEXTS:
		return check_array(v, spec, ARG_TEXT, limits, why, nwhy);
	case ARG_KEYS:
		return check_array(v, spec, ARG_STRING, limits, why, nwhy);
	case ARG_ARRAY:
		return check_array(v, spec, ARG_ARRAY, limits, why, nwhy);
	}
	return WIRE_INTERNAL;
}

enum wire_code
args_check(json_t *args, const struct arg_spec *specs, const struct settings *limits, char *why,
    size_t nwhy)
{
	const struct arg_spec *spec;
	enum wire_code code;
	const char *name;
	json_t *v;
	
	json_object_foreach(args, name, v) {
		for (spec = specs; spec->name != NULL && strcmp(spec->name, name) != 0; spec++)
			;
		if (spec->name == NULL) {
			snprintf(why, nwhy, "unknown member \"%.64s\"", name);
			return WIRE_BAD_REQUEST;
		}
		if ((code = check_one(v, spec, name, limits, why, nwhy)) != WIRE_OK)
			return code;
	}
	for (spec = specs; spec->name != NULL; spec++)
		if (spec->required && json_object_get(args, spec->name) == NULL) {
			snprintf(why, nwhy, "%s is missing", spec->name);
			return WIRE_BAD_REQUEST;
		}
	return WIRE_OK;
}

uint64_t
args_uint(const json_t *args, const char *name, uint64_t fallback)
{
	const json_t *v = json_object_get(args, name);

	return v != NULL ? (uint64_t)json_integer_value(v) : fallback;
}

bool
args_bool(const json_t *args, const char *name)
{
	return json_is_true(json_object_get(args, name));
}

const char *
args_string(const json_t *args, const char *name)
{
	return json_string_value(json_object_get(args, name));
}

static enum wire_code
mismatch(size_t has, size_t dim, char *why, size_t nwhy)
{
	snprintf(why, nwhy, "vector has %zu components, collection has %zu", has, dim);
	return WIRE_DIMENSION_MISMATCH;
}

static enum wire_code
from_base64(const json_t *value, float *x, size_t dim, char *why, size_t nwhy)
{
	const char *s = json_string_value(value);
	size_t n = json_string_length(value), bytes;
	unsigned char *raw = malloc(BASE64_BYTES(n) + 1);
	enum wire_code code = WIRE_OK;

	if (raw == NULL) {
		snprintf(why, nwhy, "no memory for a vector");
		return WIRE_INTERNAL;
	}
	if (!base64_decode(s, n, raw, &bytes) || bytes % 4 != 0) {
		snprintf(why, nwhy, "vector is not base64 of float32");
		code = WIRE_BAD_REQUEST;
	} else if (bytes / 4 != dim) {
		code = mismatch(bytes / 4, dim, why, nwhy);
	} else {
		for (size_t i = 0; i < dim; i++) {
			uint32_t u = (uint32_t)raw[4 * i] | (uint32_t)raw[4 * i + 1] << 8 |
			    (uint32_t)raw[4 * i + 2] << 16 | (uint32_t)raw[4 * i + 3] << 24;

			memcpy(&x[i], &u, sizeof(u));
		}
	}
	free(raw);
	return code;
}

enum wire_code
args_vector(const json_t *value, float *x, size_t dim, char *why, size_t nwhy)
{
	struct vec_error e;
	enum wire_code code;

	if (json_is_string(value)) {
		if ((code = from_base64(value, x, dim, why, nwhy)) != WIRE_OK)
			return code;
	} else {
		if (json_array_size(value) != dim)
			return mismatch(json_array_size(value), dim, why, nwhy);
		for (size_t i = 0; i < dim; i++) {
			const json_t *v = json_array_get(value, i);

			if (!json_is_number(v)) {
				snprintf(why, nwhy, "component %zu of the vector is not a number", i);
				return WIRE_BAD_REQUEST;
			}
			x[i] = (float)json_number_value(v);
		}
	}
	if (vec_validate(x, dim, &e) != 0) {
		snprintf(why, nwhy, "%s", e.message);
		return WIRE_BAD_REQUEST;
	}
	return WIRE_OK;
}

json_t *
args_vector_json(const float *x, size_t dim)
{
	json_t *array = json_array();

	for (size_t i = 0; i < dim; i++)
		if (json_array_append_new(array, json_real((double)x[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

json_t *
args_vector_base64(const float *x, size_t dim)
{
	unsigned char *raw = malloc(4 * dim + 1);
	char *text = malloc(BASE64_LEN(4 * dim) + 1);
	json_t *string = NULL;
	uint32_t u;

	if (raw == NULL || text == NULL)
		goto out;
	for (size_t i = 0; i < dim; i++) {
		memcpy(&u, &x[i], sizeof(u));
		for (size_t j = 0; j < 4; j++)
			raw[4 * i + j] = (unsigned char)(u >> 8 * j);
	}
	base64_encode(raw, 4 * dim, text);
	string = json_stringn_nocheck(text, BASE64_LEN(4 * dim));
out:
	free(raw);
	free(text);
	return string;
}
