/*
 * service.c - whole services side by side: what a client sees of coolvecd, redis-server, sqlite-vec, and
 * of libvec in its own process.
 *
 * usage: service VECTORS SECONDS [NAME WHERE PID]...	(started and ended by service.sh)
 *
 * VECTORS vectors of 100 components in 1,000 clusters, made from a fixed seed, are added in batches of
 * 1,000; then each of single durable adds, reads and searches is asked for SECONDS by 1 and by 8
 * clients, the services by turns, three passes.  Prints a line a figure: service TAB figure TAB value;
 * the median of the passes.  PID is the process that serves, 0 for none: what it and the clients together
 * took of the processors is printed as cores.
 */

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "bench_random.h"
#include "num.h"
#include "service.h"

#define CLUSTERS 1000
#define PASSES 3
#define CLIENTS_MAX 8
#define TIMES_MAX 4000000

static const struct service *const known[] = { &service_libvec, &service_coolvec, &service_redis, &service_sqlite };

enum work { ADD, GET, SEARCH, WORKS };
static const char *const work_names[] = { "add", "get", "search" };

struct side {
	const struct service *s;
	const char *where;
	pid_t pid;		/* that serves; 0: none */
	double bulk;		/* vectors a second */
	double p50[WORKS][2][PASSES], p99[WORKS][2][PASSES], rate[WORKS][2][PASSES],
	    cores[WORKS][2][PASSES];
};

