/*
 * say.c - a sentence may quote the user or the daemon, so all of it is escaped.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "say.h"
#include "text.h"

static void
say(const char *sentence)
{
	struct buf line = { 0 };

	buf_puts(&line, "coolvec: ");
	text_escape(&line, sentence, strlen(sentence), TEXT_SENTENCE);
	buf_putc(&line, '\n');
	progress_hide();
	if (line.p != NULL)
		fwrite(line.p, 1, line.len, stderr);
	buf_fini(&line);
}

static void
say_va(const char *fmt, va_list ap)
{
	char *sentence;

	if (vasprintf(&sentence, fmt, ap) < 0)
		return;
	say(sentence);
	free(sentence);
}

void
say_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_va(fmt, ap);
	va_end(ap);
}

void
say_bad(const char *what, unsigned long long place, const char *reason)
{
	if (what == NULL)
		say(reason);
	else
		say_error("%s %llu: %s", what, place, reason);
}

void
say_note(int quiet, const char *fmt, ...)
{
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	say_va(fmt, ap);
	va_end(ap);
}
