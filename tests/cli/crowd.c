/*
 * crowd.c - many clients of a daemon at once, good ones and bad ones.
 *
 * usage: crowd SOCKET hold N		N clients that are each answered a ping and stay; then one more
 *        crowd SOCKET slow GOOD BAD S	BAD clients send a byte a second for S seconds, GOOD ones ask
 *        crowd SOCKET deaf N KIB	N clients send so much in pings and read nothing, another asks; to
 *					the end of the input
 *        crowd SOCKET storm N		N connections that are closed at once, some in a request
 *        crowd SOCKET reset N		N requests whose client is gone before the answer
 *        crowd SOCKET logins N P <LINES	the first line N times at once, the second beside it by P
 *        crowd SOCKET timing N <LINES	the two lines in turn, N times each
 *
 * What was found is one line of "name value" pairs on standard output.  Exit status: 0; 1 the daemon
 * could not be reached; 2 usage.
 */

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "num.h"

#define CROWD_MAX 4096
#define SAMPLES_MAX 100000
#define PING "{\"op\":\"ping\"}\n"
#define PINGS 1024

static const char *path;

static double
ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
join(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(to.sun_path, path, strlen(path));
	if (fd >= 0 && connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)) == 0)
		return fd;
	fprintf(stderr, "crowd: cannot connect: %s\n", strerror(errno));
	exit(1);
}

