/*
 * problem.c - the wire's table of errors, and three rows more.
 */

#include "problem.h"

static const struct wire_error own[PROBLEM_END - WIRE_NCODES] = {
	[PROBLEM_METHOD - WIRE_NCODES] = { "method_not_allowed", EXIT_USAGE, 405 },
	[PROBLEM_MEDIA_TYPE - WIRE_NCODES] = { "unsupported_media_type", EXIT_USAGE, 415 },
	[PROBLEM_PARAMETER - WIRE_NCODES] = { "invalid_parameter", EXIT_USAGE, 422 },
};

static const struct wire_error *
row(int code)
{
	return code < WIRE_NCODES ? wire_error((enum wire_code)code) : &own[code - WIRE_NCODES];
}

const char *
problem_name(int code)
{
	return row(code)->name;
}

int
problem_status(int code)
{
	return row(code)->http;
}
