/*
 * problem.h - the names of errors: the wire's, and those that only HTTP can have.
 */

#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "wire.h"

enum {
	PROBLEM_METHOD = WIRE_NCODES,	/* method_not_allowed, 405 */
	PROBLEM_MEDIA_TYPE,		/* unsupported_media_type, 415 */
	PROBLEM_PARAMETER,		/* invalid_parameter, 422 */
	PROBLEM_END
};

/* Of a wire_code or one of these. */
const char *problem_name(int code);
int problem_status(int code);

#endif