struct asker {
	pthread_t thread;
	const struct side *side;
	enum work work;
	uint64_t seed, n;	/* n: vectors that are there */
	double until;
	float *times;		/* seconds */
	size_t ntimes;
	int rc;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Processor seconds so far of the one that serves and of this process. */
static double
worked(const struct side *side)
{
	struct timespec own, server = { 0 };
	clockid_t clock;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
	if (side->pid > 0 && clock_getcpuclockid(side->pid, &clock) == 0)
		clock_gettime(clock, &server);
	return (double)(own.tv_sec + server.tv_sec) + (double)(own.tv_nsec + server.tv_nsec) * 1e-9;
}

/* A vector near one of the centres. */
static void
make(float *x, uint64_t *seed)
{
	uint64_t centre = bench_random(seed) % CLUSTERS;

	for (size_t i = 0; i < DIM; i++)
		x[i] = bench_normal(&centre) + 0.7f * bench_normal(seed);
}

static int
fill(struct side *side, uint64_t n)
{
	float *x = num_alloc(BATCH * DIM, sizeof(*x));
	void *conn = side->s->open(side->where);
	uint64_t seed = 1;
	double spent = 0;
	int rc = conn == NULL || x == NULL ? -1 : 0;

	for (uint64_t i = 0; i < n && rc == 0; i += BATCH) {
		for (size_t j = 0; j < BATCH; j++)
			make(x + j * DIM, &seed);
		double t = now();
		rc = side->s->add(conn, x, BATCH);
		spent += now() - t;
	}
	side->bulk = (double)n / spent;
	if (rc == 0 && side->s->settle != NULL)
		rc = side->s->settle(conn);
	if (conn != NULL)
		side->s->close(conn);
	free(x);
	return rc;
}

/* Does the service have such a call? */
static bool
can(const struct side *side, enum work work)
{
	return work == ADD || (work == GET ? side->s->get != NULL : side->s->search != NULL);
}

static int
once(struct asker *a, void *conn)
{
	const struct service *s = a->side->s;
	float x[DIM];

	switch (a->work) {
	case ADD:
		make(x, &a->seed);
		return s->add(conn, x, 1);
	case GET:
		return s->get(conn, bench_random(&a->seed) % a->n);
	default:
		return s->search(conn, bench_random(&a->seed) % a->n);
	}
}

static void *
ask(void *arg)
{
	struct asker *a = arg;
	void *conn = a->side->s->open(a->side->where);

	a->rc = conn == NULL ? -1 : 0;
	while (a->rc == 0 && now() < a->until && a->ntimes < TIMES_MAX / CLIENTS_MAX) {
		double t = now();

		a->rc = once(a, conn);
		a->times[a->ntimes++] = (float)(now() - t);
	}
	if (conn != NULL)
		a->side->s->close(conn);
	return NULL;
}

static int
rising(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static int
pass(struct side *side, enum work work, int clients, uint64_t n, double seconds, int p)
{
	static float all[TIMES_MAX];
	struct asker askers[CLIENTS_MAX];
	size_t total = 0;
	double began = now(), busy = worked(side), took;
	int rc = 0, c = clients > 1;

	for (int i = 0; i < clients; i++) {
		askers[i] = (struct asker){ .side = side, .work = work, .n = n, .until = began + seconds,
			.seed = 1000u * (unsigned)p + (unsigned)i + 7,
			.times = num_alloc(TIMES_MAX / CLIENTS_MAX, sizeof(float)) };
		if (askers[i].times == NULL ||
		    pthread_create(&askers[i].thread, NULL, ask, &askers[i]) != 0)
			abort();
	}
	for (int i = 0; i < clients; i++) {
		pthread_join(askers[i].thread, NULL);
		rc |= askers[i].rc;
		memcpy(all + total, askers[i].times, askers[i].ntimes * sizeof(float));
		total += askers[i].ntimes;
		free(askers[i].times);
	}
	took = now() - began;
	busy = worked(side) - busy;
	if (rc != 0 || total == 0)
		return -1;
	qsort(all, total, sizeof(*all), rising);
	side->p50[work][c][p] = all[total / 2] * 1e6;
	side->p99[work][c][p] = all[total * 99 / 100] * 1e6;
	side->rate[work][c][p] = (double)total / took;
	side->cores[work][c][p] = busy / took;
	return 0;
}

static double
median(double *x)
{
	double low = fmin(x[0], x[1]), high = fmax(x[0], x[1]);

	return fmax(low, fmin(high, x[2]));
}

static void
report(struct side *side)
{
	printf("%s\tbulk_add/s\t%.0f\n", side->s->name, side->bulk);
	for (int w = 0; w < WORKS; w++)
		for (int c = 0; c < 2 && side->rate[w][0][0] > 0; c++) {
			int clients = c == 0 ? 1 : CLIENTS_MAX;

			printf("%s\t%s_p50_us@%d\t%.0f\n", side->s->name, work_names[w], clients,
			    median(side->p50[w][c]));
			printf("%s\t%s_p99_us@%d\t%.0f\n", side->s->name, work_names[w], clients,
			    median(side->p99[w][c]));
			printf("%s\t%s/s@%d\t%.0f\n", side->s->name, work_names[w], clients,
			    median(side->rate[w][c]));
			printf("%s\t%s_cores@%d\t%.2f\n", side->s->name, work_names[w], clients,
			    median(side->cores[w][c]));
		}
}

static const struct service *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i]->name, name) == 0)
			return known[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	struct side sides[sizeof(known) / sizeof(*known)] = { 0 };
	uint64_t n, seconds;
	int nsides = 0, rc = 0;

	if (argc < 6 || !num_parse(argv[1], BATCH, 10000000, &n) || !num_parse(argv[2], 1, 60, &seconds)) {
		fprintf(stderr, "usage: service VECTORS SECONDS [NAME WHERE PID]...\n");
		return 2;
	}
	n -= n % BATCH;
	for (int i = 3; i + 2 < argc && nsides < (int)(sizeof(sides) / sizeof(*sides)); i += 3) {
		sides[nsides].s = find(argv[i]);
		sides[nsides].where = argv[i + 1];
		sides[nsides].pid = (pid_t)atoi(argv[i + 2]);
		if (sides[nsides].s == NULL || fill(&sides[nsides], n) != 0)
			return 1;
		nsides++;
	}
	for (int w = WORKS - 1; w >= 0; w--)	/* adds last: the searches are all among n */
		for (int p = 0; p < PASSES; p++)
			for (int c = 1; c <= CLIENTS_MAX; c += CLIENTS_MAX - 1)
				for (int i = 0; i < nsides; i++)
					if (can(&sides[i], (enum work)w))
						rc |= pass(&sides[i], (enum work)w, c, n, (double)seconds, p);
	for (int i = 0; i < nsides; i++)
		report(&sides[i]);
	return rc != 0;
}
