/*
 * bench_table.h - what was measured of each library, and writing it down.
 */

#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stdio.h>

#include "bench.h"

#define BENCH_RUNS 6

/* One library with one setting. */
struct bench_run {
	char name[32];		/* in the table */
	const char *kind;	/* of a peer; NULL: libvec */
	unsigned M;
	void *index;
	bench_ask *ask;
	double build[2];	/* seconds with one and two threads; 0: not taken */
	double bytes, open_ms;
	struct bench_curve curve;
};

/* A line for each run, with times of hnswlib's best. */
void bench_table_print(const struct bench_run *runs, int n, const char *data, int passes);

/*
 * The lines of one library in `table`: the best of its runs at each recall.  In the table growth there
 * are microseconds a query, too.  `tsv` may be NULL.
 */
void bench_table_tsv(FILE *tsv, const char *table, const char *name, const struct bench_run *runs, int n,
    const char *data, int passes);

/* A block of recalls and queries a second for each run.  `f` may be NULL. */
void bench_table_curves(FILE *f, const struct bench_run *runs, int n, const char *data, int passes);

#endif
