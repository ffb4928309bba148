/*
 * victim.h - a daemon to be killed, and clients of it.
 */

#ifndef TEST_FAULT_VICTIM_H
#define TEST_FAULT_VICTIM_H

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

static pid_t daemon_pid;
static char socket_path[108], token[1024];
static bool may_refuse;	/* the disk may go: every error is a good reason */

static void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("oracle: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	if (daemon_pid > 0)
		kill(daemon_pid, SIGKILL);
	exit(1);
}

static uint64_t
next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	return *x ^= *x << 17;
}

/* --- the daemon ------------------------------------------------------------------------------- */

static void
daemon_run(const char *program, const char *folder)
{
	char data[4096], fd[16], c;
	int ready[2];

	snprintf(data, sizeof(data), "%s/data", folder);
	if (pipe(ready) != 0 || (daemon_pid = fork()) < 0)
		die("no pipe or no process");
	if (daemon_pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ready[0]);
		setenv("COOLVEC_COMPACT_BYTES", "0", 1);	/* small collections too */
		snprintf(fd, sizeof(fd), "%d", ready[1]);
		execl(program, program, "--env", "/dev/null", "--data", data, "--socket",
		    socket_path, "--ready-fd", fd, "--log-level", "error", (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		die("the daemon does not start");
	close(ready[0]);
}

static void
daemon_kill(bool stop_first, useconds_t us)
{
	if (stop_first) {
		kill(daemon_pid, SIGTERM);
		usleep(us);
	}
	kill(daemon_pid, SIGKILL);
	waitpid(daemon_pid, NULL, 0);
	daemon_pid = 0;
}

static struct client *
connect_client(void)
{
	struct client *c;
	struct err err;

	if (client_open(socket_path, &c, &err) != 0)
		die("%s", err.text);
	return c;
}

/*
 * Ask and take the result (a new reference); NULL when the daemon is gone or stopping, or says no for
 * a good reason.  Takes `args`.
 */
static json_t *
ask(struct client *c, const char *op, json_t *args)
{
	struct client_reply r = { 0 };
	json_t *result;
	struct err err;
	int rc;

	while ((rc = client_call(c, op, token, args, &r, &err)) == 0 && r.code == WIRE_BUSY)
		client_reply_fini(&r);
	json_decref(args);
	if (rc != 0)
		return NULL;
	if (r.code != WIRE_OK && r.code != WIRE_UNAVAILABLE && !may_refuse)
		die("%s: %s: %s", op, wire_error(r.code)->name, r.message);
	result = r.code == WIRE_OK ? json_incref(r.result) : NULL;
	client_reply_fini(&r);
	return result;
}

/* Ask and take the result (a new reference); an error is the end.  Takes `args`. */
static json_t *
must(struct client *c, const char *op, json_t *args)
{
	struct client_reply r = { 0 };
	json_t *result;
	struct err err;

	if (client_call(c, op, token[0] != '\0' ? token : NULL, args, &r, &err) != 0)
		die("%s: %s", op, err.text);
	if (r.code != WIRE_OK)
		die("%s: %s: %s", op, wire_error(r.code)->name, r.message);
	result = json_incref(r.result);
	client_reply_fini(&r);
	json_decref(args);
	return result;
}

#endif
