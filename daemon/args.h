/*
 * args.h - the arguments of a request, checked against their table.
 */

#ifndef ARGS_H
#define ARGS_H

#include <jansson.h>
#include <stdint.h>

#include "ops.h"

/*
 * Is every member of `args` (an object) in the table, of its type and within the limits of the settings
 * (NULL: those of the protocol), and every required one there?  WIRE_OK, or the error and in `why` a sentence that names the member.
 */
enum wire_code args_check(json_t *args, const struct arg_spec *specs, const struct settings *limits,
    char *why, size_t nwhy);

/* Members that args_check has passed, or `fallback`. */
uint64_t args_uint(const json_t *args, const char *name, uint64_t fallback);
bool args_bool(const json_t *args, const char *name);
const char *args_string(const json_t *args, const char *name);	/* borrowed; NULL: absent */

/*
 * A vector of exactly `dim` components into `x`, from an array of numbers or base64 of little-endian
 * float32.  WIRE_OK; WIRE_DIMENSION_MISMATCH; WIRE_BAD_REQUEST for what is no vector, is not finite
 * or is all zero; with a sentence.
 */
enum wire_code args_vector(const json_t *value, float *x, size_t dim, char *why, size_t nwhy);

/* The vector as an array of numbers, or as base64 of little-endian float32; NULL: no memory. */
json_t *args_vector_json(const float *x, size_t dim);
json_t *args_vector_base64(const float *x, size_t dim);

/* Is it a name of a collection, of a user, of a metric? */
bool args_is_name(const char *s);
bool args_is_username(const char *s);

#endif
