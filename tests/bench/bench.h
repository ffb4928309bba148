/*
 * bench.h - what the benchmarks share: data, truth, clocks, and a curve of recall against speed.
 */

#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_K 10
#define BENCH_POINTS 40	/* of a curve at most */
#define BENCH_PASSES 9

/* Print a sentence and leave with status 2. */
void bench_die(const char *what, const char *why);

double bench_now(void);

/* The same of the calling thread on its processor: what else the machine does counts little. */
double bench_cpu(void);

/* The same of all threads of this process together. */
double bench_cpu_all(void);

/* Bind the calling thread to one processor, the last one. */
void bench_pin(void);

/* Let the calling thread and those it makes run anywhere again. */
void bench_unpin(void);

struct bench_set {
	const char *name;
	bool cosine;		/* else l2 */
	size_t n, nqueries, dim;
	float *rows, *queries;
	uint32_t *truth;	/* BENCH_K nearest of each query */
};

/*
 * Read NAME.rows and NAME.queries in `dir`; a name as clusters-50000x768 is made instead (bench_clusters),
 * with 1,000 queries.  The truth is read from NAME.truth, and put there when it is missing.
 */
void bench_set_load(struct bench_set *s, const char *dir, const char *name, bool cosine);
void bench_set_free(struct bench_set *s);

/* A search of one library: ids of up to BENCH_K near ones; how many. */
typedef size_t bench_ask(void *index, const float *q, size_t dim, size_t ef, uint32_t *ids);

struct bench_curve {
	size_t npoints;
	size_t ef[BENCH_POINTS];
	double recall[BENCH_POINTS];
	double rate[BENCH_POINTS][BENCH_PASSES];	/* queries a second */
};

/*
 * Choose the efs of a curve, rising until recall reaches 0.993, and take their recall: distinct ids
 * among the true nearest.
 */
void bench_curve_init(
    struct bench_curve *c, const struct bench_set *s, void *index, bench_ask *ask);

/* Time each of them once. */
void bench_curve_pass(struct bench_curve *c, int pass, const struct bench_set *s, void *index,
    bench_ask *ask);

double bench_median(const double *x, int n);

/* Queries a second at a recall by the medians of `passes`, between measured points, or of the first one
 * when that is past it; 0: not reached.
 */
double bench_curve_at(const struct bench_curve *c, int passes, double recall);

#endif