static bool
say(int fd, const char *line)
{
	size_t n = strlen(line);

	return send(fd, line, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* The answer's line, as far as it fits; false when there is none within 60 seconds. */
static bool
hear(int fd, char *line, size_t room)
{
	size_t n = 0;

	while (n == 0 || line[n - 1] != '\n') {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t got = poll(&p, 1, 60000) == 1 ? recv(fd, line + n, room - 1 - n, 0) : -1;

		if (got <= 0)
			return false;
		n += (size_t)got;
		if (n == room - 1)
			n = 0;
	}
	line[n] = '\0';
	return true;
}

static bool
is_ok(const char *line)
{
	return strstr(line, "\"ok\":true") != NULL;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
quantile(double *v, size_t n, double q)
{
	qsort(v, n, sizeof(*v), compare);
	return n > 0 ? v[(size_t)((double)(n - 1) * q)] : 0;
}

static void
hold(size_t n)
{
	static int fds[CROWD_MAX];
	char line[4096];
	size_t served = 0;
	int next;

	for (size_t i = 0; i < n; i++)
		if (!say(fds[i] = join(), PING))
			fds[i] = -1;
	for (size_t i = 0; i < n; i++)
		served += fds[i] >= 0 && hear(fds[i], line, sizeof(line)) && is_ok(line);
	next = join();
	if (!hear(next, line, sizeof(line)))
		strcpy(line, "nothing\n");
	printf("served %zu next %s", served, line);
}

static void
slow(size_t good, size_t bad, size_t seconds)
{
	static struct pollfd p[CROWD_MAX];
	static double sent[CROWD_MAX];
	static int bads[CROWD_MAX];
	double until = ms() + 1000 * (double)seconds, tick = 0, worst = 0;
	size_t errors = 0, answers = 0, at = 0;
	char line[4096];

	for (size_t i = 0; i < bad; i++)
		bads[i] = join();
	for (size_t i = 0; i < good; i++) {
		p[i] = (struct pollfd){ .fd = join(), .events = POLLIN };
		sent[i] = ms();
		errors += !say(p[i].fd, PING);
	}
	while (ms() < until) {
		if (ms() >= tick) {
			tick = ms() + 1000;
			for (size_t i = 0; i < bad; i++)
				(void)send(bads[i], PING + at % 12, 1, MSG_NOSIGNAL);
			at++;
		}
		if (poll(p, good, 100) <= 0)
			continue;
		for (size_t i = 0; i < good; i++) {
			if (p[i].revents == 0)
				continue;
			if (!hear(p[i].fd, line, sizeof(line)) || !is_ok(line)) {
				errors++;
				p[i].fd = -1;
				continue;
			}
			answers++;
			worst = ms() - sent[i] > worst ? ms() - sent[i] : worst;
			sent[i] = ms();
			errors += !say(p[i].fd, PING);
		}
	}
	printf("answers %zu errors %zu worst_ms %.0f\n", answers, errors, worst);
}

/* Pings on their way to all that have room for them, until nobody has had any for a second. */
static size_t
send_ahead(struct pollfd *p, size_t n, size_t most)
{
	static char pings[PINGS * (sizeof(PING) - 1)];
	static size_t sent[CROWD_MAX];
	size_t all = 0;

	for (size_t i = 0; i < PINGS; i++)
		memcpy(pings + i * (sizeof(PING) - 1), PING, sizeof(PING) - 1);
	while (poll(p, n, 1000) > 0)
		for (size_t i = 0; i < n; i++) {
			size_t at = sent[i] % sizeof(pings);
			ssize_t k = p[i].revents == 0 ? 0 : send(p[i].fd, pings + at,
			    sizeof(pings) - at, MSG_NOSIGNAL | MSG_DONTWAIT);

			sent[i] += k > 0 ? (size_t)k : 0;
			all += k > 0 ? (size_t)k : 0;
			if (sent[i] >= most || (k < 0 && errno != EAGAIN))
				p[i].fd = -1 - p[i].fd;		/* it stays open */
		}
	return all;
}

static void
deaf(size_t n, size_t kib)
{
	static struct pollfd p[CROWD_MAX];
	size_t sent, answers = 0;
	char line[4096];
	int fd;

	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = join(), .events = POLLOUT };
	sent = send_ahead(p, n, kib << 10);
	fd = join();
	for (size_t i = 0; i < 100; i++)
		answers += say(fd, PING) && hear(fd, line, sizeof(line)) && is_ok(line);
	printf("sent_kib %zu answers %zu\n", sent >> 10, answers);
	fflush(stdout);
	(void)getchar();	/* they stay until somebody has looked */
}

static void
storm(size_t n)
{
	static const char *const said[] = { "", "{", "{\"op\":\"ping\"", PING, PING PING PING };

	for (size_t i = 0; i < n; i++) {
		int fd = join();

		(void)say(fd, said[i % 5]);
		close(fd);
	}
	printf("closed %zu\n", n);
}

static void
reset(size_t n)
{
	char some[1];

	for (size_t i = 0; i < n; i++) {
		int fd = join();

		(void)say(fd, "{\"op\":\"metrics\"}\n{\"op\":\"metrics\"}\n");
		if (i % 2 == 0)
			(void)recv(fd, some, 1, 0);	/* in the middle of the answer */
		close(fd);
	}
	printf("reset %zu\n", n);
}

static char *
next_line(void)
{
	char *line = NULL;
	size_t room = 0;

	if (getline(&line, &room, stdin) <= 0)
		exit(2);
	return line;
}

/* The line over and over: `most` times, or with `fds` until all of those are answered; the last `most` count. */
static size_t
probe(const char *line, double *v, size_t most, int *fds, size_t n, size_t *right)
{
	char answer[65536];
	int fd = join();
	size_t samples = 0, left = n;

	while (n == 0 ? samples < most : left > 0) {
		double from = ms();

		if (!say(fd, line) || !hear(fd, answer, sizeof(answer)) || !is_ok(answer))
			exit(1);
		v[samples++ % most] = ms() - from;
		for (size_t i = 0; i < n; i++) {
			struct pollfd p = { .fd = fds[i], .events = POLLIN };

			if (fds[i] < 0 || poll(&p, 1, 0) != 1)
				continue;
			*right += hear(fds[i], answer, sizeof(answer)) && is_ok(answer);
			close(fds[i]);
			fds[i] = -1;
			left--;
		}
	}
	close(fd);
	return samples < most ? samples : most;
}

static void
logins(size_t n, size_t most)
{
	static double v[SAMPLES_MAX];
	static int fds[CROWD_MAX];
	char *login = next_line(), *other = next_line();
	size_t right = 0, samples;
	double before, from, during;

	samples = probe(other, v, most, NULL, 0, NULL);
	before = quantile(v, samples, 0.99);
	from = ms();
	for (size_t i = 0; i < n; i++)
		if (!say(fds[i] = join(), login))
			exit(1);
	samples = probe(other, v, SAMPLES_MAX, fds, n, &right);
	during = quantile(v, samples, 0.99);
	printf("right %zu seconds %.1f before_us %.0f during_us %.0f samples %zu\n", right,
	    (ms() - from) / 1e3, before * 1e3, during * 1e3, samples);
	free(login);
	free(other);
}

static void
timing(size_t n)
{
	static double v[2][SAMPLES_MAX];
	char *lines[2], answer[4096];
	int fd = join();

	lines[0] = next_line();
	lines[1] = next_line();
	for (size_t i = 0; i < 2 * n; i++) {
		double from = ms();

		if (!say(fd, lines[i % 2]) || !hear(fd, answer, sizeof(answer)) ||
		    strstr(answer, "\"bad_credentials\"") == NULL)
			exit(1);
		v[i % 2][i / 2] = ms() - from;
	}
	printf("first_us %.0f second_us %.0f\n", quantile(v[0], n, 0.5) * 1e3,
	    quantile(v[1], n, 0.5) * 1e3);
	free(lines[0]);
	free(lines[1]);
}

int
main(int argc, char **argv)
{
	struct rlimit r;
	uint64_t n[3] = { 0 };

	for (int i = 3; i < argc && i < 6; i++)
		if (!num_parse(argv[i], 0, SAMPLES_MAX, &n[i - 3]))
			return 2;
	if (argc < 4 || strlen(argv[1]) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return 2;
	path = argv[1];
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	if (strcmp(argv[2], "hold") == 0 && n[0] <= CROWD_MAX)
		hold(n[0]);
	else if (strcmp(argv[2], "slow") == 0 && n[0] <= CROWD_MAX && n[1] <= CROWD_MAX)
		slow(n[0], n[1], n[2]);
	else if (strcmp(argv[2], "deaf") == 0 && n[0] <= CROWD_MAX)
		deaf(n[0], n[1]);
	else if (strcmp(argv[2], "storm") == 0)
		storm(n[0]);
	else if (strcmp(argv[2], "reset") == 0)
		reset(n[0]);
	else if (strcmp(argv[2], "logins") == 0 && n[0] <= CROWD_MAX)
		logins(n[0], n[1]);
	else if (strcmp(argv[2], "timing") == 0)
		timing(n[0]);
	else
		return 2;
	return 0;
}
