/*
 * progress.c - count, rate, and time left when the input's size is known.
 *
 * The rate is that of the whole run: it is what the time left follows from.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

static struct {
	const char *verb;	/* NULL: nothing is shown */
	uint64_t total;
	double start, next;
	bool terminal;
	bool shown;		/* a line stands on the terminal */
	bool ever;		/* one was shown */
} progress;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
progress_begin(const char *verb, uint64_t total, enum progress_when when)
{
	bool terminal = isatty(STDERR_FILENO) != 0;

	memset(&progress, 0, sizeof(progress));
	if (when != PROGRESS_ALWAYS &&
	    (!terminal || (when == PROGRESS_NO_RESULTS && isatty(STDOUT_FILENO))))
		return;
	progress.verb = verb;
	progress.total = total;
	progress.terminal = terminal;
	progress.start = now();
	progress.next = progress.start + 1;
}

static void
show(uint64_t done, uint64_t bytes, double t)
{
	double took = t - progress.start;
	double rate = took > 0 ? (double)done / took : 0;
	char left[48] = "";
	double rest;

	if (progress.total > 0 && bytes > 0 && bytes < progress.total) {
		rest = took * ((double)progress.total / (double)bytes - 1);
		snprintf(left, sizeof(left), ", %d%%, %d:%02d left",
		    (int)(100.0 * (double)bytes / (double)progress.total), (int)rest / 60,
		    (int)rest % 60);
	}
	fprintf(stderr, "%s%" PRIu64 " %s, %.0f/s%s%s",
	    progress.terminal ? "\r\033[K" : "coolvec: ", done, progress.verb, rate, left,
	    progress.terminal ? "" : "\n");
	progress.shown = progress.terminal;
	progress.ever = true;
}

void
progress_step(uint64_t done, uint64_t bytes)
{
	double t;

	if (progress.verb == NULL || (t = now()) < progress.next)
		return;
	show(done, bytes, t);
	progress.next = t + 1;
}

int
progress_due(void)
{
	double left;

	if (progress.verb == NULL)
		return -1;
	left = (progress.next - now()) * 1000;
	return left > 0 ? (int)left + 1 : 0;
}

void
progress_hide(void)
{
	if (!progress.shown)
		return;
	fputs("\r\033[K", stderr);
	progress.shown = false;
}

void
progress_end(uint64_t done, uint64_t bytes)
{
	progress_hide();
	if (progress.ever && !progress.terminal)
		show(done, bytes, now());
	progress.verb = NULL;
}
