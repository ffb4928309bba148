/*
 * bench_memory.c - searches in a collection whose vectors do not fit into the memory that is allowed.
 *
 * usage: bench_memory CACHE DATA FOLDER EF [PROCS]	(memory.sh runs it)
 *
 * FOLDER is what `bench_library -o FOLDER` kept of DATA.  Its files are dropped from the system's memory;
 * then, with PROCS, the process joins the control group of that file.  The index is read and all
 * queries are asked in four passes, of which the first, with everything on the disk, does not count.
 * Prints: recall, queries a second, p50 and p99 in microseconds, page faults that read from the disk and
 * bytes read, both for each query; by the wall's clock, for waiting is what is measured.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "vec.h"

#define PASSES 4

struct run {
	struct vec *v;
	struct bench_set s;
	struct vec_query q;
	double *us;	/* of each query of the passes that count */
	size_t n, right;
};

static void
drop(const char *folder, const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((fd = open(path, O_RDONLY)) < 0 || fsync(fd) != 0 ||
	    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		bench_die(path, "cannot be dropped from memory");
	close(fd);
}

static void
join(const char *procs)
{
	FILE *f = fopen(procs, "w");

	if (!f || fprintf(f, "%ld\n", (long)getpid()) < 0 || fclose(f) != 0)
		bench_die(procs, "cannot be joined");
}

static void
open_collection(struct run *r, const char *folder)
{
	struct vec_options o = { .dim = r->s.dim, .metric = VEC_COSINE, .seed = 1 };
	struct vec_error err;
	struct vec_stats st;
	int rc;

	if (vec_open(folder, &o, &r->v, &err) != 0)
		bench_die("vec_open", err.message);
	while ((rc = vec_index(r->v, 100000, &err)) == 1)
		;
	vec_stats(r->v, &st);
	if (rc != 0 || st.tail != 0)
		bench_die("the index", rc != 0 ? err.message : st.index_note);
}

static void
ask(struct run *r, size_t i, bool counts)
{
	struct vec_hit hits[BENCH_K];
	struct vec_error err;
	double start = bench_now();
	size_t n;

	if (vec_search(r->v, r->s.queries + i * r->s.dim, r->s.dim, &r->q, hits, &n, &err) != 0)
		bench_die("vec_search", err.message);
	if (!counts)
		return;
	r->us[r->n++] = (bench_now() - start) * 1e6;
	for (size_t j = 0; j < n; j++)
		for (size_t k = 0; k < BENCH_K; k++)
			r->right += r->s.truth[i * BENCH_K + k] == hits[j].slot;
}

static int
rising(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* What the disk gave this process so far. */
static double
bytes_read(void)
{
	unsigned long long bytes = 0;
	char line[128];
	FILE *f = fopen("/proc/self/io", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "read_bytes: %llu", &bytes) == 1)
			break;
	if (f)
		fclose(f);
	return (double)bytes;
}

static void
measure(struct run *r)
{
	struct rusage before, after;
	double bytes = 0, total = 0;

	for (int pass = 0; pass < PASSES; pass++) {
		if (pass == 1) {
			getrusage(RUSAGE_SELF, &before);
			bytes = bytes_read();
		}
		for (size_t i = 0; i < r->s.nqueries; i++)
			ask(r, i, pass > 0);
	}
	getrusage(RUSAGE_SELF, &after);
	bytes = bytes_read() - bytes;
	for (size_t i = 0; i < r->n; i++)
		total += r->us[i];
	qsort(r->us, r->n, sizeof(*r->us), rising);
	printf("%.4f %.0f %.0f %.0f %.2f %.0f\n", (double)r->right / (double)(r->n * BENCH_K),
	    (double)r->n / total * 1e6, r->us[r->n / 2], r->us[r->n * 99 / 100],
	    (double)(after.ru_majflt - before.ru_majflt) / (double)r->n, bytes / (double)r->n);
}

int
main(int argc, char **argv)
{
	struct run r = { .q = VEC_QUERY(BENCH_K) };

	if (argc < 5 || argc > 6)
		bench_die("usage", "bench_memory CACHE DATA FOLDER EF [PROCS]");
	bench_set_load(&r.s, argv[1], argv[2], true);
	free(r.s.rows);
	r.s.rows = NULL;
	r.q.ef = (size_t)atoi(argv[4]);
	if (!(r.us = calloc(r.s.nqueries * PASSES, sizeof(*r.us))))
		bench_die("times", "no memory");
	drop(argv[3], "vectors.bin");
	drop(argv[3], "hnsw.index");
	if (argc == 6)
		join(argv[5]);
	open_collection(&r, argv[3]);
	measure(&r);
	vec_close(r.v);
	free(r.us);
	bench_set_free(&r.s);
	return 0;
}
