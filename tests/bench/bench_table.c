/*
 * bench_table.c - what was measured, for people, for programs and for a plot.
 */

#include <string.h>

#include "bench_table.h"

static const double recalls[] = { 0.90, 0.95, 0.99 };
#define NRECALLS (sizeof(recalls) / sizeof(recalls[0]))

static void
put(FILE *tsv, const char *table, const char *library, const char *data, const char *figure,
    double value)
{
	if (tsv && value > 0)
		fprintf(tsv, "%s\t%s\t%s\t%s\t%.6g\n", table, library, data, figure, value);
}

/* True when a run is of a library, whatever its M. */
static bool
is_of(const struct bench_run *r, const char *library)
{
	size_t n = strlen(library);

	return strncmp(r->name, library, n) == 0 && (r->name[n] == 0 || r->name[n] == ' ');
}

/* The best of a library's runs, at a recall. */
static double
best_at(const struct bench_run *runs, int n, const char *name, double recall, int passes)
{
	double best = 0, x;

	for (int i = 0; i < n; i++) {
		if (!is_of(&runs[i], name))
			continue;
		x = bench_curve_at(&runs[i].curve, passes, recall);
		best = x > best ? x : best;
	}
	return best;
}

static void
print_run(
    const struct bench_run *r, const struct bench_run *runs, int n, const char *data, int passes)
{
	printf("%-14s %-20s build %6.1f s %6.1f s  open %7.1f ms  index %7.1f MB ", r->name, data,
	    r->build[0], r->build[1], r->open_ms, r->bytes / 1e6);
	for (size_t i = 0; i < NRECALLS; i++) {
		double x = bench_curve_at(&r->curve, passes, recalls[i]);
		double base = best_at(runs, n, "hnswlib", recalls[i], passes);

		printf("  %7.0f (%4.2fx)", x, base > 0 ? x / base : 0);
	}
	printf("\n");
}

void
bench_table_tsv(FILE *tsv, const char *table, const char *name, const struct bench_run *runs, int n,
    const char *data, int passes)
{
	const struct bench_run *first = NULL;
	char figure[32];

	for (int i = 0; i < n && !first; i++)
		first = is_of(&runs[i], name) ? &runs[i] : NULL;
	if (!first)
		return;
	put(tsv, table, name, data, "build1_s", first->build[0]);
	put(tsv, table, name, data, "build2_s", first->build[1]);
	put(tsv, table, name, data, "index_bytes", first->bytes);
	put(tsv, table, name, data, "open_ms", first->open_ms);
	for (size_t i = 0; i < NRECALLS; i++) {
		double best = best_at(runs, n, name, recalls[i], passes);

		snprintf(figure, sizeof(figure), "qps@.%02.0f", recalls[i] * 100);
		put(tsv, table, name, data, figure, best);
		snprintf(figure, sizeof(figure), "us@.%02.0f", recalls[i] * 100);
		if (best > 0 && strcmp(table, "growth") == 0)
			put(tsv, table, name, data, figure, 1e6 / best);
	}
	for (size_t p = 0; p < first->curve.npoints; p++) {
		snprintf(figure, sizeof(figure), "recall@10,ef=%zu", first->curve.ef[p]);
		put(tsv, table, name, data, figure, first->curve.recall[p]);
	}
}

void
bench_table_curves(FILE *f, const struct bench_run *runs, int n, const char *data, int passes)
{
	for (int i = 0; f && i < n; i++) {
		fprintf(f, "# %s %s\n", data, runs[i].name);
		for (size_t p = 0; p < runs[i].curve.npoints; p++)
			fprintf(f, "%.4f %.0f\n", runs[i].curve.recall[p],
			    bench_median(runs[i].curve.rate[p], passes));
		fprintf(f, "\n\n");
	}
}

void
bench_table_print(const struct bench_run *runs, int n, const char *data, int passes)
{
	printf("\n%-14s %-20s build with 1 and 2 threads; queries a second at recall .90 .95 .99 "
	       "(times hnswlib's)\n", "library", "data");
	for (int i = 0; i < n; i++)
		print_run(&runs[i], runs, n, data, passes);
}
