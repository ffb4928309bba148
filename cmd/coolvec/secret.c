/*
 * secret.c - reading passwords.
 *
 * While the terminal's echo is off, the signals that would end or stop the process are noted
 * instead: echo comes back first, then the signal is sent again.
 */

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "file.h"
#include "secret.h"
#include "wire.h"

#define SECRET_MAX 1024

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
#define NSIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t caught;

static void
on_signal(int sig)
{
	caught = sig;
}

/*
 * Read a line byte by byte, so that what follows it stays for whoever reads next.  1: a line, 0:
 * the end and nothing before it, -1: errno.  The signals are blocked and come through only while
 * `let` (may be NULL) holds during the wait, so that none slips in between a look and a read.
 */
static int
read_line(int fd, char *line, size_t *n, const sigset_t *let)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	ssize_t got;

	*n = 0;
	while (*n < SECRET_MAX) {
		got = let != NULL && ppoll(&p, 1, NULL, let) < 0 ? -1 : read(fd, line + *n, 1);
		if (got < 0 && errno == EINTR && caught == 0)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			return *n > 0;
		if (line[*n] == '\n')
			return 1;
		(*n)++;
	}
	return 1;
}

/* What is wrong with the line, or *secret. */
static int
take_line(const char *line, size_t n, char **secret, struct err *err)
{
	if (n > 0 && line[n - 1] == '\r')
		n--;
	if (n == 0)
		return err_set(err, EXIT_USAGE, "the password is empty");
	if (n >= SECRET_MAX)
		return err_set(err, EXIT_USAGE, "the password is too long");
	if (memchr(line, '\0', n) != NULL)
		return err_set(err, EXIT_USAGE, "the password has a NUL byte");
	if ((*secret = calloc(1, n + 1)) == NULL)
		return err_set(err, EXIT_FAILED, "out of memory");
	memcpy(*secret, line, n);
	return 0;
}

/* --- from the terminal ------------------------------------------------------------------------ */

static void
catch_signals(struct sigaction old[NSIGNALS], sigset_t *mask)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t blocked;

	sigemptyset(&sa.sa_mask);
	sigemptyset(&blocked);
	caught = 0;
	for (size_t i = 0; i < NSIGNALS; i++) {
		sigaddset(&blocked, signals[i]);
		sigaction(signals[i], &sa, &old[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, mask);
}

static void
give_back_signals(const struct sigaction old[NSIGNALS], const sigset_t *mask)
{
	sigprocmask(SIG_SETMASK, mask, NULL);
	for (size_t i = 0; i < NSIGNALS; i++)
		sigaction(signals[i], &old[i], NULL);
}

static int
read_silently(int tty, const char *prompt, char *line, size_t *n)
{
	struct sigaction old[NSIGNALS];
	struct termios before, silent;
	sigset_t mask;
	int rc, no;

	if (tcgetattr(tty, &before) != 0)
		return -1;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ECHONL;
	catch_signals(old, &mask);
	rc = tcsetattr(tty, TCSAFLUSH, &silent);
	if (rc == 0 && write(tty, prompt, strlen(prompt)) < 0)
		rc = -1;
	if (rc == 0)
		rc = read_line(tty, line, n, &mask);
	no = errno;
	tcsetattr(tty, TCSAFLUSH, &before);
	if (caught != 0 && write(tty, "\n", 1) < 0)
		no = errno;
	give_back_signals(old, &mask);
	if (caught != 0)
		kill(getpid(), caught);
	errno = no;
	return rc;
}

int
secret_ask(const char *prompt, char **secret, struct err *err)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	char line[SECRET_MAX];
	size_t n = 0;
	int rc;

	if (tty < 0)
		return err_set(err, EXIT_USAGE,
		    "there is no terminal to ask for a password: use --password-file");
	/* after a stop and a continue, ask again */
	do
		rc = read_silently(tty, prompt, line, &n);
	while (rc < 0 && errno == EINTR && caught == SIGTSTP);
	if (rc < 0 && errno == EINTR && caught == SIGINT)
		rc = err_set(err, EXIT_INTERRUPTED, "interrupted");	/* the prompt goes on */
	else if (rc < 0)
		rc = err_sys(err, EXIT_FAILED, errno, "cannot read the terminal");
	else
		rc = take_line(line, n, secret, err);
	file_forget(line, sizeof(line));
	close(tty);
	return rc;
}

/* --- from a file ------------------------------------------------------------------------------ */

int
secret_read(const char *file, char **secret, struct err *err)
{
	bool input = strcmp(file, "-") == 0;
	int fd = input ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	char line[SECRET_MAX];
	size_t n = 0;
	int rc;

	if (fd < 0)
		return err_sys(err, EXIT_USAGE, errno, "cannot open the password file %s", file);
	if (read_line(fd, line, &n, NULL) < 0)
		rc = err_sys(err, EXIT_USAGE, errno, "cannot read the password from %s",
		    input ? "standard input" : file);
	else
		rc = take_line(line, n, secret, err);
	file_forget(line, sizeof(line));
	if (!input)
		close(fd);
	return rc;
}

void
secret_free(char *secret)
{
	if (secret != NULL)
		file_forget(secret, strlen(secret));
	free(secret);
}

static void
wipe_and_free(void *p)
{
	if (p != NULL)
		file_forget(p, malloc_usable_size(p));
	free(p);
}

void
secret_wipe_json(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}
