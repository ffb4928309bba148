/*
 * log.c - a line is put together in one buffer and written in one call, so lines never mix.
 */

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

static atomic_int threshold = LOG_INFO;
static int before_debug = LOG_INFO;	/* the level to go back to; the loop's thread only */
static bool journal;

void
log_init(enum log_level level, bool systemd)
{
	atomic_store(&threshold, (int)level);
	before_debug = level == LOG_DEBUG ? LOG_INFO : (int)level;
	journal = systemd;
}

bool
log_toggle_debug(void)
{
	bool on = atomic_load(&threshold) != LOG_DEBUG;

	atomic_store(&threshold, on ? LOG_DEBUG : before_debug);
	return on;
}

static size_t
put_prefix(char *line, size_t room, enum log_level level)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	static const int priorities[] = { 3, 4, 6, 7 };
	struct timespec now;
	struct tm tm;
	char when[32];
	int n;

	if (journal) {
		n = snprintf(line, room, "<%d>", priorities[level]);
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		gmtime_r(&now.tv_sec, &tm);
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
		n = snprintf(line, room, "%s.%03ldZ %s: ", when, now.tv_nsec / 1000000, names[level]);
	}
	return (size_t)n;
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	size_t n, from;
	va_list ap;

	if ((int)level > atomic_load(&threshold))
		return;
	from = put_prefix(line, sizeof(line) - 1, level);
	va_start(ap, fmt);
	vsnprintf(line + from, sizeof(line) - 1 - from, fmt, ap);
	va_end(ap);
	n = strlen(line);
	for (size_t i = from; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return;		/* nowhere left to say it */
}
