/*
 * bench.c - data, truth, clocks and curves.
 */

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "bench_clusters.h"

#define MADE_QUERIES 1000

void
bench_die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(2);
}

static double
read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double
bench_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

double
bench_cpu(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

double
bench_cpu_all(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

void
bench_pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(getenv("BENCH_CPU") ? (size_t)atoi(getenv("BENCH_CPU")) :
	    (size_t)sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

void
bench_unpin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (size_t i = 0; i < (size_t)sysconf(_SC_NPROCESSORS_ONLN); i++)
		CPU_SET(i, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

/* --- data ------------------------------------------------------------------------------------ */

static float *
read_rows(const char *dir, const char *name, const char *what, size_t *n, size_t *dim)
{
	char path[512];
	uint32_t head[2];
	float *x;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.%s", dir, name, what);
	if (!(f = fopen(path, "rb")) || fread(head, sizeof(head), 1, f) != 1)
		bench_die(path, "cannot be read");
	*n = head[0];
	*dim = head[1];
	if (!(x = malloc(*n * *dim * sizeof(*x))) || fread(x, *dim * sizeof(*x), *n, f) != *n)
		bench_die(path, "is too short");
	fclose(f);
	return x;
}

/* Insertion into the best so far. */
static void
keep(float *best, uint32_t *ids, size_t *n, float d, uint32_t id)
{
	size_t at;

	if (*n == BENCH_K && d >= best[BENCH_K - 1])
		return;
	for (at = *n < BENCH_K ? (*n)++ : BENCH_K - 1; at > 0 && best[at - 1] > d; at--) {
		best[at] = best[at - 1];
		ids[at] = ids[at - 1];
	}
	best[at] = d;
	ids[at] = id;
}

/* By brute force, with nothing of any library; the rows pass once for all queries. */
static void
find_truth(const struct bench_set *s)
{
	float *best = calloc(s->nqueries * BENCH_K, sizeof(*best));
	size_t *n = calloc(s->nqueries, sizeof(*n));

	if (!best || !n)
		bench_die("truth", "no memory");
	for (size_t i = 0; i < s->n; i++) {
		const float *row = s->rows + i * s->dim;

		for (size_t j = 0; j < s->nqueries; j++) {
			const float *q = s->queries + j * s->dim;
			float d = 0;

			if (s->cosine) {
				for (size_t c = 0; c < s->dim; c++)
					d -= row[c] * q[c];
			} else {
				for (size_t c = 0; c < s->dim; c++)
					d += (row[c] - q[c]) * (row[c] - q[c]);
			}
			keep(best + j * BENCH_K, s->truth + j * BENCH_K, n + j, d, (uint32_t)i);
		}
	}
	free(best);
	free(n);
}

/* False: the name is not one of a set that is made. */
static bool
make_set(struct bench_set *s)
{
	if (sscanf(s->name, "clusters-%zux%zu", &s->n, &s->dim) != 2)
		return false;
	s->nqueries = MADE_QUERIES;
	s->rows = malloc(s->n * s->dim * sizeof(*s->rows));
	s->queries = malloc(s->nqueries * s->dim * sizeof(*s->queries));
	if (!s->rows || !s->queries)
		bench_die(s->name, "no memory");
	bench_clusters(s->rows, s->n, s->dim, 0);
	bench_clusters(s->queries, s->nqueries, s->dim, 1);
	return true;
}

static void
read_set(struct bench_set *s, const char *dir)
{
	size_t dim;

	s->rows = read_rows(dir, s->name, "rows", &s->n, &s->dim);
	s->queries = read_rows(dir, s->name, "queries", &s->nqueries, &dim);
	if (dim != s->dim)
		bench_die(s->name, "rows and queries do not match");
}

void
bench_set_load(struct bench_set *s, const char *dir, const char *name, bool cosine)
{
	size_t bytes;
	char path[512];
	FILE *f;

	*s = (struct bench_set){ .name = name, .cosine = cosine };
	if (!make_set(s))
		read_set(s, dir);
	bytes = s->nqueries * BENCH_K * sizeof(*s->truth);
	if (!(s->truth = malloc(bytes)))
		bench_die(name, "no memory");
	snprintf(path, sizeof(path), "%s/%s.truth", dir, name);
	f = fopen(path, "rb");
	if (!f || fread(s->truth, bytes, 1, f) != 1) {
		find_truth(s);
		f = fopen(path, "wb");
		if (!f || fwrite(s->truth, bytes, 1, f) != 1)
			bench_die(path, "cannot be written");
	}
	fclose(f);
}

void
bench_set_free(struct bench_set *s)
{
	free(s->rows);
	free(s->queries);
	free(s->truth);
}

/* --- curves ---------------------------------------------------------------------------------- */

/* Distinct ids of the truth that were found. */
static size_t
count_right(const uint32_t *got, size_t n, const uint32_t *want)
{
	size_t right = 0;

	for (size_t i = 0; i < BENCH_K; i++) {
		for (size_t j = 0; j < n; j++) {
			if (got[j] == want[i]) {
				right++;
				break;
			}
		}
	}
	return right;
}

static double
take_recall(const struct bench_set *s, void *index, bench_ask *ask, size_t ef)
{
	uint32_t got[BENCH_K];
	size_t right = 0, n;

	for (size_t i = 0; i < s->nqueries; i++) {
		n = ask(index, s->queries + i * s->dim, s->dim, ef, got);
		right += count_right(got, n, s->truth + i * BENCH_K);
	}
	return (double)right / (double)(s->nqueries * BENCH_K);
}

void
bench_curve_init(struct bench_curve *c, const struct bench_set *s, void *index, bench_ask *ask)
{
	size_t ef = BENCH_K;

	*c = (struct bench_curve){ 0 };
	while (c->npoints < BENCH_POINTS) {
		double r = take_recall(s, index, ask, ef);

		/* The flat beginning tells nothing about the recalls that are asked for. */
		if (c->npoints == 1 && c->recall[0] < 0.85 && r < 0.9)
			c->npoints = 0;
		c->ef[c->npoints] = ef;
		c->recall[c->npoints++] = r;
		if (r >= 0.993 || ef > 2000)
			break;
		ef = ef < 20 ? ef + 2 : ef * 5 / 4;
	}
}

void
bench_curve_pass(struct bench_curve *c, int pass, const struct bench_set *s, void *index,
    bench_ask *ask)
{
	uint32_t got[BENCH_K];
	double start;

	for (size_t p = 0; p < c->npoints; p++) {
		start = bench_cpu();
		for (size_t i = 0; i < s->nqueries; i++)
			(void)ask(index, s->queries + i * s->dim, s->dim, c->ef[p], got);
		c->rate[p][pass] = (double)s->nqueries / (bench_cpu() - start);
	}
}

static int
by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double
bench_median(const double *x, int n)
{
	double sorted[BENCH_PASSES];

	memcpy(sorted, x, (size_t)n * sizeof(*x));
	qsort(sorted, (size_t)n, sizeof(*sorted), by_value);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double
bench_curve_at(const struct bench_curve *c, int passes, double recall)
{
	/* The least ef that there is does it: k. */
	if (c->npoints > 0 && c->recall[0] >= recall)
		return bench_median(c->rate[0], passes);
	for (size_t p = 0; p + 1 < c->npoints; p++) {
		double low = c->recall[p], high = c->recall[p + 1], part;

		if (low > recall || high < recall || low >= high)
			continue;
		part = (recall - low) / (high - low);
		return exp(log(bench_median(c->rate[p], passes)) * (1 - part) +
		    log(bench_median(c->rate[p + 1], passes)) * part);
	}
	return 0;
}
