/*
 * bench_library.c - libvec beside other libraries: build, search, size, opening.
 *
 * All get the same rows in the same order and ef_construction 200, and are asked one query at a
 * time on one pinned thread, k = 10, in passes that take turns; figures are medians.  Of hnswlib
 * with M 16 and 32 the faster at each recall counts.  The indexes of the others, and the seconds
 * they took, are kept in the cache; libvec is always built anew.
 *
 * usage: bench_library -c CACHE [-d DATA] [-p PASSES] [-t TSV] [-g CURVES] [-m M] [-k peers|none]
 *                      [-s default|fast|small|none] [-1] [-n] [-o FOLDER] [TABLE...]
 *	TABLE	library (real data; when none is named), large (up to 3,072 components), growth (up to
 *		1,000,000 vectors)
 *	-t	appends lines `table library data figure value`
 *	-g	writes lines `data library recall qps` for a plot
 *	-m	libvec's M; 0: its default
 *	-s	libvec with these codes alone, not with its default and then with the others
 *	-1	no build with two threads
 *	-n	build only
 *	-o	keep libvec's collection in FOLDER, or use the one that is there
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "bench_run.h"

struct options {
	struct bench_options run;
	const char *data, *tsv, *curves, *peers;
	int passes;
	bool one_thread, only_one, only_build;
};

struct peer_kind {
	const char *kind;
	unsigned M;
};

static const struct peer_kind all_peers[] = { { "hnswlib", 16 }, { "hnswlib", 32 }, { "faiss", 16 },
	{ "faiss", 32 }, { NULL, 0 } };
static const struct peer_kind hnswlib_both[] = { { "hnswlib", 16 }, { "hnswlib", 32 }, { NULL, 0 } };
static const struct peer_kind hnswlib_16[] = { { "hnswlib", 16 }, { NULL, 0 } };

/* What is measured of what: a set that is not from the cache is made here (bench_clusters). */
static const struct plan {
	const char *table, *name;
	bool cosine, two_threads, both_codes;
	const struct peer_kind *peers;
} plans[] = {
	{ "library", "glove", true, true, true, all_peers },
	{ "library", "mnist", false, true, true, all_peers },
	{ "large", "clusters-50000x768", true, false, true, hnswlib_both },
	{ "large", "clusters-30000x1536", true, false, true, hnswlib_both },
	{ "large", "clusters-20000x3072", true, false, true, hnswlib_both },
	{ "growth", "clusters-10000x128", true, false, false, hnswlib_16 },
	{ "growth", "clusters-100000x128", true, false, false, hnswlib_16 },
	{ "growth", "clusters-1000000x128", true, false, false, hnswlib_16 },
};

/* Fast where the default is small, and the other way round. */
static enum vec_codes
other_codes(const struct bench_set *s)
{
	struct vec_options o = { .dim = s->dim, .metric = s->cosine ? VEC_COSINE : VEC_L2 };

	return vec_default_codes(&o) == VEC_CODES_SMALL ? VEC_CODES_FAST : VEC_CODES_SMALL;
}

/* Build and open all that this data is measured with; how many. */
static int
prepare(struct bench_run *runs, const struct plan *p, const struct bench_set *s,
    const struct options *o)
{
	bool two = p->two_threads && !o->one_thread;
	int n = 0;

	bench_run_vec(&runs[n++], s, &o->run, two);
	if (p->both_codes && !o->only_one) {
		struct bench_options other = o->run;

		other.codes = other_codes(s);
		bench_run_vec(&runs[n++], s, &other, false);
	}
	for (const struct peer_kind *k = p->peers; k->kind; k++) {
		if (o->peers && !strstr(o->peers, k->kind))
			continue;
		if (bench_run_peer(&runs[n], k->kind, k->M, s, &o->run, two))
			n++;
	}
	return n;
}

static void
measure(const struct plan *p, const struct options *o, FILE *tsv, FILE *curves)
{
	static const char *const libraries[] = { "coolvec", "coolvec-fast", "coolvec-small", "hnswlib",
		"faiss" };
	struct bench_run runs[BENCH_RUNS] = { 0 };
	struct bench_set s;
	int n;

	bench_set_load(&s, o->run.cache, p->name, p->cosine);
	n = prepare(runs, p, &s, o);
	for (int i = 0; i < n && !o->only_build; i++)
		bench_curve_init(&runs[i].curve, &s, runs[i].index, runs[i].ask);
	for (int pass = 0; pass < o->passes && !o->only_build; pass++) {
		for (int i = 0; i < n; i++)
			bench_curve_pass(&runs[i].curve, pass, &s, runs[i].index, runs[i].ask);
	}
	bench_unpin();
	bench_table_print(runs, n, s.name, o->passes);
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		bench_table_tsv(tsv, p->table, libraries[i], runs, n, s.name, o->passes);
	bench_table_curves(curves, runs, n, s.name, o->passes);
	for (int i = 0; i < n; i++)
		bench_run_close(&runs[i]);
	bench_set_free(&s);
}

static enum vec_codes
parse_codes(const char *name)
{
	int codes = vec_codes_parse(name);

	if (codes < 0)
		bench_die(name, "is none of default, fast, small and none");
	return (enum vec_codes)codes;
}

static void
parse(int argc, char **argv, struct options *o)
{
	int c;

	*o = (struct options){ .passes = 3 };
	while ((c = getopt(argc, argv, "c:d:p:t:g:m:k:s:o:1n")) != -1) {
		switch (c) {
		case 'c': o->run.cache = optarg; break;
		case 'd': o->data = optarg; break;
		case 'p': o->passes = atoi(optarg); break;
		case 't': o->tsv = optarg; break;
		case 'g': o->curves = optarg; break;
		case 'm': o->run.M = (unsigned)atoi(optarg); break;
		case 'k': o->peers = optarg; break;
		case 's': o->run.codes = parse_codes(optarg); o->only_one = true; break;
		case 'o': o->run.folder = optarg; o->only_one = true; break;
		case '1': o->one_thread = true; break;
		case 'n': o->only_build = true; break;
		default: bench_die("usage", "see the head of bench_library.c");
		}
	}
	if (!o->run.cache || o->passes < 1 || o->passes > BENCH_PASSES)
		bench_die("usage", "bench_library -c CACHE, 1 to 9 passes");
}

/* With no table named, the first. */
static bool
wanted(const struct plan *p, const struct options *o, char **tables, int n)
{
	bool found = n == 0 && strcmp(p->table, plans[0].table) == 0;

	for (int i = 0; i < n; i++)
		found = found || strcmp(p->table, tables[i]) == 0;
	return found && (!o->data || strcmp(o->data, p->name) == 0);
}

int
main(int argc, char **argv)
{
	FILE *tsv = NULL, *curves = NULL;
	struct options o;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv, &o);
	if ((o.tsv && !(tsv = fopen(o.tsv, "a"))) || (o.curves && !(curves = fopen(o.curves, "w"))))
		bench_die("output", strerror(errno));
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		if (wanted(&plans[i], &o, argv + optind, argc - optind))
			measure(&plans[i], &o, tsv, curves);
	}
	if (tsv)
		fclose(tsv);
	if (curves)
		fclose(curves);
	return 0;
}
