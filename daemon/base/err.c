/*
 * err.c - one place where a sentence is put together.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

static void
put(struct err *e, int code, const char *fmt, va_list ap)
{
	if (e == NULL)
		return;
	e->code = code;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
}

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(e, code, fmt, ap);
	va_end(ap);
	return code;
}

int
err_sys(struct err *e, int code, int no, const char *fmt, ...)
{
	char words[96];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	put(e, code, fmt, ap);
	va_end(ap);
	if (e == NULL)
		return code;
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", strerror_r(no, words, sizeof(words)));
	return code;
}
