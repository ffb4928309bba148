/*
 * error.c - a failure is a code and a sentence.  The sentence is lower case, has the numbers in it
 * and no full stop; it is what a person reads in the end, so it is written where most is known.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

int
error_set(struct vec_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	return code;
}

static int
code_of(int no)
{
	if (no == ENOSPC || no == EDQUOT)
		return VEC_ENOSPC;
	return no == ENOMEM ? VEC_ENOMEM : VEC_EIO;
}

int
error_sys(struct vec_error *err, int code, int no, const char *fmt, ...)
{
	va_list ap;
	char words[96];
	size_t used;

	if (code == 0)
		code = code_of(no);
	if (!err)
		return code;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	used = strlen(err->message);
	(void)snprintf(err->message + used, sizeof(err->message) - used, ": %s",
	    strerror_r(no, words, sizeof(words)));
	return code;
}
