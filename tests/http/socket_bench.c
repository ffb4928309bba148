/*
 * socket_bench.c - what wrk is for HTTP, for the daemon's socket: the same request over and over.
 *
 * usage: socket_bench SOCKET TOKEN CLIENTS SECONDS ARGS
 *
 * Each client is a thread with a connection of its own that asks `similarity` with ARGS, a JSON
 * object, as soon as it has its answer.  Prints the median, the 99th percentile (microseconds) and
 * the requests a second.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client.h"
#include "num.h"

struct asker {
	pthread_t thread;
	const char *socket, *token;
	json_t *args;
	uint64_t until;		/* us */
	uint32_t *times;	/* us */
	size_t n, room;
	bool failed;
};

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static bool
note(struct asker *a, uint64_t us)
{
	if (a->n == a->room) {
		size_t room = a->room > 0 ? 2 * a->room : 4096;
		uint32_t *times = realloc(a->times, room * sizeof(*times));

		if (times == NULL)
			return false;
		a->times = times;
		a->room = room;
	}
	a->times[a->n++] = (uint32_t)us;
	return true;
}

static void *
ask(void *arg)
{
	struct asker *a = arg;
	struct client *c = NULL;
	struct err err;

	a->failed = client_open(a->socket, &c, &err) != 0;
	while (!a->failed && now_us() < a->until) {
		struct client_reply r;
		uint64_t t = now_us();

		a->failed = client_call(c, "similarity", a->token, a->args, &r, &err) != 0 ||
		    r.code != WIRE_OK || !note(a, now_us() - t);
		client_reply_fini(&r);
	}
	client_close(c);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int
report(struct asker *askers, size_t n, uint64_t seconds)
{
	struct asker all = { 0 };
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		pthread_join(askers[i].thread, NULL);
		rc |= askers[i].failed;
		for (size_t j = 0; j < askers[i].n; j++)
			rc |= !note(&all, askers[i].times[j]);
		free(askers[i].times);
		json_decref(askers[i].args);
	}
	if (rc == 0 && all.n > 0) {
		qsort(all.times, all.n, sizeof(*all.times), compare);
		printf("%u %u %.0f\n", all.times[all.n / 2], all.times[all.n * 99 / 100],
		    (double)all.n / (double)seconds);
	}
	free(all.times);
	return rc;
}

int
main(int argc, char **argv)
{
	uint64_t clients, seconds;
	struct asker *askers;
	int rc;

	if (argc != 6 || !num_parse(argv[3], 1, 1000, &clients) ||
	    !num_parse(argv[4], 1, 60, &seconds) ||
	    (askers = calloc(clients, sizeof(*askers))) == NULL) {
		fprintf(stderr, "usage: socket_bench SOCKET TOKEN CLIENTS SECONDS ARGS\n");
		return 2;
	}
	for (size_t i = 0; i < clients; i++) {
		askers[i] = (struct asker){ .socket = argv[1],
			.token = argv[2],
			.args = json_loads(argv[5], 0, NULL),
			.until = now_us() + seconds * 1000000 };
		pthread_create(&askers[i].thread, NULL, ask, &askers[i]);
	}
	rc = report(askers, clients, seconds);
	free(askers);
	if (rc != 0)
		fprintf(stderr, "socket_bench: a request failed\n");
	return rc;
}
