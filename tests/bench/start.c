/*
 * start.c - how long a daemon takes from its start to its first answer, and to its graph.
 *
 * usage: start rows N DIM		N vectors of DIM components, as an .npy file on standard output
 *        start measure COOLVECD DATA SOCKET COLLECTION N DIM <TOKEN
 *
 * A vector follows from its number alone: one of 1,000 centres, and as much of its own.  `measure` starts
 * the daemon, asks for one of them as soon as the socket is there, and then for `stats` until the graph
 * has all.  It prints two numbers: milliseconds to the first answer, and to the graph.  Exit status 1
 * when an answer is wrong.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "num.h"

#define DIM_MAX 4096
#define CENTRES 1000
#define GIVE_UP 600	/* seconds */

static pid_t daemon_pid;

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "start: %s%s%s\n", what, *why != '\0' ? ": " : "", why);
	if (daemon_pid > 0)
		kill(daemon_pid, SIGKILL);
	exit(1);
}

/* --- vectors -------------------------------------------------------------------------------------- */

static uint64_t
mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* Evenly from -1 to 1. */
static float
draw(uint64_t seed, uint64_t i)
{
	return (float)(mix(seed << 20 ^ i) >> 40) / 8388608.0f - 1;
}

static void
make_row(uint64_t number, size_t dim, float *x)
{
	uint64_t centre = mix(number) % CENTRES;

	for (size_t i = 0; i < dim; i++)
		x[i] = draw(centre + 1, i) + 0.5f * draw(number + 2 * CENTRES, i);
}

static int
write_rows(uint64_t n, size_t dim)
{
	float x[DIM_MAX];
	char head[128];
	int len = snprintf(head + 10, sizeof(head) - 10,
	    "{'descr': '<f4', 'fortran_order': False, 'shape': (%" PRIu64 ", %zu), }", n, dim);

	memcpy(head, "\x93NUMPY\x01\x00\x76\x00", 10);
	memset(head + 10 + len, ' ', sizeof(head) - 10 - (size_t)len);
	head[sizeof(head) - 1] = '\n';
	fwrite(head, 1, sizeof(head), stdout);
	for (uint64_t i = 0; i < n; i++) {
		make_row(i, dim, x);
		fwrite(x, sizeof(*x), dim, stdout);
	}
	return fflush(stdout) != 0 || ferror(stdout);
}

/* --- the daemon ----------------------------------------------------------------------------------- */

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
run_daemon(const char *program, const char *data, const char *socket)
{
	if ((daemon_pid = fork()) < 0)
		die("no process", strerror(errno));
	if (daemon_pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(program, program, "--env", "/dev/null", "--data", data, "--socket", socket,
		    "--log-level", "error", (char *)NULL);
		_exit(127);
	}
}

static struct client *
connect_soon(const char *socket, double began)
{
	static const struct timespec pause = { .tv_nsec = 200 * 1000 };
	struct client *c;
	struct err err;

	while (client_open(socket, &c, &err) != 0) {
		if (now_ms() - began > GIVE_UP * 1e3 || waitpid(daemon_pid, NULL, WNOHANG) != 0)
			die("the daemon does not start", err.text);
		nanosleep(&pause, NULL);
	}
	return c;
}

/* Takes `args`. */
static json_t *
must(struct client *c, const char *op, const char *token, json_t *args)
{
	struct client_reply r = { 0 };
	json_t *result;
	struct err err;

	if (client_call(c, op, token, args, &r, &err) != 0)
		die(op, err.text);
	if (r.code != WIRE_OK)
		die(op, r.message);
	result = json_incref(r.result);
	client_reply_fini(&r);
	json_decref(args);
	return result;
}

static json_int_t
member(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

/* The vector of a known item, and the answer to it: that item. */
static void
ask_for(struct client *c, const char *token, const char *collection, uint64_t number, size_t dim)
{
	json_t *x = json_array(), *found, *first;
	float row[DIM_MAX];

	make_row(number, dim, row);
	for (size_t i = 0; i < dim; i++)
		json_array_append_new(x, json_real(row[i]));
	found = must(c, "similarity", token, json_pack("{s:s, s:o, s:i}", "collection", collection,
	    "vector", x, "k", 3));
	first = json_array_get(json_object_get(found, "results"), 0);
	if (first == NULL || member(first, "id") != (json_int_t)number ||
	    json_number_value(json_object_get(first, "distance")) > 1e-5)
		die("an item is not found by its vector", "");
	json_decref(found);
}

static void
measure(char **argv, uint64_t n, size_t dim, const char *token)
{
	static const struct timespec pause = { .tv_nsec = 2 * 1000 * 1000 };
	double began = now_ms(), answered, served;
	const char *collection = argv[5];
	struct client *c;
	bool done = false;

	run_daemon(argv[2], argv[3], argv[4]);
	c = connect_soon(argv[4], began);
	ask_for(c, token, collection, n / 2, dim);
	answered = now_ms() - began;
	while (!done) {
		json_t *stats = must(c, "stats", token, json_pack("{s:s}", "collection", collection));
		const char *note = json_string_value(json_object_get(stats, "index_note"));

		if (*note != '\0')
			die("the graph is not used", note);
		done = member(stats, "indexed") == (json_int_t)n && member(stats, "tail") == 0;
		json_decref(stats);
		served = now_ms() - began;
		if (served > GIVE_UP * 1e3)
			die("the graph does not come", "");
		if (!done)
			nanosleep(&pause, NULL);
	}
	ask_for(c, token, collection, n / 3, dim);
	printf("%.1f %.1f\n", answered, served);
	client_close(c);
	kill(daemon_pid, SIGTERM);
	waitpid(daemon_pid, NULL, 0);
}

int
main(int argc, char **argv)
{
	uint64_t n, dim;
	char token[1024];

	if (argc == 4 && strcmp(argv[1], "rows") == 0 && num_parse(argv[2], 1, UINT32_MAX - 1, &n) &&
	    num_parse(argv[3], 1, DIM_MAX, &dim))
		return write_rows(n, (size_t)dim);
	if (argc == 8 && strcmp(argv[1], "measure") == 0 && num_parse(argv[6], 1, UINT32_MAX - 1, &n) &&
	    num_parse(argv[7], 1, DIM_MAX, &dim) && fgets(token, sizeof(token), stdin) != NULL) {
		token[strcspn(token, "\n")] = '\0';
		measure(argv, n, (size_t)dim, token);
		return 0;
	}
	fputs("usage: start rows N DIM\n       start measure COOLVECD DATA SOCKET COLLECTION N DIM <TOKEN\n",
	    stderr);
	return 2;
}
