/*
 * line_plain.c - lines as the terminal gives them, for a build without readline.
 *
 * They are read with read(2) and not through stdio, so that nothing is taken away from a command
 * that reads standard input.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "buf.h"
#include "line.h"

void
line_open(const char *history,
    void (*complete)(void *arg, const char *before, const char *word, struct candidates *out),
    void *arg)
{
	(void)history;
	(void)complete;
	(void)arg;
}

void
line_close(void)
{
}

void
line_keep(const char *line)
{
	(void)line;
}

/* A byte, when there is one.  1, 0 at the end, -1 after Ctrl-C. */
static int
read_byte(int interrupt, char *c)
{
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = interrupt, .events = POLLIN } };
	ssize_t n;

	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents != 0)
			return -1;
		if (p[0].revents == 0)
			continue;
		if ((n = read(STDIN_FILENO, c, 1)) >= 0)
			return (int)n;
		if (errno != EINTR && errno != EAGAIN)
			return 0;
	}
}

enum line_rc
line_read(const char *prompt, int interrupt, char **line)
{
	struct buf b = { 0 };
	char c = '\0';
	int rc;

	fputs(prompt, stdout);
	fflush(stdout);
	while ((rc = read_byte(interrupt, &c)) > 0 && c != '\n')
		buf_putc(&b, c);
	if (rc < 0 || (rc == 0 && b.len == 0)) {
		buf_fini(&b);
		putchar('\n');
		return rc < 0 ? LINE_INTERRUPTED : LINE_END;
	}
	buf_put(&b, "", 0);
	*line = buf_take(&b, NULL);
	return *line != NULL ? LINE_READ : LINE_END;
}
