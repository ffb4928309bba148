/*
 * interrupt.c - a pipe that the handler writes to.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "interrupt.h"

static int ends[2] = { -1, -1 };
static int session = -1;
static volatile sig_atomic_t came;

static void
on_interrupt(int sig)
{
	int saved = errno;

	(void)sig;
	came = 1;
	if (write(ends[1], "", 1) < 0)
		came = 1;	/* the pipe is full: it is readable anyhow */
	errno = saved;
}

static int
begin(int flags)
{
	struct sigaction sa = { .sa_handler = on_interrupt, .sa_flags = flags };

	if (ends[0] < 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;
	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGINT, &sa, NULL) != 0)
		return -1;
	return ends[0];
}

int
interrupt_begin(void)
{
	struct sigaction old;

	/* a job in the background was told to ignore it, and does */
	if (sigaction(SIGINT, NULL, &old) != 0 || old.sa_handler == SIG_IGN)
		return -1;
	if (old.sa_handler == on_interrupt)
		return ends[0];
	return begin((int)SA_RESETHAND);
}

int
interrupt_session(void)
{
	session = begin(0);
	return session;
}

int
interrupt_session_fd(void)
{
	return session;
}

bool
interrupt_came(void)
{
	return came != 0;
}

void
interrupt_seen(void)
{
	char bytes[64];

	while (ends[0] >= 0 && read(ends[0], bytes, sizeof(bytes)) > 0)
		continue;
}

void
interrupt_clear(void)
{
	interrupt_seen();
	came = 0;
}
